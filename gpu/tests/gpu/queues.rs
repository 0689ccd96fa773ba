//! Requests through descriptor chains of every shape.

use maro_gpu::control::{ControlQueue, CursorQueue};
use virtio_queue::QueueT;
use virtio_queue::desc::split::Descriptor;

use crate::rig::{FLAG_WRITE, Rig, Ring, Shape, drain, request};

const GET_DISPLAY_INFO: u32 = 0x100;

fn type_of(response: &[u8]) -> u32 {
    u32::from_le_bytes([response[0], response[1], response[2], response[3]])
}

#[test]
fn request_in_any_shape_gets_the_same_reply() {
    let mut replies = Vec::new();
    for readable in [usize::MAX, 24, 7, 1] {
        for writable in [usize::MAX, 24, 100, 13] {
            for indirect in [false, true] {
                let mut rig = Rig::null_3d();
                let memory = rig.memory.clone();
                let mut ring = Ring::new(&memory, 0, 256);
                let mut control = ControlQueue::new(ring.device_side());
                let shape = Shape {
                    readable,
                    writable,
                    indirect,
                };
                let words = request(GET_DISPLAY_INFO, 0, 1, 7, &[]);
                let sent = ring.send(&words, 408, shape);
                assert_eq!(drain(&mut control, &mut rig), 1, "{shape:?}");
                assert_eq!(ring.used(), [(sent.head, 408)], "{shape:?}");
                replies.push(ring.response(&sent));
            }
        }
    }
    assert_eq!(type_of(&replies[0]), 0x1101);
    assert!(replies.iter().all(|reply| *reply == replies[0]));
}

#[test]
fn submit_of_many_pages_arrives_whole() {
    let mut rig = Rig::null_3d();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 256);
    let mut control = ControlQueue::new(ring.device_side());
    let mut context = vec![0; 18];
    context[0] = 1;
    let sent = ring.send(&request(0x200, 1, 0, 0, &context), 24, Shape::PLAIN);
    let size = 260 << 10;
    let mut body = vec![size, 0];
    body.resize(2 + size as usize / 4, 0x1234_5678);
    let shape = Shape {
        readable: 4093,
        writable: 24,
        indirect: true,
    };
    let submit = ring.send(&request(0x207, 1, 0, 0, &body), 24, shape);
    drain(&mut control, &mut rig);
    assert_eq!(ring.used(), [(sent.head, 24), (submit.head, 24)]);
    assert_eq!(ring.header(&submit).type_.get(), 0x1100);
    let stats = rig.counters.snapshot();
    assert_eq!((stats.submits, stats.submit_bytes), (1, u64::from(size)));
}

#[test]
fn response_room_too_short_is_filled_and_told() {
    for room in [1, 23, 24, 100, 407] {
        let mut rig = Rig::software();
        let memory = rig.memory.clone();
        let mut ring = Ring::new(&memory, 0, 16);
        let mut control = ControlQueue::new(ring.device_side());
        let sent = ring.send(&request(GET_DISPLAY_INFO, 0, 0, 0, &[]), room, Shape::PLAIN);
        drain(&mut control, &mut rig);
        assert_eq!(ring.used(), [(sent.head, room as u32)]);
    }
}

#[test]
fn response_room_too_long_is_left_alone() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 16);
    let mut control = ControlQueue::new(ring.device_side());
    let sent = ring.send(&request(0x102, 0, 0, 0, &[1, 0]), 40, Shape::PLAIN);
    drain(&mut control, &mut rig);
    assert_eq!(ring.used(), [(sent.head, 24)]);
    let response = ring.response(&sent);
    assert_eq!(type_of(&response), 0x1203);
    assert_eq!(response[24..], [0xcc; 16]);
}

#[test]
fn request_without_response_room_is_executed() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 16);
    let mut control = ControlQueue::new(ring.device_side());
    let create = ring.send(&request(0x101, 0, 0, 0, &[1, 1, 4, 4]), 0, Shape::PLAIN);
    let again = ring.send(&request(0x101, 0, 0, 0, &[1, 1, 4, 4]), 24, Shape::PLAIN);
    drain(&mut control, &mut rig);
    assert_eq!(ring.used(), [(create.head, 0), (again.head, 24)]);
    assert_eq!(ring.header(&again).type_.get(), 0x1203, "it exists");
}

#[test]
fn errors_are_replies_of_their_own() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 64);
    let mut control = ControlQueue::new(ring.device_side());
    let cases = [
        (request(0x999, 0, 0, 0, &[]), 0x1200),
        (request(0x101, 0, 0, 0, &[1]), 0x1205),
        (request(0x103, 0, 0, 0, &[0, 0, 1, 1, 16, 0]), 0x1202),
        (request(0x104, 0, 0, 0, &[0, 0, 1, 1, 5, 0]), 0x1203),
        (request(0x101, 0, 0, 0, &[1, 1, 4096, 4096]), 0x1201),
        (vec![0x100, 0], 0x1200),
    ];
    for (words, reply) in cases {
        let sent = ring.send(&words, 24, Shape::PLAIN);
        drain(&mut control, &mut rig);
        assert_eq!(ring.used().last(), Some(&(sent.head, 24)));
        assert_eq!(ring.header(&sent).type_.get(), reply);
    }
    assert_eq!(rig.counters.snapshot().errors, 6);
}

#[test]
fn one_batch_is_one_interrupt_and_keeps_its_order() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 256);
    let mut control = ControlQueue::new(ring.device_side());
    let words = request(0x100, 0, 0, 0, &[]);
    let heads: Vec<_> = (0..40)
        .map(|_| ring.send(&words, 24, Shape::PLAIN).head)
        .collect();
    assert_eq!(drain(&mut control, &mut rig), 1);
    let used: Vec<_> = ring.used().into_iter().map(|(head, _)| head).collect();
    assert_eq!(used, heads);
    assert_eq!(drain(&mut control, &mut rig), 0, "nothing new");
}

#[test]
fn full_queue_is_served_in_turns() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 256);
    let mut control = ControlQueue::new(ring.device_side());
    for _ in 0..100 {
        ring.send(&request(0x100, 0, 0, 0, &[]), 24, Shape::PLAIN);
    }
    let mut turn = || control.process(&mut rig.device, &rig.memory, &mut || ());
    assert!(turn(), "more is left");
    assert_eq!(ring.used().len(), 64);
    assert!(!turn());
    assert_eq!(ring.used().len(), 100);
}

#[test]
fn driver_that_wants_no_interrupt_gets_none() {
    const NO_INTERRUPT: u16 = 1;
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 16);
    let mut control = ControlQueue::new(ring.device_side());
    ring.store_u16(ring.flags(), NO_INTERRUPT);
    ring.send(&request(0x100, 0, 0, 0, &[]), 24, Shape::PLAIN);
    assert_eq!(drain(&mut control, &mut rig), 0);
    assert_eq!(ring.used().len(), 1);
}

#[test]
fn event_idx_interrupts_when_the_event_is_passed() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 16);
    let mut queue = ring.device_side();
    queue.set_event_idx(true);
    let mut control = ControlQueue::new(queue);
    ring.store_u16(ring.used_event(), 1);
    ring.send(&request(0x100, 0, 0, 0, &[]), 24, Shape::PLAIN);
    assert_eq!(drain(&mut control, &mut rig), 0);
    ring.send(&request(0x100, 0, 0, 0, &[]), 24, Shape::PLAIN);
    assert_eq!(drain(&mut control, &mut rig), 1);
    let avail_event = ring.load_u16(ring.avail_event());
    assert_eq!(avail_event, 2, "the doorbell is asked for again");
}

#[test]
fn cursor_queue_answers_nothing() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 16);
    let mut cursor = CursorQueue::new(ring.device_side());
    let good = request(0x301, 0, 0, 0, &[0, 1, 2, 0, 0, 0, 0, 0]);
    let bad = request(0x301, 0, 0, 0, &[99, 1, 2, 0, 0, 0, 0, 0]);
    let a = ring.send(&good, 0, Shape::PLAIN);
    let b = ring.send(&bad, 24, Shape::PLAIN);
    let mut interrupts = 0;
    let more = cursor.process(&mut rig.device, &*rig.memory, &mut || interrupts += 1);
    assert!(!more);
    assert_eq!(interrupts, 1);
    assert_eq!(ring.used(), [(a.head, 0), (b.head, 0)]);
    assert_eq!(ring.response(&b), [0xcc; 24]);
    let stats = rig.counters.snapshot();
    assert_eq!((stats.commands, stats.errors), (2, 1));
}

#[test]
fn readable_after_writable_is_refused() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 16);
    let mut control = ControlQueue::new(ring.device_side());
    let chain = [
        (0x10_0000, 24, 0),
        (0x10_1000, 24, FLAG_WRITE),
        (0x10_2000, 8, 0),
    ];
    let head = ring.send_raw(&chain, false);
    drain(&mut control, &mut rig);
    assert_eq!(ring.used(), [(head, 24)]);
    assert_eq!(rig.counters.snapshot().errors, 1);
}

#[test]
fn chains_that_make_no_sense_are_given_back() {
    let next = 1;
    let indirect = 4;
    let cases: [&[Descriptor]; 6] = [
        // A loop.
        &[Descriptor::new(0x10_0000, 24, next, 0)],
        // A descriptor beyond the table.
        &[Descriptor::new(0x10_0000, 24, next, 999)],
        // Memory that is none.
        &[Descriptor::new(1 << 40, 24, 0, 0)],
        &[Descriptor::new(u64::MAX - 3, 24, 0, 0)],
        // A table of odd size, and one outside memory.
        &[Descriptor::new(0x10_0000, 17, indirect, 0)],
        &[Descriptor::new(1 << 40, 32, indirect, 0)],
    ];
    for (case, descriptors) in cases.iter().enumerate() {
        let mut rig = Rig::software();
        let memory = rig.memory.clone();
        let mut ring = Ring::new(&memory, 0, 16);
        let mut control = ControlQueue::new(ring.device_side());
        let head = ring.push(descriptors);
        drain(&mut control, &mut rig);
        assert_eq!(ring.used(), [(head, 0)], "case {case}");
        assert!(!control.is_broken());
        let sent = ring.send(&request(0x100, 0, 0, 0, &[]), 408, Shape::PLAIN);
        drain(&mut control, &mut rig);
        assert_eq!(ring.used()[1], (sent.head, 408), "case {case}");
    }
}

#[test]
fn response_buffer_outside_memory_loses_the_response_only() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 16);
    let mut control = ControlQueue::new(ring.device_side());
    let good = ring.send(&request(0x101, 0, 0, 0, &[1, 1, 4, 4]), 24, Shape::PLAIN);
    drain(&mut control, &mut rig);
    let unref = ring.send(&request(0x102, 0, 0, 0, &[1, 0]), 1, Shape::PLAIN);
    drain(&mut control, &mut rig);
    assert_eq!(ring.used(), [(good.head, 24), (unref.head, 1)]);
    let chain = [(0x10_0000, 24, 0), (1 << 40, 24, FLAG_WRITE)];
    let head = ring.send_raw(&chain, false);
    drain(&mut control, &mut rig);
    assert_eq!(ring.used()[2], (head, 0));
}

#[test]
fn available_index_beyond_the_ring_breaks_the_queue() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let ring = Ring::new(&memory, 0, 16);
    let mut control = ControlQueue::new(ring.device_side());
    ring.avail.idx().store(17u16.to_le());
    assert_eq!(drain(&mut control, &mut rig), 0);
    assert!(control.is_broken());
    assert_eq!(ring.used(), []);
}

#[test]
fn head_beyond_the_table_breaks_the_queue() {
    let mut rig = Rig::software();
    let memory = rig.memory.clone();
    let mut ring = Ring::new(&memory, 0, 16);
    let mut control = ControlQueue::new(ring.device_side());
    ring.make_available(999);
    assert_eq!(drain(&mut control, &mut rig), 0);
    assert!(control.is_broken());
}
