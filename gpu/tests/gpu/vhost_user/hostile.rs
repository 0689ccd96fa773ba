//! Front ends and drivers that break the rules: they lose the connection or the rings,
//! and the next one is served as if nothing had been.

use std::io::Write;
use std::os::fd::AsRawFd;
use std::sync::Arc;

use maro_gpu::vhost_user::{BackEnd, ServeError};
use virtio_queue::desc::split::Descriptor;
use vm_memory::{Bytes, GuestAddress};

use super::{Connection, FrontEnd, OK, back_end, display, rings, wait_until};
use crate::rig::{Shape, request};

/// Requests of vhost-user.
const GET_FEATURES: u32 = 1;
const SET_FEATURES: u32 = 2;
const SET_MEM_TABLE: u32 = 5;
const SET_VRING_NUM: u32 = 8;
const SET_VRING_ADDR: u32 = 9;
const SET_VRING_BASE: u32 = 10;
const GET_VRING_BASE: u32 = 11;
const SET_VRING_KICK: u32 = 12;
const SET_PROTOCOL_FEATURES: u32 = 16;
const SET_VRING_ENABLE: u32 = 18;
const GET_CONFIG: u32 = 24;
const GPU_SET_SOCKET: u32 = 33;

fn u32s(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn u64s(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// A driver of the next front end is served.
fn expect_service(back_end: &Arc<BackEnd>) {
    let front_end = FrontEnd::new(back_end);
    front_end.start([0, 0]);
    let [mut control, _] = rings(&front_end);
    let create = request(0x101, 0, 0, 0, &[1, 1, 8, 8]);
    let sent = control.send(&create, 24, Shape::PLAIN);
    assert_eq!(front_end.finish(&control, &sent)[0], OK);
    drop(front_end.front);
    front_end.connection.leave().expect("left in peace");
}

#[test]
fn malformed_requests_end_the_connection_and_nothing_else() {
    let (back_end, _) = back_end();
    let far = u64::MAX - 0xfff;
    let cases: &[(&str, u32, Vec<u8>)] = &[
        ("an unknown request", 77, vec![]),
        ("a body where there is none", GET_FEATURES, vec![0; 8]),
        ("half a body", SET_FEATURES, vec![0; 4]),
        ("no regions", SET_MEM_TABLE, u32s(&[0, 0])),
        ("regions without files", SET_MEM_TABLE, {
            [u32s(&[1, 0]), u64s(&[0, 0x1000, 0x1000, 0])].concat()
        }),
        ("a region around the end", SET_MEM_TABLE, {
            [u32s(&[1, 0]), u64s(&[far, 0x2000, 0x1000, 0])].concat()
        }),
        ("more regions than fit", SET_MEM_TABLE, u32s(&[9999, 0])),
        ("a third ring", SET_VRING_NUM, u32s(&[2, 64])),
        ("a ring without entries", SET_VRING_NUM, u32s(&[0, 0])),
        ("a ring of three entries", SET_VRING_NUM, u32s(&[0, 3])),
        ("a ring of 65536", SET_VRING_NUM, u32s(&[0, 1 << 16])),
        ("a ring of 32768", SET_VRING_NUM, u32s(&[0, 1 << 15])),
        ("a ring nowhere", SET_VRING_ADDR, {
            [u32s(&[0, 0]), u64s(&[0x1000, 0x2000, 0x3000, 0])].concat()
        }),
        ("a base beyond 16 bits", SET_VRING_BASE, u32s(&[0, 1 << 16])),
        ("a base of a third ring", GET_VRING_BASE, u32s(&[2, 0])),
        ("a doorbell of ring 255", SET_VRING_KICK, u64s(&[0x1ff])),
        ("a doorbell to be polled", SET_VRING_KICK, u64s(&[0x100])),
        ("a doorbell that is missing", SET_VRING_KICK, u64s(&[0])),
        ("a ring enabled too early", SET_VRING_ENABLE, u32s(&[0, 1])),
        ("configuration too early", GET_CONFIG, u32s(&[0, 16, 0])),
        ("a display socket that is missing", GPU_SET_SOCKET, vec![]),
    ];
    for (what, request, body) in cases {
        let connection = Connection::new(&back_end);
        connection.send(*request, body, &[]);
        let outcome = connection.outcome();
        assert!(
            matches!(outcome, Err(ServeError::Request(_))),
            "{what}: {outcome:?}"
        );
    }
    expect_service(&back_end);
}

#[test]
fn headers_that_lie_end_the_connection_and_nothing_else() {
    let (back_end, _) = back_end();
    for (what, flags, size) in [
        ("version 2", 2, 0),
        ("reserved flags", 0xffff_fff1, 0),
        ("a size beyond any message", 1, u32::MAX),
        ("a size beyond the limit", 1, 0x1001),
    ] {
        let connection = Connection::new(&back_end);
        connection.send_raw(GET_FEATURES, flags, size, &[], &[]);
        let outcome = connection.outcome();
        assert!(
            matches!(outcome, Err(ServeError::Request(_))),
            "{what}: {outcome:?}"
        );
    }
    expect_service(&back_end);
}

#[test]
fn files_where_none_belong_end_the_connection() {
    let (back_end, _) = back_end();
    let connection = Connection::new(&back_end);
    let file = tempfile::tempfile().expect("a file");
    connection.send(GET_FEATURES, &[], &[file.as_raw_fd()]);
    assert!(connection.outcome().is_err());
    // A file that is shorter than the region it is said to hold cannot be mapped.
    let connection = Connection::new(&back_end);
    let table = [u32s(&[1, 0]), u64s(&[0, 0x1000, 0x1000, 0])].concat();
    connection.send(SET_MEM_TABLE, &table, &[file.as_raw_fd()]);
    assert!(connection.outcome().is_err());
    expect_service(&back_end);
}

#[test]
fn front_end_that_leaves_in_the_midst_is_forgotten() {
    let (back_end, handle) = back_end();
    let asked = Connection::new(&back_end).leave();
    assert!(matches!(asked, Ok(false)), "it only looked: {asked:?}");
    for message in [&b"\x01"[..], &u32s(&[SET_FEATURES, 1, 8])] {
        let mut connection = Connection::new(&back_end);
        connection.stream.write_all(message).expect("sent");
        // With part of a body it is a broken request, else just the end.
        let _ = connection.leave();
    }
    let front_end = FrontEnd::new(&back_end);
    front_end.start([0, 0]);
    let resets = handle.stats().resets;
    drop(front_end.front);
    front_end.connection.leave().expect("left in peace");
    assert_eq!(handle.stats().resets, resets + 1);
    expect_service(&back_end);
}

#[test]
fn random_requests_never_panic() {
    let (back_end, _) = back_end();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let file = tempfile::tempfile().expect("a file");
    file.set_len(1 << 20).expect("room");
    for _ in 0..300 {
        let connection = Connection::new(&back_end);
        let protocol = 1u64 << 30 | random() & 0xf;
        connection.send(GET_FEATURES, &[], &[]);
        connection.send(SET_FEATURES, &protocol.to_ne_bytes(), &[]);
        connection.send(SET_PROTOCOL_FEATURES, &u64::MAX.to_ne_bytes(), &[]);
        for _ in 0..8 {
            let request = (random() % 45) as u32;
            let small = |value: u64| if value & 1 == 0 { value >> 60 } else { value };
            let body: Vec<u8> = (0..random() % 8)
                .flat_map(|_| small(random()).to_ne_bytes())
                .collect();
            let files = [file.as_raw_fd()];
            let files = &files[..(random() & 1) as usize];
            connection.send(request, &body, files);
        }
        let _ = connection.leave();
    }
    expect_service(&back_end);
}

#[test]
fn ring_that_makes_no_sense_is_told_and_given_up() {
    let (back_end, handle) = back_end();
    let front_end = FrontEnd::new(&back_end);
    front_end.start([0, 0]);
    // More entries than the ring has.
    let index = GuestAddress(0x1002);
    let written = front_end.memory.write_obj(1000u16.to_le(), index);
    written.expect("in memory");
    front_end.kick(0);
    wait_until("the front end is told", || {
        front_end.errors[0].read().is_ok()
    });
    assert_eq!(handle.stats().commands, 0);
    // The front end itself is still served.
    front_end.stop();
    drop(front_end.front);
    front_end.connection.leave().expect("left in peace");
    expect_service(&back_end);
}

#[test]
fn descriptors_outside_shared_memory_reach_nothing() {
    let (back_end, handle) = back_end();
    let front_end = FrontEnd::new(&back_end);
    front_end.start([0, 0]);
    let [mut control, _] = rings(&front_end);
    for (addr, len) in [(u64::MAX, 24), (1 << 40, 24), (0xff_ffff, u32::MAX)] {
        control.push(&[Descriptor::new(addr, len, 0, 0)]);
    }
    front_end.kick(0);
    wait_until("all are given back", || control.used().len() == 3);
    assert_eq!(handle.stats().errors, 3);
}

#[test]
fn display_socket_with_nonsense_leaves_the_guest_its_displays() {
    let (back_end, _) = back_end();
    // Another request's answer, a request instead, a short one, a type that is wrong.
    let info = |kind: u32| [u32s(&[kind]), vec![0; 404]].concat();
    let header = |request: u32, flags: u32, size: u32| u32s(&[request, flags, size]);
    let get = display::GET_DISPLAY_INFO;
    for answer in [
        [header(display::GET_EDID, 4, 408), info(0x1101)].concat(),
        [header(get, 0, 408), info(0x1101)].concat(),
        header(get, 4, 0),
        [header(get, 4, 408), info(0x1200)].concat(),
        [header(get, 0xffff_ffff, u32::MAX), info(0x1101)].concat(),
    ] {
        let front_end = FrontEnd::new(&back_end);
        let mut socket = front_end.give_display();
        front_end.start([0, 0]);
        socket.negotiate();
        let [mut control, _] = rings(&front_end);
        let ask = control.send(&request(0x100, 0, 0, 0, &[]), 408, Shape::PLAIN);
        front_end.kick(0);
        socket.expect(get);
        socket.0.write_all(&answer).expect("sent");
        drop(socket);
        let info = front_end.finish(&control, &ask);
        assert_eq!(info[6..12], [0, 0, 640, 480, 1, 0]);
        drop(front_end.front);
        front_end.connection.leave().expect("left in peace");
    }
}
