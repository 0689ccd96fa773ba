//! From bound state to variant keys: which text of each bound shader a draw needs.
//!
//! A part of the state enters a key only if the shader's text depends on it; all else
//! stays at its default, so that equal texts share a variant.

use crate::context::state::State;
use crate::draw::bindings::channel_number;
use crate::draw::framebuffer::FramebufferInfo;
use crate::draw::shader::ShaderObject;
use crate::gl::host::Feature;
use crate::glsl::{
    CompareFunc, FragmentKey, IMAGES, InterpolationKey, RasterKey, SamplerForm, SamplerKey,
    ShaderKey, VaryingSet, VertexKey,
};
use crate::host::Host;
use crate::protocol::values::{PrimitiveMode, ShaderStage};
use crate::tgsi::ir::Semantic;
use crate::tgsi::semantic::SemanticName;

/// What reaches the rasteriser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Primitives {
    /// Points.
    Points,
    /// Lines.
    Lines,
    /// Triangles.
    Triangles,
}

impl Primitives {
    /// The kind of a draw's own mode.
    pub fn of_mode(mode: PrimitiveMode) -> Self {
        match mode {
            PrimitiveMode::Points => Self::Points,
            PrimitiveMode::Lines
            | PrimitiveMode::LineLoop
            | PrimitiveMode::LineStrip
            | PrimitiveMode::LinesAdjacency
            | PrimitiveMode::LineStripAdjacency => Self::Lines,
            _ => Self::Triangles,
        }
    }

    /// The kind with gallium's number for the output of a shader.
    fn of_output(number: u32) -> Self {
        match number {
            0 => Self::Points,
            1..=3 => Self::Lines,
            _ => Self::Triangles,
        }
    }
}

/// The stages of a draw that come before the rasteriser.
const PRE_RASTER: [ShaderStage; 4] = [
    ShaderStage::Vertex,
    ShaderStage::TessControl,
    ShaderStage::TessEvaluation,
    ShaderStage::Geometry,
];

/// The formats of bound images that the shader's text does not say.
pub fn image_formats(state: &State, shader: &ShaderObject) -> [u8; IMAGES] {
    let mut formats = [0; IMAGES];
    let images = &state.stages[shader.stage.index()].images;
    let mut slots = shader.info.formatless_images;
    while slots != 0 {
        let slot = slots.trailing_zeros() as usize;
        slots &= slots - 1;
        formats[slot] = images[slot].as_ref().map_or(0, |image| image.shader_format);
    }
    formats
}

/// Builds the keys of one draw.
pub struct KeyBuilder<'a> {
    host: &'a Host,
    state: &'a State,
    framebuffer: &'a FramebufferInfo,
    last: ShaderStage,
    primitives: Primitives,
    interpolation: InterpolationKey,
}

impl<'a> KeyBuilder<'a> {
    /// Looks at what is bound. `mode` is that of the draw.
    pub fn new(
        host: &'a Host,
        state: &'a State,
        framebuffer: &'a FramebufferInfo,
        mode: PrimitiveMode,
    ) -> Self {
        let bound = |stage: ShaderStage| state.stages[stage.index()].shader.as_ref();
        let last = [ShaderStage::Geometry, ShaderStage::TessEvaluation]
            .into_iter()
            .find(|stage| bound(*stage).is_some())
            .unwrap_or(ShaderStage::Vertex);
        let primitives = bound(last)
            .and_then(|shader| shader.info.output_primitive)
            .map_or_else(|| Primitives::of_mode(mode), Primitives::of_output);
        let interpolation = bound(ShaderStage::Fragment)
            .filter(|_| !host.gl.is_es20())
            .map(|shader| shader.info.interpolation(state.rasterizer.flatshade))
            .unwrap_or_default();
        Self {
            host,
            state,
            framebuffer,
            last,
            primitives,
            interpolation,
        }
    }

    /// What the draw's primitives are once they reach the rasteriser.
    pub fn primitives(&self) -> Primitives {
        self.primitives
    }

    /// The key of the shader bound to a stage.
    pub fn key(&self, shader: &ShaderObject) -> ShaderKey {
        ShaderKey {
            produced: self.produced_before(shader.stage),
            raster: (shader.stage == self.last).then(|| self.raster(shader)),
            vertex: if shader.stage == ShaderStage::Vertex {
                self.vertex(shader)
            } else {
                VertexKey::default()
            },
            fragment: if shader.stage == ShaderStage::Fragment {
                self.fragment(shader)
            } else {
                FragmentKey::default()
            },
            samplers: self.samplers(shader),
            image_formats: image_formats(self.state, shader),
            shared_bytes: 0,
        }
    }

    /// Outputs of the nearest bound stage before `stage`.
    pub fn produced_before(&self, stage: ShaderStage) -> VaryingSet {
        let end = PRE_RASTER
            .iter()
            .position(|s| *s == stage)
            .unwrap_or(PRE_RASTER.len());
        PRE_RASTER[..end]
            .iter()
            .rev()
            .find_map(|stage| self.state.stages[stage.index()].shader.as_ref())
            .map_or(VaryingSet::EMPTY, |shader| shader.info.outputs)
    }

    fn raster(&self, shader: &ShaderObject) -> RasterKey {
        let rasterizer = &self.state.rasterizer;
        let info = &shader.info;
        let point_size = Semantic {
            name: SemanticName::PointSize,
            index: 0,
        };
        let writes_size = info.outputs.contains(point_size);
        RasterKey {
            interpolation: self.interpolation,
            clip_planes: if info.prohibits_clip_planes || info.clip_distances > 0 {
                0
            } else {
                rasterizer.clip_plane_enable
            },
            clip_halfz: rasterizer.clip_halfz && !self.host.caps.has(Feature::ClipControl),
            unclipped_depth: self.clamps_depth(),
            point_size_from_state: self.primitives == Primitives::Points
                && !(writes_size && rasterizer.point_size_per_vertex),
            clamp_color: rasterizer.clamp_vertex_color,
        }
    }

    fn vertex(&self, shader: &ShaderObject) -> VertexKey {
        let Some(layout) = &self.state.vertex_elements else {
            return VertexKey::default();
        };
        let used = shader.info.attributes;
        VertexKey {
            int_attributes: layout.int_attributes & used,
            uint_attributes: layout.uint_attributes & used,
            swap_red_blue: layout.swap_red_blue & used,
        }
    }

    fn fragment(&self, shader: &ShaderObject) -> FragmentKey {
        let rasterizer = &self.state.rasterizer;
        let blend = &self.state.blend;
        let info = &shader.info;
        let target = self.framebuffer;
        let alpha_test = match &self.state.depth_stencil_alpha.alpha {
            Some(test) if target.has_float_color => CompareFunc::from_wire(test.func as u32),
            _ => CompareFunc::Always,
        };
        let points = self.primitives == Primitives::Points;
        FragmentKey {
            interpolation: self.interpolation,
            alpha_test,
            color_buffers: if info.writes_all_cbufs {
                target.color_count as u8
            } else {
                0
            },
            int_buffers: target.int_colors & colors(info.color_outputs, info.writes_all_cbufs),
            uint_buffers: target.uint_colors & colors(info.color_outputs, info.writes_all_cbufs),
            dual_source: blend.uses_second_source(),
            two_sided: rasterizer.light_twoside && self.writes_back_color(),
            sprite_coords: if points {
                rasterizer.sprite_coord_enable
            } else {
                0
            },
            stipple: rasterizer.poly_stipple && self.primitives == Primitives::Triangles,
            clamp_depth: self.clamps_depth() && self.state.depth_stencil_alpha.depth.is_some(),
            undo_srgb: target.undo_srgb & colors(info.color_outputs, info.writes_all_cbufs),
            do_srgb: target.do_srgb & colors(info.color_outputs, info.writes_all_cbufs),
            clamp_color: rasterizer.clamp_fragment_color,
            alpha_to_one: blend.alpha_to_one && rasterizer.multisample && target.samples > 1,
            logic_op: match blend.logic_op {
                Some(op) if target.has_unorm_color && self.host.emulates_logic_op() => op as u8 + 1,
                _ => 0,
            },
            emulated_clip_planes: self.emulated_clip_planes(),
        }
    }

    /// Must shaders do depth clamping?
    fn clamps_depth(&self) -> bool {
        !self.state.rasterizer.depth_clip
            && !self.host.caps.has(Feature::DepthClamp)
            && self.host.caps.has(Feature::FragDepth)
    }

    /// Clip distances that come as varyings, because the host has none.
    fn emulated_clip_planes(&self) -> u8 {
        let last = self.state.stages[self.last.index()].shader.as_ref();
        let Some(last) = last.filter(|_| !self.host.caps.has(Feature::ClipCullDistance)) else {
            return 0;
        };
        match last.info.clip_distances {
            0 if last.info.prohibits_clip_planes => 0,
            0 => (u8::BITS - self.state.rasterizer.clip_plane_enable.leading_zeros()) as u8,
            written => written,
        }
    }

    fn writes_back_color(&self) -> bool {
        let produced = self.produced_before(ShaderStage::Fragment);
        [0, 1].into_iter().any(|index| {
            produced.contains(Semantic {
                name: SemanticName::BackColor,
                index,
            })
        })
    }

    fn samplers(&self, shader: &ShaderObject) -> SamplerKey {
        let views = &self.state.stages[shader.stage.index()].views;
        let mut swizzled = 0;
        let mut candidates = shader.info.swizzled_samplers;
        while candidates != 0 {
            let slot = candidates.trailing_zeros() as usize;
            candidates &= candidates - 1;
            if views[slot]
                .as_ref()
                .is_some_and(|view| view.needs_shader_swizzle())
            {
                swizzled |= 1 << slot;
            }
        }
        let biased = self.state.stages[shader.stage.index()].biased_samplers & shader.info.samplers;
        let forms = if self.host.gl.is_es20() {
            self.sampler_forms(shader)
        } else {
            [SamplerForm::default(); SamplerForm::SAMPLERS]
        };
        SamplerKey {
            swizzled,
            biased,
            forms,
        }
    }

    /// What shaders do for textures and samplers of OpenGL ES 2.0.
    fn sampler_forms(&self, shader: &ShaderObject) -> [SamplerForm; SamplerForm::SAMPLERS] {
        let stage = &self.state.stages[shader.stage.index()];
        std::array::from_fn(|slot| match &stage.views[slot] {
            Some(view) if shader.info.samplers & (1 << slot) != 0 => {
                let mut form = SamplerForm::swizzled(view.swizzle().map(channel_number));
                if view.is_srgb {
                    form = form.decoding();
                }
                match &stage.samplers[slot] {
                    Some(sampler) => sampler.complete_form(self.host, view, form),
                    None => form,
                }
            }
            _ => SamplerForm::default(),
        })
    }
}

/// The draw buffers that a shader writes, as a mask.
fn colors(outputs: u8, all: bool) -> u8 {
    if all && outputs & 1 != 0 {
        0xff
    } else {
        outputs
    }
}
