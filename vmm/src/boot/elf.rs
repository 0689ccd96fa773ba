//! ELF vmlinux images.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use linux_loader::elf::{EI_CLASS, Elf64_Ehdr, Elf64_Phdr, PT_LOAD};
use linux_loader::loader::{Elf, KernelLoader, PvhBootCapability};
use vm_memory::{ByteValued, GuestAddress};

use super::{BootError, LoadedKernel, Protocol};
use crate::config::values::MemorySize;
use crate::memory::{GuestMemory, MemoryMap, layout};

/// First bytes of every ELF file.
pub const MAGIC: &[u8] = b"\x7fELF";

/// `e_ident[EI_CLASS]` of a 64-bit file.
const CLASS_64: u8 = 2;
/// `e_machine` of x86-64.
const MACHINE_X86_64: u16 = 62;

/// Loads a vmlinux for its PVH entry.
pub fn load(
    memory: &GuestMemory,
    map: MemoryMap,
    path: &Path,
    file: &mut File,
    file_len: u64,
) -> Result<LoadedKernel, BootError> {
    let (start, end) = check_segments(map, path, file, file_len)?;
    let loaded =
        Elf::load(memory, None, file, Some(GuestAddress(layout::HIGH_RAM))).map_err(|source| {
            BootError::Load {
                path: path.to_owned(),
                source,
            }
        })?;
    match loaded.pvh_boot_cap {
        PvhBootCapability::PvhEntryPresent(entry) => Ok(LoadedKernel {
            protocol: Protocol::Pvh { entry: entry.0 },
            start,
            end,
        }),
        _ => Err(BootError::NoPvhEntry(path.to_owned())),
    }
}

/// Checks that the file holds each segment and that the guest has memory for it;
/// returns the range of addresses that the segments cover.
fn check_segments(
    map: MemoryMap,
    path: &Path,
    file: &mut File,
    file_len: u64,
) -> Result<(u64, u64), BootError> {
    let truncated = |_| BootError::Truncated(path.to_owned());
    let wrong = |reason| BootError::WrongElf {
        path: path.to_owned(),
        reason,
    };
    let mut header = Elf64_Ehdr::default();
    file.read_exact(header.as_mut_slice()).map_err(truncated)?;
    if header.e_ident[EI_CLASS] != CLASS_64 {
        return Err(wrong("it is not a 64-bit one"));
    }
    if header.e_machine != MACHINE_X86_64 {
        return Err(wrong("it is for another kind of processor"));
    }
    file.seek(SeekFrom::Start(header.e_phoff))
        .map_err(truncated)?;
    let mut covered: Option<(u64, u64)> = None;
    for _ in 0..header.e_phnum {
        let mut segment = Elf64_Phdr::default();
        file.read_exact(segment.as_mut_slice()).map_err(truncated)?;
        if segment.p_type != PT_LOAD || segment.p_memsz == 0 {
            continue;
        }
        let (start, end) = check_segment(map, path, &segment, file_len)?;
        let (first, last) = covered.unwrap_or((start, end));
        covered = Some((first.min(start), last.max(end)));
    }
    covered.ok_or_else(|| wrong("it has nothing to load"))
}

fn check_segment(
    map: MemoryMap,
    path: &Path,
    segment: &Elf64_Phdr,
    file_len: u64,
) -> Result<(u64, u64), BootError> {
    let file_end = segment.p_offset.saturating_add(segment.p_filesz);
    if file_end > file_len {
        return Err(BootError::Truncated(path.to_owned()));
    }
    if segment.p_paddr < layout::HIGH_RAM {
        return Err(BootError::KernelTooLow {
            path: path.to_owned(),
            address: segment.p_paddr,
        });
    }
    let end = segment
        .p_paddr
        .saturating_add(segment.p_memsz.max(segment.p_filesz));
    let available = map.low_end().0;
    if end > available {
        return Err(BootError::KernelTooLarge {
            path: path.to_owned(),
            end: MemorySize { bytes: end },
            available: MemorySize { bytes: available },
        });
    }
    Ok((segment.p_paddr, end))
}

/// Small ELF files for tests.
#[cfg(test)]
pub mod fixture {
    use super::*;

    /// `p_type` of a segment of notes.
    const PT_NOTE: u32 = 4;

    /// An ELF file with `code` at physical address `address`, and a PVH note that names
    /// this address if `pvh` is set.
    pub fn elf(address: u64, code: &[u8], pvh: bool) -> Vec<u8> {
        let mut note = Vec::new();
        for word in [4u32, 4, 18] {
            note.extend(word.to_le_bytes());
        }
        note.extend(b"Xen\0");
        note.extend(u32::try_from(address).expect("32 bits").to_le_bytes());
        let code_at = (64 + 2 * 56 + note.len()) as u64;
        let mut header = Elf64_Ehdr {
            e_type: 2,
            e_machine: MACHINE_X86_64,
            e_version: 1,
            e_entry: address,
            e_phoff: 64,
            e_ehsize: 64,
            e_phentsize: 56,
            e_phnum: 1 + u16::from(pvh),
            ..Elf64_Ehdr::default()
        };
        header.e_ident[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        let load = Elf64_Phdr {
            p_type: PT_LOAD,
            p_offset: code_at,
            p_paddr: address,
            p_filesz: code.len() as u64,
            p_memsz: code.len() as u64 + 0x2000,
            ..Elf64_Phdr::default()
        };
        let notes = Elf64_Phdr {
            p_type: PT_NOTE,
            p_offset: 64 + 2 * 56,
            p_filesz: note.len() as u64,
            ..Elf64_Phdr::default()
        };
        [
            header.as_slice(),
            load.as_slice(),
            notes.as_slice(),
            &note,
            code,
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use vm_memory::Bytes;

    use super::super::load_kernel;
    use super::*;

    fn try_load(image: &[u8]) -> Result<(LoadedKernel, GuestMemory), BootError> {
        let mut file = tempfile::NamedTempFile::new().expect("file");
        file.write_all(image).expect("writes");
        let map = MemoryMap::new(MemorySize { bytes: 64 << 20 }, u64::MAX).expect("fits");
        let memory = map.allocate().expect("maps");
        load_kernel(&memory, map, file.path()).map(|kernel| (kernel, memory))
    }

    #[test]
    fn load_vmlinux_puts_segments_at_their_physical_address() {
        let (kernel, memory) = try_load(&fixture::elf(0x100_0000, b"code", true)).expect("loads");
        let mut back = [0; 4];
        memory
            .read_slice(&mut back, GuestAddress(0x100_0000))
            .expect("reads");
        assert_eq!(&back, b"code");
        assert_eq!((kernel.start, kernel.end), (0x100_0000, 0x100_2004));
        assert!(matches!(
            kernel.protocol,
            Protocol::Pvh { entry: 0x100_0000 }
        ));
    }

    #[test]
    fn load_without_pvh_note_is_refused() {
        let image = fixture::elf(0x100_0000, b"code", false);
        assert!(matches!(try_load(&image), Err(BootError::NoPvhEntry(_))));
    }

    #[test]
    fn load_at_any_truncation_is_refused() {
        let image = fixture::elf(0x100_0000, &[0x90; 100], true);
        for len in 0..image.len() {
            assert!(
                try_load(&image[..len]).is_err(),
                "{len} bytes of {}",
                image.len()
            );
        }
        assert!(matches!(
            try_load(&image[..image.len() - 1]),
            Err(BootError::Truncated(_))
        ));
    }

    #[test]
    fn load_outside_guest_memory_is_refused() {
        let high = fixture::elf(64 << 20, b"code", true);
        assert!(matches!(
            try_load(&high),
            Err(BootError::KernelTooLarge { .. })
        ));
        let low = fixture::elf(0x7000, b"code", true);
        assert!(matches!(
            try_load(&low),
            Err(BootError::KernelTooLow {
                address: 0x7000,
                ..
            })
        ));
    }

    #[test]
    fn load_of_another_machine_is_refused() {
        let mut image = fixture::elf(0x100_0000, b"code", true);
        image[18] = 183;
        assert!(matches!(try_load(&image), Err(BootError::WrongElf { .. })));
        image[18] = 62;
        image[4] = 1;
        assert!(matches!(try_load(&image), Err(BootError::WrongElf { .. })));
    }

    #[test]
    fn load_of_another_file_is_refused() {
        assert!(matches!(
            try_load(b"#!/bin/sh\n"),
            Err(BootError::NotAKernel(_))
        ));
        assert!(matches!(try_load(b""), Err(BootError::NotAKernel(_))));
        assert!(matches!(
            try_load(&[0; 4096]),
            Err(BootError::NotAKernel(_))
        ));
    }
}
