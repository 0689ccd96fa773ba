//! A guest draws with its own Mesa on virgl what the same program draws on the host
//! without a guest; seen by `maro smoke`, as a CI job sees it.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::host::{draw_reference, folder, guest_test, maro, runs_maro};

/// What is drawn, in the guest as on the host.
const FRAMES: &str = "60";
const SIZE: &str = "640x480";
/// Guest and host differ by the rounding of one more copy.
const TOLERANCE: &str = "2";
/// What only a guest whose Mesa draws with virgl prints.
const RENDERER: &str = "GL_RENDERER: virgl";

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
        .args(["--expect-console", RENDERER, "--timeout", "480s"])
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
    guest_test(|| {
        let out = folder("smoke");
        let reference = out.join("reference.png");
        draw_reference(&reference, SIZE, FRAMES)?;
        let status = smoke(&reference, &out).status()?;
        assert!(
            status.success(),
            "maro smoke: {status}; picture, difference and the guest's console are in {}",
            out.display()
        );
        let xml = fs::read_to_string(out.join("smoke.xml"))?;
        assert!(
            xml.contains("tests=\"4\" failures=\"0\" errors=\"0\" skipped=\"0\""),
            "four checks were to pass: {xml}"
        );
        Ok(())
    });
}

#[test]
fn missing_kvm_fails_unless_it_is_allowed() {
    if !runs_maro() {
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
