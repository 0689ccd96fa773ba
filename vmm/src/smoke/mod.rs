//! Boots a guest, waits for its picture and judges it: the work of `maro smoke`.
//!
//! [`guest`] chooses image and machine, [`watch`] waits, [`check`] judges and [`junit`]
//! writes the results for CI systems; [`phases`] keeps the times.

pub mod check;
pub mod console;
pub mod guest;
pub mod junit;
pub mod phases;
pub mod watch;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::MachineConfig;
use crate::machine::Machine;
use crate::machine::error::{HostContext, MachineError};
use crate::machine::graphics::Screen;
use crate::machine::stats::ExitTotals;
use crate::signals::SignalThread;
use console::Console;
use guest::{GuestError, GuestOptions};
use phases::{Phase, Phases};
use watch::{Goal, Watch, WatchError, Watched};

/// Why a test could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum SmokeError {
    /// There is no guest to boot.
    #[error(transparent)]
    Guest(#[from] GuestError),
    /// The machine could not be built.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The guest could not be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// A result could not be written.
    #[error("Cannot write {path}: {source}; choose another place with --out or --junit")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the host said.
        source: io::Error,
    },
}

impl SmokeError {
    /// Names the file in the error of a write to it.
    pub fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }
}

/// A guest's run.
pub struct Run {
    /// What was seen of it.
    pub watched: Watched,
    /// When what happened.
    pub phases: Phases,
    /// Exits from guest to monitor.
    pub exits: ExitTotals,
}

/// Boots the guest, waits for the goal and ends the guest.
///
/// # Errors
/// If there is no guest to boot or it cannot be watched; a goal that is not reached is
/// none.
pub fn run(options: &GuestOptions, goal: &Goal, log: &Path) -> Result<Run, SmokeError> {
    let file = File::create(log).map_err(SmokeError::write(log))?;
    let mut console = Console::new(file).host("a pipe for the console")?;
    let config = guest::prepare(options, console.writer_path().unwrap_or_default())?;
    let mut phases = Phases::start();
    boot(&config, &mut console, &mut phases, goal)
}

fn boot(
    config: &MachineConfig,
    console: &mut Console,
    phases: &mut Phases,
    goal: &Goal,
) -> Result<Run, SmokeError> {
    let machine = Machine::build(config, Screen::Headless)?;
    console.close_writer();
    let _signals = SignalThread::start(machine.control()).host("signal handlers")?;
    let machine = machine.start()?;
    phases.reach(Phase::CpusStarted);
    let watched = match machine.gpu() {
        Some(gpu) => {
            Watch::new(&gpu, machine.ending(), console, phases, goal).and_then(Watch::wait)
        }
        None => Err(io::Error::other("the machine has no graphics card").into()),
    };
    // A CPU that writes to a full console must not hold up the end.
    console.close_reader();
    let exits = machine.shutdown();
    Ok(Run {
        watched: watched?,
        phases: phases.clone(),
        exits,
    })
}
