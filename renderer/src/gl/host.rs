//! What the host's GL can do, probed once.
//!
//! Features come from one table: a feature is there from some core version on or by an
//! extension. A poorer host can be asked for ([`Limit`]), so that every emulation can be
//! tested on a rich one: whatever the asked-for version does not have is treated as
//! absent, extensions included.

use super::Gl;

/// A GL version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Major number.
    pub major: u8,
    /// Minor number.
    pub minor: u8,
}

impl Version {
    /// Makes a version.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A poorer host than the real one, for tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Use no more than this version of OpenGL ES, and no extension that brings features
    /// of a newer one.
    pub gles: Option<Version>,
    /// Do without these, though the host has them.
    pub without: FeatureSet,
}

/// A set of [`Feature`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FeatureSet(u128);

impl FeatureSet {
    /// The set without a member.
    pub const EMPTY: Self = Self(0);

    /// Adds a feature.
    pub fn insert(&mut self, feature: Feature) {
        self.0 |= 1 << (feature as u8);
    }

    /// True if the feature is in the set.
    pub fn contains(self, feature: Feature) -> bool {
        self.0 & (1 << (feature as u8)) != 0
    }
}

impl FromIterator<Feature> for FeatureSet {
    fn from_iter<T: IntoIterator<Item = Feature>>(features: T) -> Self {
        let mut set = Self::EMPTY;
        features.into_iter().for_each(|feature| set.insert(feature));
        set
    }
}

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident = $es:expr, $gl:expr, [$($ext:literal),*];)*) => {
        /// Optional abilities of a host.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Feature {
            $($(#[$doc])* $name,)*
        }

        impl Feature {
            /// The identifiers, in the order of the numbers.
            const IDENTIFIERS: &[&str] = &[$(stringify!($name)),*];
        }

        /// Feature, first OpenGL ES version with it, first desktop version, extensions.
        const FEATURES: &[(Feature, Option<Version>, Option<Version>, &[&str])] =
            &[$((Feature::$name, $es, $gl, &[$($ext),*]),)*];
    };
}

const ES30: Option<Version> = Some(Version::new(3, 0));
const ES31: Option<Version> = Some(Version::new(3, 1));
const ES32: Option<Version> = Some(Version::new(3, 2));
const GL3: Option<Version> = Some(Version::new(3, 0));
const GL4: Option<Version> = Some(Version::new(4, 3));
const GL46: Option<Version> = Some(Version::new(4, 6));
const NEVER: Option<Version> = None;

features! {
    /// Uniform blocks, array textures, instancing, transform feedback, integers in shaders.
    Gles3 = ES30, GL3, [];
    /// Volume textures.
    Texture3d = ES30, GL3, ["GL_OES_texture_3D"];
    /// Textures of depth.
    DepthTexture = ES30, GL3, ["GL_OES_depth_texture"];
    /// Depth and stencil in one texture or renderbuffer.
    PackedDepthStencil = ES30, GL3, ["GL_OES_packed_depth_stencil"];
    /// Repetition and mip levels of textures whose sizes are no powers of two.
    TextureNpot = ES30, GL3, ["GL_OES_texture_npot"];
    /// Drawing to other mip levels than the first.
    RenderMipmap = ES30, GL3, ["GL_OES_fbo_render_mipmap"];
    /// Indices of 32 bits.
    ElementIndexUint = ES30, GL3, ["GL_OES_element_index_uint"];
    /// `dFdx` and `dFdy`.
    StandardDerivatives = ES30, GL3, ["GL_OES_standard_derivatives"];
    /// Explicit levels and gradients in fragment shaders.
    ShaderTextureLod = ES30, GL3, ["GL_EXT_shader_texture_lod"];
    /// Depth from fragment shaders.
    FragDepth = ES30, GL3, ["GL_EXT_frag_depth"];
    /// Several colour buffers.
    DrawBuffers = ES30, GL3, ["GL_EXT_draw_buffers"];
    /// Queries for whether any sample passed.
    OcclusionQuery = ES30, GL3, ["GL_EXT_occlusion_query_boolean"];
    /// The minimum and maximum as blend equations.
    BlendMinMax = ES30, GL3, ["GL_EXT_blend_minmax"];
    /// Uploads from rows with gaps.
    UnpackSubimage = ES30, GL3, ["GL_EXT_unpack_subimage"];
    /// Textures of red, and of red and green.
    TextureRg = ES30, GL3, ["GL_EXT_texture_rg"];
    /// Attributes that step with instances.
    InstancedArrays = ES30, GL3, ["GL_EXT_instanced_arrays", "GL_ANGLE_instanced_arrays"];
    /// Textures of 16-bit floats.
    TextureHalfFloat = ES30, GL3, ["GL_OES_texture_half_float"];
    /// Textures of 32-bit floats.
    TextureFloat = ES30, GL3, ["GL_OES_texture_float"];
    /// Images, storage buffers and compute shaders.
    Compute = ES31, GL4, [];
    /// `glBindVertexBuffer` and friends.
    VertexAttribBinding = ES31, GL4, [];
    /// Indirect draws.
    DrawIndirect = ES31, GL4, [];
    /// Multisample textures.
    TextureMultisample = ES31, GL4, [];
    /// `textureGather`.
    TextureGather = ES31, GL4, [];
    /// Reading the stencil part of a depth-stencil texture.
    StencilTexturing = ES31, GL4, [];
    /// Framebuffers without attachments.
    FramebufferNoAttachments = ES31, GL4, [];
    /// Geometry shaders.
    GeometryShader = ES32, GL4, ["GL_EXT_geometry_shader", "GL_OES_geometry_shader"];
    /// Tessellation shaders.
    TessellationShader = ES32, GL4, ["GL_EXT_tessellation_shader", "GL_OES_tessellation_shader"];
    /// Dynamically uniform indices, `fma`, `precise`.
    GpuShader5 = ES32, GL4, ["GL_EXT_gpu_shader5", "GL_OES_gpu_shader5"];
    /// Per-sample shading.
    SampleShading = ES32, GL4, ["GL_OES_sample_shading"];
    /// `gl_SampleID` and friends.
    SampleVariables = ES32, GL4, ["GL_OES_sample_variables"];
    /// Blend state, enables and masks of single draw buffers.
    DrawBuffersIndexed = ES32, GL4, ["GL_OES_draw_buffers_indexed", "GL_EXT_draw_buffers_indexed"];
    /// `glCopyImageSubData`.
    CopyImage = ES32, GL4, ["GL_EXT_copy_image", "GL_OES_copy_image"];
    /// Cube-map arrays.
    CubeMapArray = ES32, GL4, ["GL_EXT_texture_cube_map_array", "GL_OES_texture_cube_map_array"];
    /// Buffer textures with ranges.
    TextureBuffer = ES32, GL4, ["GL_EXT_texture_buffer", "GL_OES_texture_buffer"];
    /// Clamp-to-border and integer border colours.
    BorderClamp = ES32, GL4, ["GL_EXT_texture_border_clamp", "GL_OES_texture_border_clamp"];
    /// Advanced blend equations.
    BlendEquationAdvanced = ES32, NEVER, ["GL_KHR_blend_equation_advanced"];
    /// Out-of-range buffer accesses are harmless.
    RobustBufferAccess = ES32, NEVER,
        ["GL_KHR_robust_buffer_access_behavior", "GL_ARB_robust_buffer_access_behavior"];
    /// Rendering to float formats.
    ColorBufferFloat = ES32, GL3, ["GL_EXT_color_buffer_float"];
    /// Draws that add a base to each index.
    DrawElementsBaseVertex = ES32, GL4,
        ["GL_EXT_draw_elements_base_vertex", "GL_OES_draw_elements_base_vertex"];
    /// Stencil-only textures.
    TextureStencil8 = ES32, GL4, ["GL_OES_texture_stencil8"];
    /// Multisample array textures.
    TextureMultisampleArray = ES32, GL4, ["GL_OES_texture_storage_multisample_2d_array"];
    /// Base instance.
    BaseInstance = NEVER, GL4, ["GL_EXT_base_instance"];
    /// Blending of 32-bit floats.
    FloatBlend = NEVER, GL3, ["GL_EXT_float_blend"];
    /// Linear filtering of 32-bit floats.
    TextureFloatLinear = NEVER, GL3, ["GL_OES_texture_float_linear"];
    /// 16-bit normalised formats.
    TextureNorm16 = NEVER, GL3, ["GL_EXT_texture_norm16"];
    /// Rendering to signed normalised formats.
    RenderSnorm = NEVER, GL4, ["GL_EXT_render_snorm"];
    /// Texture views.
    TextureView = NEVER, GL4, ["GL_EXT_texture_view", "GL_OES_texture_view"];
    /// Sampling an sRGB texture without decoding.
    SrgbDecode = NEVER, NEVER, ["GL_EXT_texture_sRGB_decode"];
    /// Writing to an sRGB attachment without encoding.
    SrgbWriteControl = NEVER, GL3, ["GL_EXT_sRGB_write_control"];
    /// Depth ranges of 0..1 in clip space.
    ClipControl = NEVER, GL46, ["GL_EXT_clip_control"];
    /// Depth clamping.
    DepthClamp = NEVER, GL4, ["GL_EXT_depth_clamp"];
    /// `gl_ClipDistance` and `gl_CullDistance`.
    ClipCullDistance = NEVER, GL46, ["GL_EXT_clip_cull_distance"];
    /// Dual-source blending.
    BlendFuncExtended = NEVER, GL4, ["GL_EXT_blend_func_extended"];
    /// Several viewports.
    ViewportArray = NEVER, GL4, ["GL_OES_viewport_array", "GL_NV_viewport_array"];
    /// Clamped polygon offset.
    PolygonOffsetClamp = NEVER, GL46, ["GL_EXT_polygon_offset_clamp"];
    /// Lines and points instead of filled polygons.
    PolygonMode = NEVER, GL3, ["GL_NV_polygon_mode"];
    /// Persistent mappings.
    BufferStorage = NEVER, GL46, ["GL_EXT_buffer_storage"];
    /// `glClearTexSubImage`.
    ClearTexture = NEVER, GL46, ["GL_EXT_clear_texture"];
    /// Timestamps and elapsed times.
    TimerQuery = NEVER, GL4, ["GL_EXT_disjoint_timer_query"];
    /// Exact occlusion counts.
    OcclusionCount = NEVER, GL3, [];
    /// Reading the framebuffer in a fragment shader.
    FramebufferFetch = NEVER, NEVER, ["GL_EXT_shader_framebuffer_fetch"];
    /// Sampling what was just drawn into the same texture.
    TextureBarrier = NEVER, GL46, ["GL_NV_texture_barrier"];
    /// Derivatives that differ within a quad; on OpenGL ES it takes a trial to know.
    FineDerivatives = NEVER, NEVER, ["GL_ARB_derivative_control"];
    /// Votes among the invocations of a group.
    GroupVote = NEVER, NEVER, ["GL_EXT_shader_group_vote"];
    /// Interpolation without perspective.
    NoPerspective = NEVER, GL4, ["GL_NV_shader_noperspective_interpolation"];
    /// Explicit levels and biases of shadow lookups.
    TextureShadowLod = NEVER, NEVER, ["GL_EXT_texture_shadow_lod"];
    /// `textureQueryLOD`.
    TextureQueryLod = NEVER, GL4, ["GL_EXT_texture_query_lod"];
    /// Mirror once, then clamp.
    MirrorClampToEdge = NEVER, GL46, ["GL_EXT_texture_mirror_clamp_to_edge"];
    /// Anisotropic filtering.
    Anisotropy = NEVER, GL46, ["GL_EXT_texture_filter_anisotropic"];
    /// Point sizes written by geometry shaders.
    GeometryPointSize = NEVER, GL4, ["GL_EXT_geometry_point_size", "GL_OES_geometry_point_size"];
    /// Point sizes written by tessellation shaders.
    TessellationPointSize = NEVER, GL4,
        ["GL_EXT_tessellation_point_size", "GL_OES_tessellation_point_size"];
    /// More image formats than the core's.
    ImageFormats = NEVER, GL4, ["GL_NV_image_formats"];
    /// `glReadPixels` of depth.
    ReadDepth = NEVER, GL3, ["GL_NV_read_depth"];
    /// `glReadPixels` of packed depth and stencil.
    ReadDepthStencil = NEVER, GL3, ["GL_NV_read_depth_stencil"];
    /// `glReadPixels` of stencil.
    ReadStencil = NEVER, GL3, ["GL_NV_read_stencil"];
    /// Reading pixels as BGRA.
    ReadBgra = NEVER, GL3, ["GL_EXT_read_format_bgra"];
    /// Debug markers.
    Debug = ES32, GL4, ["GL_KHR_debug"];
    /// The context tells of GPU resets.
    Robustness = NEVER, NEVER, ["GL_KHR_robustness", "GL_EXT_robustness"];
    /// S3TC (DXT) textures.
    TextureS3tc = NEVER, NEVER, ["GL_EXT_texture_compression_s3tc"];
    /// S3TC textures in sRGB.
    TextureS3tcSrgb = NEVER, NEVER, ["GL_EXT_texture_compression_s3tc_srgb"];
    /// RGTC textures.
    TextureRgtc = NEVER, GL3, ["GL_EXT_texture_compression_rgtc"];
    /// BPTC textures.
    TextureBptc = NEVER, GL4, ["GL_EXT_texture_compression_bptc"];
    /// ASTC textures.
    TextureAstc = ES32, NEVER, ["GL_KHR_texture_compression_astc_ldr"];
}

impl Feature {
    /// All features.
    pub fn all() -> impl Iterator<Item = Self> {
        FEATURES.iter().map(|(feature, ..)| *feature)
    }

    /// The name that people write: `texture-buffer`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for letter in Self::IDENTIFIERS[self as usize].chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(letter.to_ascii_lowercase());
        }
        name
    }

    /// The feature of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|feature| feature.name() == name)
    }
}

/// Limits of a host, in GL's units.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)] // each is the GL_MAX_* value of that name
pub struct Limits {
    pub texture_size: u32,
    pub texture_3d_size: u32,
    pub cube_map_size: u32,
    pub array_texture_layers: u32,
    pub color_attachments: u32,
    pub draw_buffers: u32,
    pub samples: u32,
    pub vertex_attribs: u32,
    pub vertex_attrib_bindings: u32,
    pub vertex_attrib_stride: u32,
    pub vertex_output_components: u32,
    pub varying_vectors: u32,
    pub vertex_uniform_vectors: u32,
    pub fragment_uniform_vectors: u32,
    pub uniform_block_size: u32,
    pub vertex_uniform_blocks: u32,
    pub fragment_uniform_blocks: u32,
    pub combined_uniform_blocks: u32,
    pub uniform_buffer_bindings: u32,
    pub uniform_buffer_alignment: u32,
    pub texture_units: u32,
    pub vertex_texture_units: u32,
    pub combined_texture_units: u32,
    pub texture_buffer_size: u32,
    pub texture_buffer_alignment: u32,
    pub storage_buffer_alignment: u32,
    pub vertex_storage_blocks: u32,
    pub fragment_storage_blocks: u32,
    pub geometry_storage_blocks: u32,
    pub tess_control_storage_blocks: u32,
    pub tess_evaluation_storage_blocks: u32,
    pub compute_storage_blocks: u32,
    pub combined_storage_blocks: u32,
    pub storage_buffer_bindings: u32,
    pub vertex_images: u32,
    pub fragment_images: u32,
    pub compute_images: u32,
    pub image_units: u32,
    pub compute_invocations: u32,
    pub compute_shared_memory: u32,
    pub compute_groups: [u32; 3],
    pub compute_group_size: [u32; 3],
    pub geometry_output_vertices: u32,
    pub geometry_total_output_components: u32,
    pub patch_varying_vectors: u32,
    pub stream_output_buffers: u32,
    pub stream_output_separate_components: u32,
    pub dual_source_draw_buffers: u32,
    pub viewports: u32,
    pub point_size: [f32; 2],
    pub line_width: [f32; 2],
    pub texture_lod_bias: f32,
    pub anisotropy: f32,
    pub texel_offset: [i32; 2],
    pub gather_offset: [i32; 2],
}

/// What a host can do.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// True for OpenGL ES, false for desktop OpenGL.
    pub gles: bool,
    /// Version, after any [`Limit`].
    pub version: Version,
    /// The driver's `GL_RENDERER`.
    pub renderer: String,
    /// The driver's `GL_VENDOR`.
    pub vendor: String,
    /// The driver's `GL_VERSION`.
    pub version_string: String,
    /// Limits.
    pub limits: Limits,
    /// What it has.
    features: FeatureSet,
    /// What it is to do without, see [`Limit`].
    pub without: FeatureSet,
}

impl Capabilities {
    /// Asks the current context.
    pub fn probe(gl: &Gl, limit: Limit) -> Self {
        let version_string = gl.get_parameter_string(glow::VERSION);
        let (gles, real) = parse_version(&version_string);
        let version = match limit.gles {
            Some(most) if gles => real.min(most),
            _ => real,
        };
        let extensions = gl.extensions();
        let limited = limit.gles.is_some();
        let mut features = FeatureSet::EMPTY;
        for (feature, es, desktop, names) in FEATURES {
            if gl.is_es20() && !suits_es20(*feature) {
                continue;
            }
            let core = if gles { *es } else { *desktop };
            let in_core = core.is_some_and(|needed| version >= needed);
            // A limited host has none of the extensions that a newer core took in, but for
            // those that hosts of OpenGL ES 2.0 have.
            let hidden = limited && core.is_some_and(|core| core > Version::new(3, 0));
            let by_extension = !hidden && names.iter().any(|name| extensions.contains(*name));
            // What OpenGL ES 3.0 has is used there without asking.
            let granted = !gl.is_es20() && *es == ES30 && in_core;
            let without = limit.without.contains(*feature) && !granted;
            if (in_core || by_extension) && !without {
                features.insert(*feature);
            }
        }
        let mut capabilities = Self {
            gles,
            version,
            renderer: gl.get_parameter_string(glow::RENDERER),
            vendor: gl.get_parameter_string(glow::VENDOR),
            version_string,
            limits: Limits::default(),
            features,
            without: limit.without,
        };
        capabilities.limits = if capabilities.has(Feature::Gles3) {
            capabilities.probe_limits(gl)
        } else {
            capabilities.probe_limits_es20(gl)
        };
        gl.take_error();
        capabilities
    }

    /// Is `feature` there?
    pub fn has(&self, feature: Feature) -> bool {
        self.features.contains(feature)
    }

    /// Adds a feature that only a trial shows, unless it was taken away.
    pub fn add(&mut self, feature: Feature) {
        if !self.without.contains(feature) {
            self.features.insert(feature);
        }
    }

    /// Is this a renderer that runs on the CPU?
    pub fn is_software(&self) -> bool {
        ["llvmpipe", "softpipe", "swrast", "SwiftShader"]
            .iter()
            .any(|name| self.renderer.contains(name))
    }

    /// Does the driver's compiler crash on some of GLSL's integer functions? LLVM 15 and
    /// older do behind llvmpipe, on `umulExtended` with a small constant.
    pub fn crashes_on_integer_functions(&self) -> bool {
        const FIRST_SOUND: u32 = 16;
        let version = self.renderer.split_once("LLVM ").map(|(_, rest)| {
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
            digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
        });
        version.is_some_and(|version: u32| version < FIRST_SOUND)
    }

    /// The limits that OpenGL ES 2.0 knows; what it has not is 0.
    fn probe_limits_es20(&self, gl: &Gl) -> Limits {
        let get = |parameter| gl.get_parameter_i32(parameter).max(0) as u32;
        let when = |feature, parameter, otherwise| {
            if self.has(feature) {
                get(parameter)
            } else {
                otherwise
            }
        };
        let range = |parameter| {
            let mut values = [1.0; 2];
            gl.get_parameter_f32_slice(parameter, &mut values);
            values
        };
        let varying_vectors = get(glow::MAX_VARYING_VECTORS);
        Limits {
            texture_size: get(glow::MAX_TEXTURE_SIZE),
            texture_3d_size: when(Feature::Texture3d, glow::MAX_3D_TEXTURE_SIZE, 0),
            cube_map_size: get(glow::MAX_CUBE_MAP_TEXTURE_SIZE),
            color_attachments: when(Feature::DrawBuffers, glow::MAX_COLOR_ATTACHMENTS, 1),
            draw_buffers: when(Feature::DrawBuffers, glow::MAX_DRAW_BUFFERS, 1),
            samples: 1,
            vertex_attribs: get(glow::MAX_VERTEX_ATTRIBS),
            vertex_output_components: varying_vectors * 4,
            varying_vectors,
            vertex_uniform_vectors: get(glow::MAX_VERTEX_UNIFORM_VECTORS),
            fragment_uniform_vectors: get(glow::MAX_FRAGMENT_UNIFORM_VECTORS),
            uniform_buffer_alignment: 1,
            texture_units: get(glow::MAX_TEXTURE_IMAGE_UNITS),
            vertex_texture_units: get(glow::MAX_VERTEX_TEXTURE_IMAGE_UNITS),
            combined_texture_units: get(glow::MAX_COMBINED_TEXTURE_IMAGE_UNITS),
            viewports: 1,
            point_size: range(glow::ALIASED_POINT_SIZE_RANGE),
            line_width: range(glow::ALIASED_LINE_WIDTH_RANGE),
            // A bias of lookups is a part of the language, its limit is not said.
            texture_lod_bias: 2.0,
            anisotropy: if self.has(Feature::Anisotropy) {
                gl.get_parameter_f32(glow::MAX_TEXTURE_MAX_ANISOTROPY_EXT)
            } else {
                1.0
            },
            ..Limits::default()
        }
    }

    fn probe_limits(&self, gl: &Gl) -> Limits {
        let get = |parameter: u32| gl.get_parameter_i32(parameter).max(0) as u32;
        let get3 = |parameter: u32| {
            [0, 1, 2].map(|i| gl.get_parameter_indexed_i32(parameter, i).max(0) as u32)
        };
        let when = |feature: Feature, parameter: u32| {
            if self.has(feature) { get(parameter) } else { 0 }
        };
        let range = |parameter: u32| {
            let mut value = [1.0; 2];
            gl.get_parameter_f32_slice(parameter, &mut value);
            value
        };
        let compute = self.has(Feature::Compute);
        let geometry = Feature::GeometryShader;
        let tessellation = Feature::TessellationShader;
        Limits {
            texture_size: get(glow::MAX_TEXTURE_SIZE),
            texture_3d_size: get(glow::MAX_3D_TEXTURE_SIZE),
            cube_map_size: get(glow::MAX_CUBE_MAP_TEXTURE_SIZE),
            array_texture_layers: get(glow::MAX_ARRAY_TEXTURE_LAYERS),
            color_attachments: get(glow::MAX_COLOR_ATTACHMENTS),
            draw_buffers: get(glow::MAX_DRAW_BUFFERS),
            samples: get(glow::MAX_SAMPLES),
            vertex_attribs: get(glow::MAX_VERTEX_ATTRIBS),
            vertex_attrib_bindings: when(
                Feature::VertexAttribBinding,
                glow::MAX_VERTEX_ATTRIB_BINDINGS,
            ),
            vertex_attrib_stride: when(
                Feature::VertexAttribBinding,
                glow::MAX_VERTEX_ATTRIB_STRIDE,
            ),
            vertex_output_components: get(glow::MAX_VERTEX_OUTPUT_COMPONENTS),
            varying_vectors: get(glow::MAX_VARYING_VECTORS),
            vertex_uniform_vectors: get(glow::MAX_VERTEX_UNIFORM_VECTORS),
            fragment_uniform_vectors: get(glow::MAX_FRAGMENT_UNIFORM_VECTORS),
            uniform_block_size: get(glow::MAX_UNIFORM_BLOCK_SIZE),
            vertex_uniform_blocks: get(glow::MAX_VERTEX_UNIFORM_BLOCKS),
            fragment_uniform_blocks: get(glow::MAX_FRAGMENT_UNIFORM_BLOCKS),
            combined_uniform_blocks: get(glow::MAX_COMBINED_UNIFORM_BLOCKS),
            uniform_buffer_bindings: get(glow::MAX_UNIFORM_BUFFER_BINDINGS),
            uniform_buffer_alignment: get(glow::UNIFORM_BUFFER_OFFSET_ALIGNMENT).max(1),
            texture_units: get(glow::MAX_TEXTURE_IMAGE_UNITS),
            vertex_texture_units: get(glow::MAX_VERTEX_TEXTURE_IMAGE_UNITS),
            combined_texture_units: get(glow::MAX_COMBINED_TEXTURE_IMAGE_UNITS),
            texture_buffer_size: when(Feature::TextureBuffer, glow::MAX_TEXTURE_BUFFER_SIZE),
            texture_buffer_alignment: when(
                Feature::TextureBuffer,
                glow::TEXTURE_BUFFER_OFFSET_ALIGNMENT,
            ),
            storage_buffer_alignment: when(
                Feature::Compute,
                glow::SHADER_STORAGE_BUFFER_OFFSET_ALIGNMENT,
            ),
            vertex_storage_blocks: when(Feature::Compute, glow::MAX_VERTEX_SHADER_STORAGE_BLOCKS),
            fragment_storage_blocks: when(
                Feature::Compute,
                glow::MAX_FRAGMENT_SHADER_STORAGE_BLOCKS,
            ),
            geometry_storage_blocks: when(geometry, MAX_GEOMETRY_SHADER_STORAGE_BLOCKS),
            tess_control_storage_blocks: when(tessellation, MAX_TESS_CONTROL_SHADER_STORAGE_BLOCKS),
            tess_evaluation_storage_blocks: when(
                tessellation,
                MAX_TESS_EVALUATION_SHADER_STORAGE_BLOCKS,
            ),
            compute_storage_blocks: when(Feature::Compute, glow::MAX_COMPUTE_SHADER_STORAGE_BLOCKS),
            combined_storage_blocks: when(
                Feature::Compute,
                glow::MAX_COMBINED_SHADER_STORAGE_BLOCKS,
            ),
            storage_buffer_bindings: when(
                Feature::Compute,
                glow::MAX_SHADER_STORAGE_BUFFER_BINDINGS,
            ),
            vertex_images: when(Feature::Compute, glow::MAX_VERTEX_IMAGE_UNIFORMS),
            fragment_images: when(Feature::Compute, glow::MAX_FRAGMENT_IMAGE_UNIFORMS),
            compute_images: when(Feature::Compute, glow::MAX_COMPUTE_IMAGE_UNIFORMS),
            image_units: when(Feature::Compute, glow::MAX_IMAGE_UNITS),
            compute_invocations: when(Feature::Compute, glow::MAX_COMPUTE_WORK_GROUP_INVOCATIONS),
            compute_shared_memory: when(Feature::Compute, glow::MAX_COMPUTE_SHARED_MEMORY_SIZE),
            compute_groups: if compute {
                get3(glow::MAX_COMPUTE_WORK_GROUP_COUNT)
            } else {
                [0; 3]
            },
            compute_group_size: if compute {
                get3(glow::MAX_COMPUTE_WORK_GROUP_SIZE)
            } else {
                [0; 3]
            },
            geometry_output_vertices: when(geometry, glow::MAX_GEOMETRY_OUTPUT_VERTICES),
            geometry_total_output_components: when(
                geometry,
                glow::MAX_GEOMETRY_TOTAL_OUTPUT_COMPONENTS,
            ),
            // One varying vector of a patch is four components.
            patch_varying_vectors: when(tessellation, MAX_TESS_PATCH_COMPONENTS) / 4,
            stream_output_buffers: get(glow::MAX_TRANSFORM_FEEDBACK_SEPARATE_ATTRIBS),
            stream_output_separate_components: get(
                glow::MAX_TRANSFORM_FEEDBACK_SEPARATE_COMPONENTS,
            ),
            dual_source_draw_buffers: when(
                Feature::BlendFuncExtended,
                glow::MAX_DUAL_SOURCE_DRAW_BUFFERS,
            ),
            viewports: when(Feature::ViewportArray, glow::MAX_VIEWPORTS).max(1),
            point_size: range(glow::ALIASED_POINT_SIZE_RANGE),
            line_width: range(glow::ALIASED_LINE_WIDTH_RANGE),
            texture_lod_bias: gl.get_parameter_f32(glow::MAX_TEXTURE_LOD_BIAS),
            anisotropy: if self.has(Feature::Anisotropy) {
                gl.get_parameter_f32(glow::MAX_TEXTURE_MAX_ANISOTROPY_EXT)
            } else {
                1.0
            },
            texel_offset: [
                glow::MIN_PROGRAM_TEXEL_OFFSET,
                glow::MAX_PROGRAM_TEXEL_OFFSET,
            ]
            .map(|p| gl.get_parameter_i32(p)),
            gather_offset: if self.has(Feature::TextureGather) {
                [
                    MIN_PROGRAM_TEXTURE_GATHER_OFFSET,
                    MAX_PROGRAM_TEXTURE_GATHER_OFFSET,
                ]
                .map(|p| gl.get_parameter_i32(p))
            } else {
                [0; 2]
            },
        }
    }
}

/// Can the renderer use the feature on a host of OpenGL ES 2.0?
fn suits_es20(feature: Feature) -> bool {
    const OTHERS: [Feature; 6] = [
        Feature::Anisotropy,
        Feature::MirrorClampToEdge,
        Feature::Robustness,
        Feature::RobustBufferAccess,
        Feature::ReadBgra,
        Feature::TextureS3tc,
    ];
    let table = FEATURES.get(feature as usize);
    let before_es30 = table.is_some_and(|(_, es, _, names)| *es == ES30 && !names.is_empty());
    before_es30 || OTHERS.contains(&feature)
}

// Parameters that glow does not name.
const MAX_GEOMETRY_SHADER_STORAGE_BLOCKS: u32 = 0x90D7;
const MAX_TESS_CONTROL_SHADER_STORAGE_BLOCKS: u32 = 0x90D8;
const MAX_TESS_EVALUATION_SHADER_STORAGE_BLOCKS: u32 = 0x90D9;
const MAX_TESS_PATCH_COMPONENTS: u32 = 0x8E84;
const MIN_PROGRAM_TEXTURE_GATHER_OFFSET: u32 = 0x8E5E;
const MAX_PROGRAM_TEXTURE_GATHER_OFFSET: u32 = 0x8E5F;

/// Reads "OpenGL ES 3.2 ..." or "4.5 ...": whether it is OpenGL ES, and the version.
pub(super) fn parse_version(text: &str) -> (bool, Version) {
    let gles = text.starts_with("OpenGL ES");
    let number = text
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .unwrap_or("0.0");
    let mut parts = number.split('.').map(|part| part.parse().unwrap_or(0));
    let major = parts.next().unwrap_or(0);
    (gles, Version::new(major, parts.next().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_version_reads_both_apis() {
        assert_eq!(
            parse_version("OpenGL ES 3.2 Mesa 22.3.6"),
            (true, Version::new(3, 2))
        );
        assert_eq!(
            parse_version("4.5 (Core Profile) Mesa"),
            (false, Version::new(4, 5))
        );
        assert_eq!(parse_version(""), (false, Version::new(0, 0)));
    }

    #[test]
    fn features_fit_their_bit_set() {
        assert!(FEATURES.len() <= 128);
        for (index, (feature, ..)) in FEATURES.iter().enumerate() {
            assert_eq!(*feature as usize, index);
        }
    }

    #[test]
    fn feature_names_are_words_with_dashes_and_lead_back() {
        assert_eq!(Feature::TextureBuffer.name(), "texture-buffer");
        assert_eq!(Feature::GpuShader5.name(), "gpu-shader5");
        for feature in Feature::all() {
            assert_eq!(Feature::from_name(&feature.name()), Some(feature));
        }
        assert_eq!(Feature::from_name("TextureBuffer"), None);
    }
}
