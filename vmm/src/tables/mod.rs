//! Tables in guest memory that describe the machine to the kernel.

pub mod acpi;
pub mod mptable;

use crate::boot::discovery::Discovery;

/// A virtio-mmio device as the guest finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtioWindow {
    /// First address of the registers, page aligned, below 4 GiB.
    pub base: u32,
    /// Input of the I/O APIC, edge triggered.
    pub gsi: u32,
}

/// What the tables describe.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Number of CPUs; their APIC identifiers count from 0.
    pub cpus: u8,
    /// The virtio devices, in the order of their names in the guest.
    pub virtio: Vec<VirtioWindow>,
    /// How virtio devices are announced.
    pub discovery: Discovery,
}

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The machine has more parts than there is room to describe.
    #[error("The {0} tables do not fit in their {1} bytes; use fewer devices")]
    TooLarge(&'static str, u64),
    /// Guest memory could not be written.
    #[error("Tables could not be written to guest memory: {0}")]
    Write(#[from] vm_memory::GuestMemoryError),
}

/// Number of inputs of the I/O APIC.
pub const IO_APIC_INPUTS: u8 = 24;

/// I/O APIC identifier: the first that no CPU has.
pub fn io_apic_id(cpus: u8) -> u8 {
    cpus
}

/// The byte that makes the sum of `bytes` zero.
fn checksum(bytes: impl IntoIterator<Item = u8>) -> u8 {
    bytes.into_iter().fold(0u8, u8::wrapping_add).wrapping_neg()
}
