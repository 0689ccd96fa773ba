//! virtio-rng under requests written by hand.

use std::io::{Seek, Write};

use maro_devices::DeviceLoop;
use maro_devices::virtio::entropy::Entropy;
use maro_devices::virtio::{ActivateError, VirtioDevice};
use virtio_queue::desc::split::Descriptor;
use vmm_sys_util::tempfile::TempFile;

use crate::rig::{DATA, MEMORY_SIZE, NEXT, Rig, WRITE, readable, writable};

fn rig() -> (Rig<Entropy>, DeviceLoop) {
    let device_loop = DeviceLoop::start("test-rng").unwrap();
    let entropy = Entropy::new(device_loop.handle()).unwrap();
    (Rig::new(entropy, 0), device_loop)
}

#[test]
fn request_is_filled_with_random_bytes() {
    let (mut rig, _device_loop) = rig();
    let buffers = [writable(DATA, 32), writable(DATA + 0x100, 32)];
    assert_eq!(rig.request(0, &buffers), 64);
    let (first, second) = (rig.get(DATA, 32), rig.get(DATA + 0x100, 32));
    assert_ne!(first, [0; 32]);
    assert_ne!(first, second);
    assert_eq!(rig.get(DATA + 32, 1), [0]);
}

#[test]
fn request_takes_the_bytes_of_its_source() {
    let mut source = TempFile::new().unwrap().into_file();
    source.write_all(b"not very random").unwrap();
    source.rewind().unwrap();
    let device_loop = DeviceLoop::start("test-rng").unwrap();
    let entropy = Entropy::with_source(device_loop.handle(), source);
    let mut rig = Rig::new(entropy, 0);
    assert_eq!(rig.request(0, &[writable(DATA, 3)]), 3);
    assert_eq!(rig.get(DATA, 3), b"not");
    // What a source lacks is not made up.
    assert_eq!(rig.request(0, &[writable(DATA, 100)]), 12);
    assert_eq!(rig.request(0, &[writable(DATA, 100)]), 0);
}

#[test]
fn request_for_gigabytes_is_answered_in_part() {
    let (mut rig, _device_loop) = rig();
    let huge = writable(0x20_0000, 8 << 20);
    let len = rig.request(0, &[huge; 32]);
    assert_eq!(len, 64 * 1024);
}

#[test]
fn request_with_bad_buffers_comes_back_short() {
    let (mut rig, _device_loop) = rig();
    assert_eq!(rig.request(0, &[readable(DATA, 64)]), 0);
    assert_eq!(rig.request(0, &[writable(MEMORY_SIZE, 64)]), 0);
    assert_eq!(rig.request(0, &[writable(u64::MAX - 2, 64)]), 0);
    assert_eq!(rig.request(0, &[writable(DATA, 0)]), 0);
    let buffers = [
        writable(DATA, 8),
        writable(MEMORY_SIZE, 8),
        writable(DATA, 8),
    ];
    assert_eq!(rig.request(0, &buffers), 8);
    rig.offer_raw(0, &[Descriptor::new(DATA, 8, WRITE | NEXT, 0x4000)]);
    assert_eq!(rig.wait(0).1, 8);
}

#[test]
fn broken_ring_needs_reset_and_works_again_after_it() {
    let (mut rig, _device_loop) = rig();
    rig.set_available(0, 0xffff);
    rig.expect_needs_reset();
    rig.device.reset();
    rig.activate(0);
    assert_eq!(rig.request(0, &[writable(DATA, 16)]), 16);
}

#[test]
fn device_outlives_its_loop_without_harm() {
    let (mut rig, device_loop) = rig();
    drop(device_loop);
    rig.device.reset();
    rig.offer(0, &[writable(DATA, 16)]);
    assert_eq!(rig.unseen(0), 0);
    let again = rig.try_activate(0, 1);
    assert!(matches!(again, Err(ActivateError::Worker(_))));
}

#[test]
fn activation_without_the_queue_is_refused_and_may_be_repeated() {
    let (mut rig, _device_loop) = rig();
    rig.device.reset();
    let refused = rig.try_activate(0, 0);
    assert!(matches!(refused, Err(ActivateError::MissingQueue(0))));
    rig.activate(0);
    assert_eq!(rig.request(0, &[writable(DATA, 16)]), 16);
}
