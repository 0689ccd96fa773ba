//! `cargo xtask test`: everything that must hold.

use anyhow::Result;
use clap::Args;

use crate::{build_maro, cargo, packages, run_command, step};

/// Arguments of `cargo xtask test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Pass without the tests that boot a guest where there is no /dev/kvm
    #[arg(long)]
    allow_no_kvm: bool,

    /// Leave out the tests that need a guest image, which takes long to make the first time
    #[arg(long)]
    quick: bool,
}

impl Test {
    /// Runs all tests.
    ///
    /// # Errors
    /// If one fails, or something that they need cannot be had.
    pub fn execute(self) -> Result<()> {
        packages::require(packages::RUN)?;
        packages::require(packages::TEST)?;
        step("building maro");
        let maro = build_maro(false)?;
        let mut tests = cargo(&["test", "--workspace"]);
        tests.env("MARO_BIN", &maro);
        if self.quick {
            step("running the tests that need no guest");
            return run_command(&mut tests);
        }
        if self.allow_no_kvm {
            tests.env("MARO_ALLOW_NO_KVM", "1");
        }
        step("running all tests; the first run makes a guest image, about a quarter of an hour");
        run_command(tests.env("MARO_GUEST_TESTS", "1"))
    }
}
