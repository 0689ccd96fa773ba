//! The GPU thread: owns the renderer, the device and its queues.
//!
//! It sleeps until a doorbell rings, a fence may have passed or a request of the monitor
//! comes. GL contexts belong to a thread, so the renderer is made, used and dropped
//! here.

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::AcqRel;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use maro_devices::virtio::{Activation, GuestMemory, Interrupt};
use virtio_queue::Queue;
use vmm_sys_util::epoll::{ControlOperation, Epoll, EpollEvent, EventSet};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use crate::config::Config;
use crate::control::{ControlQueue, CursorQueue};
use crate::device::Device;
use crate::handle::{GpuHandle, Request, Shared};
use crate::kick::Kick;
use crate::protocol::{CONTROL_QUEUE, CURSOR_QUEUE, EVENT_DISPLAY, Features};
use crate::renderer::{Renderer, ScanoutId};
use crate::stats::Counters;
use crate::virtio::{NewError, RendererFactory};

/// What woke the thread; also the data of its epoll entries.
const WAKE_REQUEST: u64 = 0;
const WAKE_FENCE: u64 = 1;
const WAKE_CONTROL: u64 = 2;
const WAKE_CURSOR: u64 = 3;

/// A running thread.
pub(crate) struct Started {
    pub(crate) handle: GpuHandle,
    pub(crate) thread: JoinHandle<()>,
    pub(crate) features: Features,
    pub(crate) capsets: u32,
}

/// What the thread tells when it is ready.
struct Ready {
    features: Features,
    capsets: u32,
}

/// Starts the thread and waits until its renderer is ready.
pub(crate) fn spawn(config: Config, factory: RendererFactory) -> Result<Started, NewError> {
    let event = || EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC).map_err(NewError::Thread);
    let shared = Arc::new(Shared {
        wake: event()?,
        flushed: event()?,
        events: AtomicU32::new(0),
        counters: Arc::new(Counters::default()),
    });
    let (requests, inbox) = channel();
    let (report, ready) = sync_channel(1);
    let worker_shared = Arc::clone(&shared);
    let thread = std::thread::Builder::new()
        .name("maro-gpu".into())
        .spawn(move || start(config, factory, worker_shared, inbox, &report))
        .map_err(NewError::Thread)?;
    let ready = ready.recv().map_err(|_| NewError::Died)??;
    Ok(Started {
        handle: GpuHandle { shared, requests },
        thread,
        features: ready.features,
        capsets: ready.capsets,
    })
}

/// The thread's whole life.
fn start(
    config: Config,
    factory: RendererFactory,
    shared: Arc<Shared>,
    inbox: Receiver<Request>,
    report: &SyncSender<Result<Ready, NewError>>,
) {
    let worker = factory().map_err(NewError::Renderer).and_then(|renderer| {
        Worker::new(renderer, config, shared, inbox).map_err(NewError::Thread)
    });
    let mut worker = match worker {
        Ok(worker) => worker,
        Err(error) => {
            // Whoever started the thread waits for this.
            let _ = report.send(Err(error));
            return;
        }
    };
    let ready = Ready {
        features: worker.device.offered_features(),
        capsets: worker.device.capsets() as u32,
    };
    if report.send(Ok(ready)).is_err() {
        return;
    }
    let done = worker.run();
    // Only now is the renderer gone, and only then may a shutdown return.
    drop(worker);
    drop(done);
}

/// Queues to serve.
pub(crate) struct Start {
    pub(crate) memory: GuestMemory,
    pub(crate) control: (Queue, Kick),
    pub(crate) cursor: (Queue, Kick),
    /// What the driver accepted.
    pub(crate) features: u64,
    pub(crate) interrupt: Arc<dyn Interrupt>,
}

impl Start {
    /// The queues that a transport has activated.
    ///
    /// # Errors
    /// The index of a queue that is missing.
    pub(crate) fn from_activation(activation: Activation) -> Result<Self, u16> {
        let (mut control, mut cursor) = (None, None);
        for queue in activation.queues {
            let place = match queue.index {
                CONTROL_QUEUE => &mut control,
                CURSOR_QUEUE => &mut cursor,
                _ => continue,
            };
            *place = Some((queue.queue, Kick::Event(queue.kick)));
        }
        Ok(Self {
            memory: activation.memory,
            control: control.ok_or(CONTROL_QUEUE)?,
            cursor: cursor.ok_or(CURSOR_QUEUE)?,
            features: activation.features,
            interrupt: activation.interrupt,
        })
    }
}

/// Where the queues stood when they were let go of: the available entries that come next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stopped {
    pub(crate) control: u16,
    pub(crate) cursor: u16,
}

/// The queues of a driver that is at work.
struct Active {
    memory: Arc<GuestMemory>,
    control: ControlQueue<Queue>,
    cursor: CursorQueue<Queue>,
    kicks: [(u64, Kick); 2],
    interrupt: Arc<dyn Interrupt>,
}

struct Worker {
    device: Device,
    active: Option<Active>,
    epoll: Epoll,
    inbox: Receiver<Request>,
    shared: Arc<Shared>,
    /// Frames that were already told through [`Shared::flushed`].
    frames_told: u64,
}

/// Which queues have, or may have, something to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    control: bool,
    cursor: bool,
    fence: bool,
}

impl Worker {
    fn new(
        renderer: Box<dyn Renderer>,
        config: Config,
        shared: Arc<Shared>,
        inbox: Receiver<Request>,
    ) -> io::Result<Self> {
        let epoll = Epoll::new()?;
        watch(&epoll, shared.wake.as_raw_fd(), WAKE_REQUEST)?;
        if let Some(fence) = renderer.fence_event() {
            watch(&epoll, fence.as_raw_fd(), WAKE_FENCE)?;
        }
        Ok(Self {
            device: Device::new(renderer, config, Arc::clone(&shared.counters)),
            active: None,
            epoll,
            inbox,
            shared,
            frames_told: 0,
        })
    }

    /// Serves until a shutdown is asked for, and returns what tells that it is done.
    fn run(&mut self) -> Option<SyncSender<()>> {
        let mut work = Work::default();
        let mut events = [EpollEvent::default(); 4];
        loop {
            let busy = work.control || work.cursor;
            let timeout = if busy { 0 } else { -1 };
            let count = match self.epoll.wait(timeout, &mut events) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    log::error!("the GPU thread cannot wait for events and ends: {error}");
                    return None;
                }
            };
            let woken = events.iter().take(count).map(EpollEvent::data);
            if self.note(woken, &mut work) {
                while let Ok(request) = self.inbox.try_recv() {
                    if let Some(done) = self.answer(request, &mut work) {
                        return Some(done);
                    }
                }
            }
            self.serve(&mut work);
            self.tell_frames();
        }
    }

    /// Sorts events into `work`. True if a request waits.
    fn note(&self, woken: impl Iterator<Item = u64>, work: &mut Work) -> bool {
        let mut requests = false;
        for token in woken {
            match token {
                WAKE_REQUEST => {
                    // Readable, so this neither blocks nor fails.
                    let _ = self.shared.wake.read();
                    requests = true;
                }
                WAKE_FENCE => work.fence = true,
                token => {
                    let kicks = self.active.iter().flat_map(|active| &active.kicks);
                    for (_, kick) in kicks.filter(|(of, _)| *of == token) {
                        kick.take();
                    }
                    work.control |= token == WAKE_CONTROL;
                    work.cursor |= token == WAKE_CURSOR;
                }
            }
        }
        requests
    }

    /// Does what the monitor asks; a shutdown is left to the caller.
    fn answer(&mut self, request: Request, work: &mut Work) -> Option<SyncSender<()>> {
        // An answer that nobody waits for any more is no error.
        match request {
            Request::Activate(start, reply) => {
                let result = self.activate(*start);
                // Doorbells may have rung before the queues were watched.
                *work = Work {
                    control: result.is_ok(),
                    cursor: result.is_ok(),
                    ..*work
                };
                let _ = reply.send(result);
            }
            Request::Suspend(reply) => {
                let _ = reply.send(self.suspend());
                *work = Work::default();
            }
            Request::AskDisplays(ask) => {
                self.device.ask_displays_by(ask);
                work.control = true;
            }
            Request::DisplaysTold(displays) => {
                self.device.displays_told(displays);
                work.control = true;
            }
            Request::Reset(reply) => {
                self.reset();
                *work = Work::default();
                let _ = reply.send(());
            }
            Request::SetDisplay {
                scanout,
                width,
                height,
            } => self.set_display(scanout, width, height),
            Request::Screenshot(scanout, reply) => {
                let _ = reply.send(self.device.screenshot(scanout));
            }
            Request::Shutdown(done) => return Some(done),
        }
        None
    }

    fn activate(&mut self, start: Start) -> io::Result<()> {
        self.stop();
        self.device.start(start.features);
        let (control, cursor) = (start.control, start.cursor);
        let kicks = [(WAKE_CONTROL, control.1), (WAKE_CURSOR, cursor.1)];
        for (token, kick) in &kicks {
            watch(&self.epoll, kick.as_raw_fd(), *token)?;
        }
        self.active = Some(Active {
            memory: Arc::new(start.memory),
            control: ControlQueue::new(control.0),
            cursor: CursorQueue::new(cursor.0),
            kicks,
            interrupt: start.interrupt,
        });
        Ok(())
    }

    /// Lets go of the queues and keeps all that the driver made, for when they are given
    /// back.
    fn suspend(&mut self) -> Stopped {
        let Some(active) = &mut self.active else {
            return Stopped::default();
        };
        let interrupt = &active.interrupt;
        active.control.finish(&*active.memory, &mut || {
            interrupt.used_queue(CONTROL_QUEUE);
        });
        let stopped = Stopped {
            control: active.control.next_avail(),
            cursor: active.cursor.next_avail(),
        };
        self.stop();
        stopped
    }

    /// Lets go of the queues.
    fn stop(&mut self) {
        let Some(active) = self.active.take() else {
            return;
        };
        for (_, kick) in &active.kicks {
            let removed = self.epoll.ctl(
                ControlOperation::Delete,
                kick.as_raw_fd(),
                EpollEvent::default(),
            );
            if let Err(error) = removed {
                log::error!("a doorbell could not be taken off: {error}");
            }
        }
    }

    fn reset(&mut self) {
        self.stop();
        self.device.reset();
    }

    fn set_display(&mut self, scanout: ScanoutId, width: u32, height: u32) {
        match self.device.set_display(scanout, width, height) {
            Ok(true) => {
                self.shared.events.fetch_or(EVENT_DISPLAY, AcqRel);
                if let Some(active) = &self.active {
                    active.interrupt.config_changed();
                }
            }
            Ok(false) => {}
            Err(error) => log::error!("the display was not resized: {error}"),
        }
    }

    /// One turn of each queue. The pointer comes first, it is quick and felt.
    fn serve(&mut self, work: &mut Work) {
        let Some(active) = &mut self.active else {
            if std::mem::take(&mut work.fence) {
                // Fences of before a reset; they concern nobody.
                self.device.passed_fence();
            }
            return;
        };
        let Active {
            memory,
            control,
            cursor,
            interrupt,
            ..
        } = active;
        let mut tell_control = || interrupt.used_queue(CONTROL_QUEUE);
        if std::mem::take(&mut work.fence) {
            control.retire(&mut self.device, &**memory, &mut tell_control);
        }
        if work.cursor {
            work.cursor = cursor.process(&mut self.device, &**memory, &mut || {
                interrupt.used_queue(CURSOR_QUEUE);
            });
        }
        if work.control {
            work.control = control.process(&mut self.device, memory, &mut tell_control);
        }
        if control.is_broken() || cursor.is_broken() {
            interrupt.device_needs_reset();
            self.stop();
            *work = Work::default();
        }
    }

    fn tell_frames(&mut self) {
        let frames = self.shared.counters.snapshot().frames.iter().sum();
        let new = frames - self.frames_told;
        if new > 0 {
            self.frames_told = frames;
            // It fails only at 2^64 frames that nobody has read.
            let _ = self.shared.flushed.write(new);
        }
    }
}

fn watch(epoll: &Epoll, fd: RawFd, token: u64) -> io::Result<()> {
    epoll.ctl(
        ControlOperation::Add,
        fd,
        EpollEvent::new(EventSet::IN, token),
    )
}
