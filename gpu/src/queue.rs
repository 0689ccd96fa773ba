//! Descriptor chains: gathering a request out of guest memory, scattering its response.
//!
//! Generic over the queue and the memory, so that the same code serves a queue of the
//! in-process transport and one that a vhost-user front end shares.

use std::num::Wrapping;
use std::sync::atomic::Ordering;

use virtio_queue::desc::split::Descriptor;
use virtio_queue::{DescriptorChain, QueueT};
use vm_memory::{Bytes, GuestAddress};
use zerocopy::IntoBytes;

use crate::backing::Memory;
use crate::device::Error;
use crate::protocol::MAX_REQUEST;

/// A virtqueue as the device serves it.
///
/// A ring that breaks the rules (an index beyond its size, rings outside memory) is
/// left alone from then on, until the driver resets the device.
pub(crate) struct Ring<Q> {
    queue: Q,
    broken: bool,
    /// Buffers were used since the driver was last told.
    unsignaled: bool,
}

impl<Q: QueueT> Ring<Q> {
    pub(crate) fn new(queue: Q) -> Self {
        Self {
            queue,
            broken: false,
            unsignaled: false,
        }
    }

    /// Number of entries of the ring.
    pub(crate) fn size(&self) -> usize {
        self.queue.size().into()
    }

    /// True if the ring is served no more.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Gives the ring up until the next reset.
    pub(crate) fn fail(&mut self, why: &dyn std::fmt::Display) {
        if !self.broken {
            log::error!("a virtqueue of the GPU is broken and no longer served: {why}");
            self.broken = true;
        }
    }

    /// The next chain that the driver made available.
    pub(crate) fn next<'m, M: Memory>(&mut self, memory: &'m M) -> Option<DescriptorChain<&'m M>> {
        if self.broken {
            return None;
        }
        let available = match self.queue.avail_idx(memory, Ordering::Acquire) {
            Ok(index) => index - Wrapping(self.queue.next_avail()),
            Err(error) => {
                self.fail(&error);
                return None;
            }
        };
        if available.0 > self.queue.size() {
            self.fail(&"the driver made more buffers available than there are");
            return None;
        }
        if available.0 == 0 {
            return None;
        }
        self.queue.pop_descriptor_chain(memory)
    }

    /// Puts the chain that was taken last back, to be taken again later.
    pub(crate) fn put_back(&mut self) {
        self.queue
            .set_next_avail(self.queue.next_avail().wrapping_sub(1));
    }

    /// Index of the available entry that would be taken next.
    pub(crate) fn next_avail(&self) -> u16 {
        self.queue.next_avail()
    }

    /// Gives a chain back, with `written` bytes of response.
    pub(crate) fn complete<M: Memory>(&mut self, memory: &M, head: u16, written: u32) {
        if self.broken {
            return;
        }
        match self.queue.add_used(memory, head, written) {
            Ok(()) => self.unsignaled = true,
            Err(error) => self.fail(&error),
        }
    }

    /// True if the driver is to be told of used buffers; asks once for each batch.
    pub(crate) fn take_signal<M: Memory>(&mut self, memory: &M) -> bool {
        if !std::mem::take(&mut self.unsignaled) {
            return false;
        }
        let wanted = self.queue.needs_notification(memory);
        match wanted {
            Ok(wanted) => wanted && !self.interrupts_off(memory),
            Err(error) => {
                self.fail(&error);
                false
            }
        }
    }

    /// Without `EVENT_IDX` a driver turns interrupts off by a flag of the available
    /// ring (virtio 1.3, 2.7.7).
    fn interrupts_off<M: Memory>(&self, memory: &M) -> bool {
        const NO_INTERRUPT: u16 = 1;
        if self.queue.event_idx_enabled() {
            return false;
        }
        let flags = GuestAddress(self.queue.avail_ring());
        let flags = memory.load::<u16>(flags, Ordering::Relaxed);
        flags.is_ok_and(|flags| u16::from_le(flags) & NO_INTERRUPT != 0)
    }

    /// Asks the driver not to ring the doorbell while the ring is being served.
    pub(crate) fn pause<M: Memory>(&mut self, memory: &M) {
        if !self.broken
            && let Err(error) = self.queue.disable_notification(memory)
        {
            self.fail(&error);
        }
    }

    /// Asks for doorbells again. True if there is more already.
    pub(crate) fn resume<M: Memory>(&mut self, memory: &M) -> bool {
        if self.broken {
            return false;
        }
        self.queue
            .enable_notification(memory)
            .unwrap_or_else(|error| {
                self.fail(&error);
                false
            })
    }
}

/// The buffers of one request at a time, reused for the next.
#[derive(Default)]
pub(crate) struct Buffers {
    /// The request; words, so that a command stream in it is aligned. Keeps its largest
    /// length so far.
    words: Vec<u32>,
    /// Bytes of `words` that are the request.
    len: usize,
    /// Where the response goes.
    writable: Vec<(GuestAddress, u32)>,
    /// The response.
    pub(crate) response: Vec<u8>,
}

impl Buffers {
    /// The request's bytes, as many as could be gathered.
    pub(crate) fn request(&self) -> &[u8] {
        &self.words.as_bytes()[..self.len]
    }

    /// The request's bytes, and the buffer for its response.
    pub(crate) fn split(&mut self) -> (&[u8], &mut Vec<u8>) {
        (&self.words.as_bytes()[..self.len], &mut self.response)
    }

    /// Copies the readable part of a chain into [`request`](Self::request) and notes
    /// the writable part.
    ///
    /// # Errors
    /// [`Error::Chain`]; what could be gathered before it is there, for a reply.
    pub(crate) fn gather<M: Memory>(
        &mut self,
        memory: &M,
        chain: DescriptorChain<&M>,
    ) -> Result<(), Error> {
        self.len = 0;
        self.writable.clear();
        let mut unfinished = true;
        let mut result = Ok(());
        for descriptor in chain {
            unfinished = descriptor.has_next();
            if descriptor.is_write_only() {
                self.writable.push((descriptor.addr(), descriptor.len()));
            } else if result.is_ok() {
                result = self.read(memory, descriptor);
            }
        }
        if unfinished {
            return result.and(Err(Error::Chain("its descriptors do not end")));
        }
        result
    }

    fn read<M: Memory>(&mut self, memory: &M, descriptor: Descriptor) -> Result<(), Error> {
        if !self.writable.is_empty() {
            return Err(Error::Chain("a readable descriptor after a writable one"));
        }
        let end = self.len + descriptor.len() as usize;
        if end > MAX_REQUEST {
            return Err(Error::Chain("it is larger than any request may be"));
        }
        let words = end.div_ceil(size_of::<u32>());
        if words > self.words.len() {
            self.words.resize(words, 0);
        }
        let bytes = &mut self.words.as_mut_bytes()[self.len..end];
        memory
            .read_slice(bytes, descriptor.addr())
            .map_err(|_| Error::Chain("a readable descriptor outside memory"))?;
        self.len = end;
        Ok(())
    }

    /// Writes the response into the writable part; bytes for which there is no room are
    /// lost. The number of bytes written.
    pub(crate) fn scatter<M: Memory>(&self, memory: &M) -> u32 {
        let mut rest = self.response.as_slice();
        let mut written = 0;
        for &(addr, len) in &self.writable {
            let (now, later) = rest.split_at(rest.len().min(len as usize));
            if now.is_empty() {
                break;
            }
            if memory.write_slice(now, addr).is_err() {
                log::debug!("a response buffer lies outside guest memory");
                break;
            }
            written += now.len() as u32;
            rest = later;
        }
        written
    }
}
