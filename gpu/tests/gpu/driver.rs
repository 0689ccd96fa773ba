//! A real guest-side driver, `VirtIOGpu` of the crate `virtio-drivers`, through the
//! virtio-mmio transport to the GPU thread and its software renderer.

use std::sync::{Arc, Mutex};

use maro_gpu::backend::SoftwareRenderer;
use maro_gpu::backend::software::{CursorImage, FrameSink};
use maro_gpu::renderer::{Cursor, Image, Rect, Renderer, ScanoutId};
use maro_gpu::{Config, Display, GpuHandle, VirtioGpu};
use virtio_drivers::device::gpu::VirtIOGpu;
use virtio_drivers::transport::{InterruptStatus, Transport};

use crate::machine::{GuestHal, Mmio};

type Driver = VirtIOGpu<GuestHal, Mmio>;

/// What a viewer saw.
#[derive(Debug, Default)]
struct Seen {
    damage: Vec<Rect>,
    picture: Image,
    cursor: Option<CursorImage>,
    place: (i32, i32),
    blanked: usize,
}

struct Viewer(Arc<Mutex<Seen>>);

impl FrameSink for Viewer {
    fn present(&mut self, scanout: ScanoutId, picture: &Image, damage: Rect) {
        assert_eq!(scanout, ScanoutId(0));
        let mut seen = self.0.lock().expect("unpoisoned");
        seen.damage.push(damage);
        seen.picture = picture.clone();
    }

    fn blank(&mut self, _: ScanoutId) {
        self.0.lock().expect("unpoisoned").blanked += 1;
    }

    fn set_cursor(&mut self, cursor: &Cursor, shape: Option<&CursorImage>) {
        let mut seen = self.0.lock().expect("unpoisoned");
        seen.cursor = shape.cloned();
        seen.place = (cursor.x, cursor.y);
    }

    fn move_cursor(&mut self, _: ScanoutId, x: i32, y: i32) {
        self.0.lock().expect("unpoisoned").place = (x, y);
    }
}

fn boot(display: Display) -> (Driver, Mmio, GpuHandle, Arc<Mutex<Seen>>) {
    let seen = Arc::default();
    let viewer = Viewer(Arc::clone(&seen));
    let factory = move || {
        let renderer = SoftwareRenderer::with_sink(Box::new(viewer));
        Ok(Box::new(renderer) as Box<dyn Renderer>)
    };
    let config = Config {
        displays: vec![display],
        ..Config::default()
    };
    let gpu = VirtioGpu::new(config, Box::new(factory)).expect("a device");
    let handle = gpu.handle();
    let mmio = Mmio::new(Box::new(gpu));
    let driver = Driver::new(mmio.clone()).expect("a driver");
    (driver, mmio, handle, seen)
}

#[test]
fn driver_finds_the_display_and_its_edid() {
    let (mut driver, ..) = boot(Display::new(1920, 1080));
    assert_eq!(driver.resolution(), Ok((1920, 1080)));
    assert_eq!(driver.edid_preferred_resolution(), Ok((1920, 1080)));
    let modes = driver.edid_supported_resolutions().expect("an EDID");
    assert_eq!(modes.first(), Some(&(1680, 1050)));
    assert!(modes.contains(&(1280, 1024)));
    assert!(modes.iter().all(|&(w, h)| w <= 1920 && h <= 1080));
}

#[test]
fn driver_draws_and_the_picture_appears() {
    let (mut driver, _, handle, seen) = boot(Display::new(64, 32));
    let frame = driver.setup_framebuffer().expect("a framebuffer");
    for (i, pixel) in frame.chunks_exact_mut(4).enumerate().take(64 * 32) {
        // The driver's format is B8G8R8A8.
        pixel.copy_from_slice(&[3, (i / 64) as u8, (i % 64) as u8, 0]);
    }
    driver.flush().expect("a flush");
    let expected: Vec<u8> = (0..64 * 32)
        .flat_map(|i| [(i % 64) as u8, (i / 64) as u8, 3, 255])
        .collect();
    let shot = handle.screenshot(ScanoutId(0)).expect("a picture");
    let shot = shot.expect("it is on");
    assert_eq!((shot.width, shot.height), (64, 32));
    assert_eq!(shot.rgba, expected);
    let seen = seen.lock().expect("unpoisoned");
    assert_eq!(seen.picture, shot);
    let whole = Rect {
        x: 0,
        y: 0,
        width: 64,
        height: 32,
    };
    assert_eq!(seen.damage, [whole, whole], "at the mode and at the flush");
    assert_eq!(handle.stats().frames_of(ScanoutId(0)), 1);
    assert_eq!(handle.stats().errors, 0);
}

#[test]
fn driver_changes_its_mode_after_a_resize() {
    let (mut driver, mut mmio, handle, seen) = boot(Display::new(64, 32));
    driver.setup_framebuffer().expect("a framebuffer");
    let before = mmio.read_config_generation();
    handle.set_display(ScanoutId(0), 5000, 40).expect("running");
    // Any answer of the thread tells that it has seen the request before.
    handle.screenshot(ScanoutId(0)).expect("running");
    assert!(
        mmio.ack_interrupt()
            .contains(InterruptStatus::DEVICE_CONFIGURATION_INTERRUPT)
    );
    assert_ne!(mmio.read_config_generation(), before);
    assert_eq!(mmio.read_config_space::<u32>(0), Ok(1));
    assert_eq!(mmio.write_config_space(4, 1u32), Ok(()));
    assert_eq!(mmio.read_config_space::<u32>(0), Ok(0));
    assert_eq!(driver.resolution(), Ok((5000, 40)));
    // Its reader knows the base block only, which holds half of such a mode.
    assert_eq!(driver.edid_preferred_resolution(), Ok((2500, 20)));
    driver.change_resolution(50, 40).expect("a framebuffer");
    driver.flush().expect("a flush");
    let shot = handle.screenshot(ScanoutId(0)).expect("a picture");
    let shot = shot.expect("it is on");
    assert_eq!((shot.width, shot.height), (50, 40));
    assert_eq!(seen.lock().expect("unpoisoned").blanked, 1);
    assert_eq!(handle.stats().errors, 0);
}

#[test]
fn driver_shows_and_moves_its_pointer() {
    let (mut driver, _, handle, seen) = boot(Display::new(64, 32));
    driver.setup_framebuffer().expect("a framebuffer");
    let shape: Vec<u8> = (0..64 * 64).flat_map(|i| [1, 2, 3, i as u8]).collect();
    driver
        .setup_cursor(&shape, 10, 20, 4, 5)
        .expect("a pointer");
    {
        let seen = seen.lock().expect("unpoisoned");
        let cursor = seen.cursor.as_ref().expect("a shape");
        assert_eq!((cursor.hot_x, cursor.hot_y), (4, 5));
        assert_eq!((cursor.image.width, cursor.image.height), (64, 64));
        let expected: Vec<u8> = (0..64 * 64).flat_map(|i| [3, 2, 1, i as u8]).collect();
        assert_eq!(cursor.image.rgba, expected);
        assert_eq!(seen.place, (10, 20));
    }
    driver
        .move_cursor(30, (-7i32).cast_unsigned())
        .expect("a move");
    assert_eq!(seen.lock().expect("unpoisoned").place, (30, -7));
    assert_eq!(handle.stats().errors, 0);
}

#[test]
fn driver_that_starts_again_finds_a_fresh_device() {
    let (mut driver, mmio, handle, _) = boot(Display::new(64, 32));
    driver.setup_framebuffer().expect("a framebuffer");
    driver.flush().expect("a flush");
    drop(driver);
    for round in 1..=3 {
        let mut driver = Driver::new(mmio.clone()).expect("a driver");
        assert_eq!(handle.stats().resets, round);
        assert_eq!(handle.screenshot(ScanoutId(0)).expect("running"), None);
        driver.setup_framebuffer().expect("the same names again");
        driver.flush().expect("a flush");
        drop(driver);
    }
    assert_eq!(handle.stats().errors, 0);
}
