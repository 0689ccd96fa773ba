//! `maro`: a virtual machine monitor for Linux guests with a graphics card built in.
//!
//! [`cli`] holds a file for each subcommand. `maro run` reads its [`config`], has
//! [`machine`] assemble and run a guest from [`kvm`], [`memory`], [`boot`] and
//! [`tables`], and ends with a documented [`exit`] code. What the guest's devices do is
//! in `maro-devices`, what its graphics card does in `maro-gpu` and `maro-renderer`.
#![deny(unsafe_code)]

mod boot;
mod cli;
mod config;
mod diagnose;
mod doctor;
mod exit;
mod kvm;
mod machine;
mod memory;
mod output;
mod signals;
mod smoke;
mod tables;
mod terminal;
mod timing;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    timing::note_start();
    cli::Cli::parse().execute().into()
}
