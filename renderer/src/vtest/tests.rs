//! Sessions over a real socket, with a renderer that remembers what it is told.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use maro_gpu::Renderer;
use maro_gpu::renderer::{
    Backing, Capset, ContextId, Cursor, Direction, Error, FenceId, FenceStatus, Image, Rect,
    ResourceDesc, ResourceId, ScanoutId, Transfer,
};
use rustix::event::{EventfdFlags, eventfd};
use vmm_sys_util::sock_ctrl_msg::ScmSocket;
use zerocopy::IntoBytes;

use super::protocol::Message;
use super::session::{Session, SessionError, SessionOptions};
use super::transport::{SocketTransport, Transport};

/// What a renderer was told, in order.
type Log = Rc<RefCell<Vec<String>>>;

/// Writes `0x5a` on reads and keeps what is written; its fences pass when told to.
struct FakeRenderer {
    capsets: Vec<Capset>,
    log: Log,
    backings: HashMap<ResourceId, Arc<dyn Backing>>,
    refuse: bool,
    fences: Fences,
}

/// Fences pend until they were polled `polls` times.
struct Fences {
    event: OwnedFd,
    pending: Vec<FenceId>,
    polls: Cell<u32>,
}

impl FakeRenderer {
    fn new() -> Self {
        let capset = |id, size| Capset {
            id,
            version: id,
            data: vec![id as u8; size],
        };
        Self {
            capsets: vec![capset(1, 308), capset(2, 1408)],
            log: Log::default(),
            backings: HashMap::new(),
            refuse: false,
            fences: Fences {
                event: eventfd(0, EventfdFlags::empty()).unwrap(),
                pending: Vec::new(),
                polls: Cell::new(0),
            },
        }
    }

    fn note(&self, text: String) -> Result<(), Error> {
        self.log.borrow_mut().push(text);
        if self.refuse {
            Err(Error::Unsupported("anything".into()))
        } else {
            Ok(())
        }
    }
}

impl Renderer for FakeRenderer {
    fn capsets(&self) -> &[Capset] {
        &self.capsets
    }
    fn create_context(&mut self, _: ContextId, set: u32, name: &str) -> Result<(), Error> {
        self.log.borrow_mut().push(format!("context {set} {name}"));
        Ok(())
    }
    fn destroy_context(&mut self, _: ContextId) -> Result<(), Error> {
        self.note("no context".into())
    }
    fn create_resource(&mut self, id: ResourceId, desc: &ResourceDesc) -> Result<(), Error> {
        self.note(format!("create {} {}x{}", id.0, desc.width, desc.height))
    }
    fn destroy_resource(&mut self, id: ResourceId) -> Result<(), Error> {
        self.backings.remove(&id);
        self.note(format!("destroy {}", id.0))
    }
    fn attach_backing(&mut self, id: ResourceId, backing: Arc<dyn Backing>) -> Result<(), Error> {
        let length = backing.len();
        self.backings.insert(id, backing);
        self.note(format!("backing {} {length}", id.0))
    }
    fn detach_backing(&mut self, _: ResourceId) -> Result<(), Error> {
        Ok(())
    }
    fn attach_resource(&mut self, _: ContextId, _: ResourceId) -> Result<(), Error> {
        Ok(())
    }
    fn detach_resource(&mut self, _: ContextId, _: ResourceId) -> Result<(), Error> {
        Ok(())
    }
    fn transfer(
        &mut self,
        _: Option<ContextId>,
        id: ResourceId,
        transfer: &Transfer,
        direction: Direction,
    ) -> Result<(), Error> {
        self.note(format!("{direction:?} {} at {}", id.0, transfer.offset))?;
        let backing = self.backings.get(&id).ok_or(Error::InvalidResource(id.0))?;
        if direction == Direction::FromHost {
            backing.write(transfer.offset, &[0x5a; 4])?;
        } else {
            let mut bytes = [0; 4];
            backing.read(transfer.offset, &mut bytes)?;
            self.note(format!("read {bytes:?}"))?;
        }
        Ok(())
    }
    fn submit(&mut self, _: ContextId, commands: &[u32]) -> Result<(), Error> {
        self.note(format!("submit {commands:?}"))
    }
    fn create_fence(&mut self, id: FenceId) -> Result<FenceStatus, Error> {
        self.log.borrow_mut().push(format!("fence {}", id.0));
        if self.fences.polls.get() == 0 {
            return Ok(FenceStatus::Signaled);
        }
        self.fences.pending.push(id);
        Ok(FenceStatus::Pending)
    }
    fn fence_event(&self) -> Option<BorrowedFd<'_>> {
        rustix::io::write(&self.fences.event, &1u64.to_ne_bytes()).unwrap();
        Some(self.fences.event.as_fd())
    }
    fn poll_fences(&mut self, retired: &mut dyn FnMut(FenceId)) {
        let left = self.fences.polls.get();
        self.fences.polls.set(left.saturating_sub(1));
        if left <= 1 {
            self.fences.pending.drain(..).for_each(retired);
        }
    }
    fn set_scanout(&mut self, _: ScanoutId, _: Option<(ResourceId, Rect)>) -> Result<(), Error> {
        Ok(())
    }
    fn flush(&mut self, _: ResourceId, _: Rect) -> Result<(), Error> {
        Ok(())
    }
    fn update_cursor(&mut self, _: &Cursor) -> Result<(), Error> {
        Ok(())
    }
    fn move_cursor(&mut self, _: ScanoutId, _: i32, _: i32) -> Result<(), Error> {
        Ok(())
    }
    fn read_scanout(&mut self, _: ScanoutId) -> Result<Option<Image>, Error> {
        Ok(None)
    }
    fn reset(&mut self) {}
}

/// The other end of a session that runs in a thread.
struct Client {
    stream: UnixStream,
    session: JoinHandle<(Result<(), SessionError>, Vec<String>)>,
}

impl Client {
    fn new(
        options: SessionOptions,
        change: impl FnOnce(&mut FakeRenderer) + Send + 'static,
    ) -> Self {
        let (stream, server) = UnixStream::pair().unwrap();
        let session = thread::spawn(move || {
            let mut renderer = FakeRenderer::new();
            change(&mut renderer);
            let log = Rc::clone(&renderer.log);
            let transport = SocketTransport::new(server).unwrap();
            let mut session = Session::new(renderer, transport, options);
            let result = session.run();
            drop(session);
            (result, Rc::into_inner(log).unwrap().into_inner())
        });
        Self { stream, session }
    }

    fn start() -> Self {
        Self::new(SessionOptions::default(), |_| ())
    }

    fn send(&mut self, message: Message, words: &[u32]) {
        self.send_raw(message as u32, words);
    }

    fn send_raw(&mut self, number: u32, words: &[u32]) {
        let mut all = vec![words.len() as u32, number];
        all.extend_from_slice(words);
        self.stream.write_all(all.as_bytes()).unwrap();
    }

    fn receive(&mut self, words: usize) -> Vec<u32> {
        let mut reply = vec![0u32; words];
        self.stream.read_exact(reply.as_mut_bytes()).unwrap();
        reply
    }

    fn negotiate(&mut self, version: u32) {
        self.send(Message::PingProtocolVersion, &[]);
        self.send(Message::ResourceBusyWait, &[0, 0]);
        assert_eq!(self.receive(2), [0, 10]);
        assert_eq!(self.receive(3), [1, 7, 0]);
        self.send(Message::ProtocolVersion, &[version]);
        assert_eq!(self.receive(3), [1, 11, version.min(3)]);
    }

    fn receive_file(&mut self) -> File {
        let mut byte = [7];
        let (read, file) = self.stream.recv_with_fd(&mut byte).unwrap();
        assert_eq!((read, byte), (1, [0]));
        file.expect("a file beside the byte")
    }

    /// Leaves, and returns how the session ended and what the renderer was told.
    fn leave(self) -> (Result<(), SessionError>, Vec<String>) {
        drop(self.stream);
        self.session.join().unwrap()
    }
}

const TEXTURE: [u32; 9] = [2, 67, 10, 4, 2, 1, 1, 0, 0];

#[test]
fn start_of_a_session_as_mesa_does_it() {
    let mut client = Client::start();
    let mut start = [8u32, 8].as_bytes().to_vec();
    start.extend_from_slice(b"py\x1bhon3\0");
    client.stream.write_all(&start).unwrap();
    client.negotiate(3);
    client.send(Message::GetCaps2, &[]);
    client.send(Message::GetCaps, &[]);
    assert_eq!(client.receive(2), [1409, 2]);
    assert_eq!(client.receive(1408 / 4), vec![0x0202_0202; 352]);
    assert_eq!(client.receive(2), [309, 1]);
    assert_eq!(client.receive(308 / 4), vec![0x0101_0101; 77]);
    // An older host feature level makes Mesa negotiate again.
    client.negotiate(2);
    client.send(Message::SubmitCmd, &[1, 2, 3]);
    let (result, log) = client.leave();
    result.unwrap();
    assert_eq!(log, ["context 0 py?hon3", "submit [1, 2, 3]", "no context"]);
}

#[test]
fn version_one_is_treated_as_none() {
    let mut client = Client::start();
    client.send(Message::ProtocolVersion, &[1]);
    assert_eq!(client.receive(3), [1, 11, 1]);
    // Without shared memory, resources have private memory of their tight size.
    let mut words = vec![5];
    words.extend(TEXTURE);
    client.send(Message::ResourceCreate, &words);
    let (_, log) = client.leave();
    assert_eq!(log[1..3], ["create 5 4x2", "backing 5 32"]);
}

#[test]
fn shared_resource_moves_texels_through_its_file() {
    let mut client = Client::start();
    client.negotiate(2);
    let mut words = vec![9];
    words.extend(TEXTURE);
    words.push(32);
    client.send(Message::ResourceCreate2, &words);
    let file = client.receive_file();
    file.write_all_at(b"abcd", 16).unwrap();
    client.send(Message::TransferPut2, &[9, 0, 0, 1, 0, 4, 1, 1, 16, 16]);
    // As Mesa says it of a window's surface: texels in the length, none on the wire.
    let length = [10 + 4, Message::TransferPut2 as u32];
    client.stream.write_all(length.as_bytes()).unwrap();
    let words = [9u32, 0, 0, 1, 0, 4, 1, 1, 16, 16];
    client.stream.write_all(words.as_bytes()).unwrap();
    client.send(Message::TransferGet2, &[9, 0, 0, 0, 0, 4, 1, 1, 16, 0]);
    client.send(Message::ResourceBusyWait, &[9, 1]);
    assert_eq!(client.receive(3), [1, 7, 0]);
    let mut bytes = [0; 4];
    file.read_exact_at(&mut bytes, 0).unwrap();
    assert_eq!(bytes, [0x5a; 4]);
    client.send(Message::ResourceUnref, &[9]);
    let (result, log) = client.leave();
    result.unwrap();
    let expected = [
        "context 0 client",
        "create 9 4x2",
        "backing 9 32",
        "ToHost 9 at 16",
        "read [97, 98, 99, 100]",
        "ToHost 9 at 16",
        "read [97, 98, 99, 100]",
        "FromHost 9 at 0",
        "fence 1",
        "destroy 9",
        "no context",
    ];
    assert_eq!(log, expected);
}

#[test]
fn version_three_chooses_the_numbers() {
    let mut client = Client::start();
    client.negotiate(3);
    for id in [1, 2] {
        let mut words = vec![0];
        words.extend(TEXTURE);
        words.push(32);
        client.send(Message::ResourceCreate2, &words);
        assert_eq!(client.receive(3), [1, 12, id]);
        client.receive_file();
    }
    let mut words = vec![0];
    words.extend(TEXTURE);
    words.push(0);
    client.send(Message::ResourceCreate2, &words);
    assert_eq!(client.receive(3), [1, 12, 3]);
    client.send(Message::ResourceCreate, &words[..10]);
    assert_eq!(client.receive(3), [1, 2, 4]);
    client.leave().0.unwrap();
}

#[test]
fn inline_texels_come_and_go_with_their_strides() {
    let mut client = Client::start();
    let mut words = vec![9];
    words.extend(TEXTURE);
    client.send(Message::ResourceCreate, &words);
    // One texel in each row, the rows 6 bytes apart; 10 bytes, not padded.
    let header = [14u32, 5, 9, 0, 6, 0, 2, 0, 0, 1, 2, 1, 10];
    client.stream.write_all(header.as_bytes()).unwrap();
    client.stream.write_all(b"abcd..efgh").unwrap();
    client.send(Message::TransferGet, &[9, 0, 6, 0, 2, 0, 0, 1, 2, 1, 12]);
    let mut bytes = [0; 12];
    client.stream.read_exact(&mut bytes).unwrap();
    // The renderer wrote the first texel; the second is still the client's.
    assert_eq!(bytes, *b"ZZZZ\0\0efgh\0\0");
    let (result, log) = client.leave();
    result.unwrap();
    assert_eq!(
        log[3..6],
        ["ToHost 9 at 8", "read [97, 98, 99, 100]", "FromHost 9 at 8"]
    );
}

#[test]
fn what_the_renderer_refuses_does_not_end_the_session() {
    let mut client = Client::new(SessionOptions::default(), |renderer| renderer.refuse = true);
    client.negotiate(2);
    let mut words = vec![9];
    words.extend(TEXTURE);
    words.push(32);
    client.send(Message::ResourceCreate2, &words);
    client.receive_file();
    client.send(Message::SubmitCmd, &[0]);
    client.send(Message::TransferGet, &[9, 0, 0, 0, 0, 0, 0, 4, 2, 1, 32]);
    let mut bytes = [1; 32];
    client.stream.read_exact(&mut bytes).unwrap();
    assert_eq!(bytes, [0; 32]);
    // Resources, boxes, messages and sizes that make no sense.
    client.send(Message::TransferGet, &[77, 0, 0, 0, 0, 0, 0, 4, 2, 1, 8]);
    client.send(
        Message::TransferGet,
        &[9, 0, 0, 0, 0, 0, 0, u32::MAX, 2, 1, 8],
    );
    client.stream.read_exact(&mut bytes[..16]).unwrap();
    client.send(Message::ResourceUnref, &[77]);
    client.send(Message::SubmitCmd2, &[1, 2, 3]);
    client.send_raw(999, &[1, 2, 3]);
    client.send(Message::PingProtocolVersion, &[1, 2, 3]);
    assert_eq!(client.receive(2), [0, 10]);
    client.leave().0.unwrap();
}

#[test]
fn queries_of_sets_and_numbers_are_answered() {
    let mut client = Client::start();
    client.send(Message::GetParam, &[1]);
    assert_eq!(client.receive(4), [2, 15, 1, 0]);
    client.send(Message::GetParam, &[2]);
    assert_eq!(client.receive(4), [2, 15, 0, 0]);
    client.send(Message::GetCapset, &[4, 0]);
    assert_eq!(client.receive(3), [1, 16, 0]);
    client.send(Message::GetCapset, &[2, 0]);
    assert_eq!(client.receive(3), [353, 16, 1]);
    client.receive(352);
    client.send(Message::ContextInit, &[2]);
    client.send(Message::SubmitCmd, &[]);
    let (result, log) = client.leave();
    result.unwrap();
    assert_eq!(log[0], "context 2 client");
}

#[test]
fn what_cannot_be_answered_ends_the_session() {
    let ended = |send: &dyn Fn(&mut Client)| {
        let mut client = Client::start();
        send(&mut client);
        client.leave().0.unwrap_err()
    };
    let error = ended(&|client| client.send(Message::ResourceCreateBlob, &[0; 6]));
    assert!(matches!(
        error,
        SessionError::Unsupported("RESOURCE_CREATE_BLOB")
    ));
    let error = ended(&|client| client.send(Message::ContextInit, &[4]));
    assert!(matches!(error, SessionError::Unsupported(_)));
    let error = ended(&|client| client.send(Message::ResourceUnref, &[]));
    assert!(matches!(error, SessionError::Malformed { words: 0, .. }));
    let error = ended(&|client| {
        client.stream.write_all([u32::MAX, 6].as_bytes()).unwrap();
    });
    assert!(matches!(error, SessionError::TooLong { .. }));
    let error = ended(&|client| {
        client.stream.write_all([3u32, 6, 1].as_bytes()).unwrap();
    });
    assert!(matches!(error, SessionError::Io(_)));
}

#[test]
fn memory_beyond_the_limit_is_refused() {
    let options = SessionOptions {
        memory_limit: 40,
        ..SessionOptions::default()
    };
    let mut client = Client::new(options, |_| ());
    client.negotiate(2);
    for id in [1, 2, 2] {
        // The second takes the place of itself; each must fit when the other is gone.
        let mut words = vec![id];
        words.extend(TEXTURE);
        words.push(16);
        client.send(Message::ResourceCreate2, &words);
        client.receive_file();
        if id == 2 {
            client.send(Message::ResourceUnref, &[2]);
        }
    }
    let mut words = vec![3];
    words.extend(TEXTURE);
    words.push(32);
    client.send(Message::ResourceCreate2, &words);
    let (result, _) = client.leave();
    let error = result.unwrap_err();
    assert!(matches!(
        error,
        SessionError::Memory {
            size: 32,
            used: 16,
            limit: 40
        }
    ));
}

#[test]
fn waits_follow_the_fences_of_the_work_before() {
    let mut client = Client::new(SessionOptions::default(), |renderer| {
        renderer.fences.polls = Cell::new(3);
    });
    client.negotiate(2);
    // A buffer of kind CUSTOM stands for a fence.
    client.send(
        Message::ResourceCreate2,
        &[5, 0, 64, 1 << 17, 8, 1, 1, 0, 0, 0, 8],
    );
    client.receive_file();
    client.send(Message::ResourceBusyWait, &[5, 1]);
    assert_eq!(client.receive(3), [1, 7, 0]);
    client.send(Message::SubmitCmd, &[0]);
    client.send(Message::ResourceBusyWait, &[5, 0]);
    assert_eq!(client.receive(3), [1, 7, 1]);
    // Other resources are never busy: their transfers are done.
    client.send(Message::ResourceBusyWait, &[6, 0]);
    assert_eq!(client.receive(3), [1, 7, 0]);
    client.send(Message::ResourceBusyWait, &[5, 1]);
    assert_eq!(client.receive(3), [1, 7, 0]);
    client.send(Message::ResourceBusyWait, &[5, 0]);
    assert_eq!(client.receive(3), [1, 7, 0]);
    let (result, log) = client.leave();
    result.unwrap();
    // One fence for the one piece of work.
    assert_eq!(
        log.iter().filter(|line| line.starts_with("fence")).count(),
        1
    );
}

/// A client that never was: its bytes are there, its answers go nowhere.
struct Garbage<'a>(&'a [u8]);

impl Read for Garbage<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Garbage<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Transport for Garbage<'_> {
    fn send_file(&mut self, _: BorrowedFd<'_>) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn mutated_sessions_end_and_leave_nothing_behind() {
    let original = include_bytes!("../../tests/data/drawstorm.vtest");
    let mut state = 0x7665_7374_u64;
    let mut random = move |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize % limit
    };
    for _ in 0..2_000 {
        let mut bytes = original[..3400].to_vec();
        for _ in 0..=random(6) {
            let at = random(bytes.len() / 4) * 4 + 2;
            bytes[at] = match random(3) {
                0 => random(256) as u8,
                1 => bytes[at] ^ 1 << random(8),
                _ => [0, 1, 0x80, 0xff][random(4)],
            };
        }
        let renderer = FakeRenderer::new();
        let log = Rc::clone(&renderer.log);
        // Small, so that sizes out of the blue are refused and not served.
        let options = SessionOptions {
            memory_limit: 1 << 20,
            ..SessionOptions::default()
        };
        let mut session = Session::new(renderer, Garbage(&bytes), options);
        let _ = session.run();
        assert!(session.into_renderer().backings.is_empty());
        let count = |what: &str| log.borrow().iter().filter(|l| l.starts_with(what)).count();
        assert_eq!(count("create"), count("destroy"));
    }
}
