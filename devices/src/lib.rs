//! Emulated devices: what a guest finds on its buses.
//!
//! A device here knows its registers and its queues, never KVM and never GL. The
//! monitor (`maro-vmm`) places devices on a [`Bus`] and connects their event file
//! descriptors to KVM: ioeventfd for doorbells, irqfd for interrupts.
//!
//! | module | device | where the guest finds it |
//! |---|---|---|
//! | [`serial`] | 16550 UART | ports 0x3f8.. |
//! | [`i8042`] | keyboard controller, for its reset line only | ports 0x60, 0x64 |
//! | [`rtc`] | CMOS clock | ports 0x70, 0x71 |
//! | [`power`] | ACPI sleep and reset registers, power button | ports 0x600.. and an interrupt |
//! | [`virtio`] | block, console, entropy, input over virtio-mmio | one MMIO window each |
//!
//! vCPU threads reach every device through a shared [`Bus`], so each device does its
//! own locking. virtio devices do their queue work on a [`DeviceLoop`] thread.
#![forbid(unsafe_code)]

pub mod bus;
pub mod device_loop;
pub mod i8042;
pub mod lifecycle;
pub mod power;
pub mod rtc;
pub mod serial;
pub mod virtio;

pub use bus::{Bus, BusDevice, BusError};
pub use device_loop::{DeviceLoop, LoopHandle};
pub use lifecycle::{ExitReason, Lifecycle};
