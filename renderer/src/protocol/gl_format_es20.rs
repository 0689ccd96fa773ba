//! How OpenGL ES 2.0 stores each of the protocol's formats.
//!
//! Storage has the format and type of its uploads, and there are few of them. Textures
//! have no swizzles: those of this table are applied by shaders. sRGB is stored like any
//! other colour and decoded by shaders, so nothing draws to it.

use super::convert::Conversion;
use super::formats::{COUNT, FormatId};
use super::gl_format::{GlFormat, Needs, RGB1, RGBA};
use super::values::Swizzle;

const R001: [Swizzle; 4] = [Swizzle::X, Swizzle::Zero, Swizzle::Zero, Swizzle::One];
const RA01: [Swizzle; 4] = [Swizzle::X, Swizzle::W, Swizzle::Zero, Swizzle::One];

/// The GL names of the table: glow's, and those that it lacks.
mod names {
    pub use glow::*;

    /// `GL_HALF_FLOAT_OES` (OES_texture_half_float), which is not OpenGL ES 3.0's.
    pub const HALF_FLOAT_OES: u32 = 0x8d61;
}

impl FormatId {
    /// How OpenGL ES 2.0 stores the format; `None` if it cannot.
    pub fn gl_es20(self) -> Option<&'static GlFormat> {
        TABLE.get(self.0 as usize)?.as_ref()
    }
}

macro_rules! formats {
    ($($id:ident: $format:ident $ty:ident, $swizzle:ident $conversion:ident,
       $storage:ident $render:ident;)+) => {
        static TABLE: [Option<GlFormat>; COUNT] = {
            let mut table = [None; COUNT];
            $(
                table[FormatId::$id.0 as usize] = Some(GlFormat {
                    internal: names::$format,
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

// Guest format: format and type, swizzle and conversion, what storing and what rendering
// takes.
formats! {
    B8G8R8A8_UNORM: RGBA UNSIGNED_BYTE, RGBA SwapBytes, Core Core;
    B8G8R8X8_UNORM: RGBA UNSIGNED_BYTE, RGB1 SwapBytes, Core Core;
    A8R8G8B8_UNORM: RGBA UNSIGNED_BYTE, RGBA AlphaFirst, Core Core;
    X8R8G8B8_UNORM: RGBA UNSIGNED_BYTE, RGB1 AlphaFirst, Core Core;
    A8B8G8R8_UNORM: RGBA UNSIGNED_BYTE, RGBA ReverseBytes, Core Core;
    X8B8G8R8_UNORM: RGBA UNSIGNED_BYTE, RGB1 ReverseBytes, Core Core;
    R8G8B8A8_UNORM: RGBA UNSIGNED_BYTE, RGBA None, Core Core;
    R8G8B8X8_UNORM: RGBA UNSIGNED_BYTE, RGB1 None, Core Core;
    B5G5R5A1_UNORM: RGBA UNSIGNED_SHORT_5_5_5_1, RGBA AlphaTop1, Core Core;
    B4G4R4A4_UNORM: RGBA UNSIGNED_SHORT_4_4_4_4, RGBA AlphaTop4, Core Core;
    B5G6R5_UNORM: RGB UNSIGNED_SHORT_5_6_5, RGBA None, Core Core;
    L8_UNORM: LUMINANCE UNSIGNED_BYTE, RGBA None, Core Never;
    A8_UNORM: ALPHA UNSIGNED_BYTE, RGBA None, Core Never;
    L8A8_UNORM: LUMINANCE_ALPHA UNSIGNED_BYTE, RGBA None, Core Never;
    R8_UNORM: LUMINANCE UNSIGNED_BYTE, R001 None, Core Never;
    R8G8_UNORM: LUMINANCE_ALPHA UNSIGNED_BYTE, RA01 None, Core Never;
    A8B8G8R8_SRGB: RGBA UNSIGNED_BYTE, RGBA ReverseBytes, Core Never;
    B8G8R8A8_SRGB: RGBA UNSIGNED_BYTE, RGBA SwapBytes, Core Never;
    B8G8R8X8_SRGB: RGBA UNSIGNED_BYTE, RGB1 SwapBytes, Core Never;
    R8G8B8A8_SRGB: RGBA UNSIGNED_BYTE, RGBA None, Core Never;
    R8G8B8X8_SRGB: RGBA UNSIGNED_BYTE, RGB1 None, Core Never;
    Z16_UNORM: DEPTH_COMPONENT UNSIGNED_SHORT, RGBA None, Depth Core;
    Z24X8_UNORM: DEPTH_COMPONENT UNSIGNED_INT, RGBA DepthLow24, Depth Core;
    X8Z24_UNORM: DEPTH_COMPONENT UNSIGNED_INT, RGBA None, Depth Core;
    Z32_UNORM: DEPTH_COMPONENT UNSIGNED_INT, RGBA None, Depth Core;
    Z24_UNORM_S8_UINT: DEPTH_STENCIL UNSIGNED_INT_24_8, RGBA StencilHigh, PackedDepthStencil Core;
    S8_UINT_Z24_UNORM: DEPTH_STENCIL UNSIGNED_INT_24_8, RGBA None, PackedDepthStencil Core;
    R32G32B32A32_FLOAT: RGBA FLOAT, RGBA None, FloatTexture Never;
    R32G32B32X32_FLOAT: RGBA FLOAT, RGB1 None, FloatTexture Never;
    R32G32B32_FLOAT: RGB FLOAT, RGBA None, FloatTexture Never;
    L32_FLOAT: LUMINANCE FLOAT, RGBA None, FloatTexture Never;
    A32_FLOAT: ALPHA FLOAT, RGBA None, FloatTexture Never;
    L32A32_FLOAT: LUMINANCE_ALPHA FLOAT, RGBA None, FloatTexture Never;
    R16G16B16A16_FLOAT: RGBA HALF_FLOAT_OES, RGBA None, HalfFloatTexture Never;
    R16G16B16X16_FLOAT: RGBA HALF_FLOAT_OES, RGB1 None, HalfFloatTexture Never;
    L16_FLOAT: LUMINANCE HALF_FLOAT_OES, RGBA None, HalfFloatTexture Never;
    A16_FLOAT: ALPHA HALF_FLOAT_OES, RGBA None, HalfFloatTexture Never;
    L16A16_FLOAT: LUMINANCE_ALPHA HALF_FLOAT_OES, RGBA None, HalfFloatTexture Never;
    DXT1_RGB: COMPRESSED_RGB_S3TC_DXT1_EXT UNSIGNED_BYTE, RGBA None, S3tc Never;
    DXT1_RGBA: COMPRESSED_RGBA_S3TC_DXT1_EXT UNSIGNED_BYTE, RGBA None, S3tc Never;
    DXT3_RGBA: COMPRESSED_RGBA_S3TC_DXT3_EXT UNSIGNED_BYTE, RGBA None, S3tc Never;
    DXT5_RGBA: COMPRESSED_RGBA_S3TC_DXT5_EXT UNSIGNED_BYTE, RGBA None, S3tc Never;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_agree_with_those_of_later_versions() {
        for (id, info) in FormatId::all() {
            let (Some(old), Some(new)) = (id.gl_es20(), id.gl()) else {
                assert!(id.gl_es20().is_none(), "{id}");
                continue;
            };
            assert_eq!(old.conversion, new.conversion, "{id}");
            assert_eq!(old.hides_alpha(), new.hides_alpha(), "{id}");
            // Decoding is left to shaders, which draws cannot undo.
            assert!(!info.is_srgb() || old.render == Needs::Never, "{id}");
        }
    }
}
