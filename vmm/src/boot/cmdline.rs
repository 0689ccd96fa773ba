//! The kernel's command line.

use std::fmt;

use vm_memory::{Bytes, GuestAddress};

use super::BootError;
use crate::memory::{GuestMemory, layout};

/// A kernel command line in the making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cmdline(String);

impl Cmdline {
    /// Starts from a line as a user wrote it.
    pub fn new(line: &str) -> Self {
        Self(line.trim().to_owned())
    }

    /// Appends one parameter. It goes before `--`, after which all belongs to init.
    pub fn push(&mut self, parameter: impl fmt::Display) {
        let (kernel, init) = match self.0.split_once(" -- ") {
            Some((kernel, init)) => (kernel, Some(init)),
            None => (self.0.as_str(), None),
        };
        let mut line = kernel.to_owned();
        if !line.is_empty() {
            line.push(' ');
        }
        line += &parameter.to_string();
        if let Some(init) = init {
            line += " -- ";
            line += init;
        }
        self.0 = line;
    }

    /// Appends `parameter` unless the line says something about its key already.
    pub fn push_default(&mut self, parameter: &str) {
        let key = parameter.split_once('=').map_or(parameter, |(key, _)| key);
        if !self.has(key) {
            self.push(parameter);
        }
    }

    /// Whether the line holds the parameter `key`, with or without a value.
    pub fn has(&self, key: &str) -> bool {
        self.values(key).next().is_some()
    }

    /// The values of parameter `key`; empty text for one without.
    pub fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .split_ascii_whitespace()
            .take_while(|&word| word != "--")
            .map(|word| word.split_once('=').unwrap_or((word, "")))
            .filter_map(move |(name, value)| (name == key).then_some(value))
    }

    /// The line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cmdline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Writes `line` and its NUL to its place in guest memory; `limit` is the most bytes
/// that the kernel takes.
pub fn write(memory: &GuestMemory, line: &str, limit: usize) -> Result<(), BootError> {
    let room = usize::try_from(layout::CMDLINE_CAPACITY - 1).unwrap_or(usize::MAX);
    let limit = limit.min(room);
    if line.len() > limit {
        return Err(BootError::CmdlineTooLong {
            length: line.len(),
            limit,
        });
    }
    if line.contains('\0') {
        return Err(BootError::CmdlineNul);
    }
    let at = GuestAddress(layout::CMDLINE);
    memory.write_slice(line.as_bytes(), at)?;
    memory.write_obj(0u8, GuestAddress(layout::CMDLINE + line.len() as u64))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn push_keeps_the_part_for_init_last() {
        let mut line = Cmdline::new("quiet init=/x -- a b");
        line.push("reboot=k");
        assert_eq!(line.as_str(), "quiet init=/x reboot=k -- a b");
        let mut empty = Cmdline::new("");
        empty.push("quiet");
        assert_eq!(empty.as_str(), "quiet");
    }

    #[test]
    fn push_default_respects_the_user() {
        let mut line = Cmdline::new("tsc=unstable console=ttyS0 console=hvc0 -- root=/dev/vdb");
        line.push_default("tsc=reliable");
        line.push_default("root=/dev/vda");
        assert_eq!(
            line.as_str(),
            "tsc=unstable console=ttyS0 console=hvc0 root=/dev/vda -- root=/dev/vdb"
        );
        assert_eq!(
            line.values("console").collect::<Vec<_>>(),
            ["ttyS0", "hvc0"]
        );
        assert!(!line.has("ro"));
    }

    #[test]
    fn write_checks_length_and_nul() {
        let memory = GuestMemory::from_ranges(&[(GuestAddress(0), 1 << 20)]).expect("maps");
        write(&memory, "quiet", 5).expect("fits");
        let mut back = [0xff; 6];
        memory
            .read_slice(&mut back, GuestAddress(layout::CMDLINE))
            .expect("reads");
        assert_eq!(&back, b"quiet\0");
        assert!(matches!(
            write(&memory, "quieter", 5),
            Err(BootError::CmdlineTooLong {
                length: 7,
                limit: 5
            })
        ));
        assert!(matches!(
            write(&memory, "a\0b", 5),
            Err(BootError::CmdlineNul)
        ));
    }
}
