//! The devices behind the transport, under the drivers of the crate `virtio-drivers`.

use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use maro_devices::DeviceLoop;
use maro_devices::virtio::VirtioDevice;
use maro_devices::virtio::block::{Block, Disk};
use maro_devices::virtio::console::Console;
use maro_devices::virtio::entropy::Entropy;
use maro_devices::virtio::input::{ABS_X, ALL_KEYS, BTN_LEFT, Input, InputEvent};
use maro_devices::virtio::mmio::MmioTransport;
use virtio_drivers::device::blk::VirtIOBlk;
use virtio_drivers::device::console::VirtIOConsole;
use virtio_drivers::device::input::VirtIOInput;
use virtio_drivers::device::rng::VirtIORng;
use virtio_drivers::transport::{InterruptStatus, Transport};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};
use vmm_sys_util::tempfile::TempFile;

use crate::driver::{DriverTransport, GuestHal, guest_memory};
use crate::rig::eventually;

/// A device on its transport, and its interrupt.
fn plug(device: impl VirtioDevice + 'static) -> (Arc<MmioTransport>, EventFd) {
    let irq = EventFd::new(EFD_NONBLOCK).unwrap();
    let line = irq.try_clone().unwrap();
    let transport = MmioTransport::new(Box::new(device), guest_memory(), line).unwrap();
    (Arc::new(transport), irq)
}

#[test]
fn block_reads_back_what_was_written() {
    let image = TempFile::new().unwrap();
    image.as_file().set_len(1 << 20).unwrap();
    image.as_file().write_all_at(b"first sector", 0).unwrap();
    let device_loop = DeviceLoop::start("test-blk").unwrap();
    let disk = Disk::from_file(image.as_file().try_clone().unwrap(), false, "maro-disk");
    let (transport, irq) = plug(Block::new(device_loop.handle(), disk.unwrap()));

    // A driver that is unloaded and loaded again finds the same disk.
    for round in 0..3_u8 {
        let transport = DriverTransport(transport.clone());
        let mut blk = VirtIOBlk::<GuestHal, _>::new(transport).unwrap();
        assert_eq!(blk.capacity(), 2048);
        assert!(!blk.readonly());
        let mut sector = [0; 512];
        blk.read_blocks(0, &mut sector).unwrap();
        assert!(sector.starts_with(b"first sector"));
        let data: Vec<u8> = (0..64 * 512_u32).map(|at| (at / 7) as u8 ^ round).collect();
        blk.write_blocks(2048 - 64, &data).unwrap();
        blk.flush().unwrap();
        let mut back = vec![0; data.len()];
        blk.read_blocks(2048 - 64, &mut back).unwrap();
        assert_eq!(back, data);
        assert!(blk.read_blocks(2048, &mut sector).is_err());
        assert!(irq.read().unwrap() > 0);
        assert!(
            blk.ack_interrupt()
                .contains(InterruptStatus::QUEUE_INTERRUPT)
        );
        assert!(blk.ack_interrupt().is_empty());
        let mut id = [0; 20];
        assert_eq!(blk.device_id(&mut id).unwrap(), "maro-disk".len());
        assert!(id.starts_with(b"maro-disk"));
    }
}

#[test]
fn block_that_is_read_only_says_so() {
    let image = TempFile::new().unwrap();
    image.as_file().set_len(4096).unwrap();
    let device_loop = DeviceLoop::start("test-blk").unwrap();
    let disk = Disk::open(image.as_path(), true).unwrap();
    let (transport, _irq) = plug(Block::new(device_loop.handle(), disk));
    let mut blk = VirtIOBlk::<GuestHal, _>::new(DriverTransport(transport)).unwrap();
    assert!(blk.readonly());
    assert!(blk.write_blocks(0, &[1; 512]).is_err());
    blk.read_blocks(7, &mut [0; 512]).unwrap();
}

#[test]
fn console_talks_both_ways() {
    let (mut terminal, line) = UnixStream::pair().unwrap();
    let device_loop = DeviceLoop::start("test-con").unwrap();
    let output = line.try_clone().unwrap();
    let console = Console::new(device_loop.handle(), Box::new(output), Some(line.into()));
    let (transport, _irq) = plug(console);
    let mut console = VirtIOConsole::<GuestHal, _>::new(DriverTransport(transport)).unwrap();

    console.send_bytes(b"login: ").unwrap();
    let mut prompt = [0; 7];
    terminal.read_exact(&mut prompt).unwrap();
    assert_eq!(&prompt, b"login: ");
    terminal.write_all(b"root").unwrap();
    for expected in *b"root" {
        let mut received = None;
        eventually("a key", || {
            received = console.recv(true).unwrap();
            received.is_some()
        });
        assert_eq!(received, Some(expected));
    }
    console.send(b'!').unwrap();
    terminal.read_exact(&mut prompt[..1]).unwrap();
    assert_eq!(prompt[0], b'!');
}

#[test]
fn entropy_fills_requests() {
    let device_loop = DeviceLoop::start("test-rng").unwrap();
    let (transport, _irq) = plug(Entropy::new(device_loop.handle()).unwrap());
    let mut rng = VirtIORng::<GuestHal, _>::new(DriverTransport(transport)).unwrap();
    let (mut first, mut second) = ([0; 64], [0; 64]);
    assert_eq!(rng.request_entropy(&mut first).unwrap(), 64);
    assert_eq!(rng.request_entropy(&mut second).unwrap(), 64);
    assert_ne!(first, second);
}

#[test]
fn keyboard_describes_itself_and_types() {
    let device_loop = DeviceLoop::start("test-in").unwrap();
    let (keyboard, handle) = Input::keyboard(device_loop.handle()).unwrap();
    let (transport, _irq) = plug(keyboard);
    let mut driver = VirtIOInput::<GuestHal, _>::new(DriverTransport(transport)).unwrap();
    assert_eq!(driver.name().unwrap(), "maro keyboard");
    assert_eq!(driver.serial_number().unwrap(), "");
    assert_eq!(driver.ids().unwrap().bustype, 6);
    let keys = driver.ev_bits(1).unwrap();
    let count: u32 = keys.iter().map(|byte| byte.count_ones()).sum();
    assert_eq!(usize::try_from(count).unwrap(), ALL_KEYS.len());

    // More than the ring holds, so that buffers come back and go out again.
    for &key in ALL_KEYS {
        for pressed in [true, false] {
            handle.send(&[InputEvent::key(key, pressed)]);
            for expected in [(1, key, u32::from(pressed)), (0, 0, 0)] {
                let mut event = None;
                eventually("an event", || {
                    event = driver.pop_pending_event();
                    event.is_some()
                });
                let event = event.unwrap();
                assert_eq!((event.event_type, event.code, event.value), expected);
            }
        }
    }
}

#[test]
fn tablet_describes_itself_and_moves() {
    let device_loop = DeviceLoop::start("test-in").unwrap();
    let (tablet, handle) = Input::tablet(device_loop.handle()).unwrap();
    let (transport, _irq) = plug(tablet);
    let mut driver = VirtIOInput::<GuestHal, _>::new(DriverTransport(transport)).unwrap();
    assert_eq!(driver.name().unwrap(), "maro tablet");
    let range = driver.abs_info(0).unwrap();
    assert_eq!((range.min, range.max), (0, 32_767));
    handle.send(&[
        InputEvent::absolute(ABS_X, 16_000),
        InputEvent::key(BTN_LEFT, true),
    ]);
    for expected in [(3, 0, 16_000), (1, BTN_LEFT, 1), (0, 0, 0)] {
        let mut event = None;
        eventually("an event", || {
            event = driver.pop_pending_event();
            event.is_some()
        });
        let event = event.unwrap();
        assert_eq!((event.event_type, event.code, event.value), expected);
    }
}

#[test]
fn driver_sees_that_a_queue_is_in_use() {
    let device_loop = DeviceLoop::start("test-rng").unwrap();
    let (transport, _irq) = plug(Entropy::new(device_loop.handle()).unwrap());
    let mut view = DriverTransport(transport.clone());
    assert!(!view.queue_used(0));
    let rng = VirtIORng::<GuestHal, _>::new(DriverTransport(transport)).unwrap();
    assert!(view.queue_used(0));
    drop(rng);
    assert!(!view.queue_used(0));
}
