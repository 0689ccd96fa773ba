//! The MP table (Intel MultiProcessor Specification 1.4, chapter 4), by which a kernel
//! without ACPI finds its CPUs and its I/O APIC.

use vm_memory::{Bytes, GuestAddress};

use super::{IO_APIC_INPUTS, Platform, TableError, checksum, io_apic_id};
use crate::memory::{GuestMemory, layout};

const SPEC_REVISION: u8 = 4;
/// Version registers of KVM's APICs.
const LOCAL_APIC_VERSION: u8 = 0x14;
const IO_APIC_VERSION: u8 = 0x11;

/// Entry types (table 4-3).
const ENTRY_PROCESSOR: u8 = 0;
const ENTRY_BUS: u8 = 1;
const ENTRY_IO_APIC: u8 = 2;
const ENTRY_IO_INTERRUPT: u8 = 3;
const ENTRY_LOCAL_INTERRUPT: u8 = 4;

const CPU_ENABLED: u8 = 1;
const CPU_BOOTSTRAP: u8 = 2;
const IO_APIC_ENABLED: u8 = 1;
/// Kinds of interrupts (table 4-10).
const INTERRUPT_VECTORED: u8 = 0;
const INTERRUPT_NMI: u8 = 1;
const INTERRUPT_EXTERNAL: u8 = 3;
/// Destination "all local APICs".
const ALL_APICS: u8 = 0xff;
/// CPUID stepping and feature flags, which Linux does not look at: an FPU and an APIC.
const CPU_SIGNATURE: u32 = 0x600;
const CPU_FEATURES: u32 = 0x201;
const ISA_BUS: u8 = 0;

/// Size of the floating pointer structure, after which the table lies.
const POINTER_LEN: u64 = 16;
const HEADER_LEN: usize = 44;

/// The entries, and how many there are.
struct Entries {
    bytes: Vec<u8>,
    count: u16,
}

impl Entries {
    fn add<const N: usize>(&mut self, entry: [u8; N]) {
        self.bytes.extend(entry);
        self.count += 1;
    }
}

fn entries(platform: &Platform) -> Entries {
    let io_apic = io_apic_id(platform.cpus);
    let mut entries = Entries {
        bytes: Vec::new(),
        count: 0,
    };
    for id in 0..platform.cpus {
        let flags = if id == 0 {
            CPU_ENABLED | CPU_BOOTSTRAP
        } else {
            CPU_ENABLED
        };
        let mut entry = [0; 20];
        entry[..4].copy_from_slice(&[ENTRY_PROCESSOR, id, LOCAL_APIC_VERSION, flags]);
        entry[4..8].copy_from_slice(&CPU_SIGNATURE.to_le_bytes());
        entry[8..12].copy_from_slice(&CPU_FEATURES.to_le_bytes());
        entries.add(entry);
    }
    entries.add([ENTRY_BUS, ISA_BUS, b'I', b'S', b'A', b' ', b' ', b' ']);
    let [a, b, c, d] = layout::IO_APIC.to_le_bytes();
    entries.add([
        ENTRY_IO_APIC,
        io_apic,
        IO_APIC_VERSION,
        IO_APIC_ENABLED,
        a,
        b,
        c,
        d,
    ]);
    // Flags 0: polarity and trigger as the ISA bus has them, active high and edge.
    for input in 0..IO_APIC_INPUTS {
        entries.add([
            ENTRY_IO_INTERRUPT,
            INTERRUPT_VECTORED,
            0,
            0,
            ISA_BUS,
            input,
            io_apic,
            input,
        ]);
    }
    entries.add([
        ENTRY_LOCAL_INTERRUPT,
        INTERRUPT_EXTERNAL,
        0,
        0,
        ISA_BUS,
        0,
        0,
        0,
    ]);
    entries.add([
        ENTRY_LOCAL_INTERRUPT,
        INTERRUPT_NMI,
        0,
        0,
        ISA_BUS,
        0,
        ALL_APICS,
        1,
    ]);
    entries
}

/// The configuration table: header and entries.
fn table(platform: &Platform) -> Result<Vec<u8>, TableError> {
    let too_large = || TableError::TooLarge("MP", layout::MP_CAPACITY);
    let entries = entries(platform);
    let len = u16::try_from(HEADER_LEN + entries.bytes.len()).map_err(|_| too_large())?;
    if u64::from(len) + POINTER_LEN > layout::MP_CAPACITY {
        return Err(too_large());
    }
    let mut table = Vec::with_capacity(len.into());
    table.extend(b"PCMP");
    table.extend(len.to_le_bytes());
    table.extend([SPEC_REVISION, 0]);
    table.extend(b"MARO    MARO VM     ");
    table.extend([0; 6]);
    table.extend(entries.count.to_le_bytes());
    table.extend(layout::LOCAL_APIC.to_le_bytes());
    table.extend([0; 4]);
    table.extend(entries.bytes);
    table[7] = checksum(table.iter().copied());
    Ok(table)
}

/// The floating pointer structure, which says where the table lies.
fn pointer() -> [u8; 16] {
    let address = (layout::MP_TABLE + POINTER_LEN) as u32;
    let mut pointer = [0; 16];
    pointer[..4].copy_from_slice(b"_MP_");
    pointer[4..8].copy_from_slice(&address.to_le_bytes());
    pointer[8] = (POINTER_LEN / 16) as u8;
    pointer[9] = SPEC_REVISION;
    pointer[10] = checksum(pointer);
    pointer
}

/// Writes the MP table to guest memory.
///
/// # Errors
/// If it does not fit.
pub fn write(memory: &GuestMemory, platform: &Platform) -> Result<(), TableError> {
    memory.write_slice(&pointer(), GuestAddress(layout::MP_TABLE))?;
    memory.write_slice(
        &table(platform)?,
        GuestAddress(layout::MP_TABLE + POINTER_LEN),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::discovery::Discovery;

    fn platform(cpus: u8) -> Platform {
        Platform {
            cpus,
            virtio: Vec::new(),
            discovery: Discovery {
                acpi: false,
                cmdline: true,
            },
        }
    }

    fn sum(bytes: &[u8]) -> u8 {
        bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
    }

    #[test]
    fn checksums_are_zero() {
        for cpus in [1, 2, 64, 254] {
            assert_eq!(
                sum(&table(&platform(cpus)).expect("fits")),
                0,
                "{cpus} CPUs"
            );
        }
        assert_eq!(sum(&pointer()), 0);
    }

    #[test]
    fn table_parses_to_its_announced_end() {
        let table = table(&platform(3)).expect("fits");
        assert_eq!(&table[..4], b"PCMP");
        assert_eq!(
            usize::from(u16::from_le_bytes([table[4], table[5]])),
            table.len()
        );
        let (mut at, mut counts) = (HEADER_LEN, [0u16; 5]);
        while at < table.len() {
            let kind = table[at];
            counts[usize::from(kind)] += 1;
            at += if kind == ENTRY_PROCESSOR { 20 } else { 8 };
        }
        assert_eq!(at, table.len());
        assert_eq!(counts, [3, 1, 1, 24, 2]);
        assert_eq!(
            u16::from_le_bytes([table[34], table[35]]),
            counts.iter().sum::<u16>()
        );
    }

    #[test]
    fn write_puts_the_pointer_where_kernels_look() {
        let memory = GuestMemory::from_ranges(&[(GuestAddress(0), 2 << 20)]).expect("maps");
        write(&memory, &platform(1)).expect("writes");
        let mut found = [0; 4];
        memory
            .read_slice(&mut found, GuestAddress(0xf_0000))
            .expect("reads");
        assert_eq!(&found, b"_MP_");
        let address: u32 = memory.read_obj(GuestAddress(0xf_0004)).expect("reads");
        memory
            .read_slice(&mut found, GuestAddress(address.into()))
            .expect("reads");
        assert_eq!(&found, b"PCMP");
    }
}
