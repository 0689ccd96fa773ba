//! A thread that serves the queues of virtio devices.
//!
//! One loop may serve several devices. How to group them is the monitor's choice; the
//! rule is that devices which may wait for different things should not share a loop:
//!
//! - each disk has a loop of its own, because its reads and writes block;
//! - the console has one, because a terminal that is stopped blocks its output;
//! - entropy and input never block and share one.
//!
//! A device comes to its loop when a driver activates it and leaves it when the driver
//! resets it. Both are calls that wait for the loop, so that after a reset returns
//! nothing touches the driver's memory any more.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use event_manager::{
    EventManager, EventOps, Events, MutEventSubscriber, RemoteEndpoint, SubscriberId,
};

/// Something a loop can serve and give back.
pub(crate) trait LoopDevice: MutEventSubscriber + Any + Send {}

impl<T: MutEventSubscriber + Any + Send> LoopDevice for T {}

/// What the event manager stores. A local type, so that `Box<dyn LoopDevice>` can be one
/// of its subscribers.
struct Slot(Box<dyn LoopDevice>);

impl MutEventSubscriber for Slot {
    fn process(&mut self, events: Events, ops: &mut EventOps<'_>) {
        self.0.process(events, ops);
    }

    fn init(&mut self, ops: &mut EventOps<'_>) {
        self.0.init(ops);
    }
}

/// A running loop. Dropping it ends its thread and waits for that, and so for whatever
/// the thread is waiting for.
#[derive(Debug)]
pub struct DeviceLoop {
    handle: LoopHandle,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl DeviceLoop {
    /// Starts a loop on a new thread called `name` (15 bytes show in `ps`).
    ///
    /// # Errors
    /// Those of creating an epoll instance, an event file descriptor or a thread.
    pub fn start(name: &str) -> io::Result<Self> {
        let mut manager = EventManager::<Slot>::new().map_err(io::Error::other)?;
        let handle = LoopHandle {
            endpoint: manager.remote_endpoint(),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = thread::Builder::new().name(name.into()).spawn(move || {
            while !stopped.load(Ordering::Acquire) {
                if let Err(error) = manager.run() {
                    log::error!("A device loop ends, and its devices with it: {error}");
                    return;
                }
            }
        })?;
        Ok(Self {
            handle,
            stop,
            thread: Some(thread),
        })
    }

    /// The way for devices to join this loop.
    pub fn handle(&self) -> LoopHandle {
        self.handle.clone()
    }
}

impl Drop for DeviceLoop {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let kicked = self.handle.endpoint.kick();
        // A thread that was not woken would never end.
        if let (Ok(()), Some(thread)) = (kicked, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

/// A reference to a [`DeviceLoop`], for the constructors of devices. It does not keep
/// the loop running.
#[derive(Clone, Debug)]
pub struct LoopHandle {
    endpoint: RemoteEndpoint<Slot>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slot")
    }
}

/// A device's place in a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(SubscriberId);

impl LoopHandle {
    /// Hands `device` to the loop's thread, which registers its events.
    ///
    /// # Errors
    /// The loop's thread has ended.
    pub(crate) fn add(&self, device: Box<dyn LoopDevice>) -> io::Result<Place> {
        self.endpoint
            .call_blocking(move |ops| Ok(Place(ops.add_subscriber(Slot(device)))))
            .map_err(ended)
    }

    /// Takes the device at `place` back; the loop has stopped using it.
    ///
    /// # Errors
    /// The loop's thread has ended, or nothing is at `place`.
    pub(crate) fn remove(&self, place: Place) -> io::Result<Box<dyn LoopDevice>> {
        self.endpoint
            .call_blocking(move |ops| ops.remove_subscriber(place.0))
            .map(|slot| slot.0)
            .map_err(ended)
    }
}

fn ended(error: event_manager::Error) -> io::Error {
    io::Error::other(error)
}
