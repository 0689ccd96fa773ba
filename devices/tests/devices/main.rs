//! The devices from a guest's side: the transport's registers, every device under the
//! drivers of the crate `virtio-drivers`, and every device under rings written by hand,
//! good and hostile.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod block;
mod console;
#[path = "../support/driver.rs"]
mod driver;
mod drivers;
mod entropy;
mod input;
mod rig;
mod storm;
mod transport;
