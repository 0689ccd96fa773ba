//! The kernel command lines of the images.

use std::fmt::Write;

use crate::{GuestImage, KernelKind, SmallVariant};

/// Where process 1 is in the root image.
const INIT: &str = "/usr/sbin/maro-init";
/// The kernel cuts longer ones off (`COMMAND_LINE_SIZE` on x86).
const MAX_LENGTH: usize = 2047;

/// What the command line depends on in the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostInfo {
    /// The frequency of the guest's time stamp counter, as `KVM_GET_TSC_KHZ`
    /// says. Only a software KVM needs it: there is no timer that the guest
    /// could measure it with in reasonable time.
    pub tsc_khz: u32,
}

/// How a guest ends when its command has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// Power off where the guest has ACPI, else reset: the monitor ends.
    #[default]
    Machine,
    /// Stay, with the last picture on the screen.
    Hold,
}

/// What the guest is to do.
#[derive(Clone, Debug, Default)]
pub struct GuestTask {
    /// The command, started without a shell if it is simple enough. None is
    /// the image's default: a desktop, or `kmscube` on a software KVM.
    pub run: Option<String>,
    /// Variables for the command.
    pub env: Vec<(String, String)>,
    /// What comes after the command.
    pub end: End,
    /// Whether the software-KVM kernel uses ACPI too. If not, the monitor has
    /// to name the devices (`virtio_mmio.device=`).
    pub acpi: bool,
    /// Whether all kernel messages go to the console.
    pub verbose: bool,
}

/// Why there is no command line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum CmdlineError {
    /// The kernel's quotes cannot be quoted.
    #[error("the guest's command and variables cannot contain \" or control characters: {0}")]
    Unquotable(String),
    /// It would be cut off.
    #[error("the kernel command line would have {0} bytes and at most {MAX_LENGTH} are read")]
    TooLong(usize),
}

impl GuestImage {
    /// The kernel command line for a guest of this image. The monitor adds
    /// what only it knows (`virtio_mmio.device=`) at the end.
    ///
    /// # Errors
    /// [`CmdlineError`] for a command that cannot be said on a command line.
    pub fn cmdline(&self, host: &HostInfo, task: &GuestTask) -> Result<String, CmdlineError> {
        cmdline(self.kind, host, task)
    }
}

fn cmdline(kind: KernelKind, host: &HostInfo, task: &GuestTask) -> Result<String, CmdlineError> {
    let mut line = String::from("console=ttyS0 panic=-1");
    let mut add = |word: &str| {
        line.push(' ');
        line.push_str(word);
    };
    if !task.verbose {
        add("quiet");
    }
    match kind {
        KernelKind::Small(SmallVariant::SoftwareKvm) => {
            // The processor's bits cannot be masked by the monitor there, and
            // the interpreter lacks the instructions that these stand for.
            // ERMS and FSRM work but cost time.
            add("clearcpuid=smap,popcnt,rdtscp,xsave,erms,fsrm,invpcid,pcid,cx16");
            // Nothing is measured: each loop would take seconds. Delays are a
            // fifth of what they should be, as the devices need none.
            let khz = host.tsc_khz;
            let mut clock = format!("tsc=reliable tsc_early_khz={khz} ");
            write!(clock, "lpj={} no_timer_check", u64::from(khz) * 2).unwrap_or_default();
            add(&clock);
            add("rodata=off thp_anon=16K-64K:always");
            // A triple fault or ACPI would need int3.
            add("reboot=k");
            if !task.acpi {
                add("acpi=off");
            }
            add("maro.softkvm=1");
            add(&format!("init={INIT}"));
        }
        KernelKind::Small(SmallVariant::Hardware) => add(&format!("reboot=k init={INIT}")),
        // The initrd knows where to go on.
        KernelKind::Stock => add("reboot=k"),
    }
    add("root=/dev/vda rootfstype=erofs ro");
    if task.end == End::Hold {
        add("maro.end=hold");
    }
    for (name, value) in &task.env {
        add(&quoted("maro.env", &format!("{name}={value}"))?);
    }
    if let Some(run) = &task.run {
        add(&quoted("maro.run", run)?);
    }
    if line.len() > MAX_LENGTH {
        return Err(CmdlineError::TooLong(line.len()));
    }
    Ok(line)
}

fn quoted(name: &str, value: &str) -> Result<String, CmdlineError> {
    if value.contains('"') || value.chars().any(char::is_control) {
        return Err(CmdlineError::Unquotable(value.to_owned()));
    }
    Ok(format!("{name}=\"{value}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: HostInfo = HostInfo { tsc_khz: 2_596_120 };
    const SOFT: KernelKind = KernelKind::Small(SmallVariant::SoftwareKvm);

    fn task(run: &str) -> GuestTask {
        GuestTask {
            run: Some(run.to_owned()),
            ..GuestTask::default()
        }
    }

    #[test]
    fn a_software_kvm_gets_its_clock_and_its_mask() {
        let line = cmdline(SOFT, &HOST, &task("kmscube -c 60")).unwrap();
        for word in [
            "tsc_early_khz=2596120",
            "lpj=5192240",
            "acpi=off",
            "maro.softkvm=1",
            "reboot=k",
        ] {
            assert!(line.split(' ').any(|w| w == word), "{word} in {line}");
        }
        assert!(line.contains("clearcpuid=smap,"));
        assert!(line.ends_with("maro.run=\"kmscube -c 60\""));
        let with_acpi = GuestTask {
            acpi: true,
            ..GuestTask::default()
        };
        assert!(
            !cmdline(SOFT, &HOST, &with_acpi)
                .unwrap()
                .contains("acpi=off")
        );
    }

    #[test]
    fn hardware_kvm_loses_nothing_for_it() {
        for kind in [KernelKind::Stock, KernelKind::Small(SmallVariant::Hardware)] {
            let line = cmdline(kind, &HOST, &task("true")).unwrap();
            for word in ["clearcpuid", "tsc", "lpj", "acpi", "softkvm", "rodata"] {
                assert!(!line.contains(word), "{word} in {line}");
            }
            assert!(line.contains("root=/dev/vda rootfstype=erofs ro"));
        }
    }

    #[test]
    fn variables_and_the_end_are_passed_on() {
        let task = GuestTask {
            env: vec![("MESA_DEBUG".to_owned(), "a b".to_owned())],
            end: End::Hold,
            verbose: true,
            ..GuestTask::default()
        };
        let line = cmdline(KernelKind::Stock, &HOST, &task).unwrap();
        assert!(
            line.contains("maro.end=hold maro.env=\"MESA_DEBUG=a b\""),
            "{line}"
        );
        assert!(!line.contains("quiet"));
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let quote = cmdline(SOFT, &HOST, &task("echo \"x\""));
        assert!(matches!(quote, Err(CmdlineError::Unquotable(_))));
        assert!(cmdline(SOFT, &HOST, &task("a\nb")).is_err());
        let long = cmdline(SOFT, &HOST, &task(&"x".repeat(2000)));
        assert!(matches!(long, Err(CmdlineError::TooLong(_))));
    }
}
