//! The kernel's command line, from what the user said and what the machine is.

use crate::boot::cmdline::Cmdline;
use crate::boot::discovery::Discovery;
use crate::config::MachineConfig;
use crate::config::values::{CharacterOption, QuirksOption};
use crate::kvm::HostKvm;
use crate::memory::layout;
use crate::tables::VirtioWindow;

/// The user's command line, or one that finds the console and the first disk.
pub fn base(config: &MachineConfig) -> Cmdline {
    if let Some(line) = &config.cmdline {
        return Cmdline::new(line);
    }
    let mut line = Cmdline::default();
    if config.console != CharacterOption::None {
        line.push("console=hvc0");
    }
    // The last console is the one that init gets.
    if config.serial != CharacterOption::None {
        line.push("console=ttyS0");
    }
    // A kernel that panics resets, which ends maro, rather than hang.
    line.push("panic=-1");
    if let (Some(disk), None) = (config.disks.first(), &config.initrd) {
        line.push("root=/dev/vda");
        line.push(if disk.read_only { "ro" } else { "rw" });
    }
    line
}

/// Features that user code on a software KVM sees and the emulator lacks, or does so
/// slowly that a kernel is better off without (erms, fsrm).
const CLEARED_FEATURES: &str = "clearcpuid=smap,popcnt,rdtscp,xsave,erms,fsrm,invpcid,pcid,cx16";

/// Adds what a kernel needs on a software KVM, unless the user said otherwise.
pub fn add_quirks(line: &mut Cmdline, quirks: QuirksOption, host: HostKvm, tsc_khz: u32) {
    if (quirks, host) != (QuirksOption::Auto, HostKvm::Software) {
        return;
    }
    line.push_default(CLEARED_FEATURES);
    // Its timers are too late for a calibration.
    line.push_default("tsc=reliable");
    line.push_default("no_timer_check");
    if tsc_khz != 0 {
        line.push_default(&format!("tsc_early_khz={tsc_khz}"));
    }
    // A triple fault, the kernel's usual last resort, would not end the guest.
    line.push_default("reboot=k");
}

/// Names each virtio device on the command line, where that is how they are found.
pub fn add_devices(line: &mut Cmdline, discovery: Discovery, windows: &[VirtioWindow]) {
    if !discovery.cmdline {
        return;
    }
    for VirtioWindow { base, gsi } in windows {
        line.push(format_args!(
            "virtio_mmio.device={}K@{base:#x}:{gsi}",
            layout::VIRTIO_MMIO_SIZE >> 10
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::options::RunOptions;

    fn config(options: RunOptions) -> MachineConfig {
        let options = RunOptions {
            kernel: Some("vmlinux".into()),
            ..options
        };
        MachineConfig::resolve(options, false).expect("resolves")
    }

    #[test]
    fn base_names_console_and_first_disk() {
        let disk = vec!["root.img,ro".parse().expect("parses")];
        let line = base(&config(RunOptions {
            disk: disk.clone(),
            ..RunOptions::default()
        }));
        assert_eq!(line.as_str(), "console=ttyS0 panic=-1 root=/dev/vda ro");
        let with_initrd = RunOptions {
            disk,
            initrd: Some("i".into()),
            ..RunOptions::default()
        };
        assert_eq!(
            base(&config(with_initrd)).as_str(),
            "console=ttyS0 panic=-1"
        );
        let user = RunOptions {
            cmdline: Some("quiet".into()),
            ..RunOptions::default()
        };
        assert_eq!(base(&config(user)).as_str(), "quiet");
    }

    #[test]
    fn quirks_are_for_software_kvm_and_give_way_to_the_user() {
        let mut line = Cmdline::new("quiet");
        add_quirks(&mut line, QuirksOption::Auto, HostKvm::Hardware, 1000);
        add_quirks(&mut line, QuirksOption::Off, HostKvm::Software, 1000);
        assert_eq!(line.as_str(), "quiet");
        let mut line = Cmdline::new("clearcpuid=smap reboot=t");
        add_quirks(&mut line, QuirksOption::Auto, HostKvm::Software, 2_596_120);
        assert_eq!(
            line.as_str(),
            "clearcpuid=smap reboot=t tsc=reliable no_timer_check tsc_early_khz=2596120"
        );
    }

    #[test]
    fn devices_are_named_only_where_the_command_line_announces_them() {
        let windows = [
            VirtioWindow {
                base: 0xd000_0000,
                gsi: 5,
            },
            VirtioWindow {
                base: 0xd000_1000,
                gsi: 6,
            },
        ];
        let mut line = Cmdline::new("quiet");
        add_devices(
            &mut line,
            Discovery {
                acpi: true,
                cmdline: false,
            },
            &windows,
        );
        assert_eq!(line.as_str(), "quiet");
        add_devices(
            &mut line,
            Discovery {
                acpi: false,
                cmdline: true,
            },
            &windows,
        );
        assert_eq!(
            line.as_str(),
            "quiet virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=4K@0xd0001000:6"
        );
    }
}
