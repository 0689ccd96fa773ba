//! Command streams through the whole renderer, on the host's GL.
#![allow(clippy::unwrap_used)] // a test that cannot go on fails

mod bench;
mod es20;
mod limited;
mod triangle;
