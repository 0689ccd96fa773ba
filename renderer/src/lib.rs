//! Executes virgl command streams on the host's OpenGL ES.

pub mod caps;
pub mod decode;
pub mod gl;
pub mod protocol;
pub mod present;
pub mod glsl;
pub mod tgsi;
pub mod context;
pub mod draw;
pub mod host;
pub mod query;
pub mod renderer;
pub mod resource;
pub mod scanout;
pub mod streamout;
pub mod record;
pub mod vtest;
