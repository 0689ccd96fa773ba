//! virtio-rng: random bytes from the host's kernel (virtio 1.3, 5.4).

use std::fs::File;
use std::io;

use virtio_queue::Error as QueueError;
use vm_memory::Bytes;

use super::hosted::{Backend, Hosted, Queues};
use super::{ActivateError, Activation, Chain, GuestMemory, VirtioDevice};
use crate::device_loop::LoopHandle;

const DEVICE_TYPE: u32 = 4;
const QUEUE_SIZES: [u16; 1] = [64];
/// Bytes given to one request. A driver takes what it gets and asks again; a request for
/// gigabytes must not keep the loop's other devices waiting.
const REQUEST_LIMIT: u32 = 64 * 1024;

/// The entropy device.
pub struct Entropy {
    hosted: Hosted<Source>,
}

impl Entropy {
    /// A device that gives out the bytes of the host's `/dev/urandom`.
    ///
    /// # Errors
    /// `/dev/urandom` cannot be opened.
    pub fn new(handle: LoopHandle) -> io::Result<Self> {
        Ok(Self::with_source(handle, File::open("/dev/urandom")?))
    }

    /// A device that gives out the bytes of `source`, read from its current position.
    pub fn with_source(handle: LoopHandle, source: File) -> Self {
        let source = Source {
            file: source,
            complained: false,
        };
        Self {
            hosted: Hosted::new(handle, source),
        }
    }
}

struct Source {
    file: File,
    complained: bool,
}

impl Source {
    /// Fills the writable buffers of a request and returns how many bytes it wrote.
    fn fill(&mut self, memory: &GuestMemory, chain: Chain<'_>) -> u32 {
        let mut written = 0;
        for buffer in chain.writable() {
            let want = buffer.len().min(REQUEST_LIMIT - written);
            let Ok(count) = usize::try_from(want) else {
                break;
            };
            match memory.read_volatile_from(buffer.addr(), &mut self.file, count) {
                Ok(count) => written += u32::try_from(count).unwrap_or(want).min(want),
                Err(error) => {
                    self.complain(&error);
                    break;
                }
            }
        }
        written
    }

    fn complain(&mut self, error: &vm_memory::GuestMemoryError) {
        if !std::mem::replace(&mut self.complained, true) {
            log::warn!("A request for random bytes failed: {error}");
        }
    }
}

impl Backend for Source {
    fn process_queue(&mut self, queues: &mut Queues, index: usize) -> Result<(), QueueError> {
        let Some((queue, memory)) = queues.get(index) else {
            return Ok(());
        };
        queue.drain(memory, |chain| self.fill(memory, chain))
    }
}

impl VirtioDevice for Entropy {
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
        self.hosted.activate(activation, 1)
    }

    fn reset(&mut self) {
        self.hosted.reset();
    }
}
