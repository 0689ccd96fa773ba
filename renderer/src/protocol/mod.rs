//! The virgl wire protocol as data: what the numbers in a command stream mean.
//!
//! Everything here is pure: no GL calls, no I/O, no `unsafe`, no allocation while
//! decoding. Names follow the protocol's headers (`virgl_protocol.h`, `virgl_hw.h`) and
//! Gallium (`p_defines.h`), which the protocol carries over the wire.
//!
//! - [`commands`]: command numbers, names and payload lengths
//! - [`ids`], [`values`], [`flags`]: newtypes, enumerations and bit sets
//! - [`state`], [`objects`]: what `CREATE_OBJECT` describes; [`bindings`]: arrays of what is bound
//! - [`formats`]: the 443 pixel formats; [`gl_format`]: how OpenGL ES stores them;
//!   [`convert`]: the bytes in between
//! - [`layout`]: shape of a resource and of its tightly packed guest memory
#![forbid(unsafe_code)]

pub mod bindings;
pub mod commands;
pub mod convert;
pub mod flags;
pub mod formats;
pub mod gl_format;
pub mod gl_format_es20;
pub mod ids;
pub mod layout;
pub mod list;
pub mod objects;
pub mod state;
pub mod values;

mod format_table;

/// Bits `first..first + count` of a word (`count` below 32).
#[inline]
const fn bits(word: u32, first: u32, count: u32) -> u32 {
    (word >> first) & ((1 << count) - 1)
}

/// Bit `index` of a word.
#[inline]
const fn bit(word: u32, index: u32) -> bool {
    (word >> index) & 1 != 0
}
