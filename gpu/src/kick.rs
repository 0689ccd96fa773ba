//! Doorbells: events that a driver's notifications arrive through.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, RawFd};

use vmm_sys_util::eventfd::EventFd;

/// The event of a queue's doorbell.
#[derive(Debug)]
pub(crate) enum Kick {
    /// Made by this process.
    Event(EventFd),
    /// An event file that a vhost-user front end has sent; does not block.
    File(File),
}

impl Kick {
    /// Forgets that the doorbell rang.
    pub(crate) fn take(&self) {
        // It does not block, and that it had not rung is no failure.
        match self {
            Self::Event(event) => {
                let _ = event.read();
            }
            Self::File(file) => {
                let _ = (&*file).read(&mut [0; size_of::<u64>()]);
            }
        }
    }
}

impl AsRawFd for Kick {
    fn as_raw_fd(&self) -> RawFd {
        match self {
            Self::Event(event) => event.as_raw_fd(),
            Self::File(file) => file.as_raw_fd(),
        }
    }
}
