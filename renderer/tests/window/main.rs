//! A window on a real X server: its picture, size, keys, pointer and end.
//!
//! A window must run in a process's main thread, so this test starts itself again as the
//! process with the window ([`child`]), whose guest is a thread that draws a known
//! pattern. The test looks at it as a user does: by screenshots and by key presses.
//!
//! Needs Xvfb (Debian: `apt-get install xvfb`). The Wayland part needs weston and is left
//! out, with a note, where there is none.

mod child;
mod pattern;
mod screen;
mod servers;
mod window;

use std::io::{BufRead, BufReader};
use std::process::{ExitCode, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use maro_gpu::renderer::Image;
use maro_renderer::present::compare::{Tolerance, compare};
use maro_renderer::present::png;

use screen::Screen;
use servers::{Weston, Xvfb};
use window::TestWindow;

/// How long anything may take on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(30);

/// What a test and its helpers return.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

type XTest = fn(&Screen, &mut TestWindow) -> Result;

/// Each runs with a window of its own.
const X_TESTS: [(&str, XTest); 11] = [
    (
        "texture_is_shown_with_row_0_at_the_top",
        texture_is_shown_upright,
    ),
    (
        "part_of_a_texture_is_shown_without_its_neighbours",
        part_is_shown,
    ),
    (
        "pixels_are_shown_and_only_damage_is_copied",
        pixels_are_shown,
    ),
    (
        "window_without_a_picture_shows_a_placeholder",
        placeholder_is_shown,
    ),
    (
        "resize_scales_the_old_picture_and_tells_the_guest_once",
        resize_reaches_the_guest,
    ),
    ("keys_arrive_once_as_evdev_codes", keys_arrive),
    ("focus_loss_releases_what_is_pressed", focus_loss_releases),
    ("pointer_buttons_and_wheel_arrive", pointer_arrives),
    (
        "guests_pointer_is_drawn_and_the_hosts_hidden",
        pointer_is_drawn,
    ),
    (
        "first_close_asks_the_guest_and_the_second_ends",
        close_asks_first,
    ),
    ("guest_that_ends_closes_the_window", guest_ends),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments
        .first()
        .is_some_and(|first| first == child::ARGUMENT)
    {
        return child::main();
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let filter = arguments
        .into_iter()
        .find(|argument| !argument.starts_with('-'));
    let selected = |name: &str| filter.as_deref().is_none_or(|filter| name.contains(filter));
    let mut failures = 0;
    let mut report = |name: &str, outcome: Result| match outcome {
        Ok(()) => println!("test {name} ... ok"),
        Err(e) => {
            println!("test {name} ... FAILED\n    {e}");
            failures += 1;
        }
    };
    for (name, test) in X_TESTS {
        if selected(name) {
            report(name, on_x(test));
        }
    }
    for (name, test) in [
        (
            "no_window_system_is_an_error_that_says_what_to_do",
            no_window_system as fn() -> Result,
        ),
        ("window_on_wayland_goes_on_drawing", on_wayland),
    ] {
        if selected(name) {
            report(name, test());
        }
    }
    if failures == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn on_x(test: XTest) -> Result {
    let server = Xvfb::start()?;
    let mut window = TestWindow::start(|command| {
        command
            .env("DISPLAY", server.display())
            .env_remove("WAYLAND_DISPLAY");
    })?;
    window.expect("open")?;
    let screen = Screen::connect(&server.display())?;
    test(&screen, &mut window)
}

/// Waits until the window shows `expected`; keeps the last screenshot if it never does.
fn shows(screen: &Screen, name: &str, expected: &Image) -> Result {
    let tolerance = Tolerance {
        channel: 3,
        pixels: 0.03,
    };
    let start = Instant::now();
    loop {
        let picture = screen.window_picture()?;
        let outcome = compare(&picture, expected, tolerance);
        if let Ok(found) = &outcome
            && found.matches
        {
            return keep(name, &picture);
        }
        if start.elapsed() > LIMIT {
            keep(&format!("{name}-actual"), &picture)?;
            keep(&format!("{name}-expected"), expected)?;
            let difference = match outcome {
                Ok(found) => format!("{:.1} % of it differ", found.share() * 100.0),
                Err(e) => e.to_string(),
            };
            return Err(format!("{name}: the window shows something else: {difference}").into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Leaves a picture where a person can look at it.
fn keep(name: &str, picture: &Image) -> Result {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.png"));
    Ok(png::write_file(&path, picture)?)
}

fn texture_is_shown_upright(screen: &Screen, window: &mut TestWindow) -> Result {
    window.send("texture 320 240")?;
    shows(screen, "texture", &pattern::scaled((320, 240), (640, 480)))?;
    window.send("texture 640 480")?;
    shows(
        screen,
        "texture-exact",
        &pattern::scaled((640, 480), (640, 480)),
    )
}

fn part_is_shown(screen: &Screen, window: &mut TestWindow) -> Result {
    // The right half of the pattern, as wide as the window is high.
    window.send("part 960 480 480 0 480 480")?;
    let half = pattern::crop(&pattern::image((960, 480)), 480, 0, 480, 480);
    shows(screen, "part", &pattern::in_bars(&half, (640, 480)))
}

fn pixels_are_shown(screen: &Screen, window: &mut TestWindow) -> Result {
    window.send("pixels 640 480")?;
    let mut expected = pattern::image((640, 480));
    shows(screen, "pixels", &expected)?;
    // The guest changed all, but says that only this rectangle is new.
    window.send("repaint 100 50 300 200")?;
    pattern::fill(&mut expected, (100, 50, 300, 200), pattern::REPAINTED);
    shows(screen, "pixels-damage", &expected)
}

fn placeholder_is_shown(screen: &Screen, window: &mut TestWindow) -> Result {
    shows(
        screen,
        "placeholder",
        &pattern::plain((640, 480), [23, 23, 28, 255]),
    )?;
    window.send("texture 640 480")?;
    shows(screen, "placeholder-before", &pattern::image((640, 480)))?;
    window.send("off")?;
    shows(
        screen,
        "placeholder-again",
        &pattern::plain((640, 480), [23, 23, 28, 255]),
    )
}

fn resize_reaches_the_guest(screen: &Screen, window: &mut TestWindow) -> Result {
    window.send("texture 640 480")?;
    shows(screen, "resize-before", &pattern::image((640, 480)))?;
    // As a person drags it: several sizes in short order.
    for width in [700, 760, 820, 900] {
        screen.resize_window(width, 500)?;
    }
    shows(
        screen,
        "resize-scaled",
        &pattern::scaled((640, 480), (900, 500)),
    )?;
    window.expect("resize 0 900 500")?;
    window.send("texture 900 500")?;
    shows(screen, "resize-after", &pattern::image((900, 500)))?;
    screen.resize_window(333, 777)?;
    window.expect("resize 0 333 777")?;
    shows(
        screen,
        "resize-narrow",
        &pattern::scaled((900, 500), (333, 777)),
    )?;
    window.expect_nothing()
}

/// X numbers keys from 8 on.
const X_KEY_A: u8 = 30 + 8;
const X_KEY_LEFTSHIFT: u8 = 42 + 8;

fn keys_arrive(screen: &Screen, window: &mut TestWindow) -> Result {
    screen.focus_window()?;
    screen.key(X_KEY_A, true)?;
    window.expect("key 30 1")?;
    // Longer than the server waits before it repeats a key.
    std::thread::sleep(Duration::from_millis(900));
    screen.key(X_KEY_A, false)?;
    window.expect("key 30 0")?;
    for code in [1_u16, 29, 57, 97, 103, 125] {
        let key = u8::try_from(code + 8)?;
        screen.key(key, true)?;
        window.expect(&format!("key {code} 1"))?;
        screen.key(key, false)?;
        window.expect(&format!("key {code} 0"))?;
    }
    window.expect_nothing()
}

fn focus_loss_releases(screen: &Screen, window: &mut TestWindow) -> Result {
    screen.focus_window()?;
    screen.key(X_KEY_LEFTSHIFT, true)?;
    window.expect("key 42 1")?;
    screen.point(320, 240)?;
    window.expect_start("move ")?;
    screen.button(1, true)?;
    window.expect("button 272 1")?;
    screen.focus_nothing()?;
    window.expect("key 42 0")?;
    window.expect("button 272 0")?;
    screen.key(X_KEY_LEFTSHIFT, false)?;
    screen.button(1, false)?;
    // Nor does a key that is down when the focus comes reach the guest.
    screen.key(X_KEY_A, true)?;
    screen.focus_window()?;
    screen.key(X_KEY_A, false)?;
    window.expect_nothing()
}

fn pointer_arrives(screen: &Screen, window: &mut TestWindow) -> Result {
    window.send("texture 320 480")?;
    shows(screen, "pointer", &pattern::scaled((320, 480), (640, 480)))?;
    // The picture covers columns 160 to 479 of the window.
    for (place, axes) in [
        ((160, 0), (51, 34)),
        ((320, 240), (16435, 16418)),
        ((479, 479), (32716, 32733)),
        // A bar beside the picture counts as its edge.
        ((40, 100), (0, 6860)),
    ] {
        screen.point(place.0, place.1)?;
        window.expect(&format!("move {} {}", axes.0, axes.1))?;
    }
    for (button, code) in [(1, 272), (2, 274), (3, 273)] {
        screen.button(button, true)?;
        window.expect(&format!("button {code} 1"))?;
        screen.button(button, false)?;
        window.expect(&format!("button {code} 0"))?;
    }
    // X turns the wheel by pressing buttons: 4 is up, 7 is to the right. For this pointer,
    // which has no axis to scroll with as real ones do, winit counts press and release.
    for (button, turn) in [(4, "0 1"), (5, "0 -1"), (6, "-1 0"), (7, "1 0")] {
        for press in [true, false] {
            screen.button(button, press)?;
            window.expect(&format!("wheel {turn}"))?;
        }
    }
    window.expect_nothing()
}

fn pointer_is_drawn(screen: &Screen, window: &mut TestWindow) -> Result {
    screen.point(320, 240)?;
    window.expect_start("move ")?;
    if !screen.pointer_is_visible()? {
        return Err("the host's pointer is hidden although there is no picture".into());
    }
    window.send("texture 320 240")?;
    let mut expected = pattern::scaled((320, 240), (640, 480));
    shows(screen, "cursor-none", &expected)?;
    // A 16 by 16 shape with hot spot (4, 2): its left half is white, the next quarter half
    // white over the picture's red, the rest clear.
    window.send("cursor 100 80")?;
    pattern::fill(&mut expected, (192, 156, 16, 32), [255; 4]);
    pattern::fill(&mut expected, (208, 156, 8, 32), [255, 128, 128, 255]);
    // The shape is 0.17 % of the window: look at its surroundings only.
    let around = |picture: &Image| pattern::crop(picture, 172, 136, 72, 72);
    let start = Instant::now();
    loop {
        let picture = screen.window_picture()?;
        let found = compare(
            &around(&picture),
            &around(&expected),
            Tolerance {
                channel: 3,
                pixels: 0.04,
            },
        )?;
        if found.matches {
            keep("cursor", &picture)?;
            break;
        }
        if start.elapsed() > LIMIT {
            keep("cursor-actual", &picture)?;
            return Err("the guest's pointer is not where it should be".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let start = Instant::now();
    while screen.pointer_is_visible()? {
        if start.elapsed() > LIMIT {
            return Err("there are two pointers".into());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn close_asks_first(screen: &Screen, window: &mut TestWindow) -> Result {
    screen.focus_window()?;
    screen.key(X_KEY_LEFTSHIFT, true)?;
    window.expect("key 42 1")?;
    screen.close_window()?;
    window.expect("close")?;
    window.send("texture 640 480")?;
    shows(screen, "close", &pattern::image((640, 480)))?;
    screen.close_window()?;
    window.expect("close")?;
    window.expect("key 42 0")?;
    window.expect("end")?;
    window.expect_exit()
}

fn guest_ends(_: &Screen, window: &mut TestWindow) -> Result {
    window.send("end")?;
    window.expect("end")?;
    window.expect_exit()
}

fn no_window_system() -> Result {
    let mut window = TestWindow::start(|command| {
        command
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET");
    })?;
    let message = window.next()?;
    if !(message.starts_with("error No window can be opened")
        && message.contains("--display headless"))
    {
        return Err(format!("the message does not help: {message}").into());
    }
    Ok(())
}

/// Pictures that the compositor must take to believe that the window goes on drawing.
const PICTURES: usize = 5;

fn on_wayland() -> Result {
    // weston's screenshooter of Debian 12 can spin and eat memory without end.
    if std::env::var_os("MARO_TEST_WAYLAND").is_none() {
        println!("    (set MARO_TEST_WAYLAND=1 to test on Wayland)");
        return Ok(());
    }
    let Some(server) = Weston::start()? else {
        println!("    (weston is not installed: nothing was tested on Wayland)");
        return Ok(());
    };
    let mut window = TestWindow::start(|command| {
        server.environment(command);
        // The client library then writes down what it sends to the compositor.
        command
            .env_remove("DISPLAY")
            .env("WAYLAND_DEBUG", "client")
            .stderr(Stdio::piped());
    })?;
    let errors = window.errors().ok_or("no standard error")?;
    let (sender, attached) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(errors)
            .lines()
            .map_while(std::result::Result::ok)
        {
            if line.contains("wl_surface") && line.contains(".attach(wl_buffer") {
                // Nobody counts any more once there are enough.
                let _ = sender.send(());
            }
        }
    });
    window.expect("open")?;
    window.send("texture 640 480")?;
    for count in 0..PICTURES {
        attached
            .recv_timeout(LIMIT)
            .map_err(|_| format!("the compositor got {count} pictures and then no more"))?;
    }
    window.send("end")?;
    window.expect("end")?;
    window.expect_exit()
}
