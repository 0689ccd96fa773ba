//! Fills the capability sets from a host's limits, formats and features.

use maro_gpu::renderer::Capset;
use zerocopy::{FromZeros, IntoBytes};

use super::claims::{Bits, CLAIMS, Implemented, Needs, Parts};
use super::wire::{Bset, CapsV1, CapsV2, FormatSet};
use crate::gl::host::{Feature, Limits, Version};
use crate::protocol::formats::FormatId;
use crate::resource::mirror;

/// The protocol revision that the sets speak (`host_feature_check_version`).
///
/// 23 and the 1408-byte set go together: it tells the number of storage blocks of each
/// stage (a host may have none in vertex shaders, which the older set cannot say), and a
/// vtest client keeps to the version of its protocol that it negotiated first.
pub const PROTOCOL_REVISION: u32 = 23;

/// Largest block that Mesa binds as constants.
const MAX_CONSTANT_BUFFER: u32 = 65536;
/// Uniform blocks of a stage that the renderer takes for itself: the guest's constants
/// and the system values.
const OWN_UNIFORM_BLOCKS: u32 = 2;

/// Uniform vectors of a stage that the renderer keeps for itself in OpenGL ES 2.0: two of
/// state and eight clip planes. A pattern of stipples takes more, if shaders leave them.
const OWN_UNIFORM_VECTORS: u32 = 10;

/// A host, as far as the sets depend on it.
pub struct Host<'a> {
    /// OpenGL ES, otherwise desktop OpenGL.
    pub gles: bool,
    /// Its version.
    pub version: Version,
    /// The driver's name of itself.
    pub renderer: &'a str,
    /// Its limits.
    pub limits: &'a Limits,
    /// Its features.
    pub has: &'a dyn Fn(Feature) -> bool,
    /// Its formats.
    pub formats: &'a FormatMasks,
    /// Where samples lie, in the set's encoding: 2, 4, 8 and 16 samples.
    pub sample_locations: [u32; 8],
}

/// What a host can do with formats.
#[derive(Clone, Copy, Debug, Default)]
pub struct FormatMasks {
    /// Stored and sampled (depth too).
    pub sample: FormatSet,
    /// Attached and drawn to (depth too).
    pub render: FormatSet,
    /// Read back exactly as stored.
    pub readback: FormatSet,
    /// Stored with several samples.
    pub multisample: FormatSet,
}

impl Host<'_> {
    /// Is OpenGL ES 2.0 all that there is?
    fn is_es20(&self) -> bool {
        self.gles && self.version < Version::new(3, 0)
    }

    fn meets(&self, needs: Needs) -> bool {
        match needs {
            Needs::Always => true,
            Needs::Core => !self.is_es20(),
            Needs::Features(features) => features.iter().all(|&feature| (self.has)(feature)),
            Needs::Desktop => !self.gles,
            Needs::Nothing => false,
        }
    }

    /// The parts of the renderer that can work here.
    fn parts(&self, implemented: Parts) -> Parts {
        let needs = [
            (Parts::GEOMETRY, Feature::GeometryShader),
            (Parts::TESSELLATION, Feature::TessellationShader),
            (Parts::COMPUTE, Feature::Compute),
            (Parts::STORAGE_BUFFERS, Feature::Compute),
            (Parts::IMAGES, Feature::Compute),
            (Parts::DUAL_SOURCE, Feature::BlendFuncExtended),
            (Parts::MULTISAMPLE, Feature::TextureMultisample),
            (Parts::VIEWPORTS, Feature::ViewportArray),
            (Parts::GATHER, Feature::TextureGather),
        ];
        let missing = needs
            .iter()
            .filter(|(_, feature)| !(self.has)(*feature))
            .fold(Parts::empty(), |missing, (part, _)| missing | *part);
        let modern = Parts::TEXTURE_BUFFERS | Parts::STREAM_OUTPUT;
        let old = if self.is_es20() {
            modern
        } else {
            Parts::empty()
        };
        implemented - missing - old
    }
}

/// The switches that are claimed on a host.
fn claimed(host: &Host<'_>, implemented: &Implemented) -> Bits {
    let mut bits = Bits::default();
    for claim in CLAIMS {
        let emulated = !host.is_es20() && implemented.emulated.contains(claim.guest);
        if host.meets(claim.needs) || emulated {
            bits.insert(claim.guest);
        }
    }
    if host.is_es20() {
        for (bit, features) in implemented.emulated_es20 {
            if features.iter().all(|feature| (host.has)(*feature)) {
                bits.insert(*bit);
            }
        }
    }
    bits
}

/// The level of the guest's shading language: what the parts can execute, by the number
/// of the desktop language. From 150 on Mesa takes geometry shaders for granted.
fn glsl_level(host: &Host<'_>, parts: Parts) -> u32 {
    if host.is_es20() {
        // Below 130, guests do without integers.
        120
    } else if !parts.contains(Parts::GEOMETRY) {
        140
    } else if !parts.contains(Parts::TESSELLATION) || !(host.has)(Feature::GpuShader5) {
        330
    } else if !parts.contains(Parts::COMPUTE | Parts::STORAGE_BUFFERS | Parts::IMAGES) {
        410
    } else {
        430
    }
}

/// The guest's uniform blocks, the default one included. Mesa's gates are 14 for OpenGL
/// ES 3.0 and 15 for OpenGL 4.3: hosts that have as many without the renderer's own are
/// said to have them, and a program that really uses all fails to link.
fn uniform_blocks(limits: &Limits) -> u32 {
    let host = limits
        .vertex_uniform_blocks
        .min(limits.fragment_uniform_blocks);
    let left = (host + 1).saturating_sub(OWN_UNIFORM_BLOCKS).min(32);
    match host {
        0..12 => left,
        12..14 => left.max(14),
        14.. => left.max(15),
    }
}

/// Modes from points to triangle fans, with adjacency and patches where stages take
/// them. Quads and polygons are left to the guest.
fn primitive_modes(parts: Parts) -> u32 {
    let adjacency = if parts.contains(Parts::GEOMETRY) {
        0x3c00
    } else {
        0
    };
    let patches = if parts.contains(Parts::TESSELLATION) {
        0x4000
    } else {
        0
    };
    0x7f | adjacency | patches
}

/// `value` if the renderer has the part, else 0.
fn with(parts: Parts, part: Parts, value: u32) -> u32 {
    if parts.contains(part) { value } else { 0 }
}

/// Texels of the largest buffer texture.
fn texture_buffer_size(host: &Host<'_>) -> u32 {
    if (host.has)(Feature::TextureBuffer) {
        host.limits.texture_buffer_size
    } else {
        mirror::max_texels(host.limits)
    }
}

/// The second capability set of a host; it contains the first.
pub fn build(host: &Host<'_>, implemented: &Implemented) -> CapsV2 {
    let parts = host.parts(implemented.parts);
    let bits = claimed(host, implemented);
    let mut caps = CapsV2::new_zeroed();
    caps.v1 = first_set(host, parts, bits.bset);
    caps.capability_bits = bits.caps.bits();
    caps.capability_bits_v2 = bits.caps2.bits();
    caps.host_feature_check_version = PROTOCOL_REVISION;
    caps.renderer = renderer_name(host.renderer);
    raster_limits(&mut caps, host);
    shader_limits(&mut caps, host, parts);
    storage_limits(&mut caps, host.limits, parts);
    format_masks(&mut caps, host, parts);
    caps
}

/// The sets as the protocol hands them out: 1 and 2.
pub fn capsets(caps: &CapsV2) -> [Capset; 2] {
    let first = CapsV1 {
        max_version: 1,
        ..caps.v1
    };
    let set = |id, data: &[u8]| Capset {
        id,
        version: id,
        data: data.to_vec(),
    };
    [set(1, first.as_bytes()), set(2, caps.as_bytes())]
}

fn first_set(host: &Host<'_>, parts: Parts, bset: Bset) -> CapsV1 {
    let limits = host.limits;
    CapsV1 {
        max_version: 2,
        sampler: sampled(host),
        render: rendered(host),
        depthstencil: FormatSet::default(),
        vertexbuffer: FormatSet::default(),
        bset: bset.bits(),
        glsl_level: glsl_level(host, parts),
        max_texture_array_layers: limits.array_texture_layers,
        max_streamout_buffers: with(
            parts,
            Parts::STREAM_OUTPUT,
            limits.stream_output_buffers.min(4),
        ),
        max_dual_source_render_targets: with(
            parts,
            Parts::DUAL_SOURCE,
            limits.dual_source_draw_buffers.min(1),
        ),
        max_render_targets: limits.draw_buffers.min(limits.color_attachments).min(8),
        max_samples: with(parts, Parts::MULTISAMPLE, limits.samples).max(1),
        prim_mask: primitive_modes(parts),
        max_tbo_size: with(parts, Parts::TEXTURE_BUFFERS, texture_buffer_size(host)),
        max_uniform_blocks: match host.is_es20() {
            // The default one.
            true => 1,
            false => uniform_blocks(limits),
        },
        max_viewports: if parts.contains(Parts::VIEWPORTS) && limits.viewports >= 16 {
            16
        } else {
            1
        },
        max_texture_gather_components: with(parts, Parts::GATHER, 4),
    }
}

fn raster_limits(caps: &mut CapsV2, host: &Host<'_>) {
    let limits = host.limits;
    caps.aliased_point_size = limits.point_size;
    caps.aliased_line_width = limits.line_width;
    // Shaders add it where samplers cannot, as a number of at most 16.
    caps.max_texture_lod_bias = limits.texture_lod_bias.min(16.0);
    caps.max_anisotropy = limits.anisotropy.max(1.0);
    caps.sample_locations = host.sample_locations;
    caps.max_texture_2d_size = limits.texture_size;
    caps.max_texture_3d_size = limits.texture_3d_size;
    caps.max_texture_cube_size = limits.cube_map_size;
}

fn shader_limits(caps: &mut CapsV2, host: &Host<'_>, parts: Parts) {
    let limits = host.limits;
    caps.max_geom_output_vertices = with(parts, Parts::GEOMETRY, limits.geometry_output_vertices);
    caps.max_geom_total_output_components = with(
        parts,
        Parts::GEOMETRY,
        limits.geometry_total_output_components,
    );
    // In vectors; OpenGL ES 3.0 promises 16, and Mesa keeps no more than 32.
    caps.max_vertex_outputs = (limits.vertex_output_components / 4).clamp(16, 32);
    caps.max_vertex_attribs = limits.vertex_attribs.min(32);
    caps.max_vertex_attrib_stride = limits.vertex_attrib_stride.max(2048);
    caps.max_shader_patch_varyings = with(
        parts,
        Parts::TESSELLATION,
        limits.patch_varying_vectors.min(32),
    );
    caps.max_tcs_outputs = 32;
    caps.max_tes_outputs = 32;
    caps.texel_offset = limits.texel_offset;
    caps.texture_gather_offset = limits.gather_offset;
    caps.max_texture_image_units = limits.texture_units.min(32);
    caps.max_uniform_block_size = limits.uniform_block_size;
    caps.max_const_buffer_size = [limits.uniform_block_size.min(MAX_CONSTANT_BUFFER); 6];
    caps.uniform_buffer_offset_alignment = limits.uniform_buffer_alignment;
    caps.texture_buffer_offset_alignment = with(
        parts,
        Parts::TEXTURE_BUFFERS,
        limits.texture_buffer_alignment,
    );
    if host.is_es20() {
        caps.max_texture_image_units = limits.texture_units.min(16);
        caps.max_vertex_outputs = limits.varying_vectors.clamp(8, 32);
        // Constants are uniforms, of which the renderer needs some itself. Which stage a
        // number of the set is for differs between Mesa's versions: the least counts for all.
        let vectors = limits
            .vertex_uniform_vectors
            .min(limits.fragment_uniform_vectors);
        let left = vectors.saturating_sub(OWN_UNIFORM_VECTORS);
        caps.max_const_buffer_size = [left.min(4096) * 16; 6];
    }
    if parts.contains(Parts::COMPUTE) {
        caps.max_compute_work_group_invocations = limits.compute_invocations;
        caps.max_compute_shared_memory_size = limits.compute_shared_memory;
        caps.max_compute_grid_size = limits.compute_groups;
        caps.max_compute_block_size = limits.compute_group_size;
    }
}

fn storage_limits(caps: &mut CapsV2, limits: &Limits, parts: Parts) {
    if parts.contains(Parts::STORAGE_BUFFERS) {
        // Wire order of the stages; bindings are shared by all of them.
        let stages = [
            limits.vertex_storage_blocks,
            limits.fragment_storage_blocks,
            limits.geometry_storage_blocks,
            limits.tess_control_storage_blocks,
            limits.tess_evaluation_storage_blocks,
            limits.compute_storage_blocks,
        ];
        caps.max_shader_storage_blocks = stages;
        caps.max_shader_buffer_frag_compute = stages[1].min(stages[5]);
        caps.max_shader_buffer_other_stages = stages[0];
        caps.max_combined_shader_buffers = limits
            .combined_storage_blocks
            .min(limits.storage_buffer_bindings);
        caps.shader_buffer_offset_alignment = limits.storage_buffer_alignment;
        // Counters come as storage buffers, in slots of their own numbers.
        caps.max_atomic_counter_buffers = stages.map(|blocks| blocks.min(16));
        caps.max_combined_atomic_counter_buffers = caps.max_combined_shader_buffers;
    }
    if parts.contains(Parts::IMAGES) {
        caps.max_shader_image_frag_compute = limits.fragment_images.min(limits.compute_images);
        caps.max_shader_image_other_stages = limits.vertex_images;
    }
}

/// Formats that are not offered though they could be stored: numbers that changed their
/// meaning between Mesa versions, and a depth-stencil layout that Mesa would prefer over
/// [`FormatId::S8_UINT_Z24_UNORM`], which needs no conversion.
const NOT_OFFERED: [FormatId; 11] = [
    FormatId(259),
    FormatId(260),
    FormatId(261),
    FormatId(262),
    FormatId(263),
    FormatId(264),
    FormatId(265),
    FormatId(266),
    FormatId(267),
    FormatId(268),
    FormatId::Z24_UNORM_S8_UINT,
];

/// Formats that a guest may put on a scanout, if they can be drawn to.
const SCANOUT: [FormatId; 9] = [
    FormatId::B8G8R8A8_UNORM,
    FormatId::B8G8R8X8_UNORM,
    FormatId::B5G6R5_UNORM,
    FormatId::R10G10B10A2_UNORM,
    FormatId::R8G8B8A8_UNORM,
    FormatId::B10G10R10A2_UNORM,
    FormatId::R8G8B8X8_UNORM,
    FormatId::B10G10R10X2_UNORM,
    FormatId::R10G10B10X2_UNORM,
];

/// Those of a host's formats that a guest may use.
fn usable(set: &FormatSet, keep: impl Fn(FormatId) -> bool) -> FormatSet {
    FormatId::all()
        .map(|(id, _)| id)
        .filter(|id| set.contains(*id) && !NOT_OFFERED.contains(id) && keep(*id))
        .collect()
}

fn is_depth_stencil(format: FormatId) -> bool {
    format.info().is_some_and(|info| info.is_depth_stencil())
}

/// Depth formats are looked up among the sampled ones even to attach them.
fn sampled(host: &Host<'_>) -> FormatSet {
    let mut set = usable(&host.formats.sample, |_| true);
    // The stencil of depth-stencil textures, as a format of its own.
    if (host.has)(Feature::StencilTexturing) && set.contains(FormatId::S8_UINT_Z24_UNORM) {
        set.insert(FormatId::X24S8_UINT);
    }
    set
}

fn rendered(host: &Host<'_>) -> FormatSet {
    usable(&host.formats.render, |id| !is_depth_stencil(id))
}

fn format_masks(caps: &mut CapsV2, host: &Host<'_>, parts: Parts) {
    let render = caps.v1.render;
    caps.supported_readback_formats = usable(&host.formats.readback, |_| true);
    caps.scanout = SCANOUT
        .into_iter()
        .filter(|id| render.contains(*id))
        .collect();
    if parts.contains(Parts::MULTISAMPLE) {
        caps.supported_multisample_formats = usable(&host.formats.multisample, |_| true);
        // Framebuffers without attachments ask for "no format" with several samples.
        caps.supported_multisample_formats.insert(FormatId::NONE);
    }
}

/// The host's name as plain text that fits, closed by a NUL. X servers look for
/// "llvmpipe" and then refuse to accelerate, so it goes in capitals.
fn renderer_name(name: &str) -> [u8; 64] {
    let mut bytes = [0; 64];
    let name = name.replace("llvmpipe", "LLVMPIPE");
    let text = name.bytes().map(|b| {
        if b.is_ascii() && !b.is_ascii_control() {
            b
        } else {
            b'?'
        }
    });
    for (to, from) in bytes[..63].iter_mut().zip(text) {
        *to = from;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caps::claims::IMPLEMENTED;
    use crate::caps::level::tests::{RICH, rich_formats, rich_limits};

    fn host<'a>(
        limits: &'a Limits,
        formats: &'a FormatMasks,
        has: &'a dyn Fn(Feature) -> bool,
    ) -> Host<'a> {
        Host {
            gles: true,
            version: Version::new(3, 2),
            renderer: "llvmpipe (LLVM 15.0.6, 256 bits)",
            limits,
            has,
            formats,
            sample_locations: [0; 8],
        }
    }

    #[test]
    fn poor_host_gets_no_claim_that_needs_a_feature() {
        let limits = Limits::default();
        let formats = FormatMasks::default();
        let caps = build(&host(&limits, &formats, &|_| false), &RICH);
        let bset = Bset::from_bits_retain(caps.v1.bset);
        assert!(bset.contains(Bset::PRIMITIVE_RESTART | Bset::UBO));
        assert!(!bset.intersects(Bset::HAS_TESSELLATION_SHADERS | Bset::CUBE_MAP_ARRAY));
        assert_eq!(caps.v1.glsl_level, 140);
        assert_eq!(caps.v1.prim_mask, 0x7f);
        let emulated = build(&host(&rich_limits(), &formats, &|_| false), &IMPLEMENTED);
        assert_eq!(emulated.v1.max_tbo_size, 1 << 24);
        let bset = Bset::from_bits_retain(emulated.v1.bset);
        assert!(bset.contains(Bset::INDEP_BLEND_ENABLE | Bset::TEXTURE_MULTISAMPLE));
        assert_eq!((caps.v1.max_samples, caps.v1.max_viewports), (1, 1));
        assert_eq!(caps.max_compute_work_group_invocations, 0);
        assert!(caps.supported_multisample_formats.is_empty());
    }

    #[test]
    fn rich_host_gets_every_claim_of_the_table() {
        let (limits, formats) = (rich_limits(), rich_formats());
        let host = host(&limits, &formats, &|_| true);
        let all = build(&host, &RICH);
        assert_eq!((all.v1.glsl_level, all.v1.prim_mask), (430, 0x7c7f));
        assert!(all.supported_multisample_formats.contains(FormatId::NONE));
        assert!(all.v1.sampler.contains(FormatId::X24S8_UINT));
        assert!(!all.v1.render.contains(FormatId::Z32_FLOAT));
        let bits = claimed(&host, &IMPLEMENTED);
        for claim in CLAIMS {
            let never = matches!(claim.needs, Needs::Nothing | Needs::Desktop);
            let emulated = IMPLEMENTED.emulated.contains(claim.guest);
            assert_eq!(bits.contains(claim.guest), !never || emulated, "{claim:?}");
        }
    }

    #[test]
    fn capsets_have_the_sizes_of_the_protocol() {
        let (limits, formats) = (rich_limits(), rich_formats());
        let caps = build(&host(&limits, &formats, &|_| true), &RICH);
        let [first, second] = capsets(&caps);
        assert_eq!((first.id, first.version, first.data.len()), (1, 1, 308));
        assert_eq!((second.id, second.version, second.data.len()), (2, 2, 1408));
        assert_eq!((first.data[0], second.data[0]), (1, 2));
        assert_eq!(first.data[4..], second.data[4..308]);
        assert_eq!(second.data[696..704], *b"LLVMPIPE");
        assert_eq!(second.data[759], 0);
    }

    #[test]
    fn renderer_name_is_closed_text() {
        let long = renderer_name(&"é".repeat(100));
        assert!(long[..63].iter().all(|b| *b == b'?'));
        assert_eq!(long[63], 0);
    }

    #[test]
    fn uniform_blocks_leave_room_for_our_own_where_there_is_room() {
        let blocks = |count| {
            uniform_blocks(&Limits {
                vertex_uniform_blocks: count,
                fragment_uniform_blocks: count,
                ..Limits::default()
            })
        };
        assert_eq!(
            [0, 1, 12, 14, 15, 16, 24, 1000].map(blocks),
            [0, 0, 14, 15, 15, 15, 23, 32]
        );
    }

    #[test]
    fn formats_not_offered_are_never_claimed() {
        let everything = FormatId::all().map(|(id, _)| id).collect();
        let formats = FormatMasks {
            sample: everything,
            render: everything,
            readback: everything,
            multisample: everything,
        };
        let limits = rich_limits();
        let caps = build(&host(&limits, &formats, &|_| true), &RICH);
        for format in NOT_OFFERED {
            assert!(!caps.v1.sampler.contains(format));
            assert!(!caps.v1.render.contains(format));
        }
        assert!(caps.v1.sampler.contains(FormatId::S8_UINT_Z24_UNORM));
    }
}
