//! Process 1 of maro's guests: a small static program in place of an init
//! system, because every fork and every library costs a visible time where
//! guest kernel code is interpreted.
//!
//! In an initrd it loads the listed modules, mounts the root and starts again
//! from there; in the root it mounts what programs expect, runs one command
//! and brings the machine down. Its progress lines on the console
//! (`maro-init: ready`, `run`, `exit`) are what `maro smoke` waits for.

#![forbid(unsafe_code)]

mod boot;
mod cmdline;
mod power;
mod run;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use cmdline::End;

/// The exit status reported when init itself could not go on.
const STATUS_INIT_FAILED: i32 = 125;

fn main() -> ExitCode {
    if rustix::process::getpid() != rustix::process::Pid::INIT {
        eprintln!("maro-init: this is process 1 of a guest and does nothing elsewhere");
        return ExitCode::FAILURE;
    }
    let status = match start() {
        Ok(status) => status,
        Err(error) => {
            say("error:", error);
            STATUS_INIT_FAILED
        }
    };
    say("exit", status);
    let options = boot::options().unwrap_or_default();
    // Only an error comes back; process 1 must not end, so wait for ever.
    let error = end(options.end);
    say("error:", format_args!("cannot end the machine: {error}"));
    hold()
}

fn start() -> Result<i32, boot::Error> {
    boot::mount_kernel_filesystems()?;
    let options = boot::options()?;
    if boot::in_initrd() {
        return Err(boot::switch_to_root(&options));
    }
    boot::mount_writable_places()?;
    if boot::has_acpi() {
        power::listen();
    }
    run::run(&options)
}

/// Prints one progress line. Process 1 goes on without a console.
fn say(what: &str, value: impl Display) {
    let mut console = std::io::stdout();
    writeln!(console, "maro-init: {what} {value}").unwrap_or_default();
}

fn end(end: End) -> rustix::io::Errno {
    use rustix::system::{RebootCommand, reboot};

    // The last lines are still in the serial port's buffer.
    rustix::termios::tcdrain(rustix::stdio::stdout()).unwrap_or_default();
    rustix::fs::sync();
    let command = match end {
        End::Hold => hold(),
        End::PowerOff => RebootCommand::PowerOff,
        End::Reset => RebootCommand::Restart,
        // Without ACPI a kernel has no power switch, and "power off" halts.
        End::Auto if boot::has_acpi() => RebootCommand::PowerOff,
        End::Auto => RebootCommand::Restart,
    };
    match reboot(command) {
        Err(error) => error,
        Ok(()) => hold(),
    }
}

fn hold() -> ! {
    loop {
        std::thread::park();
    }
}
