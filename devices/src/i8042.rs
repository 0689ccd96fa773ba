//! The i8042 keyboard controller, of which only the reset line is real.
//!
//! Linux with `reboot=k` resets the machine by command 0xfe once the controller's input
//! buffer is empty. There is no keyboard behind it (that is virtio-input), so a driver's
//! probe should give up at once: the status register says for ever that a byte waits to
//! be read, which Linux takes for an absent controller after a few reads. A status of 0
//! would make it wait half a second for an answer, one of 0xff would delay `reboot=k`.

use crate::bus::BusDevice;
use crate::lifecycle::{ExitReason, Lifecycle};

/// Port of the data register; one port.
pub const DATA_PORT: u16 = 0x60;
/// Port of the command (write) and status (read) register; one port.
pub const COMMAND_PORT: u16 = 0x64;

/// Status: output buffer full, input buffer empty.
const STATUS_OUTPUT_FULL: u8 = 0x01;
/// Command: pulse the CPU's reset line.
const COMMAND_RESET_CPU: u8 = 0xfe;

/// The command and status register; it belongs at [`COMMAND_PORT`], one port long.
/// [`DATA_PORT`] stays unclaimed: nothing that is written there has an effect.
#[derive(Debug)]
pub struct I8042 {
    lifecycle: Lifecycle,
}

impl I8042 {
    /// A controller that reports a reset to `lifecycle`.
    pub fn new(lifecycle: Lifecycle) -> Self {
        Self { lifecycle }
    }
}

impl BusDevice for I8042 {
    fn read(&self, _offset: u64, data: &mut [u8]) {
        data.fill(STATUS_OUTPUT_FULL);
    }

    fn write(&self, _offset: u64, data: &[u8]) {
        if data == [COMMAND_RESET_CPU] {
            self.lifecycle.report(ExitReason::Reset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_reset_command_reports_a_reset() {
        let lifecycle = Lifecycle::new().unwrap();
        let i8042 = I8042::new(lifecycle.clone());
        i8042.write(0, &[0x20]);
        assert_eq!(lifecycle.reason(), None);
        i8042.write(0, &[COMMAND_RESET_CPU]);
        assert_eq!(lifecycle.reason(), Some(ExitReason::Reset));
    }

    #[test]
    fn read_status_lets_a_reboot_pass_and_a_probe_fail() {
        let mut status = [0];
        I8042::new(Lifecycle::new().unwrap()).read(0, &mut status);
        // `reboot=k` waits for bit 1 to clear, the probe for bit 0.
        assert_eq!(status[0] & 0b11, 0b01);
    }
}
