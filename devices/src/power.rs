//! Power: the registers and the button of hardware-reduced ACPI.
//!
//! The monitor's tables describe this block (ACPI 6.5): the FADT sets
//! `HW_REDUCED_ACPI`, `RESET_REG_SUP`, names [`SLEEP_CONTROL_PORT`],
//! [`SLEEP_STATUS_PORT`] and [`RESET_PORT`] with [`RESET_VALUE`], and the DSDT has
//! `\_S5` with [`S5_SLEEP_TYPE`]. The button is a control-method device (`PNP0C0C`)
//! that a generic event device (`ACPI0013`) notifies with 0x80 on each edge of the
//! button's interrupt; there is one event source, hence no register to ask.
//!
//! The ports also work without ACPI tables: a small guest may write them by itself.

use std::io;

use vmm_sys_util::eventfd::EventFd;

use crate::bus::BusDevice;
use crate::lifecycle::{ExitReason, Lifecycle};

/// First I/O port of the block.
pub const POWER_BASE: u16 = 0x600;
/// Number of I/O ports in the block.
pub const POWER_LEN: u16 = 3;
/// `SLEEP_CONTROL_REG` (ACPI 6.5, 4.8.3.7): one byte.
pub const SLEEP_CONTROL_PORT: u16 = POWER_BASE;
/// `SLEEP_STATUS_REG` (ACPI 6.5, 4.8.3.7): one byte, always 0 as maro never wakes a guest.
pub const SLEEP_STATUS_PORT: u16 = POWER_BASE + 1;
/// `RESET_REG` (ACPI 6.5, 4.8.3.6): one byte.
pub const RESET_PORT: u16 = POWER_BASE + 2;
/// What a write to [`RESET_PORT`] must hold to reset the machine.
pub const RESET_VALUE: u8 = 1;
/// `SLP_TYP` of S5, soft off: the first element of the package `\_S5`.
pub const S5_SLEEP_TYPE: u8 = 5;

/// `SLP_TYP` in the sleep control register.
const SLEEP_TYPE_SHIFT: u8 = 2;
const SLEEP_TYPE_MASK: u8 = 0b111;
/// `SLP_EN` in the sleep control register.
const SLEEP_ENABLE: u8 = 1 << 5;

/// The sleep and reset registers.
#[derive(Debug)]
pub struct PowerControl {
    lifecycle: Lifecycle,
}

impl PowerControl {
    /// Registers that report to `lifecycle`; they belong at [`POWER_BASE`].
    pub fn new(lifecycle: Lifecycle) -> Self {
        Self { lifecycle }
    }
}

impl BusDevice for PowerControl {
    fn read(&self, _offset: u64, data: &mut [u8]) {
        data.fill(0);
    }

    fn write(&self, offset: u64, data: &[u8]) {
        let &[value] = data else { return };
        let port = u64::from(POWER_BASE).saturating_add(offset);
        if port == u64::from(SLEEP_CONTROL_PORT) {
            let sleep_type = (value >> SLEEP_TYPE_SHIFT) & SLEEP_TYPE_MASK;
            if value & SLEEP_ENABLE != 0 && sleep_type == S5_SLEEP_TYPE {
                self.lifecycle.report(ExitReason::PowerOff);
            }
        } else if port == u64::from(RESET_PORT) && value == RESET_VALUE {
            self.lifecycle.report(ExitReason::Reset);
        }
    }
}

/// The machine's power button, for the monitor to press: an orderly shutdown that the
/// guest does by itself.
#[derive(Debug)]
pub struct PowerButton {
    irq: EventFd,
}

impl PowerButton {
    /// A button on the edge-triggered interrupt that `irq` raises.
    pub fn new(irq: EventFd) -> Self {
        Self { irq }
    }

    /// Presses the button. Whether anything happens is the guest's choice.
    ///
    /// # Errors
    /// Those of writing an event file descriptor.
    pub fn press(&self) -> io::Result<()> {
        self.irq.write(1)
    }
}

#[cfg(test)]
mod tests {
    use vmm_sys_util::eventfd::EFD_NONBLOCK;

    use super::*;
    use crate::bus::Bus;

    fn bus() -> (Bus, Lifecycle) {
        let lifecycle = Lifecycle::new().unwrap();
        let mut bus = Bus::new();
        let device = std::sync::Arc::new(PowerControl::new(lifecycle.clone()));
        bus.insert(POWER_BASE.into(), POWER_LEN.into(), device)
            .unwrap();
        (bus, lifecycle)
    }

    #[test]
    fn sleep_control_s5_with_enable_powers_off() {
        let (bus, lifecycle) = bus();
        bus.write(SLEEP_CONTROL_PORT.into(), &[0x34]);
        assert_eq!(lifecycle.reason(), Some(ExitReason::PowerOff));
    }

    #[test]
    fn sleep_control_other_values_do_nothing() {
        let (bus, lifecycle) = bus();
        // S5 without SLP_EN, S3 with it, and S5 in an access of the wrong width.
        bus.write(SLEEP_CONTROL_PORT.into(), &[0x14]);
        bus.write(SLEEP_CONTROL_PORT.into(), &[0x2c]);
        bus.write(SLEEP_CONTROL_PORT.into(), &[0x34, 0]);
        assert_eq!(lifecycle.reason(), None);
    }

    #[test]
    fn reset_register_takes_its_value_alone() {
        let (bus, lifecycle) = bus();
        bus.write(RESET_PORT.into(), &[0xff]);
        assert_eq!(lifecycle.reason(), None);
        bus.write(RESET_PORT.into(), &[RESET_VALUE]);
        assert_eq!(lifecycle.reason(), Some(ExitReason::Reset));
    }

    #[test]
    fn registers_read_as_zero() {
        let (bus, _lifecycle) = bus();
        let mut status = [0xff];
        bus.read(SLEEP_STATUS_PORT.into(), &mut status);
        assert_eq!(status, [0]);
    }

    #[test]
    fn press_raises_the_interrupt() {
        let irq = EventFd::new(EFD_NONBLOCK).unwrap();
        let button = PowerButton::new(irq.try_clone().unwrap());
        button.press().unwrap();
        assert_eq!(irq.read().unwrap(), 1);
    }
}
