//! Programs: which variants of the bound shaders go together, linked once and found
//! again by a small key.

use std::collections::HashMap;
use std::rc::Rc;

use crate::context::error::CommandError;
use crate::draw::shader::Variant;
use crate::draw::uniforms::ProgramUniforms;
use crate::gl::{Gl, Program};
use crate::glsl::{FeedbackMode, ImageBinding, Interface, StorageBinding, SystemBlock, SystemUse};
use crate::protocol::values::ShaderStage;

/// Programs that are kept before those not in use are dropped.
const MAX_PROGRAMS: usize = 2048;
/// The uniform-block binding of the system block.
pub const SYSTEM_BINDING: u32 = 0;
/// The binding of a stage's constant buffer 0 is this plus the stage's number.
pub const CONSTANT_BINDING: u32 = 1;
/// Other uniform blocks of a program are bound from here on.
const FIRST_UNIFORM_BINDING: u32 = CONSTANT_BINDING + ShaderStage::COUNT as u32;

/// The stages a program can be made of; serial numbers of the variants, 0 for none.
pub type ProgramKey = [u64; ShaderStage::COUNT];

/// A uniform block that is fed from a buffer slot.
#[derive(Clone, Copy, Debug)]
pub struct BlockUse {
    /// The buffer's slot.
    pub slot: u32,
    /// The binding.
    pub binding: u32,
    /// Bytes that the shader may read.
    pub bytes: u32,
}

/// What a stage of a program reads and writes.
#[derive(Default)]
pub struct StageUse {
    /// Bytes of the block of constant buffer 0; 0 without one.
    pub constant_bytes: u32,
    /// Uniform blocks of other buffers.
    pub blocks: Vec<BlockUse>,
    /// Sampler slots.
    pub samplers: u32,
    /// Images.
    pub images: Vec<ImageBinding>,
    /// Storage buffers.
    pub storage_buffers: Vec<StorageBinding>,
}

/// A linked program.
pub struct LinkedProgram {
    /// The GL program.
    pub program: Program,
    /// What its stages use, by wire number.
    pub stages: [StageUse; ShaderStage::COUNT],
    /// Parts of the system block that some stage reads.
    pub system: SystemUse,
    /// Outputs are captured in this mode.
    pub feedback: Option<FeedbackMode>,
    /// What is fed by uniforms, in a language without uniform blocks.
    pub uniforms: Option<ProgramUniforms>,
    // The program holds its shaders in GL; this only keeps their names from being reused.
    _variants: Vec<Rc<Variant>>,
}

/// All programs of a renderer.
#[derive(Default)]
pub struct ProgramCache(HashMap<ProgramKey, Result<Rc<LinkedProgram>, CommandError>>);

impl ProgramCache {
    /// The program of these variants, linked at its first use.
    ///
    /// # Errors
    /// If the host's linker refuses; the answer is remembered.
    pub fn get(
        &mut self,
        gl: &Rc<Gl>,
        unit_base: &[u32; ShaderStage::COUNT],
        variants: &[Option<Rc<Variant>>; ShaderStage::COUNT],
    ) -> Result<Rc<LinkedProgram>, CommandError> {
        let key = ProgramKey::from_variants(variants);
        if let Some(program) = self.0.get(&key) {
            return program.clone();
        }
        if self.0.len() >= MAX_PROGRAMS {
            self.0
                .retain(|_, program| program.as_ref().is_ok_and(|p| Rc::strong_count(p) > 1));
        }
        let program = link(gl, unit_base, variants).map(Rc::new);
        self.0.insert(key, program.clone());
        program
    }
}

trait FromVariants {
    fn from_variants(variants: &[Option<Rc<Variant>>; ShaderStage::COUNT]) -> Self;
}

impl FromVariants for ProgramKey {
    fn from_variants(variants: &[Option<Rc<Variant>>; ShaderStage::COUNT]) -> Self {
        std::array::from_fn(|stage| variants[stage].as_ref().map_or(0, |v| v.serial))
    }
}

fn link(
    gl: &Rc<Gl>,
    unit_base: &[u32; ShaderStage::COUNT],
    variants: &[Option<Rc<Variant>>; ShaderStage::COUNT],
) -> Result<LinkedProgram, CommandError> {
    let program = Program::new(gl).map_err(CommandError::Host)?;
    let name = program.name();
    let used: Vec<Rc<Variant>> = variants.iter().flatten().cloned().collect();
    for variant in &used {
        gl.attach_shader(name, variant.shader.name());
    }
    let feedback = used
        .iter()
        .find_map(|variant| variant.interface.feedback.as_ref());
    if let Some(feedback) = feedback {
        let varyings: Vec<&str> = feedback.varyings.iter().map(String::as_str).collect();
        let mode = match feedback.mode {
            FeedbackMode::Interleaved => glow::INTERLEAVED_ATTRIBS,
            FeedbackMode::Separate => glow::SEPARATE_ATTRIBS,
        };
        gl.transform_feedback_varyings(name, &varyings, mode);
    }
    if gl.is_es20() {
        bind_attributes(gl, name, &used);
    }
    gl.link_program(name);
    if !gl.get_program_link_status(name) {
        let log = gl.get_program_info_log(name);
        return Err(CommandError::Host(format!("linker: {}", log.trim())));
    }
    let feedback = feedback.map(|feedback| feedback.mode);
    let mut system = SystemUse::empty();
    let mut stages: [StageUse; ShaderStage::COUNT] = Default::default();
    let mut next_binding = FIRST_UNIFORM_BINDING;
    gl.use_program(Some(name));
    for (stage, variant) in variants.iter().enumerate() {
        let Some(variant) = variant else { continue };
        system |= variant.interface.system;
        stages[stage] = connect(
            gl,
            name,
            stage,
            unit_base[stage],
            &variant.interface,
            &mut next_binding,
        );
    }
    if !gl.is_es20()
        && !system.is_empty()
        && let Some(block) = gl.get_uniform_block_index(name, SystemBlock::NAME)
    {
        gl.uniform_block_binding(name, block, SYSTEM_BINDING);
    }
    let uniforms = gl
        .is_es20()
        .then(|| ProgramUniforms::of(gl, name, unit_base, variants));
    Ok(LinkedProgram {
        program,
        uniforms,
        stages,
        system,
        feedback,
        _variants: used,
    })
}

/// Gives attributes the locations that the language has no words for.
fn bind_attributes(gl: &Gl, program: glow::Program, variants: &[Rc<Variant>]) {
    for variant in variants {
        let mut left = variant.interface.attributes;
        while left != 0 {
            let location = left.trailing_zeros();
            left &= left - 1;
            gl.bind_attrib_location(program, location, &format!("attr{location}"));
        }
    }
}

/// Connects a stage's blocks and samplers to bindings and units.
fn connect(
    gl: &Gl,
    program: glow::Program,
    stage: usize,
    unit_base: u32,
    interface: &Interface,
    next_binding: &mut u32,
) -> StageUse {
    let mut stage_use = StageUse {
        images: interface.images.clone(),
        storage_buffers: interface.storage_buffers.clone(),
        ..StageUse::default()
    };
    if !gl.is_es20()
        && let Some(block) = &interface.const_block
        && let Some(index) = gl.get_uniform_block_index(program, &block.name)
    {
        gl.uniform_block_binding(program, index, CONSTANT_BINDING + stage as u32);
        stage_use.constant_bytes = block.registers * 16;
    }
    for block in &interface.uniform_blocks {
        let Some(index) = gl.get_uniform_block_index(program, &block.name) else {
            continue;
        };
        gl.uniform_block_binding(program, index, *next_binding);
        stage_use.blocks.push(BlockUse {
            slot: block.index,
            binding: *next_binding,
            bytes: block.registers * 16,
        });
        *next_binding += 1;
    }
    for sampler in &interface.samplers {
        stage_use.samplers |= 1 << (sampler.index & 31);
        if let Some(location) = gl.get_uniform_location(program, &sampler.name) {
            gl.uniform_1_i32(Some(&location), (unit_base + sampler.index) as i32);
        }
    }
    stage_use
}
