//! The one command of a guest and its environment.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, WaitOptions};
use rustix::time::{ClockId, clock_gettime};

use crate::boot::Error;
use crate::cmdline::{Options, needs_shell};
use crate::say;

const RUNTIME_DIR: &str = "/run/user/0";
/// What a guest does when nothing is asked of it.
const DESKTOP: &str = "/usr/libexec/maro-desktop";
/// The same where a desktop would take minutes to appear.
const DEMO: &str = "kmscube";

const PATH: &str = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin";

const ENVIRONMENT: &[(&str, &str)] = &[
    ("PATH", PATH),
    ("HOME", "/root"),
    ("LANG", "C.UTF-8"),
    ("TERM", "linux"),
    ("XDG_RUNTIME_DIR", RUNTIME_DIR),
];

/// For a software KVM. The kernel there saves no AVX state (it cannot execute
/// XSAVE), so the upper halves of the registers are lost when two programs
/// that use them alternate: glibc and Mesa are told to stay off AVX. The rest
/// saves page faults, each of which costs more than a millisecond.
const SOFT_KVM_ENVIRONMENT: &[(&str, &str)] = &[
    (
        "GLIBC_TUNABLES",
        "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-AVX_Fast_Unaligned_Load,\
         -ERMS,-FSRM,-XSAVE,-XSAVEC:glibc.malloc.top_pad=4194304",
    ),
    ("GALLIUM_OVERRIDE_CPU_CAPS", "sse4.1"),
    ("MESA_SHADER_CACHE_DISABLE", "true"),
    ("DRIRC_CONFIGDIR", "/nonexistent"),
];

/// Runs the command that was asked for and returns its exit status.
pub fn run(options: &Options) -> Result<i32, Error> {
    fs::create_dir_all(RUNTIME_DIR).map_err(|e| Error::new(RUNTIME_DIR, e))?;
    fs::set_permissions(RUNTIME_DIR, fs::Permissions::from_mode(0o700))
        .map_err(|e| Error::new(RUNTIME_DIR, e))?;

    let uptime = clock_gettime(ClockId::Boottime);
    let milliseconds = uptime.tv_nsec / 1_000_000;
    say("ready", format_args!("{}.{milliseconds:03}", uptime.tv_sec));

    let (shown, mut command) = command(options);
    command.env_clear().envs(ENVIRONMENT.iter().copied());
    if options.soft_kvm {
        command.envs(SOFT_KVM_ENVIRONMENT.iter().copied());
    }
    command.envs(options.env.iter().map(|(name, value)| (name, value)));
    std::env::set_current_dir("/root").map_err(|e| Error::new("/root", e))?;
    say("run", &shown);
    let child = command.spawn().map_err(|e| Error::new(&shown, e))?;
    wait_for(child.id())
}

fn command(options: &Options) -> (String, Command) {
    if options.shell {
        let mut command = Command::new(find("setsid"));
        command.args(["--ctty", "bash", "--login"]);
        return ("bash".to_owned(), command);
    }
    let text = match &options.run {
        Some(text) => text.clone(),
        None if options.soft_kvm => DEMO.to_owned(),
        None => DESKTOP.to_owned(),
    };
    let mut words = text.split_whitespace();
    let command = match words.next() {
        Some(program) if !needs_shell(&text) => {
            let mut command = Command::new(find(program));
            command.args(words);
            command
        }
        _ => {
            let mut command = Command::new(find("sh"));
            command.args(["-c", &text]);
            command
        }
    };
    (text, command)
}

/// Finds a program. Given its full path, the standard library starts it
/// without copying this process first.
fn find(program: &str) -> PathBuf {
    let in_path = || {
        PATH.split(':')
            .map(|dir| Path::new(dir).join(program))
            .find(|p| p.exists())
    };
    let is_path = program.contains('/');
    (if is_path { None } else { in_path() }).unwrap_or_else(|| program.into())
}

/// Waits for one child. Orphans become children of process 1 and are waited
/// for on the way.
fn wait_for(child: u32) -> Result<i32, Error> {
    let child = i32::try_from(child).ok().and_then(Pid::from_raw);
    loop {
        let waited = rustix::process::wait(WaitOptions::empty());
        let Some((pid, status)) = waited.map_err(|e| Error::new("wait", e))? else {
            continue;
        };
        if Some(pid) == child {
            // As a shell says it: 128 and the signal's number.
            let signal = status.terminating_signal().map_or(0, |signal| 128 + signal);
            return Ok(status.exit_status().unwrap_or(signal));
        }
    }
}
