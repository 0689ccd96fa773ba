//! Buffers for data that is written once and used by the next draw: constants and
//! uniform blocks.
//!
//! One buffer is used as a ring of [`SEGMENTS`] parts. What is written stays valid while
//! the ring moves on by fewer than [`LIVE`] parts; a part is written again only after the
//! draws that could still read it have passed a fence. So no write waits for the GPU
//! unless the GPU is half a ring behind. Where the host can map a buffer for good
//! (`EXT_buffer_storage`), a write is one copy and no GL call.

use std::rc::Rc;

use glow::HasContext;

use super::{Buffer, Gl};

/// Parts of a ring that are recycled separately.
const SEGMENTS: usize = 8;
/// Data may be used by draws while fewer parts than this have been begun after it.
const LIVE: u64 = 4;
/// `GL_MAP_PERSISTENT_BIT | GL_MAP_COHERENT_BIT | GL_MAP_WRITE_BIT`.
const MAP_FLAGS: u32 = glow::MAP_WRITE_BIT | glow::MAP_PERSISTENT_BIT | glow::MAP_COHERENT_BIT;
/// How long to wait for a part's fence before giving up on it, in nanoseconds.
const FENCE_TIMEOUT_NS: u32 = 2_000_000_000;

/// Data in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamRange {
    /// Its first byte in the buffer.
    pub offset: u32,
    /// The part it lies in, counted from the ring's first use.
    sequence: u64,
}

/// A ring buffer for streamed data.
pub struct StreamBuffer {
    gl: Rc<Gl>,
    buffer: Buffer,
    /// The persistent mapping, if the host has such.
    mapped: Option<*mut u8>,
    segment_size: usize,
    /// Parts begun so far; the current one is this number modulo [`SEGMENTS`].
    sequence: u64,
    /// Bytes used of the current part.
    used: usize,
    /// The fence behind the draws issued while a part was the current one.
    fences: [Option<glow::Fence>; SEGMENTS],
}

impl StreamBuffer {
    /// Makes a ring of `size` bytes, a multiple of [`SEGMENTS`] times 256.
    ///
    /// # Errors
    /// GL's own words when there is no memory for it.
    pub fn new(gl: &Rc<Gl>, size: usize) -> Result<Self, String> {
        let buffer = Buffer::new(gl)?;
        let length = i32::try_from(size).map_err(|e| e.to_string())?;
        gl.bind_buffer(glow::COPY_WRITE_BUFFER, Some(buffer.name()));
        let mut mapped = None;
        if let Some(storage) = gl.ext.buffer_storage {
            // SAFETY: a null pointer asks for uninitialised storage of `size` bytes.
            unsafe {
                storage(
                    glow::COPY_WRITE_BUFFER,
                    size as isize,
                    std::ptr::null(),
                    MAP_FLAGS,
                );
            }
            // SAFETY: GL checks the range and the flags and answers null on failure.
            let address = unsafe {
                gl.raw
                    .map_buffer_range(glow::COPY_WRITE_BUFFER, 0, length, MAP_FLAGS)
            };
            mapped = (!address.is_null()).then_some(address);
        }
        if mapped.is_none() {
            gl.take_error();
            gl.buffer_data_size(glow::COPY_WRITE_BUFFER, length, glow::STREAM_DRAW);
        }
        match gl.take_error() {
            None => Ok(Self {
                gl: Rc::clone(gl),
                buffer,
                mapped,
                segment_size: size / SEGMENTS,
                sequence: 0,
                used: 0,
                fences: [None; SEGMENTS],
            }),
            Some(error) => Err(format!(
                "GL error {error:#x} for a stream buffer of {size} bytes"
            )),
        }
    }

    /// The buffer that [`push`](Self::push) writes to.
    pub fn buffer(&self) -> glow::Buffer {
        self.buffer.name()
    }

    /// May draws still use `range`? If not, its data must be pushed again.
    pub fn is_live(&self, range: StreamRange) -> bool {
        self.sequence - range.sequence < LIVE
    }

    /// Copies `data` into the ring, followed by zeros up to `reserve` bytes, at a multiple
    /// of `align` bytes (a power of two).
    ///
    /// Returns `None` if `reserve` does not fit into a part of the ring.
    pub fn push(&mut self, data: &[u8], reserve: usize, align: usize) -> Option<StreamRange> {
        let reserve = reserve.max(data.len());
        if reserve > self.segment_size {
            return None;
        }
        let mut start = self.used.next_multiple_of(align);
        if start + reserve > self.segment_size {
            self.begin_segment();
            start = 0;
        }
        let segment = (self.sequence % SEGMENTS as u64) as usize;
        let offset = segment * self.segment_size + start;
        self.write(offset, data);
        if reserve > data.len() {
            self.zero(offset + data.len(), reserve - data.len());
        }
        self.used = start + reserve;
        Some(StreamRange {
            offset: u32::try_from(offset).ok()?,
            sequence: self.sequence,
        })
    }

    fn begin_segment(&mut self) {
        let slot = |sequence: u64| (sequence % SEGMENTS as u64) as usize;
        if self.mapped.is_some() {
            if let Some(old) = self.fences[slot(self.sequence)].take() {
                self.gl.delete_sync(old);
            }
            self.fences[slot(self.sequence)] = self.gl.fence_sync();
        }
        self.sequence += 1;
        self.used = 0;
        // What the new part held was live until this part was left.
        let Some(last_use) = (self.sequence + LIVE).checked_sub(SEGMENTS as u64 + 1) else {
            return;
        };
        if let Some(fence) = self.fences[slot(last_use)].take() {
            if !self.gl.client_wait_sync(fence, FENCE_TIMEOUT_NS) {
                log::warn!("the GPU is seconds behind; constants may be overwritten early");
            }
            self.gl.delete_sync(fence);
        }
    }

    fn write(&self, offset: usize, data: &[u8]) {
        match self.mapped {
            // SAFETY: `push` keeps `offset + len` within the mapped `size` bytes, and the GPU
            // only reads parts whose fence has not been waited for.
            Some(base) => unsafe {
                std::ptr::copy_nonoverlapping(data.as_ptr(), base.add(offset), data.len());
            },
            None => {
                self.gl
                    .bind_buffer(glow::COPY_WRITE_BUFFER, Some(self.buffer.name()));
                self.gl
                    .buffer_sub_data(glow::COPY_WRITE_BUFFER, offset as i32, data);
            }
        }
    }

    fn zero(&self, offset: usize, len: usize) {
        match self.mapped {
            // SAFETY: as in `write`.
            Some(base) => unsafe { std::ptr::write_bytes(base.add(offset), 0, len) },
            None => {
                const ZEROS: [u8; 4096] = [0; 4096];
                let mut done = 0;
                while done < len {
                    let n = (len - done).min(ZEROS.len());
                    self.write(offset + done, &ZEROS[..n]);
                    done += n;
                }
            }
        }
    }
}

impl Drop for StreamBuffer {
    fn drop(&mut self) {
        for fence in self.fences.iter_mut().filter_map(Option::take) {
            self.gl.delete_sync(fence);
        }
    }
}
