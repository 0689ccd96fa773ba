//! Enumerated values of the protocol, each checked when it is read.

/// A field holds a number that the protocol does not define.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} has no value {value:#x}")]
pub struct InvalidValue {
    /// The field's name.
    pub field: &'static str,
    /// What it held.
    pub value: u32,
}

/// An enumeration whose discriminants are the numbers on the wire.
macro_rules! wire_enum {
    (
        $(#[$meta:meta])*
        $name:ident: $field:literal {
            $($(#[$variant_meta:meta])* $variant:ident = $value:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[allow(missing_docs, reason = "the variants bear the protocol's own names")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$variant_meta])* $variant = $value,)+
        }

        impl $name {
            /// Every value, in the order of the numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
        }

        impl TryFrom<u32> for $name {
            type Error = InvalidValue;

            #[inline]
            fn try_from(value: u32) -> Result<Self, InvalidValue> {
                match value {
                    $($value => Ok(Self::$variant),)+
                    _ => Err(InvalidValue { field: $field, value }),
                }
            }
        }
    };
}

wire_enum! {
    /// A shader stage, numbered as on the wire.
    ShaderStage: "shader stage" {
        Vertex = 0,
        Fragment = 1,
        Geometry = 2,
        TessControl = 3,
        TessEvaluation = 4,
        Compute = 5,
    }
}

impl ShaderStage {
    /// Number of stages.
    pub const COUNT: usize = Self::ALL.len();

    /// For arrays with an entry a stage.
    #[inline]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The usual abbreviation, for logs.
    pub const fn abbreviation(self) -> &'static str {
        match self {
            Self::Vertex => "VS",
            Self::Fragment => "FS",
            Self::Geometry => "GS",
            Self::TessControl => "TCS",
            Self::TessEvaluation => "TES",
            Self::Compute => "CS",
        }
    }
}

wire_enum! {
    /// The type byte of `CREATE_OBJECT`, `BIND_OBJECT` and `DESTROY_OBJECT`.
    ObjectType: "object type" {
        Blend = 1,
        Rasterizer = 2,
        DepthStencilAlpha = 3,
        Shader = 4,
        VertexElements = 5,
        SamplerView = 6,
        SamplerState = 7,
        Surface = 8,
        Query = 9,
        StreamOutputTarget = 10,
        MultisampleSurface = 11,
    }
}

wire_enum! {
    /// How source and destination combine.
    BlendFunc: "blend function" {
        Add = 0,
        Subtract = 1,
        ReverseSubtract = 2,
        Min = 3,
        Max = 4,
    }
}

wire_enum! {
    /// What source or destination is multiplied by.
    BlendFactor: "blend factor" {
        One = 0x01,
        SrcColor = 0x02,
        SrcAlpha = 0x03,
        DstAlpha = 0x04,
        DstColor = 0x05,
        SrcAlphaSaturate = 0x06,
        ConstColor = 0x07,
        ConstAlpha = 0x08,
        Src1Color = 0x09,
        Src1Alpha = 0x0a,
        Zero = 0x11,
        InvSrcColor = 0x12,
        InvSrcAlpha = 0x13,
        InvDstAlpha = 0x14,
        InvDstColor = 0x15,
        InvConstColor = 0x17,
        InvConstAlpha = 0x18,
        InvSrc1Color = 0x19,
        InvSrc1Alpha = 0x1a,
    }
}

wire_enum! {
    /// An equation of `KHR_blend_equation_advanced`.
    AdvancedBlend: "advanced blend equation" {
        Multiply = 1,
        Screen = 2,
        Overlay = 3,
        Darken = 4,
        Lighten = 5,
        ColorDodge = 6,
        ColorBurn = 7,
        HardLight = 8,
        SoftLight = 9,
        Difference = 10,
        Exclusion = 11,
        HslHue = 12,
        HslSaturation = 13,
        HslColor = 14,
        HslLuminosity = 15,
    }
}

wire_enum! {
    /// A logical operation on colour bits (`s` source, `d` destination).
    LogicOp: "logic operation" {
        Clear = 0,
        Nor = 1,
        AndInverted = 2,
        CopyInverted = 3,
        AndReverse = 4,
        Invert = 5,
        Xor = 6,
        Nand = 7,
        And = 8,
        Equiv = 9,
        Noop = 10,
        OrInverted = 11,
        Copy = 12,
        OrReverse = 13,
        Or = 14,
        Set = 15,
    }
}

wire_enum! {
    /// When a depth, stencil, alpha or shadow comparison passes.
    CompareFunc: "comparison function" {
        Never = 0,
        Less = 1,
        Equal = 2,
        LessEqual = 3,
        Greater = 4,
        NotEqual = 5,
        GreaterEqual = 6,
        Always = 7,
    }
}

wire_enum! {
    /// What happens to the stencil value.
    StencilOp: "stencil operation" {
        Keep = 0,
        Zero = 1,
        Replace = 2,
        IncrementClamp = 3,
        DecrementClamp = 4,
        IncrementWrap = 5,
        DecrementWrap = 6,
        Invert = 7,
    }
}

wire_enum! {
    /// Which faces are dropped.
    CullFace: "culled face" {
        None = 0,
        Front = 1,
        Back = 2,
        FrontAndBack = 3,
    }
}

wire_enum! {
    /// How polygons are drawn.
    FillMode: "polygon fill mode" {
        Fill = 0,
        Line = 1,
        Point = 2,
    }
}

wire_enum! {
    /// Where the origin of point sprite coordinates lies.
    SpriteOrigin: "sprite coordinate origin" {
        UpperLeft = 0,
        LowerLeft = 1,
    }
}

wire_enum! {
    /// What a texture coordinate outside of the texture reads.
    WrapMode: "texture wrap mode" {
        Repeat = 0,
        /// Clamps to the edge, and mixes the border in with linear filtering.
        Clamp = 1,
        ClampToEdge = 2,
        ClampToBorder = 3,
        MirrorRepeat = 4,
        MirrorClamp = 5,
        MirrorClampToEdge = 6,
        MirrorClampToBorder = 7,
    }
}

wire_enum! {
    /// How texels of a level combine.
    Filter: "texture filter" {
        Nearest = 0,
        Linear = 1,
    }
}

wire_enum! {
    /// How mip levels combine.
    MipFilter: "mip filter" {
        Nearest = 0,
        Linear = 1,
        /// Only the base level is read.
        None = 2,
    }
}

wire_enum! {
    /// One output channel of a texture read.
    Swizzle: "texture swizzle" {
        X = 0,
        Y = 1,
        Z = 2,
        W = 3,
        Zero = 4,
        One = 5,
    }
}

impl Swizzle {
    /// Every channel where it is.
    pub const IDENTITY: [Self; 4] = [Self::X, Self::Y, Self::Z, Self::W];

    /// The swizzle that reads through `outer` what `inner` delivers.
    pub fn compose(outer: [Self; 4], inner: [Self; 4]) -> [Self; 4] {
        outer.map(|channel| match channel {
            Self::X => inner[0],
            Self::Y => inner[1],
            Self::Z => inner[2],
            Self::W => inner[3],
            Self::Zero | Self::One => channel,
        })
    }
}

wire_enum! {
    /// The shape of a resource or view.
    TextureTarget: "texture target" {
        Buffer = 0,
        Texture1d = 1,
        Texture2d = 2,
        Texture3d = 3,
        Cube = 4,
        Rectangle = 5,
        Texture1dArray = 6,
        Texture2dArray = 7,
        CubeArray = 8,
    }
}

wire_enum! {
    /// How vertices form primitives.
    PrimitiveMode: "primitive mode" {
        Points = 0,
        Lines = 1,
        LineLoop = 2,
        LineStrip = 3,
        Triangles = 4,
        TriangleStrip = 5,
        TriangleFan = 6,
        Quads = 7,
        QuadStrip = 8,
        Polygon = 9,
        LinesAdjacency = 10,
        LineStripAdjacency = 11,
        TrianglesAdjacency = 12,
        TriangleStripAdjacency = 13,
        Patches = 14,
    }
}

wire_enum! {
    /// Size of an index, which is also its number on the wire.
    IndexSize: "index size" {
        Bytes1 = 1,
        Bytes2 = 2,
        Bytes4 = 4,
    }
}

impl IndexSize {
    /// Bytes an index.
    #[inline]
    pub const fn bytes(self) -> u32 {
        self as u32
    }
}

wire_enum! {
    /// What a query counts.
    QueryType: "query type" {
        OcclusionCounter = 0,
        OcclusionPredicate = 1,
        Timestamp = 2,
        TimestampDisjoint = 3,
        TimeElapsed = 4,
        PrimitivesGenerated = 5,
        PrimitivesEmitted = 6,
        StreamOutputStatistics = 7,
        StreamOutputOverflowPredicate = 8,
        GpuFinished = 9,
        PipelineStatistics = 10,
        OcclusionPredicateConservative = 11,
        StreamOutputOverflowAnyPredicate = 12,
    }
}

wire_enum! {
    /// Type of a query result written to a buffer.
    QueryValueType: "query value type" {
        I32 = 0,
        U32 = 1,
        I64 = 2,
        U64 = 3,
    }
}

wire_enum! {
    /// How long conditional rendering waits for its query.
    RenderConditionMode: "render condition mode" {
        Wait = 0,
        NoWait = 1,
        ByRegionWait = 2,
        ByRegionNoWait = 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn try_from_every_value_returns_itself() {
        for &factor in BlendFactor::ALL {
            assert_eq!(BlendFactor::try_from(factor as u32), Ok(factor));
        }
        for &query in QueryType::ALL {
            assert_eq!(QueryType::try_from(query as u32), Ok(query));
        }
        for (number, &mode) in (0u32..).zip(PrimitiveMode::ALL) {
            assert_eq!(PrimitiveMode::try_from(number), Ok(mode));
        }
    }

    #[test]
    fn try_from_gap_names_the_field() {
        for value in [0, 0x0b, 0x10, 0x16, 0x1b, u32::MAX] {
            let error = BlendFactor::try_from(value).unwrap_err();
            assert_eq!(
                error,
                InvalidValue {
                    field: "blend factor",
                    value
                }
            );
        }
        assert_eq!(
            ShaderStage::try_from(6).unwrap_err().to_string(),
            "shader stage has no value 0x6"
        );
        assert!(IndexSize::try_from(3).is_err());
    }

    #[test]
    fn compose_view_over_luminance_reads_red_everywhere() {
        use Swizzle::{One, W, X, Y, Z, Zero};
        let luminance = [X, X, X, One];
        assert_eq!(Swizzle::compose(Swizzle::IDENTITY, luminance), luminance);
        assert_eq!(
            Swizzle::compose([W, Zero, Y, X], luminance),
            [One, Zero, X, X]
        );
        assert_eq!(
            Swizzle::compose([Z, Z, Z, One], [X, Y, Zero, W]),
            [Zero, Zero, Zero, One]
        );
    }
}
