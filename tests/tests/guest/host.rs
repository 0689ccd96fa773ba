//! The host of a test: whether it can run, the `maro` under test, and reference pictures.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use maro_gpu::renderer::Image;
use maro_guest_images::{HostInfo, HostKind, Terminal};
use maro_renderer::present::png;
pub use maro_tests::maro;

use crate::Result;

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| value == "1")
}

/// Whether tests that need the built `maro` run; says so if not.
pub fn runs_maro() -> bool {
    let asked = is_set("MARO_GUEST_TESTS");
    if !asked {
        println!("skipped: run `cargo xtask test`, or set MARO_GUEST_TESTS=1");
    }
    asked
}

/// Whether tests that boot a guest run; says so if not. A test that is asked for fails
/// where there is no KVM, unless that is allowed.
pub fn runs_guests() -> bool {
    let skipped = !Path::new("/dev/kvm").exists() && is_set("MARO_ALLOW_NO_KVM");
    if skipped {
        println!("skipped: there is no /dev/kvm, and MARO_ALLOW_NO_KVM=1 is set");
    }
    runs_maro() && !skipped
}

/// Runs a test that boots a guest, if such tests run. Its error is the test's message.
pub fn guest_test(test: impl FnOnce() -> Result) {
    if runs_guests()
        && let Err(error) = test()
    {
        panic!("{error}");
    }
}

/// What the host's KVM is, as `maro doctor` sees it.
pub fn kvm() -> Result<(HostKind, HostInfo)> {
    let output = Command::new(maro()).args(["doctor", "--json"]).output()?;
    let diagnosis: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let kind = match diagnosis["kvm"].as_str() {
        Some("hardware") => HostKind::HardwareKvm,
        Some("software") => HostKind::SoftwareKvm,
        _ => return Err("there is no usable /dev/kvm; see `maro doctor`".into()),
    };
    let tsc_khz = diagnosis["tsc_khz"].as_u64().unwrap_or(0).try_into()?;
    Ok((kind, HostInfo { tsc_khz }))
}

/// The folder for what a test leaves.
pub fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("guest")
        .join(test);
    fs::create_dir_all(&folder).expect("the target folder is writable");
    folder
}

/// Draws the scene with the host's GL: what a guest that draws as many frames shows.
pub fn draw_reference(png: &Path, size: &str, frames: &str) -> Result<Image> {
    let scene = maro_guest_images::prepare_scene(&mut Terminal::default())?;
    let status = Command::new(scene)
        .args(["host", "--size", size, "--frames", frames, "--png"])
        .arg(png)
        .status()?;
    if !status.success() {
        return Err(format!("the host cannot draw the scene: {status}").into());
    }
    Ok(png::read_file(png)?)
}
