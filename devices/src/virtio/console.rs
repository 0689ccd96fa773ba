//! virtio-console with one port (virtio 1.3, 5.3): `hvc0` of a Linux guest.
//!
//! The port's line is a writer for what the guest prints and a file descriptor for what
//! it reads: standard input and output, a file, a pipe or one end of a socket pair.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use virtio_queue::Error as QueueError;
use vm_memory::{
    Bytes, GuestMemory as _, Permissions, ReadVolatile, VolatileMemoryError, VolatileSlice,
};

use super::hosted::{Backend, Hosted, InputFlow, Queues};
use super::{ActivateError, Activation, Chain, GuestMemory, VirtioDevice};
use crate::device_loop::LoopHandle;

const DEVICE_TYPE: u32 = 3;
const QUEUE_SIZES: [u16; 2] = [128, 128];
const RECEIVE: usize = 0;
const TRANSMIT: usize = 1;

/// Bytes copied out of guest memory at a time.
const CHUNK: usize = 4096;
/// Bytes read for one buffer of the driver.
const READ_LIMIT: u32 = 64 * 1024;
/// Bytes taken from one chain. Linux sends a page at most; a chain of gigabytes must not
/// keep a reset waiting.
const WRITE_LIMIT: u32 = 1024 * 1024;

/// The console device.
pub struct Console {
    hosted: Hosted<Line>,
}

impl Console {
    /// A console that prints to `output` and, if there is one, reads from `input`. The
    /// loop of `handle` blocks when `output` does, so give the console its own.
    pub fn new(handle: LoopHandle, output: Box<dyn Write + Send>, input: Option<OwnedFd>) -> Self {
        let line = Line {
            output,
            input: input.map(File::from),
            complained: false,
        };
        Self {
            hosted: Hosted::new(handle, line),
        }
    }
}

struct Line {
    output: Box<dyn Write + Send>,
    input: Option<File>,
    complained: bool,
}

impl Line {
    /// Prints the readable buffers of a chain.
    fn print(&mut self, memory: &GuestMemory, chain: Chain<'_>) {
        let mut left = WRITE_LIMIT;
        for buffer in chain.readable() {
            let mut addr = buffer.addr();
            let mut rest = buffer.len().min(left);
            left -= rest;
            while rest > 0 {
                let mut bytes = [0; CHUNK];
                let len = CHUNK.min(usize::try_from(rest).unwrap_or(CHUNK));
                let (chunk, _) = bytes.split_at_mut(len);
                if memory.read_slice(chunk, addr).is_err() {
                    self.complain("a buffer lies outside of memory");
                    return;
                }
                if let Err(error) = self.output.write_all(chunk) {
                    self.complain(&error.to_string());
                    return;
                }
                // The chunk lies within memory, so neither overflows.
                addr.0 += len as u64;
                rest -= u32::try_from(len).unwrap_or(rest);
            }
        }
    }

    fn complain(&mut self, error: &str) {
        if !std::mem::replace(&mut self.complained, true) {
            log::warn!("The console loses data: {error}");
        }
    }

    /// Reads once into the first buffer of `chain` that has room.
    fn receive(&mut self, memory: &GuestMemory, chain: Chain<'_>) -> Received {
        let Some(input) = &mut self.input else {
            return Received::End;
        };
        // One read and no more: the input is known to have something for the first one,
        // a second one might block.
        let Some(mut slice) = first_slice(memory, chain) else {
            return Received::Bytes(0);
        };
        match input.read_volatile(&mut slice) {
            Ok(0) => Received::End,
            Ok(count) => Received::Bytes(u32::try_from(count).unwrap_or(u32::MAX)),
            Err(VolatileMemoryError::IOError(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                Received::Nothing
            }
            Err(error) => {
                self.complain(&error.to_string());
                Received::End
            }
        }
    }
}

/// The first writable bytes of `chain` that lie together in memory; `None` if it has none
/// or they are outside of memory.
fn first_slice<'m>(memory: &'m GuestMemory, chain: Chain<'m>) -> Option<VolatileSlice<'m>> {
    let buffer = chain.writable().find(|buffer| buffer.len() > 0)?;
    let len = usize::try_from(buffer.len().min(READ_LIMIT)).ok()?;
    let mut slices = memory
        .get_slices(buffer.addr(), len, Permissions::Write)
        .ok()?;
    slices.next()?.ok()
}

/// What came of an attempt to read input.
enum Received {
    /// That many bytes are in the buffer.
    Bytes(u32),
    /// None at the moment.
    Nothing,
    /// None any more.
    End,
}

impl Backend for Line {
    fn process_queue(&mut self, queues: &mut Queues, index: usize) -> Result<(), QueueError> {
        // A doorbell of the receive queue only means that input can go on.
        let (TRANSMIT, Some((queue, memory))) = (index, queues.get(index)) else {
            return Ok(());
        };
        queue.drain(memory, |chain| {
            self.print(memory, chain);
            0
        })?;
        if let Err(error) = self.output.flush() {
            self.complain(&error.to_string());
        }
        Ok(())
    }

    fn input(&self) -> Option<RawFd> {
        self.input.as_ref().map(AsRawFd::as_raw_fd)
    }

    fn process_input(&mut self, queues: &mut Queues) -> Result<InputFlow, QueueError> {
        let Some((queue, memory)) = queues.get(RECEIVE) else {
            return Ok(InputFlow::End);
        };
        let Some(chain) = queue.pop(memory)? else {
            return Ok(InputFlow::Wait);
        };
        let head = chain.head_index();
        let flow = match self.receive(memory, chain) {
            Received::Bytes(count) => {
                queue.push(memory, head, count)?;
                InputFlow::More
            }
            Received::Nothing => {
                queue.unpop();
                InputFlow::More
            }
            Received::End => {
                queue.unpop();
                InputFlow::End
            }
        };
        queue.notify(memory)?;
        Ok(flow)
    }
}

impl VirtioDevice for Console {
    fn device_type(&self) -> u32 {
        DEVICE_TYPE
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUE_SIZES
    }

    fn features(&self) -> u64 {
        0
    }

    fn read_config(&self, _offset: u64, data: &mut [u8]) {
        data.fill(0);
    }

    fn write_config(&mut self, _offset: u64, _data: &[u8]) {}

    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError> {
        self.hosted.activate(activation, 2)
    }

    fn reset(&mut self) {
        self.hosted.reset();
    }
}
