//! The command line: one file a subcommand.

pub mod doctor;
pub mod gpu;
mod host;
mod replay;
pub mod run;
pub mod smoke;
pub mod vtest;

use clap::{Parser, Subcommand};

use crate::exit::ExitStatus;

/// A virtual machine monitor for Linux guests with a graphics card built in.
#[derive(Debug, Parser)]
#[command(name = "maro", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Say more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a guest
    // Boxed: its options are many times the size of the others.
    Run(Box<run::RunCommand>),
    /// Boot a guest, compare its picture with the expected one and report, for CI
    // Boxed like the above.
    Smoke(Box<smoke::SmokeCommand>),
    /// Tell what this host offers and what to do about what it lacks
    Doctor(doctor::DoctorCommand),
    /// Be the graphics card of another monitor's guest: a vhost-user back end for QEMU
    Gpu(gpu::GpuCommand),
    /// Render for Mesa's virpipe driver over a Unix socket, without a VM
    Vtest(vtest::VtestCommand),
    /// Render what `maro vtest --record` or Mesa's VTEST_SAVE recorded
    Replay(replay::ReplayCommand),
}

impl Cli {
    /// Starts logging and does what was asked.
    pub fn execute(self) -> ExitStatus {
        start_log(self.verbose);
        match self.command {
            Command::Run(command) => command.execute(),
            Command::Smoke(command) => command.execute(),
            Command::Doctor(command) => command.execute(),
            Command::Gpu(command) => command.execute(),
            Command::Vtest(command) => command.execute(),
            Command::Replay(command) => command.execute(),
        }
    }
}

/// Messages go to standard error. `MARO_LOG` (in the syntax of `RUST_LOG`) wins over `-v`.
fn start_log(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let environment = env_logger::Env::default()
        .filter_or("MARO_LOG", level)
        .write_style("MARO_LOG_STYLE");
    env_logger::Builder::from_env(environment)
        .format_target(false)
        .format_timestamp(None)
        .init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
