//! A disk's contents: a raw image file or a block device of the host.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Bytes in a sector, the unit of virtio-blk (virtio 1.3, 5.2.4).
pub const SECTOR_SIZE: u64 = 512;
/// Length of the identity that a driver can ask for.
pub(super) const ID_LEN: usize = 20;

/// First bytes of a qcow2 image.
const QCOW2_MAGIC: [u8; 4] = *b"QFI\xfb";

/// Why a file cannot be a disk.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The file cannot be opened.
    #[error("The disk {path} cannot be opened for {mode}: {source}{hint}", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// "reading" or "reading and writing".
        mode: &'static str,
        /// What else to try.
        hint: &'static str,
        /// What the host said.
        source: io::Error,
    },
    /// It is a directory, a terminal or something else that is no disk.
    #[error("{name} is no disk; give a raw image file or a block device")]
    Kind {
        /// The name given for a disk.
        name: String,
    },
    /// The file cannot be read or measured.
    #[error("The disk {name} cannot be read: {source}")]
    Read {
        /// The disk's name.
        name: String,
        /// What the host said.
        source: io::Error,
    },
    /// The file has no bytes, or its length is not a whole number of sectors.
    #[error(
        "The disk {name} has {size} bytes; a raw image has a multiple of 512 and at least that \
         (`truncate --size=%512` rounds one up)"
    )]
    Size {
        /// The disk's name.
        name: String,
        /// Length of the file in bytes.
        size: u64,
    },
    /// Another process uses the file as a disk, and one of the two writes to it.
    #[error("The disk {name} is in use by another process; stop that or let both only read it")]
    InUse {
        /// The disk's name.
        name: String,
    },
    /// The file is not a raw image.
    #[error("The disk {name} is a qcow2 image; make a raw one with `qemu-img convert -O raw`")]
    Qcow2 {
        /// The disk's name.
        name: String,
    },
}

/// An open disk.
#[derive(Debug)]
pub struct Disk {
    pub(super) file: File,
    pub(super) sectors: u64,
    pub(super) read_only: bool,
    pub(super) id: [u8; ID_LEN],
}

impl Disk {
    /// Opens the raw image or block device at `path`.
    ///
    /// # Errors
    /// See [`DiskError`].
    pub fn open(path: &Path, read_only: bool) -> Result<Self, DiskError> {
        let file = OpenOptions::new().read(true).write(!read_only).open(path);
        let file = file.map_err(|source| DiskError::Open {
            path: path.to_owned(),
            mode: if read_only {
                "reading"
            } else {
                "reading and writing"
            },
            hint: match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                    if !read_only =>
                {
                    " (a disk can also be read-only)"
                }
                _ => "",
            },
            source,
        })?;
        let name = path.file_name().unwrap_or(path.as_os_str());
        Self::from_file(file, read_only, &name.to_string_lossy())
    }

    /// Takes an open file, which must be writable unless the disk is `read_only`. `name`
    /// stands in messages, and its first 20 bytes are the disk's identity in the guest.
    ///
    /// The file is locked (`flock(2)`) for as long as the disk lives: exclusively if it
    /// can be written to.
    ///
    /// # Errors
    /// See [`DiskError`].
    pub fn from_file(mut file: File, read_only: bool, name: &str) -> Result<Self, DiskError> {
        let unreadable = |source| DiskError::Read {
            name: name.to_owned(),
            source,
        };
        let kind = file.metadata().map_err(unreadable)?.file_type();
        if !kind.is_file() && !kind.is_block_device() {
            let name = name.to_owned();
            return Err(DiskError::Kind { name });
        }
        let size = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        if size == 0 || !size.is_multiple_of(SECTOR_SIZE) {
            let name = name.to_owned();
            return Err(DiskError::Size { name, size });
        }
        let mut magic = [0; QCOW2_MAGIC.len()];
        file.rewind().map_err(unreadable)?;
        file.read_exact(&mut magic).map_err(unreadable)?;
        if magic == QCOW2_MAGIC {
            let name = name.to_owned();
            return Err(DiskError::Qcow2 { name });
        }
        let locked = if read_only {
            file.try_lock_shared()
        } else {
            file.try_lock()
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let name = name.to_owned();
                return Err(DiskError::InUse { name });
            }
            // Some file systems have no locks: then nobody watches.
            Err(TryLockError::Error(error)) => {
                log::debug!("The disk {name} cannot be locked: {error}");
            }
        }
        let mut id = [0; ID_LEN];
        for (to, from) in id.iter_mut().zip(name.bytes()) {
            *to = from;
        }
        Ok(Self {
            file,
            sectors: size / SECTOR_SIZE,
            read_only,
            id,
        })
    }

    /// Capacity in sectors of 512 bytes.
    pub fn sectors(&self) -> u64 {
        self.sectors
    }

    /// Whether a guest cannot write to the disk.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }
}
