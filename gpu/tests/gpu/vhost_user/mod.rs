//! The device behind a vhost-user front end: requests, rings, displays, pictures.

mod front_end;
mod hostile;

use vhost::VhostBackend;
use vhost::vhost_user::VhostUserFrontend;
use vhost::vhost_user::message::VhostUserConfigFlags;
use vm_memory::{Bytes, GuestAddress};

use crate::rig::{PIXELS, Ring, Shape, request};
use front_end::{Connection, DisplaySocket, FrontEnd, RINGS, back_end, display, wait_until};

const OK: u32 = 0x1100;
const OK_DISPLAY_INFO: u32 = 0x1101;
const OK_EDID: u32 = 0x1104;
const FEATURE_EDID: u64 = 1 << 1;

fn rings(front_end: &FrontEnd) -> [Ring<'_>; 2] {
    RINGS.map(|(at, len)| Ring::new(&front_end.memory, at, len))
}

#[test]
fn front_end_finds_features_queues_and_configuration() {
    let (back_end, _) = back_end();
    let front_end = FrontEnd::new(&back_end);
    let features = front_end
        .front
        .borrow_mut()
        .get_features()
        .expect("features");
    assert_ne!(features & FEATURE_EDID, 0);
    assert_ne!(features & 1 << 32, 0, "version 1");
    assert_eq!(features & 1, 0, "a 2D card has no virgl");
    assert_eq!(
        front_end
            .front
            .borrow_mut()
            .get_queue_num()
            .expect("a number"),
        2
    );
    let config = front_end
        .front
        .borrow_mut()
        .get_config(0, 16, VhostUserConfigFlags::WRITABLE, &[0; 16])
        .expect("configuration");
    // events_read, events_clear, num_scanouts, num_capsets.
    assert_eq!(config.1, [0u32, 0, 2, 0].map(u32::to_le_bytes).concat());
    drop(front_end.front);
    front_end.connection.leave().expect("left in peace");
}

#[test]
fn request_is_answered_in_shared_memory_and_by_the_call_event() {
    let (back_end, handle) = back_end();
    let front_end = FrontEnd::new(&back_end);
    front_end.start([0, 0]);
    let [mut control, _] = rings(&front_end);
    let sent = control.send(&request(0x101, 0, 0, 0, &[1, 1, 8, 8]), 24, Shape::PLAIN);
    assert_eq!(front_end.finish(&control, &sent)[0], OK);
    assert_eq!(handle.stats().errors, 0);
}

#[test]
fn display_info_and_edid_are_those_of_the_front_end_at_that_moment() {
    let (back_end, _) = back_end();
    let front_end = FrontEnd::new(&back_end);
    let mut socket = front_end.give_display();
    front_end.start([0, 0]);
    socket.negotiate();
    let [mut control, _] = rings(&front_end);
    for (width, height) in [(1000, 720), (800, 600)] {
        let mut edid = vec![0xa5; 256];
        edid[126] = 1;
        let ask = control.send(&request(0x100, 0, 0, 0, &[]), 408, Shape::PLAIN);
        // Behind it in the queue, so it has to wait for the answer too.
        let after = control.send(
            &request(0x101, 0, 0, 0, &[width, 1, 8, 8]),
            24,
            Shape::PLAIN,
        );
        front_end.kick(0);
        socket.tell_size(width, height, &edid);
        let info = front_end.finish(&control, &ask);
        assert_eq!(info[0], OK_DISPLAY_INFO);
        assert_eq!(info[6..12], [0, 0, width, height, 1, 0]);
        assert_eq!(info[12..18], [0; 6], "the second display is unplugged");
        wait_until("the request behind is done", || {
            control.used().iter().any(|(head, _)| *head == after.head)
        });

        let ask = control.send(&request(0x10a, 0, 0, 0, &[0, 0]), 1056, Shape::PLAIN);
        front_end.kick(0);
        socket.tell_size(width, height, &edid);
        let reply = front_end.finish(&control, &ask);
        assert_eq!(reply[..1], [OK_EDID]);
        assert_eq!(reply[6], 256, "two blocks");
        assert_eq!(reply[8], 0xa5a5_a5a5);
    }
}

#[test]
fn display_socket_that_closes_leaves_the_guest_its_displays() {
    let (back_end, _) = back_end();
    let front_end = FrontEnd::new(&back_end);
    let mut socket = front_end.give_display();
    front_end.start([0, 0]);
    socket.negotiate();
    let [mut control, _] = rings(&front_end);
    let ask = control.send(&request(0x100, 0, 0, 0, &[]), 408, Shape::PLAIN);
    front_end.kick(0);
    socket.expect(display::GET_DISPLAY_INFO);
    drop(socket);
    let info = front_end.finish(&control, &ask);
    assert_eq!(info[6..12], [0, 0, 640, 480, 1, 0]);
}

#[test]
fn paused_machine_goes_on_with_what_it_had_and_a_new_driver_begins_afresh() {
    let (back_end, _) = back_end();
    let front_end = FrontEnd::new(&back_end);
    front_end.start([0, 0]);
    let [mut control, _] = rings(&front_end);
    let create = request(0x101, 0, 0, 0, &[7, 1, 8, 8]);
    let sent = control.send(&create, 24, Shape::PLAIN);
    assert_eq!(front_end.finish(&control, &sent)[0], OK);

    let bases = front_end.stop();
    assert_eq!(bases, [1, 0]);
    // Nothing is served while the machine is paused.
    let again = control.send(&create, 24, Shape::PLAIN);
    front_end.kick(0);
    front_end.start(bases);
    assert_ne!(
        front_end.finish(&control, &again)[0],
        OK,
        "it is still there"
    );

    front_end.stop();
    let [mut control, _] = rings(&front_end);
    for place in [0x1002, 0x2002] {
        // The indices of a driver that has just begun.
        let zero = front_end.memory.write_obj(0u16, GuestAddress(place));
        zero.expect("in memory");
    }
    front_end.start([0, 0]);
    let sent = control.send(&create, 24, Shape::PLAIN);
    assert_eq!(front_end.finish(&control, &sent)[0], OK, "it is gone");
}

/// A front end whose guest shows a resource of 4 by 4 pixels with these rows.
fn show(front_end: &FrontEnd, control: &mut Ring<'_>, rows: [u32; 4]) {
    let pixels = rows.map(|row| [row; 4].map(u32::to_le_bytes).concat());
    let at = GuestAddress(PIXELS);
    let written = front_end.memory.write_slice(&pixels.concat(), at);
    written.expect("in memory");
    let commands: [(u32, &[u32]); 2] = [
        (0x105, &[0, 0, 4, 4, 0, 0, 1, 0]),
        (0x104, &[0, 0, 4, 4, 1, 0]),
    ];
    for (command, body) in commands {
        let sent = control.send(&request(command, 0, 0, 0, body), 24, Shape::PLAIN);
        assert_eq!(front_end.finish(control, &sent)[0], OK, "{command:#x}");
    }
}

fn words(bytes: &[u8]) -> Vec<u32> {
    let words = bytes.as_chunks().0.iter();
    words.map(|word| u32::from_ne_bytes(*word)).collect()
}

#[test]
fn pictures_are_shown_once_and_then_by_their_changed_rows() {
    let (back_end, _) = back_end();
    let front_end = FrontEnd::new(&back_end);
    let mut socket = front_end.give_display();
    front_end.start([0, 0]);
    socket.negotiate();
    let [mut control, _] = rings(&front_end);
    let commands: [(u32, &[u32]); 3] = [
        (0x101, &[1, 2, 4, 4]),
        (0x106, &[1, 1, PIXELS as u32, 0, 64, 0]),
        (0x103, &[0, 0, 4, 4, 0, 1]),
    ];
    for (command, body) in commands {
        let sent = control.send(&request(command, 0, 0, 0, body), 24, Shape::PLAIN);
        assert_eq!(front_end.finish(&control, &sent)[0], OK, "{command:#x}");
    }
    // Format 2 is B8G8R8X8, which the socket's pixels are as well.
    show(&front_end, &mut control, [0x11_2233, 2, 3, 4]);
    assert_eq!(words(&socket.expect(display::SCANOUT)), [0, 4, 4]);
    // The scanout may have been seen before anything was drawn on it.
    let mut update = words(&socket.expect(display::UPDATE));
    while update[5] & 0xff_ffff == 0 {
        update = words(&socket.expect(display::UPDATE));
    }
    assert_eq!(update[..5], [0, 0, 0, 4, 4]);
    assert_eq!(update[5] & 0xff_ffff, 0x11_2233);
    assert_eq!(update.len(), 5 + 16);

    show(&front_end, &mut control, [0x11_2233, 2, 0x99, 4]);
    let update = words(&socket.expect(display::UPDATE));
    assert_eq!(update[..5], [0, 0, 2, 4, 1]);
    assert_eq!(update[5] & 0xff_ffff, 0x99);
    assert_eq!(update.len(), 5 + 4);

    let off = request(0x103, 0, 0, 0, &[0, 0, 0, 0, 0, 0]);
    let sent = control.send(&off, 24, Shape::PLAIN);
    front_end.finish(&control, &sent);
    assert_eq!(words(&socket.expect(display::SCANOUT)), [0, 0, 0]);
}

#[test]
fn pointer_is_shown_moved_and_hidden() {
    let (back_end, _) = back_end();
    let front_end = FrontEnd::new(&back_end);
    let mut socket = front_end.give_display();
    front_end.start([0, 0]);
    socket.negotiate();
    let [mut control, mut cursor] = rings(&front_end);
    let at = GuestAddress(PIXELS);
    let pixels = vec![0x7f; 64 * 64 * 4];
    front_end
        .memory
        .write_slice(&pixels, at)
        .expect("in memory");
    let commands: [(u32, &[u32]); 3] = [
        (0x101, &[1, 1, 64, 64]),
        (0x106, &[1, 1, PIXELS as u32, 0, 64 * 64 * 4, 0]),
        (0x105, &[0, 0, 64, 64, 0, 0, 1, 0]),
    ];
    for (command, body) in commands {
        let sent = control.send(&request(command, 0, 0, 0, body), 24, Shape::PLAIN);
        assert_eq!(front_end.finish(&control, &sent)[0], OK, "{command:#x}");
    }
    let mut send = |command: u32, x: u32, resource: u32| {
        // Place, resource, hot spot.
        let body = [0, x, 20, 0, resource, 3, 4, 0];
        cursor.send(&request(command, 0, 0, 0, &body), 0, Shape::PLAIN);
        front_end.kick(1);
    };
    send(0x300, 10, 1);
    let shown = words(&socket.expect(display::CURSOR_UPDATE));
    assert_eq!(shown[3..5], [3, 4]);
    assert_eq!(shown[5], 0x7f7f_7f7f);
    assert_eq!(shown.len(), 5 + 64 * 64);
    if shown[..3] != [0, 10, 20] {
        // The shape may be seen before its place.
        assert_eq!(words(&socket.expect(display::CURSOR_POS)), [0, 10, 20]);
    }
    send(0x301, 5u32.wrapping_neg(), 0);
    assert_eq!(
        words(&socket.expect(display::CURSOR_POS)),
        [0, 5u32.wrapping_neg(), 20]
    );
    send(0x300, 7, 0);
    let mut hidden = words(&socket.expect(display::CURSOR_POS_HIDE));
    if hidden[1] != 7 {
        hidden = words(&socket.expect(display::CURSOR_POS_HIDE));
    }
    assert_eq!(hidden, [0, 7, 20]);
}

#[test]
fn second_display_socket_takes_over_with_the_whole_picture() {
    let (back_end, _) = back_end();
    let front_end = FrontEnd::new(&back_end);
    let mut first: DisplaySocket = front_end.give_display();
    front_end.start([0, 0]);
    first.negotiate();
    let [mut control, _] = rings(&front_end);
    let commands: [(u32, &[u32]); 3] = [
        (0x101, &[1, 2, 4, 4]),
        (0x106, &[1, 1, PIXELS as u32, 0, 64, 0]),
        (0x103, &[0, 0, 4, 4, 0, 1]),
    ];
    for (command, body) in commands {
        let sent = control.send(&request(command, 0, 0, 0, body), 24, Shape::PLAIN);
        assert_eq!(front_end.finish(&control, &sent)[0], OK, "{command:#x}");
    }
    show(&front_end, &mut control, [1, 2, 3, 4]);
    first.expect(display::SCANOUT);
    // What QEMU does with a machine that is paused and goes on.
    drop(first);
    let bases = front_end.stop();
    let mut second = front_end.give_display();
    front_end.start(bases);
    second.negotiate();
    assert_eq!(words(&second.expect(display::SCANOUT)), [0, 4, 4]);
    assert_eq!(second.expect(display::UPDATE).len(), 4 * (5 + 16));
}
