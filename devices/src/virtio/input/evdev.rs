//! Events and their codes as Linux's evdev has them (`linux/input-event-codes.h`).

use zerocopy::little_endian::{I32, U16};
use zerocopy::{FromBytes, Immutable, IntoBytes};

pub(super) const EV_SYN: u16 = 0x00;
pub(super) const EV_KEY: u16 = 0x01;
pub(super) const EV_REL: u16 = 0x02;
pub(super) const EV_ABS: u16 = 0x03;
pub(super) const EV_LED: u16 = 0x11;
pub(super) const EV_REP: u16 = 0x14;

pub(super) const SYN_REPORT: u16 = 0;
pub(super) const REP_DELAY: u16 = 0;
pub(super) const REP_PERIOD: u16 = 1;

/// The horizontal axis of the tablet.
pub const ABS_X: u16 = 0x00;
/// The vertical axis of the tablet.
pub const ABS_Y: u16 = 0x01;
/// Largest value of [`ABS_X`] and [`ABS_Y`]: the right and bottom edge.
pub const ABS_MAX: i32 = 32_767;

/// The horizontal wheel; positive is to the right.
pub const REL_HWHEEL: u16 = 0x06;
/// The vertical wheel; positive is away from the user.
pub const REL_WHEEL: u16 = 0x08;

/// The left mouse button.
pub const BTN_LEFT: u16 = 0x110;
/// The right mouse button.
pub const BTN_RIGHT: u16 = 0x111;
/// The middle mouse button.
pub const BTN_MIDDLE: u16 = 0x112;
/// The back button.
pub const BTN_SIDE: u16 = 0x113;
/// The forward button.
pub const BTN_EXTRA: u16 = 0x114;

/// The LED of Num Lock.
pub const LED_NUML: u16 = 0;
/// The LED of Caps Lock.
pub const LED_CAPSL: u16 = 1;
/// The LED of Scroll Lock.
pub const LED_SCROLLL: u16 = 2;

/// One event of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputEvent {
    pub(super) kind: u16,
    pub(super) code: u16,
    pub(super) value: i32,
}

impl InputEvent {
    pub(super) const SYN_REPORT: Self = Self {
        kind: EV_SYN,
        code: SYN_REPORT,
        value: 0,
    };

    /// A key or button goes down or up. Repetition is the guest's business.
    pub fn key(code: u16, pressed: bool) -> Self {
        Self {
            kind: EV_KEY,
            code,
            value: pressed.into(),
        }
    }

    /// An axis of the tablet is at `value`, which is held between 0 and [`ABS_MAX`].
    pub fn absolute(axis: u16, value: i32) -> Self {
        Self {
            kind: EV_ABS,
            code: axis,
            value: value.clamp(0, ABS_MAX),
        }
    }

    /// A wheel turns by `steps`.
    pub fn relative(wheel: u16, steps: i32) -> Self {
        Self {
            kind: EV_REL,
            code: wheel,
            value: steps,
        }
    }

    /// Whether this lets a key or button go.
    pub(super) fn is_release(&self) -> bool {
        self.kind == EV_KEY && self.value == 0
    }
}

/// An event in a buffer of the guest (virtio 1.3, 5.8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
pub(super) struct WireEvent {
    pub(super) kind: U16,
    pub(super) code: U16,
    pub(super) value: I32,
}

const _: () = assert!(size_of::<WireEvent>() == 8);

impl From<InputEvent> for WireEvent {
    fn from(event: InputEvent) -> Self {
        Self {
            kind: event.kind.into(),
            code: event.code.into(),
            value: event.value.into(),
        }
    }
}
