//! Shader objects: TGSI text, checked once, and the GLSL variants made from it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::context::error::CommandError;
use crate::gl::Shader;
use crate::glsl::{
    self, Interface, ShaderInfo, ShaderKey, StreamOutput, StreamOutputRegister, Translated,
    VaryingSet,
};
use crate::host::Host;
use crate::protocol::objects::{ShaderChunk, ShaderPart, StreamOutputs};
use crate::protocol::values::ShaderStage;
use crate::tgsi::{self, ir};

/// Longest shader text; Mesa's own limit on a command buffer keeps texts far below.
pub const MAX_TEXT_BYTES: u32 = 4 << 20;

/// Variants of one shader that are kept.
const MAX_VARIANTS: usize = 64;

thread_local! {
    /// Numbers shaders and variants, so that keys of programs stay small.
    static NEXT_SERIAL: Cell<u64> = const { Cell::new(1) };
}

fn next_serial() -> u64 {
    NEXT_SERIAL.with(|next| next.replace(next.get() + 1))
}

/// A shader text that is still arriving in pieces.
pub struct PendingShader {
    stage: ShaderStage,
    text: Vec<u8>,
    total: usize,
    streamout: Option<StreamOutput>,
    shared_bytes: u32,
}

/// What became of a piece.
pub enum Assembly {
    /// More pieces must come.
    Pending(PendingShader),
    /// The text is whole.
    Complete(PendingShader),
}

impl PendingShader {
    /// Takes a piece: the first, or one that continues `earlier`.
    ///
    /// # Errors
    /// If the piece does not fit to what came before.
    pub fn add(earlier: Option<Self>, chunk: &ShaderChunk<'_>) -> Result<Assembly, CommandError> {
        let mut shader = match (chunk.part, earlier) {
            (
                ShaderPart::First {
                    total_bytes,
                    stream_outputs,
                    shared_memory,
                },
                _,
            ) => {
                if total_bytes > MAX_TEXT_BYTES {
                    return Err(CommandError::Limit("bytes in a shader's text"));
                }
                Self {
                    stage: chunk.stage,
                    text: Vec::new(),
                    total: total_bytes as usize,
                    streamout: stream_outputs.map(stream_output),
                    shared_bytes: shared_memory,
                }
            }
            (ShaderPart::Continuation { offset }, Some(shader)) => {
                if offset as usize != shader.text.len() || chunk.stage != shader.stage {
                    return Err(CommandError::OutOfRange(
                        "offset of a shader's continuation",
                    ));
                }
                shader
            }
            (ShaderPart::Continuation { .. }, None) => {
                return Err(CommandError::Incomplete("the first piece of a shader"));
            }
        };
        let room = shader.total - shader.text.len();
        let piece = chunk
            .text
            .get(..room.min(chunk.text.len()))
            .unwrap_or_default();
        shader.text.extend_from_slice(piece);
        if shader.text.len() == shader.total {
            Ok(Assembly::Complete(shader))
        } else {
            Ok(Assembly::Pending(shader))
        }
    }

    /// Parses and checks the whole text.
    ///
    /// # Errors
    /// If the text is no valid shader of its stage.
    pub fn finish(self) -> Result<ShaderObject, CommandError> {
        let ir = tgsi::parse(&self.text)?;
        tgsi::validate(&ir)?;
        if ir.stage.index() != self.stage.index() {
            return Err(CommandError::OutOfRange("shader stage"));
        }
        if log::log_enabled!(log::Level::Trace) {
            log::trace!("TGSI:\n{}", String::from_utf8_lossy(&self.text));
        }
        Ok(ShaderObject {
            serial: next_serial(),
            stage: self.stage,
            info: ShaderInfo::of(&ir),
            ir,
            streamout: self.streamout,
            shared_bytes: self.shared_bytes,
            variants: RefCell::new(Vec::new()),
        })
    }
}

fn stream_output(outputs: StreamOutputs<'_>) -> StreamOutput {
    StreamOutput {
        strides: outputs.strides,
        outputs: outputs
            .outputs
            .iter()
            .map(|output| StreamOutputRegister {
                register: output.register,
                start: output.start_component,
                components: output.components,
                buffer: output.buffer,
                offset: output.offset,
                stream: output.stream,
            })
            .collect(),
    }
}

/// A compiled variant.
pub struct Variant {
    /// Number that no other variant of this thread has.
    pub serial: u64,
    /// The GL shader.
    pub shader: Shader,
    /// Its names and bindings.
    pub interface: Interface,
}

/// What became of a variant.
type Compilation = Result<Rc<Variant>, CommandError>;

/// A valid shader.
pub struct ShaderObject {
    /// Number that no other shader of this thread has.
    pub serial: u64,
    /// Its stage.
    pub stage: ShaderStage,
    /// What draws must know of it.
    pub info: ShaderInfo,
    /// Captured outputs.
    pub streamout: Option<StreamOutput>,
    /// Bytes of shared memory of a compute shader.
    pub shared_bytes: u32,
    ir: ir::Shader,
    variants: RefCell<Vec<(ShaderKey, Compilation)>>,
}

impl ShaderObject {
    /// The variant for `key`, made at its first use.
    ///
    /// # Errors
    /// If the shader cannot be expressed or the host's compiler refuses; the answer is
    /// remembered, so a bad shader costs one compilation.
    pub fn variant(&self, host: &Host, key: &ShaderKey) -> Result<Rc<Variant>, CommandError> {
        if let Some((_, variant)) = self.variants.borrow().iter().find(|(k, _)| k == key) {
            return variant.clone();
        }
        let variant = self.compile(host, key).map(Rc::new);
        let mut variants = self.variants.borrow_mut();
        if variants.len() == MAX_VARIANTS {
            drop(variants.remove(0));
        }
        variants.push((*key, variant.clone()));
        variant
    }

    fn compile(&self, host: &Host, key: &ShaderKey) -> Result<Variant, CommandError> {
        let translated = glsl::translate(&self.ir, key, &host.profile, self.streamout.as_ref())?;
        compile(host, self.stage, translated)
    }
}

/// Gives a translation to the host's compiler.
fn compile(
    host: &Host,
    stage: ShaderStage,
    translated: Translated,
) -> Result<Variant, CommandError> {
    let name = stage.abbreviation();
    let shader = Shader::compile(&host.gl, gl_stage(stage), &translated.source).map_err(|log| {
        log::debug!("refused {name} shader:\n{}", translated.source);
        CommandError::Host(format!("{name} compiler: {}", log.trim()))
    })?;
    log::trace!("GLSL:\n{}", translated.source);
    Ok(Variant {
        serial: next_serial(),
        shader,
        interface: translated.interface,
    })
}

/// Control shaders that hand patches on as they are, by what the vertex shader puts out and
/// the vertices of a patch.
#[derive(Default)]
pub struct PassthroughCache(HashMap<(VaryingSet, u32), Compilation>);

impl PassthroughCache {
    /// The shader, made at its first use.
    ///
    /// # Errors
    /// If the host has no tessellation; the answer is remembered.
    pub fn get(&mut self, host: &Host, produced: VaryingSet, vertices: u32) -> Compilation {
        if self.0.len() >= MAX_VARIANTS {
            self.0.clear();
        }
        self.0
            .entry((produced, vertices))
            .or_insert_with(|| {
                let translated = glsl::passthrough_tcs(produced, vertices, &host.profile)?;
                compile(host, ShaderStage::TessControl, translated).map(Rc::new)
            })
            .clone()
    }
}

/// GL's name of a stage.
pub const fn gl_stage(stage: ShaderStage) -> u32 {
    match stage {
        ShaderStage::Vertex => glow::VERTEX_SHADER,
        ShaderStage::Fragment => glow::FRAGMENT_SHADER,
        ShaderStage::Geometry => glow::GEOMETRY_SHADER,
        ShaderStage::TessControl => glow::TESS_CONTROL_SHADER,
        ShaderStage::TessEvaluation => glow::TESS_EVALUATION_SHADER,
        ShaderStage::Compute => glow::COMPUTE_SHADER,
    }
}
