//! A front end in the test's own process: both sockets, guest memory in a file, rings.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use maro_gpu::backend::SoftwareRenderer;
use maro_gpu::backend::software::{CursorImage, FrameSink};
use maro_gpu::config::{Config, Display};
use maro_gpu::renderer::{Cursor, Image, Rect, Renderer, ScanoutId};
use maro_gpu::vhost_user::{BackEnd, PointerShape, Screen, ServeError};
use maro_gpu::{GpuHandle, VirtioGpu};
use vhost::vhost_user::message::{VhostUserProtocolFeatures, VhostUserVirtioFeatures};
use vhost::vhost_user::{Frontend, VhostUserFrontend};
use vhost::{VhostBackend, VhostUserMemoryRegionInfo, VringConfigData};
use vm_memory::{FileOffset, GuestAddress, GuestMemoryMmap};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};
use vmm_sys_util::sock_ctrl_msg::ScmSocket;

use crate::rig::{MEMORY, Ring, Sent};

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Where the front end says that it has guest memory.
pub const USER: u64 = 0x7f00_0000_0000;
/// Where the rings are, and how many entries they have.
pub const RINGS: [(u64, u16); 2] = [(0, 64), (0x8000, 16)];
/// Feature bits that the driver accepts: EDID and version 1.
pub const FEATURES: u64 = 1 << 1 | 1 << 32;

/// Requests of the display socket.
pub mod display {
    pub const GET_PROTOCOL_FEATURES: u32 = 1;
    pub const SET_PROTOCOL_FEATURES: u32 = 2;
    pub const GET_DISPLAY_INFO: u32 = 3;
    pub const CURSOR_POS: u32 = 4;
    pub const CURSOR_POS_HIDE: u32 = 5;
    pub const CURSOR_UPDATE: u32 = 6;
    pub const SCANOUT: u32 = 7;
    pub const UPDATE: u32 = 8;
    pub const GET_EDID: u32 = 11;
}

/// Shows the front end what the 2D renderer draws.
struct Sink(Arc<Screen>);

impl FrameSink for Sink {
    fn present(&mut self, scanout: ScanoutId, _: &Image, _: Rect) {
        self.0.flushed(scanout);
    }

    fn blank(&mut self, scanout: ScanoutId) {
        self.0.switched_off(scanout);
    }

    fn set_cursor(&mut self, cursor: &Cursor, shape: Option<&CursorImage>) {
        let shape = shape.map(|shape| PointerShape {
            image: Arc::new(shape.image.clone()),
            hot_x: shape.hot_x,
            hot_y: shape.hot_y,
        });
        self.0.pointer_shape(cursor.scanout, shape);
        self.0.pointer_position(cursor.scanout, cursor.x, cursor.y);
    }

    fn move_cursor(&mut self, scanout: ScanoutId, x: i32, y: i32) {
        self.0.pointer_position(scanout, x, y);
    }
}

/// A back end with a 2D card of two screens.
pub fn back_end() -> (Arc<BackEnd>, GpuHandle) {
    let screen = Arc::<Screen>::default();
    let sink = Sink(Arc::clone(&screen));
    let renderer = move || {
        let renderer = SoftwareRenderer::with_sink(Box::new(sink));
        Ok(Box::new(renderer) as Box<dyn Renderer>)
    };
    let config = Config {
        displays: vec![Display::new(640, 480), Display::new(0, 0)],
        ..Config::default()
    };
    let gpu = VirtioGpu::new(config, Box::new(renderer)).expect("a device");
    let handle = gpu.handle();
    (Arc::new(BackEnd::new(gpu, screen)), handle)
}

/// A connection to a back end, which serves it on a thread.
pub struct Connection {
    pub stream: UnixStream,
    served: JoinHandle<Result<bool, ServeError>>,
}

impl Connection {
    pub fn new(back_end: &Arc<BackEnd>) -> Self {
        let (stream, theirs) = UnixStream::pair().expect("sockets");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let back_end = Arc::clone(back_end);
        Self {
            stream,
            served: std::thread::spawn(move || back_end.serve(theirs)),
        }
    }

    /// Sends a vhost-user message (version 1).
    pub fn send(&self, request: u32, body: &[u8], files: &[RawFd]) {
        self.send_raw(request, 1, body.len() as u32, body, files);
    }

    /// Sends a message with a header as it is. That the back end has already closed the
    /// socket is no failure of the test.
    pub fn send_raw(&self, request: u32, flags: u32, size: u32, body: &[u8], files: &[RawFd]) {
        let header = [request, flags, size].map(u32::to_ne_bytes).concat();
        let _ = self.stream.send_with_fds(&[&header, body], files);
    }

    /// Leaves; how the back end saw it.
    pub fn leave(self) -> Result<bool, ServeError> {
        drop(self.stream);
        self.served.join().expect("no panic")
    }

    /// How the back end ended it, without being left.
    pub fn outcome(self) -> Result<bool, ServeError> {
        let start = Instant::now();
        while !self.served.is_finished() {
            assert!(start.elapsed() < PATIENCE, "the back end goes on");
            std::thread::sleep(Duration::from_millis(1));
        }
        self.served.join().expect("no panic")
    }
}

/// A front end whose driver can be started.
pub struct FrontEnd {
    pub connection: Connection,
    pub front: RefCell<Frontend>,
    pub memory: GuestMemoryMmap,
    file: File,
    kicks: [EventFd; 2],
    calls: [EventFd; 2],
    pub errors: [EventFd; 2],
}

impl FrontEnd {
    /// Connects, negotiates and shares its memory.
    pub fn new(back_end: &Arc<BackEnd>) -> Self {
        let connection = Connection::new(back_end);
        let stream = connection.stream.try_clone().expect("a descriptor");
        let mut front = Frontend::from_stream(stream, 2);
        front.set_owner().expect("owned");
        let offered = front.get_features().expect("features");
        let protocol = VhostUserVirtioFeatures::PROTOCOL_FEATURES.bits();
        assert_eq!(offered & protocol, protocol);
        let features = front.get_protocol_features().expect("protocol features");
        front
            .set_protocol_features(features & !VhostUserProtocolFeatures::REPLY_ACK)
            .expect("accepted");
        let file = tempfile::tempfile().expect("a file");
        file.set_len(MEMORY as u64).expect("room");
        let offset = FileOffset::new(file.try_clone().expect("a descriptor"), 0);
        let memory =
            GuestMemoryMmap::from_ranges_with_files([(GuestAddress(0), MEMORY, Some(offset))])
                .expect("guest memory");
        let event = || EventFd::new(EFD_NONBLOCK).expect("an event");
        Self {
            connection,
            front: RefCell::new(front),
            memory,
            file,
            kicks: [event(), event()],
            calls: [event(), event()],
            errors: [event(), event()],
        }
    }

    /// Starts both rings where they stood.
    pub fn start(&self, bases: [u16; 2]) {
        let mut front = self.front.borrow_mut();
        let protocol = VhostUserVirtioFeatures::PROTOCOL_FEATURES.bits();
        front.set_features(FEATURES | protocol).expect("taken");
        let region = VhostUserMemoryRegionInfo {
            guest_phys_addr: 0,
            memory_size: MEMORY as u64,
            userspace_addr: USER,
            mmap_offset: 0,
            mmap_handle: self.file.as_raw_fd(),
        };
        front.set_mem_table(&[region]).expect("taken");
        for (index, (at, len)) in RINGS.into_iter().enumerate() {
            front.set_vring_num(index, len).expect("taken");
            front.set_vring_base(index, bases[index]).expect("taken");
            let places = VringConfigData {
                queue_max_size: len,
                queue_size: len,
                flags: 0,
                desc_table_addr: USER + at,
                avail_ring_addr: USER + at + 0x1000,
                used_ring_addr: USER + at + 0x2000,
                log_addr: None,
            };
            front.set_vring_addr(index, &places).expect("taken");
            front
                .set_vring_err(index, &self.errors[index])
                .expect("taken");
            front
                .set_vring_call(index, &self.calls[index])
                .expect("taken");
            front
                .set_vring_kick(index, &self.kicks[index])
                .expect("taken");
            front.set_vring_enable(index, true).expect("taken");
        }
    }

    /// Stops both rings: where they stand.
    pub fn stop(&self) -> [u16; 2] {
        let front = self.front.borrow();
        [0, 1].map(|index| front.get_vring_base(index).expect("a base") as u16)
    }

    pub fn kick(&self, ring: usize) {
        self.kicks[ring].write(1).expect("room");
    }

    /// Hands a display socket over; the front end's end of it.
    pub fn give_display(&self) -> DisplaySocket {
        const GPU_SET_SOCKET: u32 = 33;
        let (ours, theirs) = UnixStream::pair().expect("sockets");
        ours.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        self.connection
            .send(GPU_SET_SOCKET, &[], &[theirs.as_raw_fd()]);
        DisplaySocket(ours)
    }

    /// Rings the control queue's doorbell and waits until `sent` was given back and the
    /// driver was interrupted; the words of its response.
    pub fn finish(&self, ring: &Ring<'_>, sent: &Sent) -> Vec<u32> {
        self.kick(0);
        wait_until("the request is done", || {
            ring.used().iter().any(|(head, _)| *head == sent.head)
        });
        wait_until("the driver is interrupted", || self.calls[0].read().is_ok());
        let bytes = ring.response(sent);
        let words = bytes.as_chunks().0.iter();
        words.map(|word| u32::from_le_bytes(*word)).collect()
    }
}

pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The front end's end of a display socket.
pub struct DisplaySocket(pub UnixStream);

impl DisplaySocket {
    /// The next message: request and payload.
    pub fn receive(&mut self) -> (u32, Vec<u8>) {
        let mut header = [0; 12];
        self.0.read_exact(&mut header).expect("a message");
        let [request, flags, size] =
            [0, 4, 8].map(|i| u32::from_ne_bytes(header[i..i + 4].try_into().expect("4 bytes")));
        assert_eq!(flags, 0, "a request has no flags");
        let mut payload = vec![0; size as usize];
        self.0.read_exact(&mut payload).expect("its payload");
        (request, payload)
    }

    /// Expects a request; its payload.
    pub fn expect(&mut self, request: u32) -> Vec<u8> {
        let (found, payload) = self.receive();
        assert_eq!(found, request);
        payload
    }

    pub fn reply(&mut self, request: u32, payload: &[u8]) {
        let header = [request, 4, payload.len() as u32].map(u32::to_ne_bytes);
        let message = [&header.concat(), payload].concat();
        self.0.write_all(&message).expect("sent");
    }

    /// Answers the back end's first two messages, as QEMU 10 does.
    pub fn negotiate(&mut self) {
        const EDID_AND_DMABUF2: u64 = 0b11;
        assert!(self.expect(display::GET_PROTOCOL_FEATURES).is_empty());
        self.reply(
            display::GET_PROTOCOL_FEATURES,
            &EDID_AND_DMABUF2.to_ne_bytes(),
        );
        let accepted = self.expect(display::SET_PROTOCOL_FEATURES);
        assert_eq!(accepted, 1u64.to_ne_bytes(), "EDID and nothing else");
    }

    /// Answers how the displays are: the first has this size, all others are unplugged.
    pub fn tell_size(&mut self, width: u32, height: u32, edid: &[u8]) {
        assert!(self.expect(display::GET_DISPLAY_INFO).is_empty());
        let mut info = vec![0; 24 + 16 * 24];
        for (place, value) in [(0, 0x1101), (32, width), (36, height), (40, 1)] {
            info[place..place + 4].copy_from_slice(&u32::to_ne_bytes(value));
        }
        self.reply(display::GET_DISPLAY_INFO, &info);
        assert_eq!(self.expect(display::GET_EDID), 0u32.to_ne_bytes());
        let mut reply = vec![0; 24 + 8 + 1024];
        reply[..4].copy_from_slice(&0x1104u32.to_ne_bytes());
        reply[24..28].copy_from_slice(&1024u32.to_ne_bytes());
        reply[32..32 + edid.len()].copy_from_slice(edid);
        self.reply(display::GET_EDID, &reply);
    }
}
