//! How OpenGL ES stores each of the protocol's formats.
//!
//! Formats that differ from any of GL's only in the order of their channels are
//! converted on the way (see [`Conversion`]); those with fewer or other channels are
//! stored in red (and green) and read through a swizzle. Stencil views of depth-stencil
//! resources (`X24S8_UINT` and its like) are no storage formats and are not listed.

use super::convert::Conversion;
use super::formats::{COUNT, FormatId};
use super::values::Swizzle;

/// What a host needs beyond OpenGL ES 3.0. Requirements with several extensions are met
/// by any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Needs {
    /// Nothing.
    Core,
    /// 16-bit normalised formats.
    Norm16,
    /// Rendering to signed normalised formats, besides what storing them needs.
    RenderSnorm,
    /// Rendering to 16-bit floats.
    HalfFloat,
    /// Rendering to 32-bit and packed floats.
    Float,
    /// Stencil-only textures.
    Stencil8,
    /// DXT (S3TC) compression.
    S3tc,
    /// DXT (S3TC) compression of sRGB.
    S3tcSrgb,
    /// RGTC compression.
    Rgtc,
    /// BPTC compression.
    Bptc,
    /// ASTC compression.
    Astc,
    /// sRGB with red alone.
    SrgbR8,
    /// sRGB with red and green.
    SrgbRg8,
    /// Textures of depth, on OpenGL ES 2.0.
    Depth,
    /// Textures of depth and stencil, on OpenGL ES 2.0.
    PackedDepthStencil,
    /// Textures of 16-bit floats, on OpenGL ES 2.0.
    HalfFloatTexture,
    /// Textures of 32-bit floats, on OpenGL ES 2.0.
    FloatTexture,
    /// No host has it.
    Never,
}

impl Needs {
    /// The OpenGL ES version (major, minor) that has it in its core, if any.
    pub const fn core_version(self) -> Option<(u8, u8)> {
        match self {
            Self::Core => Some((3, 0)),
            Self::HalfFloat | Self::Float | Self::Stencil8 | Self::Astc => Some((3, 2)),
            _ => None,
        }
    }

    /// The extensions of which one is enough.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Core | Self::Never => &[],
            Self::Norm16 => &["GL_EXT_texture_norm16"],
            Self::RenderSnorm => &["GL_EXT_render_snorm"],
            Self::HalfFloat => &[
                "GL_EXT_color_buffer_float",
                "GL_EXT_color_buffer_half_float",
            ],
            Self::Float => &["GL_EXT_color_buffer_float"],
            Self::Stencil8 => &["GL_OES_texture_stencil8"],
            Self::S3tc => &["GL_EXT_texture_compression_s3tc"],
            Self::S3tcSrgb => &["GL_EXT_texture_compression_s3tc_srgb"],
            Self::Rgtc => &["GL_EXT_texture_compression_rgtc"],
            Self::Bptc => &["GL_EXT_texture_compression_bptc"],
            Self::Astc => &["GL_KHR_texture_compression_astc_ldr"],
            Self::SrgbR8 => &["GL_EXT_texture_sRGB_R8"],
            Self::SrgbRg8 => &["GL_EXT_texture_sRGB_RG8"],
            Self::Depth => &["GL_OES_depth_texture"],
            Self::PackedDepthStencil => &["GL_OES_packed_depth_stencil"],
            Self::HalfFloatTexture => &["GL_OES_texture_half_float"],
            Self::FloatTexture => &["GL_OES_texture_float"],
        }
    }

    /// True if a host of this OpenGL ES version with these extensions has it.
    pub fn met(self, version: (u8, u8), has_extension: impl Fn(&str) -> bool) -> bool {
        self.core_version().is_some_and(|core| version >= core)
            || self.extensions().iter().any(|name| has_extension(name))
    }
}

/// A format's storage in GL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlFormat {
    /// Sized internal format.
    pub internal: u32,
    /// Format of uploads and downloads.
    pub format: u32,
    /// Type of uploads and downloads.
    pub ty: u32,
    /// What the guest's channels read of the stored ones.
    pub swizzle: [Swizzle; 4],
    /// How guest memory differs from uploads and downloads.
    pub conversion: Conversion,
    /// What sampling from it takes.
    pub storage: Needs,
    /// What attaching it takes besides.
    pub render: Needs,
}

impl GlFormat {
    /// True if the stored channels are the guest's (though perhaps alpha is not).
    pub fn is_direct(&self) -> bool {
        self.swizzle == RGBA || self.swizzle == RGB1
    }

    /// True if alpha is stored but must read as one.
    pub fn hides_alpha(&self) -> bool {
        self.swizzle == RGB1
    }
}

pub(super) const RGBA: [Swizzle; 4] = Swizzle::IDENTITY;
pub(super) const RGB1: [Swizzle; 4] = [Swizzle::X, Swizzle::Y, Swizzle::Z, Swizzle::One];
const RRR1: [Swizzle; 4] = [Swizzle::X, Swizzle::X, Swizzle::X, Swizzle::One];
const RRRG: [Swizzle; 4] = [Swizzle::X, Swizzle::X, Swizzle::X, Swizzle::Y];
pub(super) const OOOR: [Swizzle; 4] = [Swizzle::Zero, Swizzle::Zero, Swizzle::Zero, Swizzle::X];
pub(super) const ROOG: [Swizzle; 4] = [Swizzle::X, Swizzle::Zero, Swizzle::Zero, Swizzle::Y];

impl FormatId {
    /// How GL stores the format; `None` if it cannot.
    #[inline]
    pub fn gl(self) -> Option<&'static GlFormat> {
        TABLE.get(self.0 as usize)?.as_ref()
    }
}

/// The GL names of the table: glow's, and those that it lacks.
mod names {
    pub use glow::*;

    /// `GL_SR8_EXT` (EXT_texture_sRGB_R8).
    pub const SR8_EXT: u32 = 0x8fbd;
    /// `GL_SRG8_EXT` (EXT_texture_sRGB_RG8).
    pub const SRG8_EXT: u32 = 0x8fbe;
}

macro_rules! gl_formats {
    ($($id:ident: $internal:ident $format:ident $ty:ident, $swizzle:ident $conversion:ident,
       $storage:ident $render:ident;)+) => {
        static TABLE: [Option<GlFormat>; COUNT] = {
            let mut table = [None; COUNT];
            $(
                table[FormatId::$id.0 as usize] = Some(GlFormat {
                    internal: names::$internal,
                    format: names::$format,
                    ty: names::$ty,
                    swizzle: $swizzle,
                    conversion: Conversion::$conversion,
                    storage: Needs::$storage,
                    render: Needs::$render,
                });
            )+
            table
        };
    };
}

// Guest format: internal format, format and type, swizzle and conversion, what storing
// and what rendering takes.
gl_formats! {
    B8G8R8A8_UNORM: RGBA8 RGBA UNSIGNED_BYTE, RGBA SwapBytes, Core Core;
    B8G8R8X8_UNORM: RGBA8 RGBA UNSIGNED_BYTE, RGB1 SwapBytes, Core Core;
    A8R8G8B8_UNORM: RGBA8 RGBA UNSIGNED_BYTE, RGBA AlphaFirst, Core Core;
    X8R8G8B8_UNORM: RGBA8 RGBA UNSIGNED_BYTE, RGB1 AlphaFirst, Core Core;
    B5G5R5A1_UNORM: RGB5_A1 RGBA UNSIGNED_SHORT_5_5_5_1, RGBA AlphaTop1, Core Core;
    B4G4R4A4_UNORM: RGBA4 RGBA UNSIGNED_SHORT_4_4_4_4, RGBA AlphaTop4, Core Core;
    B5G6R5_UNORM: RGB565 RGB UNSIGNED_SHORT_5_6_5, RGBA None, Core Core;
    R10G10B10A2_UNORM: RGB10_A2 RGBA UNSIGNED_INT_2_10_10_10_REV, RGBA None, Core Core;
    L8_UNORM: R8 RED UNSIGNED_BYTE, RRR1 None, Core Core;
    A8_UNORM: R8 RED UNSIGNED_BYTE, OOOR None, Core Never;
    L8A8_UNORM: RG8 RG UNSIGNED_BYTE, RRRG None, Core Never;
    L16_UNORM: R16 RED UNSIGNED_SHORT, RRR1 None, Norm16 Core;
    Z16_UNORM: DEPTH_COMPONENT16 DEPTH_COMPONENT UNSIGNED_SHORT, RGBA None, Core Core;
    Z32_UNORM: DEPTH_COMPONENT24 DEPTH_COMPONENT UNSIGNED_INT, RGBA None, Core Core;
    Z32_FLOAT: DEPTH_COMPONENT32F DEPTH_COMPONENT FLOAT, RGBA None, Core Core;
    Z24_UNORM_S8_UINT: DEPTH24_STENCIL8 DEPTH_STENCIL UNSIGNED_INT_24_8, RGBA StencilHigh, Core Core;
    S8_UINT_Z24_UNORM: DEPTH24_STENCIL8 DEPTH_STENCIL UNSIGNED_INT_24_8, RGBA None, Core Core;
    Z24X8_UNORM: DEPTH_COMPONENT24 DEPTH_COMPONENT UNSIGNED_INT, RGBA DepthLow24, Core Core;
    X8Z24_UNORM: DEPTH_COMPONENT24 DEPTH_COMPONENT UNSIGNED_INT, RGBA None, Core Core;
    S8_UINT: STENCIL_INDEX8 STENCIL_INDEX UNSIGNED_BYTE, RGBA None, Stencil8 Core;
    R32_FLOAT: R32F RED FLOAT, RGBA None, Core Float;
    R32G32_FLOAT: RG32F RG FLOAT, RGBA None, Core Float;
    R32G32B32_FLOAT: RGB32F RGB FLOAT, RGBA None, Core Never;
    R32G32B32A32_FLOAT: RGBA32F RGBA FLOAT, RGBA None, Core Float;
    R16_UNORM: R16 RED UNSIGNED_SHORT, RGBA None, Norm16 Core;
    R16G16_UNORM: RG16 RG UNSIGNED_SHORT, RGBA None, Norm16 Core;
    R16G16B16A16_UNORM: RGBA16 RGBA UNSIGNED_SHORT, RGBA None, Norm16 Core;
    R16_SNORM: R16_SNORM RED SHORT, RGBA None, Norm16 RenderSnorm;
    R16G16_SNORM: RG16_SNORM RG SHORT, RGBA None, Norm16 RenderSnorm;
    R16G16B16A16_SNORM: RGBA16_SNORM RGBA SHORT, RGBA None, Norm16 RenderSnorm;
    R8_UNORM: R8 RED UNSIGNED_BYTE, RGBA None, Core Core;
    R8G8_UNORM: RG8 RG UNSIGNED_BYTE, RGBA None, Core Core;
    R8G8B8A8_UNORM: RGBA8 RGBA UNSIGNED_BYTE, RGBA None, Core Core;
    X8B8G8R8_UNORM: RGBA8 RGBA UNSIGNED_BYTE, RGB1 ReverseBytes, Core Core;
    R8_SNORM: R8_SNORM RED BYTE, RGBA None, Core RenderSnorm;
    R8G8_SNORM: RG8_SNORM RG BYTE, RGBA None, Core RenderSnorm;
    R8G8B8A8_SNORM: RGBA8_SNORM RGBA BYTE, RGBA None, Core RenderSnorm;
    R16_FLOAT: R16F RED HALF_FLOAT, RGBA None, Core HalfFloat;
    R16G16_FLOAT: RG16F RG HALF_FLOAT, RGBA None, Core HalfFloat;
    R16G16B16A16_FLOAT: RGBA16F RGBA HALF_FLOAT, RGBA None, Core HalfFloat;
    L8_SRGB: SR8_EXT RED UNSIGNED_BYTE, RRR1 None, SrgbR8 Never;
    L8A8_SRGB: SRG8_EXT RG UNSIGNED_BYTE, RRRG None, Never Never;
    A8B8G8R8_SRGB: SRGB8_ALPHA8 RGBA UNSIGNED_BYTE, RGBA ReverseBytes, Core Core;
    X8B8G8R8_SRGB: SRGB8_ALPHA8 RGBA UNSIGNED_BYTE, RGB1 ReverseBytes, Core Core;
    B8G8R8A8_SRGB: SRGB8_ALPHA8 RGBA UNSIGNED_BYTE, RGBA SwapBytes, Core Core;
    B8G8R8X8_SRGB: SRGB8_ALPHA8 RGBA UNSIGNED_BYTE, RGB1 SwapBytes, Core Core;
    A8R8G8B8_SRGB: SRGB8_ALPHA8 RGBA UNSIGNED_BYTE, RGBA AlphaFirst, Core Core;
    X8R8G8B8_SRGB: SRGB8_ALPHA8 RGBA UNSIGNED_BYTE, RGB1 AlphaFirst, Core Core;
    R8G8B8A8_SRGB: SRGB8_ALPHA8 RGBA UNSIGNED_BYTE, RGBA None, Core Core;
    DXT1_RGB: COMPRESSED_RGB_S3TC_DXT1_EXT RGB UNSIGNED_BYTE, RGBA None, S3tc Never;
    DXT1_RGBA: COMPRESSED_RGBA_S3TC_DXT1_EXT RGBA UNSIGNED_BYTE, RGBA None, S3tc Never;
    DXT3_RGBA: COMPRESSED_RGBA_S3TC_DXT3_EXT RGBA UNSIGNED_BYTE, RGBA None, S3tc Never;
    DXT5_RGBA: COMPRESSED_RGBA_S3TC_DXT5_EXT RGBA UNSIGNED_BYTE, RGBA None, S3tc Never;
    DXT1_SRGB: COMPRESSED_SRGB_S3TC_DXT1_EXT RGB UNSIGNED_BYTE, RGBA None, S3tcSrgb Never;
    DXT1_SRGBA: COMPRESSED_SRGB_ALPHA_S3TC_DXT1_EXT RGBA UNSIGNED_BYTE, RGBA None, S3tcSrgb Never;
    DXT3_SRGBA: COMPRESSED_SRGB_ALPHA_S3TC_DXT3_EXT RGBA UNSIGNED_BYTE, RGBA None, S3tcSrgb Never;
    DXT5_SRGBA: COMPRESSED_SRGB_ALPHA_S3TC_DXT5_EXT RGBA UNSIGNED_BYTE, RGBA None, S3tcSrgb Never;
    RGTC1_UNORM: COMPRESSED_RED_RGTC1 RED UNSIGNED_BYTE, RGBA None, Rgtc Never;
    RGTC1_SNORM: COMPRESSED_SIGNED_RED_RGTC1 RED BYTE, RGBA None, Rgtc Never;
    RGTC2_UNORM: COMPRESSED_RG_RGTC2 RG UNSIGNED_BYTE, RGBA None, Rgtc Never;
    RGTC2_SNORM: COMPRESSED_SIGNED_RG_RGTC2 RG BYTE, RGBA None, Rgtc Never;
    A8B8G8R8_UNORM: RGBA8 RGBA UNSIGNED_BYTE, RGBA ReverseBytes, Core Core;
    B5G5R5X1_UNORM: RGB5_A1 RGBA UNSIGNED_SHORT_5_5_5_1, RGB1 AlphaTop1, Core Core;
    R11G11B10_FLOAT: R11F_G11F_B10F RGB UNSIGNED_INT_10F_11F_11F_REV, RGBA None, Core Float;
    R9G9B9E5_FLOAT: RGB9_E5 RGB UNSIGNED_INT_5_9_9_9_REV, RGBA None, Core Never;
    Z32_FLOAT_S8X24_UINT: DEPTH32F_STENCIL8 DEPTH_STENCIL FLOAT_32_UNSIGNED_INT_24_8_REV, RGBA None, Core Core;
    B10G10R10A2_UNORM: RGB10_A2 RGBA UNSIGNED_INT_2_10_10_10_REV, RGBA SwapTens, Core Core;
    R8G8B8X8_UNORM: RGBA8 RGBA UNSIGNED_BYTE, RGB1 None, Core Core;
    B4G4R4X4_UNORM: RGBA4 RGBA UNSIGNED_SHORT_4_4_4_4, RGB1 AlphaTop4, Core Core;
    L16A16_UNORM: RG16 RG UNSIGNED_SHORT, RRRG None, Norm16 Never;
    A16_UNORM: R16 RED UNSIGNED_SHORT, OOOR None, Norm16 Never;
    LATC1_UNORM: COMPRESSED_RED_RGTC1 RED UNSIGNED_BYTE, RRR1 None, Rgtc Never;
    LATC1_SNORM: COMPRESSED_SIGNED_RED_RGTC1 RED BYTE, RRR1 None, Rgtc Never;
    LATC2_UNORM: COMPRESSED_RG_RGTC2 RG UNSIGNED_BYTE, RRRG None, Rgtc Never;
    LATC2_SNORM: COMPRESSED_SIGNED_RG_RGTC2 RG BYTE, RRRG None, Rgtc Never;
    A8_SNORM: R8_SNORM RED BYTE, OOOR None, Core Never;
    L8_SNORM: R8_SNORM RED BYTE, RRR1 None, Core RenderSnorm;
    L8A8_SNORM: RG8_SNORM RG BYTE, RRRG None, Core Never;
    A16_SNORM: R16_SNORM RED SHORT, OOOR None, Norm16 Never;
    L16_SNORM: R16_SNORM RED SHORT, RRR1 None, Norm16 RenderSnorm;
    L16A16_SNORM: RG16_SNORM RG SHORT, RRRG None, Norm16 Never;
    A16_FLOAT: R16F RED HALF_FLOAT, OOOR None, Core Never;
    L16_FLOAT: R16F RED HALF_FLOAT, RRR1 None, Core HalfFloat;
    L16A16_FLOAT: RG16F RG HALF_FLOAT, RRRG None, Core Never;
    A32_FLOAT: R32F RED FLOAT, OOOR None, Core Never;
    L32_FLOAT: R32F RED FLOAT, RRR1 None, Core Float;
    L32A32_FLOAT: RG32F RG FLOAT, RRRG None, Core Never;
    R8A8_UNORM: RG8 RG UNSIGNED_BYTE, ROOG None, Core Never;
    R8_UINT: R8UI RED_INTEGER UNSIGNED_BYTE, RGBA None, Core Core;
    R8G8_UINT: RG8UI RG_INTEGER UNSIGNED_BYTE, RGBA None, Core Core;
    R8G8B8A8_UINT: RGBA8UI RGBA_INTEGER UNSIGNED_BYTE, RGBA None, Core Core;
    R8_SINT: R8I RED_INTEGER BYTE, RGBA None, Core Core;
    R8G8_SINT: RG8I RG_INTEGER BYTE, RGBA None, Core Core;
    R8G8B8A8_SINT: RGBA8I RGBA_INTEGER BYTE, RGBA None, Core Core;
    R16_UINT: R16UI RED_INTEGER UNSIGNED_SHORT, RGBA None, Core Core;
    R16G16_UINT: RG16UI RG_INTEGER UNSIGNED_SHORT, RGBA None, Core Core;
    R16G16B16A16_UINT: RGBA16UI RGBA_INTEGER UNSIGNED_SHORT, RGBA None, Core Core;
    R16_SINT: R16I RED_INTEGER SHORT, RGBA None, Core Core;
    R16G16_SINT: RG16I RG_INTEGER SHORT, RGBA None, Core Core;
    R16G16B16A16_SINT: RGBA16I RGBA_INTEGER SHORT, RGBA None, Core Core;
    R32_UINT: R32UI RED_INTEGER UNSIGNED_INT, RGBA None, Core Core;
    R32G32_UINT: RG32UI RG_INTEGER UNSIGNED_INT, RGBA None, Core Core;
    R32G32B32_UINT: RGB32UI RGB_INTEGER UNSIGNED_INT, RGBA None, Core Never;
    R32G32B32A32_UINT: RGBA32UI RGBA_INTEGER UNSIGNED_INT, RGBA None, Core Core;
    R32_SINT: R32I RED_INTEGER INT, RGBA None, Core Core;
    R32G32_SINT: RG32I RG_INTEGER INT, RGBA None, Core Core;
    R32G32B32_SINT: RGB32I RGB_INTEGER INT, RGBA None, Core Never;
    R32G32B32A32_SINT: RGBA32I RGBA_INTEGER INT, RGBA None, Core Core;
    A8_UINT: R8UI RED_INTEGER UNSIGNED_BYTE, OOOR None, Core Never;
    L8_UINT: R8UI RED_INTEGER UNSIGNED_BYTE, RRR1 None, Core Core;
    L8A8_UINT: RG8UI RG_INTEGER UNSIGNED_BYTE, RRRG None, Core Never;
    A8_SINT: R8I RED_INTEGER BYTE, OOOR None, Core Never;
    L8_SINT: R8I RED_INTEGER BYTE, RRR1 None, Core Core;
    L8A8_SINT: RG8I RG_INTEGER BYTE, RRRG None, Core Never;
    A16_UINT: R16UI RED_INTEGER UNSIGNED_SHORT, OOOR None, Core Never;
    L16_UINT: R16UI RED_INTEGER UNSIGNED_SHORT, RRR1 None, Core Core;
    L16A16_UINT: RG16UI RG_INTEGER UNSIGNED_SHORT, RRRG None, Core Never;
    A16_SINT: R16I RED_INTEGER SHORT, OOOR None, Core Never;
    L16_SINT: R16I RED_INTEGER SHORT, RRR1 None, Core Core;
    L16A16_SINT: RG16I RG_INTEGER SHORT, RRRG None, Core Never;
    A32_UINT: R32UI RED_INTEGER UNSIGNED_INT, OOOR None, Core Never;
    L32_UINT: R32UI RED_INTEGER UNSIGNED_INT, RRR1 None, Core Core;
    L32A32_UINT: RG32UI RG_INTEGER UNSIGNED_INT, RRRG None, Core Never;
    A32_SINT: R32I RED_INTEGER INT, OOOR None, Core Never;
    L32_SINT: R32I RED_INTEGER INT, RRR1 None, Core Core;
    L32A32_SINT: RG32I RG_INTEGER INT, RRRG None, Core Never;
    B10G10R10A2_UINT: RGB10_A2UI RGBA_INTEGER UNSIGNED_INT_2_10_10_10_REV, RGBA SwapTens, Core Core;
    ETC1_RGB8: COMPRESSED_RGB8_ETC2 RGB UNSIGNED_BYTE, RGBA None, Core Never;
    R8G8B8X8_SNORM: RGBA8_SNORM RGBA BYTE, RGB1 None, Core RenderSnorm;
    R8G8B8X8_SRGB: SRGB8_ALPHA8 RGBA UNSIGNED_BYTE, RGB1 None, Core Core;
    R8G8B8X8_UINT: RGBA8UI RGBA_INTEGER UNSIGNED_BYTE, RGB1 None, Core Core;
    R8G8B8X8_SINT: RGBA8I RGBA_INTEGER BYTE, RGB1 None, Core Core;
    B10G10R10X2_UNORM: RGB10_A2 RGBA UNSIGNED_INT_2_10_10_10_REV, RGB1 SwapTens, Core Core;
    R16G16B16X16_UNORM: RGBA16 RGBA UNSIGNED_SHORT, RGB1 None, Norm16 Core;
    R16G16B16X16_SNORM: RGBA16_SNORM RGBA SHORT, RGB1 None, Norm16 RenderSnorm;
    R16G16B16X16_FLOAT: RGBA16F RGBA HALF_FLOAT, RGB1 None, Core HalfFloat;
    R16G16B16X16_UINT: RGBA16UI RGBA_INTEGER UNSIGNED_SHORT, RGB1 None, Core Core;
    R16G16B16X16_SINT: RGBA16I RGBA_INTEGER SHORT, RGB1 None, Core Core;
    R32G32B32X32_FLOAT: RGBA32F RGBA FLOAT, RGB1 None, Core Float;
    R32G32B32X32_UINT: RGBA32UI RGBA_INTEGER UNSIGNED_INT, RGB1 None, Core Core;
    R32G32B32X32_SINT: RGBA32I RGBA_INTEGER INT, RGB1 None, Core Core;
    R8A8_SNORM: RG8_SNORM RG BYTE, ROOG None, Core Never;
    R16A16_UNORM: RG16 RG UNSIGNED_SHORT, ROOG None, Norm16 Never;
    R16A16_SNORM: RG16_SNORM RG SHORT, ROOG None, Norm16 Never;
    R16A16_FLOAT: RG16F RG HALF_FLOAT, ROOG None, Core Never;
    R32A32_FLOAT: RG32F RG FLOAT, ROOG None, Core Never;
    R8A8_UINT: RG8UI RG_INTEGER UNSIGNED_BYTE, ROOG None, Core Never;
    R8A8_SINT: RG8I RG_INTEGER BYTE, ROOG None, Core Never;
    R16A16_UINT: RG16UI RG_INTEGER UNSIGNED_SHORT, ROOG None, Core Never;
    R16A16_SINT: RG16I RG_INTEGER SHORT, ROOG None, Core Never;
    R32A32_UINT: RG32UI RG_INTEGER UNSIGNED_INT, ROOG None, Core Never;
    R32A32_SINT: RG32I RG_INTEGER INT, ROOG None, Core Never;
    R10G10B10A2_UINT: RGB10_A2UI RGBA_INTEGER UNSIGNED_INT_2_10_10_10_REV, RGBA None, Core Core;
    BPTC_RGBA_UNORM: COMPRESSED_RGBA_BPTC_UNORM RGBA UNSIGNED_BYTE, RGBA None, Bptc Never;
    BPTC_SRGBA: COMPRESSED_SRGB_ALPHA_BPTC_UNORM RGBA UNSIGNED_BYTE, RGBA None, Bptc Never;
    BPTC_RGB_FLOAT: COMPRESSED_RGB_BPTC_SIGNED_FLOAT RGB UNSIGNED_BYTE, RGBA None, Bptc Never;
    BPTC_RGB_UFLOAT: COMPRESSED_RGB_BPTC_UNSIGNED_FLOAT RGB UNSIGNED_BYTE, RGBA None, Bptc Never;
    ETC2_RGB8: COMPRESSED_RGB8_ETC2 RGB UNSIGNED_BYTE, RGBA None, Core Never;
    ETC2_SRGB8: COMPRESSED_SRGB8_ETC2 RGB BYTE, RGBA None, Core Never;
    ETC2_RGB8A1: COMPRESSED_RGB8_PUNCHTHROUGH_ALPHA1_ETC2 RGBA UNSIGNED_BYTE, RGBA None, Core Never;
    ETC2_SRGB8A1: COMPRESSED_SRGB8_PUNCHTHROUGH_ALPHA1_ETC2 RGBA BYTE, RGBA None, Core Never;
    ETC2_RGBA8: COMPRESSED_RGBA8_ETC2_EAC RGBA UNSIGNED_BYTE, RGBA None, Core Never;
    ETC2_SRGBA8: COMPRESSED_SRGB8_ALPHA8_ETC2_EAC RGBA BYTE, RGBA None, Core Never;
    ETC2_R11_UNORM: COMPRESSED_R11_EAC RED UNSIGNED_BYTE, RGBA None, Core Never;
    ETC2_R11_SNORM: COMPRESSED_SIGNED_R11_EAC RED BYTE, RGBA None, Core Never;
    ETC2_RG11_UNORM: COMPRESSED_RG11_EAC RG UNSIGNED_BYTE, RGBA None, Core Never;
    ETC2_RG11_SNORM: COMPRESSED_SIGNED_RG11_EAC RG BYTE, RGBA None, Core Never;
    ASTC_4X4: COMPRESSED_RGBA_ASTC_4x4_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_5X4: COMPRESSED_RGBA_ASTC_5x4_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_5X5: COMPRESSED_RGBA_ASTC_5x5_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_6X5: COMPRESSED_RGBA_ASTC_6x5_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_6X6: COMPRESSED_RGBA_ASTC_6x6_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_8X5: COMPRESSED_RGBA_ASTC_8x5_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_8X6: COMPRESSED_RGBA_ASTC_8x6_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_8X8: COMPRESSED_RGBA_ASTC_8x8_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_10X5: COMPRESSED_RGBA_ASTC_10x5_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_10X6: COMPRESSED_RGBA_ASTC_10x6_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_10X8: COMPRESSED_RGBA_ASTC_10x8_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_10X10: COMPRESSED_RGBA_ASTC_10x10_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_12X10: COMPRESSED_RGBA_ASTC_12x10_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_12X12: COMPRESSED_RGBA_ASTC_12x12_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_4X4_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_4x4_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_5X4_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_5x4_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_5X5_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_5x5_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_6X5_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_6x5_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_6X6_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_6x6_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_8X5_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_8x5_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_8X6_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_8x6_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_8X8_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_8x8_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_10X5_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_10x5_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_10X6_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_10x6_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_10X8_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_10x8_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_10X10_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_10x10_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_12X10_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_12x10_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    ASTC_12X12_SRGB: COMPRESSED_SRGB8_ALPHA8_ASTC_12x12_KHR RGBA UNSIGNED_BYTE, RGBA None, Astc Never;
    R10G10B10X2_UNORM: RGB10_A2 RGBA UNSIGNED_INT_2_10_10_10_REV, RGB1 None, Core Core;
    A4B4G4R4_UNORM: RGBA4 RGBA UNSIGNED_SHORT_4_4_4_4, RGBA None, Core Core;
    R8_SRGB: SR8_EXT RED UNSIGNED_BYTE, RGBA None, SrgbR8 Never;
    R8G8_SRGB: SRG8_EXT RG UNSIGNED_BYTE, RGBA None, SrgbRg8 Never;
    A1B5G5R5_UNORM: RGB5_A1 RGBA UNSIGNED_SHORT_5_5_5_1, RGBA None, Core Core;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::formats::Packing;

    /// Bytes of an uploaded texel.
    fn upload_bytes(gl: &GlFormat) -> u32 {
        let channels = match gl.format {
            names::RED | names::RED_INTEGER | names::DEPTH_COMPONENT | names::STENCIL_INDEX => 1,
            names::RG | names::RG_INTEGER => 2,
            names::RGB | names::RGB_INTEGER => 3,
            names::RGBA | names::RGBA_INTEGER => 4,
            names::DEPTH_STENCIL => 0,
            other => panic!("unexpected format {other:#x}"),
        };
        match gl.ty {
            names::BYTE | names::UNSIGNED_BYTE => channels,
            names::SHORT | names::UNSIGNED_SHORT | names::HALF_FLOAT => 2 * channels,
            names::INT | names::UNSIGNED_INT | names::FLOAT => 4 * channels,
            names::UNSIGNED_SHORT_5_6_5
            | names::UNSIGNED_SHORT_4_4_4_4
            | names::UNSIGNED_SHORT_5_5_5_1 => 2,
            names::UNSIGNED_INT_2_10_10_10_REV
            | names::UNSIGNED_INT_10F_11F_11F_REV
            | names::UNSIGNED_INT_5_9_9_9_REV
            | names::UNSIGNED_INT_24_8 => 4,
            names::FLOAT_32_UNSIGNED_INT_24_8_REV => 8,
            other => panic!("unexpected type {other:#x}"),
        }
    }

    fn all() -> impl Iterator<Item = (FormatId, &'static GlFormat)> {
        FormatId::all().filter_map(|(id, _)| Some((id, id.gl()?)))
    }

    #[test]
    fn uploads_have_the_size_of_guest_texels() {
        for (id, gl) in all() {
            let info = id.info().unwrap();
            match info.packing {
                Packing::Plain => {
                    assert_eq!(upload_bytes(gl), u32::from(info.block.bytes), "{id}");
                }
                Packing::Compressed => assert_eq!(gl.render, Needs::Never, "{id}"),
                other => panic!("{id} is {other:?}"),
            }
        }
    }

    #[test]
    fn kinds_agree_with_the_gl_format() {
        for (id, gl) in all() {
            let info = id.info().unwrap();
            let integer = matches!(
                gl.format,
                names::RED_INTEGER | names::RG_INTEGER | names::RGB_INTEGER | names::RGBA_INTEGER
            );
            assert_eq!(integer, info.is_integer(), "{id}");
            let depth = matches!(gl.format, names::DEPTH_COMPONENT | names::DEPTH_STENCIL);
            assert_eq!(depth, info.is_depth(), "{id}");
            if info.packing == Packing::Plain && !info.is_depth_stencil() {
                let reads_alpha = gl.swizzle[3] != Swizzle::One;
                let stores_alpha = gl.format == names::RGBA || gl.format == names::RGBA_INTEGER;
                assert_eq!(
                    reads_alpha && (stores_alpha || !gl.is_direct()),
                    info.has_alpha(),
                    "{id}"
                );
            }
        }
    }

    #[test]
    fn the_formats_of_window_systems_are_stored_and_rendered_by_any_host() {
        for id in [
            FormatId::B8G8R8A8_UNORM,
            FormatId::B8G8R8X8_UNORM,
            FormatId::R8G8B8A8_UNORM,
            FormatId::R8G8B8X8_UNORM,
            FormatId::B5G6R5_UNORM,
            FormatId::B10G10R10A2_UNORM,
            FormatId::S8_UINT_Z24_UNORM,
        ] {
            let gl = id.gl().unwrap();
            assert_eq!((gl.storage, gl.render), (Needs::Core, Needs::Core), "{id}");
        }
        assert_eq!(
            FormatId::B8G8R8A8_UNORM.gl().map(|f| f.conversion),
            Some(Conversion::SwapBytes)
        );
        assert!(
            FormatId::B8G8R8X8_UNORM
                .gl()
                .is_some_and(GlFormat::hides_alpha)
        );
        assert!(FormatId::X24S8_UINT.gl().is_none());
        assert!(FormatId(u32::MAX).gl().is_none());
    }

    #[test]
    fn needs_met_by_version_or_extension() {
        let none = |_: &str| false;
        assert!(Needs::Core.met((3, 0), none));
        assert!(!Needs::Float.met((3, 1), none));
        assert!(Needs::Float.met((3, 2), none));
        assert!(Needs::HalfFloat.met((3, 0), |name| name == "GL_EXT_color_buffer_half_float"));
        assert!(!Needs::Float.met((3, 0), |name| name == "GL_EXT_color_buffer_half_float"));
        assert!(!Needs::Never.met((3, 2), |_| true));
    }
}
