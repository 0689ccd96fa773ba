//! Which OpenGL and OpenGL ES version a guest's Mesa makes of a capability set.
//!
//! Mesa raises a version step by step, and each step has its gates: switches, limits and
//! formats of the set. The first step with a closed gate is where it stops. The gates
//! are those of Mesa 25, found by taking capabilities away one at a time.

use std::fmt;

use super::wire::{Bset, Caps, Caps2, CapsV2};
use crate::gl::host::Version;
use crate::protocol::formats::FormatId;
use crate::protocol::values::ShaderStage;

/// One thing that a version needs.
struct Gate {
    /// The version that needs it; all later ones do too.
    version: Version,
    /// What it is, for people.
    name: &'static str,
    open: fn(&CapsV2) -> bool,
}

const fn gate(major: u8, minor: u8, name: &'static str, open: fn(&CapsV2) -> bool) -> Gate {
    Gate {
        version: Version::new(major, minor),
        name,
        open,
    }
}

/// How far one of the two APIs gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The version that the guest gets.
    pub version: Version,
    /// The version after it, and what is missing for that; `None` at the top.
    pub next: Option<(Version, Vec<&'static str>)>,
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.version)?;
        match &self.next {
            Some((next, missing)) => write!(f, " ({next} needs {})", missing.join(", ")),
            None => Ok(()),
        }
    }
}

/// What a guest gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestLevel {
    /// Desktop OpenGL (core profile).
    pub gl: Reached,
    /// OpenGL ES.
    pub gles: Reached,
}

/// What Mesa makes of a set.
pub fn guest_level(caps: &CapsV2) -> GuestLevel {
    GuestLevel {
        gl: reach(caps, Version::new(1, 4), GL),
        gles: reach(caps, Version::new(1, 1), GLES),
    }
}

fn reach(caps: &CapsV2, lowest: Version, gates: &[Gate]) -> Reached {
    let closed = |gate: &&Gate| !(gate.open)(caps);
    let Some(stop) = gates.iter().filter(closed).map(|gate| gate.version).min() else {
        let version = gates
            .iter()
            .map(|gate| gate.version)
            .max()
            .unwrap_or(lowest);
        return Reached {
            version,
            next: None,
        };
    };
    let version = gates
        .iter()
        .map(|gate| gate.version)
        .filter(|v| *v < stop)
        .max();
    let at_stop = gates
        .iter()
        .filter(closed)
        .filter(|gate| gate.version == stop);
    Reached {
        version: version.unwrap_or(lowest),
        next: Some((stop, at_stop.map(|gate| gate.name).collect())),
    }
}

fn bset(caps: &CapsV2, bits: Bset) -> bool {
    Bset::from_bits_retain(caps.v1.bset).contains(bits)
}

fn switch(caps: &CapsV2, bits: Caps) -> bool {
    Caps::from_bits_retain(caps.capability_bits).contains(bits)
}

fn switch2(caps: &CapsV2, bits: Caps2) -> bool {
    Caps2::from_bits_retain(caps.capability_bits_v2).contains(bits)
}

fn samples(caps: &CapsV2, formats: &[FormatId]) -> bool {
    formats
        .iter()
        .all(|format| caps.v1.sampler.contains(*format))
}

fn renders(caps: &CapsV2, formats: &[FormatId]) -> bool {
    formats
        .iter()
        .all(|format| caps.v1.render.contains(*format))
}

fn storage(caps: &CapsV2, stage: ShaderStage, blocks: u32) -> bool {
    caps.max_shader_storage_blocks[stage.index()] >= blocks
}

/// With several samples, "no format" must have them too.
fn counts_samples_without_format(caps: &CapsV2) -> bool {
    caps.v1.max_samples <= 1 || caps.supported_multisample_formats.contains(FormatId::NONE)
}

/// Mesa pretends to have four samples where the set says one.
fn has_enough_samples(caps: &CapsV2) -> bool {
    caps.v1.max_samples == 1 || caps.v1.max_samples >= 4
}

const TEXTURES_30: &[FormatId] = &[
    FormatId::Z32_FLOAT,
    FormatId::Z32_FLOAT_S8X24_UINT,
    FormatId::R8_UNORM,
    FormatId::R8G8_UNORM,
    FormatId::R8G8B8A8_SNORM,
    FormatId::R8G8B8A8_SRGB,
    FormatId::R16G16B16A16_FLOAT,
    FormatId::R32G32B32A32_FLOAT,
    FormatId::R11G11B10_FLOAT,
    FormatId::R9G9B9E5_FLOAT,
    FormatId::B10G10R10A2_UNORM,
];

const TARGETS_30: &[FormatId] = &[
    FormatId::R8_UNORM,
    FormatId::R8G8_UNORM,
    FormatId::R8G8B8A8_SRGB,
    FormatId::R11G11B10_FLOAT,
    FormatId::B10G10R10A2_UNORM,
];

const BUFFER_TEXTURES: &[FormatId] = &[
    FormatId::R32G32B32_FLOAT,
    FormatId::R32G32B32_UINT,
    FormatId::R32G32B32_SINT,
];

const NORM16: &[FormatId] = &[
    FormatId::R16_UNORM,
    FormatId::R16G16_UNORM,
    FormatId::R16_SNORM,
    FormatId::R16G16_SNORM,
];

const FLOAT_TEXTURES: &[FormatId] = &[
    FormatId::R32_FLOAT,
    FormatId::R32G32_FLOAT,
    FormatId::R16_FLOAT,
    FormatId::R16G16_FLOAT,
];

const FLOAT_TARGETS: &[FormatId] = &[
    FormatId::R32_FLOAT,
    FormatId::R32G32_FLOAT,
    FormatId::R32G32B32A32_FLOAT,
    FormatId::R16_FLOAT,
    FormatId::R16G16_FLOAT,
    FormatId::R16G16B16A16_FLOAT,
];

const SNORM8: &[FormatId] = &[FormatId::R8_SNORM, FormatId::R8G8_SNORM];

const INTEGERS: &[FormatId] = &[FormatId::R32G32B32A32_UINT, FormatId::R32G32B32A32_SINT];

const BPTC: &[FormatId] = &[
    FormatId::BPTC_RGBA_UNORM,
    FormatId::BPTC_SRGBA,
    FormatId::BPTC_RGB_FLOAT,
    FormatId::BPTC_RGB_UFLOAT,
];

#[rustfmt::skip] // A row a line reads as a table.
const GLES: &[Gate] = &[
    gate(2, 0, "RGBA textures to render to", |c| renders(c, &[FormatId::R8G8B8A8_UNORM])),

    gate(3, 0, "shading language 1.30", |c| c.v1.glsl_level >= 130),
    gate(3, 0, "array textures", |c| c.v1.max_texture_array_layers >= 1),
    gate(3, 0, "transform feedback", |c| c.v1.max_streamout_buffers >= 1),
    gate(3, 0, "4 colour buffers", |c| c.v1.max_render_targets >= 4),
    gate(3, 0, "12 uniform blocks", |c| c.v1.max_uniform_blocks >= 14),
    gate(3, 0, "uniform blocks of 16 KiB", |c| c.max_uniform_block_size >= 16384),
    gate(3, 0, "primitive restart", |c| bset(c, Bset::PRIMITIVE_RESTART)),
    gate(3, 0, "float, depth and sRGB textures", |c| samples(c, TEXTURES_30)),
    gate(3, 0, "rendering to packed floats (EXT_color_buffer_float) and sRGB", |c| renders(c, TARGETS_30)),

    gate(3, 1, "compute shaders", |c| switch(c, Caps::COMPUTE_SHADER) && c.max_compute_work_group_invocations >= 128),
    gate(3, 1, "storage buffers in compute shaders", |c| storage(c, ShaderStage::Compute, 2)),
    gate(3, 1, "shader images", |c| c.max_shader_image_frag_compute >= 1),
    gate(3, 1, "indirect draws", |c| bset(c, Bset::HAS_INDIRECT_DRAW)),
    gate(3, 1, "multisample textures", |c| bset(c, Bset::TEXTURE_MULTISAMPLE)),
    gate(3, 1, "framebuffers without attachments", |c| switch(c, Caps::FB_NO_ATTACH) && counts_samples_without_format(c)),
    gate(3, 1, "texture gather", |c| c.v1.max_texture_gather_components >= 1),
    gate(3, 1, "vertex strides of 2048 bytes", |c| c.max_vertex_attrib_stride >= 2048),
    gate(3, 1, "stencil texturing", |c| samples(c, &[FormatId::X24S8_UINT])),

    gate(3, 2, "geometry shaders (shading language 4.00)", |c| c.v1.glsl_level >= 400),
    gate(3, 2, "tessellation shaders", |c| bset(c, Bset::HAS_TESSELLATION_SHADERS)),
    gate(3, 2, "blending per attachment", |c| bset(c, Bset::INDEP_BLEND_ENABLE | Bset::INDEP_BLEND_FUNC)),
    gate(3, 2, "cube-map arrays", |c| bset(c, Bset::CUBE_MAP_ARRAY)),
    gate(3, 2, "sample shading", |c| bset(c, Bset::HAS_SAMPLE_SHADING)),
    gate(3, 2, "image copies", |c| switch(c, Caps::COPY_IMAGE)),
    gate(3, 2, "robust buffer access", |c| switch(c, Caps::ROBUST_BUFFER_ACCESS)),
    gate(3, 2, "advanced blending", |c| switch(c, Caps::TGSI_FBFETCH) || switch2(c, Caps2::BLEND_EQUATION)),
    gate(3, 2, "texture buffers", |c| c.v1.max_tbo_size >= 1 && c.texture_buffer_offset_alignment >= 1 && samples(c, BUFFER_TEXTURES)),
    gate(3, 2, "1024 compute invocations", |c| c.max_compute_work_group_invocations >= 1024),
    gate(3, 2, "storage buffers in fragment shaders", |c| storage(c, ShaderStage::Fragment, 2) && c.shader_buffer_offset_alignment >= 1),
    gate(3, 2, "16 textures a stage", |c| c.max_texture_image_units >= 16),
    gate(3, 2, "16-bit normalised textures", |c| samples(c, NORM16)),
    gate(3, 2, "float textures", |c| samples(c, FLOAT_TEXTURES)),
    gate(3, 2, "rendering to floats", |c| renders(c, FLOAT_TARGETS)),
];

#[rustfmt::skip] // A row a line reads as a table.
const GL: &[Gate] = &[
    gate(1, 5, "occlusion queries", |c| bset(c, Bset::OCCLUSION_QUERY)),

    gate(2, 1, "sRGB textures", |c| samples(c, &[FormatId::R8G8B8A8_SRGB])),

    gate(3, 0, "shading language 1.30", |c| c.v1.glsl_level >= 130),
    gate(3, 0, "array textures", |c| c.v1.max_texture_array_layers >= 1),
    gate(3, 0, "transform feedback", |c| c.v1.max_streamout_buffers >= 1),
    gate(3, 0, "4 colour buffers", |c| c.v1.max_render_targets >= 4),
    gate(3, 0, "4 samples, or exactly 1", has_enough_samples),
    gate(3, 0, "blending switched per attachment", |c| bset(c, Bset::INDEP_BLEND_ENABLE)),
    gate(3, 0, "conditional rendering", |c| bset(c, Bset::CONDITIONAL_RENDER)),
    gate(3, 0, "sRGB write control", |c| switch(c, Caps::SRGB_WRITE_CONTROL)),
    gate(3, 0, "float, depth and sRGB textures", |c| samples(c, TEXTURES_30)),
    gate(3, 0, "rendering to packed floats and sRGB", |c| renders(c, TARGETS_30)),
    gate(3, 0, "rendering to integers", |c| samples(c, INTEGERS) && renders(c, INTEGERS)),
    gate(3, 0, "signed textures (for RGTC)", |c| samples(c, SNORM8)),

    gate(3, 1, "shading language 1.40", |c| c.v1.glsl_level >= 140),
    gate(3, 1, "texture buffers", |c| c.v1.max_tbo_size >= 1),
    gate(3, 1, "12 uniform blocks of 16 KiB", |c| c.v1.max_uniform_blocks >= 14 && c.max_uniform_block_size >= 16384),
    gate(3, 1, "primitive restart", |c| bset(c, Bset::PRIMITIVE_RESTART)),
    gate(3, 1, "16 textures a stage", |c| c.max_texture_image_units >= 16),
    gate(3, 1, "multisample textures", |c| bset(c, Bset::TEXTURE_MULTISAMPLE)),

    gate(3, 2, "geometry shaders (shading language 1.50)", |c| c.v1.glsl_level >= 150),
    gate(3, 2, "depth clamping", |c| bset(c, Bset::DEPTH_CLIP_DISABLE)),
    gate(3, 2, "seamless cube maps", |c| bset(c, Bset::SEAMLESS_CUBE_MAP)),

    gate(3, 3, "shading language 3.30", |c| c.v1.glsl_level >= 330),
    gate(3, 3, "dual-source blending", |c| c.v1.max_dual_source_render_targets >= 1),
    gate(3, 3, "timer queries", |c| bset(c, Bset::TIMER_QUERY)),
    gate(3, 3, "10-bit integers", |c| samples(c, &[FormatId::R10G10B10A2_UINT]) && renders(c, &[FormatId::R10G10B10A2_UINT])),

    gate(4, 0, "shading language 4.00", |c| c.v1.glsl_level >= 400),
    gate(4, 0, "tessellation shaders", |c| bset(c, Bset::HAS_TESSELLATION_SHADERS)),
    gate(4, 0, "blend functions per attachment", |c| bset(c, Bset::INDEP_BLEND_FUNC)),
    gate(4, 0, "cube-map arrays", |c| bset(c, Bset::CUBE_MAP_ARRAY)),
    gate(4, 0, "transform feedback pauses", |c| bset(c, Bset::STREAMOUT_PAUSE_RESUME)),
    gate(4, 0, "texture level queries", |c| bset(c, Bset::TEXTURE_QUERY_LOD)),
    gate(4, 0, "indirect draws", |c| bset(c, Bset::HAS_INDIRECT_DRAW)),
    gate(4, 0, "sample shading", |c| bset(c, Bset::HAS_SAMPLE_SHADING)),
    gate(4, 0, "doubles", |c| bset(c, Bset::HAS_FP64) || switch(c, Caps::HOST_IS_GLES)),
    gate(4, 0, "three-channel texture buffers", |c| samples(c, BUFFER_TEXTURES)),

    gate(4, 1, "shading language 4.10", |c| c.v1.glsl_level >= 410),
    gate(4, 1, "16 viewports", |c| c.v1.max_viewports >= 16),
    gate(4, 1, "textures of 16384 texels", |c| c.max_texture_2d_size >= 16384 && c.max_texture_cube_size >= 16384),
    gate(4, 1, "2048 slices and layers", |c| c.max_texture_3d_size >= 2048 && c.v1.max_texture_array_layers >= 2048),

    gate(4, 2, "shading language 4.20", |c| c.v1.glsl_level >= 420),
    gate(4, 2, "first instances", |c| bset(c, Bset::START_INSTANCE)),
    gate(4, 2, "shader images", |c| c.max_shader_image_frag_compute >= 1),
    gate(4, 2, "storage buffers (for atomic counters)", |c| storage(c, ShaderStage::Fragment, 2)),
    gate(4, 2, "BPTC textures", |c| samples(c, BPTC) || samples(c, &[FormatId::R16G16B16X16_FLOAT])),

    gate(4, 3, "shading language 4.30", |c| c.v1.glsl_level >= 430),
    gate(4, 3, "compute shaders", |c| switch(c, Caps::COMPUTE_SHADER) && c.max_compute_work_group_invocations >= 1024),
    gate(4, 3, "texture views", |c| switch(c, Caps::TEXTURE_VIEW)),
    gate(4, 3, "image copies", |c| switch(c, Caps::COPY_IMAGE)),
    gate(4, 3, "framebuffers without attachments", |c| switch(c, Caps::FB_NO_ATTACH) && counts_samples_without_format(c)),
    gate(4, 3, "robust buffer access", |c| switch(c, Caps::ROBUST_BUFFER_ACCESS)),
    gate(4, 3, "14 uniform blocks", |c| c.v1.max_uniform_blocks >= 15),
    gate(4, 3, "texture and storage buffer ranges", |c| c.texture_buffer_offset_alignment >= 1 && c.shader_buffer_offset_alignment >= 1),
    gate(4, 3, "stencil texturing", |c| samples(c, &[FormatId::X24S8_UINT])),
    gate(4, 3, "16-bit normalised textures", |c| samples(c, NORM16)),
];

#[cfg(test)]
pub(super) mod tests {
    use zerocopy::FromZeros;

    use super::*;
    use crate::caps::build::FormatMasks;
    use crate::caps::claims::{Bits, Implemented, Parts};
    use crate::gl::host::Limits;

    /// A renderer that executes everything; what no OpenGL ES host has, by itself.
    pub(in crate::caps) const RICH: Implemented = Implemented {
        emulated: Bits {
            bset: Bset::HAS_FP64,
            caps: Caps::empty(),
            caps2: Caps2::empty(),
        },
        emulated_es20: &[],
        parts: Parts::all(),
    };

    /// The formats that OpenGL ES 3.2 with all extensions has.
    pub(in crate::caps) fn rich_formats() -> FormatMasks {
        let with = |keep: fn(&crate::protocol::gl_format::GlFormat) -> bool| {
            FormatId::all()
                .map(|(id, _)| id)
                .filter(|id| id.gl().is_some_and(keep))
                .collect()
        };
        let render = with(|gl| gl.render != crate::protocol::gl_format::Needs::Never);
        FormatMasks {
            sample: with(|_| true),
            render,
            readback: render,
            multisample: render,
        }
    }

    /// The limits of llvmpipe as OpenGL ES 3.2.
    pub(in crate::caps) fn rich_limits() -> Limits {
        Limits {
            texture_size: 16384,
            texture_3d_size: 2048,
            cube_map_size: 16384,
            array_texture_layers: 2048,
            color_attachments: 8,
            draw_buffers: 8,
            samples: 4,
            vertex_attribs: 16,
            vertex_attrib_stride: 2048,
            vertex_output_components: 64,
            uniform_block_size: 65536,
            vertex_uniform_blocks: 15,
            fragment_uniform_blocks: 15,
            uniform_buffer_alignment: 16,
            texture_units: 32,
            texture_buffer_size: 1 << 27,
            texture_buffer_alignment: 16,
            storage_buffer_alignment: 16,
            vertex_storage_blocks: 16,
            fragment_storage_blocks: 16,
            compute_storage_blocks: 16,
            combined_storage_blocks: 80,
            storage_buffer_bindings: 80,
            fragment_images: 32,
            compute_images: 32,
            compute_invocations: 1024,
            stream_output_buffers: 4,
            dual_source_draw_buffers: 1,
            viewports: 16,
            ..Limits::default()
        }
    }

    fn versions(caps: &CapsV2) -> [(u8, u8); 2] {
        let level = guest_level(caps);
        [level.gl, level.gles].map(|api| (api.version.major, api.version.minor))
    }

    fn missing(reached: &Reached) -> &[&'static str] {
        reached.next.as_ref().map_or(&[], |(_, missing)| missing)
    }

    fn numbers(numbers: &[u32]) -> impl Iterator<Item = FormatId> {
        numbers.iter().copied().map(FormatId)
    }

    fn add(set: &mut super::super::wire::FormatSet, more: &[u32]) {
        numbers(more).for_each(|format| set.insert(format));
    }

    /// A set that Mesa 25 takes for OpenGL ES 3.0, and no more.
    fn es30() -> CapsV2 {
        let mut caps = CapsV2::new_zeroed();
        let render = [
            1, 2, 7, 8, 64, 65, 67, 100, 101, 104, 124, 131, 134, 177, 178, 180, 181, 182, 184,
            185, 186, 188, 189, 190, 192, 193, 194, 196, 197, 198, 200, 230, 253,
        ];
        let more = [
            9, 10, 16, 18, 20, 21, 28, 29, 31, 74, 75, 77, 91, 92, 94, 125, 126,
        ];
        add(&mut caps.v1.render, &render);
        caps.v1.sampler = caps.v1.render;
        add(&mut caps.v1.sampler, &more);
        caps.v1.bset = 0xc50;
        caps.v1.glsl_level = 130;
        caps.v1.max_texture_array_layers = 256;
        caps.v1.max_streamout_buffers = 4;
        caps.v1.max_render_targets = 4;
        caps.v1.max_samples = 1;
        caps.v1.max_uniform_blocks = 14;
        caps.v1.max_viewports = 1;
        caps.max_vertex_attrib_stride = 2048;
        caps.max_uniform_block_size = 16384;
        caps.max_texture_image_units = 16;
        caps.capability_bits = 0x6_0000;
        caps.shader_buffer_offset_alignment = 256;
        caps
    }

    fn es31() -> CapsV2 {
        let mut caps = es30();
        caps.v1.glsl_level = 310;
        caps.v1.max_samples = 4;
        caps.v1.max_texture_gather_components = 4;
        caps.v1.bset = 0x200_4c50;
        caps.capability_bits = 0x6_01c0;
        caps.max_shader_image_frag_compute = 4;
        caps.max_shader_storage_blocks = [0, 4, 0, 0, 0, 4];
        caps.max_compute_work_group_invocations = 128;
        add(&mut caps.v1.sampler, &[136]);
        caps.supported_multisample_formats = caps.v1.render;
        add(&mut caps.supported_multisample_formats, &[0]);
        caps
    }

    fn es32() -> CapsV2 {
        let mut caps = es31();
        caps.v1.glsl_level = 430;
        caps.v1.bset = 0x700_4c57;
        caps.capability_bits = 0xe_03cc;
        caps.capability_bits_v2 = 1;
        caps.v1.max_tbo_size = 65536;
        caps.texture_buffer_offset_alignment = 16;
        caps.max_compute_work_group_invocations = 1024;
        add(
            &mut caps.v1.sampler,
            &[30, 195, 199, 48, 49, 51, 56, 57, 59],
        );
        add(&mut caps.v1.render, &[28, 29, 31, 48, 49, 51, 91, 92, 94]);
        caps
    }

    #[test]
    fn tested_sets_reach_the_versions_that_mesa_gave() {
        assert_eq!(versions(&es30()), [(2, 1), (3, 0)]);
        assert_eq!(versions(&es31()), [(2, 1), (3, 1)]);
        assert_eq!(versions(&es32()), [(2, 1), (3, 2)]);
    }

    #[test]
    fn desktop_versions_open_with_their_gates() {
        let mut caps = es31();
        caps.v1.bset |= Bset::INDEP_BLEND_ENABLE.bits();
        caps.v1.max_tbo_size = 65536;
        caps.capability_bits |= Caps::SRGB_WRITE_CONTROL.bits();
        assert_eq!(versions(&caps)[0], (3, 1));

        let mut caps = es32();
        caps.capability_bits |= Caps::SRGB_WRITE_CONTROL.bits();
        caps.v1.bset |= (Bset::TIMER_QUERY | Bset::DEPTH_CLIP_DISABLE).bits();
        caps.v1.max_dual_source_render_targets = 1;
        assert_eq!(versions(&caps)[0], (3, 3));

        caps.v1.bset |=
            (Bset::START_INSTANCE | Bset::STREAMOUT_PAUSE_RESUME | Bset::TEXTURE_QUERY_LOD).bits();
        assert_eq!(versions(&caps)[0], (4, 0));
        caps.v1.max_texture_array_layers = 2048;
        caps.v1.max_viewports = 16;
        caps.max_texture_2d_size = 16384;
        caps.max_texture_cube_size = 16384;
        caps.max_texture_3d_size = 2048;
        assert_eq!(versions(&caps)[0], (4, 1));
        add(&mut caps.v1.sampler, &[255, 256, 257, 258]);
        caps.v1.max_uniform_blocks = 15;
        caps.capability_bits |= Caps::TEXTURE_VIEW.bits();
        assert_eq!(versions(&caps), [(4, 3), (3, 2)]);
        assert_eq!(guest_level(&caps).gl.next, None);
    }

    #[test]
    fn closed_gates_are_named() {
        let level = guest_level(&es30());
        assert_eq!(
            missing(&level.gl),
            ["blending switched per attachment", "sRGB write control"]
        );
        assert_eq!(
            level.gl.to_string(),
            "2.1 (3.0 needs blending switched per attachment, sRGB write control)"
        );
        assert!(missing(&level.gles).contains(&"compute shaders"));

        // The two traps of real hosts.
        let mut caps = es30();
        caps.v1.render = numbers(&[64, 65, 67, 104, 131]).collect();
        let level = guest_level(&caps);
        assert_eq!((level.gles.version.major, level.gles.version.minor), (2, 0));
        assert_eq!(missing(&level.gles).len(), 1);
        assert!(missing(&level.gles)[0].contains("EXT_color_buffer_float"));
        let mut caps = es31();
        caps.supported_multisample_formats = caps.v1.render;
        assert_eq!(versions(&caps)[1], (3, 0));
    }

    #[test]
    fn nothing_claimed_gives_the_lowest() {
        assert_eq!(versions(&CapsV2::new_zeroed()), [(1, 4), (1, 1)]);
    }

    #[test]
    fn everything_on_a_rich_host_gives_the_highest() {
        let (limits, formats) = (rich_limits(), rich_formats());
        let host = crate::caps::build::Host {
            gles: true,
            version: Version::new(3, 2),
            renderer: "test",
            limits: &limits,
            has: &|_| true,
            formats: &formats,
            sample_locations: [0; 8],
        };
        let caps = crate::caps::build::build(&host, &RICH);
        let level = guest_level(&caps);
        assert_eq!(level.gl.next, None, "{}", level.gl);
        assert_eq!(level.gles.next, None, "{}", level.gles);
    }
}
