//! Getting a Linux kernel to its first instruction.
//!
//! | image | protocol | entry |
//! |---|---|---|
//! | ELF vmlinux | PVH (Xen `docs/misc/pvh.pandoc`) | 32-bit protected mode, start info in `ebx` |
//! | bzImage | Linux/x86 64-bit boot protocol (`Documentation/arch/x86/boot.rst`) | long mode, `boot_params` in `rsi` |
//!
//! [`load_kernel`] recognises the image and loads it, [`load_initrd`] places the RAM
//! disk, and [`LoadedKernel::write_boot_data`] writes what the kernel reads first.

pub mod bzimage;
pub mod cmdline;
pub mod discovery;
pub mod elf;
pub mod entry;
pub mod pvh;

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use vm_memory::{Bytes, GuestAddress};

use crate::config::values::MemorySize;
use crate::memory::{GuestMemory, MemoryMap, layout};
use entry::Entry;

/// Why a kernel cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A file could not be opened or read.
    #[error("Cannot read the {what} {path}: {source}")]
    Read {
        /// Kernel or initrd.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the host said.
        source: std::io::Error,
    },
    /// The file is no kernel image.
    #[error(
        "{0} is not a Linux kernel for x86-64: it is neither an ELF vmlinux nor a bzImage. \
         Give --kernel the vmlinux of a kernel build or a distribution's /boot/vmlinuz"
    )]
    NotAKernel(PathBuf),
    /// The file is an ELF file for something else.
    #[error("{path} is an ELF file, but {reason}; it is not a kernel for x86-64")]
    WrongElf {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// The file ends before the kernel does.
    #[error(
        "The kernel {0} is truncated: the file ends before the image does. Copy or build it again"
    )]
    Truncated(PathBuf),
    /// The vmlinux has no PVH entry.
    #[error(
        "The kernel {0} has no PVH entry point. Build it with CONFIG_PVH=y, or use its bzImage"
    )]
    NoPvhEntry(PathBuf),
    /// The bzImage cannot be entered in 64-bit mode.
    #[error(
        "The kernel {0} is a bzImage without a 64-bit entry point (boot protocol 2.12 or newer). \
         Use a 64-bit kernel of Linux 3.8 or newer"
    )]
    No64BitEntry(PathBuf),
    /// The kernel's image is damaged.
    #[error("The kernel {path} cannot be loaded: {source}")]
    Load {
        /// The file.
        path: PathBuf,
        /// What the loader found.
        source: linux_loader::loader::Error,
    },
    /// The kernel does not fit in the guest's memory.
    #[error(
        "The kernel {path} does not fit: it occupies memory up to {end}, the guest has {available} \
         for it. Give the guest more with --memory"
    )]
    KernelTooLarge {
        /// The file.
        path: PathBuf,
        /// Address after the kernel.
        end: MemorySize,
        /// Address after the usable memory.
        available: MemorySize,
    },
    /// A part of the kernel wants to lie where the boot data lies.
    #[error(
        "The kernel {path} wants to be loaded at {address:#x}, below the first MiB, where boot data lies"
    )]
    KernelTooLow {
        /// The file.
        path: PathBuf,
        /// Where the segment wants to lie.
        address: u64,
    },
    /// The initrd does not fit between the kernel and the end of memory.
    #[error(
        "The initrd {path} ({size} bytes) does not fit between the end of the kernel at {kernel_end} \
         and {limit}. Give the guest more memory with --memory or use a smaller initrd"
    )]
    InitrdTooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// Where the kernel ends.
        kernel_end: MemorySize,
        /// Highest address that the kernel takes an initrd at.
        limit: MemorySize,
    },
    /// The initrd has no bytes.
    #[error("The initrd {0} is empty")]
    InitrdEmpty(PathBuf),
    /// The command line is longer than the kernel takes.
    #[error(
        "The kernel command line is {length} bytes long, this kernel takes {limit}. \
         Shorten --cmdline, or choose --device-discovery acpi"
    )]
    CmdlineTooLong {
        /// Its length.
        length: usize,
        /// What the kernel takes.
        limit: usize,
    },
    /// The command line holds a character that ends it.
    #[error("The kernel command line holds a NUL character")]
    CmdlineNul,
    /// Boot data could not be written to guest memory.
    #[error("Boot data could not be written to guest memory: {0}")]
    Write(#[from] vm_memory::GuestMemoryError),
}

/// The boot protocol that a kernel's image asks for, with what it needs.
enum Protocol {
    Pvh { entry: u64 },
    Linux64 { image: Box<bzimage::BzImage> },
}

/// A kernel in guest memory.
pub struct LoadedKernel {
    protocol: Protocol,
    /// First address that the kernel occupies.
    pub start: u64,
    /// First address after everything that the kernel occupies early.
    pub end: u64,
}

/// An initrd in guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Initrd {
    /// First address, page aligned.
    pub address: u64,
    /// Size in bytes.
    pub size: u64,
}

/// What a kernel is told at its start.
pub struct BootData<'a> {
    /// The command line, without a NUL at its end.
    pub cmdline: &'a str,
    /// The RAM disk.
    pub initrd: Option<Initrd>,
    /// Where the ACPI root pointer lies.
    pub rsdp: u64,
}

/// Loads the kernel at `path`, whichever of the known images it is.
///
/// # Errors
/// If the file cannot be read, is no kernel that can be started, or does not fit.
pub fn load_kernel(
    memory: &GuestMemory,
    map: MemoryMap,
    path: &Path,
) -> Result<LoadedKernel, BootError> {
    let read_error = |source| BootError::Read {
        what: "kernel",
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(read_error)?;
    let mut head = Vec::new();
    file.by_ref()
        .take(bzimage::HEADER_END)
        .read_to_end(&mut head)
        .map_err(read_error)?;
    file.rewind().map_err(read_error)?;
    let file_len = file.metadata().map_err(read_error)?.len();
    if head.starts_with(elf::MAGIC) {
        elf::load(memory, map, path, &mut file, file_len)
    } else if bzimage::is_bzimage(&head) {
        bzimage::load(memory, map, path, &mut file, file_len)
    } else {
        Err(BootError::NotAKernel(path.to_owned()))
    }
}

/// Loads the initrd at `path` as high as the kernel allows, so that the kernel can grow.
///
/// # Errors
/// If the file cannot be read, is empty or does not fit.
pub fn load_initrd(
    memory: &GuestMemory,
    map: MemoryMap,
    kernel: &LoadedKernel,
    path: &Path,
) -> Result<Initrd, BootError> {
    let read_error = |source| BootError::Read {
        what: "initrd",
        path: path.to_owned(),
        source,
    };
    let mut file = File::open(path).map_err(read_error)?;
    let size = file.metadata().map_err(read_error)?.len();
    if size == 0 {
        return Err(BootError::InitrdEmpty(path.to_owned()));
    }
    let limit = map.low_end().0.min(kernel.initrd_limit());
    let address =
        place_initrd(kernel.end, limit, size).ok_or_else(|| BootError::InitrdTooLarge {
            path: path.to_owned(),
            size,
            kernel_end: MemorySize { bytes: kernel.end },
            limit: MemorySize { bytes: limit },
        })?;
    // `place_initrd` has shown that the size is below the end of memory.
    let count = usize::try_from(size).unwrap_or(usize::MAX);
    memory
        .read_exact_volatile_from(GuestAddress(address), &mut file, count)
        .map_err(|error| read_error(std::io::Error::other(error)))?;
    Ok(Initrd { address, size })
}

/// The highest page-aligned address with `size` bytes before `limit`, if it is not
/// below `kernel_end`.
fn place_initrd(kernel_end: u64, limit: u64, size: u64) -> Option<u64> {
    const PAGE: u64 = 4096;
    let address = limit.checked_sub(size)? / PAGE * PAGE;
    (address >= kernel_end).then_some(address)
}

impl LoadedKernel {
    /// Longest command line, in bytes without the NUL.
    pub fn cmdline_limit(&self) -> usize {
        match &self.protocol {
            Protocol::Pvh { .. } => pvh::CMDLINE_LIMIT,
            Protocol::Linux64 { image } => image.cmdline_limit(),
        }
    }

    /// First address that an initrd may not reach.
    fn initrd_limit(&self) -> u64 {
        match &self.protocol {
            Protocol::Pvh { .. } => u64::MAX,
            Protocol::Linux64 { image } => image.initrd_limit(),
        }
    }

    /// Whether the kernel's own strings can be searched: true for an uncompressed image.
    pub fn is_plain(&self) -> bool {
        matches!(self.protocol, Protocol::Pvh { .. })
    }

    /// Writes the command line and the protocol's structures, and tells how the first
    /// CPU enters the kernel.
    ///
    /// # Errors
    /// If the command line is too long or guest memory too small.
    pub fn write_boot_data(
        &self,
        memory: &GuestMemory,
        map: MemoryMap,
        data: &BootData<'_>,
    ) -> Result<Entry, BootError> {
        cmdline::write(memory, data.cmdline, self.cmdline_limit())?;
        match &self.protocol {
            Protocol::Pvh { entry } => {
                pvh::write(memory, map, data)?;
                Ok(Entry::Pvh {
                    address: *entry,
                    start_info: layout::PVH_INFO,
                })
            }
            Protocol::Linux64 { image } => {
                image.write(memory, map, data)?;
                entry::write_long_mode_tables(memory)?;
                Ok(Entry::Long64 {
                    address: image.entry(),
                    zero_page: layout::ZERO_PAGE,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initrd_is_placed_as_high_as_it_fits() {
        assert_eq!(
            place_initrd(0x100_0000, 0x800_0000, 0x1000),
            Some(0x7ff_f000)
        );
        assert_eq!(
            place_initrd(0x100_0000, 0x800_0000, 0x1001),
            Some(0x7ff_e000)
        );
        assert_eq!(
            place_initrd(0x100_0000, 0x200_0000, 0x100_0000),
            Some(0x100_0000)
        );
        assert_eq!(place_initrd(0x100_0000, 0x200_0000, 0x100_0001), None);
        assert_eq!(place_initrd(0x100_0000, 0x200_0000, u64::MAX), None);
    }
}
