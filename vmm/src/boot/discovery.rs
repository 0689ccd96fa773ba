//! Whether a kernel learns of virtio-mmio devices by ACPI or by its command line.

use memchr::memmem;
use vm_memory::{Bytes, GuestAddress};

use super::LoadedKernel;
use super::cmdline::Cmdline;
use crate::config::values::DiscoveryOption;
use crate::memory::GuestMemory;

/// The ways in which devices are announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// In the DSDT.
    pub acpi: bool,
    /// On the command line.
    pub cmdline: bool,
}

const ACPI: Discovery = Discovery {
    acpi: true,
    cmdline: false,
};
const CMDLINE: Discovery = Discovery {
    acpi: false,
    cmdline: true,
};
const BOTH: Discovery = Discovery {
    acpi: true,
    cmdline: true,
};

/// Decides how devices are announced.
///
/// ACPI is the rule: distribution kernels have it and are built without the
/// command-line form. The command line is chosen when ACPI is switched off on it, or
/// when the image, readable because it is not compressed, knows the parameter
/// `virtio_mmio.device` and not the ACPI identifier of virtio-mmio. A kernel that knows
/// both is told once, by ACPI: a device told twice fails its second probe.
pub fn decide(
    option: DiscoveryOption,
    cmdline: &Cmdline,
    kernel: &LoadedKernel,
    memory: &GuestMemory,
) -> Discovery {
    match option {
        DiscoveryOption::Acpi => ACPI,
        DiscoveryOption::Cmdline => CMDLINE,
        DiscoveryOption::Both => BOTH,
        DiscoveryOption::Auto if cmdline.values("acpi").any(|value| value == "off") => CMDLINE,
        DiscoveryOption::Auto if kernel.is_plain() => {
            let knows = |text| contains(memory, kernel.start, kernel.end, text);
            if knows(b"virtio_mmio.device\0") && !knows(b"LNRO0005\0") {
                CMDLINE
            } else {
                ACPI
            }
        }
        DiscoveryOption::Auto => ACPI,
    }
}

/// Bytes searched at a time.
const CHUNK: u64 = 64 << 10;

/// Whether `start..end` of guest memory holds `needle`.
fn contains(memory: &GuestMemory, start: u64, end: u64, needle: &[u8]) -> bool {
    let finder = memmem::Finder::new(needle);
    let overlap = needle.len() as u64 - 1;
    let mut chunk = vec![0; (CHUNK + overlap) as usize];
    let mut at = start;
    while at < end {
        let len = (end - at).min(CHUNK + overlap) as usize;
        if memory
            .read_slice(&mut chunk[..len], GuestAddress(at))
            .is_err()
        {
            return false;
        }
        if finder.find(&chunk[..len]).is_some() {
            return true;
        }
        at += CHUNK;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Protocol;

    fn decide_for(image: &[&[u8]], cmdline: &str) -> Discovery {
        let memory = GuestMemory::from_ranges(&[(GuestAddress(0), 1 << 20)]).expect("maps");
        let start = 0x1000;
        for (index, text) in image.iter().enumerate() {
            // Across the border of two chunks.
            let at = start + (index as u64 + 1) * CHUNK - 3;
            memory.write_slice(text, GuestAddress(at)).expect("writes");
        }
        let kernel = LoadedKernel {
            protocol: Protocol::Pvh { entry: 0 },
            start,
            end: 0x8_0000,
        };
        decide(
            DiscoveryOption::Auto,
            &Cmdline::new(cmdline),
            &kernel,
            &memory,
        )
    }

    #[test]
    fn decide_for_a_kernel_without_acpi_takes_the_command_line() {
        assert_eq!(decide_for(&[b"virtio_mmio.device\0"], ""), CMDLINE);
    }

    #[test]
    fn decide_for_other_kernels_takes_acpi() {
        assert_eq!(
            decide_for(&[b"virtio_mmio.device\0", b"LNRO0005\0"], ""),
            ACPI
        );
        assert_eq!(decide_for(&[b"LNRO0005\0"], "acpi=force"), ACPI);
        // virtio-mmio is a module: the image says nothing.
        assert_eq!(decide_for(&[], ""), ACPI);
    }

    #[test]
    fn decide_with_acpi_off_takes_the_command_line() {
        assert_eq!(decide_for(&[b"LNRO0005\0"], "quiet acpi=off"), CMDLINE);
    }
}
