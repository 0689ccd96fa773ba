//! What the draw code must know of a shader before it can make a variant key.

use super::key::{InterpolationKey, VaryingSet};
use crate::tgsi::ir::{Shader, Stage};
use crate::tgsi::opcode::Opcode;
use crate::tgsi::semantic::{Interpolation, Location, PropertyName, SemanticName};

/// A summary of a shader, made once when it is created. It also tells which parts of the
/// key the shader is sensitive to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShaderInfo {
    /// The stage.
    pub stage: Stage,
    /// Varyings it reads.
    pub inputs: VaryingSet,
    /// Varyings it writes, among them `POSITION` and `PSIZE`.
    pub outputs: VaryingSet,
    /// Inputs of a fragment shader by interpolation; colours that follow `flatshade` are
    /// in `color_inputs` and not in `flat`.
    interpolation: InterpolationKey,
    /// Inputs that are flat only under `flatshade`.
    color_inputs: VaryingSet,
    /// Attributes a vertex shader declares, one bit each.
    pub attributes: u32,
    /// Colour outputs a fragment shader declares, one bit each.
    pub color_outputs: u8,
    /// `FS_COLOR0_WRITES_ALL_CBUFS`
    pub writes_all_cbufs: bool,
    /// The fragment shader writes depth.
    pub writes_depth: bool,
    /// Samplers declared, one bit each.
    pub samplers: u32,
    /// Samplers whose result the shader must swizzle itself if the view has a swizzle:
    /// shadow samplers and buffer textures.
    pub swizzled_samplers: u32,
    /// Images declared, one bit each.
    pub images: u32,
    /// Images declared without a format.
    pub formatless_images: u32,
    /// Storage buffers declared, one bit each.
    pub storage_buffers: u32,
    /// Constant buffers declared, one bit each.
    pub const_buffers: u32,
    /// Components of `CLIPDIST` that the shader writes: clip distances, then cull
    /// distances.
    pub clip_distances: u8,
    /// The shader forbids user clip planes.
    pub prohibits_clip_planes: bool,
    /// Primitive that a geometry or tessellation evaluation shader puts out, as gallium
    /// numbers them (0 points, 1 lines, 4 triangles); `None` for other stages.
    pub output_primitive: Option<u32>,
    /// Vertices that a tessellation control shader puts out.
    pub vertices_out: u32,
    /// The shader discards fragments.
    pub discards: bool,
    /// Bit n: storage buffer n is written.
    pub written_buffers: u32,
    /// Bit n: image n is declared writable.
    pub written_images: u32,
}

fn mask_of(ranges: impl Iterator<Item = (u32, u32)>) -> u32 {
    let mut mask = 0u32;
    for (first, last) in ranges {
        for bit in first..=last.min(31) {
            mask |= 1 << bit;
        }
    }
    mask
}

impl ShaderInfo {
    /// Looks a validated shader through.
    pub fn of(shader: &Shader) -> ShaderInfo {
        let mut info = ShaderInfo {
            stage: shader.stage,
            inputs: VaryingSet::EMPTY,
            outputs: VaryingSet::EMPTY,
            interpolation: InterpolationKey::default(),
            color_inputs: VaryingSet::EMPTY,
            attributes: 0,
            color_outputs: 0,
            writes_all_cbufs: shader.property(PropertyName::FsColor0WritesAllCbufs) == Some(1),
            writes_depth: false,
            samplers: mask_of(shader.samplers.iter().map(|r| (r.first, r.last))),
            swizzled_samplers: mask_of(
                shader
                    .sampler_views
                    .iter()
                    .filter(|v| v.target.needs_shader_swizzle())
                    .map(|v| (v.range.first, v.range.last)),
            ),
            images: mask_of(shader.images.iter().map(|i| (i.range.first, i.range.last))),
            formatless_images: mask_of(
                shader
                    .images
                    .iter()
                    .filter(|i| i.format.is_none())
                    .map(|i| (i.range.first, i.range.last)),
            ),
            storage_buffers: mask_of(shader.buffers.iter().map(|b| (b.range.first, b.range.last))),
            const_buffers: mask_of(shader.constants.iter().map(|c| (c.buffer, c.buffer))),
            clip_distances: clip_distances(shader),
            prohibits_clip_planes: shader.property(PropertyName::VsProhibitUcps) == Some(1),
            output_primitive: output_primitive(shader),
            vertices_out: shader
                .property(PropertyName::TcsVerticesOut)
                .unwrap_or_default(),
            discards: shader
                .body
                .iter()
                .any(|i| matches!(i.opcode, Opcode::Kill | Opcode::KillIf)),
            written_buffers: written_buffers(shader),
            written_images: mask_of(
                shader
                    .images
                    .iter()
                    .filter(|i| i.writable)
                    .map(|i| (i.range.first, i.range.last)),
            ),
        };
        info.add_inputs(shader);
        info.add_outputs(shader);
        info
    }

    fn add_inputs(&mut self, shader: &Shader) {
        if shader.stage == Stage::Vertex {
            let ranges = shader.inputs.iter().map(|d| (d.range.first, d.range.last));
            self.attributes = mask_of(ranges);
            return;
        }
        for decl in &shader.inputs {
            for register in decl.range.first..=decl.range.last {
                let Some(semantic) = decl.semantic_of(register) else {
                    continue;
                };
                self.inputs.insert(semantic);
                match decl.interpolation {
                    Interpolation::Constant => self.interpolation.flat.insert(semantic),
                    Interpolation::Linear => self.interpolation.linear.insert(semantic),
                    Interpolation::Color => self.color_inputs.insert(semantic),
                    Interpolation::Perspective => {}
                }
                match decl.location {
                    Location::Center => {}
                    Location::Centroid => self.interpolation.centroid.insert(semantic),
                    Location::Sample => self.interpolation.sample.insert(semantic),
                }
            }
        }
    }

    fn add_outputs(&mut self, shader: &Shader) {
        for decl in &shader.outputs {
            for register in decl.range.first..=decl.range.last {
                let Some(semantic) = decl.semantic_of(register) else {
                    continue;
                };
                if shader.stage != Stage::Fragment {
                    self.outputs.insert(semantic);
                } else if semantic.name == SemanticName::Color && semantic.index < 8 {
                    self.color_outputs |= 1 << semantic.index;
                } else if semantic.name == SemanticName::Position {
                    self.writes_depth = true;
                }
            }
        }
    }

    /// How this fragment shader interpolates under the rasteriser state. `BCOLOR`
    /// follows `COLOR` of the same index.
    pub fn interpolation(&self, flatshade: bool) -> InterpolationKey {
        let mut key = self.interpolation;
        if flatshade {
            key.flat = key.flat | self.color_inputs;
        }
        InterpolationKey {
            flat: with_back_colors(key.flat),
            linear: with_back_colors(key.linear),
            centroid: with_back_colors(key.centroid),
            sample: with_back_colors(key.sample),
        }
    }

    /// True if `flatshade` changes how this fragment shader interpolates.
    pub fn follows_flatshade(&self) -> bool {
        !self.color_inputs.is_empty()
    }
}

/// Adds `BCOLOR[n]` wherever `COLOR[n]` is a member.
fn with_back_colors(set: VaryingSet) -> VaryingSet {
    set | set
        .iter()
        .filter(|s| s.name == SemanticName::Color)
        .map(|s| crate::tgsi::ir::Semantic {
            name: SemanticName::BackColor,
            index: s.index,
        })
        .collect()
}

/// Number of components of `CLIPDIST` that carry distances: as many as the properties
/// tell, else all up to the last declared one.
pub(super) fn clip_distances(shader: &Shader) -> u8 {
    let told = [
        PropertyName::NumClipDistEnabled,
        PropertyName::NumCullDistEnabled,
    ]
    .into_iter()
    .filter_map(|name| shader.property(name))
    .fold(0u32, u32::saturating_add);
    let mut declared = 0u32;
    for decl in &shader.outputs {
        for register in decl.range.first..=decl.range.last {
            if let Some(s) = decl.semantic_of(register)
                && s.name == SemanticName::ClipDistance
                && s.index < 2
            {
                let used = 8 - (decl.mask.0 & 0xf).leading_zeros();
                declared = declared.max(s.index * 4 + used);
            }
        }
    }
    let count = if told == 0 {
        declared
    } else {
        told.min(declared)
    };
    // At most 2 * 4.
    count as u8
}

fn output_primitive(shader: &Shader) -> Option<u32> {
    match shader.stage {
        Stage::Geometry => Some(match shader.property(PropertyName::GsOutputPrimitive) {
            Some(0) => 0,
            Some(3) => 1,
            _ => 4,
        }),
        Stage::TessEval => {
            let points = shader.property(PropertyName::TesPointMode) == Some(1);
            let isolines = shader.property(PropertyName::TesPrimMode) == Some(1);
            Some(match (points, isolines) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 4,
            })
        }
        _ => None,
    }
}

fn written_buffers(shader: &Shader) -> u32 {
    use crate::tgsi::ir::File;
    let mut mask = 0;
    for instruction in &shader.body {
        let register = match instruction.opcode {
            Opcode::Store => instruction.dst.first().map(|d| d.register),
            opcode if opcode.is_atomic() => instruction.src.first().map(|s| s.register),
            _ => None,
        };
        if let Some(register) = register
            && register.file == File::Buffer
        {
            mask |= match register.index.fixed() {
                Some(index) if index < 32 => 1 << index,
                Some(_) => 0,
                None => u32::MAX,
            };
        }
    }
    mask
}
