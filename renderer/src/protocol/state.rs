//! The state objects that carry no resource: blend, rasterizer, depth-stencil-alpha and
//! sampler state.
//!
//! Fields that mean nothing in a given state (the factors of a disabled blend, say) are
//! not checked and read as neutral values, so that equal states compare equal.

use super::flags::ColorMask;
use super::values::{
    AdvancedBlend, BlendFactor, BlendFunc, CompareFunc, CullFace, FillMode, Filter, InvalidValue,
    LogicOp, MipFilter, SpriteOrigin, StencilOp, WrapMode,
};
use super::{bit, bits};

/// Colour attachments of a framebuffer.
pub const MAX_COLOR_BUFFERS: usize = 8;

/// How one of red-green-blue and alpha is blended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlendChannel {
    /// How source and destination combine.
    pub func: BlendFunc,
    /// Factor of the source.
    pub src: BlendFactor,
    /// Factor of the destination.
    pub dst: BlendFactor,
}

impl BlendChannel {
    /// Writes the source as it is.
    pub const REPLACE: Self = Self {
        func: BlendFunc::Add,
        src: BlendFactor::One,
        dst: BlendFactor::Zero,
    };
}

/// Blending into one colour attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BlendTarget {
    /// Whether blending is on; the mask applies anyway.
    pub enabled: bool,
    /// Red, green and blue.
    pub rgb: BlendChannel,
    /// Alpha.
    pub alpha: BlendChannel,
    /// Channels that are written.
    pub color_mask: ColorMask,
}

impl BlendTarget {
    /// No blending, all channels written.
    pub const OPAQUE: Self = Self {
        enabled: false,
        rgb: BlendChannel::REPLACE,
        alpha: BlendChannel::REPLACE,
        color_mask: ColorMask::all(),
    };

    fn from_word(word: u32) -> Result<Self, InvalidValue> {
        let color_mask = ColorMask::from_bits_truncate(bits(word, 27, 4) as u8);
        if !bit(word, 0) {
            return Ok(Self {
                color_mask,
                ..Self::OPAQUE
            });
        }
        Ok(Self {
            enabled: true,
            rgb: BlendChannel {
                func: bits(word, 1, 3).try_into()?,
                src: bits(word, 4, 5).try_into()?,
                dst: bits(word, 9, 5).try_into()?,
            },
            alpha: BlendChannel {
                func: bits(word, 14, 3).try_into()?,
                src: bits(word, 17, 5).try_into()?,
                dst: bits(word, 22, 5).try_into()?,
            },
            color_mask,
        })
    }
}

/// The blend state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Blend {
    /// Each attachment has its own target state; otherwise the first is for all.
    pub independent: bool,
    /// Logical operation in place of blending.
    pub logic_op: Option<LogicOp>,
    /// Dithering.
    pub dither: bool,
    /// Alpha becomes coverage.
    pub alpha_to_coverage: bool,
    /// Alpha becomes one.
    pub alpha_to_one: bool,
    /// An advanced equation in place of the first target's.
    pub advanced: Option<AdvancedBlend>,
    targets: [BlendTarget; MAX_COLOR_BUFFERS],
}

impl Blend {
    /// What applies while no blend object is bound.
    pub const DEFAULT: Self = Self {
        independent: false,
        logic_op: None,
        dither: false,
        alpha_to_coverage: false,
        alpha_to_one: false,
        advanced: None,
        targets: [BlendTarget::OPAQUE; MAX_COLOR_BUFFERS],
    };

    /// The state of colour attachment `index`.
    #[inline]
    pub fn target(&self, index: usize) -> &BlendTarget {
        let index = if self.independent { index } else { 0 };
        self.targets.get(index).unwrap_or(&self.targets[0])
    }

    /// True if a factor of the first target reads the second colour of a fragment.
    pub fn uses_second_source(&self) -> bool {
        let second = |channel: &BlendChannel| {
            [channel.src, channel.dst].iter().any(|factor| {
                matches!(
                    factor,
                    BlendFactor::Src1Color
                        | BlendFactor::Src1Alpha
                        | BlendFactor::InvSrc1Color
                        | BlendFactor::InvSrc1Alpha
                )
            })
        };
        let target = self.target(0);
        target.enabled && (second(&target.rgb) || second(&target.alpha))
    }

    pub(crate) fn from_words(words: &[u32; 10]) -> Result<Self, InvalidValue> {
        let [switches, logic, first, ..] = *words;
        let independent = bit(switches, 0);
        // An advanced equation travels in place of the alpha factors: its number as the
        // source's, 0 (which is no factor) as the destination's.
        let advanced = match (bits(first, 17, 5), bits(first, 22, 5)) {
            (0, _) => None,
            (number, 0) => AdvancedBlend::try_from(number).ok(),
            _ => None,
        };
        let mut targets = [BlendTarget::OPAQUE; MAX_COLOR_BUFFERS];
        let used = if independent { MAX_COLOR_BUFFERS } else { 1 };
        for (target, word) in targets.iter_mut().zip(&words[2..]).take(used) {
            // Without its advanced equation the first target is a plain one.
            let plain = word & !1;
            let word = if advanced.is_some() { plain } else { *word };
            *target = BlendTarget::from_word(word)?;
        }
        Ok(Self {
            independent,
            logic_op: bit(switches, 1)
                .then(|| LogicOp::try_from(bits(logic, 0, 4)))
                .transpose()?,
            dither: bit(switches, 2),
            alpha_to_coverage: bit(switches, 3),
            alpha_to_one: bit(switches, 4),
            advanced,
            targets,
        })
    }
}

/// The stencil test of one face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StencilFace {
    /// Comparison of reference and stored value.
    pub func: CompareFunc,
    /// When the stencil test fails.
    pub fail: StencilOp,
    /// When both tests pass.
    pub pass: StencilOp,
    /// When the depth test fails.
    pub depth_fail: StencilOp,
    /// Bits compared.
    pub value_mask: u8,
    /// Bits written.
    pub write_mask: u8,
}

impl StencilFace {
    fn from_word(word: u32) -> Result<Option<Self>, InvalidValue> {
        if !bit(word, 0) {
            return Ok(None);
        }
        Ok(Some(Self {
            func: bits(word, 1, 3).try_into()?,
            fail: bits(word, 4, 3).try_into()?,
            pass: bits(word, 7, 3).try_into()?,
            depth_fail: bits(word, 10, 3).try_into()?,
            value_mask: bits(word, 13, 8) as u8,
            write_mask: bits(word, 21, 8) as u8,
        }))
    }
}

/// The depth test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DepthTest {
    /// Comparison of incoming and stored depth.
    pub func: CompareFunc,
    /// Passing depths are stored.
    pub write: bool,
}

/// The alpha test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlphaTest {
    /// Comparison of alpha and reference.
    pub func: CompareFunc,
    /// The reference.
    pub reference: f32,
}

/// Depth, stencil and alpha tests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DepthStencilAlpha {
    /// The depth test, if on. Nothing is written to depth while it is off.
    pub depth: Option<DepthTest>,
    /// The stencil test, if on.
    pub front: Option<StencilFace>,
    /// The back faces' own stencil test; without one `front` is for both.
    pub back: Option<StencilFace>,
    /// The alpha test, if on.
    pub alpha: Option<AlphaTest>,
}

impl DepthStencilAlpha {
    pub(crate) fn from_words(words: &[u32; 4]) -> Result<Self, InvalidValue> {
        let [switches, front, back, reference] = *words;
        let depth = DepthTest {
            func: bits(switches, 2, 3).try_into()?,
            write: bit(switches, 1),
        };
        let alpha = AlphaTest {
            func: bits(switches, 9, 3).try_into()?,
            reference: f32::from_bits(reference),
        };
        Ok(Self {
            depth: bit(switches, 0).then_some(depth),
            front: StencilFace::from_word(front)?,
            back: StencilFace::from_word(back)?,
            alpha: bit(switches, 8).then_some(alpha),
        })
    }
}

/// Depth offset of polygons.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DepthOffset {
    /// Applies to polygons drawn as points.
    pub point: bool,
    /// Applies to polygons drawn as lines.
    pub line: bool,
    /// Applies to filled polygons.
    pub fill: bool,
    /// Constant part, in the smallest resolvable steps (GL's `units`).
    pub units: f32,
    /// Part that grows with the slope (GL's `factor`).
    pub scale: f32,
    /// Largest offset; 0 for no limit.
    pub clamp: f32,
}

/// How primitives become fragments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rasterizer {
    /// Colours are constant over a primitive.
    pub flatshade: bool,
    /// The first vertex gives constant values, otherwise the last.
    pub flatshade_first: bool,
    /// Fragments beyond the near and far plane are dropped, otherwise clamped.
    pub depth_clip: bool,
    /// Clip space depth is 0..=w, otherwise -w..=w.
    pub clip_halfz: bool,
    /// Nothing is rasterized.
    pub discard: bool,
    /// Back faces use the back colours.
    pub light_twoside: bool,
    /// Where the origin of point sprite coordinates lies.
    pub sprite_origin: SpriteOrigin,
    /// Points are sprites.
    pub point_quad: bool,
    /// Faces that are dropped.
    pub cull: CullFace,
    /// How front faces are drawn.
    pub fill_front: FillMode,
    /// How back faces are drawn.
    pub fill_back: FillMode,
    /// The scissor rectangle applies.
    pub scissor: bool,
    /// Front faces wind counter-clockwise.
    pub front_ccw: bool,
    /// Vertex colours are clamped to 0..=1.
    pub clamp_vertex_color: bool,
    /// Fragment colours are clamped to 0..=1.
    pub clamp_fragment_color: bool,
    /// Depth offset.
    pub offset: DepthOffset,
    /// Polygon edges are smoothed.
    pub poly_smooth: bool,
    /// The stipple pattern applies to polygons.
    pub poly_stipple: bool,
    /// Points are round.
    pub point_smooth: bool,
    /// Shaders write the point size, otherwise `point_size` is it.
    pub point_size_per_vertex: bool,
    /// Multisample rasterization, sample mask and coverage.
    pub multisample: bool,
    /// Lines are smoothed.
    pub line_smooth: bool,
    /// The line stipple, if on: pattern and repeat factor (less one).
    pub line_stipple: Option<(u16, u8)>,
    /// The last pixel of a line is drawn too.
    pub line_last_pixel: bool,
    /// Pixel centres lie at one half.
    pub half_pixel_center: bool,
    /// Fill rule for the lower edge.
    pub bottom_edge_rule: bool,
    /// Fragment shaders run once a sample.
    pub force_persample_interp: bool,
    /// Diameter of points in pixels.
    pub point_size: f32,
    /// Generic inputs (by index) that point sprites replace by their coordinate.
    pub sprite_coord_enable: u32,
    /// User clip planes that apply.
    pub clip_plane_enable: u8,
    /// Width of lines in pixels.
    pub line_width: f32,
}

impl Rasterizer {
    /// What applies while no rasterizer object is bound.
    pub const DEFAULT: Self = Self {
        flatshade: false,
        flatshade_first: false,
        depth_clip: true,
        clip_halfz: false,
        discard: false,
        light_twoside: false,
        sprite_origin: SpriteOrigin::UpperLeft,
        point_quad: false,
        cull: CullFace::None,
        fill_front: FillMode::Fill,
        fill_back: FillMode::Fill,
        scissor: false,
        front_ccw: false,
        clamp_vertex_color: false,
        clamp_fragment_color: false,
        offset: DepthOffset {
            point: false,
            line: false,
            fill: false,
            units: 0.0,
            scale: 0.0,
            clamp: 0.0,
        },
        poly_smooth: false,
        poly_stipple: false,
        point_smooth: false,
        point_size_per_vertex: false,
        multisample: false,
        line_smooth: false,
        line_stipple: None,
        line_last_pixel: false,
        half_pixel_center: true,
        bottom_edge_rule: false,
        force_persample_interp: false,
        point_size: 1.0,
        sprite_coord_enable: 0,
        clip_plane_enable: 0,
        line_width: 1.0,
    };

    pub(crate) fn from_words(words: &[u32; 8]) -> Result<Self, InvalidValue> {
        let [
            s,
            point_size,
            sprites,
            stipple,
            line_width,
            units,
            scale,
            clamp,
        ] = *words;
        let line_stipple = (bits(stipple, 0, 16) as u16, bits(stipple, 16, 8) as u8);
        Ok(Self {
            flatshade: bit(s, 0),
            depth_clip: bit(s, 1),
            clip_halfz: bit(s, 2),
            discard: bit(s, 3),
            flatshade_first: bit(s, 4),
            light_twoside: bit(s, 5),
            sprite_origin: bits(s, 6, 1).try_into()?,
            point_quad: bit(s, 7),
            cull: bits(s, 8, 2).try_into()?,
            fill_front: bits(s, 10, 2).try_into()?,
            fill_back: bits(s, 12, 2).try_into()?,
            scissor: bit(s, 14),
            front_ccw: bit(s, 15),
            clamp_vertex_color: bit(s, 16),
            clamp_fragment_color: bit(s, 17),
            offset: DepthOffset {
                line: bit(s, 18),
                point: bit(s, 19),
                fill: bit(s, 20),
                units: f32::from_bits(units),
                scale: f32::from_bits(scale),
                clamp: f32::from_bits(clamp),
            },
            poly_smooth: bit(s, 21),
            poly_stipple: bit(s, 22),
            point_smooth: bit(s, 23),
            point_size_per_vertex: bit(s, 24),
            multisample: bit(s, 25),
            line_smooth: bit(s, 26),
            line_stipple: bit(s, 27).then_some(line_stipple),
            line_last_pixel: bit(s, 28),
            half_pixel_center: bit(s, 29),
            bottom_edge_rule: bit(s, 30),
            force_persample_interp: bit(s, 31),
            point_size: f32::from_bits(point_size),
            sprite_coord_enable: sprites,
            clip_plane_enable: bits(stipple, 24, 8) as u8,
            line_width: f32::from_bits(line_width),
        })
    }
}

/// How a texture is sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SamplerState {
    /// Wrap modes along s, t and r.
    pub wrap: [WrapMode; 3],
    /// Filter when a texel covers less than a pixel.
    pub min_filter: Filter,
    /// Filter between mip levels.
    pub mip_filter: MipFilter,
    /// Filter when a texel covers more than a pixel.
    pub mag_filter: Filter,
    /// Comparison with the shader's reference, if on.
    pub compare: Option<CompareFunc>,
    /// Filtering crosses the edges of a cube's faces.
    pub seamless_cube: bool,
    /// Largest anisotropy; 0 and 1 both mean none.
    pub max_anisotropy: u8,
    /// Added to the level of detail.
    pub lod_bias: f32,
    /// Least level of detail.
    pub min_lod: f32,
    /// Largest level of detail.
    pub max_lod: f32,
    /// Border colour: floats or integers, as the view's format has it.
    pub border_color: [u32; 4],
}

impl SamplerState {
    pub(crate) fn from_words(words: &[u32; 8]) -> Result<Self, InvalidValue> {
        let [s, lod_bias, min_lod, max_lod, border_color @ ..] = *words;
        let compare = CompareFunc::try_from(bits(s, 16, 3))?;
        Ok(Self {
            wrap: [
                bits(s, 0, 3).try_into()?,
                bits(s, 3, 3).try_into()?,
                bits(s, 6, 3).try_into()?,
            ],
            min_filter: bits(s, 9, 1).try_into()?,
            mip_filter: bits(s, 11, 2).try_into()?,
            mag_filter: bits(s, 13, 1).try_into()?,
            compare: bit(s, 15).then_some(compare),
            seamless_cube: bit(s, 19),
            max_anisotropy: bits(s, 20, 5) as u8,
            lod_bias: f32::from_bits(lod_bias),
            min_lod: f32::from_bits(min_lod),
            max_lod: f32::from_bits(max_lod),
            border_color,
        })
    }
}
