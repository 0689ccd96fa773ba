//! A desktop on virgl, without KVM and without a GPU: Debian's kernel and Mesa under
//! QEMU, a Wayland compositor and two GL programs.

use std::thread;
use std::time::{Duration, Instant};

use maro_gpu::renderer::Image;
use maro_guest_images::GuestTask;
use maro_renderer::present::compare::Tolerance;
use maro_renderer::present::png;

use crate::host::{draw_reference, folder, runs_maro};
use crate::machine::Machine;
use crate::{LIMIT, Result};

/// Guest and host differ by the rounding of one more copy.
const SAME: Tolerance = Tolerance {
    channel: 2,
    pixels: 0.0,
};

/// Names Mesa's driver, draws the scene and waits for a line on the console. Then starts
/// the desktop, which starts es2gears, and glmark2 on it, too small to hide a gear.
const RUN: &str = "\
eglinfo -B -p gbm; \
maro-scene kms --frames 20 --hold & \
read line; \
kill $!; wait $!; \
/usr/libexec/maro-desktop & \
export WAYLAND_DISPLAY=wayland-1; \
while ! test -S $XDG_RUNTIME_DIR/$WAYLAND_DISPLAY; do sleep 0.2; done; \
glmark2-es2-wayland -s 64x48 -b shading:shading=phong:duration=2 --run-forever & \
read line";

/// The desktop's background, as `weston.ini` says it.
const BACKGROUND: [u8; 3] = [0x1a, 0x24, 0x38];

/// A colour of the desktop: its name, how to tell it, and the least share of the screen
/// that it covers.
type Colour = (&'static str, fn([u8; 3]) -> bool, f64);

/// What there has to be of each colour: the background that the windows leave, the faces
/// of es2gears' three gears, and glmark2's cat.
const COLOURS: [Colour; 5] = [
    ("the background", |c| near(c, BACKGROUND), 0.5),
    (
        "the red gear",
        |[r, g, b]| r > 150 && g < 60 && b < 60,
        0.01,
    ),
    (
        "the green gear",
        |[r, g, b]| g > 150 && r < 40 && b < 90,
        0.002,
    ),
    (
        "the blue gear",
        |[r, g, b]| b > 200 && near([r, g, b], [r, r, b]) && r > 40,
        0.002,
    ),
    ("the cat", |[r, g, b]| b > 120 && r < 20 && g < 20, 0.000_5),
];

fn near(found: [u8; 3], expected: [u8; 3]) -> bool {
    found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 2)
}

/// The colours that are missing.
fn missing(picture: &Image) -> Vec<String> {
    let pixels = picture.rgba.as_chunks::<4>().0;
    let share = |is: fn([u8; 3]) -> bool| {
        let found = pixels.iter().filter(|[r, g, b, _]| is([*r, *g, *b]));
        found.count() as f64 / pixels.len() as f64
    };
    COLOURS
        .iter()
        .map(|(name, is, least)| (name, share(*is), least))
        .filter(|(_, found, least)| found < least)
        .map(|(name, found, least)| format!("{name} covers {found:.4} of the screen, not {least}"))
        .collect()
}

fn shows_desktop(machine: &mut Machine) -> Result {
    let start = Instant::now();
    loop {
        let missing = missing(&machine.picture("desktop")?);
        if missing.is_empty() {
            return Ok(());
        }
        if start.elapsed() > LIMIT {
            return Err(format!("the desktop is not there: {}", missing.join(", ")).into());
        }
        thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn desktop_with_two_gl_programs_comes_up_on_virgl() {
    if !runs_maro() {
        return;
    }
    let test = || -> Result {
        let folder = folder("qemu-desktop");
        let scene = draw_reference(&folder.join("scene-expected.png"), "640x480", "20")?;
        let task = GuestTask {
            run: Some(RUN.into()),
            ..GuestTask::default()
        };
        let mut machine = Machine::boot(&folder, &task, &["--gpu", "virgl"], "none")?;
        machine
            .guest
            .wait_for("OpenGL ES profile renderer: virgl")?;
        machine.guest.wait_for("maro-scene: done")?;
        machine.shows("scene", &scene, SAME)?;

        machine.guest.type_line("")?;
        machine.guest.wait_for("GL renderer: virgl")?;
        machine.guest.wait_for("GL_RENDERER:    virgl")?;
        // es2gears tells its frames every five seconds, glmark2 after each round.
        machine.guest.wait_for("frames in 5.0 seconds")?;
        machine.guest.wait_for("FPS: ")?;
        shows_desktop(&mut machine)?;

        machine.guest.type_line("")?;
        machine.guest.expect_exit(0)?;
        machine.card.expect_success()?;
        let last = png::read_file(&folder.join("screenshot.png"))?;
        assert_eq!((last.width, last.height), (640, 480));
        Ok(())
    };
    if let Err(error) = test() {
        panic!("{error}");
    }
}
