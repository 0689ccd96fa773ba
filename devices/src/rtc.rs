//! The CMOS clock (Motorola MC146818) with its 128 bytes of memory.
//!
//! Its time is the host's, in UTC. An update is never in progress, so no reader ever
//! waits. There are no alarms and no interrupt line. Writes to the time are stored
//! nowhere: a guest that sets its hardware clock finds the host's time again.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::bus::BusDevice;

/// Port of the index register; the data register follows it.
pub const RTC_BASE: u16 = 0x70;
/// Number of I/O ports.
pub const RTC_LEN: u16 = 2;
/// Index of the century register, for the FADT's `CENTURY` field.
pub const CENTURY_INDEX: u8 = 0x32;

/// Offset of the index register; bit 7 masks the NMI and is not part of the index.
const INDEX_OFFSET: u64 = 0;
const DATA_OFFSET: u64 = 1;
const INDEX_MASK: u8 = 0x7f;

const SECONDS: u8 = 0x00;
const MINUTES: u8 = 0x02;
const HOURS: u8 = 0x04;
const WEEKDAY: u8 = 0x06;
const DAY: u8 = 0x07;
const MONTH: u8 = 0x08;
const YEAR: u8 = 0x09;
const STATUS_A: u8 = 0x0a;
const STATUS_B: u8 = 0x0b;
const STATUS_C: u8 = 0x0c;
const STATUS_D: u8 = 0x0d;

/// Register A: an update is in progress. Never set here.
const A_UPDATE_IN_PROGRESS: u8 = 0x80;
/// Register A at power-on: the usual 32,768 Hz time base and 1,024 Hz rate.
const A_DEFAULT: u8 = 0x26;
/// Register B: hours count to 24.
const B_24_HOURS: u8 = 0x02;
/// Register B: numbers are binary, not BCD.
const B_BINARY: u8 = 0x04;
/// Register D: memory and time are valid.
const D_VALID: u8 = 0x80;
/// Hours in 12-hour mode: afternoon.
const HOURS_PM: u8 = 0x80;

const SECONDS_PER_DAY: u64 = 86_400;

/// The clock; it belongs at [`RTC_BASE`].
pub struct Rtc {
    now: fn() -> SystemTime,
    state: Mutex<State>,
}

struct State {
    index: u8,
    memory: [u8; 128],
}

impl Rtc {
    /// A clock that tells the host's time.
    pub fn new() -> Self {
        Self::with_clock(SystemTime::now)
    }

    /// A clock that tells the time of `now`.
    pub fn with_clock(now: fn() -> SystemTime) -> Self {
        let mut memory = [0; 128];
        memory[usize::from(STATUS_A)] = A_DEFAULT;
        memory[usize::from(STATUS_B)] = B_24_HOURS;
        Self {
            now,
            state: Mutex::new(State { index: 0, memory }),
        }
    }

    fn time(&self) -> DateTime {
        let since_epoch = (self.now)().duration_since(UNIX_EPOCH).unwrap_or_default();
        DateTime::from_unix(since_epoch.as_secs())
    }

    fn read_register(&self, state: &State) -> u8 {
        let stored = state.memory[usize::from(state.index & INDEX_MASK)];
        let mode = state.memory[usize::from(STATUS_B)];
        match state.index {
            STATUS_A => stored & !A_UPDATE_IN_PROGRESS,
            STATUS_C => 0,
            STATUS_D => D_VALID,
            index => self.time().register(index, mode).unwrap_or(stored),
        }
    }
}

impl Default for Rtc {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Rtc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rtc").finish_non_exhaustive()
    }
}

impl BusDevice for Rtc {
    fn read(&self, offset: u64, data: &mut [u8]) {
        data.fill(0xff);
        if let (DATA_OFFSET, [byte]) = (offset, data) {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            *byte = self.read_register(&state);
        }
    }

    fn write(&self, offset: u64, data: &[u8]) {
        let &[value] = data else { return };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if offset == INDEX_OFFSET {
            state.index = value & INDEX_MASK;
        } else {
            let index = usize::from(state.index & INDEX_MASK);
            state.memory[index] = value;
        }
    }
}

/// A moment of the civil calendar in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct DateTime {
    year: u64,
    month: u8,
    day: u8,
    /// 1 is Sunday.
    weekday: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl DateTime {
    /// The civil time `seconds` after 1970-01-01T00:00:00Z.
    ///
    /// Days are counted in years that begin on the first of March, so that the leap day
    /// is the last of its year, and in eras of 400 years, which all have 146,097 days.
    fn from_unix(seconds: u64) -> Self {
        const DAYS_PER_ERA: u64 = 146_097;
        /// From 0000-03-01 to 1970-01-01.
        const DAYS_BEFORE_1970: u64 = 719_468;

        let days = seconds / SECONDS_PER_DAY;
        let time = seconds % SECONDS_PER_DAY;
        let shifted = days + DAYS_BEFORE_1970;
        let era = shifted / DAYS_PER_ERA;
        let day_of_era = shifted % DAYS_PER_ERA;
        let leap_days = day_of_era / 1_460 + day_of_era / 146_096 - day_of_era / 36_524;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Months from March have 31, 30, 31, 30, 31 days and again: 153 in five.
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let (month, carry) = if month_from_march < 10 {
            (month_from_march + 3, 0)
        } else {
            (month_from_march - 9, 1)
        };
        Self {
            year: era * 400 + year_of_era + carry,
            month: small(month),
            day: small(day),
            // The first of January 1970 was a Thursday.
            weekday: small((days + 4) % 7 + 1),
            hour: small(time / 3_600),
            minute: small(time / 60 % 60),
            second: small(time % 60),
        }
    }

    /// The value of a time register under the mode bits of register B.
    fn register(&self, index: u8, mode: u8) -> Option<u8> {
        let value = match index {
            SECONDS => self.second,
            MINUTES => self.minute,
            HOURS => return Some(self.hours(mode)),
            WEEKDAY => self.weekday,
            DAY => self.day,
            MONTH => self.month,
            YEAR => small(self.year % 100),
            CENTURY_INDEX => small(self.year / 100),
            _ => return None,
        };
        Some(encode(value, mode))
    }

    fn hours(&self, mode: u8) -> u8 {
        if mode & B_24_HOURS != 0 {
            return encode(self.hour, mode);
        }
        let afternoon = if self.hour >= 12 { HOURS_PM } else { 0 };
        let hour = match self.hour % 12 {
            0 => 12,
            hour => hour,
        };
        encode(hour, mode) | afternoon
    }
}

fn encode(value: u8, mode: u8) -> u8 {
    if mode & B_BINARY != 0 {
        value
    } else {
        ((value / 10) << 4) | (value % 10)
    }
}

/// Narrows a calendar field, all of which are below 100 in this millennium.
fn small(value: u64) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// 2026-11-23T15:04:05Z, a Monday (checked with `date -u -d @1795446245`).
    fn monday() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_446_245)
    }

    fn get(rtc: &Rtc, index: u8) -> u8 {
        let mut value = [0];
        rtc.write(INDEX_OFFSET, &[index]);
        rtc.read(DATA_OFFSET, &mut value);
        value[0]
    }

    fn set(rtc: &Rtc, index: u8, value: u8) {
        rtc.write(INDEX_OFFSET, &[index]);
        rtc.write(DATA_OFFSET, &[value]);
    }

    const CLOCK: [u8; 8] = [
        CENTURY_INDEX,
        YEAR,
        MONTH,
        DAY,
        WEEKDAY,
        HOURS,
        MINUTES,
        SECONDS,
    ];

    #[test]
    fn read_time_in_bcd_by_default() {
        let rtc = Rtc::with_clock(monday);
        let clock = CLOCK.map(|index| get(&rtc, index));
        assert_eq!(clock, [0x20, 0x26, 0x11, 0x23, 2, 0x15, 0x04, 0x05]);
    }

    #[test]
    fn read_time_in_binary_when_register_b_says_so() {
        let rtc = Rtc::with_clock(monday);
        set(&rtc, STATUS_B, B_24_HOURS | B_BINARY);
        let clock = CLOCK.map(|index| get(&rtc, index));
        assert_eq!(clock, [20, 26, 11, 23, 2, 15, 4, 5]);
    }

    #[test]
    fn read_hours_in_12_hour_mode_marks_the_afternoon() {
        let rtc = Rtc::with_clock(monday);
        set(&rtc, STATUS_B, 0);
        assert_eq!(get(&rtc, HOURS), 0x03 | HOURS_PM);
    }

    #[test]
    fn read_register_a_never_shows_an_update() {
        let rtc = Rtc::new();
        set(&rtc, STATUS_A, 0xff);
        assert_eq!(get(&rtc, STATUS_A) & A_UPDATE_IN_PROGRESS, 0);
        assert_eq!(get(&rtc, STATUS_D), D_VALID);
    }

    #[test]
    fn memory_keeps_what_is_not_a_clock_register() {
        let rtc = Rtc::new();
        // 0x0f is the shutdown status byte; bit 7 of the index masks the NMI.
        set(&rtc, 0x8f, 0x0a);
        assert_eq!(get(&rtc, 0x0f), 0x0a);
    }

    #[test]
    fn from_unix_handles_leap_days_and_century_ends() {
        let date = |seconds| {
            let date = DateTime::from_unix(seconds);
            (date.year, date.month, date.day, date.weekday)
        };
        assert_eq!(date(0), (1970, 1, 1, 5));
        assert_eq!(date(951_782_400), (2000, 2, 29, 3));
        assert_eq!(date(951_868_800), (2000, 3, 1, 4));
        assert_eq!(date(1_735_689_599), (2024, 12, 31, 3));
        assert_eq!(date(4_107_542_400), (2100, 3, 1, 2));
    }
}
