//! The Debian packages that running and testing need.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::{run_command, step};

/// The host's GL without a GPU, and what windows need: all loaded at run time.
pub const RUN: &[&str] = &[
    "libegl1",
    "libegl-mesa0",
    "libgles2",
    "libgl1-mesa-dri",
    "libgbm1",
    "libwayland-client0",
    "libwayland-egl1",
    "libx11-6",
    "libx11-xcb1",
    "libxcursor1",
    "libxi6",
    "libxkbcommon0",
    "libxkbcommon-x11-0",
    "libxrandr2",
];

/// Independent readers of what maro writes, and displays without a screen.
pub const TEST: &[&str] = &["acpica-tools", "edid-decode", "xvfb"];

/// Installs whatever of `packages` is missing.
///
/// # Errors
/// If the machine has no `apt-get`, or the user may not use it.
pub fn require(packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| !is_installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !is_root() {
        bail!("these Debian packages are missing; install them with: sudo apt-get install {list}");
    }
    step(&format!("installing Debian packages: {list}"));
    let install = || {
        let mut command = apt();
        command
            .args(["install", "--yes", "--no-install-recommends"])
            .args(&missing);
        run_command(&mut command)
    };
    if install().is_ok() {
        return Ok(());
    }
    // A fresh machine has no package lists, or old ones.
    run_command(apt().arg("update"))?;
    install()
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-qq", "-o", "DPkg::Lock::Timeout=600"])
        .stdout(Stdio::null());
    command
}

fn is_installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["-Wf", "${db:Status-Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout == b"installed")
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
