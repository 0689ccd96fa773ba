//! A program that knows nothing of maro draws, and a guest's reset ends maro.

use maro_guest_images::GuestTask;
use maro_renderer::present::png;

use crate::guest::{self, Guest};
use crate::host::{folder, guest_test};

/// Of 255: what kmscube's background is, at one half.
const BACKGROUND: u8 = 128;

#[test]
fn kmscube_shows_its_cube_and_a_reset_has_its_exit_code() {
    guest_test(|| {
        let folder = folder("kmscube");
        let screenshot = folder.join("screenshot.png");
        let task = GuestTask {
            run: Some("kmscube --count 60".into()),
            ..GuestTask::default()
        };
        // Where the kernel has ACPI, the guest would power off.
        let mut command = guest::command(&task, "maro.end=reset")?;
        command
            .args([
                "--display",
                "headless",
                "--resolution",
                "640x480",
                "--stats",
            ])
            .arg("--screenshot")
            .arg(&screenshot);
        let mut guest = Guest::boot(&mut command, &folder)?;
        guest.wait_for("renderer: \"virgl")?;
        guest.wait_for("maro-init: exit 0")?;
        guest.expect_exit(16)?;

        let picture = png::read_file(&screenshot)?;
        assert_eq!((picture.width, picture.height), (640, 480));
        let is_background = |pixel: &[u8]| pixel[..3].iter().all(|c| c.abs_diff(BACKGROUND) <= 1);
        let pixels: Vec<&[u8]> = picture.rgba.chunks_exact(4).collect();
        let (first, last) = (&pixels[..640], &pixels[pixels.len() - 640..]);
        assert!(
            first.iter().chain(last).all(|pixel| is_background(pixel)),
            "the cube is in the middle"
        );
        let mut cube: Vec<&[u8]> = pixels;
        cube.retain(|pixel| !is_background(pixel));
        let covered = cube.len() * 100 / (640 * 480);
        assert!((10..40).contains(&covered), "it covers {covered} %");
        // Its corners have the colours of the RGB cube's, blended in between.
        cube.sort_unstable();
        cube.dedup();
        assert!(cube.len() > 5000, "{} colours", cube.len());
        Ok(())
    });
}
