//! From a keyboard's physical keys to the codes of Linux's input layer.
//!
//! Only the place of a key counts, never what the host's layout writes on it: the guest
//! has its own layout. A key that `winit` does not name is passed by the number that the
//! kernel gave it, where the window system tells.

use winit::keyboard::{KeyCode, NativeKeyCode, PhysicalKey};

/// `KEY_MAX` of `linux/input-event-codes.h`.
const KEY_MAX: u16 = 0x2ff;
/// Codes of mouse buttons, joysticks and pads (`BTN_MISC` until `KEY_OK`): no keys.
const BUTTONS: std::ops::Range<u16> = 0x100..0x160;

/// Physical keys with their code of `linux/input-event-codes.h`, in the order of codes.
///
/// Keys without a line have no code there (`F25` and above, `NumpadMemoryAdd`, ...) or are
/// other names for a key that has one (`Hiragana` is `Lang4`, `Meta` is `SuperLeft`).
#[rustfmt::skip] // one key a line
const KEYS: &[(KeyCode, u16)] = &[
    (KeyCode::Escape, 1), // KEY_ESC
    (KeyCode::Digit1, 2), // KEY_1
    (KeyCode::Digit2, 3), // KEY_2
    (KeyCode::Digit3, 4), // KEY_3
    (KeyCode::Digit4, 5), // KEY_4
    (KeyCode::Digit5, 6), // KEY_5
    (KeyCode::Digit6, 7), // KEY_6
    (KeyCode::Digit7, 8), // KEY_7
    (KeyCode::Digit8, 9), // KEY_8
    (KeyCode::Digit9, 10), // KEY_9
    (KeyCode::Digit0, 11), // KEY_0
    (KeyCode::Minus, 12), // KEY_MINUS
    (KeyCode::Equal, 13), // KEY_EQUAL
    (KeyCode::Backspace, 14), // KEY_BACKSPACE
    (KeyCode::Tab, 15), // KEY_TAB
    (KeyCode::KeyQ, 16), // KEY_Q
    (KeyCode::KeyW, 17), // KEY_W
    (KeyCode::KeyE, 18), // KEY_E
    (KeyCode::KeyR, 19), // KEY_R
    (KeyCode::KeyT, 20), // KEY_T
    (KeyCode::KeyY, 21), // KEY_Y
    (KeyCode::KeyU, 22), // KEY_U
    (KeyCode::KeyI, 23), // KEY_I
    (KeyCode::KeyO, 24), // KEY_O
    (KeyCode::KeyP, 25), // KEY_P
    (KeyCode::BracketLeft, 26), // KEY_LEFTBRACE
    (KeyCode::BracketRight, 27), // KEY_RIGHTBRACE
    (KeyCode::Enter, 28), // KEY_ENTER
    (KeyCode::ControlLeft, 29), // KEY_LEFTCTRL
    (KeyCode::KeyA, 30), // KEY_A
    (KeyCode::KeyS, 31), // KEY_S
    (KeyCode::KeyD, 32), // KEY_D
    (KeyCode::KeyF, 33), // KEY_F
    (KeyCode::KeyG, 34), // KEY_G
    (KeyCode::KeyH, 35), // KEY_H
    (KeyCode::KeyJ, 36), // KEY_J
    (KeyCode::KeyK, 37), // KEY_K
    (KeyCode::KeyL, 38), // KEY_L
    (KeyCode::Semicolon, 39), // KEY_SEMICOLON
    (KeyCode::Quote, 40), // KEY_APOSTROPHE
    (KeyCode::Backquote, 41), // KEY_GRAVE
    (KeyCode::ShiftLeft, 42), // KEY_LEFTSHIFT
    (KeyCode::Backslash, 43), // KEY_BACKSLASH
    (KeyCode::KeyZ, 44), // KEY_Z
    (KeyCode::KeyX, 45), // KEY_X
    (KeyCode::KeyC, 46), // KEY_C
    (KeyCode::KeyV, 47), // KEY_V
    (KeyCode::KeyB, 48), // KEY_B
    (KeyCode::KeyN, 49), // KEY_N
    (KeyCode::KeyM, 50), // KEY_M
    (KeyCode::Comma, 51), // KEY_COMMA
    (KeyCode::Period, 52), // KEY_DOT
    (KeyCode::Slash, 53), // KEY_SLASH
    (KeyCode::ShiftRight, 54), // KEY_RIGHTSHIFT
    (KeyCode::NumpadMultiply, 55), // KEY_KPASTERISK
    (KeyCode::AltLeft, 56), // KEY_LEFTALT
    (KeyCode::Space, 57), // KEY_SPACE
    (KeyCode::CapsLock, 58), // KEY_CAPSLOCK
    (KeyCode::F1, 59), // KEY_F1
    (KeyCode::F2, 60), // KEY_F2
    (KeyCode::F3, 61), // KEY_F3
    (KeyCode::F4, 62), // KEY_F4
    (KeyCode::F5, 63), // KEY_F5
    (KeyCode::F6, 64), // KEY_F6
    (KeyCode::F7, 65), // KEY_F7
    (KeyCode::F8, 66), // KEY_F8
    (KeyCode::F9, 67), // KEY_F9
    (KeyCode::F10, 68), // KEY_F10
    (KeyCode::NumLock, 69), // KEY_NUMLOCK
    (KeyCode::ScrollLock, 70), // KEY_SCROLLLOCK
    (KeyCode::Numpad7, 71), // KEY_KP7
    (KeyCode::Numpad8, 72), // KEY_KP8
    (KeyCode::Numpad9, 73), // KEY_KP9
    (KeyCode::NumpadSubtract, 74), // KEY_KPMINUS
    (KeyCode::Numpad4, 75), // KEY_KP4
    (KeyCode::Numpad5, 76), // KEY_KP5
    (KeyCode::Numpad6, 77), // KEY_KP6
    (KeyCode::NumpadAdd, 78), // KEY_KPPLUS
    (KeyCode::Numpad1, 79), // KEY_KP1
    (KeyCode::Numpad2, 80), // KEY_KP2
    (KeyCode::Numpad3, 81), // KEY_KP3
    (KeyCode::Numpad0, 82), // KEY_KP0
    (KeyCode::NumpadDecimal, 83), // KEY_KPDOT
    (KeyCode::Lang5, 85), // KEY_ZENKAKUHANKAKU
    (KeyCode::IntlBackslash, 86), // KEY_102ND
    (KeyCode::F11, 87), // KEY_F11
    (KeyCode::F12, 88), // KEY_F12
    (KeyCode::IntlRo, 89), // KEY_RO
    (KeyCode::Lang3, 90), // KEY_KATAKANA
    (KeyCode::Lang4, 91), // KEY_HIRAGANA
    (KeyCode::Convert, 92), // KEY_HENKAN
    (KeyCode::KanaMode, 93), // KEY_KATAKANAHIRAGANA
    (KeyCode::NonConvert, 94), // KEY_MUHENKAN
    (KeyCode::NumpadEnter, 96), // KEY_KPENTER
    (KeyCode::ControlRight, 97), // KEY_RIGHTCTRL
    (KeyCode::NumpadDivide, 98), // KEY_KPSLASH
    (KeyCode::PrintScreen, 99), // KEY_SYSRQ
    (KeyCode::AltRight, 100), // KEY_RIGHTALT
    (KeyCode::Home, 102), // KEY_HOME
    (KeyCode::ArrowUp, 103), // KEY_UP
    (KeyCode::PageUp, 104), // KEY_PAGEUP
    (KeyCode::ArrowLeft, 105), // KEY_LEFT
    (KeyCode::ArrowRight, 106), // KEY_RIGHT
    (KeyCode::End, 107), // KEY_END
    (KeyCode::ArrowDown, 108), // KEY_DOWN
    (KeyCode::PageDown, 109), // KEY_PAGEDOWN
    (KeyCode::Insert, 110), // KEY_INSERT
    (KeyCode::Delete, 111), // KEY_DELETE
    (KeyCode::AudioVolumeMute, 113), // KEY_MUTE
    (KeyCode::AudioVolumeDown, 114), // KEY_VOLUMEDOWN
    (KeyCode::AudioVolumeUp, 115), // KEY_VOLUMEUP
    (KeyCode::Power, 116), // KEY_POWER
    (KeyCode::NumpadEqual, 117), // KEY_KPEQUAL
    (KeyCode::Pause, 119), // KEY_PAUSE
    (KeyCode::NumpadComma, 121), // KEY_KPCOMMA
    (KeyCode::Lang1, 122), // KEY_HANGEUL
    (KeyCode::Lang2, 123), // KEY_HANJA
    (KeyCode::IntlYen, 124), // KEY_YEN
    (KeyCode::SuperLeft, 125), // KEY_LEFTMETA
    (KeyCode::SuperRight, 126), // KEY_RIGHTMETA
    (KeyCode::ContextMenu, 127), // KEY_COMPOSE
    (KeyCode::BrowserStop, 128), // KEY_STOP
    (KeyCode::Again, 129), // KEY_AGAIN
    (KeyCode::Props, 130), // KEY_PROPS
    (KeyCode::Undo, 131), // KEY_UNDO
    (KeyCode::Copy, 133), // KEY_COPY
    (KeyCode::Open, 134), // KEY_OPEN
    (KeyCode::Paste, 135), // KEY_PASTE
    (KeyCode::Find, 136), // KEY_FIND
    (KeyCode::Cut, 137), // KEY_CUT
    (KeyCode::Help, 138), // KEY_HELP
    (KeyCode::LaunchApp2, 140), // KEY_CALC
    (KeyCode::Sleep, 142), // KEY_SLEEP
    (KeyCode::WakeUp, 143), // KEY_WAKEUP
    (KeyCode::LaunchMail, 155), // KEY_MAIL
    (KeyCode::BrowserFavorites, 156), // KEY_BOOKMARKS
    (KeyCode::LaunchApp1, 157), // KEY_COMPUTER
    (KeyCode::BrowserBack, 158), // KEY_BACK
    (KeyCode::BrowserForward, 159), // KEY_FORWARD
    (KeyCode::Eject, 161), // KEY_EJECTCD
    (KeyCode::MediaTrackNext, 163), // KEY_NEXTSONG
    (KeyCode::MediaPlayPause, 164), // KEY_PLAYPAUSE
    (KeyCode::MediaTrackPrevious, 165), // KEY_PREVIOUSSONG
    (KeyCode::MediaStop, 166), // KEY_STOPCD
    (KeyCode::MediaSelect, 171), // KEY_CONFIG
    (KeyCode::BrowserHome, 172), // KEY_HOMEPAGE
    (KeyCode::BrowserRefresh, 173), // KEY_REFRESH
    (KeyCode::NumpadParenLeft, 179), // KEY_KPLEFTPAREN
    (KeyCode::NumpadParenRight, 180), // KEY_KPRIGHTPAREN
    (KeyCode::F13, 183), // KEY_F13
    (KeyCode::F14, 184), // KEY_F14
    (KeyCode::F15, 185), // KEY_F15
    (KeyCode::F16, 186), // KEY_F16
    (KeyCode::F17, 187), // KEY_F17
    (KeyCode::F18, 188), // KEY_F18
    (KeyCode::F19, 189), // KEY_F19
    (KeyCode::F20, 190), // KEY_F20
    (KeyCode::F21, 191), // KEY_F21
    (KeyCode::F22, 192), // KEY_F22
    (KeyCode::F23, 193), // KEY_F23
    (KeyCode::F24, 194), // KEY_F24
    (KeyCode::Suspend, 205), // KEY_SUSPEND
    (KeyCode::BrowserSearch, 217), // KEY_SEARCH
    (KeyCode::Select, 0x161), // KEY_SELECT
    (KeyCode::Fn, 0x1d0), // KEY_FN
    (KeyCode::NumpadStar, 0x20a), // KEY_NUMERIC_STAR
    (KeyCode::NumpadHash, 0x20b), // KEY_NUMERIC_POUND
];

/// The evdev code of a physical key; `None` if Linux has none for it.
pub fn evdev_code(key: PhysicalKey) -> Option<u16> {
    match key {
        PhysicalKey::Code(code) => KEYS
            .iter()
            .find(|(known, _)| *known == code)
            .map(|(_, evdev)| *evdev),
        // On X11 and Wayland this is the kernel's number of the key.
        PhysicalKey::Unidentified(NativeKeyCode::Xkb(code)) => u16::try_from(code)
            .ok()
            .filter(|code| (1..=KEY_MAX).contains(code) && !BUTTONS.contains(code)),
        PhysicalKey::Unidentified(_) => None,
    }
}

/// All codes that a keyboard in front of a guest should announce: those of the named
/// keys.
pub fn evdev_codes() -> impl Iterator<Item = u16> {
    KEYS.iter().map(|(_, evdev)| *evdev)
}

#[cfg(test)]
mod tests {
    use winit::platform::scancode::PhysicalKeyExtScancode;

    use super::*;

    #[test]
    fn keys_are_in_ascending_order_so_no_code_occurs_twice() {
        assert!(KEYS.windows(2).all(|pair| pair[0].1 < pair[1].1));
    }

    #[test]
    fn no_physical_key_occurs_twice() {
        for (index, (key, _)) in KEYS.iter().enumerate() {
            assert!(
                KEYS[index + 1..].iter().all(|(other, _)| other != key),
                "{key:?}"
            );
        }
    }

    #[test]
    fn every_code_is_a_key_of_linux() {
        for code in evdev_codes() {
            assert!(
                (1..=KEY_MAX).contains(&code) && !BUTTONS.contains(&code),
                "{code}"
            );
        }
    }

    #[test]
    fn keys_that_the_window_system_names_keep_the_kernels_number() {
        // winit's own table covers the keys of ordinary keyboards.
        let mut compared = 0;
        for (key, evdev) in KEYS {
            if let Some(scancode) = key.to_scancode() {
                assert_eq!(u32::from(*evdev), scancode, "{key:?}");
                compared += 1;
            }
        }
        assert!(compared > 110, "only {compared} keys compared");
    }

    #[test]
    fn every_key_that_the_window_system_can_name_has_a_code() {
        for scancode in 1..=u32::from(KEY_MAX) {
            let key = PhysicalKey::from_scancode(scancode);
            if matches!(key, PhysicalKey::Code(_)) {
                assert_eq!(evdev_code(key).map(u32::from), Some(scancode), "{key:?}");
            }
        }
    }

    #[test]
    fn keys_of_each_block_have_the_codes_of_the_header() {
        for (key, evdev) in [
            (KeyCode::KeyA, 30),
            (KeyCode::IntlBackslash, 86),
            (KeyCode::IntlYen, 124),
            (KeyCode::NumpadEnter, 96),
            (KeyCode::AltRight, 100),
            (KeyCode::ArrowUp, 103),
            (KeyCode::AudioVolumeMute, 113),
            (KeyCode::F24, 194),
        ] {
            assert_eq!(evdev_code(PhysicalKey::Code(key)), Some(evdev), "{key:?}");
        }
    }

    #[test]
    fn unnamed_key_keeps_the_kernels_number_and_buttons_are_no_keys() {
        let code = |raw| evdev_code(PhysicalKey::Unidentified(NativeKeyCode::Xkb(raw)));
        assert_eq!(code(248), Some(248));
        assert_eq!(code(0), None);
        assert_eq!(code(0x110), None);
        assert_eq!(code(0x300), None);
        assert_eq!(code(0x1_001e), None);
        assert_eq!(
            evdev_code(PhysicalKey::Unidentified(NativeKeyCode::Windows(30))),
            None
        );
    }
}
