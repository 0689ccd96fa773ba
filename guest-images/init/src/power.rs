//! The machine's power button: pressing it ends the guest. There is no session
//! manager here that would listen to it.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::thread;

use crate::cmdline::End;
use crate::say;

/// `struct input_event` on 64-bit: two words of time, then type, code, value.
const EVENT_SIZE: usize = 24;
const EV_KEY: u16 = 1;
const KEY_POWER: u16 = 116;
const PRESSED: u32 = 1;

/// Listens to the button, if there is one, from a thread of its own.
pub fn listen() {
    if let Some(device) = find() {
        thread::spawn(move || {
            // No button, no harm: the guest ends with its command.
            if wait(&device).is_ok() {
                say("power button", "pressed");
                // Nothing is lost: the root is read-only, other disks are synced.
                let error = crate::end(End::PowerOff);
                say("error:", error);
            }
        });
    }
}

fn find() -> Option<PathBuf> {
    let entries = fs::read_dir("/sys/class/input").ok()?;
    let devices = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let button = devices.into_iter().find(|device| {
        let name = fs::read_to_string(device.join("device/name"));
        name.is_ok_and(|name| name.trim() == "Power Button")
    })?;
    Some(PathBuf::from("/dev/input").join(button.file_name()?))
}

fn wait(device: &PathBuf) -> std::io::Result<()> {
    let mut file = File::open(device)?;
    let mut event = [0; EVENT_SIZE];
    loop {
        file.read_exact(&mut event)?;
        if is_press(&event) {
            return Ok(());
        }
    }
}

fn is_press(event: &[u8; EVENT_SIZE]) -> bool {
    let [.., t0, t1, c0, c1, v0, v1, v2, v3] = *event;
    u16::from_le_bytes([t0, t1]) == EV_KEY
        && u16::from_le_bytes([c0, c1]) == KEY_POWER
        && u32::from_le_bytes([v0, v1, v2, v3]) == PRESSED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_press_of_the_power_key_counts() {
        let event = |kind: u16, code: u16, value: u32| {
            let mut event = [0xff; EVENT_SIZE];
            event[16..18].copy_from_slice(&kind.to_le_bytes());
            event[18..20].copy_from_slice(&code.to_le_bytes());
            event[20..].copy_from_slice(&value.to_le_bytes());
            event
        };
        assert!(is_press(&event(1, 116, 1)));
        assert!(!is_press(&event(1, 116, 0)));
        assert!(!is_press(&event(1, 30, 1)));
        assert!(!is_press(&event(0, 116, 1)));
    }
}
