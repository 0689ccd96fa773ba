//! The bounds within which a shader is accepted. They lie above what Mesa's driver sends
//! and low enough that the largest shader costs the host little.

/// Bytes of text.
pub const TEXT_BYTES: usize = 4 << 20;
/// Instructions.
pub const INSTRUCTIONS: usize = 65_536;
/// Declarations of any one kind.
pub const DECLARATIONS: usize = 4_096;
/// Immediates.
pub const IMMEDIATES: u32 = 8_192;
/// Properties.
pub const PROPERTIES: usize = 64;
/// Input or output registers (`PIPE_MAX_SHADER_INPUTS`).
pub const IO_REGISTERS: u32 = 80;
/// System values.
pub const SYSTEM_VALUES: u32 = 32;
/// Temporaries.
pub const TEMPORARIES: u32 = 8_192;
/// Address registers.
pub const ADDRESSES: u32 = 16;
/// Constant buffers (`PIPE_MAX_CONSTANT_BUFFERS`).
pub const CONST_BUFFERS: u32 = 32;
/// vec4 registers in a constant buffer. Hosts have 4,096; Mesa declares arrays of scalars
/// with more, and may never draw with them.
pub const CONSTANTS: u32 = 32_768;
/// Samplers and sampler views (`PIPE_MAX_SAMPLERS`).
pub const SAMPLERS: u32 = 32;
/// Images (`PIPE_MAX_SHADER_IMAGES`).
pub const IMAGES: u32 = 32;
/// Storage buffers (`PIPE_MAX_SHADER_BUFFERS`).
pub const BUFFERS: u32 = 32;
/// Nested conditions and loops.
pub const NESTING: usize = 128;
/// Colour outputs of a fragment shader.
pub const COLOR_OUTPUTS: u32 = 8;
/// Vertices a geometry shader may emit or a tessellation control shader may put out.
pub const OUTPUT_VERTICES: u32 = 1_024;
/// Threads of a compute work group in one dimension.
pub const WORK_GROUP: u32 = 1_024;
