//! The virtio-mmio transport, version 2 (virtio 1.3, 4.2).
//!
//! [`MmioTransport`] puts the register window of 4.2.2 in front of any
//! [`VirtioDevice`]: it negotiates features, collects queue addresses, hands both to the
//! device at `DRIVER_OK` and takes them back at reset. A driver may go through that
//! circle any number of times.
//!
//! The registers of the steady state take no lock: a doorbell is an event file
//! descriptor that KVM signals by itself once the monitor has registered
//! [`queue_events`](MmioTransport::queue_events) as ioeventfds (at
//! [`QUEUE_NOTIFY_OFFSET`], 4 bytes, data match on the queue's index), and interrupt
//! status and acknowledgement are one atomic word.
//!
//! The interrupt is edge triggered: every reason writes the irqfd once. A guest must be
//! told so (ACPI `Interrupt (..., Edge, ActiveHigh, ...)`), as KVM would lose an edge on a
//! level-triggered line that is still in service.

mod interrupt;
mod queue_setup;
mod registers;

use std::fmt;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use virtio_bindings::virtio_mmio::{
    VIRTIO_MMIO_CONFIG, VIRTIO_MMIO_CONFIG_GENERATION, VIRTIO_MMIO_INTERRUPT_ACK,
    VIRTIO_MMIO_INTERRUPT_STATUS, VIRTIO_MMIO_QUEUE_NOTIFY, VIRTIO_MMIO_STATUS,
};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

pub use interrupt::MmioInterrupt;

use self::registers::Registers;
use super::{GuestMemory, VirtioDevice};
use crate::bus::BusDevice;

/// Length of a device's register window, one page.
pub const MMIO_LEN: u64 = 0x1000;
/// Offset of the doorbell register, where the monitor registers ioeventfds.
pub const QUEUE_NOTIFY_OFFSET: u64 = VIRTIO_MMIO_QUEUE_NOTIFY as u64;

const CONFIG_OFFSET: u64 = VIRTIO_MMIO_CONFIG as u64;

/// A virtio device behind the registers of virtio-mmio.
pub struct MmioTransport {
    device_type: u32,
    interrupt: Arc<MmioInterrupt>,
    /// The doorbell of each queue.
    kicks: Vec<EventFd>,
    registers: Mutex<Registers>,
}

impl MmioTransport {
    /// Puts `device` behind registers. Its queues lie in `memory`, and `irq` is the
    /// irqfd of its edge-triggered interrupt.
    ///
    /// # Errors
    /// Those of `eventfd(2)`, one of which is made for each queue.
    pub fn new(
        device: Box<dyn VirtioDevice>,
        memory: GuestMemory,
        irq: EventFd,
    ) -> io::Result<Self> {
        let kicks = device
            .queue_sizes()
            .iter()
            .map(|_| EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            device_type: device.device_type(),
            interrupt: Arc::new(MmioInterrupt::new(irq)),
            kicks,
            registers: Mutex::new(Registers::new(device, memory)),
        })
    }

    /// The doorbell of each queue, by index, for the monitor to register as ioeventfd.
    pub fn queue_events(&self) -> &[EventFd] {
        &self.kicks
    }

    /// The device type number (virtio 1.3, section 5).
    pub fn device_type(&self) -> u32 {
        self.device_type
    }

    fn registers(&self) -> MutexGuard<'_, Registers> {
        self.registers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn read_register(&self, register: u32) -> u32 {
        match register {
            VIRTIO_MMIO_INTERRUPT_STATUS => self.interrupt.status.load(Ordering::Acquire),
            VIRTIO_MMIO_STATUS => self.interrupt.device_status.load(Ordering::Acquire),
            VIRTIO_MMIO_CONFIG_GENERATION => self.interrupt.generation.load(Ordering::Acquire),
            _ => self.registers().read(register),
        }
    }

    fn write_register(&self, register: u32, value: u32) {
        match register {
            VIRTIO_MMIO_QUEUE_NOTIFY => self.ring_doorbell(value),
            VIRTIO_MMIO_INTERRUPT_ACK => self.interrupt.acknowledge(value),
            VIRTIO_MMIO_STATUS => {
                self.registers()
                    .set_status(value, &self.interrupt, &self.kicks);
            }
            _ => self.registers().write(register, value, &self.interrupt),
        }
    }

    /// A doorbell that came through user space, because no ioeventfd took it.
    fn ring_doorbell(&self, queue: u32) {
        let kick = usize::try_from(queue)
            .ok()
            .and_then(|queue| self.kicks.get(queue));
        // Writing fails only when the counter is at its end: the device is awake then.
        let _ = kick.map(|kick| kick.write(1));
    }
}

impl BusDevice for MmioTransport {
    fn read(&self, offset: u64, data: &mut [u8]) {
        if let Some(offset) = offset.checked_sub(CONFIG_OFFSET) {
            match data.len() {
                1 | 2 | 4 | 8 => self.registers().read_config(offset, data),
                _ => data.fill(0xff),
            }
            return;
        }
        match (u32::try_from(offset), &mut *data) {
            (Ok(register), [_, _, _, _]) => {
                data.copy_from_slice(&self.read_register(register).to_le_bytes());
            }
            _ => data.fill(0xff),
        }
    }

    fn write(&self, offset: u64, data: &[u8]) {
        if let Some(offset) = offset.checked_sub(CONFIG_OFFSET) {
            if let 1 | 2 | 4 | 8 = data.len() {
                self.registers().write_config(offset, data);
            }
            return;
        }
        if let (Ok(register), Ok(bytes)) = (u32::try_from(offset), data.try_into()) {
            self.write_register(register, u32::from_le_bytes(bytes));
        }
    }
}

impl Drop for MmioTransport {
    fn drop(&mut self) {
        // Nothing may use the queues of a device that is gone.
        self.registers().reset(&self.interrupt, &self.kicks);
    }
}

impl fmt::Debug for MmioTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MmioTransport")
            .field("device_type", &self.device_type)
            .field("queues", &self.kicks.len())
            .finish_non_exhaustive()
    }
}
