//! The guest's physical address space.
//!
//! | addresses | what |
//! |---|---|
//! | 0 – 0x9_fbff | RAM; boot data lies here, see [`layout`] |
//! | 0xe_0000 – 0xf_ffff | RAM that the kernel leaves alone: ACPI and MP tables |
//! | 1 MiB – 3 GiB | RAM: kernel, initrd |
//! | 3 GiB – 4 GiB | the 32-bit hole: virtio-mmio windows, I/O APIC, local APICs |
//! | from 4 GiB | the rest of the RAM |

use vm_memory::GuestAddress;

use crate::config::values::MemorySize;

/// The guest's physical memory.
pub use maro_devices::virtio::GuestMemory;

/// Places in guest physical memory that are fixed.
pub mod layout {
    /// Global descriptor table for the 64-bit entry.
    pub const GDT: u64 = 0x500;
    /// PVH start info, its memory map and its list of modules.
    pub const PVH_INFO: u64 = 0x6000;
    /// `boot_params` ("zero page") of the 64-bit boot protocol.
    pub const ZERO_PAGE: u64 = 0x7000;
    /// First of the page tables that map the first GiB one to one.
    pub const PAGE_TABLES: u64 = 0x9000;
    /// Stack for the 64-bit entry; grows down.
    pub const BOOT_STACK: u64 = 0x8ff0;
    /// Kernel command line, NUL-terminated.
    pub const CMDLINE: u64 = 0x2_0000;
    /// Room for the kernel command line.
    pub const CMDLINE_CAPACITY: u64 = 0x1_0000;
    /// End of conventional memory: the first byte of what a BIOS would keep to itself.
    pub const LOW_RAM_END: u64 = 0x9_fc00;
    /// ACPI tables; the root pointer comes first.
    pub const ACPI_TABLES: u64 = 0xe_0000;
    /// Room for the ACPI tables.
    pub const ACPI_CAPACITY: u64 = 0x1_0000;
    /// MP table, at the start of the region that kernels search for it.
    pub const MP_TABLE: u64 = 0xf_0000;
    /// Room for the MP table.
    pub const MP_CAPACITY: u64 = 0x1_0000;
    /// Start of extended memory.
    pub const HIGH_RAM: u64 = 0x10_0000;
    /// First window of a virtio-mmio device.
    pub const VIRTIO_MMIO: u64 = 0xd000_0000;
    /// Size of a virtio-mmio window: one page.
    pub const VIRTIO_MMIO_SIZE: u64 = 0x1000;
    /// I/O APIC registers, where KVM has them.
    pub const IO_APIC: u32 = 0xfec0_0000;
    /// Local APIC registers, where every CPU has them after reset.
    pub const LOCAL_APIC: u32 = 0xfee0_0000;
    /// One page for KVM on Intel (real-mode identity map), in the hole.
    pub const KVM_IDENTITY_MAP: u64 = 0xfffb_c000;
    /// Three pages for KVM on Intel (real-mode task state), in the hole.
    pub const KVM_TSS: u64 = 0xfffb_d000;
    /// Start of the 32-bit hole.
    pub const HOLE_START: u64 = 3 << 30;
    /// End of the 32-bit hole.
    pub const HOLE_END: u64 = 4 << 30;
}

/// Least memory a guest can be given: below, no Linux kernel with graphics boots.
const MIN_BYTES: u64 = 32 << 20;

/// Memory comes in whole MiB, so that large pages stay possible.
const GRANULE: u64 = 1 << 20;

/// Why guest memory cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// Less than a kernel can run in.
    #[error("memory: {0} is too small for a Linux guest; give it at least {min}", min = MemorySize { bytes: MIN_BYTES })]
    TooSmall(MemorySize),
    /// More than the host has.
    #[error("memory: {asked} is more than this host has ({available}); ask for less with --memory")]
    TooLarge {
        /// What was asked for.
        asked: MemorySize,
        /// What the host has, rounded down to MiB.
        available: MemorySize,
    },
    /// Not a multiple of the granule.
    #[error("memory: {0} is not a whole number of MiB")]
    Granule(MemorySize),
    /// The host refused the mapping.
    #[error(
        "memory: the host could not map {size} for the guest: {source}; ask for less with --memory"
    )]
    Map {
        /// What was asked for.
        size: MemorySize,
        /// What the host said.
        source: vm_memory::mmap::FromRangesError,
    },
}

/// Kinds of memory in the map that a kernel is given (ACPI 6.5, table 15.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum RangeKind {
    /// Free to use.
    Ram = 1,
    /// Not to be touched.
    Reserved = 2,
}

/// One entry of the memory map that a kernel is given ("e820").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapEntry {
    /// First address.
    pub base: u64,
    /// Number of bytes.
    pub len: u64,
    /// What the range holds.
    pub kind: RangeKind,
}

/// How the guest's memory is spread over its physical address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryMap {
    low: u64,
    high: u64,
}

impl MemoryMap {
    /// Places `size` below and above the 32-bit hole. `host_total` is the host's memory
    /// in bytes.
    ///
    /// # Errors
    /// If the size is beyond what a guest can use or the host can give.
    pub fn new(size: MemorySize, host_total: u64) -> Result<Self, MemoryError> {
        if size.bytes < MIN_BYTES {
            return Err(MemoryError::TooSmall(size));
        }
        if size.bytes > host_total {
            let available = MemorySize {
                bytes: host_total / GRANULE * GRANULE,
            };
            return Err(MemoryError::TooLarge {
                asked: size,
                available,
            });
        }
        if !size.bytes.is_multiple_of(GRANULE) {
            return Err(MemoryError::Granule(size));
        }
        let low = size.bytes.min(layout::HOLE_START);
        Ok(Self {
            low,
            high: size.bytes - low,
        })
    }

    /// Maps the memory. No page of it is touched.
    ///
    /// # Errors
    /// If the host has no address space or commit left for it.
    pub fn allocate(self) -> Result<GuestMemory, MemoryError> {
        let size = MemorySize {
            bytes: self.low + self.high,
        };
        let ranges = [(0, self.low), (layout::HOLE_END, self.high)]
            .into_iter()
            .filter(|&(_, len)| len != 0)
            .map(|(base, len)| {
                usize::try_from(len)
                    .map(|len| (GuestAddress(base), len))
                    .map_err(|_| MemoryError::TooLarge {
                        asked: size,
                        available: MemorySize {
                            bytes: usize::MAX as u64,
                        },
                    })
            })
            .collect::<Result<Vec<_>, _>>()?;
        GuestMemory::from_ranges(&ranges).map_err(|source| MemoryError::Map { size, source })
    }

    /// First address after the memory below the hole.
    pub fn low_end(self) -> GuestAddress {
        GuestAddress(self.low)
    }

    /// The map for the kernel, in as few entries as can be: early boot code walks it
    /// many times.
    pub fn entries(self) -> Vec<MapEntry> {
        let ram = |base, end: u64| MapEntry {
            base,
            len: end - base,
            kind: RangeKind::Ram,
        };
        let mut entries = vec![
            ram(0, layout::LOW_RAM_END),
            MapEntry {
                base: layout::ACPI_TABLES,
                len: layout::HIGH_RAM - layout::ACPI_TABLES,
                kind: RangeKind::Reserved,
            },
            ram(layout::HIGH_RAM, self.low),
        ];
        if self.high != 0 {
            entries.push(ram(layout::HOLE_END, layout::HOLE_END + self.high));
        }
        entries
    }
}

/// Bytes of host memory that a guest's GPU may use unless its user says otherwise: half of
/// what there is. Programs that stream textures hold gigabytes for a moment.
pub fn default_gpu_memory() -> u64 {
    host_total() / 2
}

/// Bytes of memory that this host has.
pub fn host_total() -> u64 {
    let info = rustix::system::sysinfo();
    info.totalram.saturating_mul(u64::from(info.mem_unit))
}

#[cfg(test)]
mod tests {
    use vm_memory::{GuestMemoryBackend, GuestMemoryRegion};

    use super::*;

    const HOST: u64 = 1 << 40;

    fn map(mib: u64) -> MemoryMap {
        MemoryMap::new(MemorySize { bytes: mib << 20 }, HOST).expect("fits")
    }

    #[test]
    fn small_memory_lies_below_the_hole() {
        let map = map(128);
        assert_eq!(map.low_end().0, 128 << 20);
        assert_eq!(map.entries().len(), 3);
        let memory = map.allocate().expect("maps");
        assert_eq!(memory.num_regions(), 1);
    }

    #[test]
    fn memory_of_exactly_the_hole_start_has_no_high_part() {
        assert_eq!(map(3072).entries().len(), 3);
    }

    #[test]
    fn large_memory_goes_on_above_the_hole() {
        let map = map(5120);
        assert_eq!(map.low_end().0, layout::HOLE_START);
        let memory = map.allocate().expect("maps");
        let regions: Vec<_> = memory
            .iter()
            .map(|region| (region.start_addr().0, region.len()))
            .collect();
        assert_eq!(regions, [(0, 3 << 30), (4 << 30, 2 << 30)]);
    }

    #[test]
    fn map_entries_are_sorted_apart_and_leave_the_tables_alone() {
        for mib in [32, 512, 3072, 3073, 8192] {
            let entries = map(mib).entries();
            for pair in entries.windows(2) {
                assert!(
                    pair[0].base + pair[0].len <= pair[1].base,
                    "{mib} MiB: {pair:x?}"
                );
            }
            let ram = |address: u64| {
                entries.iter().any(|e| {
                    e.kind == RangeKind::Ram && (e.base..e.base + e.len).contains(&address)
                })
            };
            assert!(ram(layout::ZERO_PAGE) && ram(layout::CMDLINE) && ram(layout::HIGH_RAM));
            assert!(!ram(layout::ACPI_TABLES) && !ram(layout::MP_TABLE));
            assert!(!ram(layout::VIRTIO_MMIO) && !ram(layout::IO_APIC.into()));
            // Everything but the BIOS area is usable.
            let total: u64 = entries
                .iter()
                .filter(|e| e.kind == RangeKind::Ram)
                .map(|e| e.len)
                .sum();
            assert_eq!(
                total,
                (mib << 20) - (layout::HIGH_RAM - layout::LOW_RAM_END)
            );
        }
    }

    #[test]
    fn size_beyond_limits_is_refused_with_advice() {
        let refuse = |bytes| {
            MemoryMap::new(MemorySize { bytes }, 8 << 30)
                .expect_err("refused")
                .to_string()
        };
        assert!(refuse(1 << 20).contains("at least 32M"));
        assert!(refuse(9 << 30).contains("this host has (8G)"));
        assert!(refuse((64 << 20) + 4096).contains("MiB"));
    }

    #[test]
    fn host_total_is_plausible() {
        assert!(host_total() > 64 << 20);
    }
}
