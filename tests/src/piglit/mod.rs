//! The conformance rig: Debian's piglit over `maro vtest`, over `virgl_test_server`, and
//! on the host's driver without either.
//!
//! Client, server and host driver are the same Mesa, that of one tree, so that results
//! differ by nothing but who renders.

pub mod outcome;
pub mod profile;
pub mod results;
pub mod run;
pub mod sample;

use std::path::{Path, PathBuf};

pub use crate::rig::{Error, Renderer};

/// The list of tests that must be as expected, and the expectations.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("piglit")
}
