//! What this host offers a guest, and what to do about each thing that is missing.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use maro_renderer::caps::{self, GuestLevel};
use maro_renderer::gl::host::Capabilities;
use maro_renderer::renderer::{Config as RendererConfig, StartError, VirglRenderer};
use serde::Serialize;

use crate::config::values::MemorySize;
use crate::exit::ExitStatus;
use crate::kvm::{self, HostKvm, Probe};
use crate::memory;

/// How good a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Guests run, but not as well as they could.
    Limited,
    /// `maro run` does not work with its defaults.
    Missing,
}

/// The parts of a host that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// KVM.
    Kvm,
    /// Memory.
    Memory,
    /// The GPU's device nodes.
    Gpu,
    /// EGL and GL.
    Graphics,
    /// The window system.
    Display,
}

/// One thing that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub topic: Topic,
    /// How good it is.
    pub verdict: Verdict,
    /// What was found.
    pub text: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// What executes guest kernels; nothing without KVM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kvm: Option<HostKvm>,
    /// Frequency of a guest's time stamp counter in kHz, for the command line of a guest
    /// that cannot measure it; nothing without KVM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tsc_khz: Option<u32>,
    /// The findings, in the order of their topics.
    pub findings: Vec<Finding>,
}

impl Finding {
    fn new(topic: Topic, verdict: Verdict, text: impl Into<String>) -> Self {
        Self {
            topic,
            verdict,
            text: text.into(),
            advice: None,
        }
    }

    fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }
}

/// Looks at everything.
pub fn examine(kvm_device: &Path) -> Diagnosis {
    let (probe, mut findings) = examine_kvm(kvm_device);
    findings.push(examine_memory());
    findings.extend(examine_nodes(Path::new("/dev/dri")));
    findings.extend(judge_graphics(probe_graphics()));
    findings.push(examine_display());
    Diagnosis {
        kvm: probe.map(|probe| probe.host),
        tsc_khz: probe.map(|probe| probe.tsc_khz),
        findings,
    }
}

fn examine_kvm(device: &Path) -> (Option<Probe>, Vec<Finding>) {
    let finding = |verdict, text: String| Finding::new(Topic::Kvm, verdict, text);
    let opened = kvm::open(device).and_then(|kvm| Ok((kvm::probe(&kvm)?, kvm)));
    let (probe, kvm) = match opened {
        Ok(opened) => opened,
        Err(error) => return (None, vec![finding(Verdict::Missing, error.to_string())]),
    };
    let mut findings = vec![match probe.host {
        HostKvm::Hardware => finding(
            Verdict::Good,
            format!("{} with hardware support, API version {}", device.display(), kvm.get_api_version()),
        ),
        HostKvm::Software => finding(
            Verdict::Limited,
            format!(
                "{} without hardware support, API version {}: guest kernels run in KVM's emulator, slowly \
                 and not completely",
                device.display(),
                kvm.get_api_version()
            ),
        )
        .advise(
            "Use one CPU and the kernel that maro's guest images have for such a KVM; distribution \
             kernels do not boot on it. On a machine with VT-x or AMD-V all of them do",
        ),
    }];
    findings.push(finding(
        Verdict::Good,
        format!("up to {} CPUs a guest", kvm.get_max_vcpus()),
    ));
    findings.extend(
        kvm::OPTIONAL
            .iter()
            .filter(|(capability, ..)| !kvm.check_extension(*capability))
            .map(|(_, name, loss)| {
                finding(Verdict::Limited, format!("no {name}: {loss}"))
                    .advise("Use a newer host kernel")
            }),
    );
    (Some(probe), findings)
}

fn examine_memory() -> Finding {
    let mib = |bytes: u64| MemorySize {
        bytes: bytes >> 20 << 20,
    };
    let total = mib(memory::host_total());
    let free =
        available_memory().map_or(String::new(), |bytes| format!(", {} available", mib(bytes)));
    Finding::new(Topic::Memory, Verdict::Good, format!("{total}{free}"))
}

/// Memory that programs can get without others being swapped out.
fn available_memory() -> Option<u64> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

/// Whether this user may use the GPUs. A GL driver that may not falls back to software
/// without a word.
fn examine_nodes(folder: &Path) -> Vec<Finding> {
    let mut nodes: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
        .map(|entry| entry.path())
        .collect();
    nodes.sort();
    if nodes.is_empty() {
        let text = format!("no GPU ({} has no render node)", folder.display());
        return vec![Finding::new(Topic::Gpu, Verdict::Limited, text)];
    }
    nodes.iter().map(|node| judge_node(node)).collect()
}

fn judge_node(node: &Path) -> Finding {
    let opened = OpenOptions::new().read(true).write(true).open(node);
    match opened.map_err(|error| error.kind()) {
        Ok(_) => Finding::new(Topic::Gpu, Verdict::Good, node.display().to_string()),
        Err(ErrorKind::PermissionDenied) => {
            let text = format!("no permission to use {}", node.display());
            Finding::new(Topic::Gpu, Verdict::Limited, text).advise(
                "Add your user to its group (usually `sudo usermod -aG render $USER`) and log in again",
            )
        }
        Err(error) => Finding::new(
            Topic::Gpu,
            Verdict::Limited,
            format!("{}: {error}", node.display()),
        ),
    }
}

/// The host's GL, and the level that a guest's Mesa makes of it.
struct Graphics {
    host: Capabilities,
    level: GuestLevel,
}

fn probe_graphics() -> Result<Graphics, StartError> {
    let renderer = VirglRenderer::headless(&RendererConfig::default())?;
    let host = renderer.host();
    let level =
        host.with_caps_input(|input| caps::guest_level(&caps::build(input, &caps::IMPLEMENTED)));
    Ok(Graphics {
        host: host.caps.clone(),
        level,
    })
}

fn judge_graphics(probed: Result<Graphics, StartError>) -> Vec<Finding> {
    let finding = |verdict, text| Finding::new(Topic::Graphics, verdict, text);
    let Graphics { host, level } = match probed {
        Ok(graphics) => graphics,
        Err(error) => {
            return vec![
                finding(Verdict::Missing, error.to_string())
                    .advise("Until then, `--gpu 2d` and `--gpu off` work without GL"),
            ];
        }
    };
    let text = format!(
        "{} on {} ({})",
        host.version_string, host.renderer, host.vendor
    );
    let found = if host.is_software() {
        finding(Verdict::Limited, text).advise(
            "This renderer draws on the CPU: right, but slow. Install the GL driver of this machine's \
             GPU, if it has one",
        )
    } else {
        finding(Verdict::Good, text)
    };
    // A gate that is named here is the host's limit, not a fault that can be mended.
    let guests = format!(
        "guests get OpenGL {} and OpenGL ES {}",
        level.gl, level.gles
    );
    vec![found, finding(Verdict::Good, guests)]
}

/// The variables that say where the window system is, the preferred one first.
pub const DISPLAY_VARIABLES: [&str; 2] = ["WAYLAND_DISPLAY", "DISPLAY"];

/// The window system that this process can reach: variable and value.
pub fn host_display() -> Option<(&'static str, String)> {
    DISPLAY_VARIABLES.into_iter().find_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        Some((name, value))
    })
}

fn examine_display() -> Finding {
    match host_display() {
        Some((name, value)) => Finding::new(
            Topic::Display,
            Verdict::Good,
            format!("{name}={value}: guests get a window"),
        ),
        None => Finding::new(
            Topic::Display,
            Verdict::Limited,
            "no window system (neither WAYLAND_DISPLAY nor DISPLAY is set): guests run headless",
        )
        .advise("Take pictures with --screenshot, or run maro in a desktop session"),
    }
}

impl Diagnosis {
    /// The exit code: that of the first thing that is missing.
    pub fn status(&self) -> ExitStatus {
        let missing = self
            .findings
            .iter()
            .find(|finding| finding.verdict == Verdict::Missing);
        missing.map_or(ExitStatus::Success, |finding| match finding.topic {
            Topic::Kvm => ExitStatus::Kvm,
            Topic::Graphics => ExitStatus::Graphics,
            Topic::Memory => ExitStatus::Memory,
            Topic::Gpu | Topic::Display => ExitStatus::Failure,
        })
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kvm => "KVM",
            Self::Memory => "memory",
            Self::Gpu => "GPU",
            Self::Graphics => "graphics",
            Self::Display => "display",
        })
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding {
            topic,
            verdict,
            text,
            advice,
        } in &self.findings
        {
            let mark = match verdict {
                Verdict::Good => "ok",
                Verdict::Limited => "limited",
                Verdict::Missing => "MISSING",
            };
            writeln!(f, "{mark:<8}{topic:<10}{text}")?;
            if let Some(advice) = advice {
                writeln!(f, "{:<18}→ {advice}", "")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use maro_renderer::gl::platform::PlatformError;

    use super::*;

    #[test]
    fn missing_kvm_decides_the_exit_code() {
        let (probe, findings) = examine_kvm(Path::new("/nonexistent/kvm"));
        assert_eq!(probe, None);
        let diagnosis = Diagnosis {
            kvm: None,
            tsc_khz: None,
            findings,
        };
        assert_eq!(diagnosis.status(), ExitStatus::Kvm);
        let text = diagnosis.to_string();
        assert!(
            text.starts_with("MISSING KVM") && text.contains("VT-x"),
            "{text}"
        );
    }

    #[test]
    fn missing_egl_says_what_still_works() {
        let findings = judge_graphics(Err(PlatformError::NoDisplay("none".into()).into()));
        let diagnosis = Diagnosis {
            kvm: Some(HostKvm::Hardware),
            tsc_khz: Some(2_000_000),
            findings,
        };
        assert_eq!(diagnosis.status(), ExitStatus::Graphics);
        assert!(diagnosis.to_string().contains("--gpu 2d"));
    }

    #[test]
    fn folder_without_render_nodes_is_no_gpu() {
        let folder = tempfile::tempdir().expect("tempdir");
        let findings = examine_nodes(folder.path());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].verdict, Verdict::Limited);
        fs::write(folder.path().join("renderD128"), "").expect("writes");
        fs::write(folder.path().join("card0"), "").expect("writes");
        let findings = examine_nodes(folder.path());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].verdict, Verdict::Good);
    }

    #[test]
    fn memory_is_told() {
        assert!(available_memory().is_some_and(|bytes| bytes <= memory::host_total()));
    }
}
