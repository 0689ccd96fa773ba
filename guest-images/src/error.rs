//! Why an image could not be made, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// An error of this crate. The text is for the person at the keyboard: it says
/// what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is not enough space for what would be made.
    #[error(
        "not enough space in {}: {what} needs about {} MiB and {} MiB are free. Free some space, \
         or set MARO_CACHE to a folder on a larger disk",
        .cache.display(), .needed >> 20, .free >> 20
    )]
    DiskTooSmall {
        /// The cache folder.
        cache: PathBuf,
        /// What was to be made.
        what: String,
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The disk filled up meanwhile.
    #[error(
        "the disk of {} is full. Free some space, or set MARO_CACHE to a folder on a larger disk; \
         then run the same command again", .0.display()
    )]
    DiskFull(PathBuf),
    /// A file or folder could not be used.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No folder to keep images in.
    #[error("no folder to keep images in: set MARO_CACHE to one, or HOME")]
    NoCache,
    /// Packages are missing that only root can install.
    #[error(
        "making {what} needs packages that are not installed. Install them with\n    \
         apt-get install --no-install-recommends {}", .packages.join(" ")
    )]
    PackagesMissing {
        /// What was to be made.
        what: String,
        /// The packages.
        packages: Vec<String>,
    },
    /// This is no Debian.
    #[error("guest images are made with Debian's tools, and there is no dpkg-query here")]
    NotDebian,
    /// A tool could not be started.
    #[error("cannot start {program}: {source}")]
    CannotStart {
        /// The tool.
        program: String,
        /// Why not.
        source: io::Error,
    },
    /// A tool ended with an error.
    #[error("{step}: {program} failed ({status}); the whole log is {}\n{tail}", .log.display())]
    ToolFailed {
        /// What was being done.
        step: String,
        /// The tool.
        program: String,
        /// How it ended.
        status: String,
        /// Where its output is.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// The kernel's configuration did not come out as the fragments ask.
    #[error(
        "the kernel does not take these settings of guest-images/kernel: {}. Correct the \
         fragments for this kernel version", .0.join(", ")
    )]
    KernelConfig(Vec<String>),
    /// The sources of the guest's programs are not here.
    #[error(
        "{} is missing: guest images are made from a checkout of maro's sources", .0.display()
    )]
    NoSources(PathBuf),
    /// Something that a recipe counts on is not in a package.
    #[error("{package} has no {what}; the recipe in guest-images does not fit this package")]
    NotInPackage {
        /// The package, or what came out of it.
        package: String,
        /// What was expected.
        what: String,
    },
    /// No stock kernel runs on a software KVM.
    #[error(
        "this machine's KVM interprets guest kernel code and no stock kernel runs on it; use \
         --kernel small"
    )]
    StockNeedsHardware,
}

impl Error {
    /// An I/O error, with a full disk told from the others.
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull(path.to_owned()),
            _ => Self::File {
                path: path.to_owned(),
                source,
            },
        }
    }
}
