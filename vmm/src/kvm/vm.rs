//! The VM: memory slots, interrupt controllers, doorbells and interrupt lines.
#![allow(
    unsafe_code,
    reason = "KVM is handed the addresses of guest memory; nothing but this module does that"
)]

use std::sync::Arc;

use kvm_bindings::{KVM_PIT_SPEAKER_DUMMY, kvm_pit_config, kvm_userspace_memory_region};
use kvm_ioctls::{Cap, IoEventAddress, Kvm, VcpuFd, VmFd};
use vm_memory::{GuestMemoryBackend, GuestMemoryRegion};
use vmm_sys_util::eventfd::EventFd;

use super::{Context, KvmError};
use crate::memory::{GuestMemory, layout};

/// A virtual machine without CPUs and devices.
#[derive(Debug)]
pub struct Vm {
    // Dropped before the memory that it uses.
    fd: VmFd,
    memory: GuestMemory,
}

impl Vm {
    /// Makes a VM with `memory` and in-kernel interrupt controllers: two PICs, one I/O
    /// APIC with 24 inputs, a local APIC for each CPU, and a PIT where KVM has one.
    ///
    /// # Errors
    /// Those of KVM.
    pub fn new(kvm: &Kvm, memory: GuestMemory) -> Result<Self, KvmError> {
        let fd = kvm.create_vm().context("create a virtual machine")?;
        if kvm.check_extension(Cap::SetTssAddr) {
            fd.set_tss_address(layout::KVM_TSS as usize)
                .context("place its task state")?;
        }
        if kvm.check_extension(Cap::SetIdentityMapAddr) {
            fd.set_identity_map_address(layout::KVM_IDENTITY_MAP)
                .context("place its identity map")?;
        }
        fd.create_irq_chip()
            .context("create the interrupt controllers")?;
        if kvm.check_extension(Cap::Pit2) {
            let config = kvm_pit_config {
                flags: KVM_PIT_SPEAKER_DUMMY,
                ..kvm_pit_config::default()
            };
            fd.create_pit2(config).context("create the timer")?;
        }
        let vm = Self { fd, memory };
        vm.register_memory()?;
        Ok(vm)
    }

    fn register_memory(&self) -> Result<(), KvmError> {
        for (slot, region) in (0..).zip(self.memory.iter()) {
            let slot = kvm_userspace_memory_region {
                slot,
                flags: 0,
                guest_phys_addr: region.start_addr().0,
                memory_size: region.len(),
                userspace_addr: region.as_ptr() as u64,
            };
            // SAFETY: the slot is a whole region of guest memory, mapped for as long as
            // `self.memory` lives, which is longer than `self.fd`: guest accesses
            // through the slot stay within the mapping. Host code reaches this memory
            // through volatile accesses alone.
            unsafe { self.fd.set_user_memory_region(slot) }.context("take the guest's memory")?;
        }
        Ok(())
    }

    /// The guest's memory.
    pub fn memory(&self) -> &GuestMemory {
        &self.memory
    }

    /// Makes the CPU with APIC identifier `id`.
    ///
    /// # Errors
    /// Those of KVM.
    pub fn create_vcpu(&self, id: u8) -> Result<VcpuFd, KvmError> {
        self.fd.create_vcpu(id.into()).context("create a CPU")
    }

    /// Has KVM signal `event` when the guest writes `value`, as 32 bits, to `address`:
    /// the guest's write does not leave the kernel.
    ///
    /// # Errors
    /// Those of KVM.
    pub fn connect_doorbell(
        &self,
        address: u64,
        value: u32,
        event: &EventFd,
    ) -> Result<(), KvmError> {
        self.fd
            .register_ioevent(event, &IoEventAddress::Mmio(address), value)
            .context("connect a doorbell (ioeventfd)")
    }

    /// Has KVM pulse the interrupt line `gsi` when `event` is signalled.
    ///
    /// # Errors
    /// Those of KVM.
    pub fn connect_interrupt(&self, gsi: u32, event: &EventFd) -> Result<(), KvmError> {
        self.fd
            .register_irqfd(event, gsi)
            .context("connect an interrupt (irqfd)")
    }
}

/// A VM that its threads share.
pub type SharedVm = Arc<Vm>;
