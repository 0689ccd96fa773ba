//! Bytes and files to and from a client.

use std::io::{self, BufReader, Read, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use vmm_sys_util::sock_ctrl_msg::ScmSocket;

/// Bytes read ahead; longer messages are read in place.
const READ_BYTES: usize = 1 << 16;

/// Bytes to and from a client.
pub trait Transport: Read + Write {
    /// Sends a file along with one byte.
    ///
    /// # Errors
    /// If the client is gone or files cannot be sent.
    fn send_file(&mut self, file: BorrowedFd<'_>) -> io::Result<()>;
}

/// A connected socket.
#[derive(Debug)]
pub struct SocketTransport {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl SocketTransport {
    /// Takes a connected socket.
    ///
    /// # Errors
    /// If the process is out of file descriptors.
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        Ok(Self {
            writer: stream.try_clone()?,
            reader: BufReader::with_capacity(READ_BYTES, stream),
        })
    }
}

impl Read for SocketTransport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl Write for SocketTransport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Transport for SocketTransport {
    fn send_file(&mut self, file: BorrowedFd<'_>) -> io::Result<()> {
        let byte = [0u8];
        self.writer.send_with_fd(&byte[..], file.as_raw_fd())?;
        Ok(())
    }
}
