//! The system uniform block: host state that shaders read and that changes too often, or
//! too finely, to be a part of the variant key.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

bitflags::bitflags! {
    /// The parts of [`SystemBlock`] that a translated shader reads.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct SystemUse: u32 {
        /// `y_sign`
        const Y_SIGN = 1;
        /// `alpha_ref`
        const ALPHA_REF = 1 << 1;
        /// `point_size`
        const POINT_SIZE = 1 << 2;
        /// `sprite_y_scale` and `sprite_y_bias`
        const SPRITE_Y = 1 << 3;
        /// `base_vertex`, `base_instance`, `draw_id`
        const DRAW_PARAMETERS = 1 << 4;
        /// `clip_planes`
        const CLIP_PLANES = 1 << 5;
        /// `stipple`
        const STIPPLE = 1 << 6;
        /// `tess_outer`, `tess_inner`
        const TESS_LEVELS = 1 << 7;
        /// `samplers` of the shader's own stage
        const SAMPLERS = 1 << 8;
        /// `depth`
        const DEPTH = 1 << 9;
    }
}

/// The content of the uniform block [`SystemBlock::NAME`], in std140 layout.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct SystemBlock {
    /// Factor of `gl_Position.y` in the last stage before the rasteriser: −1 where the
    /// viewport's y scale is negative, else 1.
    pub y_sign: f32,
    /// Reference value of the alpha test.
    pub alpha_ref: f32,
    /// Point size of the rasteriser state, in pixels.
    pub point_size: f32,
    /// Point sprite y = `gl_PointCoord.y * sprite_y_scale + sprite_y_bias`: (1, 0) where
    /// `y_sign` is 1, (−1, 1) where it is −1.
    pub sprite_y_scale: f32,
    /// See `sprite_y_scale`.
    pub sprite_y_bias: f32,
    /// Value of `BASEVERTEX`.
    pub base_vertex: i32,
    /// Value of `BASEINSTANCE`.
    pub base_instance: i32,
    /// Value of `DRAWID`.
    pub draw_id: i32,
    /// User clip planes.
    pub clip_planes: [[f32; 4]; 8],
    /// Polygon stipple: row y mod 32; bit 31 stands for x mod 32 = 0.
    pub stipple: [u32; 32],
    /// Default outer tessellation levels.
    pub tess_outer: [f32; 4],
    /// Default inner tessellation levels; two are used.
    pub tess_inner: [f32; 4],
    /// One word for each sampler of each stage (wire order of the stages), see
    /// [`SamplerInfo`].
    pub samplers: [[u32; SystemBlock::SAMPLERS]; 6],
    /// Window depth is z/w * `depth[0]` + `depth[1]`, from `depth[2]` to `depth[3]`.
    pub depth: [f32; 4],
}

impl SystemBlock {
    /// Name of the block in GLSL.
    pub const NAME: &'static str = "MaroSystem";
    /// Samplers a stage.
    pub const SAMPLERS: usize = 32;
    /// Size in bytes.
    pub const SIZE: usize = size_of::<SystemBlock>();

    /// The block's declaration; the same text in every stage, as linking asks.
    pub const GLSL: &'static str = "\
layout(std140) uniform MaroSystem {
    highp float sys_y_sign;
    highp float sys_alpha_ref;
    highp float sys_point_size;
    highp float sys_sprite_y_scale;
    highp float sys_sprite_y_bias;
    highp int sys_base_vertex;
    highp int sys_base_instance;
    highp int sys_draw_id;
    highp vec4 sys_clip_planes[8];
    highp uvec4 sys_stipple[8];
    highp vec4 sys_tess_outer;
    highp vec4 sys_tess_inner;
    highp uvec4 sys_samplers[48];
    highp vec4 sys_depth;
};
";
}

impl Default for SystemBlock {
    fn default() -> Self {
        SystemBlock {
            y_sign: 1.0,
            alpha_ref: 0.0,
            point_size: 1.0,
            sprite_y_scale: 1.0,
            sprite_y_bias: 0.0,
            base_vertex: 0,
            base_instance: 0,
            draw_id: 0,
            clip_planes: [[0.0; 4]; 8],
            stipple: [u32::MAX; 32],
            tess_outer: [1.0; 4],
            tess_inner: [1.0; 4],
            samplers: [[SamplerInfo::default().pack(); SystemBlock::SAMPLERS]; 6],
            depth: [0.5, 0.5, 0.0, 1.0],
        }
    }
}

/// What GLSL ES cannot ask of a bound texture, packed in one word of
/// [`SystemBlock::samplers`]. For a buffer texture on a host without them, the word is the
/// number of texels instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SamplerInfo {
    /// Number of mip levels of the view.
    pub levels: u8,
    /// Samples a texel.
    pub samples: u8,
    /// The view's swizzle for r, g, b, a: 0–3 component, 4 zero, 5 one. Read for
    /// shadow samplers, whose swizzle works on the result of the comparison, and for
    /// buffer textures, which have no swizzle state.
    pub swizzle: [u8; 4],
    /// The sampler's level-of-detail bias, in steps of 1/32; GLSL ES samplers have none.
    pub lod_bias: i16,
}

impl SamplerInfo {
    /// Steps of the bias a level.
    pub const LOD_STEPS: f32 = 32.0;

    /// The nearest bias that fits the word: at most 16 levels either way.
    pub fn lod_steps(bias: f32) -> i16 {
        (bias * Self::LOD_STEPS).round().clamp(-512.0, 511.0) as i16
    }

    /// Levels in bits 0–4, samples in 5–9, swizzle in four groups of 3 bits from 10, the
    /// bias as a signed number from 22.
    pub const fn pack(self) -> u32 {
        let s = self.swizzle;
        (self.levels as u32 & 31)
            | (self.samples as u32 & 31) << 5
            | (s[0] as u32 & 7) << 10
            | (s[1] as u32 & 7) << 13
            | (s[2] as u32 & 7) << 16
            | (s[3] as u32 & 7) << 19
            | (self.lod_bias as u32) << 22
    }
}

impl Default for SamplerInfo {
    fn default() -> Self {
        SamplerInfo {
            levels: 1,
            samples: 1,
            swizzle: [0, 1, 2, 3],
            lod_bias: 0,
        }
    }
}

// std140 places scalars one after the other and everything else on 16 bytes.
const _: () = {
    use std::mem::offset_of;
    assert!(offset_of!(SystemBlock, draw_id) == 28);
    assert!(offset_of!(SystemBlock, clip_planes) == 32);
    assert!(offset_of!(SystemBlock, stipple) == 160);
    assert!(offset_of!(SystemBlock, tess_outer) == 288);
    assert!(offset_of!(SystemBlock, tess_inner) == 304);
    assert!(offset_of!(SystemBlock, samplers) == 320);
    assert!(offset_of!(SystemBlock, depth) == 320 + 6 * 32 * 4);
    assert!(SystemBlock::SIZE == 336 + 6 * 32 * 4);
};
