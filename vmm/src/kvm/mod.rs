//! KVM: what the host's is like, and the one VM that `maro` makes of it.

pub mod cpuid;
pub mod exit;
pub mod msrs;
pub mod vm;

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use kvm_bindings::KVM_API_VERSION;
use kvm_ioctls::{Cap, Kvm};
use serde::Serialize;

/// Why KVM cannot be used, or refused something.
#[derive(Debug, thiserror::Error)]
pub enum KvmError {
    /// The device node does not exist.
    #[error(
        "{0} does not exist, and without KVM maro cannot run a guest. On a real machine switch on VT-x or \
         AMD-V in the firmware set-up and load the module kvm_intel or kvm_amd; in a virtual machine \
         switch on nested virtualization; in a container pass the device in (--device /dev/kvm)"
    )]
    Missing(PathBuf),
    /// This user may not open the device node.
    #[error(
        "No permission to open {0}. Add your user to its group (usually `sudo usermod -aG kvm $USER`) \
         and log in again"
    )]
    Permission(PathBuf),
    /// The device node could not be opened for another reason.
    #[error("Cannot open {path}: {source}")]
    Open {
        /// The device node.
        path: PathBuf,
        /// What the host said.
        source: io::Error,
    },
    /// The file is not a KVM device.
    #[error("{0} is not a KVM device")]
    NotKvm(PathBuf),
    /// The interface is not the stable one.
    #[error("The host's KVM speaks API version {0}; maro needs version 12 (Linux 2.6.22 or newer)")]
    ApiVersion(i32),
    /// The host's KVM lacks something that there is no way around.
    #[error("The host's KVM lacks {0}, which maro needs; use a newer host kernel")]
    MissingCapability(&'static str),
    /// More CPUs than the host's KVM can give one VM.
    #[error("cpus: the host's KVM gives a guest {available} CPUs at most, {asked} were asked for")]
    TooManyCpus {
        /// What was asked for.
        asked: u8,
        /// What there is.
        available: usize,
    },
    /// A request to KVM failed.
    #[error("KVM refused to {what}: {source}")]
    Request {
        /// What was asked of it.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
}

/// Names a request in the error of one that fails.
pub trait Context<T> {
    /// Wraps the error: "KVM refused to `what`".
    fn context(self, what: &'static str) -> Result<T, KvmError>;
}

impl<T> Context<T> for Result<T, kvm_ioctls::Error> {
    fn context(self, what: &'static str) -> Result<T, KvmError> {
        self.map_err(|error| KvmError::Request {
            what,
            source: error.into(),
        })
    }
}

/// What executes the guest's kernel code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HostKvm {
    /// The processor itself (VT-x or AMD-V).
    Hardware,
    /// KVM's instruction emulator: guest user code runs on the processor, guest kernel
    /// code does not. Slow, and complete enough only for kernels that are built for it.
    Software,
}

/// Capabilities that `maro` cannot do without.
const REQUIRED: [(Cap, &str); 6] = [
    (Cap::UserMemory, "user memory regions"),
    (Cap::Irqchip, "the in-kernel interrupt controllers"),
    (Cap::Irqfd, "irqfd"),
    (Cap::Ioeventfd, "ioeventfd"),
    (Cap::ExtCpuid, "KVM_GET_SUPPORTED_CPUID"),
    (Cap::GetTscKhz, "KVM_GET_TSC_KHZ"),
];

/// Capabilities that some guests miss, with what is lost without each.
pub const OPTIONAL: [(Cap, &str, &str); 4] = [
    (
        Cap::Pit2,
        "PIT",
        "guests without ACPI have no timer interrupt at boot",
    ),
    (
        Cap::TscDeadlineTimer,
        "TSC-deadline timer",
        "guests use a slower timer",
    ),
    (
        Cap::AdjustClock,
        "kvmclock",
        "guests keep time less exactly",
    ),
    (
        Cap::ImmediateExit,
        "immediate exit",
        "vCPUs stop a little later",
    ),
];

/// Opens the KVM device and checks that it can do what `maro` needs.
///
/// # Errors
/// If it is missing, closed to this user, no KVM, or lacks a capability.
pub fn open(path: &Path) -> Result<Kvm, KvmError> {
    let name = CString::new(path.as_os_str().as_bytes())
        .map_err(|_| KvmError::Missing(path.to_owned()))?;
    let kvm = Kvm::new_with_path(name).map_err(|error| {
        let source = io::Error::from(error);
        match source.kind() {
            io::ErrorKind::NotFound => KvmError::Missing(path.to_owned()),
            io::ErrorKind::PermissionDenied => KvmError::Permission(path.to_owned()),
            _ => KvmError::Open {
                path: path.to_owned(),
                source,
            },
        }
    })?;
    match kvm.get_api_version() {
        -1 => return Err(KvmError::NotKvm(path.to_owned())),
        version if version == KVM_API_VERSION as i32 => {}
        version => return Err(KvmError::ApiVersion(version)),
    }
    match REQUIRED
        .iter()
        .find(|(capability, _)| !kvm.check_extension(*capability))
    {
        Some((_, name)) => Err(KvmError::MissingCapability(name)),
        None => Ok(kvm),
    }
}

/// What only a virtual CPU can tell of a KVM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What executes the guest's kernel code.
    pub host: HostKvm,
    /// Frequency of the guest's time stamp counter, in kHz.
    pub tsc_khz: u32,
}

/// Looks at a KVM with a CPU that is made for the question alone.
///
/// # Errors
/// Those of KVM.
pub fn probe(kvm: &Kvm) -> Result<Probe, KvmError> {
    let vm = kvm.create_vm().context("create a virtual machine")?;
    let vcpu = vm.create_vcpu(0).context("create a CPU")?;
    Ok(Probe {
        host: cpuid::probe_host(kvm, &vcpu)?,
        tsc_khz: vcpu.get_tsc_khz().context("tell its TSC frequency")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_of_a_missing_device_says_how_to_get_one() {
        let error = open(Path::new("/nonexistent/kvm")).expect_err("missing");
        assert!(matches!(error, KvmError::Missing(_)));
        assert!(error.to_string().contains("VT-x"));
    }

    #[test]
    fn open_of_another_device_is_refused() {
        assert!(matches!(
            open(Path::new("/dev/null")),
            Err(KvmError::NotKvm(_))
        ));
    }
}
