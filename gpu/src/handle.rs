//! The monitor's hold on a running device: resize, screenshot, counters, shutdown.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc::{RecvTimeoutError, Sender, SyncSender, sync_channel};
use std::time::Duration;

use vmm_sys_util::eventfd::EventFd;

use crate::device::display::{AskDisplays, ToldDisplay};
use crate::renderer::{self, Image, ScanoutId};
use crate::stats::{Counters, Stats};
use crate::worker::{Start, Stopped};

/// How long a screenshot may take: the GPU thread may be in the midst of a long command
/// stream, but a caller should not wait for one that never ends.
const SCREENSHOT_LIMIT: Duration = Duration::from_secs(30);

/// Why a request to the GPU thread failed.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// The thread has ended, by a shutdown or by a fault of its own.
    #[error("The GPU thread has ended")]
    Gone,
    /// The thread did not answer in time.
    #[error("The GPU thread did not answer within {0:?}")]
    Timeout(Duration),
    /// The renderer refused.
    #[error(transparent)]
    Renderer(#[from] renderer::Error),
}

/// What others ask of the GPU thread.
pub(crate) enum Request {
    /// Serve these queues; the answer tells whether they could be watched.
    Activate(Box<Start>, SyncSender<io::Result<()>>),
    /// Let go of the queues but keep what the driver made; answered when done.
    Suspend(SyncSender<Stopped>),
    /// Ask someone else for the displays whenever the guest wants to know of them.
    AskDisplays(Option<AskDisplays>),
    /// The answer to that.
    DisplaysTold(Vec<ToldDisplay>),
    /// Stop serving and forget the driver's state; answered when done.
    Reset(SyncSender<()>),
    /// Plug in a display of this size, or unplug it if either is 0.
    SetDisplay {
        scanout: ScanoutId,
        width: u32,
        height: u32,
    },
    /// Read a scanout back.
    Screenshot(
        ScanoutId,
        SyncSender<Result<Option<Image>, renderer::Error>>,
    ),
    /// End the thread; the sender is dropped when the renderer is gone.
    Shutdown(SyncSender<()>),
}

/// What the GPU thread and everyone else share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Tells the thread that a request waits.
    pub(crate) wake: EventFd,
    /// Counts flushes.
    pub(crate) flushed: EventFd,
    /// `events_read` of the configuration space.
    pub(crate) events: AtomicU32,
    pub(crate) counters: Arc<Counters>,
}

/// Controls a running device from any thread. Clones control the same device.
#[derive(Clone)]
pub struct GpuHandle {
    pub(crate) shared: Arc<Shared>,
    pub(crate) requests: Sender<Request>,
}

impl GpuHandle {
    pub(crate) fn request(&self, request: Request) -> Result<(), HandleError> {
        self.requests.send(request).map_err(|_| HandleError::Gone)?;
        // The write fails only when the counter is at its end, and then the thread has
        // long been told.
        let _ = self.shared.wake.write(1);
        Ok(())
    }

    /// Has the thread serve these queues.
    pub(crate) fn activate(&self, start: Start) -> io::Result<()> {
        let gone = |_| io::Error::other(HandleError::Gone);
        let (reply, answer) = sync_channel(1);
        self.request(Request::Activate(Box::new(start), reply))
            .map_err(io::Error::other)?;
        answer.recv().map_err(gone)?
    }

    /// Has the thread let go of the queues and forget what the driver made.
    pub(crate) fn reset(&self) {
        let (done, answer) = sync_channel(1);
        if self.request(Request::Reset(done)).is_ok() {
            // An error means that the thread is gone, and with it every use of a queue.
            let _ = answer.recv();
        }
    }

    /// Has the thread let go of the queues, but keep what the driver made.
    pub(crate) fn suspend(&self) -> Result<Stopped, HandleError> {
        let (done, answer) = sync_channel(1);
        self.request(Request::Suspend(done))?;
        answer.recv().map_err(|_| HandleError::Gone)
    }

    /// Gives a scanout's display a new size: the guest is told by a display event and
    /// finds the size in its EDID and display info. 0 by 0 unplugs the display; larger
    /// edges than [`MAX_EDGE`](crate::config::MAX_EDGE) are cut. Does not block; an
    /// unchanged size tells the guest nothing.
    ///
    /// # Errors
    /// [`HandleError::Gone`]. A scanout that the device does not have is logged by the
    /// GPU thread.
    pub fn set_display(
        &self,
        scanout: ScanoutId,
        width: u32,
        height: u32,
    ) -> Result<(), HandleError> {
        self.request(Request::SetDisplay {
            scanout,
            width,
            height,
        })
    }

    /// The picture on a scanout as the guest last flushed it, without the pointer;
    /// `None` while the scanout is off. Blocks until the GPU thread has read it.
    ///
    /// # Errors
    /// If the scanout does not exist, the host's driver fails or the thread is gone.
    pub fn screenshot(&self, scanout: ScanoutId) -> Result<Option<Image>, HandleError> {
        let (reply, answer) = sync_channel(1);
        self.request(Request::Screenshot(scanout, reply))?;
        match answer.recv_timeout(SCREENSHOT_LIMIT) {
            Ok(image) => Ok(image?),
            Err(RecvTimeoutError::Timeout) => Err(HandleError::Timeout(SCREENSHOT_LIMIT)),
            Err(RecvTimeoutError::Disconnected) => Err(HandleError::Gone),
        }
    }

    /// The device's counters.
    pub fn stats(&self) -> Stats {
        self.shared.counters.snapshot()
    }

    /// An event that becomes readable when the guest has flushed a frame on any
    /// scanout; reading it yields the number of frames since the last read. All clones
    /// share one count, so one party should wait for it; [`stats`](Self::stats) tells
    /// how many frames there were on which scanout.
    ///
    /// # Errors
    /// If the process has no file descriptor left.
    pub fn flush_event(&self) -> io::Result<EventFd> {
        self.shared.flushed.try_clone()
    }

    /// Ends the GPU thread and waits until it has dropped the renderer. Afterwards the
    /// guest's GPU answers no more. Ending twice does nothing.
    pub fn shutdown(&self) {
        let (done, ended) = sync_channel(1);
        if self.request(Request::Shutdown(done)).is_ok() {
            // Nothing is ever sent: the wait ends when the thread drops its sender.
            let _ = ended.recv();
        }
    }
}
