//! Guests of a few instructions on the real KVM: boot protocols, ports, doorbells,
//! interrupts of the run, endings and their exit codes.

mod common;

use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::time::Duration;

use common::{POWER_OFF, bzimage, file, finish, run_command, run_guest, stderr, stdout, vmlinux};

/// Prints the NUL-terminated text at `[esi]` to the serial port.
///
/// ```text
/// mov dx, 0x3f8; 1: lodsb; test al, al; je 2f; out dx, al; jmp 1b; 2:
/// ```
const PRINT: &[u8] = &[
    0x66, 0xba, 0xf8, 3, 0xac, 0x84, 0xc0, 0x74, 3, 0xee, 0xeb, 0xf8,
];

fn code(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn pvh_guest_finds_its_command_line() {
    // mov esi, [ebx + 24]: the command line's address in the PVH start info
    let image = vmlinux(&code(&[&[0x8b, 0x73, 0x18], PRINT, POWER_OFF]));
    let arguments = ["--cmdline=hello from pvh", "--quirks=off"];
    let Some(output) = run_guest(&image, &arguments) else {
        return;
    };
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), "hello from pvh");
}

#[test]
fn bzimage_guest_starts_in_long_mode_with_its_command_line() {
    // mov esi, [rsi + 0x228]: the command line's address in boot_params
    let image = bzimage(&code(&[&[0x8b, 0xb6, 0x28, 2, 0, 0], PRINT, POWER_OFF]));
    let arguments = ["--cmdline=hello from bzImage", "--quirks=off"];
    let Some(output) = run_guest(&image, &arguments) else {
        return;
    };
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), "hello from bzImage");
}

#[test]
fn devices_are_named_on_the_command_line_when_asked() {
    let image = vmlinux(&code(&[&[0x8b, 0x73, 0x18], PRINT, POWER_OFF]));
    let disk = file(&[0; 4096]);
    let disk = format!("--disk={},ro", disk.path().display());
    let arguments = [
        "--cmdline=x",
        "--quirks=off",
        "--device-discovery=cmdline",
        &disk,
    ];
    let Some(output) = run_guest(&image, &arguments) else {
        return;
    };
    assert_eq!(
        stdout(&output),
        "x virtio_mmio.device=4K@0xd0000000:5 virtio_mmio.device=4K@0xd0001000:6"
    );
}

#[test]
fn initrd_is_handed_over() {
    // mov esi, [ebx + 16]; mov esi, [esi]: the first module's address
    let image = vmlinux(&code(&[&[0x8b, 0x73, 0x10, 0x8b, 0x36], PRINT, POWER_OFF]));
    let initrd = file(b"I am the initrd\0");
    let initrd = format!("--initrd={}", initrd.path().display());
    let Some(output) = run_guest(&image, &[&initrd]) else {
        return;
    };
    assert_eq!(stdout(&output), "I am the initrd");
}

#[test]
fn second_cpu_starts_on_the_first_ones_signal() {
    // The first CPU copies 16 bytes of 16-bit code to 0x8000, prints `A` and sends INIT
    // and start-up IPIs through its local APIC; the second one prints `B` and powers off.
    let second_cpu = [
        0xba, 0xf8, 3, 0xb0, b'B', 0xee, // mov dx, 0x3f8; mov al, 'B'; out dx, al
        0xba, 0, 6, 0xb0, 0x34, 0xee, // mov dx, 0x600; mov al, 0x34; out dx, al
        0xf4, 0xeb, 0xfd, 0x90, // 1: hlt; jmp 1b
    ];
    let apic = |register: u32, value: u32| {
        // mov dword ptr [0xfee00000 + register], value
        let address = (0xfee0_0000 + register).to_le_bytes();
        [&[0xc7, 5][..], &address, &value.to_le_bytes()].concat()
    };
    let image = vmlinux(&code(&[
        &[0xbc, 0, 0x70, 0, 0], // mov esp, 0x7000
        &[0xe8, 16, 0, 0, 0],   // call over the bytes that follow
        &second_cpu,
        &[0x5e, 0xbf, 0, 0x80, 0, 0], // pop esi; mov edi, 0x8000
        &[0xb9, 16, 0, 0, 0, 0xfc, 0xf3, 0xa4], // mov ecx, 16; cld; rep movsb
        &[0x66, 0xba, 0xf8, 3, 0xb0, b'A', 0xee], // mov dx, 0x3f8; mov al, 'A'; out dx, al
        &apic(0xf0, 0x1ff),
        &apic(0x310, 1 << 24),
        &apic(0x300, 0x4500),
        &apic(0x310, 1 << 24),
        &apic(0x300, 0x4608),
        &[0xf4, 0xeb, 0xfd],
    ]));
    let Some(output) = run_guest(&image, &["--cpus=2"]) else {
        return;
    };
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), "AB");
}

#[test]
fn doorbells_do_not_leave_the_kernel() {
    let image = vmlinux(&code(&[
        &[0xb9, 100, 0, 0, 0],                    // mov ecx, 100
        &[0xc7, 5, 0x50, 0, 0, 0xd0, 0, 0, 0, 0], // 1: mov dword ptr [0xd0000050], 0
        &[0x49, 0x75, 0xf3],                      // dec ecx; jne 1b
        POWER_OFF,
    ]));
    let Some(output) = run_guest(&image, &["--stats"]) else {
        return;
    };
    let text = stderr(&output);
    assert!(text.contains("MMIO write 0"), "{text}");
    // A doorbell of a queue that the device lacks does.
    let mut wrong_queue = image.clone();
    let at = wrong_queue
        .windows(6)
        .position(|w| w == [0xc7, 5, 0x50, 0, 0, 0xd0])
        .expect("there");
    wrong_queue[at + 6] = 9;
    let Some(output) = run_guest(&wrong_queue, &["--stats"]) else {
        return;
    };
    assert!(
        stderr(&output).contains("MMIO write 100"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn string_output_reaches_the_port_byte_by_byte() {
    let image = vmlinux(&code(&[
        &[0xbc, 0, 0x70, 0, 0, 0xe8, 6, 0, 0, 0], // mov esp, 0x7000; call over
        b"string",
        &[0x5e, 0xb9, 6, 0, 0, 0],                // pop esi; mov ecx, 6
        &[0x66, 0xba, 0xf8, 3, 0xfc, 0xf3, 0x6e], // mov dx, 0x3f8; cld; rep outsb
        POWER_OFF,
    ]));
    let Some(output) = run_guest(&image, &[]) else {
        return;
    };
    assert_eq!(stdout(&output), "string");
}

/// mov al, 0xfe; out 0x64, al; 1: hlt; jmp 1b
const RESET: &[u8] = &[0xb0, 0xfe, 0xe6, 0x64, 0xf4, 0xeb, 0xfd];

#[test]
fn guest_reset_ends_with_its_code() {
    let image = vmlinux(RESET);
    let Some(output) = run_guest(&image, &[]) else {
        return;
    };
    assert_eq!(output.status.code(), Some(16), "{}", stderr(&output));
    let Some(output) = run_guest(&image, &["--reset-exit-code=0"]) else {
        return;
    };
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn triple_fault_is_diagnosed() {
    // mov eax, 0x12345678; ud2: without an IDT the exception cannot be delivered.
    let image = vmlinux(&[0xb8, 0x78, 0x56, 0x34, 0x12, 0x0f, 0x0b]);
    let Some(output) = run_guest(&image, &[]) else {
        return;
    };
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(17), "{text}");
    for part in [
        "triple fault",
        "0000000012345678",
        "0000000001000005",
        "code at rip: 0f 0b",
    ] {
        assert!(text.contains(part), "no `{part}` in: {text}");
    }
}

#[test]
fn internal_error_is_diagnosed() {
    // mov eax, 0xc8000000; jmp eax: no memory and no device is there.
    let image = vmlinux(&[0xb8, 0, 0, 0, 0xc8, 0xff, 0xe0]);
    let Some(output) = run_guest(&image, &[]) else {
        return;
    };
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(18), "{text}");
    for part in ["internal error 1", "emulate", "00000000c8000000"] {
        assert!(text.contains(part), "no `{part}` in: {text}");
    }
}

/// Echoes the serial port's input until `q`, which powers off.
///
/// ```text
/// 1: mov dx, 0x3fd; in al, dx; test al, 1; je 1b
/// mov dx, 0x3f8; in al, dx; out dx, al; cmp al, 'q'; jne 1b
/// ```
const ECHO: &[u8] = &[
    0x66, 0xba, 0xfd, 3, 0xec, 0xa8, 1, 0x74, 0xf7, 0x66, 0xba, 0xf8, 3, 0xec, 0xee, 0x3c, b'q',
    0x75, 0xed,
];

/// Starts the guest that echoes, with a pipe for the keys.
fn start_echo(arguments: &[&str]) -> Option<Child> {
    if !common::has_kvm() {
        return None;
    }
    let kernel = file(&vmlinux(&code(&[ECHO, POWER_OFF])));
    let mut child = run_command(&kernel, arguments)
        .stdin(Stdio::piped())
        .spawn()
        .expect("starts");
    // The guest runs once it answers; the file is not needed any more then.
    type_keys(&mut child, b"!");
    let mut answer = [0];
    child
        .stdout
        .as_mut()
        .expect("pipe")
        .read_exact(&mut answer)
        .expect("echo");
    assert_eq!(&answer, b"!");
    Some(child)
}

fn type_keys(child: &mut Child, keys: &[u8]) {
    child
        .stdin
        .as_mut()
        .expect("pipe")
        .write_all(keys)
        .expect("types");
}

#[test]
fn keys_reach_the_serial_port() {
    let Some(mut child) = start_echo(&[]) else {
        return;
    };
    type_keys(&mut child, b"hello q");
    let output = finish(child);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), "hello q");
}

#[test]
fn escape_key_ends_the_guest() {
    let Some(mut child) = start_echo(&[]) else {
        return;
    };
    type_keys(&mut child, b"\x01x");
    assert_eq!(finish(child).status.code(), Some(0));
}

fn send_signal(child: &Child, signal: &str) {
    let sent = std::process::Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(sent.success());
}

#[test]
fn second_signal_ends_a_guest_that_ignores_its_power_button() {
    let Some(mut child) = start_echo(&["--device-discovery=acpi"]) else {
        return;
    };
    send_signal(&child, "-TERM");
    // It still runs: the button was pressed, and this guest does not look at it.
    std::thread::sleep(Duration::from_millis(100));
    type_keys(&mut child, b"?");
    let mut answer = [0];
    child
        .stdout
        .as_mut()
        .expect("pipe")
        .read_exact(&mut answer)
        .expect("echo");
    send_signal(&child, "-TERM");
    let output = finish(child);
    assert_eq!(output.status.code(), Some(128 + 15), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("power button"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn first_signal_ends_a_guest_without_power_button() {
    let Some(child) = start_echo(&["--device-discovery=cmdline"]) else {
        return;
    };
    send_signal(&child, "-INT");
    assert_eq!(finish(child).status.code(), Some(128 + 2));
}

#[test]
fn serial_output_goes_to_a_file() {
    let image = vmlinux(&code(&[&[0x8b, 0x73, 0x18], PRINT, POWER_OFF]));
    let log = file(b"old content that is longer");
    let serial = format!("--serial=file={}", log.path().display());
    let arguments = ["--cmdline=into the file", "--quirks=off", &serial];
    let Some(output) = run_guest(&image, &arguments) else {
        return;
    };
    assert_eq!(stdout(&output), "");
    assert_eq!(
        std::fs::read_to_string(log.path()).expect("reads"),
        "into the file"
    );
}

#[test]
fn configuration_file_runs_a_guest() {
    let folder = tempfile::tempdir().expect("tempdir");
    let image = vmlinux(&code(&[&[0x8b, 0x73, 0x18], PRINT, POWER_OFF]));
    std::fs::write(folder.path().join("vmlinux"), image).expect("writes");
    let text = "kernel = \"vmlinux\"\ncmdline = \"from the file\"\nmemory = \"64M\"\ngpu = \"off\"\nquirks = \"off\"\n";
    std::fs::write(folder.path().join("vm.toml"), text).expect("writes");
    if !common::has_kvm() {
        return;
    }
    let path = folder.path().join("vm.toml");
    let output = finish(
        common::maro(&["run", "--config", &path.to_string_lossy()])
            .spawn()
            .expect("starts"),
    );
    assert_eq!(stdout(&output), "from the file", "{}", stderr(&output));
}

#[test]
fn memory_above_the_hole_is_there() {
    // Reads the PVH memory map: mov eax, [ebx + 48], its number of entries, plus `0`.
    let image = vmlinux(&code(&[
        &[0x8b, 0x43, 0x30, 4, b'0', 0x66, 0xba, 0xf8, 3, 0xee],
        POWER_OFF,
    ]));
    let kernel = file(&image);
    if !common::has_kvm() {
        return;
    }
    for (memory, entries) in [("--memory=512M", "3"), ("--memory=3500M", "4")] {
        let mut command = common::maro(&["run", "--gpu=off", memory, "--kernel"]);
        let output = finish(command.arg(kernel.path()).spawn().expect("starts"));
        assert_eq!(stdout(&output), entries, "{memory}: {}", stderr(&output));
    }
}
