//! The capability sets as the guest reads them (`virgl_hw.h`).
//!
//! Mesa copies as much as both sides know over a set of defaults of its own, so a set
//! may end early, but a field that is there with the value 0 means 0.

use std::mem::{offset_of, size_of};

use bitflags::bitflags;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::protocol::formats::FormatId;

/// A set of formats: bit n stands for format n.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct FormatSet([u32; 16]);

impl FormatSet {
    /// Adds a format; numbers beyond the set are ignored.
    pub fn insert(&mut self, format: FormatId) {
        if let Some(word) = self.0.get_mut(format.0 as usize / 32) {
            *word |= 1 << (format.0 % 32);
        }
    }

    /// True if the format is in the set.
    pub fn contains(&self, format: FormatId) -> bool {
        self.0
            .get(format.0 as usize / 32)
            .is_some_and(|word| word >> (format.0 % 32) & 1 != 0)
    }

    /// Number of formats.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// True if no format is in the set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FromIterator<FormatId> for FormatSet {
    fn from_iter<I: IntoIterator<Item = FormatId>>(formats: I) -> Self {
        let mut set = Self::default();
        formats.into_iter().for_each(|format| set.insert(format));
        set
    }
}

bitflags! {
    /// `bset`: the switches of the first set.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Bset: u32 {
        /// Blending is switched per attachment.
        const INDEP_BLEND_ENABLE = 1 << 0;
        /// Blend functions are set per attachment.
        const INDEP_BLEND_FUNC = 1 << 1;
        /// Cube-map arrays.
        const CUBE_MAP_ARRAY = 1 << 2;
        /// Fragment shaders write stencil.
        const SHADER_STENCIL_EXPORT = 1 << 3;
        /// `SET_RENDER_CONDITION`.
        const CONDITIONAL_RENDER = 1 << 4;
        /// Draws with a first instance.
        const START_INSTANCE = 1 << 5;
        /// Primitive restart with any index.
        const PRIMITIVE_RESTART = 1 << 6;
        /// Separate blend equations (assumed by Mesa).
        const BLEND_EQ_SEP = 1 << 7;
        /// Instance numbers in shaders (assumed by Mesa).
        const INSTANCEID = 1 << 8;
        /// Instance divisors (assumed by Mesa).
        const VERTEX_ELEMENT_INSTANCE_DIVISOR = 1 << 9;
        /// Filtering across cube faces.
        const SEAMLESS_CUBE_MAP = 1 << 10;
        /// Occlusion queries.
        const OCCLUSION_QUERY = 1 << 11;
        /// Timestamps and elapsed times.
        const TIMER_QUERY = 1 << 12;
        /// Transform feedback pauses and resumes.
        const STREAMOUT_PAUSE_RESUME = 1 << 13;
        /// Multisample textures.
        const TEXTURE_MULTISAMPLE = 1 << 14;
        /// Fragment coordinates with the origin below.
        const FRAGMENT_COORD_CONVENTIONS = 1 << 15;
        /// Depth clamping.
        const DEPTH_CLIP_DISABLE = 1 << 16;
        /// Filtering across cube faces is a matter of the sampler.
        const SEAMLESS_CUBE_MAP_PER_TEXTURE = 1 << 17;
        /// Uniform buffers (assumed by Mesa).
        const UBO = 1 << 18;
        /// Colour clamping.
        const COLOR_CLAMPING = 1 << 19;
        /// Polygon stipple.
        const POLY_STIPPLE = 1 << 20;
        /// Mirrored clamping (older guests).
        const MIRROR_CLAMP = 1 << 21;
        /// `textureQueryLod`.
        const TEXTURE_QUERY_LOD = 1 << 22;
        /// Doubles in shaders.
        const HAS_FP64 = 1 << 23;
        /// Tessellation.
        const HAS_TESSELLATION_SHADERS = 1 << 24;
        /// Indirect draws.
        const HAS_INDIRECT_DRAW = 1 << 25;
        /// Shading per sample.
        const HAS_SAMPLE_SHADING = 1 << 26;
        /// Cull distances.
        const HAS_CULL = 1 << 27;
        /// Inverted render conditions.
        const CONDITIONAL_RENDER_INVERTED = 1 << 28;
        /// Fine and coarse derivatives.
        const DERIVATIVE_CONTROL = 1 << 29;
        /// A limit to depth offsets.
        const POLYGON_OFFSET_CLAMP = 1 << 30;
        /// Transform feedback overflow queries.
        const TRANSFORM_FEEDBACK_OVERFLOW_QUERY = 1 << 31;
    }

    /// `capability_bits` of the second set.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Caps: u32 {
        /// Shaders may say `INVARIANT`.
        const TGSI_INVARIANT = 1 << 0;
        /// Texture views; sampler views carry a target.
        const TEXTURE_VIEW = 1 << 1;
        /// `SET_MIN_SAMPLES`.
        const SET_MIN_SAMPLES = 1 << 2;
        /// Copies between formats of one block size.
        const COPY_IMAGE = 1 << 3;
        /// Shaders may say `PRECISE`.
        const TGSI_PRECISE = 1 << 4;
        /// `textureSamples`.
        const TXQS = 1 << 5;
        /// `MEMORY_BARRIER`.
        const MEMORY_BARRIER = 1 << 6;
        /// Compute shaders.
        const COMPUTE_SHADER = 1 << 7;
        /// Framebuffers without attachments.
        const FB_NO_ATTACH = 1 << 8;
        /// Out-of-range buffer accesses are harmless.
        const ROBUST_BUFFER_ACCESS = 1 << 9;
        /// Shaders read the framebuffer.
        const TGSI_FBFETCH = 1 << 10;
        /// Shader clocks.
        const SHADER_CLOCK = 1 << 11;
        /// `TEXTURE_BARRIER`.
        const TEXTURE_BARRIER = 1 << 12;
        /// Shader inputs and outputs packed by component.
        const TGSI_COMPONENTS = 1 << 13;
        /// `SET_DEBUG_FLAGS`.
        const GUEST_MAY_INIT_LOG = 1 << 14;
        /// sRGB encoding is switched.
        const SRGB_WRITE_CONTROL = 1 << 15;
        /// Query results go to buffers.
        const QBO = 1 << 16;
        /// Transfers within command streams.
        const TRANSFER = 1 << 17;
        /// Attachments of different formats.
        const FBO_MIXED_COLOR_FORMATS = 1 << 18;
        /// Guests leave operations on doubles out of shaders: never said, since these work.
        const HOST_IS_GLES = 1 << 19;
        /// Buffers of indirect arguments say so.
        const BIND_COMMAND_ARGS = 1 << 20;
        /// Several indirect draws in one.
        const MULTI_DRAW_INDIRECT = 1 << 21;
        /// Their number comes from a buffer.
        const INDIRECT_PARAMS = 1 << 22;
        /// Transform feedback of several streams, with gaps.
        const TRANSFORM_FEEDBACK3 = 1 << 23;
        /// Sliced 3D ASTC.
        const ASTC_3D = 1 << 24;
        /// Inputs are indexed.
        const INDIRECT_INPUT_ADDR = 1 << 25;
        /// `COPY_TRANSFER3D` to the host.
        const COPY_TRANSFER = 1 << 26;
        /// Clip space depth of 0 to 1.
        const CLIP_HALFZ = 1 << 27;
        /// `SET_TWEAKS`.
        const APP_TWEAK_SUPPORT = 1 << 28;
        /// sRGB BGRA is stored as RGBA.
        const BGRA_SRGB_IS_EMULATED = 1 << 29;
        /// `CLEAR_TEXTURE`.
        const CLEAR_TEXTURE = 1 << 30;
        /// Persistent mappings.
        const ARB_BUFFER_STORAGE = 1 << 31;
    }

    /// `capability_bits_v2` of the second set.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Caps2: u32 {
        /// Advanced blend equations.
        const BLEND_EQUATION = 1 << 0;
        /// `PIPE_RESOURCE_SET_TYPE`.
        const UNTYPED_RESOURCE = 1 << 1;
        /// The size of video memory is known.
        const VIDEO_MEMORY = 1 << 2;
        /// `GET_MEMORY_INFO`.
        const MEMINFO = 1 << 3;
        /// `EMIT_STRING_MARKER`.
        const STRING_MARKER = 1 << 4;
        /// Another GPU shows the pictures.
        const DIFFERENT_GPU = 1 << 5;
        /// Rendering with samples that are resolved by themselves.
        const IMPLICIT_MSAA = 1 << 6;
        /// `COPY_TRANSFER3D` from the host.
        const COPY_TRANSFER_BOTH_DIRECTIONS = 1 << 7;
        /// Scanouts are GBM buffers.
        const SCANOUT_USES_GBM = 1 << 8;
        /// Programs of single stages.
        const SSO = 1 << 9;
        /// Explicit levels of shadow lookups.
        const TEXTURE_SHADOW_LOD = 1 << 10;
        /// Vertex shaders choose the layer.
        const VS_VERTEX_LAYER = 1 << 11;
        /// Vertex shaders choose the viewport.
        const VS_VIEWPORT_INDEX = 1 << 12;
        /// Pipeline statistics.
        const PIPELINE_STATISTICS_QUERY = 1 << 13;
        /// `gl_BaseVertex` and its like.
        const DRAW_PARAMETERS = 1 << 14;
        /// Votes of a group.
        const GROUP_VOTE = 1 << 15;
        /// Mirrored clamping to the edge.
        const MIRROR_CLAMP_TO_EDGE = 1 << 16;
        /// Mirrored clamping.
        const MIRROR_CLAMP = 1 << 17;
        /// `GET_PIPE_RESOURCE_LAYOUT`.
        const RESOURCE_LAYOUT = 1 << 18;
    }
}

/// Capset 1, `virgl_caps_v1`.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
#[allow(missing_docs, reason = "the fields bear the header's names")]
pub struct CapsV1 {
    pub max_version: u32,
    /// Formats to sample from; depth formats are looked up here too.
    pub sampler: FormatSet,
    pub render: FormatSet,
    /// Read by no guest.
    pub depthstencil: FormatSet,
    pub vertexbuffer: FormatSet,
    pub bset: u32,
    pub glsl_level: u32,
    pub max_texture_array_layers: u32,
    pub max_streamout_buffers: u32,
    pub max_dual_source_render_targets: u32,
    pub max_render_targets: u32,
    pub max_samples: u32,
    /// A bit a primitive mode.
    pub prim_mask: u32,
    /// In texels.
    pub max_tbo_size: u32,
    /// With the default block.
    pub max_uniform_blocks: u32,
    pub max_viewports: u32,
    pub max_texture_gather_components: u32,
}

/// Capset 2, `virgl_caps_v2`, as of version 23.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
#[allow(missing_docs, reason = "the fields bear the header's names")]
pub struct CapsV2 {
    pub v1: CapsV1,
    pub aliased_point_size: [f32; 2],
    pub smooth_point_size: [f32; 2],
    pub aliased_line_width: [f32; 2],
    pub smooth_line_width: [f32; 2],
    pub max_texture_lod_bias: f32,
    pub max_geom_output_vertices: u32,
    pub max_geom_total_output_components: u32,
    /// In vectors.
    pub max_vertex_outputs: u32,
    pub max_vertex_attribs: u32,
    /// In vectors.
    pub max_shader_patch_varyings: u32,
    pub texel_offset: [i32; 2],
    pub texture_gather_offset: [i32; 2],
    pub texture_buffer_offset_alignment: u32,
    pub uniform_buffer_offset_alignment: u32,
    pub shader_buffer_offset_alignment: u32,
    pub capability_bits: u32,
    /// A byte a sample, x in the high half: 2, 4, 8 and 16 samples.
    pub sample_locations: [u32; 8],
    pub max_vertex_attrib_stride: u32,
    pub max_shader_buffer_frag_compute: u32,
    pub max_shader_buffer_other_stages: u32,
    pub max_shader_image_frag_compute: u32,
    pub max_shader_image_other_stages: u32,
    pub max_image_samples: u32,
    pub max_compute_work_group_invocations: u32,
    pub max_compute_shared_memory_size: u32,
    pub max_compute_grid_size: [u32; 3],
    pub max_compute_block_size: [u32; 3],
    pub max_texture_2d_size: u32,
    pub max_texture_3d_size: u32,
    pub max_texture_cube_size: u32,
    pub max_combined_shader_buffers: u32,
    pub max_atomic_counters: [u32; 6],
    pub max_atomic_counter_buffers: [u32; 6],
    pub max_combined_atomic_counters: u32,
    pub max_combined_atomic_counter_buffers: u32,
    pub host_feature_check_version: u32,
    pub supported_readback_formats: FormatSet,
    pub scanout: FormatSet,
    pub capability_bits_v2: u32,
    /// In MB.
    pub max_video_memory: u32,
    /// Closed by a NUL.
    pub renderer: [u8; 64],
    pub max_anisotropy: f32,
    pub max_texture_image_units: u32,
    pub supported_multisample_formats: FormatSet,
    /// Bytes a stage.
    pub max_const_buffer_size: [u32; 6],
    pub num_video_caps: u32,
    pub video_caps: [[u32; 4]; 32],
    pub max_uniform_block_size: u32,
    pub max_tcs_outputs: u32,
    pub max_tes_outputs: u32,
    pub max_shader_storage_blocks: [u32; 6],
}

// Offsets as guests have them compiled in.
const _: () = {
    assert!(size_of::<CapsV1>() == 308);
    assert!(offset_of!(CapsV1, render) == 68);
    assert!(offset_of!(CapsV1, vertexbuffer) == 196);
    assert!(offset_of!(CapsV1, bset) == 260);
    assert!(offset_of!(CapsV1, max_texture_gather_components) == 304);
    assert!(size_of::<CapsV2>() == 1408);
    assert!(offset_of!(CapsV2, aliased_point_size) == 308);
    assert!(offset_of!(CapsV2, max_texture_lod_bias) == 340);
    assert!(offset_of!(CapsV2, texel_offset) == 364);
    assert!(offset_of!(CapsV2, capability_bits) == 392);
    assert!(offset_of!(CapsV2, sample_locations) == 396);
    assert!(offset_of!(CapsV2, max_vertex_attrib_stride) == 428);
    assert!(offset_of!(CapsV2, max_compute_work_group_invocations) == 452);
    assert!(offset_of!(CapsV2, max_texture_2d_size) == 484);
    assert!(offset_of!(CapsV2, max_atomic_counters) == 500);
    assert!(offset_of!(CapsV2, host_feature_check_version) == 556);
    assert!(offset_of!(CapsV2, supported_readback_formats) == 560);
    assert!(offset_of!(CapsV2, capability_bits_v2) == 688);
    assert!(offset_of!(CapsV2, renderer) == 696);
    assert!(offset_of!(CapsV2, max_anisotropy) == 760);
    assert!(offset_of!(CapsV2, supported_multisample_formats) == 768);
    assert!(offset_of!(CapsV2, num_video_caps) == 856);
    assert!(offset_of!(CapsV2, max_uniform_block_size) == 1372);
    assert!(offset_of!(CapsV2, max_tcs_outputs) == 1376);
    assert!(offset_of!(CapsV2, max_shader_storage_blocks) == 1384);
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_set_bit_n_is_format_n() {
        let set: FormatSet = [FormatId::B8G8R8A8_UNORM, FormatId(511), FormatId(512)]
            .into_iter()
            .collect();
        assert_eq!(set.len(), 2);
        assert!(set.contains(FormatId(1)) && set.contains(FormatId(511)));
        assert!(!set.contains(FormatId(512)) && !set.contains(FormatId(u32::MAX)));
        assert_eq!(set.as_bytes()[0], 2);
        assert_eq!(set.as_bytes()[63], 0x80);
        assert!(FormatSet::default().is_empty());
    }
}
