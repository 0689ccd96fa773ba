//! The PVH start info: what an ELF vmlinux reads first.
//!
//! Layout and meaning: Xen's `xen/include/public/arch-x86/hvm/start_info.h`, version 1.

use linux_loader::loader::elf::start_info::{
    hvm_memmap_table_entry, hvm_modlist_entry, hvm_start_info,
};
use vm_memory::{Bytes, GuestAddress};

use super::{BootData, BootError};
use crate::memory::{GuestMemory, MemoryMap, layout};

/// Longest command line: Linux on x86 keeps `COMMAND_LINE_SIZE` (2048) with the NUL.
pub const CMDLINE_LIMIT: usize = 2047;

/// `XEN_HVM_START_MAGIC_VALUE`.
const MAGIC: u32 = 0x336e_c578;
/// First version with a memory map.
const VERSION: u32 = 1;
/// Where the module list lies: after the start info.
const MODULES: u64 = layout::PVH_INFO + 0x100;
/// Where the memory map lies: after the module list.
const MEMORY_MAP: u64 = layout::PVH_INFO + 0x200;

/// Writes the start info, its memory map and its module list (the initrd).
pub fn write(memory: &GuestMemory, map: MemoryMap, data: &BootData<'_>) -> Result<(), BootError> {
    let entry_size = size_of::<hvm_memmap_table_entry>() as u64;
    let mut entries = 0u32;
    for entry in map.entries() {
        let entry = hvm_memmap_table_entry {
            addr: entry.base,
            size: entry.len,
            type_: entry.kind as u32,
            reserved: 0,
        };
        memory.write_obj(
            entry,
            GuestAddress(MEMORY_MAP + u64::from(entries) * entry_size),
        )?;
        entries += 1;
    }
    if let Some(initrd) = data.initrd {
        let module = hvm_modlist_entry {
            paddr: initrd.address,
            size: initrd.size,
            ..hvm_modlist_entry::default()
        };
        memory.write_obj(module, GuestAddress(MODULES))?;
    }
    let info = hvm_start_info {
        magic: MAGIC,
        version: VERSION,
        flags: 0,
        nr_modules: u32::from(data.initrd.is_some()),
        modlist_paddr: if data.initrd.is_some() { MODULES } else { 0 },
        cmdline_paddr: layout::CMDLINE,
        rsdp_paddr: data.rsdp,
        memmap_paddr: MEMORY_MAP,
        memmap_entries: entries,
        reserved: 0,
    };
    memory.write_obj(info, GuestAddress(layout::PVH_INFO))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Initrd;
    use crate::config::values::MemorySize;

    #[test]
    fn start_info_points_at_memory_map_and_initrd() {
        let map = MemoryMap::new(MemorySize { bytes: 4 << 30 }, u64::MAX).expect("fits");
        let memory = map.allocate().expect("maps");
        let initrd = Some(Initrd {
            address: 0x700_0000,
            size: 1234,
        });
        write(
            &memory,
            map,
            &BootData {
                cmdline: "",
                initrd,
                rsdp: 0xe_0000,
            },
        )
        .expect("writes");

        let info: hvm_start_info = memory
            .read_obj(GuestAddress(layout::PVH_INFO))
            .expect("reads");
        assert_eq!(info.magic, 0x336e_c578);
        assert_eq!(
            (info.version, info.nr_modules, info.memmap_entries),
            (1, 1, 4)
        );
        assert_eq!(
            (info.cmdline_paddr, info.rsdp_paddr),
            (layout::CMDLINE, 0xe_0000)
        );
        let module: hvm_modlist_entry = memory
            .read_obj(GuestAddress(info.modlist_paddr))
            .expect("reads");
        assert_eq!((module.paddr, module.size), (0x700_0000, 1234));
        let last: hvm_memmap_table_entry = memory
            .read_obj(GuestAddress(info.memmap_paddr + 3 * 24))
            .expect("reads");
        assert_eq!((last.addr, last.size, last.type_), (4 << 30, 1 << 30, 1));
    }

    #[test]
    fn start_info_without_initrd_has_no_modules() {
        let map = MemoryMap::new(MemorySize { bytes: 64 << 20 }, u64::MAX).expect("fits");
        let memory = map.allocate().expect("maps");
        write(
            &memory,
            map,
            &BootData {
                cmdline: "",
                initrd: None,
                rsdp: 0,
            },
        )
        .expect("writes");
        let info: hvm_start_info = memory
            .read_obj(GuestAddress(layout::PVH_INFO))
            .expect("reads");
        assert_eq!((info.nr_modules, info.modlist_paddr), (0, 0));
    }
}
