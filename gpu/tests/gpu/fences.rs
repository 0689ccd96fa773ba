//! Fences: order, delay and echo, with a renderer whose fences pass when the test says.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};

use maro_gpu::backend::NullRenderer;
use maro_gpu::control::ControlQueue;
use maro_gpu::renderer::{
    Backing, Capset, ContextId, Cursor, Direction, Error, FenceId, FenceStatus, Image, Rect,
    Renderer, ResourceDesc, ResourceId, ScanoutId, Transfer,
};
use virtio_queue::Queue;
use vm_memory::GuestMemoryMmap;

use crate::rig::{Rig, Ring, Sent, Shape, capsets, drain, request};

/// What the next fences do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Pend,
    Signal,
    Fail,
}

#[derive(Default)]
struct State {
    mode: Mode,
    pending: Vec<FenceId>,
    passed: Vec<FenceId>,
}

/// The test's hold on a [`DelayingRenderer`].
#[derive(Clone)]
pub struct Gate {
    state: Arc<Mutex<State>>,
    /// A byte goes through for each call of [`pass`](Self::pass).
    event: Arc<(UnixStream, UnixStream)>,
}

impl Gate {
    pub fn set_mode(&self, mode: Mode) {
        self.state.lock().expect("unpoisoned").mode = mode;
    }

    pub fn pending(&self) -> usize {
        self.state.lock().expect("unpoisoned").pending.len()
    }

    /// Lets the `count` oldest fences pass.
    pub fn pass(&self, count: usize) {
        let mut state = self.state.lock().expect("unpoisoned");
        let passed: Vec<_> = state.pending.drain(..count).collect();
        state.passed.extend(passed);
        (&self.event.0).write_all(&[1]).expect("room");
    }
}

/// A null renderer whose fences wait for the test.
pub struct DelayingRenderer {
    inner: NullRenderer,
    gate: Gate,
}

impl DelayingRenderer {
    pub fn gate() -> Gate {
        let event = UnixStream::pair().expect("a pair");
        event.1.set_nonblocking(true).expect("a socket");
        Gate {
            state: Arc::default(),
            event: Arc::new(event),
        }
    }

    pub fn new(gate: Gate) -> Self {
        Self {
            inner: NullRenderer::new(capsets()),
            gate,
        }
    }
}

macro_rules! forward {
    ($(fn $name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {$(
        fn $name(&mut self, $($arg: $type),*) -> $result {
            self.inner.$name($($arg),*)
        }
    )*};
}

impl Renderer for DelayingRenderer {
    forward! {
        fn create_context(id: ContextId, capset: u32, name: &str) -> Result<(), Error>;
        fn destroy_context(id: ContextId) -> Result<(), Error>;
        fn create_resource(id: ResourceId, desc: &ResourceDesc) -> Result<(), Error>;
        fn destroy_resource(id: ResourceId) -> Result<(), Error>;
        fn attach_backing(id: ResourceId, backing: Arc<dyn Backing>) -> Result<(), Error>;
        fn detach_backing(id: ResourceId) -> Result<(), Error>;
        fn attach_resource(context: ContextId, id: ResourceId) -> Result<(), Error>;
        fn detach_resource(context: ContextId, id: ResourceId) -> Result<(), Error>;
        fn transfer(
            context: Option<ContextId>,
            id: ResourceId,
            transfer: &Transfer,
            direction: Direction
        ) -> Result<(), Error>;
        fn submit(context: ContextId, commands: &[u32]) -> Result<(), Error>;
        fn set_scanout(
            scanout: ScanoutId,
            source: Option<(ResourceId, Rect)>
        ) -> Result<(), Error>;
        fn flush(id: ResourceId, damage: Rect) -> Result<(), Error>;
        fn update_cursor(cursor: &Cursor) -> Result<(), Error>;
        fn move_cursor(scanout: ScanoutId, x: i32, y: i32) -> Result<(), Error>;
        fn read_scanout(scanout: ScanoutId) -> Result<Option<Image>, Error>;
    }

    fn capsets(&self) -> &[Capset] {
        self.inner.capsets()
    }

    fn create_fence(&mut self, id: FenceId) -> Result<FenceStatus, Error> {
        let mut state = self.gate.state.lock().expect("unpoisoned");
        match state.mode {
            Mode::Pend => {
                state.pending.push(id);
                Ok(FenceStatus::Pending)
            }
            Mode::Signal => {
                state.pending.clear();
                Ok(FenceStatus::Signaled)
            }
            Mode::Fail => Err(Error::Host("no fence".into())),
        }
    }

    fn fence_event(&self) -> Option<BorrowedFd<'_>> {
        Some(self.gate.event.1.as_fd())
    }

    fn poll_fences(&mut self, retired: &mut dyn FnMut(FenceId)) {
        // Nothing is there when the test calls without a pass.
        let _ = (&self.gate.event.1).read(&mut [0; 64]);
        let mut state = self.gate.state.lock().expect("unpoisoned");
        state.passed.drain(..).for_each(retired);
    }

    fn reset(&mut self) {
        self.inner.reset();
        let mut state = self.gate.state.lock().expect("unpoisoned");
        *state = State::default();
    }
}

const FENCE: u32 = 1;
const RING_IDX: u32 = 2;

/// A device whose fences wait, with its control queue and a context 1.
struct Bench<'m> {
    rig: Rig,
    ring: Ring<'m>,
    control: ControlQueue<Queue>,
    gate: Gate,
}

impl<'m> Bench<'m> {
    fn new(memory: &'m Arc<GuestMemoryMmap>) -> Self {
        let gate = DelayingRenderer::gate();
        let mut rig = Rig::new(Box::new(DelayingRenderer::new(gate.clone())));
        rig.memory = Arc::clone(memory);
        let ring = Ring::new(memory, 0, 64);
        let control = ControlQueue::new(ring.device_side());
        let mut create = vec![0; 18];
        create[0] = 1;
        assert!(rig.send_in(1, 0x200, &create).is_ok());
        Self {
            rig,
            ring,
            control,
            gate,
        }
    }

    /// An empty command stream with these flags and fence.
    fn submit(&mut self, flags: u32, fence: u64) -> Sent {
        let words = request(0x207, 1, flags, fence, &[0, 0]);
        let sent = self.ring.send(&words, 24, Shape::PLAIN);
        drain(&mut self.control, &mut self.rig);
        sent
    }

    fn retire(&mut self) -> usize {
        let mut interrupts = 0;
        let memory = Arc::clone(&self.rig.memory);
        self.control
            .retire(&mut self.rig.device, &*memory, &mut || interrupts += 1);
        interrupts
    }

    fn heads(&self) -> Vec<u32> {
        self.ring.used().into_iter().map(|(head, _)| head).collect()
    }
}

#[test]
fn fenced_request_waits_for_its_fence() {
    let memory = crate::rig::guest_memory();
    let mut bench = Bench::new(&memory);
    let sent = bench.submit(FENCE, 0x1_0000_0007);
    assert_eq!(bench.heads(), [0u32; 0]);
    assert_eq!(bench.retire(), 0);
    assert_eq!(bench.heads(), [0u32; 0]);
    bench.gate.pass(1);
    assert_eq!(bench.retire(), 1);
    assert_eq!(bench.ring.used(), [(sent.head, 24)]);
    let header = bench.ring.header(&sent);
    assert_eq!(header.type_.get(), 0x1100);
    assert_eq!(header.flags.get(), FENCE);
    assert_eq!(header.fence_id.get(), 0x1_0000_0007);
    assert_eq!(header.ctx_id.get(), 1);
    let stats = bench.rig.counters.snapshot();
    assert_eq!((stats.fences, stats.fences_delayed), (1, 1));
}

#[test]
fn requests_without_fence_overtake_those_that_wait() {
    let memory = crate::rig::guest_memory();
    let mut bench = Bench::new(&memory);
    let fenced = bench.submit(FENCE, 1);
    let free = bench.submit(0, 0);
    assert_eq!(bench.heads(), [free.head]);
    assert_eq!(bench.ring.header(&free).flags.get(), 0);
    bench.gate.pass(1);
    bench.retire();
    assert_eq!(bench.heads(), [free.head, fenced.head]);
}

#[test]
fn fences_retire_in_order_in_one_interrupt() {
    let memory = crate::rig::guest_memory();
    let mut bench = Bench::new(&memory);
    let sent: Vec<_> = (1..=4).map(|id| bench.submit(FENCE, id).head).collect();
    bench.gate.pass(3);
    assert_eq!(bench.retire(), 1);
    assert_eq!(bench.heads(), sent[..3]);
    assert_eq!(bench.control.pending(), 1);
    bench.gate.pass(1);
    assert_eq!(bench.retire(), 1);
    assert_eq!(bench.heads(), sent);
}

#[test]
fn signaled_fence_lets_all_earlier_ones_pass() {
    let memory = crate::rig::guest_memory();
    let mut bench = Bench::new(&memory);
    let first = bench.submit(FENCE, 1);
    bench.gate.set_mode(Mode::Signal);
    let second = bench.submit(FENCE, 2);
    assert_eq!(bench.heads(), [first.head, second.head]);
}

#[test]
fn failed_fence_does_not_overtake_one_that_waits() {
    let memory = crate::rig::guest_memory();
    let mut bench = Bench::new(&memory);
    let first = bench.submit(FENCE, 1);
    bench.gate.set_mode(Mode::Fail);
    let second = bench.submit(FENCE, 2);
    assert_eq!(bench.heads(), [0u32; 0]);
    bench.gate.pass(1);
    bench.retire();
    assert_eq!(bench.heads(), [first.head, second.head]);
    let third = bench.submit(FENCE, 3);
    assert_eq!(
        bench.heads().last(),
        Some(&third.head),
        "nothing to wait for"
    );
}

#[test]
fn refused_request_with_a_fence_keeps_its_turn() {
    let memory = crate::rig::guest_memory();
    let mut bench = Bench::new(&memory);
    let first = bench.submit(FENCE, 1);
    let words = request(0x207, 77, FENCE, 2, &[0, 0]);
    let refused = bench.ring.send(&words, 24, Shape::PLAIN);
    drain(&mut bench.control, &mut bench.rig);
    assert_eq!(bench.heads(), [0u32; 0]);
    bench.gate.pass(2);
    bench.retire();
    assert_eq!(bench.heads(), [first.head, refused.head]);
    let header = bench.ring.header(&refused);
    assert_eq!(header.type_.get(), 0x1204);
    assert_eq!((header.flags.get(), header.fence_id.get()), (FENCE, 2));
}

#[test]
fn ring_index_is_echoed_with_its_flag() {
    let memory = crate::rig::guest_memory();
    let mut bench = Bench::new(&memory);
    let mut words = request(0x207, 1, FENCE | RING_IDX, 5, &[0, 0]);
    words[5] = 3;
    let sent = bench.ring.send(&words, 24, Shape::PLAIN);
    drain(&mut bench.control, &mut bench.rig);
    bench.gate.pass(1);
    bench.retire();
    let header = bench.ring.header(&sent);
    assert_eq!((header.flags.get(), header.ring_idx), (3, 3));
}

#[test]
fn buffers_used_again_before_they_are_back_break_the_queue() {
    let memory = crate::rig::guest_memory();
    let mut bench = Bench::new(&memory);
    let sent = bench.submit(FENCE, 1);
    for _ in 0..63 {
        bench.ring.make_available(sent.head as u16);
    }
    drain(&mut bench.control, &mut bench.rig);
    assert_eq!(bench.control.pending(), 64);
    assert!(!bench.control.is_broken());
    bench.ring.make_available(sent.head as u16);
    drain(&mut bench.control, &mut bench.rig);
    assert!(bench.control.is_broken());
    assert_eq!(bench.control.pending(), 64, "no more than the ring holds");
    bench.gate.pass(64);
    bench.retire();
    assert_eq!(bench.heads(), [0u32; 0], "a broken ring is left alone");
}
