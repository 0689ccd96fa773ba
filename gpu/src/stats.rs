//! Counters that the GPU thread writes and anyone may read.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::config::MAX_SCANOUTS;
use crate::renderer::ScanoutId;

/// Counters of a running device. They only grow, also across resets.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) frames: [AtomicU64; MAX_SCANOUTS],
    pub(crate) commands: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) submits: AtomicU64,
    pub(crate) submit_bytes: AtomicU64,
    pub(crate) fences: AtomicU64,
    pub(crate) fences_delayed: AtomicU64,
    pub(crate) resets: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Relaxed);
    }

    /// The counters at this moment.
    pub fn snapshot(&self) -> Stats {
        let get = |counter: &AtomicU64| counter.load(Relaxed);
        Stats {
            frames: std::array::from_fn(|i| get(&self.frames[i])),
            commands: get(&self.commands),
            errors: get(&self.errors),
            submits: get(&self.submits),
            submit_bytes: get(&self.submit_bytes),
            fences: get(&self.fences),
            fences_delayed: get(&self.fences_delayed),
            resets: get(&self.resets),
        }
    }
}

/// [`Counters`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Frames flushed by the guest, one entry a scanout.
    pub frames: [u64; MAX_SCANOUTS],
    /// Requests taken from both queues.
    pub commands: u64,
    /// Requests that were refused.
    pub errors: u64,
    /// Command streams handed to the renderer.
    pub submits: u64,
    /// Bytes of those streams.
    pub submit_bytes: u64,
    /// Fenced requests completed.
    pub fences: u64,
    /// Those of them that had to wait for the host's GPU.
    pub fences_delayed: u64,
    /// Resets by the driver.
    pub resets: u64,
}

impl Stats {
    /// Frames flushed on `scanout`; 0 for one that the device does not have.
    pub fn frames_of(&self, scanout: ScanoutId) -> u64 {
        usize::try_from(scanout.0)
            .ok()
            .and_then(|i| self.frames.get(i))
            .copied()
            .unwrap_or(0)
    }
}
