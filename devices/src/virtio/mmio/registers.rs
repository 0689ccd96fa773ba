//! The registers of negotiation and set-up: everything that the transport keeps under a
//! lock because the steady state does not touch it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use virtio_bindings::virtio_config::{
    VIRTIO_CONFIG_S_ACKNOWLEDGE, VIRTIO_CONFIG_S_DRIVER, VIRTIO_CONFIG_S_DRIVER_OK,
    VIRTIO_CONFIG_S_FAILED, VIRTIO_CONFIG_S_FEATURES_OK, VIRTIO_F_VERSION_1,
};
use virtio_bindings::virtio_mmio::*;
use virtio_bindings::virtio_ring::{VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC};
use vmm_sys_util::eventfd::EventFd;

use super::interrupt::MmioInterrupt;
use super::queue_setup::{QueueSetup, set_high, set_low};
use crate::virtio::{ActivateError, Activation, ActiveQueue, GuestMemory, Interrupt, VirtioDevice};

/// "virt", little endian.
const MAGIC: u32 = u32::from_le_bytes(*b"virt");
/// The version of the register layout; 1 is the legacy one.
const VERSION: u32 = 2;
/// Subsystem vendor of all maro devices. virtio asks for nothing in particular.
const VENDOR: u32 = u32::from_le_bytes(*b"maro");
/// Base and length of a shared-memory region that does not exist (virtio 1.3, 4.2.2).
const NO_SHARED_MEMORY: u64 = u64::MAX;

/// Feature bits of the rings, which virtio-queue implements for every device.
const TRANSPORT_FEATURES: u64 =
    (1 << VIRTIO_F_VERSION_1) | (1 << VIRTIO_RING_F_INDIRECT_DESC) | (1 << VIRTIO_RING_F_EVENT_IDX);

/// Status bits that belong to the driver.
const DRIVER_STATUS: u32 = VIRTIO_CONFIG_S_ACKNOWLEDGE
    | VIRTIO_CONFIG_S_DRIVER
    | VIRTIO_CONFIG_S_FEATURES_OK
    | VIRTIO_CONFIG_S_DRIVER_OK
    | VIRTIO_CONFIG_S_FAILED;
/// Status bits that must come before `FEATURES_OK`.
const FOUND_DRIVER: u32 = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

/// Why a driver that said `DRIVER_OK` has to reset the device.
#[derive(Debug, thiserror::Error)]
enum StartError {
    /// The size or an address of a ring is not acceptable.
    #[error("Queue {0} has a wrong size, or lies misaligned or outside of guest memory")]
    Queue(u16),
    /// The doorbell's event could not be shared with the device.
    #[error("The doorbell of queue {0} could not be duplicated: {1}")]
    Doorbell(u16, #[source] io::Error),
    /// The device itself refused.
    #[error(transparent)]
    Device(#[from] ActivateError),
}

pub(super) struct Registers {
    device: Box<dyn VirtioDevice>,
    memory: GuestMemory,
    queues: Vec<QueueSetup>,
    /// Bits that the driver accepts.
    driver_features: u64,
    device_features_select: u32,
    driver_features_select: u32,
    queue_select: u32,
    shared_memory_select: u32,
    /// The device has been activated and not been reset since.
    active: bool,
    /// A driver's mistake was logged; one that repeats it does not fill the log.
    complained: bool,
}

impl Registers {
    pub(super) fn new(device: Box<dyn VirtioDevice>, memory: GuestMemory) -> Self {
        let queues = queue_setups(device.as_ref());
        Self {
            device,
            memory,
            queues,
            driver_features: 0,
            device_features_select: 0,
            driver_features_select: 0,
            queue_select: 0,
            shared_memory_select: 0,
            active: false,
            complained: false,
        }
    }

    pub(super) fn read(&self, register: u32) -> u32 {
        match register {
            VIRTIO_MMIO_MAGIC_VALUE => MAGIC,
            VIRTIO_MMIO_VERSION => VERSION,
            VIRTIO_MMIO_DEVICE_ID => self.device.device_type(),
            VIRTIO_MMIO_VENDOR_ID => VENDOR,
            VIRTIO_MMIO_DEVICE_FEATURES => {
                half(self.device_features(), self.device_features_select)
            }
            VIRTIO_MMIO_QUEUE_NUM_MAX => self.queue().map_or(0, |queue| queue.max_size.into()),
            VIRTIO_MMIO_QUEUE_READY => self.queue().map_or(0, |queue| queue.ready.into()),
            VIRTIO_MMIO_SHM_LEN_LOW => half(self.shared_memory().1, 0),
            VIRTIO_MMIO_SHM_LEN_HIGH => half(self.shared_memory().1, 1),
            VIRTIO_MMIO_SHM_BASE_LOW => half(self.shared_memory().0, 0),
            VIRTIO_MMIO_SHM_BASE_HIGH => half(self.shared_memory().0, 1),
            // Reserved, write-only, or of a feature that is not offered.
            _ => 0,
        }
    }

    pub(super) fn write(&mut self, register: u32, value: u32, interrupt: &MmioInterrupt) {
        match register {
            VIRTIO_MMIO_DEVICE_FEATURES_SEL => self.device_features_select = value,
            VIRTIO_MMIO_DRIVER_FEATURES_SEL => self.driver_features_select = value,
            VIRTIO_MMIO_DRIVER_FEATURES => self.accept_features(value, interrupt),
            VIRTIO_MMIO_QUEUE_SEL => self.queue_select = value,
            VIRTIO_MMIO_SHM_SEL => self.shared_memory_select = value,
            VIRTIO_MMIO_QUEUE_READY if value == 0 => self.stop_queue(interrupt),
            _ if !self.active => self.write_queue(register, value),
            // A running queue cannot be moved.
            _ => {}
        }
    }

    pub(super) fn read_config(&self, offset: u64, data: &mut [u8]) {
        self.device.read_config(offset, data);
    }

    pub(super) fn write_config(&mut self, offset: u64, data: &[u8]) {
        self.device.write_config(offset, data);
    }

    /// A write to `Status` (virtio 1.3, 2.1 and 3.1.1): 0 resets, bits only ever add up,
    /// and steps out of order are refused by leaving their bit clear.
    pub(super) fn set_status(
        &mut self,
        value: u32,
        interrupt: &Arc<MmioInterrupt>,
        kicks: &[EventFd],
    ) {
        if value == 0 {
            self.reset(interrupt, kicks);
            return;
        }
        let before = interrupt.device_status.load(Ordering::Acquire);
        let mut status = before | (value & DRIVER_STATUS);
        let agreed = before & VIRTIO_CONFIG_S_FEATURES_OK != 0
            || (status & FOUND_DRIVER == FOUND_DRIVER && self.features_are_acceptable());
        if !agreed {
            status &= !VIRTIO_CONFIG_S_FEATURES_OK;
        }
        if status & VIRTIO_CONFIG_S_FEATURES_OK == 0 {
            status &= !VIRTIO_CONFIG_S_DRIVER_OK;
        }
        interrupt.device_status.fetch_or(status, Ordering::AcqRel);
        let starts = !before & status & VIRTIO_CONFIG_S_DRIVER_OK != 0;
        if starts && let Err(error) = self.start(interrupt, kicks) {
            self.complain(&error);
            interrupt.device_needs_reset();
        }
    }

    /// Back to the state of power-on (virtio 1.3, 4.2.2.1); the device has dropped its
    /// queues when this returns.
    pub(super) fn reset(&mut self, interrupt: &MmioInterrupt, kicks: &[EventFd]) {
        self.stop();
        self.queues = queue_setups(self.device.as_ref());
        self.driver_features = 0;
        self.device_features_select = 0;
        self.driver_features_select = 0;
        self.queue_select = 0;
        self.shared_memory_select = 0;
        for kick in kicks {
            // The events do not block: this forgets doorbells that came too late.
            let _ = kick.read();
        }
        interrupt.status.store(0, Ordering::Release);
        interrupt.device_status.store(0, Ordering::Release);
    }

    /// Hands the queues to the device.
    fn start(
        &mut self,
        interrupt: &Arc<MmioInterrupt>,
        kicks: &[EventFd],
    ) -> Result<(), StartError> {
        let event_idx = self.driver_features & (1 << VIRTIO_RING_F_EVENT_IDX) != 0;
        let mut queues = Vec::with_capacity(self.queues.len());
        for (index, (setup, kick)) in (0..).zip(self.queues.iter().zip(kicks)) {
            if !setup.ready {
                continue;
            }
            let queue = setup.build(&self.memory, event_idx);
            queues.push(ActiveQueue {
                index,
                queue: queue.ok_or(StartError::Queue(index))?,
                kick: kick
                    .try_clone()
                    .map_err(|error| StartError::Doorbell(index, error))?,
            });
        }
        self.device.activate(Activation {
            memory: self.memory.clone(),
            queues,
            features: self.driver_features,
            interrupt: interrupt.clone(),
        })?;
        self.active = true;
        Ok(())
    }

    fn stop(&mut self) {
        if std::mem::take(&mut self.active) {
            self.device.reset();
        }
    }

    fn device_features(&self) -> u64 {
        self.device.features() | TRANSPORT_FEATURES
    }

    fn features_are_acceptable(&self) -> bool {
        let unknown = self.driver_features & !self.device_features();
        unknown == 0 && self.driver_features & (1 << VIRTIO_F_VERSION_1) != 0
    }

    fn accept_features(&mut self, value: u32, interrupt: &MmioInterrupt) {
        let status = interrupt.device_status.load(Ordering::Acquire);
        if status & VIRTIO_CONFIG_S_FEATURES_OK != 0 {
            return;
        }
        match self.driver_features_select {
            0 => set_low(&mut self.driver_features, value),
            1 => set_high(&mut self.driver_features, value),
            // Bits that no device offers: remember that the driver asked for one.
            _ if value != 0 => self.driver_features = u64::MAX,
            _ => {}
        }
    }

    fn queue(&self) -> Option<&QueueSetup> {
        self.queues.get(usize::try_from(self.queue_select).ok()?)
    }

    fn write_queue(&mut self, register: u32, value: u32) {
        let selected = usize::try_from(self.queue_select).unwrap_or(usize::MAX);
        let Some(queue) = self.queues.get_mut(selected) else {
            return;
        };
        match register {
            VIRTIO_MMIO_QUEUE_NUM => queue.size = value,
            VIRTIO_MMIO_QUEUE_READY => queue.ready = value == 1,
            VIRTIO_MMIO_QUEUE_DESC_LOW => set_low(&mut queue.descriptors, value),
            VIRTIO_MMIO_QUEUE_DESC_HIGH => set_high(&mut queue.descriptors, value),
            VIRTIO_MMIO_QUEUE_AVAIL_LOW => set_low(&mut queue.available, value),
            VIRTIO_MMIO_QUEUE_AVAIL_HIGH => set_high(&mut queue.available, value),
            VIRTIO_MMIO_QUEUE_USED_LOW => set_low(&mut queue.used, value),
            VIRTIO_MMIO_QUEUE_USED_HIGH => set_high(&mut queue.used, value),
            _ => {}
        }
    }

    /// The driver takes the selected queue away. A device cannot let go of one queue
    /// alone (that is what `VIRTIO_F_RING_RESET` would be for), so it lets go of all, and
    /// the driver is told that only a reset brings them back.
    fn stop_queue(&mut self, interrupt: &MmioInterrupt) {
        let selected = usize::try_from(self.queue_select).unwrap_or(usize::MAX);
        let Some(queue) = self.queues.get_mut(selected) else {
            return;
        };
        let was_ready = std::mem::take(&mut queue.ready);
        if was_ready && self.active {
            self.stop();
            interrupt.device_needs_reset();
        }
    }

    /// First address and length of the selected shared-memory region.
    fn shared_memory(&self) -> (u64, u64) {
        u8::try_from(self.shared_memory_select)
            .ok()
            .and_then(|id| self.device.shared_memory(id))
            .map_or((NO_SHARED_MEMORY, NO_SHARED_MEMORY), |region| {
                (region.base, region.len)
            })
    }

    fn complain(&mut self, error: &StartError) {
        if !std::mem::replace(&mut self.complained, true) {
            let device = self.device.device_type();
            log::warn!("The virtio device of type {device} could not start: {error}");
        }
    }
}

fn queue_setups(device: &dyn VirtioDevice) -> Vec<QueueSetup> {
    let sizes = device.queue_sizes().iter();
    sizes.copied().map(QueueSetup::new).collect()
}

/// 32 bits of `value`: half 0 is the low one; there are no others than 0 and 1.
fn half(value: u64, select: u32) -> u32 {
    let bytes = value.to_le_bytes();
    let [a, b, c, d, e, f, g, h] = bytes;
    match select {
        0 => u32::from_le_bytes([a, b, c, d]),
        1 => u32::from_le_bytes([e, f, g, h]),
        _ => 0,
    }
}
