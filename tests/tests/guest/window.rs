//! A guest's picture in a window, seen by screenshots of the X server.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use maro_gpu::renderer::{Image, Rect};
use maro_guest_images::GuestTask;
use maro_renderer::present::compare::{Tolerance, compare};
use maro_renderer::present::png;

use crate::guest::{self, Guest};
use crate::host::{draw_reference, folder, guest_test};
use crate::screen::Screen;
use crate::servers::Xvfb;
use crate::{LIMIT, Result, picture};

const FRAMES: &str = "20";
/// Neither of the first one's shape nor a multiple of it.
const SECOND_SIZE: (u32, u32) = (1000, 720);
/// Where the first picture is in the second window: 3/2 as large, between bars.
const FIRST_IN_SECOND: Rect = Rect {
    x: 20,
    y: 0,
    width: 960,
    height: 720,
};

/// Guest and host differ by the rounding of one more copy.
const SAME: Tolerance = Tolerance {
    channel: 2,
    pixels: 0.0,
};
/// A scaled picture also by that of the filter's weights, at edges above all.
const SCALED: Tolerance = Tolerance {
    channel: 6,
    pixels: 0.002,
};

/// Draws, and waits for a line on the console. Then waits until the screen has a mode of
/// the second size, for which the kernel must have seen the display event and read the
/// new EDID, and draws again in that mode.
const RUN: &str = "\
maro-scene kms --frames 20 --hold & \
read line; \
cd -P /sys/class/drm/card0-Virtual-1; \
while echo detect > status; read mode < modes; do case $mode in 1000x720) break;; esac; done; \
echo new mode $mode; \
kill $!; wait $!; \
maro-scene kms --frames 20 --hold";

#[test]
fn window_shows_the_guests_picture_and_a_resize_gives_it_a_new_mode() {
    guest_test(|| {
        let folder = folder("window");
        let first = draw_reference(&folder.join("first-expected.png"), "640x480", FRAMES)?;
        let second = draw_reference(&folder.join("second-expected.png"), "1000x720", FRAMES)?;

        let task = GuestTask {
            run: Some(RUN.into()),
            ..GuestTask::default()
        };
        let server = Xvfb::start()?;
        let mut command = guest::command(&task, "")?;
        command
            .env("DISPLAY", server.display())
            .env_remove("WAYLAND_DISPLAY")
            .args(["--display", "window", "--resolution", "640x480", "--stats"]);
        let mut guest = Guest::boot(&mut command, &folder)?;
        let screen = Screen::connect(&server.display())?;

        guest.wait_for("GL_RENDERER: virgl")?;
        guest.wait_for("maro-scene: done")?;
        shows(&screen, &folder.join("first"), &first, SAME)?;

        let (width, height) = SECOND_SIZE;
        screen.resize_window(width, height)?;
        let scaled = picture::in_window(&first, FIRST_IN_SECOND, SECOND_SIZE);
        shows(&screen, &folder.join("resized"), &scaled, SCALED)?;
        guest.expect_alive()?;

        guest.type_line("")?;
        guest.wait_for("new mode 1000x720")?;
        guest.wait_for("maro-scene: mode 1000x720")?;
        guest.wait_for("maro-scene: done")?;
        shows(&screen, &folder.join("second"), &second, SAME)?;

        screen.close_window()?;
        guest.expect_exit(0)
    });
}

/// Waits until the window shows `expected`. Keeps the last screenshot as `name`.png.
fn shows(screen: &Screen, name: &Path, expected: &Image, tolerance: Tolerance) -> Result {
    let file = |suffix: &str| format!("{}{suffix}.png", name.display());
    let start = Instant::now();
    loop {
        let shot = screen.window_picture()?;
        let found = compare(&shot, expected, tolerance);
        let late = start.elapsed() > LIMIT;
        if late || found.as_ref().is_ok_and(|found| found.matches) {
            png::write_file(Path::new(&file("")), &shot)?;
        }
        match found {
            Ok(found) if found.matches => return Ok(()),
            Ok(found) if late => {
                png::write_file(Path::new(&file("-diff")), &found.diff)?;
                let percent = found.share() * 100.0;
                return Err(format!(
                    "the window shows another picture than {}: {percent:.2} % of it differ, by up to {}",
                    file(""),
                    found.max_difference
                )
                .into());
            }
            Err(error) if late => return Err(error.into()),
            _ => thread::sleep(Duration::from_millis(100)),
        }
    }
}
