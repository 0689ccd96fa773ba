//! What the host's shading language offers to the translator.

use super::es100::Model;

/// A version of the shading language that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GlslVersion {
    /// OpenGL ES 2.0, which has neither integers nor uniform blocks
    Es100,
    /// OpenGL ES 3.0
    Es300,
    /// OpenGL ES 3.1
    Es310,
    /// OpenGL ES 3.2
    Es320,
    /// Desktop OpenGL 4.5
    Gl450,
}

impl GlslVersion {
    /// The `#version` line, without its end of line.
    pub const fn directive(self) -> &'static str {
        match self {
            GlslVersion::Es100 => "#version 100",
            GlslVersion::Es300 => "#version 300 es",
            GlslVersion::Es310 => "#version 310 es",
            GlslVersion::Es320 => "#version 320 es",
            GlslVersion::Gl450 => "#version 450",
        }
    }

    /// The name people know it by.
    pub const fn name(self) -> &'static str {
        match self {
            GlslVersion::Es100 => "GLSL ES 1.00",
            GlslVersion::Es300 => "GLSL ES 3.00",
            GlslVersion::Es310 => "GLSL ES 3.10",
            GlslVersion::Es320 => "GLSL ES 3.20",
            GlslVersion::Gl450 => "GLSL 4.50",
        }
    }

    /// What registers are in this language.
    pub(super) const fn model(self) -> Model {
        match self {
            GlslVersion::Es100 => Model::Floats,
            _ => Model::Words,
        }
    }

    /// True if the language has a type for doubles.
    pub(super) const fn has_doubles(self) -> bool {
        matches!(self, GlslVersion::Gl450)
    }

    /// True for the embedded language.
    pub const fn is_es(self) -> bool {
        !matches!(self, GlslVersion::Gl450)
    }
}

bitflags::bitflags! {
    /// Extensions of the host, named by what they add. What the version itself contains
    /// need not be set.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Features: u64 {
        /// `GL_EXT_clip_cull_distance`
        const CLIP_CULL_DISTANCE = 1;
        /// `GL_EXT_blend_func_extended`
        const BLEND_FUNC_EXTENDED = 1 << 1;
        /// `GL_EXT_geometry_shader`
        const GEOMETRY_SHADER = 1 << 2;
        /// `GL_EXT_geometry_point_size`
        const GEOMETRY_POINT_SIZE = 1 << 3;
        /// `GL_EXT_tessellation_shader`
        const TESSELLATION_SHADER = 1 << 4;
        /// `GL_EXT_tessellation_point_size`
        const TESSELLATION_POINT_SIZE = 1 << 5;
        /// `GL_EXT_texture_buffer`
        const TEXTURE_BUFFER = 1 << 6;
        /// `GL_EXT_texture_cube_map_array`
        const TEXTURE_CUBE_MAP_ARRAY = 1 << 7;
        /// `GL_EXT_texture_shadow_lod`
        const TEXTURE_SHADOW_LOD = 1 << 8;
        /// `GL_EXT_texture_query_lod`
        const TEXTURE_QUERY_LOD = 1 << 9;
        /// `GL_NV_shader_noperspective_interpolation`
        const NOPERSPECTIVE = 1 << 10;
        /// `GL_NV_image_formats`
        const NV_IMAGE_FORMATS = 1 << 11;
        /// `GL_EXT_shader_framebuffer_fetch`
        const FRAMEBUFFER_FETCH = 1 << 12;
        /// `GL_EXT_gpu_shader5`
        const GPU_SHADER5 = 1 << 13;
        /// `GL_OES_sample_variables`
        const SAMPLE_VARIABLES = 1 << 14;
        /// `GL_OES_shader_multisample_interpolation`
        const MULTISAMPLE_INTERPOLATION = 1 << 15;
        /// `GL_OES_texture_storage_multisample_2d_array`
        const MULTISAMPLE_2D_ARRAY = 1 << 16;
        /// `GL_EXT_conservative_depth`
        const CONSERVATIVE_DEPTH = 1 << 17;
        /// `GL_OES_viewport_array`
        const VIEWPORT_ARRAY = 1 << 18;
        /// `GL_OES_shader_image_atomic`
        const IMAGE_ATOMIC = 1 << 19;
        /// `GL_KHR_blend_equation_advanced`
        const BLEND_EQUATION_ADVANCED = 1 << 20;
        /// The context checks buffer accesses itself (`KHR_robust_buffer_access_behavior`
        /// or a robust context), so shaders need not.
        const ROBUST_BUFFER_ACCESS = 1 << 21;
        /// `gl_SkipComponents1` and friends as transform feedback varyings: what is skipped
        /// keeps its content. Desktop OpenGL's; Mesa knows them in GLES contexts too.
        const SKIP_COMPONENTS = 1 << 22;
        /// Multisample textures, part of GLSL ES 3.10.
        const TEXTURE_MULTISAMPLE = 1 << 23;
        /// `GL_EXT_shader_group_vote`
        const GROUP_VOTE = 1 << 24;
        /// The driver's compiler fails on some integer functions of the language, so that
        /// they are written out.
        const WRITTEN_OUT = 1 << 25;
        /// `GL_OES_standard_derivatives`
        const STANDARD_DERIVATIVES = 1 << 26;
        /// `GL_EXT_frag_depth`
        const FRAG_DEPTH = 1 << 27;
        /// `GL_EXT_shader_texture_lod`
        const SHADER_TEXTURE_LOD = 1 << 28;
        /// `GL_EXT_draw_buffers`
        const DRAW_BUFFERS = 1 << 29;
        /// `GL_OES_texture_3D`
        const TEXTURE_3D = 1 << 30;
    }
}

/// The host as the translator sees it. Made once when the host's context is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostProfile {
    /// The language to write.
    pub version: GlslVersion,
    /// What goes beyond it.
    pub features: Features,
    /// What it is to do without, be it part of the version or not.
    pub absent: Features,
    /// First storage buffer binding of each stage (wire order): slot n of a stage is
    /// bound at `storage_buffer_base[stage] + n`.
    pub storage_buffer_base: [u8; 6],
    /// First image unit of each stage, as above.
    pub image_base: [u8; 6],
}

impl HostProfile {
    /// A host of this version without extensions, all bindings from 0.
    pub const fn bare(version: GlslVersion) -> HostProfile {
        HostProfile {
            version,
            features: Features::empty(),
            absent: Features::empty(),
            storage_buffer_base: [0; 6],
            image_base: [0; 6],
        }
    }

    /// True if the version is at least this ES version (desktop counts as newer).
    pub(crate) fn at_least(&self, version: GlslVersion) -> bool {
        self.version >= version
    }
}
