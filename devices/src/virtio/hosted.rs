//! The two halves of a device: its place in a [`DeviceLoop`](crate::DeviceLoop) and the
//! back end that lives there while a driver uses the device.

use std::any::Any;
use std::io;
use std::os::fd::RawFd;
use std::sync::Arc;

use event_manager::{EventOps, EventSet, Events, MutEventSubscriber};
use virtio_queue::Error as QueueError;
use vmm_sys_util::errno::Error as Errno;

use super::{ActivateError, Activation, GuestMemory, Interrupt, ServedQueue};
use crate::device_loop::{LoopHandle, Place};

/// Event data of the back end's input; queues have their index.
const INPUT_EVENT: u32 = u32::MAX;
/// What `epoll_ctl` says of files that are always ready, such as regular ones.
const EPERM: i32 = 1;

/// The half of a device that works on its queues, on a loop's thread.
pub(crate) trait Backend: Send + 'static {
    /// A driver starts, having accepted `features`.
    fn start(&mut self, features: u64) {
        let _ = features;
    }

    /// The driver has reset the device.
    fn stop(&mut self) {}

    /// Queue `index` has chains to look at.
    ///
    /// # Errors
    /// The ring makes no sense any more; the device stops until it is reset.
    fn process_queue(&mut self, queues: &mut Queues, index: usize) -> Result<(), QueueError>;

    /// A descriptor to wait for besides the doorbells.
    fn input(&self) -> Option<RawFd> {
        None
    }

    /// The [`input`](Self::input) is readable.
    ///
    /// # Errors
    /// As of [`process_queue`](Self::process_queue).
    fn process_input(&mut self, queues: &mut Queues) -> Result<InputFlow, QueueError> {
        let _ = queues;
        Ok(InputFlow::End)
    }
}

/// Whether to go on waiting for a back end's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InputFlow {
    /// There may be more.
    More,
    /// The driver has no room; go on after it rang a doorbell.
    Wait,
    /// The input is at its end.
    End,
}

/// All queues of an active device, by index, and the memory they lie in.
pub(crate) struct Queues {
    pub(crate) memory: GuestMemory,
    list: Vec<ServedQueue>,
}

impl Queues {
    /// The queue `index` and the memory; `None` for an index that the device lacks.
    pub(crate) fn get(&mut self, index: usize) -> Option<(&mut ServedQueue, &GuestMemory)> {
        Some((self.list.get_mut(index)?, &self.memory))
    }
}

/// How a back end's input is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InputWait {
    /// Never, or never again.
    Closed,
    /// By epoll.
    Event(RawFd),
    /// By epoll, but not before the driver has made room.
    Paused(RawFd),
    /// Not at all: it is always readable.
    AlwaysReady,
}

/// A back end at work.
struct Worker<B> {
    backend: B,
    queues: Queues,
    interrupt: Arc<dyn Interrupt>,
    input: InputWait,
}

impl<B: Backend> Worker<B> {
    fn new(mut backend: B, activation: Activation) -> Self {
        backend.start(activation.features);
        let interrupt = activation.interrupt;
        let list = activation
            .queues
            .into_iter()
            .map(|queue| ServedQueue::new(queue, interrupt.clone()))
            .collect();
        Self {
            backend,
            queues: Queues {
                memory: activation.memory,
                list,
            },
            interrupt,
            input: InputWait::Closed,
        }
    }

    fn register(&mut self, ops: &mut EventOps<'_>) -> Result<(), event_manager::Error> {
        for (index, queue) in (0..).zip(&self.queues.list) {
            ops.add(Events::with_data(queue.kick(), index, EventSet::IN))?;
            // Chains may lie in the ring from before the driver was ready.
            queue.kick_again();
        }
        if let Some(input) = self.backend.input() {
            self.wait_for_input(input, ops)?;
        }
        Ok(())
    }

    fn wait_for_input(
        &mut self,
        input: RawFd,
        ops: &mut EventOps<'_>,
    ) -> Result<(), event_manager::Error> {
        self.input = match ops.add(input_events(input)) {
            Ok(()) => InputWait::Event(input),
            Err(event_manager::Error::Epoll(error)) if error == Errno::new(EPERM) => {
                InputWait::AlwaysReady
            }
            Err(error) => return Err(error),
        };
        Ok(())
    }

    fn dispatch(&mut self, event: u32, ops: &mut EventOps<'_>) -> Result<(), WorkError> {
        if event == INPUT_EVENT {
            return self.dispatch_input(ops);
        }
        let index = usize::try_from(event).unwrap_or(usize::MAX);
        if let Some((queue, _)) = self.queues.get(index) {
            queue.take_kick();
        }
        self.backend.process_queue(&mut self.queues, index)?;
        match self.input {
            InputWait::Paused(input) => self.wait_for_input(input, ops)?,
            InputWait::AlwaysReady => self.dispatch_input(ops)?,
            InputWait::Event(_) | InputWait::Closed => {}
        }
        Ok(())
    }

    fn dispatch_input(&mut self, ops: &mut EventOps<'_>) -> Result<(), WorkError> {
        let flow = self.backend.process_input(&mut self.queues)?;
        match (self.input, flow) {
            (InputWait::Event(input), InputFlow::Wait) => {
                // A hung-up descriptor would wake the loop even for an empty event set.
                ops.remove(input_events(input))?;
                self.input = InputWait::Paused(input);
            }
            (InputWait::Event(input), InputFlow::End) => {
                ops.remove(input_events(input))?;
                self.input = InputWait::Closed;
            }
            (InputWait::AlwaysReady, InputFlow::End) => self.input = InputWait::Closed,
            (InputWait::AlwaysReady, InputFlow::More) => {
                if let Some((queue, _)) = self.queues.get(0) {
                    queue.kick_again();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Stops serving: the rings or the loop are beyond repair.
    fn fail(&mut self, error: &WorkError, ops: &mut EventOps<'_>) {
        log::warn!("A virtio device stops until its driver resets it: {error}");
        for queue in &self.queues.list {
            // One that was never added is as good as removed.
            let _ = ops.remove(Events::empty(queue.kick()));
        }
        if let InputWait::Event(input) = self.input {
            let _ = ops.remove(input_events(input));
        }
        self.input = InputWait::Closed;
        self.interrupt.device_needs_reset();
    }
}

/// Why a device stops.
#[derive(Debug, thiserror::Error)]
enum WorkError {
    /// The driver broke a ring.
    #[error("The driver broke a queue: {0}")]
    Queue(#[from] QueueError),
    /// The event loop refused.
    #[error("Its events could not be registered: {0}")]
    Events(#[from] event_manager::Error),
}

fn input_events(input: RawFd) -> Events {
    Events::with_data_raw(input, INPUT_EVENT, EventSet::IN)
}

impl<B: Backend> MutEventSubscriber for Worker<B> {
    fn init(&mut self, ops: &mut EventOps<'_>) {
        if let Err(error) = self.register(ops) {
            self.fail(&error.into(), ops);
        }
    }

    fn process(&mut self, events: Events, ops: &mut EventOps<'_>) {
        if let Err(error) = self.dispatch(events.data(), ops) {
            self.fail(&error, ops);
        }
    }
}

/// A back end and where it is.
pub(crate) struct Hosted<B> {
    handle: LoopHandle,
    state: State<B>,
}

enum State<B> {
    /// No driver: the back end waits here.
    Idle(B),
    /// A driver: it is in the loop.
    Running(Place),
    /// The loop's thread ended and took it along.
    Lost,
}

impl<B: Backend> Hosted<B> {
    pub(crate) fn new(handle: LoopHandle, backend: B) -> Self {
        Self {
            handle,
            state: State::Idle(backend),
        }
    }

    /// Sends the back end to work on the queues of `activation`, which must be the first
    /// `required` ones.
    pub(crate) fn activate(
        &mut self,
        activation: Activation,
        required: u16,
    ) -> Result<(), ActivateError> {
        let present = |index| activation.queues.iter().any(|queue| queue.index == index);
        if let Some(missing) = (0..required).find(|&index| !present(index)) {
            return Err(ActivateError::MissingQueue(missing));
        }
        self.reset();
        match std::mem::replace(&mut self.state, State::Lost) {
            State::Idle(backend) => {
                let worker = Worker::new(backend, activation);
                let place = self.handle.add(Box::new(worker));
                self.state = State::Running(place.map_err(ActivateError::Worker)?);
                Ok(())
            }
            State::Running(_) | State::Lost => Err(ActivateError::Worker(io::Error::other(
                "its thread has ended",
            ))),
        }
    }

    /// Takes the back end home; afterwards nothing touches the queues.
    pub(crate) fn reset(&mut self) {
        let State::Running(place) = self.state else {
            return;
        };
        self.state = match self.handle.remove(place) {
            Ok(device) => {
                let device: Box<dyn Any> = device;
                match device.downcast::<Worker<B>>() {
                    Ok(mut worker) => {
                        worker.backend.stop();
                        State::Idle(worker.backend)
                    }
                    Err(_) => State::Lost,
                }
            }
            Err(error) => {
                log::error!("A virtio device's thread has ended: {error}");
                State::Lost
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

    use super::*;
    use crate::DeviceLoop;
    use crate::virtio::ActiveQueue;

    struct Silent;

    impl Interrupt for Silent {
        fn used_queue(&self, _queue: u16) {}

        fn config_changed(&self) {}
    }

    /// Never takes its input, and counts how often it is asked to.
    struct Reluctant {
        input: EventFd,
        asked: Arc<AtomicUsize>,
        flow: InputFlow,
    }

    impl Backend for Reluctant {
        fn process_queue(&mut self, _queues: &mut Queues, _index: usize) -> Result<(), QueueError> {
            Ok(())
        }

        fn input(&self) -> Option<RawFd> {
            Some(self.input.as_raw_fd())
        }

        fn process_input(&mut self, _queues: &mut Queues) -> Result<InputFlow, QueueError> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            Ok(self.flow)
        }
    }

    const PAUSE: Duration = Duration::from_millis(50);

    /// Runs a back end whose input is readable all the time, rings its doorbell once, and
    /// returns how often it was asked to take the input.
    fn asked(flow: InputFlow) -> usize {
        let device_loop = DeviceLoop::start("test-hosted").unwrap();
        let asked = Arc::<AtomicUsize>::default();
        let input = EventFd::new(EFD_NONBLOCK).unwrap();
        input.write(1).unwrap();
        let backend = Reluctant {
            input,
            asked: asked.clone(),
            flow,
        };
        let mut hosted = Hosted::new(device_loop.handle(), backend);
        let kick = EventFd::new(EFD_NONBLOCK).unwrap();
        let activation = Activation {
            memory: GuestMemory::new(),
            queues: vec![ActiveQueue {
                index: 0,
                queue: virtio_queue::Queue::default(),
                kick: kick.try_clone().unwrap(),
            }],
            features: 0,
            interrupt: Arc::new(Silent),
        };
        hosted.activate(activation, 1).unwrap();
        wait_for(|| asked.load(Ordering::SeqCst) > 0);
        // A loop that does not wait would ask thousands of times meanwhile.
        thread::sleep(PAUSE);
        let before = asked.load(Ordering::SeqCst);
        kick.write(1).unwrap();
        if flow == InputFlow::Wait {
            wait_for(|| asked.load(Ordering::SeqCst) > before);
        }
        thread::sleep(PAUSE);
        hosted.reset();
        asked.load(Ordering::SeqCst)
    }

    fn wait_for(mut condition: impl FnMut() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < Duration::from_secs(20), "nothing happens");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn input_that_the_driver_has_no_room_for_waits_for_a_doorbell() {
        let count = asked(InputFlow::Wait);
        // Activation rings the doorbell as well, before or after the input is seen.
        assert!((2..=3).contains(&count), "asked {count} times");
    }

    #[test]
    fn input_at_its_end_is_left_alone() {
        assert_eq!(asked(InputFlow::End), 1);
    }
}
