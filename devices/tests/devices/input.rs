//! virtio-input under buffers written by hand.

use maro_devices::DeviceLoop;
use maro_devices::virtio::VirtioDevice;
use maro_devices::virtio::input::{
    ABS_MAX, ABS_X, ABS_Y, BTN_LEFT, Input, InputEvent, InputHandle, KEY_A, LED_CAPSL, REL_WHEEL,
};

use crate::rig::{DATA, MEMORY_SIZE, Rig, eventually, readable, writable};

const EVENTS: usize = 0;
const STATUS: usize = 1;

struct Bench {
    rig: Rig<Input>,
    handle: InputHandle,
    _device_loop: DeviceLoop,
}

fn bench(make: fn(maro_devices::LoopHandle) -> std::io::Result<(Input, InputHandle)>) -> Bench {
    let device_loop = DeviceLoop::start("test-in").unwrap();
    let (device, handle) = make(device_loop.handle()).unwrap();
    Bench {
        rig: Rig::new(device, 0),
        handle,
        _device_loop: device_loop,
    }
}

impl Bench {
    /// Offers `count` buffers for an event each.
    fn offer(&mut self, count: u64) {
        for at in 0..count {
            self.rig.offer(EVENTS, &[writable(DATA + at * 8, 8)]);
        }
    }

    /// The next event: type, code, value.
    fn event(&mut self) -> (u16, u16, i32) {
        let (head, len) = self.rig.wait(EVENTS);
        assert_eq!(len, 8);
        let bytes = self.rig.get(DATA + u64::from(head) * 8, 8);
        (
            u16::from_le_bytes([bytes[0], bytes[1]]),
            u16::from_le_bytes([bytes[2], bytes[3]]),
            i32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        )
    }
}

#[test]
fn frame_arrives_with_its_report() {
    let mut bench = bench(Input::tablet);
    bench.offer(8);
    bench.handle.send(&[
        InputEvent::absolute(ABS_X, 100),
        InputEvent::absolute(ABS_Y, ABS_MAX + 5),
        InputEvent::key(BTN_LEFT, true),
        InputEvent::relative(REL_WHEEL, -1),
    ]);
    assert_eq!(bench.event(), (3, 0, 100));
    assert_eq!(bench.event(), (3, 1, ABS_MAX));
    assert_eq!(bench.event(), (1, 0x110, 1));
    assert_eq!(bench.event(), (2, 8, -1));
    assert_eq!(bench.event(), (0, 0, 0));
    assert_eq!(bench.rig.unseen(EVENTS), 0);
}

#[test]
fn frame_waits_for_buffers() {
    let mut bench = bench(Input::keyboard);
    bench.offer(1);
    bench.handle.send(&[InputEvent::key(KEY_A, true)]);
    bench.handle.send(&[InputEvent::key(KEY_A, false)]);
    assert_eq!(bench.event(), (1, KEY_A, 1));
    bench.offer(3);
    // The buffers begin at `DATA` again, but heads count on.
    for _ in 0..3 {
        assert_eq!(bench.rig.wait(EVENTS).1, 8);
    }
    assert_eq!(bench.rig.get(DATA + 8, 8), [1, 0, 30, 0, 0, 0, 0, 0]);
}

#[test]
fn frames_without_a_driver_are_forgotten() {
    let mut bench = bench(Input::keyboard);
    bench.rig.device.reset();
    bench.handle.send(&[InputEvent::key(KEY_A, true)]);
    bench.rig.activate(0);
    bench.offer(2);
    bench.handle.send(&[InputEvent::key(KEY_A, false)]);
    assert_eq!(bench.event(), (1, KEY_A, 0));
    assert_eq!(bench.event(), (0, 0, 0));
}

#[test]
fn flood_without_buffers_is_bounded_and_ends_in_whole_frames() {
    let mut bench = bench(Input::tablet);
    for x in 0..10_000 {
        bench.handle.send(&[InputEvent::absolute(ABS_X, x)]);
    }
    let mut reports = 0;
    let mut motions = 0;
    for _ in 0..60 {
        bench.rig.offer(EVENTS, &[writable(DATA, 8)]);
        assert_eq!(bench.rig.wait(EVENTS).1, 8);
        match bench.rig.get(DATA, 1)[0] {
            0 => reports += 1,
            _ => motions += 1,
        }
    }
    assert_eq!((reports, motions), (30, 30));
}

#[test]
fn bad_event_buffers_come_back_empty() {
    let mut bench = bench(Input::keyboard);
    for bad in [
        writable(DATA, 7),
        readable(DATA, 8),
        writable(MEMORY_SIZE, 8),
        writable(u64::MAX - 3, 8),
    ] {
        bench.rig.offer(EVENTS, &[bad]);
        bench.handle.send(&[InputEvent::key(KEY_A, true)]);
        assert_eq!(bench.rig.wait(EVENTS).1, 0);
        // The frame's report goes to the next buffer.
        bench.rig.offer(EVENTS, &[writable(DATA, 8)]);
        assert_eq!(bench.rig.wait(EVENTS).1, 8);
        assert_eq!(bench.rig.get(DATA, 8), [0; 8]);
    }
}

#[test]
fn status_queue_switches_leds() {
    let mut bench = bench(Input::keyboard);
    let lit = 1 << LED_CAPSL;
    for (value, leds) in [(1, lit), (0, 0), (1, lit)] {
        bench.rig.put(DATA, &[0x11, 0, 1, 0, value, 0, 0, 0]);
        assert_eq!(bench.rig.request(STATUS, &[readable(DATA, 8)]), 0);
        assert_eq!(bench.handle.leds(), leds);
    }
    // Other types, codes beyond the word, short and absent buffers change nothing.
    bench.rig.put(DATA, &[0x01, 0, 0, 0, 1, 0, 0, 0]);
    bench.rig.request(STATUS, &[readable(DATA, 8)]);
    bench.rig.put(DATA, &[0x11, 0, 0xff, 0xff, 1, 0, 0, 0]);
    bench.rig.request(STATUS, &[readable(DATA, 8)]);
    bench.rig.request(STATUS, &[readable(DATA, 4)]);
    bench.rig.request(STATUS, &[readable(MEMORY_SIZE, 8)]);
    bench.rig.request(STATUS, &[writable(DATA, 8)]);
    assert_eq!(bench.handle.leds(), lit);
    bench.rig.device.reset();
    assert_eq!(bench.handle.leds(), 0);
}

#[test]
fn broken_ring_needs_reset_and_works_again_after_it() {
    let mut bench = bench(Input::keyboard);
    bench.rig.set_available(EVENTS, 0x8000);
    bench.handle.send(&[InputEvent::key(KEY_A, true)]);
    bench.rig.expect_needs_reset();
    bench.rig.device.reset();
    bench.rig.activate(0);
    bench.offer(2);
    bench.handle.send(&[InputEvent::key(KEY_A, true)]);
    assert_eq!(bench.event(), (1, KEY_A, 1));
    eventually("an interrupt", || {
        bench
            .rig
            .interrupt
            .used
            .load(std::sync::atomic::Ordering::SeqCst)
            > 0
    });
}
