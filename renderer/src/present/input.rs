//! From a window's keyboard and pointer events to those of the guest's devices.

use std::collections::BTreeSet;

use winit::event::{ElementState, KeyEvent, MouseButton, MouseScrollDelta};
use winit::keyboard::{Key, KeyCode, PhysicalKey};

use super::keymap::evdev_code;

/// Pixels of a touchpad's smooth scrolling that make one notch of a wheel.
const PIXELS_A_NOTCH: f64 = 15.0;

/// `BTN_LEFT` of `linux/input-event-codes.h`; the codes of the others follow it.
pub const BTN_LEFT: u16 = 0x110;
/// The right button.
pub const BTN_RIGHT: u16 = 0x111;
/// The wheel as a button.
pub const BTN_MIDDLE: u16 = 0x112;
/// The side button that browsers take for "back".
pub const BTN_SIDE: u16 = 0x113;
/// The side button that browsers take for "forward".
pub const BTN_EXTRA: u16 = 0x114;

const KEY_LEFTCTRL: u16 = 29;
const KEY_RIGHTCTRL: u16 = 97;
const KEY_LEFTALT: u16 = 56;

/// A guest's input devices. Codes are those of `linux/input-event-codes.h`.
pub trait InputSink: Send {
    /// A key (`EV_KEY`) went down or up. The host's repeats are not reported: the guest
    /// repeats by itself.
    fn key(&mut self, code: u16, pressed: bool);

    /// The pointer is at this place of the screen: `ABS_X` and `ABS_Y`, each from 0 to
    /// [`AXIS_MAX`](super::placement::AXIS_MAX) for the whole width or height.
    fn pointer_move(&mut self, x: u32, y: u32);

    /// A button of the pointer (`BTN_LEFT`, ...) went down or up.
    fn button(&mut self, code: u16, pressed: bool);

    /// The wheel turned by so many notches: `REL_HWHEEL` (to the right is positive) and
    /// `REL_WHEEL` (away from the user is positive).
    fn wheel(&mut self, horizontal: i32, vertical: i32);

    /// The events since the last call belong together and are complete (`SYN_REPORT`).
    fn sync(&mut self);
}

/// What the window itself does on a key combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shortcut {
    /// Ctrl+Alt+F.
    Fullscreen,
    /// Ctrl+Alt+Q.
    Close,
}

/// A key of the window, as far as it matters here.
#[derive(Clone, Debug)]
pub(super) struct KeyChange {
    pub physical: PhysicalKey,
    /// The letter that the host's layout gives the key.
    pub letter: Option<char>,
    pub pressed: bool,
    pub repeat: bool,
    /// Made up by the window system because the focus came or went.
    pub synthetic: bool,
}

impl KeyChange {
    pub(super) fn new(event: &KeyEvent, without_modifiers: &Key, synthetic: bool) -> Self {
        let letter = match without_modifiers {
            Key::Character(text) => text.chars().next(),
            _ => None,
        };
        Self {
            physical: event.physical_key,
            letter,
            pressed: event.state == ElementState::Pressed,
            repeat: event.repeat,
            synthetic,
        }
    }

    /// Is this the key of a Latin letter? Layouts of other scripts have none; there the
    /// place of the key on a US keyboard counts.
    fn is_letter(&self, letter: char, place: KeyCode) -> bool {
        match self.letter {
            Some(l) if l.is_ascii_alphabetic() => l.eq_ignore_ascii_case(&letter),
            _ => self.physical == PhysicalKey::Code(place),
        }
    }
}

/// Keeps what the guest believes to be pressed, so that it can be released.
pub(super) struct Input {
    sink: Box<dyn InputSink>,
    held: BTreeSet<u16>,
    place: Option<(u32, u32)>,
    wheel: (f64, f64),
}

impl Input {
    pub(super) fn new(sink: Box<dyn InputSink>) -> Self {
        Self {
            sink,
            held: BTreeSet::new(),
            place: None,
            wheel: (0.0, 0.0),
        }
    }

    /// Passes a key on, unless it completes a combination of the window's own.
    pub(super) fn key(&mut self, change: &KeyChange) -> Option<Shortcut> {
        // A key that was down when the focus came belongs to what had the focus before.
        if change.pressed && (change.repeat || change.synthetic) {
            return None;
        }
        if change.pressed && self.shortcut_modifiers() {
            if change.is_letter('f', KeyCode::KeyF) {
                return Some(Shortcut::Fullscreen);
            }
            if change.is_letter('q', KeyCode::KeyQ) {
                return Some(Shortcut::Close);
            }
        }
        if let Some(code) = evdev_code(change.physical)
            && self.note(code, change.pressed)
        {
            self.sink.key(code, change.pressed);
            self.sink.sync();
        }
        None
    }

    /// Moves the absolute pointer; a place that it already has is not reported.
    pub(super) fn pointer(&mut self, place: (u32, u32)) {
        if self.place.replace(place) != Some(place) {
            self.sink.pointer_move(place.0, place.1);
            self.sink.sync();
        }
    }

    pub(super) fn button(&mut self, button: MouseButton, state: ElementState) {
        let code = match button {
            MouseButton::Left => BTN_LEFT,
            MouseButton::Right => BTN_RIGHT,
            MouseButton::Middle => BTN_MIDDLE,
            MouseButton::Back => BTN_SIDE,
            MouseButton::Forward => BTN_EXTRA,
            MouseButton::Other(_) => return,
        };
        let pressed = state == ElementState::Pressed;
        if self.note(code, pressed) {
            self.sink.button(code, pressed);
            self.sink.sync();
        }
    }

    /// Collects scrolling until it makes whole notches.
    pub(super) fn scroll(&mut self, delta: MouseScrollDelta) {
        let (x, y) = match delta {
            MouseScrollDelta::LineDelta(x, y) => (f64::from(x), f64::from(y)),
            MouseScrollDelta::PixelDelta(pixels) => {
                (pixels.x / PIXELS_A_NOTCH, pixels.y / PIXELS_A_NOTCH)
            }
        };
        // winit counts where the content goes, which is against the wheel's way across.
        let horizontal = notches(&mut self.wheel.0, -x);
        let vertical = notches(&mut self.wheel.1, y);
        if horizontal != 0 || vertical != 0 {
            self.sink.wheel(horizontal, vertical);
            self.sink.sync();
        }
    }

    /// Releases all that is pressed, as the window will not learn of it.
    pub(super) fn release_all(&mut self) {
        if self.held.is_empty() {
            return;
        }
        for code in std::mem::take(&mut self.held) {
            if is_button(code) {
                self.sink.button(code, false);
            } else {
                self.sink.key(code, false);
            }
        }
        self.sink.sync();
    }

    /// Is a button of the pointer down?
    pub(super) fn is_dragging(&self) -> bool {
        self.held.range(BTN_LEFT..=BTN_EXTRA).next().is_some()
    }

    /// Remembers a press or release; false if the guest knows it already.
    fn note(&mut self, code: u16, pressed: bool) -> bool {
        if pressed {
            self.held.insert(code)
        } else {
            self.held.remove(&code)
        }
    }

    /// Ctrl and the left Alt; the right one writes letters on many layouts.
    fn shortcut_modifiers(&self) -> bool {
        self.held.contains(&KEY_LEFTALT)
            && (self.held.contains(&KEY_LEFTCTRL) || self.held.contains(&KEY_RIGHTCTRL))
    }
}

fn is_button(code: u16) -> bool {
    (BTN_LEFT..=BTN_EXTRA).contains(&code)
}

/// Adds `delta` to what is left over; takes the whole notches out of it.
fn notches(rest: &mut f64, delta: f64) -> i32 {
    if !delta.is_finite() {
        return 0;
    }
    // A turn back starts anew, else its first notch would need more than a notch.
    if *rest * delta < 0.0 {
        *rest = 0.0;
    }
    *rest += delta;
    let whole = rest.trunc();
    *rest -= whole;
    whole as i32
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use winit::dpi::PhysicalPosition;

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Said {
        Key(u16, bool),
        Move(u32, u32),
        Button(u16, bool),
        Wheel(i32, i32),
        Sync,
    }

    #[derive(Clone, Default)]
    struct Recorder(Arc<Mutex<Vec<Said>>>);

    impl Recorder {
        fn push(&self, said: Said) {
            self.0
                .lock()
                .expect("no test panics while it holds the lock")
                .push(said);
        }

        fn take(&self) -> Vec<Said> {
            std::mem::take(
                &mut *self
                    .0
                    .lock()
                    .expect("no test panics while it holds the lock"),
            )
        }
    }

    impl InputSink for Recorder {
        fn key(&mut self, code: u16, pressed: bool) {
            self.push(Said::Key(code, pressed));
        }
        fn pointer_move(&mut self, x: u32, y: u32) {
            self.push(Said::Move(x, y));
        }
        fn button(&mut self, code: u16, pressed: bool) {
            self.push(Said::Button(code, pressed));
        }
        fn wheel(&mut self, horizontal: i32, vertical: i32) {
            self.push(Said::Wheel(horizontal, vertical));
        }
        fn sync(&mut self) {
            self.push(Said::Sync);
        }
    }

    fn new() -> (Input, Recorder) {
        let recorder = Recorder::default();
        (Input::new(Box::new(recorder.clone())), recorder)
    }

    fn change(code: KeyCode, letter: Option<char>, pressed: bool) -> KeyChange {
        let physical = PhysicalKey::Code(code);
        KeyChange {
            physical,
            letter,
            pressed,
            repeat: false,
            synthetic: false,
        }
    }

    #[test]
    fn key_press_and_release_are_reported_each_with_a_sync() {
        let (mut input, said) = new();
        assert_eq!(input.key(&change(KeyCode::KeyA, Some('a'), true)), None);
        assert_eq!(input.key(&change(KeyCode::KeyA, Some('a'), false)), None);
        assert_eq!(
            said.take(),
            [
                Said::Key(30, true),
                Said::Sync,
                Said::Key(30, false),
                Said::Sync
            ]
        );
    }

    #[test]
    fn repeats_and_presses_made_up_for_the_focus_are_not_reported() {
        let (mut input, said) = new();
        let press = change(KeyCode::KeyA, Some('a'), true);
        input.key(&KeyChange {
            repeat: true,
            ..press.clone()
        });
        input.key(&KeyChange {
            synthetic: true,
            ..press.clone()
        });
        assert_eq!(said.take(), []);
        input.key(&press);
        input.key(&press);
        assert_eq!(said.take(), [Said::Key(30, true), Said::Sync]);
    }

    #[test]
    fn release_of_a_key_that_the_guest_never_saw_is_not_reported() {
        let (mut input, said) = new();
        input.key(&change(KeyCode::Tab, None, false));
        input.button(MouseButton::Left, ElementState::Released);
        assert_eq!(said.take(), []);
    }

    #[test]
    fn focus_loss_releases_keys_and_buttons_once() {
        let (mut input, said) = new();
        input.key(&change(KeyCode::ShiftLeft, None, true));
        input.button(MouseButton::Right, ElementState::Pressed);
        said.take();
        input.release_all();
        assert_eq!(
            said.take(),
            [
                Said::Key(42, false),
                Said::Button(BTN_RIGHT, false),
                Said::Sync
            ]
        );
        input.release_all();
        input.key(&change(KeyCode::ShiftLeft, None, false));
        assert_eq!(said.take(), []);
    }

    #[test]
    fn shortcuts_follow_the_letter_of_the_layout() {
        let (mut input, said) = new();
        input.key(&change(KeyCode::ControlLeft, None, true));
        input.key(&change(KeyCode::AltLeft, None, true));
        said.take();
        // On a French keyboard, Q is where a US one has A.
        assert_eq!(
            input.key(&change(KeyCode::KeyA, Some('q'), true)),
            Some(Shortcut::Close)
        );
        assert_eq!(
            input.key(&change(KeyCode::KeyF, Some('F'), true)),
            Some(Shortcut::Fullscreen)
        );
        assert_eq!(input.key(&change(KeyCode::KeyF, Some('F'), false)), None);
        assert_eq!(said.take(), []);
        assert_eq!(input.key(&change(KeyCode::KeyQ, Some('a'), true)), None);
        assert_eq!(said.take(), [Said::Key(16, true), Said::Sync]);
    }

    #[test]
    fn shortcuts_follow_the_place_where_the_layout_has_no_latin_letters() {
        let (mut input, _said) = new();
        input.key(&change(KeyCode::ControlRight, None, true));
        input.key(&change(KeyCode::AltLeft, None, true));
        let key = change(KeyCode::KeyF, Some('\u{430}'), true);
        assert_eq!(input.key(&key), Some(Shortcut::Fullscreen));
    }

    #[test]
    fn letters_without_both_modifiers_are_the_guests() {
        let (mut input, said) = new();
        input.key(&change(KeyCode::ControlLeft, None, true));
        input.key(&change(KeyCode::AltRight, None, true));
        said.take();
        assert_eq!(input.key(&change(KeyCode::KeyQ, Some('q'), true)), None);
        assert_eq!(said.take(), [Said::Key(16, true), Said::Sync]);
    }

    #[test]
    fn pointer_is_reported_when_it_moves() {
        let (mut input, said) = new();
        input.pointer((1, 2));
        input.pointer((1, 2));
        input.pointer((3, 2));
        assert_eq!(
            said.take(),
            [Said::Move(1, 2), Said::Sync, Said::Move(3, 2), Said::Sync]
        );
    }

    #[test]
    fn smooth_scrolling_adds_up_to_notches() {
        let (mut input, said) = new();
        for _ in 0..4 {
            input.scroll(MouseScrollDelta::PixelDelta(PhysicalPosition::new(
                0.0, 7.5,
            )));
        }
        assert_eq!(
            said.take(),
            [Said::Wheel(0, 1), Said::Sync, Said::Wheel(0, 1), Said::Sync]
        );
        input.scroll(MouseScrollDelta::PixelDelta(PhysicalPosition::new(
            0.0, 14.0,
        )));
        input.scroll(MouseScrollDelta::PixelDelta(PhysicalPosition::new(
            0.0, -15.0,
        )));
        assert_eq!(said.take(), [Said::Wheel(0, -1), Said::Sync]);
    }

    #[test]
    fn wheel_across_is_positive_to_the_right() {
        let (mut input, said) = new();
        input.scroll(MouseScrollDelta::LineDelta(-1.0, 2.0));
        input.scroll(MouseScrollDelta::LineDelta(f32::NAN, f32::INFINITY));
        assert_eq!(said.take(), [Said::Wheel(1, 2), Said::Sync]);
    }
}
