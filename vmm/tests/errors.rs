//! What `maro` says, and with which code it ends, when something it needs is wrong.

mod common;

use common::{POWER_OFF, bzimage, file, finish, maro, run_command, stderr, stdout, vmlinux};

/// Runs `maro` with these arguments and checks its exit code and its message.
fn expect(arguments: &[&str], code: i32, hints: &[&str]) {
    let output = finish(maro(arguments).spawn().expect("starts"));
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    for hint in hints {
        assert!(
            message.contains(hint),
            "{arguments:?}: no `{hint}` in: {message}"
        );
    }
}

/// Runs a sound kernel with further arguments, of which one is wrong.
fn expect_run(arguments: &[&str], code: i32, hints: &[&str]) {
    let kernel = file(&vmlinux(POWER_OFF));
    let output = finish(run_command(&kernel, arguments).spawn().expect("starts"));
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
    for hint in hints {
        assert!(
            message.contains(hint),
            "{arguments:?}: no `{hint}` in: {message}"
        );
    }
}

/// Runs this image as a kernel, which it cannot be.
fn expect_image(image: &[u8], hint: &str) {
    let kernel = file(image);
    let output = finish(run_command(&kernel, &[]).spawn().expect("starts"));
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(4), "{message}");
    let path = kernel.path().to_string_lossy().into_owned();
    assert!(
        message.contains(hint) && message.contains(&path),
        "no `{hint}` in: {message}"
    );
}

#[test]
fn missing_kvm_says_how_to_get_it() {
    expect_run(
        &["--kvm-device=/nonexistent/kvm"],
        3,
        &["/nonexistent/kvm", "VT-x", "nested"],
    );
    expect_run(&["--kvm-device=/dev/null"], 3, &["not a KVM device"]);
}

#[test]
fn doctor_without_kvm_fails_with_advice() {
    let output = finish(
        maro(&["doctor", "--kvm-device=/nonexistent/kvm"])
            .spawn()
            .expect("starts"),
    );
    assert_eq!(output.status.code(), Some(3));
    let text = stdout(&output);
    assert!(
        text.contains("MISSING KVM") && text.contains("firmware"),
        "{text}"
    );
}

#[test]
fn reader_that_leaves_early_does_not_change_the_exit_code() {
    for arguments in [
        &["doctor", "--kvm-device=/nonexistent/kvm"][..],
        &["doctor", "--json", "--kvm-device=/nonexistent/kvm"],
        &["run", "--kernel=x", "--kvm-device=/nonexistent/kvm"],
        &["smoke", "--run=x", "--kvm-device=/nonexistent/kvm"],
    ] {
        let folder = tempfile::tempdir().expect("tempdir");
        let mut child = maro(arguments)
            .current_dir(folder.path())
            .spawn()
            .expect("starts");
        drop((child.stdout.take(), child.stderr.take()));
        let status = child.wait().expect("ends");
        assert_eq!(status.code(), Some(3), "{arguments:?}");
    }
}

#[test]
fn doctor_json_is_for_programs() {
    let output = finish(
        maro(&["doctor", "--json", "--kvm-device=/nonexistent/kvm"])
            .spawn()
            .expect("starts"),
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["findings"][0]["topic"], "kvm");
    assert_eq!(json["findings"][0]["verdict"], "missing");
}

#[test]
fn wrong_kernel_file_is_named() {
    expect_image(
        b"#!/bin/sh\necho no kernel\n",
        "neither an ELF vmlinux nor a bzImage",
    );
    expect_image(b"", "neither an ELF vmlinux nor a bzImage");
    let whole = vmlinux(&[0x90; 4096]);
    expect_image(&whole[..whole.len() - 1], "truncated");
    expect_image(&whole[..100], "truncated");
    let mut other_machine = whole.clone();
    other_machine[18] = 183;
    expect_image(&other_machine, "another kind of processor");
    let mut no_entry = whole;
    // The type of the note that names the PVH entry.
    no_entry[64 + 2 * 56 + 8] = 17;
    expect_image(&no_entry, "CONFIG_PVH");
    let compressed = bzimage(POWER_OFF);
    expect_image(&compressed[..1024], "truncated");
    expect_run(
        &["--kernel=/nonexistent/vmlinux"],
        2,
        &["cannot be used multiple times"],
    );
    expect(
        &["run", "--gpu=off", "--kernel=/nonexistent/vmlinux"],
        4,
        &["/nonexistent/vmlinux"],
    );
    expect(
        &["run", "--gpu=off", "--kernel=/"],
        4,
        &["Cannot read the kernel /"],
    );
}

#[test]
fn wrong_initrd_is_named() {
    expect_run(
        &["--initrd=/nonexistent/initrd"],
        4,
        &["initrd", "/nonexistent/initrd"],
    );
    let empty = file(b"");
    let path = empty.path().to_string_lossy().into_owned();
    expect_run(&["--initrd", &path], 4, &["empty"]);
    empty.as_file().set_len(80 << 20).expect("grows");
    expect_run(&["--initrd", &path], 4, &["does not fit", "--memory"]);
}

#[test]
fn command_line_too_long_is_refused() {
    let long = format!("--cmdline={}", "x".repeat(3000));
    expect_run(&[&long, "--quirks=off"], 4, &["3000", "2047"]);
}

#[test]
fn unusable_disk_is_named() {
    expect_run(
        &["--disk=/nonexistent/disk.img"],
        6,
        &["/nonexistent/disk.img"],
    );
    expect_run(&["--disk=/tmp,ro"], 6, &["tmp is no disk"]);
    expect_run(&["--disk=root.img,fast"], 2, &["`fast`"]);
}

#[test]
fn too_many_disks_are_refused() {
    let disk = file(&[0; 4096]);
    let option = format!("--disk={},ro", disk.path().display());
    expect_run(
        &vec![option.as_str(); 16],
        6,
        &["more than 15 virtio devices"],
    );
}

#[test]
fn impossible_memory_is_refused() {
    let with = |memory: &str, code, hints: &[&str]| {
        expect(
            &["run", "--gpu=off", "--kernel=/dev/null", memory],
            code,
            hints,
        );
    };
    with("--memory=900T", 5, &["more than this host has"]);
    with("--memory=1M", 5, &["too small"]);
    with("--memory=much", 2, &["`much`", "512M"]);
    with("--memory=99999999999T", 2, &["512M"]);
}

#[test]
fn kernel_too_large_for_memory_says_so() {
    let mut image = vmlinux(POWER_OFF);
    // The size in memory of the first segment.
    image[64 + 40..64 + 48].copy_from_slice(&(100u64 << 20).to_le_bytes());
    expect_image(&image, "--memory");
}

#[test]
fn impossible_cpus_are_refused() {
    expect_run(&["--cpus=0"], 2, &["1 to 254"]);
    expect_run(&["--cpus=1000"], 2, &["1 to 254"]);
}

#[test]
fn wrong_configuration_file_is_explained() {
    expect(
        &["run", "--config=/nonexistent/vm.toml"],
        2,
        &["/nonexistent/vm.toml"],
    );
    for (text, hints) in [
        ("kernel = \"k\"\nmemory = \"much\"\n", ["memory", "512M"]),
        ("kernle = \"k\"\n", ["kernle", "kernel"]),
        ("kernel = ", ["vm.toml", "line 1"]),
    ] {
        let folder = tempfile::tempdir().expect("tempdir");
        let path = folder.path().join("vm.toml");
        std::fs::write(&path, text).expect("writes");
        expect(&["run", "--config", &path.to_string_lossy()], 2, &hints);
    }
    expect(&["run", "--gpu=off"], 2, &["--kernel"]);
}

#[test]
fn unwritable_output_is_named() {
    expect_run(
        &["--serial=file=/nonexistent/log"],
        8,
        &["serial", "/nonexistent/log"],
    );
    expect_run(
        &["--console=file=/nonexistent/log"],
        8,
        &["console", "/nonexistent/log"],
    );
    expect_run(&["--serial=telnet"], 2, &["`telnet`", "stdio"]);
}

#[test]
fn screenshot_without_screen_is_refused() {
    expect_run(&["--screenshot=x.png"], 2, &["screenshot"]);
}

#[test]
fn host_without_egl_says_what_to_install() {
    if !common::has_kvm() {
        return;
    }
    let kernel = file(&vmlinux(POWER_OFF));
    let mut command = maro(&["run", "--gpu=virgl", "--display=headless", "--kernel"]);
    // With an empty list of vendors, libglvnd finds no EGL.
    let none = tempfile::tempdir().expect("tempdir");
    command
        .arg(kernel.path())
        .env("__EGL_VENDOR_LIBRARY_DIRS", none.path());
    let output = finish(command.spawn().expect("starts"));
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(7), "{message}");
    assert!(
        message.contains("EGL") && message.contains("libegl"),
        "{message}"
    );
}
