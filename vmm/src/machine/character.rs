//! Where characters from the guest go, and where those for it come from.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use maro_devices::serial::Serial;

use super::error::{HostContext, MachineError};
use crate::config::values::CharacterOption;

/// Opens the output that `option`, given for `what`, names.
///
/// # Errors
/// If a file cannot be made.
pub fn output(
    option: &CharacterOption,
    what: &'static str,
) -> Result<Box<dyn Write + Send>, MachineError> {
    Ok(match option {
        CharacterOption::Stdio => Box::new(io::stdout()),
        CharacterOption::None => Box::new(io::sink()),
        CharacterOption::File(path) => {
            Box::new(File::create(path).map_err(|source| MachineError::Output {
                what,
                path: path.clone(),
                source,
            })?)
        }
    })
}

/// Takes what is typed at the terminal to the guest.
pub enum Typing {
    /// To the serial port.
    Serial(Arc<Serial>),
    /// To the virtio console, which reads the other end of this pipe.
    Console(OwnedFd),
}

impl Typing {
    /// A pipe to the virtio console: the end to type into, and the console's.
    ///
    /// # Errors
    /// If the host has no descriptors left.
    pub fn console() -> Result<(Self, OwnedFd), MachineError> {
        use rustix::pipe::{PipeFlags, pipe_with};
        // A guest that does not read must not block the terminal's thread.
        let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
            .map_err(io::Error::from)
            .host("a pipe")?;
        Ok((Self::Console(write), read))
    }

    /// Types `keys`. What the guest does not take for long is lost, as on a real line.
    pub fn send(&self, keys: &[u8]) {
        match self {
            Self::Serial(serial) => drop(serial.enqueue(keys)),
            Self::Console(pipe) => drop(rustix::io::write(pipe, keys)),
        }
    }
}
