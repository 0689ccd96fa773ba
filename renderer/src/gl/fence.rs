//! Fences: the host GPU's progress, reported by event.
//!
//! A fence that has not passed when it is made goes to a thread of its own, whose
//! context shares the renderer's sync objects. That thread sleeps in the driver until
//! the fence passes and then rings an event file descriptor; nothing polls.

use std::collections::VecDeque;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use maro_gpu::renderer::{Error, FenceId, FenceStatus};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

use super::Gl;
use super::platform::{Context, PlatformError};

/// How long one wait in the driver lasts before the thread looks around, in nanoseconds.
const WAIT_NS: u32 = 1_000_000_000;
/// After so many waits without an end the GPU is taken for hung and the fence let go.
const MAX_WAITS: u32 = 60;

/// A sync object on its way to another thread of the same share group.
#[derive(Debug)]
pub struct SharedFence(glow::Fence);

// SAFETY: a sync object belongs to the share group, not to a thread, and whoever holds this
// value is its only user.
unsafe impl Send for SharedFence {}

impl SharedFence {
    /// Gives `fence` up for another thread to use.
    pub fn new(fence: glow::Fence) -> Self {
        Self(fence)
    }

    /// The sync object, to be deleted by the caller.
    pub fn into_fence(self) -> glow::Fence {
        self.0
    }
}

struct Waiter {
    queue: Option<mpsc::Sender<SharedFence>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// The fences of one renderer, in the order they were made.
pub struct Fences {
    gl: Rc<Gl>,
    waiter: Option<Waiter>,
    pending: VecDeque<FenceId>,
    passed: Arc<AtomicUsize>,
    event: Arc<EventFd>,
}

impl Fences {
    /// Starts the waiting thread on `context`, which shares the objects of `gl`'s context.
    /// Without one, every fence waits for the GPU when it is made.
    ///
    /// # Errors
    /// If the system has no event file descriptor or thread left.
    pub fn new(gl: &Rc<Gl>, context: Option<Context>) -> Result<Self, std::io::Error> {
        let event = Arc::new(EventFd::new(EFD_NONBLOCK)?);
        let passed = Arc::new(AtomicUsize::new(0));
        let waiter = match context {
            Some(context) => Waiter::start(context, Arc::clone(&passed), Arc::clone(&event))?,
            None => None,
        };
        Ok(Self {
            gl: Rc::clone(gl),
            waiter,
            pending: VecDeque::new(),
            passed,
            event,
        })
    }

    /// Places a fence behind all GL commands so far.
    ///
    /// # Errors
    /// If the driver makes no sync object.
    pub fn create(&mut self, id: FenceId) -> Result<FenceStatus, Error> {
        if self.gl.is_es20() {
            self.gl.finish();
            return Ok(FenceStatus::Signaled);
        }
        let Some(fence) = self.gl.fence_sync() else {
            return Err(Error::Host("the driver made no fence".to_owned()));
        };
        // This also flushes, without which another context would wait for ever.
        let passed = self.gl.client_wait_sync(fence, 0);
        if passed && self.pending.is_empty() {
            self.gl.delete_sync(fence);
            return Ok(FenceStatus::Signaled);
        }
        if let Some(queue) = self
            .waiter
            .as_ref()
            .and_then(|waiter| waiter.queue.as_ref())
            && queue.send(SharedFence(fence)).is_ok()
        {
            self.pending.push_back(id);
            return Ok(FenceStatus::Pending);
        }
        self.gl.finish();
        self.gl.delete_sync(fence);
        Ok(FenceStatus::Signaled)
    }

    /// Readable when [`poll`](Self::poll) has something to report; `None` without a
    /// waiting thread.
    pub fn event(&self) -> Option<BorrowedFd<'_>> {
        self.waiter.as_ref()?;
        let fd = self.event.as_raw_fd();
        // SAFETY: the descriptor lives as long as `self`, which the result borrows.
        Some(unsafe { BorrowedFd::borrow_raw(fd) })
    }

    /// Reports the fences that have passed, in order.
    pub fn poll(&mut self, retired: &mut dyn FnMut(FenceId)) {
        // The counter is only a wake-up: an empty one means that nothing rang since.
        let _ = self.event.read();
        let passed = self.passed.swap(0, Ordering::Acquire);
        for id in self.pending.drain(..passed.min(self.pending.len())) {
            retired(id);
        }
    }
}

impl Waiter {
    /// `None` if the driver does not let the thread use the context.
    fn start(
        context: Context,
        passed: Arc<AtomicUsize>,
        event: Arc<EventFd>,
    ) -> Result<Option<Self>, std::io::Error> {
        let (queue, fences) = mpsc::channel();
        let (ready, started) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("gpu-fences".to_owned())
            .spawn(move || wait_for_fences(context, &ready, &fences, &passed, &event))?;
        match started.recv() {
            Ok(Ok(())) => Ok(Some(Self {
                queue: Some(queue),
                thread: Some(thread),
            })),
            Ok(Err(e)) => {
                log::warn!("fences are waited for in the renderer's thread: {e}");
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported already.
            let _ = thread.join();
        }
    }
}

fn wait_for_fences(
    context: Context,
    ready: &mpsc::Sender<Result<(), PlatformError>>,
    fences: &mpsc::Receiver<SharedFence>,
    passed: &AtomicUsize,
    event: &EventFd,
) {
    let context = match context.make_current() {
        Ok(context) => context,
        Err(e) => {
            // Whoever started this thread waits for the answer.
            let _ = ready.send(Err(e));
            return;
        }
    };
    let _ = ready.send(Ok(()));
    // SAFETY: the context is current in this thread until the function returns.
    let gl = unsafe { Gl::new(&mut |name| context.get_proc_address(name), None) };
    while let Ok(SharedFence(fence)) = fences.recv() {
        wait(&gl, fence);
        gl.delete_sync(fence);
        passed.fetch_add(1, Ordering::Release);
        if let Err(e) = event.write(1) {
            log::error!("a passed fence could not be reported: {e}");
        }
    }
}

/// Sleeps until `fence` passes, or lets a GPU go that hangs or was reset.
fn wait(gl: &Gl, fence: glow::Fence) {
    for _ in 0..MAX_WAITS {
        if gl.client_wait_sync(fence, WAIT_NS) {
            return;
        }
        if gl.reset_status().is_some() {
            break;
        }
    }
    log::error!("the host's GPU does not finish its work; a fence is let go");
}
