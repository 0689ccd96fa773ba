//! The configuration space: what the device is and can do (virtio 1.3, 5.8.4 and 5.8.5).
//!
//! The driver writes a selector and reads the answer from the union behind it; an answer
//! of size 0 means "nothing of that kind".

use zerocopy::little_endian::{I32, U16};
use zerocopy::{Immutable, IntoBytes};

use super::evdev::{
    ABS_MAX, ABS_X, ABS_Y, BTN_EXTRA, BTN_LEFT, BTN_MIDDLE, BTN_RIGHT, BTN_SIDE, EV_ABS, EV_KEY,
    EV_LED, EV_REL, EV_REP, LED_CAPSL, LED_NUML, LED_SCROLLL, REL_HWHEEL, REL_WHEEL, REP_DELAY,
    REP_PERIOD,
};
use super::keys::ALL_KEYS;
use crate::virtio::config_space;

const SELECT_OFFSET: u64 = 0;
const SUBSELECT_OFFSET: u64 = 1;

// Selectors.
const ID_NAME: u8 = 0x01;
const ID_DEVIDS: u8 = 0x03;
const EV_BITS: u8 = 0x11;
const ABS_INFO: u8 = 0x12;

/// Largest answer.
const UNION_LEN: usize = 128;

const BUS_VIRTUAL: u16 = 0x06;
/// Any number serves; a virtual device has no vendor.
const VENDOR: u16 = 0x6d61;
const VERSION: u16 = 1;

/// What kind of input device it is.
#[derive(Debug)]
pub(super) struct Profile {
    name: &'static str,
    product: u16,
    /// Codes of each type of event.
    events: &'static [(u16, &'static [u16])],
    /// Absolute axes; all run from 0 to `ABS_MAX`.
    axes: &'static [u16],
}

pub(super) const KEYBOARD: Profile = Profile {
    name: "maro keyboard",
    product: 1,
    events: &[
        (EV_KEY, ALL_KEYS),
        (EV_LED, &[LED_NUML, LED_CAPSL, LED_SCROLLL]),
        // Linux repeats keys by itself when this type is there.
        (EV_REP, &[REP_DELAY, REP_PERIOD]),
    ],
    axes: &[],
};

pub(super) const TABLET: Profile = Profile {
    name: "maro tablet",
    product: 2,
    events: &[
        (
            EV_KEY,
            &[BTN_LEFT, BTN_RIGHT, BTN_MIDDLE, BTN_SIDE, BTN_EXTRA],
        ),
        (EV_REL, &[REL_HWHEEL, REL_WHEEL]),
        (EV_ABS, &[ABS_X, ABS_Y]),
    ],
    axes: &[ABS_X, ABS_Y],
};

#[derive(IntoBytes, Immutable)]
#[repr(C)]
struct DeviceIds {
    bus: U16,
    vendor: U16,
    product: U16,
    version: U16,
}

#[derive(IntoBytes, Immutable)]
#[repr(C)]
struct AbsInfo {
    min: I32,
    max: I32,
    fuzz: I32,
    flat: I32,
    resolution: I32,
}

/// The whole space, with the answer to the present selection.
#[derive(IntoBytes, Immutable)]
#[repr(C)]
struct Space {
    select: u8,
    subselect: u8,
    size: u8,
    reserved: [u8; 5],
    answer: [u8; UNION_LEN],
}

const _: () = assert!(size_of::<Space>() == 136);

/// The configuration space of one device.
pub(super) struct Config {
    profile: &'static Profile,
    space: Space,
}

impl Config {
    pub(super) fn new(profile: &'static Profile) -> Self {
        Self {
            profile,
            space: Space {
                select: 0,
                subselect: 0,
                size: 0,
                reserved: [0; 5],
                answer: [0; UNION_LEN],
            },
        }
    }

    pub(super) fn read(&self, offset: u64, data: &mut [u8]) {
        config_space::read(self.space.as_bytes(), offset, data);
    }

    /// Takes a write of one or both selectors; everything else is read-only.
    pub(super) fn write(&mut self, offset: u64, data: &[u8]) {
        for (at, &value) in (0..).zip(data) {
            match offset.checked_add(at) {
                Some(SELECT_OFFSET) => self.space.select = value,
                Some(SUBSELECT_OFFSET) => self.space.subselect = value,
                _ => {}
            }
        }
        self.answer();
    }

    pub(super) fn reset(&mut self) {
        self.space.select = 0;
        self.space.subselect = 0;
        self.answer();
    }

    fn answer(&mut self) {
        let subselect = u16::from(self.space.subselect);
        self.space.answer = [0; UNION_LEN];
        self.space.size = 0;
        match self.space.select {
            ID_NAME => self.put(self.profile.name.as_bytes()),
            ID_DEVIDS => {
                let ids = DeviceIds {
                    bus: BUS_VIRTUAL.into(),
                    vendor: VENDOR.into(),
                    product: self.profile.product.into(),
                    version: VERSION.into(),
                };
                self.put(ids.as_bytes());
            }
            EV_BITS => self.put_bits(subselect),
            ABS_INFO if self.profile.axes.contains(&subselect) => {
                let range = AbsInfo {
                    min: 0.into(),
                    max: ABS_MAX.into(),
                    fuzz: 0.into(),
                    flat: 0.into(),
                    resolution: 0.into(),
                };
                self.put(range.as_bytes());
            }
            _ => {}
        }
    }

    fn put(&mut self, answer: &[u8]) {
        for (to, from) in self.space.answer.iter_mut().zip(answer) {
            *to = *from;
        }
        self.space.size = u8::try_from(answer.len().min(UNION_LEN)).unwrap_or(u8::MAX);
    }

    /// The codes of events of type `kind`, as a bitmap without its zero end.
    fn put_bits(&mut self, kind: u16) {
        let codes = self.profile.events.iter().find(|(event, _)| *event == kind);
        let Some((_, codes)) = codes else { return };
        for &code in *codes {
            if let Some(byte) = self.space.answer.get_mut(usize::from(code / 8)) {
                *byte |= 1 << (code % 8);
            }
        }
        let last = self.space.answer.iter().rposition(|&byte| byte != 0);
        self.space.size = last.map_or(0, |last| u8::try_from(last + 1).unwrap_or(u8::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(config: &mut Config, select: u8, subselect: u8) -> Vec<u8> {
        config.write(SELECT_OFFSET, &[select]);
        config.write(SUBSELECT_OFFSET, &[subselect]);
        let mut size = [0];
        config.read(2, &mut size);
        let mut answer = vec![0; usize::from(size[0])];
        config.read(8, &mut answer);
        answer
    }

    #[test]
    fn name_and_ids_are_told() {
        let mut config = Config::new(&TABLET);
        assert_eq!(ask(&mut config, ID_NAME, 0), b"maro tablet");
        assert_eq!(
            ask(&mut config, ID_DEVIDS, 0),
            [6, 0, 0x61, 0x6d, 2, 0, 1, 0]
        );
    }

    #[test]
    fn tablet_tells_axes_buttons_and_wheels() {
        let mut config = Config::new(&TABLET);
        assert_eq!(ask(&mut config, EV_BITS, 3), [0b11]);
        assert_eq!(ask(&mut config, EV_BITS, 2), [1 << 6, 1]);
        let keys = ask(&mut config, EV_BITS, 1);
        assert_eq!(keys.len(), 0x110 / 8 + 1);
        assert_eq!(keys.last(), Some(&0b1_1111));
        let range = ask(&mut config, ABS_INFO, 1);
        assert_eq!(range.len(), 20);
        assert_eq!(range[4..8], 32_767_i32.to_le_bytes());
    }

    #[test]
    fn keyboard_has_every_key_of_the_table() {
        let mut config = Config::new(&KEYBOARD);
        let bits = ask(&mut config, EV_BITS, 1);
        for code in 0..u16::try_from(bits.len() * 8).unwrap() {
            let bit = bits[usize::from(code / 8)] >> (code % 8) & 1;
            assert_eq!(bit == 1, ALL_KEYS.contains(&code), "key {code}");
        }
        assert_eq!(ask(&mut config, EV_BITS, 0x11), [0b111]);
        assert!(!ask(&mut config, EV_BITS, 0x14).is_empty());
    }

    #[test]
    fn unknown_selections_have_size_zero() {
        let mut config = Config::new(&KEYBOARD);
        for (select, subselect) in [
            (0, 0),
            (0x10, 0),
            (0x12, 0),
            (0x11, 3),
            (0x11, 0xff),
            (0xff, 1),
        ] {
            assert!(ask(&mut config, select, subselect).is_empty());
        }
    }

    #[test]
    fn write_both_selectors_at_once_answers_for_both() {
        let mut config = Config::new(&TABLET);
        config.write(0, &[ABS_INFO, 0]);
        let mut size = [0];
        config.read(2, &mut size);
        assert_eq!(size, [20]);
        config.write(8, &[1, 2, 3, 4]);
        config.write(u64::MAX, &[1, 2]);
        config.read(2, &mut size);
        assert_eq!(size, [20]);
    }
}
