//! Executes virgl command streams on the host's OpenGL ES.

pub mod caps;
pub mod context;
pub mod decode;
mod derivatives;
pub mod draw;
pub mod gl;
pub mod glsl;
pub mod host;
pub mod present;
pub mod protocol;
pub mod query;
pub mod record;
pub mod renderer;
pub mod resource;
pub mod scanout;
pub mod streamout;
pub mod tgsi;
pub mod vtest;
