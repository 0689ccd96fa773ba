//! What the transport shares with its device's thread: the interrupt, the status
//! register and the configuration generation, without a lock.

use std::sync::atomic::{AtomicU32, Ordering};

use virtio_bindings::virtio_config::{VIRTIO_CONFIG_S_DRIVER_OK, VIRTIO_CONFIG_S_NEEDS_RESET};
use virtio_bindings::virtio_mmio::{VIRTIO_MMIO_INT_CONFIG, VIRTIO_MMIO_INT_VRING};
use vmm_sys_util::eventfd::EventFd;

use crate::virtio::Interrupt;

/// The interrupt of a virtio-mmio device.
#[derive(Debug)]
pub struct MmioInterrupt {
    /// The register `InterruptStatus`.
    pub(super) status: AtomicU32,
    /// The register `ConfigGeneration`.
    pub(super) generation: AtomicU32,
    /// The register `Status`.
    pub(super) device_status: AtomicU32,
    irq: EventFd,
}

impl MmioInterrupt {
    pub(super) fn new(irq: EventFd) -> Self {
        Self {
            status: AtomicU32::new(0),
            generation: AtomicU32::new(0),
            device_status: AtomicU32::new(0),
            irq,
        }
    }

    pub(super) fn acknowledge(&self, reasons: u32) {
        self.status.fetch_and(!reasons, Ordering::AcqRel);
    }

    /// Shows `reason` in `InterruptStatus`, then raises the edge. The release makes the
    /// used index, which was stored before, visible to a driver that sees the reason.
    ///
    /// The edge is raised even while an older one is not acknowledged: a driver that
    /// missed that one (it came before the handler was there) must not wait for ever.
    fn raise(&self, reason: u32) {
        self.status.fetch_or(reason, Ordering::AcqRel);
        if let Err(error) = self.irq.write(1) {
            log::error!("A virtio interrupt was lost: {error}");
        }
    }
}

impl Interrupt for MmioInterrupt {
    fn used_queue(&self, _queue: u16) {
        self.raise(VIRTIO_MMIO_INT_VRING);
    }

    fn config_changed(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.raise(VIRTIO_MMIO_INT_CONFIG);
    }

    fn device_needs_reset(&self) {
        let before = self
            .device_status
            .fetch_or(VIRTIO_CONFIG_S_NEEDS_RESET, Ordering::AcqRel);
        // virtio 1.3, 2.1.2: a driver that is running is told, by a configuration change.
        if before & VIRTIO_CONFIG_S_DRIVER_OK != 0 {
            self.config_changed();
        }
    }
}
