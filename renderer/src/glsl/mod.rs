//! Writes GLSL from TGSI: intermediate representation + variant key + host profile →
//! text and the interface by which draw code connects to it.
//!
//! # The pipeline
//!
//! ```text
//! TGSI text ─ tgsi::parse ─ tgsi::validate ─┬─ ShaderInfo::of      once a shader object
//!                                           └─ translate(key, …)   once a variant
//! ```
//!
//! # The register model
//!
//! TGSI registers are four untyped 32-bit words. They become `highp uvec4` variables, and
//! floating point operations cast bits on their way in and out (`F`, `U`). Plain moves
//! thus never touch a bit: an implementation may flush denormals in float moves, and
//! small integers look like denormals.
//!
//! GLSL ES 1.00 has no such integers, and guests are told so: there registers are
//! `highp vec4`, and `F` and `U` change nothing (`es100`).
//!
//! # Between stages
//!
//! Varyings are matched by names made from their semantic (`v_generic3`), because
//! GLSL ES 3.00 has no locations for them. What the fragment shader interpolates is a
//! `vec4`; everything else (flat inputs, and all that passes between earlier stages) is a
//! `flat uvec4`, so that integers survive. A fragment shader's interpolation is part of
//! the key of the stage before it, and that stage's outputs are part of the fragment
//! shader's key: an input nobody writes reads zero.
//!
//! # Outputs
//!
//! Output registers are ordinary variables. The function `finish()`, run at the end of
//! the shader and before each `EmitVertex()`, copies them to the real outputs and does
//! there what the state asks: y orientation, clip planes, alpha test and so on. Only
//! tessellation control shaders, whose invocations share outputs, write them directly.

mod arithmetic;
mod doubles;
mod epilogue;
mod es100;
mod expr;
mod feedback;
mod flow;
mod fragment;
mod helpers;
mod info;
mod inputs;
mod interface;
mod key;
mod lookup100;
mod memory;
mod needs;
mod passthrough;
mod profile;
mod softdouble;
mod stage;
mod streamout;
mod system;
mod targets;
mod texture;
mod usage;
mod writer;

pub(crate) use es100::{INSTANCE, SYSTEM_UNIFORMS};
pub use es100::{SamplerForm, ShaderWrap};
pub use info::ShaderInfo;
pub use interface::{
    FeedbackMode, ImageBinding, Interface, SamplerBinding, StorageBinding, TransformFeedback,
    UniformBlock,
};
pub use key::{
    CompareFunc, FragmentKey, IMAGES, InterpolationKey, RasterKey, SamplerKey, ShaderKey,
    ValueKind, VaryingSet, VertexKey,
};
pub use passthrough::passthrough_tcs;
pub use profile::{Features, GlslVersion, HostProfile};
pub use streamout::{StreamOutput, StreamOutputRegister};
pub use system::{SamplerInfo, SystemBlock, SystemUse};

use crate::tgsi::ir;
use crate::tgsi::opcode::Opcode;

/// A shader in GLSL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translated {
    /// The text, for `glShaderSource`.
    pub source: String,
    /// How to connect to it.
    pub interface: Interface,
}

/// Why a valid shader cannot be written in the host's language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TranslateError {
    /// No form of the host's language can express the instruction.
    #[error("{} cannot be expressed in GLSL ES", .0.name())]
    UnsupportedOpcode(Opcode),
    /// The host lacks what the shader needs.
    #[error("the host's GLSL lacks {0}")]
    HostLacks(&'static str),
    /// The shader uses a register or semantic in a way that has no GLSL form.
    #[error("{0}")]
    Unsupported(String),
}

/// Writes one variant of a shader. `shader` must have passed
/// [`validate`](crate::tgsi::validate); `streamout` is that of the shader object and only
/// counts in the last stage before the rasteriser.
///
/// # Errors
/// If the host's language cannot express the shader.
pub fn translate(
    shader: &ir::Shader,
    key: &ShaderKey,
    profile: &HostProfile,
    streamout: Option<&StreamOutput>,
) -> Result<Translated, TranslateError> {
    writer::translate(shader, key, profile, streamout)
}
