//! virtio devices on their windows: an MMIO page, an interrupt, and doorbells that KVM
//! rings by itself.

use std::io;
use std::sync::Arc;

use maro_devices::virtio::VirtioDevice;
use maro_devices::virtio::mmio::{MMIO_LEN, MmioTransport, QUEUE_NOTIFY_OFFSET};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use super::error::{HostContext, MachineError};
use crate::kvm::vm::Vm;
use crate::memory::layout;
use crate::tables::VirtioWindow;

/// Interrupts for virtio devices, in the order in which they are given out. The first
/// ones work even for a kernel that knows neither ACPI nor the MP table. Left out are
/// those with a fixed meaning on a PC (0 to 4, 8, 12, 13) and the power button's (9).
const INTERRUPTS: [u32; 15] = [5, 6, 7, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23];

/// Makes an event file descriptor for an interrupt or a doorbell.
pub fn event() -> Result<EventFd, MachineError> {
    EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).host("an event file descriptor")
}

/// Puts virtio devices into a machine, one window after another.
pub struct VirtioSlots<'a> {
    vm: &'a Vm,
    mmio: &'a mut maro_devices::Bus,
    windows: Vec<VirtioWindow>,
}

impl<'a> VirtioSlots<'a> {
    /// No devices yet; registers will be found on `mmio`.
    pub fn new(vm: &'a Vm, mmio: &'a mut maro_devices::Bus) -> Self {
        Self {
            vm,
            mmio,
            windows: Vec::new(),
        }
    }

    /// Puts `device` into the next window: its interrupt is an irqfd and each of its
    /// doorbells an ioeventfd, so that neither leaves the kernel.
    ///
    /// # Errors
    /// If all interrupts are given out, or KVM or the host refuses.
    pub fn add(&mut self, device: Box<dyn VirtioDevice>) -> Result<(), MachineError> {
        let gsi = *INTERRUPTS
            .get(self.windows.len())
            .ok_or(MachineError::TooManyDevices(INTERRUPTS.len()))?;
        let base = layout::VIRTIO_MMIO + layout::VIRTIO_MMIO_SIZE * self.windows.len() as u64;
        let interrupt = event()?;
        self.vm.connect_interrupt(gsi, &interrupt)?;
        let transport = MmioTransport::new(device, self.vm.memory().clone(), interrupt)
            .host("an event file descriptor")?;
        for (queue, doorbell) in (0..).zip(transport.queue_events()) {
            self.vm
                .connect_doorbell(base + QUEUE_NOTIFY_OFFSET, queue, doorbell)?;
        }
        self.mmio.insert(base, MMIO_LEN, Arc::new(transport))?;
        // All windows lie below 4 GiB.
        let base = u32::try_from(base)
            .map_err(io::Error::other)
            .host("a window below 4 GiB")?;
        self.windows.push(VirtioWindow { base, gsi });
        Ok(())
    }

    /// The windows, in the order of the devices.
    pub fn finish(self) -> Vec<VirtioWindow> {
        self.windows
    }
}
