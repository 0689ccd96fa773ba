//! virtio-console under buffers written by hand.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use maro_devices::DeviceLoop;
use maro_devices::virtio::VirtioDevice;
use maro_devices::virtio::console::Console;
use vmm_sys_util::tempfile::TempFile;

use crate::rig::{DATA, MEMORY_SIZE, Rig, eventually, readable, writable};

const RECEIVE: usize = 0;
const TRANSMIT: usize = 1;

#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Bench {
    rig: Rig<Console>,
    screen: Screen,
    _device_loop: DeviceLoop,
}

fn bench(input: Option<OwnedFd>) -> Bench {
    let device_loop = DeviceLoop::start("test-con").unwrap();
    let screen = Screen::default();
    let console = Console::new(device_loop.handle(), Box::new(screen.clone()), input);
    Bench {
        rig: Rig::new(console, 0),
        screen,
        _device_loop: device_loop,
    }
}

fn keyboard() -> (UnixStream, Option<OwnedFd>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (ours, Some(theirs.into()))
}

#[test]
fn transmit_prints_all_buffers_in_order() {
    let mut bench = bench(None);
    let long = vec![b'x'; 10_000];
    bench.rig.put(DATA, b"hello, ");
    bench.rig.put(DATA + 0x1000, b"guest\n");
    bench.rig.put(DATA + 0x2000, &long);
    let buffers = [
        readable(DATA, 7),
        readable(DATA, 0),
        readable(DATA + 0x1000, 6),
        readable(DATA + 0x2000, 10_000),
    ];
    assert_eq!(bench.rig.request(TRANSMIT, &buffers), 0);
    let screen = bench.screen.0.lock().unwrap();
    assert_eq!(*screen, [b"hello, guest\n".as_slice(), &long].concat());
}

#[test]
fn transmit_with_bad_buffers_comes_back() {
    let mut bench = bench(None);
    bench.rig.put(DATA, b"ok");
    bench.rig.request(TRANSMIT, &[readable(MEMORY_SIZE, 10)]);
    bench.rig.request(TRANSMIT, &[readable(u64::MAX - 1, 10)]);
    bench.rig.request(TRANSMIT, &[writable(DATA, 2)]);
    bench.rig.request(TRANSMIT, &[readable(DATA, 2)]);
    assert_eq!(*bench.screen.0.lock().unwrap(), b"ok");
}

#[test]
fn transmit_of_a_huge_chain_is_cut() {
    let mut bench = bench(None);
    let buffers = [readable(0x10_0000, 8 << 20); 16];
    bench.rig.request(TRANSMIT, &buffers);
    assert_eq!(bench.screen.0.lock().unwrap().len(), 1 << 20);
}

#[test]
fn receive_gives_input_to_waiting_buffers() {
    let (mut keys, input) = keyboard();
    let mut bench = bench(input);
    bench.rig.offer(RECEIVE, &[writable(DATA, 16)]);
    keys.write_all(b"ls\n").unwrap();
    assert_eq!(bench.rig.wait(RECEIVE).1, 3);
    assert_eq!(bench.rig.get(DATA, 3), b"ls\n");
}

#[test]
fn receive_keeps_input_until_there_are_buffers() {
    let (mut keys, input) = keyboard();
    let mut bench = bench(input);
    keys.write_all(b"early").unwrap();
    // The loop meets the input without a buffer for it.
    bench.rig.put(DATA, b".");
    bench.rig.request(TRANSMIT, &[readable(DATA, 1)]);
    assert_eq!(bench.rig.unseen(RECEIVE), 0);
    bench.rig.offer(RECEIVE, &[writable(DATA, 2)]);
    assert_eq!(bench.rig.wait(RECEIVE).1, 2);
    bench.rig.offer(RECEIVE, &[writable(DATA + 2, 100)]);
    assert_eq!(bench.rig.wait(RECEIVE).1, 3);
    assert_eq!(bench.rig.get(DATA, 5), b"early");
}

#[test]
fn receive_with_bad_buffers_gives_them_back_and_loses_nothing() {
    let (mut keys, input) = keyboard();
    let mut bench = bench(input);
    for bad in [
        readable(DATA, 8),
        writable(MEMORY_SIZE, 8),
        writable(DATA, 0),
    ] {
        bench.rig.offer(RECEIVE, &[bad]);
    }
    bench.rig.offer(RECEIVE, &[writable(DATA, 8)]);
    keys.write_all(b"abc").unwrap();
    for _ in 0..3 {
        assert_eq!(bench.rig.wait(RECEIVE).1, 0);
    }
    assert_eq!(bench.rig.wait(RECEIVE).1, 3);
    assert_eq!(bench.rig.get(DATA, 3), b"abc");
}

#[test]
fn receive_ends_when_the_other_end_closes() {
    let (keys, input) = keyboard();
    let mut bench = bench(input);
    bench.rig.offer(RECEIVE, &[writable(DATA, 8)]);
    drop(keys);
    // Output goes on, and the buffer stays with the device.
    bench.rig.put(DATA, b"x");
    for _ in 0..3 {
        bench.rig.request(TRANSMIT, &[readable(DATA, 1)]);
    }
    assert_eq!(bench.rig.unseen(RECEIVE), 0);
}

#[test]
fn receive_from_a_regular_file_reads_it_to_its_end() {
    let mut file = TempFile::new().unwrap().into_file();
    file.write_all(b"0123456789").unwrap();
    file.rewind().unwrap();
    let mut bench = bench(Some(file.into()));
    for at in 0..4 {
        bench.rig.offer(RECEIVE, &[writable(DATA + at * 4, 4)]);
    }
    for len in [4, 4, 2] {
        assert_eq!(bench.rig.wait(RECEIVE).1, len);
    }
    assert_eq!(bench.rig.get(DATA, 10), b"0123456789");
    assert_eq!(bench.rig.unseen(RECEIVE), 0);
}

#[test]
fn receive_from_dev_null_is_an_end() {
    let null = File::open("/dev/null").unwrap();
    let mut bench = bench(Some(null.into()));
    bench.rig.offer(RECEIVE, &[writable(DATA, 4)]);
    bench.rig.put(DATA, b"x");
    bench.rig.request(TRANSMIT, &[readable(DATA, 1)]);
    assert_eq!(bench.rig.unseen(RECEIVE), 0);
}

#[test]
fn reset_and_activation_keep_the_line() {
    let (mut keys, input) = keyboard();
    let mut bench = bench(input);
    for round in 0..3_u8 {
        bench.rig.put(DATA, &[b'0' + round]);
        bench.rig.request(TRANSMIT, &[readable(DATA, 1)]);
        bench.rig.offer(RECEIVE, &[writable(DATA + 8, 8)]);
        keys.write_all(&[b'a' + round]).unwrap();
        assert_eq!(bench.rig.wait(RECEIVE).1, 1);
        assert_eq!(bench.rig.get(DATA + 8, 1), [b'a' + round]);
        bench.rig.device.reset();
        bench.rig.activate(0);
    }
    assert_eq!(*bench.screen.0.lock().unwrap(), b"012");
}

#[test]
fn broken_ring_needs_reset() {
    let (mut keys, input) = keyboard();
    let mut bench = bench(input);
    bench.rig.set_available(RECEIVE, 0x4000);
    keys.write_all(b"x").unwrap();
    bench.rig.expect_needs_reset();
    bench.rig.device.reset();
    bench.rig.activate(0);
    bench.rig.offer(RECEIVE, &[writable(DATA, 8)]);
    assert_eq!(bench.rig.wait(RECEIVE).1, 1);
}

#[test]
fn output_that_fails_does_not_stop_the_console() {
    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let device_loop = DeviceLoop::start("test-con").unwrap();
    let console = Console::new(device_loop.handle(), Box::new(Broken), None);
    let mut rig = Rig::new(console, 0);
    for _ in 0..3 {
        assert_eq!(rig.request(TRANSMIT, &[readable(DATA, 8)]), 0);
    }
    eventually("interrupts", || {
        rig.interrupt.used.load(std::sync::atomic::Ordering::SeqCst) >= 3
    });
}
