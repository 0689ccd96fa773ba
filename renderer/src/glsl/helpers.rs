//! Functions that GLSL ES lacks, or that behave otherwise there, written into a shader
//! when it needs them.
//!
//! Most work on scalars; their vector forms are made from the scalar one.

use std::fmt::Write as _;

use super::profile::GlslVersion;

/// The type of a value in an expression: what its bits mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Float,
    Int,
    Uint,
}

impl Kind {
    /// The GLSL type with this many components, 1 to 4.
    pub(super) const fn glsl(self, width: usize) -> &'static str {
        match (self, width) {
            (Kind::Float, 1) => "float",
            (Kind::Float, 2) => "vec2",
            (Kind::Float, 3) => "vec3",
            (Kind::Float, _) => "vec4",
            (Kind::Int, 1) => "int",
            (Kind::Int, 2) => "ivec2",
            (Kind::Int, 3) => "ivec3",
            (Kind::Int, _) => "ivec4",
            (Kind::Uint, 1) => "uint",
            (Kind::Uint, 2) => "uvec2",
            (Kind::Uint, 3) => "uvec3",
            (Kind::Uint, _) => "uvec4",
        }
    }
}

/// A helper that works component by component.
struct ScalarHelper {
    name: &'static str,
    result: Kind,
    parameters: &'static [Kind],
    /// The body; the parameters are `a`, `b`, `c`, `d`.
    body: &'static str,
    /// A shorter body for hosts of at least this version.
    native: Option<(GlslVersion, &'static str)>,
}

/// A helper of fixed types.
struct PlainHelper {
    text: &'static str,
}

enum Body {
    Scalar(ScalarHelper),
    Plain(PlainHelper),
}

/// The helpers, in the order in which they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Helper {
    Select,
    SelectNegative,
    FineX,
    FineY,
    UnsignedDivide,
    UnsignedModulo,
    Divide,
    Modulo,
    UnsignedMultiplyHigh,
    MultiplyHigh,
    UnsignedExtract,
    Extract,
    Insert,
    Reverse,
    CountBits,
    FindLsb,
    FindMsb,
    FindMsbSigned,
    Ldexp,
    FusedMultiplyAdd,
    Lit,
    ExpVector,
    LogVector,
    DstVector,
    SwizzleShadow,
    SwizzleTexel,
    StippleTest,
    StippleTestFloats,
    LogicOp,
    SrgbToLinear,
    LinearToSrgb,
    Truncate,
    Round,
    DecodeSrgb,
    Wrap,
}

const fn scalar(
    name: &'static str,
    result: Kind,
    parameters: &'static [Kind],
    body: &'static str,
) -> Body {
    Body::Scalar(ScalarHelper {
        name,
        result,
        parameters,
        body,
        native: None,
    })
}

const fn with_native(
    name: &'static str,
    result: Kind,
    parameters: &'static [Kind],
    body: &'static str,
    native: (GlslVersion, &'static str),
) -> Body {
    Body::Scalar(ScalarHelper {
        name,
        result,
        parameters,
        body,
        native: Some(native),
    })
}

const fn plain(text: &'static str) -> Body {
    Body::Plain(PlainHelper { text })
}

impl Helper {
    /// The table of all helpers.
    const fn body(self) -> Body {
        use Kind::{Float, Int, Uint};
        const ES310: GlslVersion = GlslVersion::Es310;
        const ES320: GlslVersion = GlslVersion::Es320;
        const GL450: GlslVersion = GlslVersion::Gl450;
        match self {
            Helper::Select => scalar(
                "select",
                Uint,
                &[Uint, Uint, Uint],
                "return a != 0u ? b : c;",
            ),
            Helper::SelectNegative => scalar(
                "select_negative",
                Float,
                &[Float, Float, Float],
                "return a < 0.0 ? b : c;",
            ),
            Helper::UnsignedDivide => scalar(
                "udiv",
                Uint,
                &[Uint, Uint],
                "return b == 0u ? 0xffffffffu : a / b;",
            ),
            Helper::UnsignedModulo => scalar(
                "umod",
                Uint,
                &[Uint, Uint],
                "return b == 0u ? 0xffffffffu : a % b;",
            ),
            // GLSL ES leaves signs to chance: divide magnitudes.
            Helper::Divide => scalar(
                "idiv",
                Int,
                &[Int, Int],
                "if (b == 0) { return -1; } \
                 int q = int(uint(abs(a)) / uint(abs(b))); \
                 return (a < 0) != (b < 0) ? -q : q;",
            ),
            Helper::Modulo => scalar(
                "imod",
                Int,
                &[Int, Int],
                "if (b == 0) { return -1; } \
                 int r = int(uint(abs(a)) % uint(abs(b))); \
                 return a < 0 ? -r : r;",
            ),
            Helper::UnsignedMultiplyHigh => with_native(
                "umul_hi",
                Uint,
                &[Uint, Uint],
                "uint al = a & 0xffffu, ah = a >> 16, bl = b & 0xffffu, bh = b >> 16; \
                 uint m = ah * bl + ((al * bl) >> 16); \
                 uint n = al * bh + (m & 0xffffu); \
                 return ah * bh + (m >> 16) + (n >> 16);",
                (
                    ES310,
                    "uint high, low; umulExtended(a, b, high, low); return high;",
                ),
            ),
            Helper::MultiplyHigh => with_native(
                "imul_hi",
                Int,
                &[Int, Int],
                "uint ua = uint(a), ub = uint(b); \
                 uint al = ua & 0xffffu, ah = ua >> 16, bl = ub & 0xffffu, bh = ub >> 16; \
                 uint m = ah * bl + ((al * bl) >> 16); \
                 uint n = al * bh + (m & 0xffffu); \
                 uint high = ah * bh + (m >> 16) + (n >> 16); \
                 if (a < 0) { high -= ub; } \
                 if (b < 0) { high -= ua; } \
                 return int(high);",
                (
                    ES310,
                    "int high, low; imulExtended(a, b, high, low); return high;",
                ),
            ),
            Helper::UnsignedExtract => scalar(
                "ubfe",
                Uint,
                &[Uint, Uint, Uint],
                "uint o = b & 31u, w = c & 31u; \
                 if (c == 32u) { return a >> o; } \
                 if (w == 0u) { return 0u; } \
                 return w + o < 32u ? (a << (32u - w - o)) >> (32u - w) : a >> o;",
            ),
            Helper::Extract => scalar(
                "ibfe",
                Int,
                &[Int, Uint, Uint],
                "uint o = b & 31u, w = c & 31u; \
                 if (c == 32u) { return a >> o; } \
                 if (w == 0u) { return 0; } \
                 return w + o < 32u ? (a << (32u - w - o)) >> (32u - w) : a >> o;",
            ),
            Helper::Insert => scalar(
                "bfi",
                Uint,
                &[Uint, Uint, Uint, Uint],
                "uint o = c & 31u; \
                 uint m = d >= 32u ? 0xffffffffu : ((1u << (d & 31u)) - 1u) << o; \
                 return (a & ~m) | ((b << o) & m);",
            ),
            Helper::Reverse => with_native(
                "brev",
                Uint,
                &[Uint],
                "a = ((a >> 1) & 0x55555555u) | ((a & 0x55555555u) << 1); \
                 a = ((a >> 2) & 0x33333333u) | ((a & 0x33333333u) << 2); \
                 a = ((a >> 4) & 0x0f0f0f0fu) | ((a & 0x0f0f0f0fu) << 4); \
                 a = ((a >> 8) & 0x00ff00ffu) | ((a & 0x00ff00ffu) << 8); \
                 return (a >> 16) | (a << 16);",
                (ES310, "return bitfieldReverse(a);"),
            ),
            Helper::CountBits => with_native(
                "popc",
                Uint,
                &[Uint],
                "a = a - ((a >> 1) & 0x55555555u); \
                 a = (a & 0x33333333u) + ((a >> 2) & 0x33333333u); \
                 a = (a + (a >> 4)) & 0x0f0f0f0fu; \
                 return (a * 0x01010101u) >> 24;",
                (ES310, "return uint(bitCount(a));"),
            ),
            Helper::FindLsb => with_native(
                "find_lsb",
                Int,
                &[Uint],
                "if (a == 0u) { return -1; } \
                 int n = 0; \
                 if ((a & 0xffffu) == 0u) { n += 16; a >>= 16; } \
                 if ((a & 0xffu) == 0u) { n += 8; a >>= 8; } \
                 if ((a & 0xfu) == 0u) { n += 4; a >>= 4; } \
                 if ((a & 3u) == 0u) { n += 2; a >>= 2; } \
                 return (a & 1u) == 0u ? n + 1 : n;",
                (ES310, "return findLSB(a);"),
            ),
            Helper::FindMsb => with_native(
                "find_msb",
                Int,
                &[Uint],
                "if (a == 0u) { return -1; } \
                 int n = 0; \
                 if (a >= 0x10000u) { n += 16; a >>= 16; } \
                 if (a >= 0x100u) { n += 8; a >>= 8; } \
                 if (a >= 0x10u) { n += 4; a >>= 4; } \
                 if (a >= 4u) { n += 2; a >>= 2; } \
                 return a >= 2u ? n + 1 : n;",
                (ES310, "return findMSB(a);"),
            ),
            Helper::FindMsbSigned => with_native(
                "find_msb_signed",
                Int,
                &[Int],
                "uint u = uint(a < 0 ? ~a : a); \
                 if (u == 0u) { return -1; } \
                 int n = 0; \
                 if (u >= 0x10000u) { n += 16; u >>= 16; } \
                 if (u >= 0x100u) { n += 8; u >>= 8; } \
                 if (u >= 0x10u) { n += 4; u >>= 4; } \
                 if (u >= 4u) { n += 2; u >>= 2; } \
                 return u >= 2u ? n + 1 : n;",
                (ES310, "return findMSB(a);"),
            ),
            Helper::Ldexp => with_native(
                "scale_exponent",
                Float,
                &[Float, Int],
                "return a * exp2(float(b));",
                (ES310, "return ldexp(a, b);"),
            ),
            Helper::FusedMultiplyAdd => with_native(
                "fused",
                Float,
                &[Float, Float, Float],
                "return a * b + c;",
                (ES320, "return fma(a, b, c);"),
            ),
            // Offered only by hosts of OpenGL ES whose derivatives are fine anyway.
            Helper::FineX => with_native(
                "ddx_fine",
                Float,
                &[Float],
                "return dFdx(a);",
                (GL450, "return dFdxFine(a);"),
            ),
            Helper::FineY => with_native(
                "ddy_fine",
                Float,
                &[Float],
                "return dFdy(a);",
                (GL450, "return dFdyFine(a);"),
            ),
            Helper::Lit => plain(
                "vec4 lit(vec4 a) {\n    \
                 float p = a.x > 0.0 ? pow(max(a.y, 0.0), clamp(a.w, -128.0, 128.0)) : 0.0;\n    \
                 return vec4(1.0, max(a.x, 0.0), p, 1.0);\n}\n",
            ),
            Helper::ExpVector => plain(
                "vec4 exp_vector(float a) {\n    \
                 return vec4(exp2(floor(a)), a - floor(a), exp2(a), 1.0);\n}\n",
            ),
            Helper::LogVector => plain(
                "vec4 log_vector(float a) {\n    \
                 float l = log2(abs(a));\n    \
                 return vec4(floor(l), abs(a) / exp2(floor(l)), l, 1.0);\n}\n",
            ),
            Helper::DstVector => plain(
                "vec4 dst_vector(vec4 a, vec4 b) {\n    \
                 return vec4(1.0, a.y * b.y, a.z, b.w);\n}\n",
            ),
            Helper::SwizzleShadow => plain(
                "float shadow_channel(float v, uint s) {\n    \
                 return s < 4u ? v : float(s - 4u);\n}\n\
                 vec4 swizzle_shadow(float v, uint info) {\n    \
                 return vec4(shadow_channel(v, (info >> 10) & 7u), \
                 shadow_channel(v, (info >> 13) & 7u),\n        \
                 shadow_channel(v, (info >> 16) & 7u), \
                 shadow_channel(v, (info >> 19) & 7u));\n}\n",
            ),
            Helper::SwizzleTexel => plain(
                "uint texel_channel(uvec4 v, uint s, uint one) {\n    \
                 return s < 4u ? v[s] : (s == 5u ? one : 0u);\n}\n\
                 uvec4 swizzle_texel(uvec4 v, uint info, uint one) {\n    \
                 return uvec4(texel_channel(v, (info >> 10) & 7u, one), \
                 texel_channel(v, (info >> 13) & 7u, one),\n        \
                 texel_channel(v, (info >> 16) & 7u, one), \
                 texel_channel(v, (info >> 19) & 7u, one));\n}\n",
            ),
            Helper::StippleTest => plain(
                "bool stippled(vec2 p) {\n    \
                 uvec2 at = uvec2(p) & 31u;\n    \
                 uint row = sys_stipple[at.y >> 2][at.y & 3u];\n    \
                 return (row & (0x80000000u >> at.x)) != 0u;\n}\n",
            ),
            // Each row is two numbers of 16 bits, the left half first.
            Helper::StippleTestFloats => plain(
                "bool stippled(vec2 p) {\n    \
                 vec2 at = floor(mod(p, 32.0));\n    \
                 vec4 rows = sys_stipple[int(floor(at.y * 0.5))];\n    \
                 vec2 row = mod(at.y, 2.0) < 0.5 ? rows.xy : rows.zw;\n    \
                 float bits = at.x < 15.5 ? row.x : row.y;\n    \
                 return mod(floor(bits / exp2(15.0 - mod(at.x, 16.0))), 2.0) > 0.5;\n}\n",
            ),
            Helper::SrgbToLinear => plain(
                "vec4 srgb_to_linear(vec4 c) {\n    \
                 vec3 s = clamp(c.rgb, 0.0, 1.0);\n    \
                 vec3 curve = pow((s + 0.055) / 1.055, vec3(2.4));\n    \
                 return vec4(mix(curve, s / 12.92, lessThanEqual(s, vec3(0.04045))), c.a);\n}\n",
            ),
            Helper::LinearToSrgb => plain(
                "vec4 linear_to_srgb(vec4 c) {\n    \
                 vec3 s = clamp(c.rgb, 0.0, 1.0);\n    \
                 vec3 curve = 1.055 * pow(s, vec3(1.0 / 2.4)) - 0.055;\n    \
                 return vec4(mix(curve, s * 12.92, lessThanEqual(s, vec3(0.0031308))), c.a);\n}\n",
            ),
            Helper::Truncate => scalar("trunc", Float, &[Float], "return sign(a) * floor(abs(a));"),
            // Halves go to the even neighbour.
            Helper::Round => scalar(
                "roundEven",
                Float,
                &[Float],
                "float r = floor(a + 0.5); \
                 return fract(a) == 0.5 ? 2.0 * floor(0.5 * a + 0.5) : r;",
            ),
            Helper::DecodeSrgb => plain(
                "vec4 decode_srgb(vec4 c) {\n    \
                 vec3 curve = pow((c.rgb + 0.055) / 1.055, vec3(2.4));\n    \
                 return vec4(mix(curve, c.rgb / 12.92, step(c.rgb, vec3(0.04045))), c.a);\n}\n",
            ),
            Helper::Wrap => plain(
                "float mirror(float a) { return 1.0 - abs(2.0 * fract(0.5 * a) - 1.0); }\n\
                 vec2 repeat_x(vec2 p) { return vec2(fract(p.x), p.y); }\n\
                 vec2 repeat_y(vec2 p) { return vec2(p.x, fract(p.y)); }\n\
                 vec2 mirror_x(vec2 p) { return vec2(mirror(p.x), p.y); }\n\
                 vec2 mirror_y(vec2 p) { return vec2(p.x, mirror(p.y)); }\n",
            ),
            Helper::LogicOp => plain(
                "uvec4 to_unorm8(vec4 c) {\n    \
                 return uvec4(clamp(c, 0.0, 1.0) * 255.0 + 0.5);\n}\n\
                 vec4 from_unorm8(uvec4 c) {\n    \
                 return vec4(c & 255u) / 255.0;\n}\n",
            ),
        }
    }

    /// Appends the helper's functions.
    pub(super) fn write(self, version: GlslVersion, out: &mut String) {
        match self.body() {
            Body::Plain(helper) => out.push_str(helper.text),
            Body::Scalar(helper) => helper.write(version, out),
        }
    }
}

impl ScalarHelper {
    fn write(&self, version: GlslVersion, out: &mut String) {
        const NAMES: [&str; 4] = ["a", "b", "c", "d"];
        let body = match self.native {
            Some((from, native)) if version >= from => native,
            _ => self.body,
        };
        for width in 1..=4 {
            let parameters: Vec<String> = self
                .parameters
                .iter()
                .zip(NAMES)
                .map(|(kind, name)| format!("{} {name}", kind.glsl(width)))
                .collect();
            let result = self.result.glsl(width);
            let parameters = parameters.join(", ");
            let _ = write!(out, "{result} {}({parameters}) {{ ", self.name);
            if width == 1 {
                out.push_str(body);
            } else {
                self.write_vector_body(width, &NAMES, out);
            }
            out.push_str(" }\n");
        }
    }

    /// The scalar function applied to each component.
    fn write_vector_body(&self, width: usize, names: &[&str; 4], out: &mut String) {
        let _ = write!(out, "return {}(", self.result.glsl(width));
        for (i, component) in ["x", "y", "z", "w"].iter().take(width).enumerate() {
            let separator = if i > 0 { ", " } else { "" };
            let arguments: Vec<String> = names
                .iter()
                .take(self.parameters.len())
                .map(|name| format!("{name}.{component}"))
                .collect();
            let _ = write!(out, "{separator}{}({})", self.name, arguments.join(", "));
        }
        out.push_str(");");
    }
}
