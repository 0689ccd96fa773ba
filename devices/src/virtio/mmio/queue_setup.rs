//! What a driver has written about one queue so far.

use virtio_queue::{Queue, QueueT};
use vm_memory::GuestAddress;

use crate::virtio::GuestMemory;

/// The queue registers of one queue, unchecked until the driver is ready.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueSetup {
    pub(super) max_size: u16,
    pub(super) size: u32,
    pub(super) ready: bool,
    pub(super) descriptors: u64,
    pub(super) available: u64,
    pub(super) used: u64,
}

impl QueueSetup {
    /// A queue that the driver has not touched.
    pub(super) fn new(max_size: u16) -> Self {
        Self {
            max_size,
            size: max_size.into(),
            ready: false,
            descriptors: 0,
            available: 0,
            used: 0,
        }
    }

    /// The ring that the registers describe, if its size is allowed and all of it lies
    /// aligned in guest memory.
    pub(super) fn build(&self, memory: &GuestMemory, event_idx: bool) -> Option<Queue> {
        let mut queue = Queue::new(self.max_size).ok()?;
        queue.try_set_size(u16::try_from(self.size).ok()?).ok()?;
        queue
            .try_set_desc_table_address(GuestAddress(self.descriptors))
            .ok()?;
        queue
            .try_set_avail_ring_address(GuestAddress(self.available))
            .ok()?;
        queue
            .try_set_used_ring_address(GuestAddress(self.used))
            .ok()?;
        queue.set_event_idx(event_idx);
        queue.set_ready(true);
        queue.is_valid(memory).then_some(queue)
    }
}

/// Replaces the low half of `register`.
pub(super) fn set_low(register: &mut u64, value: u32) {
    *register = (*register & !u64::from(u32::MAX)) | u64::from(value);
}

/// Replaces the high half of `register`.
pub(super) fn set_high(register: &mut u64, value: u32) {
    *register = (*register & u64::from(u32::MAX)) | (u64::from(value) << 32);
}
