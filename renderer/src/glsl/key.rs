//! The variant key: everything of the bound state that changes a shader's text.
//!
//! Keys are small plain values, so that a program cache can hash and compare them at
//! every state change. Parts that do not concern a shader's stage stay at their default,
//! else equal texts would get different keys; [`ShaderInfo`](super::ShaderInfo) tells the
//! draw code which parts a shader is sensitive to.

use super::es100::SamplerForm;
use crate::tgsi::ir::Semantic;
use crate::tgsi::semantic::SemanticName;

/// A set of varyings (semantic and index), one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct VaryingSet(u128);

impl VaryingSet {
    /// The set without a member.
    pub const EMPTY: VaryingSet = VaryingSet(0);

    /// The groups of bits: semantic, first bit, number of indices.
    const GROUPS: [(SemanticName, u32, u32); 13] = [
        (SemanticName::Generic, 0, 64),
        (SemanticName::Patch, 64, 32),
        (SemanticName::TexCoord, 96, 8),
        (SemanticName::Color, 104, 2),
        (SemanticName::BackColor, 106, 2),
        (SemanticName::ClipDistance, 108, 2),
        (SemanticName::Fog, 110, 1),
        (SemanticName::PointSize, 111, 1),
        (SemanticName::Position, 112, 1),
        (SemanticName::PrimitiveId, 113, 1),
        (SemanticName::Layer, 114, 1),
        (SemanticName::ViewportIndex, 115, 1),
        (SemanticName::ClipVertex, 116, 1),
    ];

    /// The bit of a semantic; `None` for what is no varying or lies beyond the largest
    /// index.
    fn bit(semantic: Semantic) -> Option<u32> {
        Self::GROUPS
            .iter()
            .find(|(name, _, count)| *name == semantic.name && semantic.index < *count)
            .map(|(_, first, _)| first + semantic.index)
    }

    /// True if a varying of this semantic can be passed between stages at all.
    pub fn knows(semantic: Semantic) -> bool {
        Self::bit(semantic).is_some()
    }

    /// Adds a semantic; unknown ones are ignored.
    pub fn insert(&mut self, semantic: Semantic) {
        if let Some(bit) = Self::bit(semantic) {
            self.0 |= 1 << bit;
        }
    }

    /// True if the semantic is in the set.
    pub fn contains(self, semantic: Semantic) -> bool {
        Self::bit(semantic).is_some_and(|bit| self.0 & (1 << bit) != 0)
    }

    /// True without a member.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Semantic> {
        Self::GROUPS
            .into_iter()
            .flat_map(move |(name, first, count)| {
                (0..count)
                    .filter(move |index| self.0 & (1 << (first + index)) != 0)
                    .map(move |index| Semantic { name, index })
            })
    }
}

impl std::ops::BitOr for VaryingSet {
    type Output = VaryingSet;

    fn bitor(self, other: VaryingSet) -> VaryingSet {
        VaryingSet(self.0 | other.0)
    }
}

impl std::ops::BitAnd for VaryingSet {
    type Output = VaryingSet;

    fn bitand(self, other: VaryingSet) -> VaryingSet {
        VaryingSet(self.0 & other.0)
    }
}

impl FromIterator<Semantic> for VaryingSet {
    fn from_iter<T: IntoIterator<Item = Semantic>>(iter: T) -> Self {
        let mut set = VaryingSet::EMPTY;
        for semantic in iter {
            set.insert(semantic);
        }
        set
    }
}

/// How the fragment shader interpolates its inputs; both sides of the interface must
/// declare the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct InterpolationKey {
    /// Not interpolated; passed as raw words.
    pub flat: VaryingSet,
    /// Linear in window space.
    pub linear: VaryingSet,
    /// Interpolated at a covered place.
    pub centroid: VaryingSet,
    /// Interpolated at each sample.
    pub sample: VaryingSet,
}

/// The type of an attribute or a colour buffer as the shader must declare it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Floating point or normalised.
    #[default]
    Float,
    /// Signed integers.
    Int,
    /// Unsigned integers.
    Uint,
}

/// A comparison, in gallium's order (`PIPE_FUNC_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CompareFunc {
    /// Never true.
    Never,
    /// `<`
    Less,
    /// `==`
    Equal,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `!=`
    NotEqual,
    /// `>=`
    GreaterEqual,
    /// Always true.
    #[default]
    Always,
}

impl CompareFunc {
    /// The comparison with gallium's number, of which the lowest three bits count.
    pub const fn from_wire(number: u32) -> CompareFunc {
        match number & 7 {
            0 => CompareFunc::Never,
            1 => CompareFunc::Less,
            2 => CompareFunc::Equal,
            3 => CompareFunc::LessEqual,
            4 => CompareFunc::Greater,
            5 => CompareFunc::NotEqual,
            6 => CompareFunc::GreaterEqual,
            _ => CompareFunc::Always,
        }
    }
}

/// What only the last stage before the rasteriser (vertex, tessellation evaluation or
/// geometry) is sensitive to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RasterKey {
    /// Interpolation in the fragment shader, see
    /// [`ShaderInfo::interpolation`](super::ShaderInfo::interpolation).
    pub interpolation: InterpolationKey,
    /// Enabled user clip planes, one bit each.
    pub clip_planes: u8,
    /// The state asks for depth 0..1 and the host has no clip control.
    pub clip_halfz: bool,
    /// Depth is not clipped and the host has no depth clamp: it goes to the fragment
    /// shader, and the clipper sees one that always lies within.
    pub unclipped_depth: bool,
    /// Points are drawn and their size comes from the rasteriser state (the shader
    /// writes none, or `point_size_per_vertex` is off).
    pub point_size_from_state: bool,
    /// Vertex colours are clamped to 0..1.
    pub clamp_color: bool,
}

/// What only vertex shaders are sensitive to. Bit n of a mask stands for attribute n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct VertexKey {
    /// Attributes fed from signed integer formats.
    pub int_attributes: u32,
    /// Attributes fed from unsigned integer formats.
    pub uint_attributes: u32,
    /// Attributes whose red and blue are exchanged (BGRA formats).
    pub swap_red_blue: u32,
}

/// What only fragment shaders are sensitive to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FragmentKey {
    /// Interpolation of the shader's own inputs; the same value as in [`RasterKey`].
    pub interpolation: InterpolationKey,
    /// Comparison of the alpha test; `Always` without one.
    pub alpha_test: CompareFunc,
    /// Number of colour buffers, for `FS_COLOR0_WRITES_ALL_CBUFS`; 0 to 8.
    pub color_buffers: u8,
    /// Colour buffers with signed integer formats.
    pub int_buffers: u8,
    /// Colour buffers with unsigned integer formats.
    pub uint_buffers: u8,
    /// `COLOR[1]` is the second source of blending.
    pub dual_source: bool,
    /// Back faces take their colour from `BCOLOR`.
    pub two_sided: bool,
    /// `GENERIC` or `TEXCOORD` inputs replaced by the point coordinate; set only while
    /// points are drawn.
    pub sprite_coords: u32,
    /// Fragments are dropped by the polygon stipple pattern; set only while polygons
    /// are drawn.
    pub stipple: bool,
    /// Depth comes from the last vertex stage and is clamped here, see
    /// [`RasterKey::unclipped_depth`].
    pub clamp_depth: bool,
    /// Colour buffers stored as sRGB to which unencoded values are to be written.
    pub undo_srgb: u8,
    /// Colour buffers stored without encoding to which sRGB values are to be written.
    pub do_srgb: u8,
    /// Colours are clamped to 0..1 before the alpha test and blending.
    pub clamp_color: bool,
    /// The alpha written is 1 (multisample alpha-to-one).
    pub alpha_to_one: bool,
    /// gallium's logic operation plus one, done by framebuffer fetch; 0 for none.
    pub logic_op: u8,
    /// Number of user clip planes that arrive as varyings because the host has no clip
    /// distances; 0 to 8.
    pub emulated_clip_planes: u8,
}

/// State of the samplers that shows in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SamplerKey {
    /// Shadow samplers whose view has a swizzle other than one channel everywhere, and
    /// buffer textures with a swizzle: the result is swizzled by the words in the system
    /// block.
    pub swizzled: u32,
    /// Samplers with a level-of-detail bias, on hosts whose sampler objects have none.
    pub biased: u32,
    /// What shaders do for each sampler in OpenGL ES 2.0; elsewhere nothing.
    pub forms: [SamplerForm; SamplerForm::SAMPLERS],
}

/// Images a stage, as far as their formats select a text.
pub const IMAGES: usize = 32;

/// Everything that selects one text of a shader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ShaderKey {
    /// Outputs of the stage before this one; inputs that are not among them read 0.
    pub produced: VaryingSet,
    /// Set in the last stage before the rasteriser, and only there.
    pub raster: Option<RasterKey>,
    /// Vertex stage only.
    pub vertex: VertexKey,
    /// Fragment stage only.
    pub fragment: FragmentKey,
    /// Any stage with samplers.
    pub samplers: SamplerKey,
    /// Formats of the images that the shader declares without one, as
    /// [`image_format_index`](crate::tgsi::semantic::image_format_index) numbers them.
    pub image_formats: [u8; IMAGES],
    /// Compute stage only: bytes of shared memory (from the shader object).
    pub shared_bytes: u32,
}
