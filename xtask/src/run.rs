//! `cargo xtask run`: from a fresh clone to a guest's picture.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use maro_guest_images::{GuestTask, HostInfo, HostKind, Request, RootKind, Terminal};

use crate::{build_maro, packages, run_command, step};

/// Frames of the scene after which the picture is taken.
const FRAMES: u32 = 60;

/// Arguments of `cargo xtask run`.
#[derive(Debug, Args)]
pub struct Run {
    /// What the guest runs [default: a desktop; on a software KVM one GL program]
    #[arg(long, value_name = "COMMAND")]
    run: Option<String>,

    /// Folder for the picture, where there is no display
    #[arg(long, value_name = "FOLDER", default_value = "target/xtask-run")]
    out: std::path::PathBuf,
}

impl Run {
    /// Does everything up to the picture.
    ///
    /// # Errors
    /// Names the step that failed and what to do.
    pub fn execute(self) -> Result<()> {
        packages::require(packages::RUN)?;
        step("building maro");
        let maro = build_maro(true)?;
        let (host, info) = examine_host(&maro)?;
        let display = ["WAYLAND_DISPLAY", "DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
        if display {
            self.show(&maro, host, info)
        } else {
            self.take_picture(&maro)
        }
    }

    /// A window, for as long as the guest runs.
    fn show(&self, maro: &Path, host: HostKind, info: HostInfo) -> Result<()> {
        let mut request = Request::new(host);
        if host == HostKind::SoftwareKvm {
            request.root = RootKind::Trimmed;
        }
        let image = maro_guest_images::prepare(&request, &mut Terminal::default())?;
        let task = GuestTask {
            run: self.run.clone(),
            ..GuestTask::default()
        };
        let line = image.cmdline(&info, &task)?;
        let mut command = Command::new(maro);
        command
            .arg("run")
            .arg("--kernel")
            .arg(&image.kernel)
            .arg("--cmdline")
            .arg(line);
        if let Some(initrd) = &image.initrd {
            command.arg("--initrd").arg(initrd);
        }
        let mut disk = image.disk.into_os_string();
        disk.push(",ro");
        command
            .arg("--disk")
            .arg(disk)
            .args(["--display", "window"]);
        let (cpus, memory) = match host {
            HostKind::HardwareKvm => ("2", "1G"),
            HostKind::SoftwareKvm => ("1", "256M"),
        };
        command.args(["--cpus", cpus, "--memory", memory]);
        step("starting the guest; close the window to end it");
        run_command(&mut command)
    }

    /// A picture of a GL program that the guest runs.
    fn take_picture(&self, maro: &Path) -> Result<()> {
        let scene = format!("maro-scene kms --frames {FRAMES} --hold");
        let mut command = Command::new(maro);
        command.args(["smoke", "--run", self.run.as_deref().unwrap_or(&scene)]);
        if self.run.is_some() {
            command.arg("--stable");
        } else {
            command.args(["--frame", &FRAMES.to_string()]);
        }
        command.arg("--out").arg(&self.out);
        step("no display: booting a guest and taking a picture");
        run_command(&mut command)?;
        let picture = self.out.join("picture.png");
        let picture = picture
            .canonicalize()
            .with_context(|| picture.display().to_string())?;
        println!("{}", picture.display());
        Ok(())
    }
}

/// What stands behind `/dev/kvm`, as maro itself sees it.
fn examine_host(maro: &Path) -> Result<(HostKind, HostInfo)> {
    let output = Command::new(maro).args(["doctor", "--json"]).output()?;
    let diagnosis: serde_json::Value = serde_json::from_slice(&output.stdout)
        .context("maro doctor did not answer; run it to see why")?;
    let kind = match diagnosis["kvm"].as_str() {
        Some("hardware") => HostKind::HardwareKvm,
        Some("software") => HostKind::SoftwareKvm,
        _ => bail!(
            "there is no usable /dev/kvm; run `{} doctor` to see what to do about it",
            maro.display()
        ),
    };
    let tsc_khz = diagnosis["tsc_khz"]
        .as_u64()
        .and_then(|khz| u32::try_from(khz).ok())
        .context("maro doctor did not tell the TSC's frequency")?;
    Ok((kind, HostInfo { tsc_khz }))
}
