//! From the words of a command stream to [`Command`]s.
//!
//! [`commands`] walks a stream without allocating: arrays and text stay where they are.
//! It is total: any words give commands and errors, and it always ends. A
//! command whose content makes no sense is reported and passed over; only a header that
//! promises more words than there are ends the stream early, for nothing after it can
//! be found. Extra words in a payload are ignored.
#![forbid(unsafe_code)]

// The text of shaders and the data of inline writes are viewed as bytes in place.
#[cfg(target_endian = "big")]
compile_error!("command streams are little-endian and are viewed in place");

mod command;
mod parse;

#[cfg(test)]
mod robustness;
#[cfg(test)]
mod tests;

pub use command::{
    Blit, BlitSide, Clear, ClearSurface, Command, CopyRegion, CopyTransfer, Draw, Grid,
    IndexBuffer, IndirectDraw, QueryToBuffer, RenderCondition, ResourceType, SignedBox,
};

use crate::protocol::commands::{CommandId, Header};
use crate::protocol::values::InvalidValue;

/// Why a command could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The header promises more words than the stream has left.
    #[error("its payload of {length} words overruns the stream, which has {left} left")]
    Truncated {
        /// Words promised.
        length: u16,
        /// Words there.
        left: usize,
    },
    /// No command has that number.
    #[error("there is no such command")]
    UnknownCommand,
    /// The payload is shorter than the command needs.
    #[error("its payload has {length} words but needs {needed}")]
    TooShort {
        /// Words there.
        length: u16,
        /// Words needed.
        needed: usize,
    },
    /// A field holds a value that the protocol does not define.
    #[error(transparent)]
    Value(#[from] InvalidValue),
}

/// A command that could not be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} at word {offset}: {fault}", self.command_name())]
pub struct DecodeError {
    /// Words from the start of the stream to the command's header.
    pub offset: usize,
    /// The header.
    pub header: Header,
    /// What is wrong.
    pub fault: Fault,
}

impl DecodeError {
    /// True if the stream could not be followed any further; otherwise just this
    /// command was passed over.
    #[inline]
    pub const fn ends_stream(&self) -> bool {
        matches!(self.fault, Fault::Truncated { .. })
    }

    fn command_name(&self) -> String {
        match CommandId::from_number(self.header.command) {
            Some(id) => id.name().to_owned(),
            None => format!("command {}", self.header.command),
        }
    }
}

/// Decodes a stream, command by command.
#[inline]
pub fn commands(words: &[u32]) -> Commands<'_> {
    Commands { words, offset: 0 }
}

/// The commands of a stream; see [`commands`].
#[derive(Clone, Debug)]
pub struct Commands<'a> {
    words: &'a [u32],
    offset: usize,
}

impl Commands<'_> {
    /// Words from the start of the stream to the header of the command that comes next.
    #[inline]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

impl<'a> Iterator for Commands<'a> {
    type Item = Result<Command<'a>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (&word, rest) = self.words.split_first()?;
        let header = Header::from_word(word);
        let offset = self.offset;
        let result = match rest.split_at_checked(usize::from(header.length)) {
            Some((payload, rest)) => {
                self.words = rest;
                self.offset += 1 + payload.len();
                parse::command(header, payload)
            }
            None => {
                self.words = &[];
                self.offset += 1 + rest.len();
                Err(Fault::Truncated {
                    length: header.length,
                    left: rest.len(),
                })
            }
        };
        Some(result.map_err(|fault| DecodeError {
            offset,
            header,
            fault,
        }))
    }
}

impl std::iter::FusedIterator for Commands<'_> {}
