//! `maro gpu` as the graphics card of QEMU's guests: Debian's own kernel, with its own
//! drivers on PCI, emulated by QEMU 10 from the first instruction on. No KVM is needed.
//!
//! Runs when `MARO_GUEST_TESTS=1` is set, as `cargo xtask test` does: the first run makes
//! a guest image and a tree with QEMU, which takes some minutes. `MARO_BIN` names the
//! `maro` to test; without it, it is the one in the target folder.
//!
//! What a test leaves for whoever looks at a failure (pictures, the guest's console with
//! times, messages of QEMU and maro) is in a folder of its own under `target/tmp/guest`.

mod dbus;
mod desktop;
mod display;
mod machine;
mod qmp;

/// A guest's console, as the tests of `maro run` read it.
#[path = "../guest/guest.rs"]
#[allow(dead_code, reason = "the tests of maro run use more of it")]
mod guest;
#[path = "../guest/host.rs"]
#[allow(dead_code, reason = "the tests of maro run use more of it")]
mod host;

use std::time::Duration;

/// How long the host may take for what does not wait for a guest.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What a test and its helpers return.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;
