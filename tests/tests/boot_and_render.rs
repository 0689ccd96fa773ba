//! A Linux guest boots on KVM, draws with its own Mesa on virgl, and its screen shows
//! what the same program draws on the host without a guest.
//!
//! Runs when `MARO_GUEST_TESTS=1` is set, as `cargo xtask test` does: the first run
//! makes a guest image, which takes about a quarter of an hour. `MARO_BIN` names the
//! `maro` to test; without it, it is the one in the target folder.
//! `MARO_ALLOW_NO_KVM=1` lets the test pass where there is no /dev/kvm.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use maro_guest_images::Terminal;

/// What is drawn, in the guest as on the host.
const FRAMES: &str = "60";
const SIZE: &str = "640x480";
/// Guest and host differ by the rounding of one more copy.
const TOLERANCE: &str = "2";
/// What only a guest whose Mesa draws with virgl prints.
const RENDERER: &str = "GL_RENDERER: virgl";

fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| value == "1")
}

/// The `maro` under test.
fn maro() -> PathBuf {
    if let Some(path) = env::var_os("MARO_BIN") {
        return path.into();
    }
    // target/debug/deps/this-test
    let test = env::current_exe().expect("a running test has a file");
    let beside = test
        .parent()
        .and_then(Path::parent)
        .map(|profile| profile.join("maro"));
    let beside = beside.expect("tests are in the target folder's deps");
    assert!(
        beside.exists(),
        "{} is missing: run `cargo build -p maro-vmm` first, or name another maro with MARO_BIN",
        beside.display()
    );
    beside
}

/// Draws the expected picture with the host's GL.
fn draw_reference(png: &Path) {
    let scene = maro_guest_images::prepare_scene(&mut Terminal::default())
        .unwrap_or_else(|error| panic!("the scene cannot be built: {error}"));
    let status = Command::new(scene)
        .args(["host", "--size", SIZE, "--frames", FRAMES, "--png"])
        .arg(png)
        .status()
        .expect("the scene was just built");
    assert!(status.success(), "the host cannot draw the scene: {status}");
}

fn smoke(reference: &Path, out: &Path) -> Command {
    let mut command = Command::new(maro());
    command
        .args([
            "smoke",
            "--run",
            &format!("maro-scene kms --frames {FRAMES} --hold"),
        ])
        .args([
            "--frame",
            FRAMES,
            "--resolution",
            SIZE,
            "--tolerance",
            TOLERANCE,
        ])
        .args(["--expect-console", RENDERER, "--timeout", "240s"])
        .arg("--expect")
        .arg(reference)
        .arg("--out")
        .arg(out)
        .arg("--junit")
        .arg(out.join("smoke.xml"));
    command
}

#[test]
fn guest_draws_with_virgl_what_the_host_draws() {
    if !is_set("MARO_GUEST_TESTS") {
        println!(
            "skipped: a guest's boot is tested by `cargo xtask test`, or with MARO_GUEST_TESTS=1"
        );
        return;
    }
    if !Path::new("/dev/kvm").exists() && is_set("MARO_ALLOW_NO_KVM") {
        println!("skipped: there is no /dev/kvm, and MARO_ALLOW_NO_KVM=1 is set");
        return;
    }
    // Kept after the test: who looks at a failure wants the pictures.
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("boot_and_render");
    fs::create_dir_all(&out).expect("the target folder is writable");
    let reference = out.join("reference.png");
    draw_reference(&reference);

    let status = smoke(&reference, &out).status().expect("maro starts");
    assert!(
        status.success(),
        "maro smoke: {status}; picture, difference and the guest's console are in {}",
        out.display()
    );
    let xml = fs::read_to_string(out.join("smoke.xml")).expect("maro wrote its results");
    assert!(
        xml.contains("tests=\"4\" failures=\"0\" errors=\"0\" skipped=\"0\""),
        "four checks were to pass: {xml}"
    );
}

#[test]
fn missing_kvm_fails_unless_it_is_allowed() {
    if !is_set("MARO_GUEST_TESTS") {
        println!(
            "skipped: needs the built maro; run `cargo xtask test`, or set MARO_GUEST_TESTS=1"
        );
        return;
    }
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    let run = |allow: &[&str]| {
        let mut command = Command::new(maro());
        command
            .args([
                "smoke",
                "--run",
                "true",
                "--kvm-device",
                "/nonexistent/kvm",
                "--out",
            ])
            .arg(folder.path())
            .args(allow);
        command.output().expect("maro starts")
    };
    let refused = run(&[]);
    assert_eq!(refused.status.code(), Some(3));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        message.contains("/nonexistent/kvm does not exist"),
        "{message}"
    );
    assert_eq!(run(&["--allow-no-kvm"]).status.code(), Some(0));
}
