//! What a guest may expect of this renderer on a given host.
//!
//! - [`wire`]: the capability sets as the guest reads them
//! - [`claims`]: switches, and what each needs of the host
//! - [`build`]: the sets of a host, made of the claims, its limits and its formats
//! - [`level`]: the OpenGL and OpenGL ES version that the guest's Mesa will make of a set
//!
//! All of it is pure: a [`Host`] is a plain description, so poor hosts can be made up.
#![forbid(unsafe_code)]

pub mod build;
pub mod claims;
pub mod level;
pub mod wire;

pub use build::{FormatMasks, Host, build, capsets};
pub use claims::{IMPLEMENTED, Implemented};
pub use level::{GuestLevel, guest_level};
