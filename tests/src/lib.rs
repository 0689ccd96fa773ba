//! Tests that cross crates, and the conformance rig, which `cargo xtask piglit` shares.
#![forbid(unsafe_code)]

use std::env;
use std::path::{Path, PathBuf};

pub mod piglit;
pub mod rig;

/// The `maro` under test: what `MARO_BIN` names, or the one in the target folder.
///
/// # Panics
/// If there is none, with what to do.
pub fn maro() -> PathBuf {
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
