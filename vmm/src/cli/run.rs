//! `maro run`: one guest, from start to end.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use clap::Args;
use maro_renderer::present::input::InputSink;
use maro_renderer::present::window::{
    self, CloseAnswer, WindowCallbacks, WindowConfig, WindowSetup,
};

use crate::config::options::RunOptions;
use crate::config::{ConfigError, Display, MachineConfig};
use crate::doctor::host_display;
use crate::exit::{self, ExitStatus};
use crate::machine::ending::{Control, Outcome};
use crate::machine::error::{HostContext, MachineError};
use crate::machine::graphics::{SCREEN, Screen, WindowScreen};
use crate::machine::input::GuestInput;
use crate::machine::screenshot::PictureKeeper;
use crate::machine::stats::Summary;
use crate::machine::{Machine, RunningMachine};
use crate::output::tell;
use crate::signals::SignalThread;
use crate::terminal::{InputThread, RawTerminal};

/// The arguments of `maro run`.
#[derive(Debug, Args)]
#[command(after_help = exit::HELP)]
pub struct RunCommand {
    /// Read options from this TOML file; those given here win
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    options: RunOptions,
}

impl RunCommand {
    /// Runs the guest; says on standard error what went wrong.
    pub fn execute(self) -> ExitStatus {
        let config = match self.configure() {
            Ok(config) => config,
            Err(error) => {
                tell(format_args!("maro: {error}"));
                return ExitStatus::Usage;
            }
        };
        match run(&config) {
            Ok(outcome) => {
                if let Outcome::Stuck(report) = &outcome {
                    tell(format_args!("maro: {report}"));
                }
                outcome.status(config.reset_code)
            }
            Err(error) => {
                tell(format_args!("maro: {error}"));
                error.status()
            }
        }
    }

    fn configure(self) -> Result<MachineConfig, ConfigError> {
        let options = match self.config {
            Some(path) => self.options.or(RunOptions::from_file(&path)?),
            None => self.options,
        };
        MachineConfig::resolve(options, host_display().is_some())
    }
}

fn run(config: &MachineConfig) -> Result<Outcome, MachineError> {
    match config.display {
        Display::Window => run_in_window(config),
        Display::Headless | Display::None => {
            let session = Session::start(config, Screen::Headless)?;
            session.wait()?;
            session.end(config)
        }
    }
}

/// Runs the guest in a window, which has the main thread.
fn run_in_window(config: &MachineConfig) -> Result<Outcome, MachineError> {
    let window = WindowConfig {
        size: (config.resolution.width, config.resolution.height),
        ..WindowConfig::default()
    };
    let mut running = None;
    let served = window::run(window, |setup| {
        let WindowSetup {
            platform,
            context,
            viewer,
            closer,
            size,
        } = setup;
        let screen = WindowScreen {
            platform,
            context,
            viewer,
            size,
        };
        let mut session = Session::start(config, Screen::Window(Box::new(screen)))?;
        let callbacks = session.callbacks();
        let ending = session.machine.ending().clone();
        let watcher = thread::Builder::new().name("ending".into()).spawn(move || {
            if let Err(error) = ending.wait(None) {
                log::error!("The end of the guest cannot be waited for: {error}");
            }
            closer.close();
        });
        running = Some((session, watcher?));
        Ok(callbacks)
    });
    let Some((session, watcher)) = running else {
        served?;
        return Ok(Outcome::Quit);
    };
    // Without a window nothing is left to run for.
    session.machine.ending().finish(Outcome::Quit);
    if watcher.join().is_err() {
        log::error!("The thread that waits for the guest's end panicked");
    }
    let outcome = session.end(config)?;
    served?;
    Ok(outcome)
}

/// A running guest with all that the host has around it.
struct Session {
    machine: RunningMachine,
    input: Option<GuestInput>,
    keeper: Option<PictureKeeper>,
    control: Arc<Control>,
    // Dropped last, in this order: the terminal is put back when nobody reads it.
    _typing: Option<InputThread>,
    _terminal: Option<RawTerminal>,
    _signals: SignalThread,
}

impl Session {
    fn start(config: &MachineConfig, screen: Screen) -> Result<Self, MachineError> {
        let mut machine = Machine::build(config, screen)?;
        let control = machine.control();
        let signals = SignalThread::start(control.clone()).host("signal handlers")?;
        let typing = machine.take_typing();
        let terminal = match typing {
            Some(_) => RawTerminal::enter().host("a raw terminal")?,
            None => None,
        };
        let typed_for = control.clone();
        let typing = typing
            .map(|typing| InputThread::start(typed_for, move |keys| typing.send(keys)))
            .transpose()
            .host("a thread for the terminal")?;
        let keeper = config
            .screenshot
            .as_ref()
            .and(machine.gpu())
            .map(PictureKeeper::start)
            .transpose()
            .host("a thread for screenshots")?;
        let input = machine.take_input();
        Ok(Self {
            machine: machine.start()?,
            input,
            keeper,
            control,
            _typing: typing,
            _terminal: terminal,
            _signals: signals,
        })
    }

    /// What the window is to do with its user's actions.
    fn callbacks(&mut self) -> WindowCallbacks {
        let gpu = self.machine.gpu();
        let control = self.control.clone();
        WindowCallbacks {
            input: match self.input.take() {
                Some(input) => Box::new(input),
                None => Box::new(NoInput),
            },
            on_resize: Box::new(move |scanout, width, height| {
                if let Some(Err(error)) = gpu
                    .as_ref()
                    .map(|gpu| gpu.set_display(scanout, width, height))
                {
                    log::warn!("The guest cannot be told of its new screen size: {error}");
                }
            }),
            on_close: Box::new(move || {
                // The end of the guest closes the window.
                control.stop(Outcome::Quit);
                CloseAnswer::Stay
            }),
        }
    }

    fn wait(&self) -> Result<(), MachineError> {
        while self
            .machine
            .ending()
            .wait(None)
            .host("waiting for the guest")?
            .is_none()
        {}
        Ok(())
    }

    /// Takes the machine down; writes the screenshot while the GPU is still there.
    fn end(self, config: &MachineConfig) -> Result<Outcome, MachineError> {
        let outcome = self.machine.ending().outcome().unwrap_or(Outcome::Quit);
        let written = match (self.keeper, &config.screenshot) {
            (Some(keeper), Some(path)) => keeper.write(path),
            _ => Ok(()),
        };
        let frames = self
            .machine
            .gpu()
            .map_or(0, |gpu| gpu.stats().frames_of(SCREEN));
        let exits = self.machine.shutdown();
        if config.stats {
            let summary = Summary { exits, frames };
            tell(format_args!("maro: {summary}"));
        }
        written?;
        Ok(outcome)
    }
}

/// Takes the place of input devices in a machine that has none.
pub struct NoInput;

impl InputSink for NoInput {
    fn key(&mut self, _: u16, _: bool) {}
    fn pointer_move(&mut self, _: u32, _: u32) {}
    fn button(&mut self, _: u16, _: bool) {}
    fn wheel(&mut self, _: i32, _: i32) {}
    fn sync(&mut self) {}
}
