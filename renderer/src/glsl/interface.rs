//! The outside of a translated shader: the names and numbers by which the draw code
//! connects buffers, textures and other stages to it.

use super::key::VaryingSet;
use super::system::SystemUse;
use crate::tgsi::ir::{ImageDecl, Stage};
use crate::tgsi::semantic::{SampledType, TextureTarget};

/// A uniform block made from a constant buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniformBlock {
    /// The buffer's number in TGSI; 0 is the one set by `SET_CONSTANT_BUFFER`.
    pub index: u32,
    /// The block's name, for `glGetUniformBlockIndex`.
    pub name: String,
    /// Its size in vec4 registers; a bound buffer must hold 16 times as many bytes.
    pub registers: u32,
}

/// A sampler uniform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamplerBinding {
    /// Sampler and view slot.
    pub index: u32,
    /// The uniform's name, for `glUniform1i`.
    pub name: String,
    /// Shape the shader expects.
    pub target: TextureTarget,
    /// What fetches return.
    pub sampled: SampledType,
}

/// An image uniform; its unit is written in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageBinding {
    /// Slot in TGSI.
    pub index: u32,
    /// The image unit.
    pub unit: u32,
    /// The declaration it came from.
    pub decl: ImageDecl,
    /// True if the shader reads it.
    pub read: bool,
    /// True if the shader writes it.
    pub written: bool,
}

/// A shader storage block; its binding is written in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageBinding {
    /// Slot in TGSI.
    pub index: u32,
    /// The binding point.
    pub binding: u32,
}

/// How captured varyings are laid out in buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedbackMode {
    /// `GL_INTERLEAVED_ATTRIBS`: all in one buffer.
    Interleaved,
    /// `GL_SEPARATE_ATTRIBS`: the n-th varying goes to buffer n.
    Separate,
}

/// The arguments of `glTransformFeedbackVaryings`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransformFeedback {
    /// Layout.
    pub mode: FeedbackMode,
    /// Names of the varyings.
    pub varyings: Vec<String>,
}

/// The names and needs of a translated shader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its stage.
    pub stage: Stage,
    /// The block of constant buffer 0, if the shader reads it.
    pub const_block: Option<UniformBlock>,
    /// The blocks of constant buffers 1 and up.
    pub uniform_blocks: Vec<UniformBlock>,
    /// Samplers by name.
    pub samplers: Vec<SamplerBinding>,
    /// Images.
    pub images: Vec<ImageBinding>,
    /// Storage buffers.
    pub storage_buffers: Vec<StorageBinding>,
    /// Samplers with a uniform of their size and bias, see `SamplerForm`; GLSL ES 1.00 only.
    pub sampler_infos: u32,
    /// Which parts of the system block are read; empty if the block is not declared.
    pub system: SystemUse,
    /// What to capture, for the last stage before the rasteriser.
    pub feedback: Option<TransformFeedback>,
    /// Attribute locations a vertex shader reads, one bit each. Attribute n is at
    /// location n.
    pub attributes: u32,
    /// Varyings the text declares as outputs.
    pub outputs: VaryingSet,
    /// Colour outputs (draw buffers) a fragment shader writes, one bit each.
    pub color_outputs: u8,
    /// Work group size of a compute shader.
    pub local_size: [u32; 3],
}

impl Interface {
    /// An interface of nothing.
    pub fn new(stage: Stage) -> Interface {
        Interface {
            stage,
            const_block: None,
            uniform_blocks: Vec::new(),
            samplers: Vec::new(),
            images: Vec::new(),
            storage_buffers: Vec::new(),
            sampler_infos: 0,
            system: SystemUse::empty(),
            feedback: None,
            attributes: 0,
            outputs: VaryingSet::EMPTY,
            color_outputs: 0,
            local_size: [1; 3],
        }
    }
}
