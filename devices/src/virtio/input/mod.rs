//! virtio-input (virtio 1.3, 5.8): a keyboard and a tablet for the monitor's window.
//!
//! The window's thread holds an [`InputHandle`] and sends whole frames; the device
//! appends `SYN_REPORT` to each. What the guest has no buffers for waits in a bounded
//! queue. When that is full, new frames are dropped as a whole, those that release a key
//! last of all, so that a guest that was away for a while does not find a key stuck.

mod config;
mod evdev;
mod frames;
mod keys;

use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

use virtio_queue::Error as QueueError;
use vm_memory::Bytes;
use zerocopy::{FromZeros, IntoBytes};

use self::config::{Config, KEYBOARD, Profile, TABLET};
pub use self::evdev::{
    ABS_MAX, ABS_X, ABS_Y, BTN_EXTRA, BTN_LEFT, BTN_MIDDLE, BTN_RIGHT, BTN_SIDE, InputEvent,
    LED_CAPSL, LED_NUML, LED_SCROLLL, REL_HWHEEL, REL_WHEEL,
};
use self::evdev::{EV_LED, WireEvent};
use self::frames::Shared;
pub use self::keys::*;
use super::hosted::{Backend, Hosted, InputFlow, Queues};
use super::{ActivateError, Activation, Chain, GuestMemory, VirtioDevice};
use crate::device_loop::LoopHandle;

const DEVICE_TYPE: u32 = 18;
const QUEUE_SIZES: [u16; 2] = [64, 64];
const EVENTS: usize = 0;
const STATUS: usize = 1;

/// An input device.
pub struct Input {
    config: Config,
    hosted: Hosted<Events>,
}

impl Input {
    /// A keyboard with every key of [`ALL_KEYS`] and three LEDs. Its power key is a way to
    /// ask a guest without ACPI to shut down.
    ///
    /// # Errors
    /// Those of `eventfd(2)`.
    pub fn keyboard(handle: LoopHandle) -> io::Result<(Self, InputHandle)> {
        Self::new(handle, &KEYBOARD)
    }

    /// An absolute pointer with [`ABS_X`] and [`ABS_Y`] from 0 to [`ABS_MAX`], five buttons
    /// and two wheels.
    ///
    /// # Errors
    /// Those of `eventfd(2)`.
    pub fn tablet(handle: LoopHandle) -> io::Result<(Self, InputHandle)> {
        Self::new(handle, &TABLET)
    }

    fn new(handle: LoopHandle, profile: &'static Profile) -> io::Result<(Self, InputHandle)> {
        let shared = Arc::new(Shared::new()?);
        let events = Events {
            shared: shared.clone(),
        };
        let device = Self {
            config: Config::new(profile),
            hosted: Hosted::new(handle, events),
        };
        Ok((device, InputHandle(shared)))
    }
}

/// The host's end of an input device; clones share it.
#[derive(Clone)]
pub struct InputHandle(Arc<Shared>);

impl InputHandle {
    /// Sends `events` as one frame: the guest acts on all of them at once. `SYN_REPORT` is
    /// added here. Never waits for the guest; a frame is dropped if no driver is there or
    /// the guest has not read for a long time.
    pub fn send(&self, events: &[InputEvent]) {
        self.0.push_frame(events);
    }

    /// The LEDs that the guest has lit: bit [`LED_CAPSL`] and so on.
    pub fn leds(&self) -> u32 {
        self.0.leds()
    }
}

impl fmt::Debug for InputHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InputHandle").finish_non_exhaustive()
    }
}

/// The back end: moves frames into the guest's buffers.
struct Events {
    shared: Arc<Shared>,
}

impl Events {
    /// Writes waiting events, one to a buffer, as long as there are both.
    fn deliver(&self, queues: &mut Queues) -> Result<(), QueueError> {
        let Some((queue, memory)) = queues.get(EVENTS) else {
            return Ok(());
        };
        while self.shared.has_events() {
            let Some(chain) = queue.pop(memory)? else {
                break;
            };
            let head = chain.head_index();
            // An event goes away even if its buffer is no good, so this ends.
            let len = match self.shared.next_event() {
                Some(event) => write_event(memory, chain, event),
                None => 0,
            };
            queue.push(memory, head, len)?;
        }
        queue.notify(memory)
    }

    /// Takes an event of the status queue: the guest switches an LED.
    fn take_status(&self, memory: &GuestMemory, chain: Chain<'_>) {
        let mut event = WireEvent::new_zeroed();
        let size = size_of::<WireEvent>();
        let buffer = chain.readable().find(|buffer| buffer.len() > 0);
        let Some(buffer) = buffer.filter(|buffer| buffer.len() as usize >= size) else {
            return;
        };
        if memory
            .read_slice(event.as_mut_bytes(), buffer.addr())
            .is_ok()
            && event.kind.get() == EV_LED
        {
            self.shared
                .set_led(event.code.get(), event.value.get() != 0);
        }
    }
}

/// Writes `event` to the first buffer of `chain` that can hold it.
fn write_event(memory: &GuestMemory, chain: Chain<'_>, event: InputEvent) -> u32 {
    let wire = WireEvent::from(event);
    let size = wire.as_bytes().len();
    for buffer in chain.writable() {
        if buffer.len() as usize >= size {
            let written = memory.write_slice(wire.as_bytes(), buffer.addr());
            return written.map_or(0, |()| size as u32);
        }
    }
    0
}

impl Backend for Events {
    fn start(&mut self, _features: u64) {
        self.shared.connect();
    }

    fn stop(&mut self) {
        self.shared.disconnect();
    }

    fn process_queue(&mut self, queues: &mut Queues, index: usize) -> Result<(), QueueError> {
        match (index, queues.get(index)) {
            (EVENTS, _) => self.deliver(queues),
            (STATUS, Some((queue, memory))) => queue.drain(memory, |chain| {
                self.take_status(memory, chain);
                0
            }),
            _ => Ok(()),
        }
    }

    fn input(&self) -> Option<RawFd> {
        Some(self.shared.wake().as_raw_fd())
    }

    fn process_input(&mut self, queues: &mut Queues) -> Result<InputFlow, QueueError> {
        // The event does not block; that it was not set is no failure.
        let _ = self.shared.wake().read();
        self.deliver(queues)?;
        Ok(InputFlow::More)
    }
}

impl VirtioDevice for Input {
    fn device_type(&self) -> u32 {
        DEVICE_TYPE
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUE_SIZES
    }

    fn features(&self) -> u64 {
        0
    }

    fn read_config(&self, offset: u64, data: &mut [u8]) {
        self.config.read(offset, data);
    }

    fn write_config(&mut self, offset: u64, data: &[u8]) {
        self.config.write(offset, data);
    }

    fn activate(&mut self, activation: Activation) -> Result<(), ActivateError> {
        self.hosted.activate(activation, 2)
    }

    fn reset(&mut self) {
        self.hosted.reset();
        self.config.reset();
    }
}
