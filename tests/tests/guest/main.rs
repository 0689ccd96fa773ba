//! Linux guests on KVM: they boot, find their devices, draw with their own Mesa on virgl
//! and end, seen from outside as their user sees them.
//!
//! Runs when `MARO_GUEST_TESTS=1` is set, as `cargo xtask test` does: the first run makes
//! a guest image, which takes about a quarter of an hour. `MARO_BIN` names the `maro` to
//! test; without it, it is the one in the target folder. `MARO_ALLOW_NO_KVM=1` lets the
//! tests pass where there is no /dev/kvm.
//!
//! What a test leaves for whoever looks at a failure (pictures, the guest's console with
//! times, messages of maro) is in a folder of its own under `target/tmp/guest`.

mod acpi;
mod guest;
mod host;
mod kmscube;
mod picture;
mod smoke;
mod window;

/// The X server and the X client of the renderer's own window tests.
#[path = "../../../renderer/tests/window/screen.rs"]
#[allow(dead_code, reason = "the renderer's tests use more of it")]
mod screen;
#[path = "../../../renderer/tests/window/servers.rs"]
#[allow(dead_code, reason = "the renderer's tests use more of it")]
mod servers;

use std::time::Duration;

/// How long the host may take for what does not wait for a guest.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What a test and its helpers return.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;
