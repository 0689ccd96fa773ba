//! The devices of a PC that a kernel finds on ports: serial line, clock, reset, power.

use std::io::Write;
use std::sync::Arc;

use maro_devices::i8042::{COMMAND_PORT, I8042};
use maro_devices::power::{POWER_BASE, POWER_LEN, PowerButton, PowerControl};
use maro_devices::rtc::{RTC_BASE, RTC_LEN, Rtc};
use maro_devices::serial::{COM1_BASE, COM1_IRQ, SERIAL_LEN, Serial};
use maro_devices::{Bus, Lifecycle};

use super::error::MachineError;
use super::virtio::event;
use crate::kvm::vm::Vm;
use crate::tables::acpi::POWER_BUTTON_GSI;

/// Ends of the platform's devices that the host holds.
pub struct Platform {
    /// The serial port, to type into.
    pub serial: Arc<Serial>,
    /// The power button.
    pub button: PowerButton,
}

/// Puts the platform's devices on `ports`. The serial port is there even when nothing
/// listens: kernels probe it.
///
/// # Errors
/// If KVM or the host refuses an event.
pub fn add(
    vm: &Vm,
    ports: &mut Bus,
    lifecycle: &Lifecycle,
    serial_output: Box<dyn Write + Send>,
) -> Result<Platform, MachineError> {
    let serial_irq = event()?;
    vm.connect_interrupt(COM1_IRQ, &serial_irq)?;
    let serial = Arc::new(Serial::new(serial_irq, serial_output));
    ports.insert(COM1_BASE.into(), SERIAL_LEN.into(), serial.clone())?;
    ports.insert(
        COMMAND_PORT.into(),
        1,
        Arc::new(I8042::new(lifecycle.clone())),
    )?;
    ports.insert(RTC_BASE.into(), RTC_LEN.into(), Arc::new(Rtc::new()))?;
    ports.insert(
        POWER_BASE.into(),
        POWER_LEN.into(),
        Arc::new(PowerControl::new(lifecycle.clone())),
    )?;
    let button_irq = event()?;
    vm.connect_interrupt(POWER_BUTTON_GSI, &button_irq)?;
    Ok(Platform {
        serial,
        button: PowerButton::new(button_irq),
    })
}
