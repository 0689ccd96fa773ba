//! Tests that cross crates, and the conformance rig, which `cargo xtask piglit` shares.
#![forbid(unsafe_code)]

pub mod piglit;
