//! Tiny guests, and what is needed to run them.
#![allow(dead_code, reason = "each test program uses its own part of this")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

/// Where tiny guests are loaded and entered.
const LOAD_ADDRESS: u32 = 0x100_0000;

/// The end of most tiny guests: power off (by the ACPI sleep control port), then halt.
///
/// ```text
/// mov dx, 0x600; mov al, 0x34; out dx, al; 1: hlt; jmp 1b
/// ```
pub const POWER_OFF: &[u8] = &[0x66, 0xba, 0, 6, 0xb0, 0x34, 0xee, 0xf4, 0xeb, 0xfd];

/// A vmlinux with a PVH entry that executes `code` in 32-bit protected mode.
pub fn vmlinux(code: &[u8]) -> Vec<u8> {
    let mut note = Vec::new();
    for word in [4u32, 4, 18] {
        note.extend(word.to_le_bytes());
    }
    note.extend(b"Xen\0");
    note.extend(LOAD_ADDRESS.to_le_bytes());
    let note_at = 64 + 2 * 56;
    let code_at = note_at + note.len() as u64;

    let mut image = b"\x7fELF\x02\x01\x01".to_vec();
    image.resize(16, 0);
    image.extend([2, 0, 62, 0, 1, 0, 0, 0]);
    for word in [u64::from(LOAD_ADDRESS), 64, 0] {
        image.extend(word.to_le_bytes());
    }
    image.extend([0, 0, 0, 0, 64, 0, 56, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    let mut segment = |kind: u32, offset: u64, address: u64, len: usize| {
        image.extend(kind.to_le_bytes());
        image.extend(5u32.to_le_bytes());
        for word in [offset, 0, address, len as u64, len as u64, 0] {
            image.extend(word.to_le_bytes());
        }
    };
    segment(1, code_at, LOAD_ADDRESS.into(), code.len());
    segment(4, note_at, 0, note.len());
    image.extend(note);
    image.extend(code);
    image
}

/// A bzImage that executes `code` in long mode at its 64-bit entry.
pub fn bzimage(code: &[u8]) -> Vec<u8> {
    let mut payload = vec![0xf4; 0x200];
    payload.extend(code);
    payload.resize(payload.len().next_multiple_of(16), 0xf4);
    let mut image = vec![0u8; 2 * 512];
    let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
    put(0x1f1, &[1]);
    put(0x1f4, &(payload.len() as u32 / 16).to_le_bytes());
    put(0x202, b"HdrS\x0f\x02");
    put(0x211, &[1]);
    put(0x214, &0x10_0000u32.to_le_bytes());
    put(0x22c, &0x7fff_ffffu32.to_le_bytes());
    put(0x236, &[1]);
    put(0x238, &2047u32.to_le_bytes());
    put(0x258, &u64::from(LOAD_ADDRESS).to_le_bytes());
    put(0x260, &0x10_0000u32.to_le_bytes());
    image.extend(payload);
    image
}

/// A file with these bytes, for as long as the value lives.
pub fn file(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("writes");
    file
}

/// `maro` with these arguments.
pub fn maro(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maro"));
    command
        .args(arguments)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("MARO_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// `maro run` of this kernel without a graphics card.
pub fn run_command(kernel: &NamedTempFile, arguments: &[&str]) -> Command {
    let mut command = maro(&["run", "--gpu=off", "--memory=64M", "--kernel"]);
    command.arg(kernel.path()).args(arguments);
    command
}

/// How long a tiny guest may take, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for the end of `child`; one that does not end is killed, and the test fails.
pub fn finish(mut child: Child) -> Output {
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().expect("waits").is_none() {
        if Instant::now() > deadline {
            child.kill().expect("kills");
            let output = child.wait_with_output().expect("waits");
            panic!("maro did not end in {PATIENCE:?}: {}", stderr(&output));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().expect("waits")
}

/// Runs a tiny guest to its end. Without KVM the test fails, unless the environment has
/// `MARO_ALLOW_NO_KVM`: then it is skipped, and says so.
pub fn run_guest(image: &[u8], arguments: &[&str]) -> Option<Output> {
    if !has_kvm() {
        return None;
    }
    Some(finish(
        run_command(&file(image), arguments)
            .spawn()
            .expect("starts"),
    ))
}

/// Whether tests that need KVM can run.
pub fn has_kvm() -> bool {
    if PathBuf::from("/dev/kvm").exists() {
        return true;
    }
    assert!(
        std::env::var_os("MARO_ALLOW_NO_KVM").is_some(),
        "This test needs /dev/kvm; run the tests with --allow-no-kvm to skip it"
    );
    eprintln!("skipped: there is no /dev/kvm");
    false
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
