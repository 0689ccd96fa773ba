//! What the front end is to be asked or shown: posted by the GPU thread, collected by
//! the thread of the display socket when it comes round. Only the newest counts, so that
//! a front end that is slow costs neither memory nor the guest's time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::config::MAX_SCANOUTS;
use crate::renderer::{Image, ScanoutId};

/// The pointer's picture and its hot spot in pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointerShape {
    /// The picture; larger ones than 64 by 64 are cut.
    pub image: Arc<Image>,
    /// Hot spot from the left edge.
    pub hot_x: u32,
    /// Hot spot from the upper edge.
    pub hot_y: u32,
}

/// The pointer as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pointer {
    pub(super) scanout: u32,
    pub(super) x: i32,
    pub(super) y: i32,
    /// `None`: hidden.
    pub(super) shape: Option<PointerShape>,
}

/// What changed of the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PointerChange {
    pub(super) pointer: Pointer,
    /// Not only its place.
    pub(super) shape: bool,
}

/// What there is to do for the thread of a display socket.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// The guest wants to know of its displays.
    pub(super) ask: bool,
    /// Scanouts with a new picture, a bit each.
    pub(super) pictures: u16,
    pub(super) pointer: Option<PointerChange>,
}

#[derive(Debug, Default)]
struct State {
    /// Number of the socket that is in use; others are done with.
    link: u64,
    open: bool,
    work: Work,
    /// Scanouts that a new front end has to be shown.
    on: u16,
    pointer: Pointer,
}

/// Between the device's screen and the front end that shows it.
#[derive(Debug, Default)]
pub struct Screen {
    state: Mutex<State>,
    changed: Condvar,
}

/// The bit of a scanout; 0 for one that cannot be.
fn bit(scanout: ScanoutId) -> u16 {
    usize::try_from(scanout.0)
        .ok()
        .filter(|index| *index < MAX_SCANOUTS)
        .map_or(0, |index| 1 << index)
}

impl Screen {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves whole values behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// A scanout has a new picture, which [`GpuHandle::screenshot`] reads.
    ///
    /// [`GpuHandle::screenshot`]: crate::GpuHandle::screenshot
    pub fn flushed(&self, scanout: ScanoutId) {
        self.post(|state| {
            state.on |= bit(scanout);
            state.work.pictures |= bit(scanout);
        });
    }

    /// A scanout was switched off.
    pub fn switched_off(&self, scanout: ScanoutId) {
        self.post(|state| {
            state.on &= !bit(scanout);
            state.work.pictures |= bit(scanout);
        });
    }

    /// The pointer has another shape; `None` hides it.
    pub fn pointer_shape(&self, scanout: ScanoutId, shape: Option<PointerShape>) {
        self.post(|state| {
            state.pointer.scanout = scanout.0;
            state.pointer.shape = shape;
            state.work.pointer = Some(PointerChange {
                pointer: state.pointer.clone(),
                shape: true,
            });
        });
    }

    /// The pointer moved; the place is as the guest says it.
    pub fn pointer_position(&self, scanout: ScanoutId, x: i32, y: i32) {
        self.post(|state| {
            state.pointer.scanout = scanout.0;
            (state.pointer.x, state.pointer.y) = (x, y);
            let shape = state.work.pointer.as_ref().is_some_and(|old| old.shape);
            state.work.pointer = Some(PointerChange {
                pointer: state.pointer.clone(),
                shape,
            });
        });
    }

    /// The guest wants to know of its displays.
    pub(super) fn ask(&self) {
        self.post(|state| state.work.ask = true);
    }

    /// Opens a link in place of any other. It begins with all that is to be seen.
    pub(super) fn open_link(&self) -> u64 {
        let mut link = 0;
        self.post(|state| {
            state.link += 1;
            state.open = true;
            state.work = Work {
                ask: false,
                pictures: state.on,
                pointer: state.pointer.shape.is_some().then(|| PointerChange {
                    pointer: state.pointer.clone(),
                    shape: true,
                }),
            };
            link = state.link;
        });
        link
    }

    /// Closes the link, whichever it is.
    pub(super) fn close_link(&self) {
        self.post(|state| state.open = false);
    }

    /// Calls `then` if `link` is still in use, and closes it.
    pub(super) fn give_up(&self, link: u64, then: impl FnOnce()) {
        let mut state = self.lock();
        if state.open && state.link == link {
            state.open = false;
            then();
        }
    }

    /// Waits for something to do; `None` when `link` is not in use any more.
    pub(super) fn wait(&self, link: u64) -> Option<Work> {
        let mut state = self.lock();
        loop {
            if !state.open || state.link != link {
                return None;
            }
            let work = std::mem::take(&mut state.work);
            if work != Work::default() {
                return Some(work);
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: ScanoutId = ScanoutId(0);

    #[test]
    fn wait_yields_what_was_posted_once_and_the_newest_of_it() {
        let screen = Screen::default();
        let link = screen.open_link();
        screen.flushed(FIRST);
        screen.flushed(ScanoutId(3));
        screen.pointer_position(FIRST, 1, 2);
        screen.pointer_position(FIRST, -3, 4);
        screen.ask();
        let work = screen.wait(link).expect("work");
        assert!(work.ask);
        assert_eq!(work.pictures, 0b1001);
        let pointer = work.pointer.expect("a pointer");
        assert_eq!((pointer.pointer.x, pointer.pointer.y), (-3, 4));
        assert!(!pointer.shape);
        assert_eq!(screen.lock().work, Work::default());
    }

    #[test]
    fn open_link_begins_with_what_is_to_be_seen_and_ends_the_one_before() {
        let screen = Screen::default();
        let old = screen.open_link();
        screen.flushed(FIRST);
        screen.flushed(ScanoutId(1));
        screen.switched_off(ScanoutId(1));
        let new = screen.open_link();
        assert_eq!(screen.wait(old), None);
        assert_eq!(screen.wait(new).expect("work").pictures, 1);
        screen.close_link();
        assert_eq!(screen.wait(new), None);
    }

    #[test]
    fn give_up_of_a_link_that_was_replaced_does_nothing() {
        let screen = Screen::default();
        let old = screen.open_link();
        let new = screen.open_link();
        screen.give_up(old, || panic!("it is another's now"));
        let mut told = false;
        screen.give_up(new, || told = true);
        assert!(told);
    }

    #[test]
    fn scanouts_that_cannot_be_are_passed_over() {
        let screen = Screen::default();
        screen.flushed(ScanoutId(16));
        screen.flushed(ScanoutId(u32::MAX));
        assert_eq!(screen.lock().on, 0);
    }
}
