//! bzImage kernels by the 64-bit boot protocol of Linux/x86
//! (`Documentation/arch/x86/boot.rst`, "64-bit Boot Protocol").

use std::fs::File;
use std::path::Path;

use linux_loader::bootparam::{XLF_KERNEL_64, boot_e820_entry, boot_params, setup_header};
use linux_loader::loader::{BzImage as Loader, KernelLoader};
use vm_memory::{Bytes, GuestAddress};

use super::entry::IDENTITY_MAPPED;
use super::{BootData, BootError, LoadedKernel, Protocol};
use crate::config::values::MemorySize;
use crate::memory::{GuestMemory, MemoryMap, layout};

/// File offset after the part of the setup header that tells what the image is.
pub const HEADER_END: u64 = 0x268;

/// File offset of the magic number `HdrS`.
const MAGIC_AT: usize = 0x202;
const MAGIC: &[u8] = b"HdrS";
/// File offset of `setup_sects`, the size of the real-mode part in sectors.
const SETUP_SECTS_AT: usize = 0x1f1;
const SECTOR: u64 = 512;
/// First protocol version with `xloadflags`.
const VERSION_XLOADFLAGS: u16 = 0x020c;
/// The 64-bit entry lies this far into the protected-mode part.
const ENTRY_OFFSET: u64 = 0x200;
/// `type_of_loader` of a boot loader without a number of its own.
const LOADER_UNDEFINED: u8 = 0xff;

/// A loaded bzImage.
pub struct BzImage {
    header: setup_header,
    load: u64,
}

/// Whether a file that starts with `head` is a bzImage, or a shorter part of one.
pub fn is_bzimage(head: &[u8]) -> bool {
    head.get(MAGIC_AT..MAGIC_AT + MAGIC.len()) == Some(MAGIC)
}

/// Loads a bzImage at the address it prefers.
pub fn load(
    memory: &GuestMemory,
    map: MemoryMap,
    path: &Path,
    file: &mut File,
    file_len: u64,
) -> Result<LoadedKernel, BootError> {
    let header = read_header(path, file, file_len)?;
    let (version, flags) = (header.version, header.xloadflags);
    if version < VERSION_XLOADFLAGS || flags & XLF_KERNEL_64 == 0 {
        return Err(BootError::No64BitEntry(path.to_owned()));
    }
    let load = header.pref_address;
    let image_len = file_len - setup_len(&header);
    let end = load.saturating_add(image_len.max(header.init_size.into()));
    if load < layout::HIGH_RAM {
        return Err(BootError::KernelTooLow {
            path: path.to_owned(),
            address: load,
        });
    }
    let available = map.low_end().0.min(IDENTITY_MAPPED);
    if end > available {
        return Err(BootError::KernelTooLarge {
            path: path.to_owned(),
            end: MemorySize { bytes: end },
            available: MemorySize { bytes: available },
        });
    }
    let loaded = Loader::load(memory, Some(GuestAddress(load)), file, None).map_err(|source| {
        BootError::Load {
            path: path.to_owned(),
            source,
        }
    })?;
    let header = loaded.setup_header.unwrap_or(header);
    Ok(LoadedKernel {
        protocol: Protocol::Linux64 {
            image: Box::new(BzImage { header, load }),
        },
        start: load,
        end,
    })
}

/// Reads the setup header and checks that the file holds all that it announces.
fn read_header(path: &Path, file: &File, file_len: u64) -> Result<setup_header, BootError> {
    use std::os::unix::fs::FileExt;

    use vm_memory::ByteValued;

    let truncated = || BootError::Truncated(path.to_owned());
    let mut header = setup_header::default();
    file.read_exact_at(header.as_mut_slice(), SETUP_SECTS_AT as u64)
        .map_err(|_| truncated())?;
    // `syssize` is the size of the protected-mode part in 16-byte units.
    let announced = setup_len(&header) + u64::from(header.syssize) * 16;
    // The build may round the last unit up beyond the end of the file.
    if header.syssize == 0 || file_len + 16 < announced || file_len <= setup_len(&header) {
        return Err(truncated());
    }
    Ok(header)
}

/// Size in bytes of the real-mode part; 0 sectors mean 4.
fn setup_len(header: &setup_header) -> u64 {
    let sectors = if header.setup_sects == 0 {
        4
    } else {
        header.setup_sects
    };
    (u64::from(sectors) + 1) * SECTOR
}

impl BzImage {
    /// Address of the 64-bit entry.
    pub fn entry(&self) -> u64 {
        self.load + ENTRY_OFFSET
    }

    /// Longest command line that the kernel takes, without the NUL.
    pub fn cmdline_limit(&self) -> usize {
        usize::try_from(self.header.cmdline_size).unwrap_or(usize::MAX)
    }

    /// First address that an initrd may not reach.
    pub fn initrd_limit(&self) -> u64 {
        u64::from(self.header.initrd_addr_max) + 1
    }

    /// Writes `boot_params`.
    pub fn write(
        &self,
        memory: &GuestMemory,
        map: MemoryMap,
        data: &BootData<'_>,
    ) -> Result<(), BootError> {
        memory.write_obj(self.params(map, data), GuestAddress(layout::ZERO_PAGE))?;
        Ok(())
    }

    fn params(&self, map: MemoryMap, data: &BootData<'_>) -> boot_params {
        let mut params = boot_params {
            hdr: self.header,
            acpi_rsdp_addr: data.rsdp,
            ..boot_params::default()
        };
        params.hdr.type_of_loader = LOADER_UNDEFINED;
        (params.hdr.cmd_line_ptr, params.ext_cmd_line_ptr) = split(layout::CMDLINE);
        if let Some(initrd) = data.initrd {
            (params.hdr.ramdisk_image, params.ext_ramdisk_image) = split(initrd.address);
            (params.hdr.ramdisk_size, params.ext_ramdisk_size) = split(initrd.size);
        }
        let entries = map.entries();
        for (slot, entry) in params.e820_table.iter_mut().zip(&entries) {
            *slot = boot_e820_entry {
                addr: entry.base,
                size: entry.len,
                r#type: entry.kind as u32,
            };
        }
        params.e820_entries = u8::try_from(entries.len()).unwrap_or(u8::MAX);
        params
    }
}

/// The low and the high half of an address.
fn split(value: u64) -> (u32, u32) {
    // Both halves fit by construction.
    ((value & 0xffff_ffff) as u32, (value >> 32) as u32)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::{Initrd, load_initrd, load_kernel};
    use super::*;

    const PREFERRED: u64 = 0x100_0000;

    /// A bzImage with two setup sectors and `payload` as its protected-mode part.
    fn image(payload: &[u8]) -> Vec<u8> {
        let mut image = vec![0u8; 3 * 512];
        let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
        put(0x1f1, &[2]);
        put(0x1f4, &(payload.len() as u32 / 16).to_le_bytes());
        put(0x202, b"HdrS");
        put(0x206, &0x020fu16.to_le_bytes());
        put(0x211, &[1]);
        put(0x214, &0x10_0000u32.to_le_bytes());
        put(0x22c, &0x7fff_ffffu32.to_le_bytes());
        put(0x236, &XLF_KERNEL_64.to_le_bytes());
        put(0x238, &2047u32.to_le_bytes());
        put(0x258, &PREFERRED.to_le_bytes());
        put(0x260, &0x20_0000u32.to_le_bytes());
        image.extend(payload);
        image
    }

    fn try_load(
        image: &[u8],
        mib: u64,
    ) -> Result<(LoadedKernel, GuestMemory, MemoryMap), BootError> {
        let mut file = tempfile::NamedTempFile::new().expect("file");
        file.write_all(image).expect("writes");
        let map = MemoryMap::new(MemorySize { bytes: mib << 20 }, u64::MAX).expect("fits");
        let memory = map.allocate().expect("maps");
        load_kernel(&memory, map, file.path()).map(|kernel| (kernel, memory, map))
    }

    #[test]
    fn load_bzimage_skips_the_real_mode_part() {
        let (kernel, memory, _) = try_load(&image(&[0x5a; 0x400]), 64).expect("loads");
        let mut back = [0; 2];
        memory
            .read_slice(&mut back, GuestAddress(PREFERRED))
            .expect("reads");
        assert_eq!(back, [0x5a; 2]);
        // The kernel unpacks itself within `init_size`.
        assert_eq!(kernel.end, PREFERRED + 0x20_0000);
        assert_eq!(kernel.cmdline_limit(), 2047);
        assert!(!kernel.is_plain());
    }

    #[test]
    fn boot_params_carry_map_cmdline_initrd_and_rsdp() {
        let (kernel, memory, map) = try_load(&image(&[0; 0x400]), 4096).expect("loads");
        let initrd = Some(Initrd {
            address: 0x1234_5000,
            size: 77,
        });
        let data = BootData {
            cmdline: "quiet",
            initrd,
            rsdp: 0xe_0000,
        };
        let entry = kernel.write_boot_data(&memory, map, &data).expect("writes");
        assert_eq!(
            entry,
            super::super::Entry::Long64 {
                address: PREFERRED + 0x200,
                zero_page: layout::ZERO_PAGE
            }
        );
        let params: boot_params = memory
            .read_obj(GuestAddress(layout::ZERO_PAGE))
            .expect("reads");
        let header = params.hdr;
        assert_eq!({ header.header }, 0x5372_6448);
        assert_eq!({ header.type_of_loader }, 0xff);
        assert_eq!({ header.cmd_line_ptr }, 0x2_0000);
        assert_eq!(
            ({ header.ramdisk_image }, { header.ramdisk_size }),
            (0x1234_5000, 77)
        );
        assert_eq!({ params.acpi_rsdp_addr }, 0xe_0000);
        assert_eq!(params.e820_entries, 4);
        let last = params.e820_table[3];
        assert_eq!(
            ({ last.addr }, { last.size }, { last.r#type }),
            (4 << 30, 1 << 30, 1)
        );
    }

    #[test]
    fn initrd_stays_below_the_kernels_limit() {
        let (kernel, memory, map) = try_load(&image(&[0; 0x400]), 3072).expect("loads");
        let mut file = tempfile::NamedTempFile::new().expect("file");
        file.write_all(&[7; 5000]).expect("writes");
        let initrd = load_initrd(&memory, map, &kernel, file.path()).expect("fits");
        assert_eq!(
            initrd,
            Initrd {
                address: 0x7fff_e000,
                size: 5000
            }
        );
        let last: u8 = memory
            .read_obj(GuestAddress(initrd.address + 4999))
            .expect("reads");
        assert_eq!(last, 7);
    }

    #[test]
    fn initrd_without_room_or_bytes_is_refused() {
        let (kernel, memory, map) = try_load(&image(&[0; 0x400]), 32).expect("loads");
        let file = tempfile::NamedTempFile::new().expect("file");
        let result = load_initrd(&memory, map, &kernel, file.path());
        assert!(matches!(result, Err(BootError::InitrdEmpty(_))));
        file.as_file().set_len(16 << 20).expect("grows");
        let result = load_initrd(&memory, map, &kernel, file.path());
        assert!(matches!(
            result,
            Err(BootError::InitrdTooLarge {
                size: 0x100_0000,
                ..
            })
        ));
    }

    #[test]
    fn load_of_a_truncated_image_is_refused() {
        let whole = image(&[0x90; 0x4000]);
        for len in [0x206, 0x240, 0x270, 0x600, 0x601, whole.len() - 64] {
            assert!(
                matches!(try_load(&whole[..len], 64), Err(BootError::Truncated(_))),
                "{len} bytes"
            );
        }
    }

    #[test]
    fn load_without_64_bit_entry_is_refused() {
        let mut old = image(&[0; 0x400]);
        old[0x206..0x208].copy_from_slice(&0x020bu16.to_le_bytes());
        assert!(matches!(
            try_load(&old, 64),
            Err(BootError::No64BitEntry(_))
        ));
        let mut narrow = image(&[0; 0x400]);
        narrow[0x236] = 0;
        assert!(matches!(
            try_load(&narrow, 64),
            Err(BootError::No64BitEntry(_))
        ));
    }

    #[test]
    fn load_beyond_memory_is_refused() {
        let mut large = image(&[0; 0x400]);
        large[0x260..0x264].copy_from_slice(&0x0400_0000u32.to_le_bytes());
        assert!(matches!(
            try_load(&large, 64),
            Err(BootError::KernelTooLarge { .. })
        ));
    }
}
