//! The protocol's state values as GL's.

use crate::protocol::values::{
    AdvancedBlend, BlendFactor, BlendFunc, CompareFunc, CullFace, Filter, IndexSize, LogicOp,
    MipFilter, PrimitiveMode, StencilOp, Swizzle, WrapMode,
};

/// GL's blend equation.
pub const fn blend_func(func: BlendFunc) -> u32 {
    match func {
        BlendFunc::Add => glow::FUNC_ADD,
        BlendFunc::Subtract => glow::FUNC_SUBTRACT,
        BlendFunc::ReverseSubtract => glow::FUNC_REVERSE_SUBTRACT,
        BlendFunc::Min => glow::MIN,
        BlendFunc::Max => glow::MAX,
    }
}

/// GL's blend factor.
pub const fn blend_factor(factor: BlendFactor) -> u32 {
    match factor {
        BlendFactor::One => glow::ONE,
        BlendFactor::SrcColor => glow::SRC_COLOR,
        BlendFactor::SrcAlpha => glow::SRC_ALPHA,
        BlendFactor::DstAlpha => glow::DST_ALPHA,
        BlendFactor::DstColor => glow::DST_COLOR,
        BlendFactor::SrcAlphaSaturate => glow::SRC_ALPHA_SATURATE,
        BlendFactor::ConstColor => glow::CONSTANT_COLOR,
        BlendFactor::ConstAlpha => glow::CONSTANT_ALPHA,
        BlendFactor::Src1Color => glow::SRC1_COLOR,
        BlendFactor::Src1Alpha => glow::SRC1_ALPHA,
        BlendFactor::Zero => glow::ZERO,
        BlendFactor::InvSrcColor => glow::ONE_MINUS_SRC_COLOR,
        BlendFactor::InvSrcAlpha => glow::ONE_MINUS_SRC_ALPHA,
        BlendFactor::InvDstAlpha => glow::ONE_MINUS_DST_ALPHA,
        BlendFactor::InvDstColor => glow::ONE_MINUS_DST_COLOR,
        BlendFactor::InvConstColor => glow::ONE_MINUS_CONSTANT_COLOR,
        BlendFactor::InvConstAlpha => glow::ONE_MINUS_CONSTANT_ALPHA,
        BlendFactor::InvSrc1Color => glow::ONE_MINUS_SRC1_COLOR,
        BlendFactor::InvSrc1Alpha => glow::ONE_MINUS_SRC1_ALPHA,
    }
}

/// The factor to use when the target has no alpha but its storage does: destination
/// alpha must read as one (virglrenderer and GL agree on that for X formats).
pub const fn without_dst_alpha(factor: BlendFactor) -> BlendFactor {
    match factor {
        BlendFactor::DstAlpha => BlendFactor::One,
        BlendFactor::InvDstAlpha => BlendFactor::Zero,
        other => other,
    }
}

/// GL's equation of `KHR_blend_equation_advanced`.
pub const fn advanced_blend(equation: AdvancedBlend) -> u32 {
    match equation {
        AdvancedBlend::Multiply => 0x9294,
        AdvancedBlend::Screen => 0x9295,
        AdvancedBlend::Overlay => 0x9296,
        AdvancedBlend::Darken => 0x9297,
        AdvancedBlend::Lighten => 0x9298,
        AdvancedBlend::ColorDodge => 0x9299,
        AdvancedBlend::ColorBurn => 0x929A,
        AdvancedBlend::HardLight => 0x929B,
        AdvancedBlend::SoftLight => 0x929C,
        AdvancedBlend::Difference => 0x929E,
        AdvancedBlend::Exclusion => 0x92A0,
        AdvancedBlend::HslHue => 0x92AD,
        AdvancedBlend::HslSaturation => 0x92AE,
        AdvancedBlend::HslColor => 0x92AF,
        AdvancedBlend::HslLuminosity => 0x92B0,
    }
}

/// GL's comparison.
pub const fn compare_func(func: CompareFunc) -> u32 {
    match func {
        CompareFunc::Never => glow::NEVER,
        CompareFunc::Less => glow::LESS,
        CompareFunc::Equal => glow::EQUAL,
        CompareFunc::LessEqual => glow::LEQUAL,
        CompareFunc::Greater => glow::GREATER,
        CompareFunc::NotEqual => glow::NOTEQUAL,
        CompareFunc::GreaterEqual => glow::GEQUAL,
        CompareFunc::Always => glow::ALWAYS,
    }
}

/// GL's stencil operation.
pub const fn stencil_op(op: StencilOp) -> u32 {
    match op {
        StencilOp::Keep => glow::KEEP,
        StencilOp::Zero => glow::ZERO,
        StencilOp::Replace => glow::REPLACE,
        StencilOp::IncrementClamp => glow::INCR,
        StencilOp::DecrementClamp => glow::DECR,
        StencilOp::IncrementWrap => glow::INCR_WRAP,
        StencilOp::DecrementWrap => glow::DECR_WRAP,
        StencilOp::Invert => glow::INVERT,
    }
}

/// GL's face to cull; `None` culls nothing.
pub const fn cull_face(face: CullFace) -> Option<u32> {
    match face {
        CullFace::None => None,
        CullFace::Front => Some(glow::FRONT),
        CullFace::Back => Some(glow::BACK),
        CullFace::FrontAndBack => Some(glow::FRONT_AND_BACK),
    }
}

/// GL's primitive mode; `None` for quads and polygons, which OpenGL ES does not have and
/// whose bits the capability set leaves out.
pub const fn primitive_mode(mode: PrimitiveMode) -> Option<u32> {
    match mode {
        PrimitiveMode::Points => Some(glow::POINTS),
        PrimitiveMode::Lines => Some(glow::LINES),
        PrimitiveMode::LineLoop => Some(glow::LINE_LOOP),
        PrimitiveMode::LineStrip => Some(glow::LINE_STRIP),
        PrimitiveMode::Triangles => Some(glow::TRIANGLES),
        PrimitiveMode::TriangleStrip => Some(glow::TRIANGLE_STRIP),
        PrimitiveMode::TriangleFan => Some(glow::TRIANGLE_FAN),
        PrimitiveMode::LinesAdjacency => Some(glow::LINES_ADJACENCY),
        PrimitiveMode::LineStripAdjacency => Some(glow::LINE_STRIP_ADJACENCY),
        PrimitiveMode::TrianglesAdjacency => Some(glow::TRIANGLES_ADJACENCY),
        PrimitiveMode::TriangleStripAdjacency => Some(glow::TRIANGLE_STRIP_ADJACENCY),
        PrimitiveMode::Patches => Some(glow::PATCHES),
        PrimitiveMode::Quads | PrimitiveMode::QuadStrip | PrimitiveMode::Polygon => None,
    }
}

/// GL's index type.
pub const fn index_type(size: IndexSize) -> u32 {
    match size {
        IndexSize::Bytes1 => glow::UNSIGNED_BYTE,
        IndexSize::Bytes2 => glow::UNSIGNED_SHORT,
        IndexSize::Bytes4 => glow::UNSIGNED_INT,
    }
}

/// What the host offers beyond the wrap modes of OpenGL ES 3.0.
#[derive(Clone, Copy, Debug)]
pub struct WrapSupport {
    /// `GL_CLAMP_TO_BORDER`.
    pub border: bool,
    /// `GL_MIRROR_CLAMP_TO_EDGE`.
    pub mirror_clamp: bool,
}

/// GL's wrap mode, the nearest that the host has.
pub const fn wrap_mode(mode: WrapMode, host: WrapSupport) -> u32 {
    match mode {
        WrapMode::Repeat => glow::REPEAT,
        WrapMode::MirrorRepeat => glow::MIRRORED_REPEAT,
        // Mixing half of the border in is not to be had; Mesa sends `Clamp` for GL_CLAMP only.
        WrapMode::Clamp | WrapMode::ClampToEdge => glow::CLAMP_TO_EDGE,
        WrapMode::ClampToBorder if host.border => glow::CLAMP_TO_BORDER,
        WrapMode::ClampToBorder => glow::CLAMP_TO_EDGE,
        WrapMode::MirrorClamp | WrapMode::MirrorClampToEdge | WrapMode::MirrorClampToBorder
            if host.mirror_clamp =>
        {
            glow::MIRROR_CLAMP_TO_EDGE
        }
        WrapMode::MirrorClamp | WrapMode::MirrorClampToEdge | WrapMode::MirrorClampToBorder => {
            glow::MIRRORED_REPEAT
        }
    }
}

/// GL's magnification filter.
pub const fn mag_filter(filter: Filter) -> u32 {
    match filter {
        Filter::Nearest => glow::NEAREST,
        Filter::Linear => glow::LINEAR,
    }
}

/// GL's minification filter.
pub const fn min_filter(filter: Filter, mip: MipFilter) -> u32 {
    match (filter, mip) {
        (Filter::Nearest, MipFilter::None) => glow::NEAREST,
        (Filter::Linear, MipFilter::None) => glow::LINEAR,
        (Filter::Nearest, MipFilter::Nearest) => glow::NEAREST_MIPMAP_NEAREST,
        (Filter::Linear, MipFilter::Nearest) => glow::LINEAR_MIPMAP_NEAREST,
        (Filter::Nearest, MipFilter::Linear) => glow::NEAREST_MIPMAP_LINEAR,
        (Filter::Linear, MipFilter::Linear) => glow::LINEAR_MIPMAP_LINEAR,
    }
}

/// GL's texture swizzle.
pub const fn swizzle(channel: Swizzle) -> u32 {
    match channel {
        Swizzle::X => glow::RED,
        Swizzle::Y => glow::GREEN,
        Swizzle::Z => glow::BLUE,
        Swizzle::W => glow::ALPHA,
        Swizzle::Zero => glow::ZERO,
        Swizzle::One => glow::ONE,
    }
}

/// Desktop GL's logical operation.
pub const fn logic_op(op: LogicOp) -> u32 {
    match op {
        LogicOp::Clear => glow::CLEAR,
        LogicOp::Nor => glow::NOR,
        LogicOp::AndInverted => glow::AND_INVERTED,
        LogicOp::CopyInverted => glow::COPY_INVERTED,
        LogicOp::AndReverse => glow::AND_REVERSE,
        LogicOp::Invert => glow::INVERT,
        LogicOp::Xor => glow::XOR,
        LogicOp::Nand => glow::NAND,
        LogicOp::And => glow::AND,
        LogicOp::Equiv => glow::EQUIV,
        LogicOp::Noop => glow::NOOP,
        LogicOp::OrInverted => glow::OR_INVERTED,
        LogicOp::Copy => glow::COPY,
        LogicOp::OrReverse => glow::OR_REVERSE,
        LogicOp::Or => glow::OR,
        LogicOp::Set => glow::SET,
    }
}
