//! The words of TGSI that are not opcodes: semantics, interpolation, texture targets,
//! image formats and properties, each with the name the text form gives it
//! (gallium `p_shader_tokens.h`, `tgsi_strings.c`).

/// Declares an enum whose variants have a name in the text form.
macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vmeta])* #[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl $name {
            /// All values, in the order of their declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The word of the text form.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }

            /// The value that this word stands for.
            pub fn from_name(word: &str) -> Option<$name> {
                match word { $($text => Some($name::$variant),)+ _ => None }
            }
        }
    };
}

named_enum! {
    /// What a stage input, output or system value stands for.
    SemanticName {
        Position = "POSITION",
        Color = "COLOR",
        BackColor = "BCOLOR",
        Fog = "FOG",
        PointSize = "PSIZE",
        Generic = "GENERIC",
        Normal = "NORMAL",
        Face = "FACE",
        EdgeFlag = "EDGEFLAG",
        PrimitiveId = "PRIM_ID",
        InstanceId = "INSTANCEID",
        VertexId = "VERTEXID",
        Stencil = "STENCIL",
        ClipDistance = "CLIPDIST",
        ClipVertex = "CLIPVERTEX",
        GridSize = "GRID_SIZE",
        BlockId = "BLOCK_ID",
        BlockSize = "BLOCK_SIZE",
        ThreadId = "THREAD_ID",
        TexCoord = "TEXCOORD",
        PointCoord = "PCOORD",
        ViewportIndex = "VIEWPORT_INDEX",
        Layer = "LAYER",
        SampleId = "SAMPLEID",
        SamplePos = "SAMPLEPOS",
        SampleMask = "SAMPLEMASK",
        InvocationId = "INVOCATIONID",
        VertexIdNoBase = "VERTEXID_NOBASE",
        BaseVertex = "BASEVERTEX",
        Patch = "PATCH",
        TessCoord = "TESSCOORD",
        TessOuter = "TESSOUTER",
        TessInner = "TESSINNER",
        VerticesIn = "VERTICESIN",
        HelperInvocation = "HELPER_INVOCATION",
        BaseInstance = "BASEINSTANCE",
        DrawId = "DRAWID",
        WorkDim = "WORK_DIM",
        SubgroupSize = "SUBGROUP_SIZE",
        SubgroupInvocation = "SUBGROUP_INVOCATION",
        SubgroupEqMask = "SUBGROUP_EQ_MASK",
        SubgroupGeMask = "SUBGROUP_GE_MASK",
        SubgroupGtMask = "SUBGROUP_GT_MASK",
        SubgroupLeMask = "SUBGROUP_LE_MASK",
        SubgroupLtMask = "SUBGROUP_LT_MASK",
        UserData = "CS_USER_DATA_AMD",
        ViewportMask = "VIEWPORT_MASK",
        TessDefaultOuter = "TESS_DEFAULT_OUTER_LEVEL",
        TessDefaultInner = "TESS_DEFAULT_INNER_LEVEL",
    }
}

named_enum! {
    /// How a fragment input changes over a primitive.
    Interpolation {
        /// Not interpolated: the value of the provoking vertex.
        Constant = "CONSTANT",
        /// Linear in window space (`noperspective`).
        Linear = "LINEAR",
        /// Perspective-correct.
        Perspective = "PERSPECTIVE",
        /// As a colour: flat under `flatshade`, else perspective-correct.
        Color = "COLOR",
    }
}

named_enum! {
    /// Where within a pixel a fragment input is interpolated.
    Location {
        /// At the pixel's centre.
        Center = "CENTER",
        /// At a covered place.
        Centroid = "CENTROID",
        /// At each sample, which makes the shader run once a sample.
        Sample = "SAMPLE",
    }
}

named_enum! {
    /// What a texture fetch returns (`tgsi_return_type`).
    SampledType {
        Unorm = "UNORM",
        Snorm = "SNORM",
        Sint = "SINT",
        Uint = "UINT",
        Float = "FLOAT",
    }
}

named_enum! {
    /// The shape of a texture or image.
    TextureTarget {
        Buffer = "BUFFER",
        D1 = "1D",
        D2 = "2D",
        D3 = "3D",
        Cube = "CUBE",
        Rect = "RECT",
        Shadow1D = "SHADOW1D",
        Shadow2D = "SHADOW2D",
        ShadowRect = "SHADOWRECT",
        Array1D = "1D_ARRAY",
        Array2D = "2D_ARRAY",
        ShadowArray1D = "SHADOW1D_ARRAY",
        ShadowArray2D = "SHADOW2D_ARRAY",
        ShadowCube = "SHADOWCUBE",
        Multisample2D = "2D_MSAA",
        MultisampleArray2D = "2D_ARRAY_MSAA",
        CubeArray = "CUBEARRAY",
        ShadowCubeArray = "SHADOWCUBEARRAY",
        Unknown = "UNKNOWN",
    }
}

impl TextureTarget {
    /// True if fetches compare against a reference.
    pub const fn is_shadow(self) -> bool {
        matches!(
            self,
            TextureTarget::Shadow1D
                | TextureTarget::Shadow2D
                | TextureTarget::ShadowRect
                | TextureTarget::ShadowArray1D
                | TextureTarget::ShadowArray2D
                | TextureTarget::ShadowCube
                | TextureTarget::ShadowCubeArray
        )
    }

    /// True if a view's swizzle cannot be texture state: it works on the result of a
    /// comparison, or the texture is a buffer.
    pub const fn needs_shader_swizzle(self) -> bool {
        self.is_shadow() || matches!(self, TextureTarget::Buffer)
    }

    /// True for textures with several samples a texel.
    pub const fn is_multisample(self) -> bool {
        matches!(
            self,
            TextureTarget::Multisample2D | TextureTarget::MultisampleArray2D
        )
    }
}

named_enum! {
    /// A property of the whole shader.
    PropertyName {
        GsInputPrimitive = "GS_INPUT_PRIMITIVE",
        GsOutputPrimitive = "GS_OUTPUT_PRIMITIVE",
        GsMaxOutputVertices = "GS_MAX_OUTPUT_VERTICES",
        FsCoordOrigin = "FS_COORD_ORIGIN",
        FsCoordPixelCenter = "FS_COORD_PIXEL_CENTER",
        FsColor0WritesAllCbufs = "FS_COLOR0_WRITES_ALL_CBUFS",
        FsDepthLayout = "FS_DEPTH_LAYOUT",
        VsProhibitUcps = "VS_PROHIBIT_UCPS",
        GsInvocations = "GS_INVOCATIONS",
        VsWindowSpacePosition = "VS_WINDOW_SPACE_POSITION",
        TcsVerticesOut = "TCS_VERTICES_OUT",
        TesPrimMode = "TES_PRIM_MODE",
        TesSpacing = "TES_SPACING",
        TesVertexOrderCw = "TES_VERTEX_ORDER_CW",
        TesPointMode = "TES_POINT_MODE",
        NumClipDistEnabled = "NUM_CLIPDIST_ENABLED",
        NumCullDistEnabled = "NUM_CULLDIST_ENABLED",
        FsEarlyDepthStencil = "FS_EARLY_DEPTH_STENCIL",
        FsPostDepthCoverage = "FS_POST_DEPTH_COVERAGE",
        NextShader = "NEXT_SHADER",
        CsFixedBlockWidth = "CS_FIXED_BLOCK_WIDTH",
        CsFixedBlockHeight = "CS_FIXED_BLOCK_HEIGHT",
        CsFixedBlockDepth = "CS_FIXED_BLOCK_DEPTH",
        LegacyMathRules = "LEGACY_MATH_RULES",
        MulZeroWins = "MUL_ZERO_WINS",
        VsBlitSgprsAmd = "VS_BLIT_SGPRS_AMD",
        CsUserDataComponentsAmd = "CS_USER_DATA_COMPONENTS_AMD",
        LayerViewportRelative = "LAYER_VIEWPORT_RELATIVE",
        FsBlendEquationAdvanced = "FS_BLEND_EQUATION_ADVANCED",
        SeparableProgram = "SEPARABLE_PROGRAM",
    }
}

/// `FS_COORD_PIXEL_CENTER INTEGER`: pixel centres lie on whole numbers.
pub const PIXEL_CENTER_INTEGER: u32 = 1;

/// Words that may stand as a property's value, with gallium's numbers.
pub const PROPERTY_VALUES: &[(&str, u32)] = &[
    ("POINTS", 0),
    ("LINES", 1),
    ("LINE_LOOP", 2),
    ("LINE_STRIP", 3),
    ("TRIANGLES", 4),
    ("TRIANGLE_STRIP", 5),
    ("TRIANGLE_FAN", 6),
    ("QUADS", 7),
    ("QUAD_STRIP", 8),
    ("POLYGON", 9),
    ("LINES_ADJACENCY", 10),
    ("LINE_STRIP_ADJACENCY", 11),
    ("TRIANGLES_ADJACENCY", 12),
    ("TRIANGLE_STRIP_ADJACENCY", 13),
    ("PATCHES", 14),
    ("UPPER_LEFT", 0),
    ("LOWER_LEFT", 1),
    ("HALF_INTEGER", 0),
    ("INTEGER", PIXEL_CENTER_INTEGER),
];

/// What the texels of an image are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TexelKind {
    /// Floating point or normalised.
    Float,
    /// Signed integers.
    Int,
    /// Unsigned integers.
    Uint,
}

/// Which language version lists an image format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImageFormatLevel {
    /// GLSL ES 3.10.
    Core,
    /// `NV_image_formats` on GLES; desktop GLSL 4.20.
    Extended,
}

/// One format that an image variable can have.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ImageFormatInfo {
    /// gallium's name.
    pub pipe_name: &'static str,
    /// The layout qualifier.
    pub glsl: &'static str,
    /// What it holds.
    pub kind: TexelKind,
    /// Where it is known.
    pub level: ImageFormatLevel,
}

/// A row of [`IMAGE_FORMATS`].
pub type ImageFormat = &'static ImageFormatInfo;

const fn image_format(
    pipe_name: &'static str,
    glsl: &'static str,
    kind: TexelKind,
    level: ImageFormatLevel,
) -> ImageFormatInfo {
    ImageFormatInfo {
        pipe_name,
        glsl,
        kind,
        level,
    }
}

/// All image formats (GLSL ES 3.20 §4.4.7, `NV_image_formats`).
pub static IMAGE_FORMATS: &[ImageFormatInfo] = {
    use ImageFormatLevel::{Core, Extended};
    use TexelKind::{Float, Int, Uint};
    &[
        image_format("PIPE_FORMAT_R32G32B32A32_FLOAT", "rgba32f", Float, Core),
        image_format("PIPE_FORMAT_R16G16B16A16_FLOAT", "rgba16f", Float, Core),
        image_format("PIPE_FORMAT_R32_FLOAT", "r32f", Float, Core),
        image_format("PIPE_FORMAT_R8G8B8A8_UNORM", "rgba8", Float, Core),
        image_format("PIPE_FORMAT_R8G8B8A8_SNORM", "rgba8_snorm", Float, Core),
        image_format("PIPE_FORMAT_R32G32B32A32_SINT", "rgba32i", Int, Core),
        image_format("PIPE_FORMAT_R16G16B16A16_SINT", "rgba16i", Int, Core),
        image_format("PIPE_FORMAT_R8G8B8A8_SINT", "rgba8i", Int, Core),
        image_format("PIPE_FORMAT_R32_SINT", "r32i", Int, Core),
        image_format("PIPE_FORMAT_R32G32B32A32_UINT", "rgba32ui", Uint, Core),
        image_format("PIPE_FORMAT_R16G16B16A16_UINT", "rgba16ui", Uint, Core),
        image_format("PIPE_FORMAT_R8G8B8A8_UINT", "rgba8ui", Uint, Core),
        image_format("PIPE_FORMAT_R32_UINT", "r32ui", Uint, Core),
        image_format("PIPE_FORMAT_R32G32_FLOAT", "rg32f", Float, Extended),
        image_format("PIPE_FORMAT_R16G16_FLOAT", "rg16f", Float, Extended),
        image_format("PIPE_FORMAT_R16_FLOAT", "r16f", Float, Extended),
        image_format(
            "PIPE_FORMAT_R11G11B10_FLOAT",
            "r11f_g11f_b10f",
            Float,
            Extended,
        ),
        image_format("PIPE_FORMAT_R16G16B16A16_UNORM", "rgba16", Float, Extended),
        image_format("PIPE_FORMAT_R10G10B10A2_UNORM", "rgb10_a2", Float, Extended),
        image_format("PIPE_FORMAT_R16G16_UNORM", "rg16", Float, Extended),
        image_format("PIPE_FORMAT_R8G8_UNORM", "rg8", Float, Extended),
        image_format("PIPE_FORMAT_R16_UNORM", "r16", Float, Extended),
        image_format("PIPE_FORMAT_R8_UNORM", "r8", Float, Extended),
        image_format(
            "PIPE_FORMAT_R16G16B16A16_SNORM",
            "rgba16_snorm",
            Float,
            Extended,
        ),
        image_format("PIPE_FORMAT_R16G16_SNORM", "rg16_snorm", Float, Extended),
        image_format("PIPE_FORMAT_R8G8_SNORM", "rg8_snorm", Float, Extended),
        image_format("PIPE_FORMAT_R16_SNORM", "r16_snorm", Float, Extended),
        image_format("PIPE_FORMAT_R8_SNORM", "r8_snorm", Float, Extended),
        image_format("PIPE_FORMAT_R32G32_SINT", "rg32i", Int, Extended),
        image_format("PIPE_FORMAT_R16G16_SINT", "rg16i", Int, Extended),
        image_format("PIPE_FORMAT_R8G8_SINT", "rg8i", Int, Extended),
        image_format("PIPE_FORMAT_R16_SINT", "r16i", Int, Extended),
        image_format("PIPE_FORMAT_R8_SINT", "r8i", Int, Extended),
        image_format("PIPE_FORMAT_R32G32_UINT", "rg32ui", Uint, Extended),
        image_format("PIPE_FORMAT_R16G16_UINT", "rg16ui", Uint, Extended),
        image_format("PIPE_FORMAT_R8G8_UINT", "rg8ui", Uint, Extended),
        image_format("PIPE_FORMAT_R16_UINT", "r16ui", Uint, Extended),
        image_format("PIPE_FORMAT_R8_UINT", "r8ui", Uint, Extended),
        image_format("PIPE_FORMAT_R10G10B10A2_UINT", "rgb10_a2ui", Uint, Extended),
    ]
};

/// The number of a gallium format's row, by its name without `PIPE_FORMAT_`; 0 for formats
/// that images do not have.
pub fn image_format_index(name: &str) -> u8 {
    IMAGE_FORMATS
        .iter()
        .position(|row| row.pipe_name.strip_prefix("PIPE_FORMAT_") == Some(name))
        .map_or(0, |index| index as u8)
}

/// The row of a number; the first for one that is out of range.
pub fn image_format_from_index(index: u8) -> ImageFormat {
    IMAGE_FORMATS
        .get(usize::from(index))
        .unwrap_or(&IMAGE_FORMATS[0])
}

/// The row of a gallium format name.
pub fn image_format_from_name(name: &str) -> Option<ImageFormat> {
    IMAGE_FORMATS.iter().find(|row| row.pipe_name == name)
}
