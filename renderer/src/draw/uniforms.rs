//! What shaders read on hosts of OpenGL ES 2.0: constants and system values as uniforms, and
//! textures whose sampling parameters are their own.
//!
//! Uniforms belong to programs. Each content has a number that no other had, and programs
//! remember which they have seen, so that only what changed is sent again.

use std::cell::Cell;
use std::rc::Rc;

use zerocopy::IntoBytes;

use super::shader::Variant;
use crate::context::state::{StageState, State};
use crate::gl::Gl;
use crate::glsl::{INSTANCE, SYSTEM_UNIFORMS, SystemBlock};
use crate::host::Host;
use crate::protocol::values::ShaderStage;
use crate::resource::next_serial;

/// The parts of the system block that are uniforms of their own.
const SYSTEM_PARTS: usize = SYSTEM_UNIFORMS.len();
/// Floats of the largest part: the stipple pattern.
const MAX_PART: usize = 64;

/// The uniforms of one stage of a program.
#[derive(Default)]
struct StageUniforms {
    /// Constant buffer 0.
    constants: Option<glow::UniformLocation>,
    /// Its size in bytes.
    constant_bytes: usize,
    /// Which content it has.
    seen_constants: Cell<u64>,
    system: [Option<glow::UniformLocation>; SYSTEM_PARTS],
    /// Sampler slots, one bit each.
    samplers: u32,
    /// Samplers with a uniform of their size and bias.
    infos: Vec<(usize, glow::UniformLocation)>,
    /// Which samplers and views the infos are of.
    seen_infos: Cell<u64>,
    unit_base: u32,
}

/// The uniforms of a program.
pub struct ProgramUniforms {
    vertex: StageUniforms,
    fragment: StageUniforms,
    seen_system: Cell<u64>,
}

impl ProgramUniforms {
    /// Finds the uniforms of a linked program.
    pub fn of(
        gl: &Gl,
        program: glow::Program,
        unit_base: &[u32; ShaderStage::COUNT],
        variants: &[Option<Rc<Variant>>; ShaderStage::COUNT],
    ) -> Self {
        let stage = |stage: ShaderStage| {
            let index = stage.index();
            variants[index].as_ref().map_or_else(Default::default, |v| {
                StageUniforms::of(gl, program, unit_base[index], v)
            })
        };
        Self {
            vertex: stage(ShaderStage::Vertex),
            fragment: stage(ShaderStage::Fragment),
            seen_system: Cell::new(0),
        }
    }

    /// True if the vertex shader reads the number of its instance.
    pub fn reads_instance(&self) -> bool {
        self.instance().is_some()
    }

    /// Tells the vertex shader the number of its instance.
    pub fn set_instance(&self, gl: &Gl, number: u32) {
        gl.uniform_4_f32(self.instance(), number as f32, 0.0, 0.0, 0.0);
    }

    fn instance(&self) -> Option<&glow::UniformLocation> {
        let uniforms = SYSTEM_UNIFORMS.iter().zip(&self.vertex.system);
        uniforms
            .filter(|((_, name, ..), _)| *name == INSTANCE)
            .find_map(|(_, location)| location.as_ref())
    }

    fn stages(&self) -> [(ShaderStage, &StageUniforms); 2] {
        [
            (ShaderStage::Vertex, &self.vertex),
            (ShaderStage::Fragment, &self.fragment),
        ]
    }
}

impl StageUniforms {
    fn of(gl: &Gl, program: glow::Program, unit_base: u32, variant: &Variant) -> Self {
        let interface = &variant.interface;
        let prefix = interface.stage.prefix();
        let find = |name: &str| gl.get_uniform_location(program, name);
        let block = interface.const_block.as_ref();
        let with_info = |index: u32| interface.sampler_infos & (1 << (index & 31)) != 0;
        Self {
            constants: block.and_then(|block| find(&block.name)),
            constant_bytes: block.map_or(0, |block| block.registers as usize * 16),
            seen_constants: Cell::new(0),
            system: SYSTEM_UNIFORMS.map(|(_, name, ..)| find(&format!("{prefix}_{name}"))),
            samplers: interface
                .samplers
                .iter()
                .fold(0, |mask, sampler| mask | 1 << (sampler.index & 31)),
            infos: interface
                .samplers
                .iter()
                .filter(|sampler| with_info(sampler.index))
                .filter_map(|sampler| {
                    let location = find(&format!("{}_info", sampler.name))?;
                    Some((sampler.index as usize, location))
                })
                .collect(),
            seen_infos: Cell::new(0),
            unit_base,
        }
    }

    fn send_constants(&self, gl: &Gl, bound: &StageState, version: u64) {
        let Some(location) = &self.constants else {
            return;
        };
        if self.seen_constants.replace(version) == version {
            return;
        }
        let bytes = bound.constants.as_bytes();
        let used = bytes.len().min(self.constant_bytes) & !15;
        // Words have the alignment of floats.
        if let Ok(floats) = <[f32] as zerocopy::FromBytes>::ref_from_bytes(&bytes[..used]) {
            gl.uniform_vectors(location, floats);
        }
    }

    /// Binds textures and gives them the parameters of their samplers.
    fn bind_textures(&self, host: &Host, bound: &StageState) {
        let mut left = self.samplers;
        while left != 0 {
            let slot = left.trailing_zeros();
            left &= left - 1;
            let Some(view) = &bound.views[slot as usize] else {
                continue;
            };
            if let Some(sampler) = &bound.samplers[slot as usize] {
                sampler.apply_to(host, view);
            }
            view.bind(&host.gl, self.unit_base + slot);
        }
    }

    fn send_infos(&self, gl: &Gl, bound: &StageState, version: u64) {
        if self.infos.is_empty() || self.seen_infos.replace(version) == version {
            return;
        }
        for (slot, location) in &self.infos {
            let (width, height) = bound.views[*slot]
                .as_ref()
                .map_or((1, 1), |view| view.size());
            let bias = bound.samplers[*slot]
                .as_ref()
                .map_or(0.0, |sampler| sampler.lod_bias());
            gl.uniform_4_f32(
                Some(location),
                1.0 / width as f32,
                1.0 / height as f32,
                bias,
                0.0,
            );
        }
    }
}

/// Which contents a sub-context has bound.
#[derive(Default)]
pub struct Versions {
    constants: [u64; ShaderStage::COUNT],
    views: [u64; ShaderStage::COUNT],
    system: u64,
}

impl Versions {
    /// Shows a program, which is in use, everything that it reads.
    pub fn bind(&mut self, host: &Host, state: &mut State, program: &ProgramUniforms) {
        for (stage, uniforms) in program.stages() {
            let index = stage.index();
            let bound = &mut state.stages[index];
            if std::mem::take(&mut bound.dirty_constants) {
                self.constants[index] = next_serial();
            }
            if std::mem::take(&mut bound.dirty_views) != 0 {
                self.views[index] = next_serial();
            }
            uniforms.send_constants(&host.gl, bound, self.constants[index]);
            uniforms.bind_textures(host, bound);
            uniforms.send_infos(&host.gl, bound, self.views[index]);
        }
    }

    /// Shows a program the system values.
    pub fn bind_system(
        &mut self,
        host: &Host,
        program: &ProgramUniforms,
        changed: bool,
        block: &SystemBlock,
    ) {
        if changed {
            self.system = next_serial();
        }
        if program.seen_system.replace(self.system) == self.system {
            return;
        }
        let mut floats = [0.0; MAX_PART];
        for (_, uniforms) in program.stages() {
            for (part, location) in uniforms.system.iter().enumerate() {
                if let Some(location) = location {
                    let length = part_of(block, part, &mut floats);
                    host.gl.uniform_vectors(location, &floats[..length]);
                }
            }
        }
    }
}

/// Writes a part of the block as its uniform has it; returns the number of floats.
fn part_of(block: &SystemBlock, part: usize, floats: &mut [f32; MAX_PART]) -> usize {
    match part {
        0 => {
            floats[..5].copy_from_slice(&[
                block.y_sign,
                block.alpha_ref,
                block.point_size,
                block.sprite_y_scale,
                block.sprite_y_bias,
            ]);
            8
        }
        1 => {
            floats[..4].fill(0.0);
            4
        }
        2 => {
            for (floats, plane) in floats.chunks_exact_mut(4).zip(&block.clip_planes) {
                floats.copy_from_slice(plane);
            }
            32
        }
        3 => {
            for (halves, row) in floats.chunks_exact_mut(2).zip(&block.stipple) {
                halves[0] = (row >> 16) as f32;
                halves[1] = (row & 0xffff) as f32;
            }
            64
        }
        _ => {
            floats[..4].copy_from_slice(&block.depth);
            4
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_block_fill_their_uniforms() {
        let mut block = SystemBlock::default();
        block.stipple[1] = 0xabcd_1234;
        block.clip_planes[7] = [1.0, 2.0, 3.0, 4.0];
        let mut floats = [0.0; MAX_PART];
        for (part, (_, _, vectors, _)) in SYSTEM_UNIFORMS.iter().enumerate() {
            assert_eq!(part_of(&block, part, &mut floats), vectors * 4);
        }
        part_of(&block, 3, &mut floats);
        assert_eq!(floats[2..4], [f32::from(0xabcdu16), f32::from(0x1234u16)]);
        part_of(&block, 2, &mut floats);
        assert_eq!(floats[28..32], [1.0, 2.0, 3.0, 4.0]);
    }
}
