//! The guest's console: a pipe that its serial port writes and a test reads.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::pipe::{PipeFlags, pipe_with};

/// Longest line that is kept in one piece.
const MAX_LINE: usize = 4096;
/// Most bytes that go into the log file: what a guest prints must not fill the disk.
const MAX_LOG: usize = 16 << 20;

/// Reads a guest's console and keeps a copy of it.
pub struct Console {
    /// None once nobody reads any more.
    pipe: Option<OwnedFd>,
    /// Where the serial port writes; closed once the machine has its own.
    writer: Option<OwnedFd>,
    log: File,
    logged: usize,
    lines: Lines,
}

impl Console {
    /// A console whose text is copied to `log`.
    ///
    /// # Errors
    /// If the host has no descriptors left.
    pub fn new(log: File) -> io::Result<Self> {
        let (pipe, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        Ok(Self {
            pipe: Some(pipe),
            writer: Some(writer),
            log,
            logged: 0,
            lines: Lines::default(),
        })
    }

    /// The path under which this process opens the pipe's other end, until
    /// [`close_writer`](Self::close_writer).
    pub fn writer_path(&self) -> Option<PathBuf> {
        let writer = self.writer.as_ref()?;
        Some(format!("/dev/fd/{}", writer.as_raw_fd()).into())
    }

    /// Closes the other end here: the machine has opened it.
    pub fn close_writer(&mut self) {
        self.writer = None;
    }

    /// Reads no more; what the guest still writes is dropped.
    pub fn close_reader(&mut self) {
        self.pipe = None;
    }

    /// Readable when there is something to read; none once the reader is closed.
    pub fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Calls `each` for each line that was completed since the last call; does not wait.
    /// False once nobody can write any more.
    ///
    /// # Errors
    /// Those of reading the pipe or writing the log.
    pub fn read(&mut self, mut each: impl FnMut(&str)) -> io::Result<bool> {
        let Some(pipe) = &self.pipe else {
            return Ok(false);
        };
        let mut buffer = [0; 4096];
        loop {
            let count = match rustix::io::read(pipe, &mut buffer) {
                Ok(0) => return Ok(false),
                Ok(count) => count,
                Err(rustix::io::Errno::AGAIN) => return Ok(true),
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(error.into()),
            };
            let text = buffer.get(..count).unwrap_or_default();
            let kept = text.len().min(MAX_LOG - self.logged);
            self.log.write_all(text.get(..kept).unwrap_or_default())?;
            self.logged += kept;
            self.lines.push(text, &mut each);
        }
    }
}

/// Cuts a stream of bytes into lines of printable text.
#[derive(Debug, Default)]
struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8], each: &mut impl FnMut(&str)) {
        for &byte in bytes {
            if byte != b'\n' {
                self.partial.push(byte);
            }
            if byte == b'\n' || self.partial.len() >= MAX_LINE {
                each(&printable(&self.partial));
                self.partial.clear();
            }
        }
    }
}

/// The line without what would move a terminal's cursor.
fn printable(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(line)
        .chars()
        .map(|c| {
            if c.is_control() && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        for chunk in chunks {
            lines.push(chunk, &mut |line| found.push(line.to_owned()));
        }
        found
    }

    #[test]
    fn lines_are_put_together_from_chunks() {
        assert_eq!(lines(&[b"ab", b"c\r\nd", b"\nrest"]), ["abc", "d"]);
    }

    #[test]
    fn line_without_end_is_cut() {
        assert_eq!(lines(&[&[b'x'; 2 * MAX_LINE + 1]]).len(), 2);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(lines(&[b"\x1b[2J\tok\xff\n"]), ["\u{fffd}[2J\tok\u{fffd}"]);
    }

    #[test]
    fn text_arrives_in_order_and_in_the_log() {
        let folder = tempfile::tempdir().expect("tempdir");
        let path = folder.path().join("console.log");
        let mut console = Console::new(File::create(&path).expect("creates")).expect("pipe");
        let mut writer = File::create(console.writer_path().expect("open")).expect("opens");
        console.close_writer();
        assert_eq!(console.writer_path(), None);
        writer.write_all(b"one\ntwo\npart").expect("writes");
        let mut found = Vec::new();
        assert!(
            console
                .read(|line| found.push(line.to_owned()))
                .expect("reads")
        );
        drop(writer);
        assert!(
            !console
                .read(|line| found.push(line.to_owned()))
                .expect("reads")
        );
        assert_eq!(found, ["one", "two"]);
        assert_eq!(std::fs::read(path).expect("reads"), b"one\ntwo\npart");
    }
}
