//! A renderer that accepts everything and draws nothing: for tests, and to measure what
//! the device itself costs.

use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::renderer::{
    Backing, Capset, ContextId, Cursor, Direction, Error, FenceId, FenceStatus, Image, Rect,
    Renderer, ResourceDesc, ResourceId, ScanoutId, Transfer,
};

/// The largest picture that is made up for a scanout, in pixels.
const MAX_PICTURE: u64 = 1 << 26;

/// What a [`NullRenderer`] was asked to do.
#[derive(Debug, Default)]
pub struct NullCounters {
    /// Contexts made, less those destroyed.
    pub contexts: AtomicU64,
    /// Resources made, less those destroyed.
    pub resources: AtomicU64,
    /// Backings attached, less those detached.
    pub backings: AtomicU64,
    /// Pairs of context and resource attached, less those detached.
    pub attachments: AtomicU64,
    /// Transfers in either direction.
    pub transfers: AtomicU64,
    /// Command streams.
    pub submits: AtomicU64,
    /// Words of those streams.
    pub words: AtomicU64,
    /// Fences.
    pub fences: AtomicU64,
    /// Flushes.
    pub flushes: AtomicU64,
    /// Changes of the pointer.
    pub cursors: AtomicU64,
    /// Resets; they take the first four counters back to 0.
    pub resets: AtomicU64,
}

/// Accepts everything and draws nothing. Every fence passes at once.
#[derive(Debug, Default)]
pub struct NullRenderer {
    capsets: Vec<Capset>,
    counters: Arc<NullCounters>,
    scanouts: HashMap<ScanoutId, Rect>,
}

impl NullRenderer {
    /// A renderer that claims `capsets`; without any it is one for 2D.
    pub fn new(capsets: Vec<Capset>) -> Self {
        Self {
            capsets,
            ..Self::default()
        }
    }

    /// Its counters, which outlive it.
    pub fn counters(&self) -> Arc<NullCounters> {
        Arc::clone(&self.counters)
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

fn sub(counter: &AtomicU64) {
    counter.fetch_sub(1, Relaxed);
}

impl Renderer for NullRenderer {
    fn capsets(&self) -> &[Capset] {
        &self.capsets
    }

    fn create_context(&mut self, _: ContextId, _: u32, _: &str) -> Result<(), Error> {
        add(&self.counters.contexts);
        Ok(())
    }

    fn destroy_context(&mut self, _: ContextId) -> Result<(), Error> {
        sub(&self.counters.contexts);
        Ok(())
    }

    fn create_resource(&mut self, _: ResourceId, _: &ResourceDesc) -> Result<(), Error> {
        add(&self.counters.resources);
        Ok(())
    }

    fn destroy_resource(&mut self, _: ResourceId) -> Result<(), Error> {
        sub(&self.counters.resources);
        Ok(())
    }

    fn attach_backing(&mut self, _: ResourceId, _: Arc<dyn Backing>) -> Result<(), Error> {
        add(&self.counters.backings);
        Ok(())
    }

    fn detach_backing(&mut self, _: ResourceId) -> Result<(), Error> {
        sub(&self.counters.backings);
        Ok(())
    }

    fn attach_resource(&mut self, _: ContextId, _: ResourceId) -> Result<(), Error> {
        add(&self.counters.attachments);
        Ok(())
    }

    fn detach_resource(&mut self, _: ContextId, _: ResourceId) -> Result<(), Error> {
        sub(&self.counters.attachments);
        Ok(())
    }

    fn transfer(
        &mut self,
        _: Option<ContextId>,
        _: ResourceId,
        _: &Transfer,
        _: Direction,
    ) -> Result<(), Error> {
        add(&self.counters.transfers);
        Ok(())
    }

    fn submit(&mut self, _: ContextId, commands: &[u32]) -> Result<(), Error> {
        add(&self.counters.submits);
        self.counters
            .words
            .fetch_add(commands.len() as u64, Relaxed);
        Ok(())
    }

    fn create_fence(&mut self, _: FenceId) -> Result<FenceStatus, Error> {
        add(&self.counters.fences);
        Ok(FenceStatus::Signaled)
    }

    fn fence_event(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn poll_fences(&mut self, _: &mut dyn FnMut(FenceId)) {}

    fn set_scanout(
        &mut self,
        scanout: ScanoutId,
        source: Option<(ResourceId, Rect)>,
    ) -> Result<(), Error> {
        match source {
            Some((_, rect)) => self.scanouts.insert(scanout, rect),
            None => self.scanouts.remove(&scanout),
        };
        Ok(())
    }

    fn flush(&mut self, _: ResourceId, _: Rect) -> Result<(), Error> {
        add(&self.counters.flushes);
        Ok(())
    }

    fn update_cursor(&mut self, _: &Cursor) -> Result<(), Error> {
        add(&self.counters.cursors);
        Ok(())
    }

    fn move_cursor(&mut self, _: ScanoutId, _: i32, _: i32) -> Result<(), Error> {
        add(&self.counters.cursors);
        Ok(())
    }

    /// A black picture of the scanout's size.
    fn read_scanout(&mut self, scanout: ScanoutId) -> Result<Option<Image>, Error> {
        let Some(rect) = self.scanouts.get(&scanout) else {
            return Ok(None);
        };
        let pixels = u64::from(rect.width) * u64::from(rect.height);
        if pixels > MAX_PICTURE {
            return Err(Error::OutOfMemory(format!("a picture of {pixels} pixels")));
        }
        Ok(Some(Image {
            width: rect.width,
            height: rect.height,
            rgba: [0, 0, 0, 255].repeat(pixels as usize),
        }))
    }

    fn reset(&mut self) {
        let counters = &self.counters;
        for counter in [
            &counters.contexts,
            &counters.resources,
            &counters.backings,
            &counters.attachments,
        ] {
            counter.store(0, Relaxed);
        }
        add(&counters.resets);
        self.scanouts.clear();
    }
}
