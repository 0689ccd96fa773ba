//! How a guest ends: the first reset or power-off that any device sees is told to the
//! monitor through one event.

use std::io;
use std::sync::{Arc, OnceLock};

use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

/// What the guest asked for when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitReason {
    /// The guest reset the machine (its `reboot`).
    Reset,
    /// The guest switched the machine off (its `poweroff`).
    PowerOff,
}

/// The end of the guest, reported once; clones share it.
#[derive(Clone, Debug)]
pub struct Lifecycle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    reason: OnceLock<ExitReason>,
    event: EventFd,
}

impl Lifecycle {
    /// A guest that has not ended.
    ///
    /// # Errors
    /// Those of `eventfd(2)`.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Shared {
            reason: OnceLock::new(),
            event: EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC)?,
        })))
    }

    /// Records that the guest ended. Only the first report counts: a guest that goes on
    /// running until its vCPUs stop cannot change its mind.
    pub fn report(&self, reason: ExitReason) {
        if self.0.reason.set(reason).is_ok()
            && let Err(error) = self.0.event.write(1)
        {
            log::error!("The guest's {reason:?} could not be signalled: {error}");
        }
    }

    /// Readable once the guest has ended.
    pub fn event(&self) -> &EventFd {
        &self.0.event
    }

    /// Why the guest ended, if it has.
    pub fn reason(&self) -> Option<ExitReason> {
        self.0.reason.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_twice_keeps_the_first_and_signals_once() {
        let lifecycle = Lifecycle::new().unwrap();
        assert_eq!(lifecycle.reason(), None);
        lifecycle.clone().report(ExitReason::PowerOff);
        lifecycle.report(ExitReason::Reset);
        assert_eq!(lifecycle.reason(), Some(ExitReason::PowerOff));
        assert_eq!(lifecycle.event().read().unwrap(), 1);
    }
}
