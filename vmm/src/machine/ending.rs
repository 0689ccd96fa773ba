//! How and why a machine ends.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use maro_devices::power::PowerButton;
use maro_devices::{ExitReason, Lifecycle};
use vmm_sys_util::epoll::{ControlOperation, Epoll, EpollEvent, EventSet};
use vmm_sys_util::eventfd::EventFd;

use crate::diagnose::Report;
use crate::exit::ExitStatus;

/// Why a machine ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The guest powered itself off.
    PowerOff,
    /// The guest reset itself.
    Reset,
    /// A CPU cannot go on.
    Stuck(Arc<Report>),
    /// A signal asked for the end.
    Signal(i32),
    /// The user ended it at the terminal or closed the window.
    Quit,
}

impl Outcome {
    /// The exit code that tells it; `reset_code` is the one for a guest's reset.
    pub fn status(&self, reset_code: u8) -> ExitStatus {
        match self {
            Self::PowerOff | Self::Quit => ExitStatus::Success,
            Self::Reset => ExitStatus::GuestReset(reset_code),
            Self::Stuck(report) => report.cause.status(),
            Self::Signal(number) => ExitStatus::Signal(u8::try_from(*number).unwrap_or(0)),
        }
    }
}

/// The end of a machine, told by whoever first sees a reason; clones share it.
#[derive(Clone, Debug)]
pub struct Ending {
    /// What the guest asked for; its event wakes whoever waits.
    guest: Lifecycle,
    host: Arc<OnceLock<Outcome>>,
}

impl Ending {
    /// A machine that has not ended; `guest` is what its devices report to.
    pub fn new(guest: Lifecycle) -> Self {
        Self {
            guest,
            host: Arc::default(),
        }
    }

    /// Ends the machine for a reason that the guest did not ask for. Only the first
    /// reason counts.
    pub fn finish(&self, outcome: Outcome) {
        if self.host.set(outcome).is_ok()
            && let Err(error) = self.guest.event().write(1)
        {
            log::error!("The end of the machine could not be signalled: {error}");
        }
    }

    /// Readable once there is an outcome. For waiting alone: who reads it takes the news
    /// from others.
    pub fn event(&self) -> &EventFd {
        self.guest.event()
    }

    /// Why the machine ended, if it has.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.guest.reason() {
            Some(ExitReason::PowerOff) => Some(Outcome::PowerOff),
            Some(ExitReason::Reset) => Some(Outcome::Reset),
            None => self.host.get().cloned(),
        }
    }

    /// Waits for the end, or until `deadline`.
    ///
    /// # Errors
    /// Those of `epoll_wait(2)`.
    pub fn wait(&self, deadline: Option<Instant>) -> io::Result<Option<Outcome>> {
        let epoll = Epoll::new()?;
        let event = EpollEvent::new(EventSet::IN, 0);
        epoll.ctl(ControlOperation::Add, self.guest.event().as_raw_fd(), event)?;
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let outcome = self.outcome();
            if outcome.is_some() || left == Some(Duration::ZERO) {
                return Ok(outcome);
            }
            // Rounded up, so that the last wait is not a busy one.
            let millis = left.map_or(-1, |left| {
                i32::try_from(left.as_millis() + 1).unwrap_or(i32::MAX)
            });
            match epoll.wait(millis, &mut [EpollEvent::default()]) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
        }
    }
}

/// Lets the host ask the guest to end, and end it if it does not listen.
#[derive(Debug)]
pub struct Control {
    button: PowerButton,
    ending: Ending,
    /// The guest's kernel was told of a power button.
    has_acpi: bool,
    asked: AtomicBool,
}

impl Control {
    /// Control over the machine that ends with `ending`.
    pub fn new(button: PowerButton, ending: Ending, has_acpi: bool) -> Self {
        Self {
            button,
            ending,
            has_acpi,
            asked: AtomicBool::new(false),
        }
    }

    /// Ends the machine with `outcome`: the first call presses the power button, the
    /// next one does not wait for the guest any more. A guest that was not told of a
    /// power button is ended at once.
    pub fn stop(&self, outcome: Outcome) {
        if self.asked.swap(true, Ordering::AcqRel) || !self.has_acpi {
            self.ending.finish(outcome);
        } else {
            log::warn!("Pressed the guest's power button; ask again to end it at once");
            self.press_power_button();
        }
    }

    /// Presses the power button. Whether anything happens is the guest's choice.
    pub fn press_power_button(&self) {
        if let Err(error) = self.button.press() {
            log::warn!("The power button does not work: {error}");
        }
    }

    /// Ends the machine now.
    pub fn quit(&self) {
        self.ending.finish(Outcome::Quit);
    }
}

#[cfg(test)]
mod tests {
    use vmm_sys_util::eventfd::EFD_NONBLOCK;

    use super::*;

    fn ending() -> (Ending, Lifecycle) {
        let guest = Lifecycle::new().expect("eventfd");
        (Ending::new(guest.clone()), guest)
    }

    #[test]
    fn wait_returns_the_guests_wish() {
        let (ending, guest) = ending();
        guest.report(ExitReason::PowerOff);
        let outcome = ending.wait(None).expect("polls");
        assert!(matches!(outcome, Some(Outcome::PowerOff)));
        // It stays known.
        assert!(matches!(ending.wait(None), Ok(Some(Outcome::PowerOff))));
    }

    #[test]
    fn wait_gives_up_at_its_deadline() {
        let (ending, _) = ending();
        let deadline = Instant::now() + Duration::from_millis(5);
        assert!(ending.wait(Some(deadline)).expect("polls").is_none());
    }

    #[test]
    fn finish_keeps_the_first_reason() {
        let (ending, _) = ending();
        ending.finish(Outcome::Signal(15));
        ending.finish(Outcome::Quit);
        let outcome = ending.wait(None).expect("polls").expect("ended");
        assert_eq!(outcome.status(16).code(), 143);
    }

    #[test]
    fn stop_presses_the_button_first() {
        let (ending, _) = ending();
        let irq = EventFd::new(EFD_NONBLOCK).expect("eventfd");
        let button = PowerButton::new(irq.try_clone().expect("dup"));
        let control = Control::new(button, ending.clone(), true);
        control.stop(Outcome::Signal(2));
        assert!(ending.outcome().is_none());
        assert_eq!(irq.read().expect("pressed"), 1);
        control.stop(Outcome::Signal(2));
        assert!(matches!(ending.outcome(), Some(Outcome::Signal(2))));
    }

    #[test]
    fn stop_of_a_guest_without_acpi_does_not_wait() {
        let (ending, _) = ending();
        let irq = EventFd::new(EFD_NONBLOCK).expect("eventfd");
        Control::new(PowerButton::new(irq), ending.clone(), false).stop(Outcome::Quit);
        assert!(matches!(ending.outcome(), Some(Outcome::Quit)));
    }
}
