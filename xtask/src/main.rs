//! The project's commands.
//!
//! `cargo xtask run` ends in a guest's GL picture, `cargo xtask test` in passed tests, and
//! `cargo xtask piglit` in a table of conformance tests. All install what they need from Debian's packages, say what they do, and keep what
//! was slow to make under `~/.cache/maro`.
#![forbid(unsafe_code)]

mod packages;
mod piglit;
mod run;
mod test;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};

/// Builds, runs and tests maro.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Boot a guest that draws with GL: in a window, or as a picture where there is no display
    Run(run::Run),
    /// Run all tests, those that boot a guest included
    Test(test::Test),
    /// Run piglit's tests over maro, over virglrenderer, or without either, and compare
    Piglit(Box<piglit::Piglit>),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Task::Run(run) => run.execute(),
        Task::Test(test) => test.execute(),
        Task::Piglit(piglit) => piglit.execute(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder that holds the workspace.
fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A cargo command in the workspace.
fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(workspace());
    command
}

/// Runs a command whose output goes where ours does.
fn run_command(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let first = command
        .get_args()
        .next()
        .map(OsStr::to_string_lossy)
        .unwrap_or_default();
    let what = format!("{name} {first}");
    let status = command
        .status()
        .with_context(|| format!("{name} could not be started"))?;
    if !status.success() {
        bail!("{what} failed ({status})");
    }
    Ok(())
}

/// Says what comes next.
fn step(text: &str) {
    eprintln!("xtask: {text}");
}

/// Builds the `maro` binary and returns its path.
fn build_maro(release: bool) -> Result<PathBuf> {
    let mut args = vec![
        "build",
        "--package",
        "maro-vmm",
        "--message-format=json-render-diagnostics",
    ];
    if release {
        args.push("--release");
    }
    let output = cargo(&args)
        .stderr(std::process::Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("maro could not be built ({})", output.status);
    }
    // Cargo names the executable in its messages, wherever its target folder is.
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "maro")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .context("cargo did not say where it put maro")
}
