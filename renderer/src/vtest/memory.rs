//! Memory behind a client's resources.

use std::fs::File;
use std::io;

use maro_gpu::renderer::{Backing, Error};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use vm_memory::{FileOffset, MmapRegion, VolatileMemory, VolatileSlice};

/// Zeroed memory of a fixed size. Pages that nobody touches cost nothing.
#[derive(Debug)]
pub struct Memory {
    region: MmapRegion,
}

impl Memory {
    /// Memory of this process alone.
    ///
    /// # Errors
    /// If the host refuses, or `size` is 0.
    pub fn private(size: u64) -> io::Result<Self> {
        let region = MmapRegion::new(in_address_space(size)?).map_err(io::Error::other)?;
        Ok(Self { region })
    }

    /// Memory that the process with the file can map too. Neither side can change the
    /// file's size, so that no access can fail.
    ///
    /// # Errors
    /// As [`private`](Self::private).
    pub fn shared(size: u64) -> io::Result<(Self, File)> {
        let size_here = in_address_space(size)?;
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = File::from(memfd_create("maro-vtest-resource", flags)?);
        file.set_len(size)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        let offset = FileOffset::new(file.try_clone()?, 0);
        let region = MmapRegion::from_file(offset, size_here).map_err(io::Error::other)?;
        Ok((Self { region }, file))
    }
}

fn in_address_space(size: u64) -> io::Result<usize> {
    match usize::try_from(size) {
        Ok(size) if size > 0 => Ok(size),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

impl Backing for Memory {
    fn len(&self) -> u64 {
        self.region.size() as u64
    }

    fn visit(
        &self,
        offset: u64,
        len: usize,
        visit: &mut dyn FnMut(VolatileSlice<'_>),
    ) -> Result<(), Error> {
        let slice = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.region.get_slice(offset, len).ok());
        match slice {
            Some(slice) => {
                visit(slice);
                Ok(())
            }
            None => Err(Error::InvalidParameter(format!(
                "bytes {offset}..+{len} of memory of {} bytes",
                self.len()
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn shared_memory_is_seen_by_the_file_and_cannot_shrink() {
        let (memory, file) = Memory::shared(100).unwrap();
        memory.write(96, b"abcd").unwrap();
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 96).unwrap();
        assert_eq!(&bytes, b"abcd");
        file.write_all_at(b"x", 0).unwrap();
        let mut byte = [0; 1];
        memory.read(0, &mut byte).unwrap();
        assert_eq!(&byte, b"x");
        assert!(file.set_len(0).is_err());
        assert!(file.set_len(1 << 20).is_err());
    }

    #[test]
    fn visit_outside_is_refused() {
        let memory = Memory::private(16).unwrap();
        assert_eq!(memory.len(), 16);
        assert!(memory.read(12, &mut [0; 4]).is_ok());
        assert!(memory.read(13, &mut [0; 4]).is_err());
        assert!(memory.read(u64::MAX, &mut [0; 4]).is_err());
        assert!(memory.write(16, &[]).is_ok());
    }

    #[test]
    fn no_memory_is_an_error() {
        assert!(Memory::private(0).is_err());
        assert!(Memory::shared(0).is_err());
        assert!(Memory::private(u64::MAX).is_err());
    }
}
