//! Serving a request allocates nothing once the buffers have grown: counted by the
//! allocator itself. The only test of its process, since others would be counted too.
#![expect(
    unsafe_code,
    reason = "a global allocator can only be counted by being one"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use maro_gpu::backend::NullRenderer;
use maro_gpu::config::Config;
use maro_gpu::control::ControlQueue;
use maro_gpu::renderer::Capset;
use maro_gpu::stats::Counters;
use maro_gpu::{Device, Display};
use virtio_queue::desc::split::Descriptor;
use virtio_queue::mock::{AvailRing, DescriptorTable, UsedRing};
use virtio_queue::{Queue, QueueT};
use vm_memory::{Bytes, GuestAddress, GuestMemoryMmap};
use zerocopy::IntoBytes;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const RING: u16 = 64;
const AVAIL: u64 = 0x1000;
const USED: u64 = 0x2000;
const BUFFERS: u64 = 0x4000;
/// Distance of one request's buffers to the next one's.
const SLOT: u64 = 0x4000;
const NEXT: u16 = 1;
const WRITE: u16 = 2;

/// Stores a request in two readable pieces, and a response buffer, as chain number `n`.
fn store(memory: &GuestMemoryMmap, n: u16, words: &[u32]) {
    let table = DescriptorTable::new(memory, GuestAddress(0), RING);
    let at = BUFFERS + u64::from(n) * SLOT;
    let bytes = words.as_bytes();
    memory.write_slice(bytes, GuestAddress(at)).expect("room");
    let (half, first) = (bytes.len() as u32 / 2, n * 3);
    let chain = [
        Descriptor::new(at, half, NEXT, first + 1),
        Descriptor::new(at + u64::from(half), half, NEXT, first + 2),
        Descriptor::new(at + 0x3000, 408, WRITE, 0),
    ];
    for (index, descriptor) in (first..).zip(chain) {
        table.store(index, descriptor.into()).expect("in the table");
    }
}

fn queue() -> Queue {
    let mut queue = Queue::new(RING).expect("a size");
    queue.set_size(RING);
    queue.set_desc_table_address(Some(0), None);
    queue.set_avail_ring_address(Some(AVAIL as u32), None);
    queue.set_used_ring_address(Some(USED as u32), None);
    queue.set_ready(true);
    queue
}

/// What a guest that renders sends over and over: a fenced stream, a transfer, a flush,
/// and something that is refused.
fn requests() -> Vec<Vec<u32>> {
    let mut submit = vec![0x207, 1, 7, 0, 1, 0, 4096, 0];
    submit.resize(8 + 1024, 0);
    let mut create = vec![0x200, 0, 0, 0, 1, 0];
    create.resize(24, 0);
    vec![
        create,
        vec![0x101, 0, 0, 0, 0, 0, 1, 1, 16, 16],
        vec![0x106, 0, 0, 0, 0, 0, 1, 1, 0x10_0000, 0, 4096, 0],
        vec![0x103, 0, 0, 0, 0, 0, 0, 0, 16, 16, 0, 1],
        submit,
        vec![0x105, 1, 8, 0, 0, 0, 0, 0, 16, 16, 0, 0, 1, 0],
        vec![0x104, 0, 0, 0, 0, 0, 0, 0, 16, 16, 1, 0],
        vec![0x100, 0, 0, 0, 0, 0],
        vec![0x104, 0, 0, 0, 0, 0, 0, 0, 17, 16, 1, 0],
    ]
}

#[test]
fn serving_requests_allocates_nothing_in_the_steady_state() {
    const SET_UP: u16 = 4;
    const ROUNDS: u16 = 200;
    let memory = GuestMemoryMmap::from_ranges(&[(GuestAddress(0), 2 << 20)]);
    let memory = Arc::new(memory.expect("guest memory"));
    let requests = requests();
    for (n, words) in (0..).zip(&requests) {
        store(&memory, n, words);
    }
    let capset = Capset {
        id: 2,
        version: 2,
        data: vec![0; 64],
    };
    let config = Config {
        displays: vec![Display::default()],
        ..Config::default()
    };
    let counters = Arc::new(Counters::default());
    let renderer = Box::new(NullRenderer::new(vec![capset]));
    let mut device = Device::new(renderer, config, Arc::clone(&counters));
    device.start(u64::MAX);
    let mut control = ControlQueue::new(queue());

    let avail: AvailRing<'_, GuestMemoryMmap> = AvailRing::new(&memory, GuestAddress(AVAIL), RING);
    let used: UsedRing<'_, GuestMemoryMmap> = UsedRing::new(&memory, GuestAddress(USED), RING);
    let mut index = 0u16;
    let mut serve = |n: u16| {
        let slot = avail.ring().ref_at(usize::from(index % RING));
        slot.expect("a slot").store(n * 3);
        index = index.wrapping_add(1);
        avail.idx().store(index);
        assert!(!control.process(&mut device, &memory, &mut || ()));
        assert_eq!(used.idx().load(), index, "given back at once");
    };
    let last = requests.len() as u16;
    (0..last).for_each(&mut serve);
    let before = ALLOCATIONS.load(Relaxed);
    for _ in 0..ROUNDS {
        (SET_UP..last).for_each(&mut serve);
    }
    assert_eq!(ALLOCATIONS.load(Relaxed) - before, 0);
    let stats = counters.snapshot();
    assert_eq!(stats.submits, u64::from(ROUNDS) + 1);
    assert_eq!(stats.errors, u64::from(ROUNDS) + 1, "the refused one only");
}
