//! Why a machine could not be built.

use std::error::Error;
use std::path::PathBuf;
use std::{fmt, io};

use maro_devices::BusError;
use maro_devices::virtio::block::DiskError;
use maro_renderer::present::window::WindowError;

use super::screenshot::ScreenshotError;
use crate::boot::BootError;
use crate::exit::ExitStatus;
use crate::kvm::KvmError;
use crate::memory::MemoryError;
use crate::tables::TableError;

/// Why a machine could not be built or started.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// KVM is missing or refused something.
    #[error(transparent)]
    Kvm(#[from] KvmError),
    /// The guest's memory cannot be had.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The kernel cannot be started.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// The tables cannot be written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A disk cannot be used.
    #[error("disk: {0}")]
    Disk(#[from] DiskError),
    /// The graphics card cannot be had.
    #[error("gpu: {error}{}", Sources(error))]
    Gpu {
        /// Why.
        error: maro_gpu::NewError,
    },
    /// The window cannot be had.
    #[error(transparent)]
    Window(WindowError),
    /// No screenshot was written.
    #[error(transparent)]
    Screenshot(#[from] ScreenshotError),
    /// The machine has more virtio devices than interrupts or windows.
    #[error("The machine has more than {0} virtio devices; use fewer disks")]
    TooManyDevices(usize),
    /// Two devices want the same addresses.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// An output file could not be opened.
    #[error("{what}: cannot write {path}: {source}")]
    Output {
        /// The option that named it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the host said.
        source: io::Error,
    },
    /// The host refused a thread, a descriptor or the like.
    #[error("The host refused {what}: {source}")]
    Host {
        /// What was asked of it.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
}

impl MachineError {
    /// The exit code that tells it.
    pub fn status(&self) -> ExitStatus {
        match self {
            Self::Kvm(_) => ExitStatus::Kvm,
            Self::Memory(_) => ExitStatus::Memory,
            Self::Boot(_) => ExitStatus::Boot,
            Self::Disk(_) | Self::TooManyDevices(_) => ExitStatus::Disk,
            Self::Gpu { .. } | Self::Window(_) => ExitStatus::Graphics,
            Self::Output { .. } | Self::Screenshot(_) => ExitStatus::Output,
            Self::Table(_) | Self::Bus(_) | Self::Host { .. } => ExitStatus::Failure,
        }
    }
}

impl From<maro_gpu::NewError> for MachineError {
    fn from(error: maro_gpu::NewError) -> Self {
        Self::Gpu { error }
    }
}

impl From<WindowError> for MachineError {
    /// An error of the machine that started with the window is what it was.
    fn from(error: WindowError) -> Self {
        match error {
            WindowError::Setup(inner) => match inner.downcast() {
                Ok(own) => *own,
                Err(other) => Self::Window(WindowError::Setup(other)),
            },
            other => Self::Window(other),
        }
    }
}

/// The errors behind one whose message leaves them out.
struct Sources<'a>(&'a dyn Error);

impl fmt::Display for Sources<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next = self.0.source();
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}

/// Names what was asked of the host in the error of a request that fails.
pub trait HostContext<T> {
    /// Wraps the error: "The host refused `what`".
    fn host(self, what: &'static str) -> Result<T, MachineError>;
}

impl<T> HostContext<T> for io::Result<T> {
    fn host(self, what: &'static str) -> Result<T, MachineError> {
        self.map_err(|source| MachineError::Host { what, source })
    }
}
