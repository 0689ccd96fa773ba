//! A device with rings that a test writes by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use maro_devices::virtio::{
    ActivateError, Activation, ActiveQueue, GuestMemory, Interrupt, VirtioDevice,
};
use virtio_queue::desc::RawDescriptor;
use virtio_queue::desc::split::Descriptor;
use virtio_queue::mock::{AvailRing, DescriptorTable, UsedRing};
use virtio_queue::{Queue, QueueT};
use vm_memory::{Bytes, GuestAddress};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

/// Size of guest memory; what lies above is not there.
pub const MEMORY_SIZE: u64 = 16 << 20;
/// Descriptors in a ring.
pub const RING_SIZE: u16 = 64;
/// Room for a ring.
const RING_SPACE: u64 = 0x4000;
/// Where tests put their buffers, behind the rings.
pub const DATA: u64 = 0x10_0000;

pub const NEXT: u16 = 1;
pub const WRITE: u16 = 2;
pub const INDIRECT: u16 = 4;

/// Long enough for a loaded machine; a test that passes never waits as long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Counts what a device tells its driver.
#[derive(Default)]
pub struct Recorder {
    pub used: AtomicUsize,
    pub needs_reset: AtomicUsize,
}

impl Interrupt for Recorder {
    fn used_queue(&self, _queue: u16) {
        self.used.fetch_add(1, Ordering::SeqCst);
    }

    fn config_changed(&self) {}

    fn device_needs_reset(&self) {
        self.needs_reset.fetch_add(1, Ordering::SeqCst);
    }
}

/// A buffer of a chain.
#[derive(Clone, Copy)]
pub struct Buffer {
    pub addr: u64,
    pub len: u32,
    pub flags: u16,
}

/// A buffer that the device reads.
pub fn readable(addr: u64, len: u32) -> Buffer {
    Buffer {
        addr,
        len,
        flags: 0,
    }
}

/// A buffer that the device writes.
pub fn writable(addr: u64, len: u32) -> Buffer {
    Buffer {
        addr,
        len,
        flags: WRITE,
    }
}

struct Ring {
    descriptors: DescriptorTable<'static, GuestMemory>,
    available: AvailRing<'static, GuestMemory>,
    used: UsedRing<'static, GuestMemory>,
    kick: EventFd,
    /// The next free descriptor. Descriptors are never used again.
    next: u16,
    /// Used entries already seen.
    seen: u16,
}

/// An active device and its rings.
pub struct Rig<D> {
    pub memory: &'static GuestMemory,
    pub device: D,
    pub interrupt: Arc<Recorder>,
    rings: Vec<Ring>,
}

impl<D: VirtioDevice> Rig<D> {
    /// Activates `device` with `features`.
    pub fn new(device: D, features: u64) -> Self {
        let ranges = [(GuestAddress(0), usize::try_from(MEMORY_SIZE).unwrap())];
        // The mock borrows memory for as long as it lives. A leak is simpler than a
        // struct that borrows from itself, and the process is short-lived.
        let memory: &'static GuestMemory =
            Box::leak(Box::new(GuestMemory::from_ranges(&ranges).unwrap()));
        let mut rig = Self {
            memory,
            device,
            interrupt: Arc::default(),
            rings: Vec::new(),
        };
        rig.activate(features);
        rig
    }

    /// Activates the device with fresh rings.
    pub fn activate(&mut self, features: u64) {
        let count = self.device.queue_sizes().len();
        self.try_activate(features, count).unwrap();
    }

    /// Activates the device with its first `count` queues, whether it likes that or not.
    pub fn try_activate(&mut self, features: u64, count: usize) -> Result<(), ActivateError> {
        self.activate_prepared(features, count, |_| {})
    }

    /// Activates the device after `prepare` has put chains into its rings. The doorbells
    /// that this rings are not heard.
    pub fn activate_prepared(
        &mut self,
        features: u64,
        count: usize,
        prepare: impl FnOnce(&mut Self),
    ) -> Result<(), ActivateError> {
        self.rings.clear();
        let mut queues = Vec::new();
        for index in 0..u16::try_from(count).unwrap() {
            // The parts of virtio-queue's mock one by one: its `MockSplitQueue` lets the
            // used ring overlap the second half of the available ring.
            let start = 0x1000 + u64::from(index) * RING_SPACE;
            let [table, available, used] = [0, 0x1000, 0x2000].map(|part| start + part);
            let kick = EventFd::new(EFD_NONBLOCK).unwrap();
            let mut queue = Queue::new(RING_SIZE).unwrap();
            queue
                .try_set_desc_table_address(GuestAddress(table))
                .unwrap();
            queue
                .try_set_avail_ring_address(GuestAddress(available))
                .unwrap();
            queue.try_set_used_ring_address(GuestAddress(used)).unwrap();
            queue.set_ready(true);
            queues.push(ActiveQueue {
                index,
                queue,
                kick: kick.try_clone().unwrap(),
            });
            self.rings.push(Ring {
                descriptors: DescriptorTable::new(self.memory, GuestAddress(table), RING_SIZE),
                available: AvailRing::new(self.memory, GuestAddress(available), RING_SIZE),
                used: UsedRing::new(self.memory, GuestAddress(used), RING_SIZE),
                kick,
                next: 0,
                seen: 0,
            });
        }
        prepare(self);
        for ring in &self.rings {
            // The event does not block; it may not be set.
            let _ = ring.kick.read();
        }
        self.device.activate(Activation {
            memory: self.memory.clone(),
            queues,
            features,
            interrupt: self.interrupt.clone(),
        })
    }

    /// Makes a chain of `buffers` available and rings the doorbell.
    pub fn offer(&mut self, queue: usize, buffers: &[Buffer]) -> u16 {
        let head = self.rings[queue].next;
        let count = u16::try_from(buffers.len()).unwrap();
        let descriptors: Vec<_> = (head + 1..)
            .zip(buffers)
            .map(|(next, buffer)| {
                let last = next == head + count;
                let flags = buffer.flags | if last { 0 } else { NEXT };
                Descriptor::new(buffer.addr, buffer.len, flags, next)
            })
            .collect();
        self.offer_raw(queue, &descriptors);
        head
    }

    /// Makes the chain of `descriptors`, whatever they say, available.
    pub fn offer_raw(&mut self, queue: usize, descriptors: &[Descriptor]) {
        let ring = &mut self.rings[queue];
        for (index, descriptor) in (ring.next..).zip(descriptors) {
            let raw = RawDescriptor::from(*descriptor);
            ring.descriptors.store(index, raw).unwrap();
        }
        let head = ring.next;
        ring.next += u16::try_from(descriptors.len()).unwrap();
        self.offer_head(queue, head);
    }

    /// Makes the chain at `head`, which may not exist, available.
    pub fn offer_head(&mut self, queue: usize, head: u16) {
        let ring = &self.rings[queue];
        let index = ring.available.idx().load();
        let slot = usize::from(index % RING_SIZE);
        let entry = ring.available.ring().ref_at(slot).unwrap();
        entry.store(u16::to_le(head));
        self.set_available(queue, index.wrapping_add(1));
    }

    /// Sets the available index and rings the doorbell.
    pub fn set_available(&mut self, queue: usize, index: u16) {
        let ring = &self.rings[queue];
        ring.available.idx().store(index);
        ring.kick.write(1).unwrap();
    }

    /// Waits for the next used chain and returns its head and length.
    pub fn wait(&mut self, queue: usize) -> (u32, u32) {
        let ring = &mut self.rings[queue];
        let seen = ring.seen;
        eventually("a used chain", || ring.used.idx().load() != seen);
        ring.seen = seen.wrapping_add(1);
        let slot = usize::from(seen % RING_SIZE);
        let element = ring.used.ring().ref_at(slot).unwrap().load();
        (element.id(), element.len())
    }

    /// Offers a chain and waits until the device returns it; the number of bytes written.
    pub fn request(&mut self, queue: usize, buffers: &[Buffer]) -> u32 {
        let head = self.offer(queue, buffers);
        let (id, len) = self.wait(queue);
        assert_eq!(id, u32::from(head));
        len
    }

    /// Chains that were returned and not waited for.
    pub fn unseen(&self, queue: usize) -> u16 {
        let ring = &self.rings[queue];
        ring.used.idx().load().wrapping_sub(ring.seen)
    }

    /// Asserts that the device asks for a reset.
    pub fn expect_needs_reset(&self) {
        eventually("a request for reset", || {
            self.interrupt.needs_reset.load(Ordering::SeqCst) > 0
        });
    }

    pub fn put(&self, addr: u64, bytes: &[u8]) {
        self.memory.write_slice(bytes, GuestAddress(addr)).unwrap();
    }

    pub fn get(&self, addr: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.memory
            .read_slice(&mut bytes, GuestAddress(addr))
            .unwrap();
        bytes
    }
}

/// Waits until `condition` holds.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
