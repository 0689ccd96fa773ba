//! The bounded queue between the window's thread and the device's.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use super::evdev::InputEvent;

/// Events that wait for a guest.
const LIMIT: usize = 1024;
/// Events that wait for a guest, without those of frames that release a key.
const SOFT_LIMIT: usize = LIMIT - LIMIT / 4;

/// What both threads see.
pub(super) struct Shared {
    waiting: Mutex<Waiting>,
    /// Readable when frames were added.
    wake: EventFd,
    leds: AtomicU32,
}

struct Waiting {
    events: VecDeque<InputEvent>,
    /// A driver is there to take them.
    connected: bool,
}

impl Shared {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            waiting: Mutex::new(Waiting {
                events: VecDeque::with_capacity(LIMIT),
                connected: false,
            }),
            wake: EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC)?,
            leds: AtomicU32::new(0),
        })
    }

    pub(super) fn wake(&self) -> &EventFd {
        &self.wake
    }

    pub(super) fn push_frame(&self, frame: &[InputEvent]) {
        let limit = if frame.iter().any(InputEvent::is_release) {
            LIMIT
        } else {
            SOFT_LIMIT
        };
        let mut waiting = self.lock();
        let len = waiting.events.len().saturating_add(frame.len());
        if frame.is_empty() || !waiting.connected || len >= limit {
            return;
        }
        waiting.events.extend(frame);
        waiting.events.push_back(InputEvent::SYN_REPORT);
        drop(waiting);
        // Fails only when the counter is at its end, and then the event is set anyway.
        let _ = self.wake.write(1);
    }

    pub(super) fn has_events(&self) -> bool {
        !self.lock().events.is_empty()
    }

    pub(super) fn next_event(&self) -> Option<InputEvent> {
        self.lock().events.pop_front()
    }

    /// A driver is ready; it starts from now, as nothing was kept before.
    pub(super) fn connect(&self) {
        self.lock().connected = true;
    }

    /// The driver is gone.
    pub(super) fn disconnect(&self) {
        let mut waiting = self.lock();
        waiting.events.clear();
        waiting.connected = false;
        self.leds.store(0, Ordering::Relaxed);
    }

    pub(super) fn set_led(&self, led: u16, lit: bool) {
        let Some(bit) = 1_u32.checked_shl(led.into()) else {
            return;
        };
        if lit {
            self.leds.fetch_or(bit, Ordering::Relaxed);
        } else {
            self.leds.fetch_and(!bit, Ordering::Relaxed);
        }
    }

    pub(super) fn leds(&self) -> u32 {
        self.leds.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::evdev::{ABS_X, BTN_LEFT};
    use super::*;

    fn drain(shared: &Shared) -> Vec<InputEvent> {
        std::iter::from_fn(|| shared.next_event()).collect()
    }

    #[test]
    fn push_frame_adds_a_report_and_wakes() {
        let shared = Shared::new().unwrap();
        shared.connect();
        let press = InputEvent::key(BTN_LEFT, true);
        shared.push_frame(&[press]);
        assert_eq!(shared.wake.read().unwrap(), 1);
        assert_eq!(drain(&shared), [press, InputEvent::SYN_REPORT]);
    }

    #[test]
    fn push_frame_without_a_driver_keeps_nothing() {
        let shared = Shared::new().unwrap();
        shared.push_frame(&[InputEvent::key(BTN_LEFT, true)]);
        shared.connect();
        shared.push_frame(&[]);
        assert!(!shared.has_events());
        assert!(shared.wake.read().is_err());
    }

    #[test]
    fn push_frame_when_full_drops_whole_frames_but_takes_releases() {
        let shared = Shared::new().unwrap();
        shared.connect();
        let motion = [
            InputEvent::absolute(ABS_X, 1),
            InputEvent::absolute(ABS_X, 2),
        ];
        for _ in 0..LIMIT {
            shared.push_frame(&motion);
        }
        let release = InputEvent::key(BTN_LEFT, false);
        shared.push_frame(&[release]);
        let events = drain(&shared);
        assert!(events.len() <= SOFT_LIMIT + 2);
        let reports = events
            .iter()
            .filter(|&&event| event == InputEvent::SYN_REPORT);
        // Frames of three, and the release of two.
        assert_eq!(reports.count() * 3 - 1, events.len());
        assert!(events.ends_with(&[release, InputEvent::SYN_REPORT]));
    }

    #[test]
    fn set_led_keeps_one_bit_an_led() {
        let shared = Shared::new().unwrap();
        shared.set_led(1, true);
        shared.set_led(2, true);
        shared.set_led(1, false);
        shared.set_led(40, true);
        assert_eq!(shared.leds(), 0b100);
    }
}
