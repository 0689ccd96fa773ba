//! virtio devices and the interfaces between a device and its transport.
//!
//! A transport (the `mmio` module, or a vhost-user back end in another crate)
//! negotiates features and queues with the driver and hands them to the device as an
//! [`Activation`]. From then on the device serves its queues from its own thread,
//! woken by each queue's [`kick`](ActiveQueue::kick), and tells the driver about used
//! buffers through [`Interrupt`].
//!
//! Devices of this crate are split in two: the half that the transport calls on a vCPU's
//! thread (identity, configuration space, activation) and a back end that lives on a
//! [`DeviceLoop`](crate::DeviceLoop) while a driver uses the device.

pub mod block;
mod config_space;
pub mod console;
pub mod entropy;
mod hosted;
pub mod input;
pub mod mmio;
mod queue;

pub use queue::{Chain, ServedQueue};

use std::sync::Arc;

use virtio_queue::Queue;
use vm_memory::GuestMemoryMmap;
use vmm_sys_util::eventfd::EventFd;

/// The guest's physical memory; cloning shares it.
pub type GuestMemory = GuestMemoryMmap<()>;

/// How a device gets the driver's attention.
pub trait Interrupt: Send + Sync {
    /// Buffers of queue `queue` were placed in its used ring and the driver asked to
    /// be told (virtio 1.3, 2.7.7: the caller has checked `Queue::needs_notification`).
    fn used_queue(&self, queue: u16);

    /// The device's configuration space changed (virtio 1.3, 2.5): the transport bumps
    /// its configuration generation.
    fn config_changed(&self);

    /// The device met something that it cannot recover from by itself, such as a ring
    /// index that makes no sense, and has stopped serving its queues: the transport sets
    /// `DEVICE_NEEDS_RESET` (virtio 1.3, 2.1.2). A transport without a status register of
    /// its own has nothing to do.
    fn device_needs_reset(&self) {}
}

/// A queue that the driver has set up, with the event that its doorbell rings.
#[derive(Debug)]
pub struct ActiveQueue {
    /// Index of the queue within its device.
    pub index: u16,
    /// The negotiated ring.
    pub queue: Queue,
    /// Readable after the driver rang the doorbell of this queue.
    pub kick: EventFd,
}

/// Everything a device needs to serve a driver that has set `DRIVER_OK`.
pub struct Activation {
    /// The guest's memory, which holds rings and buffers.
    pub memory: GuestMemory,
    /// The queues that the driver made ready, in order of their index.
    pub queues: Vec<ActiveQueue>,
    /// Feature bits that both sides agreed on.
    pub features: u64,
    /// The way to the driver.
    pub interrupt: Arc<dyn Interrupt>,
}

/// A shared-memory region that a device offers (virtio 1.3, 2.10), in guest physical
/// address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedMemoryRegion {
    /// First guest physical address, page aligned.
    pub base: u64,
    /// Length in bytes, a multiple of the page size.
    pub len: u64,
}

/// Why a device could not start serving its queues.
#[derive(Debug, thiserror::Error)]
pub enum ActivateError {
    /// The driver left out a queue that the device cannot work without.
    #[error("The driver did not set up queue {0}, which this device needs")]
    MissingQueue(u16),
    /// The device's thread or event loop could not be reached.
    #[error("The device could not start its work: {0}")]
    Worker(#[source] std::io::Error),
}

/// A virtio device, whatever transport it sits behind.
pub trait VirtioDevice: Send {
    /// The device type number (virtio 1.3, section 5: 2 is block, 16 is GPU).
    fn device_type(&self) -> u32;

    /// Largest size of each queue; its length is the number of queues. Sizes are
    /// powers of two.
    fn queue_sizes(&self) -> &[u16];

    /// Feature bits that the device offers, without those of the transport.
    fn features(&self) -> u64;

    /// Fills `data` with configuration bytes from `offset`; bytes beyond the
    /// configuration space read as zero.
    fn read_config(&self, offset: u64, data: &mut [u8]);

    /// Takes a configuration write; bytes outside writable fields are ignored.
    fn write_config(&mut self, offset: u64, data: &[u8]);

    /// The shared-memory region `id`, if the device has one.
    fn shared_memory(&self, id: u8) -> Option<SharedMemoryRegion> {
        let _ = id;
        None
    }

    /// The driver is ready: start serving the queues.
    ///
    /// # Errors
    /// The transport sets `DEVICE_NEEDS_RESET` when this fails.
    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError>;

    /// The driver wrote 0 to the status register: stop using the queues before
    /// returning and forget all state that the driver made.
    fn reset(&mut self);
}
