//! `maro doctor`: what this host offers, and what to do about what it lacks.

use std::path::PathBuf;

use clap::Args;

use crate::exit::ExitStatus;
use crate::{doctor, output};

/// The arguments of `maro doctor`.
#[derive(Debug, Args)]
pub struct DoctorCommand {
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,

    /// The KVM device, for tests
    #[arg(long, hide = true, value_name = "PATH", default_value = "/dev/kvm")]
    kvm_device: PathBuf,
}

impl DoctorCommand {
    /// Prints the diagnosis; the status says whether `maro run` can work.
    pub fn execute(self) -> ExitStatus {
        let diagnosis = doctor::examine(&self.kvm_device);
        let text = if self.json {
            match serde_json::to_string_pretty(&diagnosis) {
                Ok(json) => format!("{json}\n"),
                Err(error) => {
                    output::tell(format_args!("maro: {error}"));
                    return ExitStatus::Failure;
                }
            }
        } else {
            diagnosis.to_string()
        };
        match output::print(text) {
            Ok(()) => diagnosis.status(),
            Err(status) => status,
        }
    }
}
