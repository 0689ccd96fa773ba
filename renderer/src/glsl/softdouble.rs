//! Double-precision arithmetic for shaders: functions on pairs of words, low word first.
//!
//! Desktop GLSL has a type for doubles, and there each function is a native operation.
//! GLSL ES has none. There the functions compute on integers what IEEE 754 defines:
//! rounding to nearest, ties to even; subnormals, infinities and not-a-number included.
//! Opened numbers are 64-bit significands with the leading one in bit 63, and a biased
//! exponent; `d_round` closes them again.
//!
//! Compilers of shaders write every call out in place, so that what counts is the number of
//! operations, not of those that are executed. Sums and products are free of branches,
//! quotients and roots are loops. In those, no variable of the loop that starts from an
//! operand may change by a plain sum or shift: Mesa's analysis of loops takes it for a
//! counter and follows what it starts from back to the shader's inputs in exponential time.

use std::collections::BTreeSet;

use super::helpers::Helper;
use super::profile::GlslVersion;

/// The functions, in the order in which they are written: a function comes after those
/// that it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum DoubleFn {
    Abs,
    Neg,
    IsNan,
    Key,
    Less,
    AtLeast,
    Equal,
    Min,
    Max,
    Sign,
    Whole,
    Trunc,
    Floor,
    Ceil,
    RoundEven,
    ShiftRight,
    Msb,
    Normalize,
    Unpack,
    Open,
    Close,
    Round,
    Add,
    Fract,
    Multiply,
    MultiplyAdd,
    ShiftRight128,
    Fused,
    Divide,
    Reciprocal,
    SquareRoot,
    InverseSquareRoot,
    ScaleExponent,
    SplitExponent,
    FromFloat,
    ToFloat,
    FromUint,
    FromInt,
    ToUint,
    ToInt,
}

/// How one function is written.
struct Definition {
    /// On a host without doubles.
    soft: &'static str,
    /// The functions that the soft form calls.
    calls: &'static [DoubleFn],
    /// The helpers that the soft form calls.
    helpers: &'static [Helper],
    /// On a host with doubles; empty for parts of soft forms.
    native: &'static str,
    /// The functions that the native form calls.
    native_calls: &'static [DoubleFn],
}

const fn soft(text: &'static str, calls: &'static [DoubleFn]) -> Definition {
    Definition {
        soft: text,
        calls,
        helpers: &[],
        native: "",
        native_calls: &[],
    }
}

impl Definition {
    const fn native(self, native: &'static str) -> Definition {
        Definition { native, ..self }
    }

    /// A form that serves both kinds of host, through other functions.
    const fn everywhere(self) -> Definition {
        Definition {
            native: self.soft,
            native_calls: self.calls,
            ..self
        }
    }

    const fn helpers(self, helpers: &'static [Helper]) -> Definition {
        Definition { helpers, ..self }
    }
}

/// What native forms are written with.
const NATIVE_PRELUDE: &str = "#define D packDouble2x32\n\
    uvec2 d_bits(double d) { precise double r = d; return unpackDouble2x32(r); }\n";

const ABS: &str = "\
uvec2 d_abs(uvec2 a) { return uvec2(a.x, a.y & 0x7fffffffu); }
";

const NEG: &str = "\
uvec2 d_neg(uvec2 a) { return uvec2(a.x, a.y ^ 0x80000000u); }
";

/// `d_rank` tells zero, infinity (0x7ff00000) and what is above or below it apart.
const IS_NAN: &str = "\
int d_rank(uvec2 a) { return int((a.y & 0x7fffffffu) | uint(a.x != 0u)); }
bool d_nan(uvec2 a) { return d_rank(a) > 0x7ff00000; }
";

/// Maps numbers to words that compare like unsigned integers; both zeros are one.
const KEY: &str = "\
uvec2 d_key(uvec2 a) {
    uint s = (a.x | (a.y & 0x7fffffffu)) == 0u ? 0u : a.y & 0x80000000u;
    return s != 0u ? ~a : uvec2(a.x, (a.y & 0x7fffffffu) | 0x80000000u);
}
bool d_less_ordered(uvec2 a, uvec2 b) {
    uvec2 p = d_key(a), q = d_key(b);
    return p.y < q.y || (p.y == q.y && p.x < q.x);
}
bool d_ordered(uvec2 a, uvec2 b) { return !d_nan(a) && !d_nan(b); }
";

const LESS: &str = "\
bool d_less(uvec2 a, uvec2 b) { return d_ordered(a, b) && d_less_ordered(a, b); }
";

const AT_LEAST: &str = "\
bool d_at_least(uvec2 a, uvec2 b) { return d_ordered(a, b) && !d_less_ordered(a, b); }
";

const EQUAL: &str = "\
bool d_equal(uvec2 a, uvec2 b) { return d_ordered(a, b) && d_key(a) == d_key(b); }
";

const MIN: &str = "\
uvec2 d_min(uvec2 a, uvec2 b) { return d_nan(b) || d_less(a, b) ? a : b; }
";

const MAX: &str = "\
uvec2 d_max(uvec2 a, uvec2 b) { return d_nan(b) || d_less(b, a) ? a : b; }
";

const SIGN: &str = "\
uvec2 d_sign(uvec2 a) {
    bool none = d_nan(a) || (a.x | (a.y & 0x7fffffffu)) == 0u;
    return uvec2(0u, none ? 0u : (a.y & 0x80000000u) | 0x3ff00000u);
}
";

/// Integers of magnitude: `how` is 0 to cut, 1 to go up unless whole, 2 for the nearest.
/// Carries out of the fraction run into the exponent, which is what they should do.
const WHOLE: &str = "\
uvec2 d_whole(uvec2 a, int how) {
    uint s = a.y & 0x80000000u;
    uvec2 m = uvec2(a.x, a.y & 0x7fffffffu);
    int e = int(m.y >> 20) - 1023;
    if (e >= 52) { return a; }
    if (e < 0) {
        bool up = how == 1 ? (m.x | m.y) != 0u
            : how == 2 && e == -1 && (m.x != 0u || m.y != 0x3fe00000u);
        return uvec2(0u, s | (up ? 0x3ff00000u : 0u));
    }
    uint n = uint(52 - e);
    uvec2 mask = n >= 32u ? uvec2(0xffffffffu, (1u << (n - 32u)) - 1u) : uvec2((1u << n) - 1u, 0u);
    uvec2 add = uvec2(0u);
    if (how == 1) { add = mask; }
    if (how == 2) {
        uint odd = (n >= 32u ? m.y >> (n - 32u) : m.x >> n) & 1u;
        add = uvec2((mask.x >> 1) | (mask.y << 31), mask.y >> 1);
        add.x += odd;
        add.y += uint(add.x < odd);
    }
    m.x += add.x;
    m.y += add.y + uint(m.x < add.x);
    return uvec2(m.x & ~mask.x, s | (m.y & ~mask.y));
}
";

const TRUNC: &str = "\
uvec2 d_trunc(uvec2 a) { return d_whole(a, 0); }
";

const FLOOR: &str = "\
uvec2 d_floor(uvec2 a) { return d_whole(a, int(a.y >> 31)); }
";

const CEIL: &str = "\
uvec2 d_ceil(uvec2 a) { return d_whole(a, 1 - int(a.y >> 31)); }
";

const ROUND_EVEN: &str = "\
uvec2 d_round_even(uvec2 a) { return d_whole(a, 2); }
";

/// Shifts right by 0 or more; what falls out is kept as a one in the lowest bit.
const SHIFT_RIGHT: &str = "\
uvec2 d_shift_right(uvec2 m, int count) {
    uint n = uint(min(count, 63));
    bool far = n >= 32u;
    uint lost = far ? m.x : 0u;
    m = far ? uvec2(m.y, 0u) : m;
    n &= 31u;
    uvec2 low = (m << 1) << (n ^ 31u);
    return uvec2((m.x >> n) | low.y | uint((lost | low.x) != 0u), m.y >> n);
}
";

/// The place of the leading one, -127 for zero: the exponent of a float, which has no ones
/// after the first to round up to the next. Processors have no faster way.
const MSB: &str = "\
int d_msb(uint a) { return (floatBitsToInt(float(a & ~(a >> 1))) >> 23) - 127; }
";

/// Brings the leading one to bit 63; zero stays zero.
const NORMALIZE: &str = "\
uvec2 d_normalize(uvec2 m, inout int e) {
    bool high = m.y != 0u;
    e -= high ? 0 : 32;
    m = high ? m : uvec2(0u, m.x);
    int n = min(31 - d_msb(m.y), 31);
    e -= n;
    return uvec2(m.x << n, (m.y << n) | ((m.x >> 1) >> (31 - n)));
}
";

/// The significand with its leading one in bit 52, lower in subnormals.
const UNPACK: &str = "\
uvec2 d_unpack(uvec2 a, out int e) {
    uint high = a.y & 0x7fffffffu;
    e = max(int(high >> 20), 1);
    return uvec2(a.x, high - (uint(e - 1) << 20));
}
";

const OPEN: &str = "\
uvec2 d_open(uvec2 a, out int e) {
    uvec2 m = d_unpack(a, e);
    return d_normalize(uvec2(m.x << 11, (m.y << 11) | (m.x >> 21)), e);
}
";

/// Rounds a significand with its leading one in bit 63; lower, or zero, only where the
/// exponent is 1. Exponents are 1 to 2047. What is not a number is infinite too.
const CLOSE: &str = "\
uvec2 d_close(uint s, int e, uvec2 m, bool infinite, bool nan) {
    uvec2 r = uvec2((m.x >> 11) | (m.y << 21), m.y >> 11);
    uint up = uint(int((m.x & 0x7ffu) + (r.x & 1u)) > 0x400);
    r.x += up;
    r.y += (uint(e - 1) << 20) + (r.x == 0u ? up : 0u);
    infinite = infinite || int(r.y) >= 0x7ff00000;
    r = infinite ? uvec2(0u, 0x7ff00000u) : r;
    return uvec2(r.x, s | r.y | (nan ? 0x7ff80000u : 0u));
}
";

/// A significand with its leading one in bit 63 (or zero) as a number with sign `s`.
const ROUND: &str = "\
uvec2 d_round(uint s, int e, uvec2 m) {
    uvec2 r = d_shift_right(m, max(1 - e, 0));
    return d_close(s, m.y == 0u ? 1 : clamp(e, 1, 2047), r, false, false);
}
";

/// The larger magnitude comes first; ten bits below make room for what is shifted out, and
/// one above for the carry. A difference needs no more places than its operands have, so
/// it is not moved up beyond the exponent of subnormals.
const ADD: &str = "\
uvec2 d_add(uvec2 a, uvec2 b) {
    uint minus = uint(int(a.y ^ b.y) >> 31);
    bool swap = int((a.y & 0x7fffffffu) - (b.y & 0x7fffffffu) - uint(a.x < b.x)) < 0;
    uvec2 p = swap ? b : a, q = swap ? a : b;
    uint s = p.y & 0x80000000u;
    int e, f;
    uvec2 m = d_unpack(p, e), n = d_unpack(q, f);
    n = d_shift_right(uvec2(n.x << 10, (n.y << 10) | (n.x >> 22)), e - f) ^ minus;
    uint low = (m.x << 10) | (minus & 1u);
    m = uvec2(low + n.x, ((m.y << 10) | (m.x >> 22)) + n.y);
    m.y += uint(m.x < low);
    bool high = m.y != 0u, zero = (m.x | m.y) == 0u;
    int up = min((high ? 31 : 63) - d_msb(high ? m.y : m.x), e);
    e = zero ? 1 : e + 1 - up;
    m = up >= 32 ? uvec2(0u, m.x) : m;
    up &= 31;
    m = uvec2(m.x << up, (m.y << up) | ((m.x >> 1) >> (up ^ 31)));
    bool infinite = d_rank(p) >= 0x7ff00000;
    bool nan = d_rank(p) > 0x7ff00000 || (minus != 0u && d_rank(q) >= 0x7ff00000);
    return d_close(zero ? s & ~minus : s, e, m, infinite, nan);
}
";

const FRACT: &str = "\
uvec2 d_fract(uvec2 a) { return d_add(a, d_neg(d_floor(a))); }
";

/// `d_product` is all 128 bits of a product of significands, lowest word first. Its leading
/// one goes to bit 63, or lower for a subnormal result.
const MULTIPLY: &str = "\
uvec4 d_product(uvec2 m, uvec2 n) {
    uvec4 low = uvec4(m.x * n.x, m.x * n.y, m.y * n.x, m.y * n.y);
    uvec4 high = uvec4(umul_hi(m.x, n.x), umul_hi(m.x, n.y), umul_hi(m.y, n.x), umul_hi(m.y, n.y));
    uint second = high.x + low.y;
    uint carry = uint(second < low.y);
    second += low.z;
    carry += uint(second < low.z);
    uint third = low.w + carry;
    uint top = high.w + uint(third < carry);
    third += high.y;
    top += uint(third < high.y);
    third += high.z;
    top += uint(third < high.z);
    return uvec4(low.x, second, third, top);
}
uvec2 d_mul(uvec2 a, uvec2 b) {
    int ea, eb;
    uvec2 m = d_unpack(a, ea), n = d_unpack(b, eb);
    uvec4 p = d_product(uvec2(m.x << 11, (m.y << 11) | (m.x >> 21)), n);
    bool high = p.w != 0u;
    int lead = max((high ? 96 : 64) + d_msb(high ? p.w : p.z), 63);
    int e = ea + eb + lead - 1138;
    int down = min(lead - 63 + max(1 - e, 0), 127);
    bool far = down >= 64;
    uint lost = far ? p.x | p.y : 0u;
    p = far ? uvec4(p.zw, 0u, 0u) : p;
    far = (down & 32) != 0;
    lost |= far ? p.x : 0u;
    uvec3 r = far ? p.yzw : p.xyz;
    down &= 31;
    uvec3 low = (r << 1) << (down ^ 31);
    m = (r.xy >> down) | low.yz;
    m.x |= uint((lost | low.x) != 0u);
    int u = d_rank(a), v = d_rank(b);
    bool infinite = max(u, v) >= 0x7ff00000, zero = min(u, v) == 0;
    bool nan = max(u, v) > 0x7ff00000 || (infinite && zero);
    return d_close((a.y ^ b.y) & 0x80000000u, zero ? 1 : clamp(e, 1, 2047), m, infinite, nan);
}
";

const MULTIPLY_ADD: &str = "\
uvec2 d_mad(uvec2 a, uvec2 b, uvec2 c) { return d_add(d_mul(a, b), c); }
";

const SHIFT_RIGHT_128: &str = "\
uvec4 d_shift_right_128(uvec4 m, int count) {
    int n = min(count, 127);
    uint lost = 0u;
    if (n >= 64) {
        lost = m.x | m.y;
        m = uvec4(m.zw, 0u, 0u);
        n -= 64;
    }
    if (n >= 32) {
        lost |= m.x;
        m = uvec4(m.yzw, 0u);
        n -= 32;
    }
    uvec4 down = (m << 1) << (31 - n);
    m = (m >> n) | uvec4(down.yzw, 0u);
    m.x |= uint((lost | down.x) != 0u);
    return m;
}
";

/// The exact product and the addend meet with the leading one of each at bit 126, the
/// product's perhaps one below; so what the smaller one loses is far below the last bit,
/// unless they cancel, and then they are so close that nothing is lost.
/// `d_special_product` tells what a product or sum of products is that is not finite: 0 a
/// number, 1 infinite, 2 not a number.
const FUSED: &str = "\
int d_special_product(uvec2 a, uvec2 b) {
    uvec2 p = uvec2(a.x, a.y & 0x7fffffffu), q = uvec2(b.x, b.y & 0x7fffffffu);
    bool zero = (p.x | p.y) == 0u || (q.x | q.y) == 0u;
    bool infinite = p.y >= 0x7ff00000u || q.y >= 0x7ff00000u;
    return d_nan(p) || d_nan(q) || (zero && infinite) ? 2 : int(infinite);
}
uvec2 d_fma(uvec2 a, uvec2 b, uvec2 c) {
    uint s = (a.y ^ b.y) & 0x80000000u, sc = c.y & 0x80000000u;
    int special = d_special_product(a, b);
    bool infinite_c = (c.y & 0x7fffffffu) >= 0x7ff00000u;
    if (special == 2 || d_nan(c) || (special == 1 && infinite_c && s != sc)) {
        return uvec2(0u, 0x7ff80000u);
    }
    if (special == 1) { return uvec2(0u, s | 0x7ff00000u); }
    if (infinite_c) { return c; }
    int ea, eb, ec;
    uvec2 m = d_open(a, ea), n = d_open(b, eb), k = d_open(c, ec);
    uvec4 p = d_product(m, n);
    bool no_product = p.w == 0u;
    if (no_product && k.y == 0u) { return uvec2(0u, s & sc); }
    if (no_product) { return c; }
    uvec4 q = uvec4(0u, k.x << 31, (k.x >> 1) | (k.y << 31), k.y >> 1);
    p = uvec4((p.x >> 1) | (p.y << 31), (p.y >> 1) | (p.z << 31), (p.z >> 1) | (p.w << 31),
        p.w >> 1);
    int e = ea + eb - 1022;
    if (k.y != 0u) {
        int apart = e - ec;
        p = d_shift_right_128(p, max(-apart, 0));
        q = d_shift_right_128(q, max(apart, 0));
        e = max(e, ec);
        bool swap = false;
        for (int i = 0; i < 4; i++) { swap = p[i] == q[i] ? swap : p[i] < q[i]; }
        if (swap) {
            uvec4 t = p;
            p = q;
            q = t;
        }
        bool minus = s != sc;
        uint carry = uint(minus);
        q = minus ? ~q : q;
        for (int i = 0; i < 4; i++) {
            uint sum = p[i] + carry;
            carry = uint(sum < carry);
            p[i] = sum + q[i];
            carry += uint(p[i] < q[i]);
        }
        s = swap ? sc : s;
        if ((p.x | p.y | p.z | p.w) == 0u) { return uvec2(0u, 0u); }
    }
    e += 1;
    bool low = (p.z | p.w) == 0u;
    p = low ? uvec4(0u, 0u, p.xy) : p;
    e -= low ? 64 : 0;
    low = p.w == 0u;
    p = low ? uvec4(0u, p.xyz) : p;
    e -= low ? 32 : 0;
    int up = 31 - d_msb(p.w);
    e -= up;
    p = (p << up) | uvec4(0u, ((p >> 1) >> (31 - up)).xyz);
    p.z |= uint((p.x | p.y) != 0u);
    return d_round(s, e, p.zw);
}
";

/// Long division, a bit of the quotient at a time.
const DIVIDE: &str = "\
uvec2 d_div(uvec2 a, uvec2 b) {
    uint s = (a.y ^ b.y) & 0x80000000u;
    uvec2 p = uvec2(a.x, a.y & 0x7fffffffu), q = uvec2(b.x, b.y & 0x7fffffffu);
    int ea, eb;
    uvec2 m = d_open(a, ea), n = d_open(b, eb);
    m = uvec2((m.x >> 1) | (m.y << 31), m.y >> 1);
    n = uvec2((n.x >> 1) | (n.y << 31), n.y >> 1);
    uvec2 r = uvec2(0u);
    for (int i = 0; i < 64; i++) {
        bool fits = m.y > n.y || (m.y == n.y && m.x >= n.x);
        uint borrow = uint(m.x < n.x);
        m = fits ? uvec2(m.x - n.x, m.y - n.y - borrow) : m;
        r = uvec2((r.x << 1) | uint(fits), (r.y << 1) | (r.x >> 31));
        m = uvec2(m.x << 1, (m.y << 1) | (m.x >> 31));
    }
    r.x |= uint((m.x | m.y) != 0u);
    int e = ea - eb + 1023;
    r = d_round(s, e, d_normalize(r, e));
    bool zero_a = (p.x | p.y) == 0u, zero_b = (q.x | q.y) == 0u;
    bool infinite_a = p.y >= 0x7ff00000u, infinite_b = q.y >= 0x7ff00000u;
    r = zero_a || infinite_b ? uvec2(0u, s) : r;
    r = zero_b || infinite_a ? uvec2(0u, s | 0x7ff00000u) : r;
    bool nan = d_nan(p) || d_nan(q) || (zero_a && zero_b) || (infinite_a && infinite_b);
    return nan ? uvec2(0u, 0x7ff80000u) : r;
}
";

const RECIPROCAL: &str = "\
uvec2 d_rcp(uvec2 a) { return d_div(uvec2(0u, 0x3ff00000u), a); }
";

/// The root by digits: two bits of the number give one of the root.
const SQUARE_ROOT: &str = "\
uvec2 d_sqrt(uvec2 a) {
    if ((a.x | (a.y & 0x7fffffffu)) == 0u) { return a; }
    if (a.y >= 0x7ff00000u) {
        return a.y == 0x7ff00000u && a.x == 0u ? a : uvec2(0u, 0x7ff80000u);
    }
    int e;
    uvec2 m = d_open(a, e);
    bool odd = (e & 1) == 0;
    m = odd ? m : uvec2((m.x >> 1) | (m.y << 31), m.y >> 1);
    uvec2 root = uvec2(0u), rest = uvec2(0u);
    for (int i = 0; i < 56; i++) {
        uint word = i < 16 ? m.y : i < 32 ? m.x : 0u;
        uint digit = (word >> (30 - 2 * (i & 15))) & 3u;
        rest = uvec2((rest.x << 2) | digit, (rest.y << 2) | (rest.x >> 30));
        uvec2 test = uvec2((root.x << 2) | 1u, (root.y << 2) | (root.x >> 30));
        bool fits = rest.y > test.y || (rest.y == test.y && rest.x >= test.x);
        uint borrow = uint(rest.x < test.x);
        rest = fits ? uvec2(rest.x - test.x, rest.y - test.y - borrow) : rest;
        root = uvec2((root.x << 1) | uint(fits), (root.y << 1) | (root.x >> 31));
    }
    root = uvec2(root.x << 8, (root.y << 8) | (root.x >> 24));
    root.x |= uint((rest.x | rest.y) != 0u);
    return d_round(0u, ((e - (odd ? 2 : 1)) >> 1) + 512, root);
}
";

const INVERSE_SQUARE_ROOT: &str = "\
uvec2 d_rsq(uvec2 a) { return d_rcp(d_sqrt(a)); }
";

const SCALE_EXPONENT: &str = "\
uvec2 d_ldexp(uvec2 a, int n) {
    int e;
    uvec2 m = d_open(a, e);
    uvec2 r = d_round(a.y & 0x80000000u, e + clamp(n, -4400, 4400), m);
    return (a.y & 0x7fffffffu) >= 0x7ff00000u ? a : r;
}
";

const SPLIT_EXPONENT: &str = "\
uvec2 d_frexp(uvec2 a, out int n) {
    int e;
    uvec2 m = d_open(a, e);
    bool plain = (a.y & 0x7fffffffu) < 0x7ff00000u && m.y != 0u;
    n = plain ? e - 1022 : 0;
    return plain ? d_round(a.y & 0x80000000u, 1022, m) : a;
}
";

const FROM_FLOAT: &str = "\
uvec2 d_from_float(uint f) {
    uint s = f & 0x80000000u, m = f & 0x7fffffffu;
    if (m >= 0x7f800000u) { return uvec2(0u, s | (m > 0x7f800000u ? 0x7ff80000u : 0x7ff00000u)); }
    if (m >= 0x00800000u) { return uvec2(m << 29, s | ((m >> 3) + 0x38000000u)); }
    if (m == 0u) { return uvec2(0u, s); }
    int n = d_msb(m);
    m <<= 23 - n;
    return uvec2(m << 29, s | ((m >> 3) + (uint(n + 873) << 20)));
}
";

/// The plain case is in a branch, in the next two as well: the result may be what a loop
/// starts from, and Mesa's analysis of loops follows it back in a time exponential in the
/// length of the calculation, until it comes to where branches meet.
const TO_FLOAT: &str = "\
uint d_to_float(uvec2 a) {
    uint s = a.y & 0x80000000u;
    if (d_rank(a) < 0x7ff00000) {
        int e;
        uvec2 m = d_unpack(a, e);
        e -= 896;
        uint w = (m.y << 11) | (m.x >> 21) | uint((m.x << 11) != 0u);
        uint n = uint(clamp(1 - e, 0, 31));
        w = (w >> n) | uint(((w << 1) << (n ^ 31u)) != 0u);
        uint rest = w & 0xffu;
        w >>= 8;
        w += uint(rest + (w & 1u) > 0x80u);
        w += uint(clamp(e, 1, 255) - 1) << 23;
        return s | min(w, 0x7f800000u);
    }
    return s | (d_nan(a) ? 0x7fc00000u : 0x7f800000u);
}
";

const FROM_UINT: &str = "\
uvec2 d_from_uint(uint a) {
    if (a == 0u) { return uvec2(0u); }
    int n = d_msb(a);
    uint m = a << (31 - n);
    return uvec2(m << 21, (m >> 11) + (uint(n + 1022) << 20));
}
";

const FROM_INT: &str = "\
uvec2 d_from_int(int a) {
    uvec2 m = d_from_uint(a < 0 ? 0u - uint(a) : uint(a));
    return uvec2(m.x, m.y | (uint(a) & 0x80000000u));
}
";

const TO_UINT: &str = "\
uint d_to_uint(uvec2 a) {
    if (a.y < 0x41f00000u) {
        int e = int(a.y >> 20) - 1023;
        uint m = 0x80000000u | (a.y << 11) | (a.x >> 21);
        return e < 0 ? 0u : m >> (31 - e);
    }
    return a.y >= 0x80000000u || d_nan(a) ? 0u : 0xffffffffu;
}
";

const TO_INT: &str = "\
int d_to_int(uvec2 a) {
    bool negative = a.y >= 0x80000000u;
    if ((a.y & 0x7fffffffu) < 0x41e00000u) {
        int e = int((a.y >> 20) & 0x7ffu) - 1023;
        uint m = 0x80000000u | (a.y << 11) | (a.x >> 21);
        m = e < 0 ? 0u : m >> (31 - e);
        return int(negative ? 0u - m : m);
    }
    return d_nan(a) ? 0 : int(negative ? 0x80000000u : 0x7fffffffu);
}
";

impl DoubleFn {
    /// Its name in GLSL.
    pub(super) const fn name(self) -> &'static str {
        match self {
            DoubleFn::Abs => "d_abs",
            DoubleFn::Neg => "d_neg",
            DoubleFn::IsNan => "d_nan",
            DoubleFn::Key => "d_key",
            DoubleFn::Less => "d_less",
            DoubleFn::AtLeast => "d_at_least",
            DoubleFn::Equal => "d_equal",
            DoubleFn::Min => "d_min",
            DoubleFn::Max => "d_max",
            DoubleFn::Sign => "d_sign",
            DoubleFn::Whole => "d_whole",
            DoubleFn::Trunc => "d_trunc",
            DoubleFn::Floor => "d_floor",
            DoubleFn::Ceil => "d_ceil",
            DoubleFn::RoundEven => "d_round_even",
            DoubleFn::ShiftRight => "d_shift_right",
            DoubleFn::Msb => "d_msb",
            DoubleFn::Normalize => "d_normalize",
            DoubleFn::Unpack => "d_unpack",
            DoubleFn::Open => "d_open",
            DoubleFn::Close => "d_close",
            DoubleFn::Round => "d_round",
            DoubleFn::Add => "d_add",
            DoubleFn::Fract => "d_fract",
            DoubleFn::Multiply => "d_mul",
            DoubleFn::MultiplyAdd => "d_mad",
            DoubleFn::ShiftRight128 => "d_shift_right_128",
            DoubleFn::Fused => "d_fma",
            DoubleFn::Divide => "d_div",
            DoubleFn::Reciprocal => "d_rcp",
            DoubleFn::SquareRoot => "d_sqrt",
            DoubleFn::InverseSquareRoot => "d_rsq",
            DoubleFn::ScaleExponent => "d_ldexp",
            DoubleFn::SplitExponent => "d_frexp",
            DoubleFn::FromFloat => "d_from_float",
            DoubleFn::ToFloat => "d_to_float",
            DoubleFn::FromUint => "d_from_uint",
            DoubleFn::FromInt => "d_from_int",
            DoubleFn::ToUint => "d_to_uint",
            DoubleFn::ToInt => "d_to_int",
        }
    }

    /// The table of all functions.
    #[rustfmt::skip] // A row a function reads as a table.
    const fn definition(self) -> Definition {
        use DoubleFn::{
            Add, Close, Divide, Floor, FromUint, IsNan, Key, Less, Msb, Multiply, Neg,
            Normalize, Open, Reciprocal, Round, ShiftRight, ShiftRight128, SquareRoot, Unpack,
            Whole,
        };
        match self {
            DoubleFn::Abs => soft(ABS, &[]).everywhere(),
            DoubleFn::Neg => soft(NEG, &[]).everywhere(),
            DoubleFn::IsNan => soft(IS_NAN, &[]),
            DoubleFn::Key => soft(KEY, &[IsNan]),
            DoubleFn::Less => soft(LESS, &[Key])
                .native("bool d_less(uvec2 a, uvec2 b) { return D(a) < D(b); }\n"),
            DoubleFn::AtLeast => soft(AT_LEAST, &[Key])
                .native("bool d_at_least(uvec2 a, uvec2 b) { return D(a) >= D(b); }\n"),
            DoubleFn::Equal => soft(EQUAL, &[Key])
                .native("bool d_equal(uvec2 a, uvec2 b) { return D(a) == D(b); }\n"),
            DoubleFn::Min => soft(MIN, &[Less])
                .native("uvec2 d_min(uvec2 a, uvec2 b) { return d_bits(min(D(a), D(b))); }\n"),
            DoubleFn::Max => soft(MAX, &[Less])
                .native("uvec2 d_max(uvec2 a, uvec2 b) { return d_bits(max(D(a), D(b))); }\n"),
            DoubleFn::Sign => soft(SIGN, &[IsNan])
                .native("uvec2 d_sign(uvec2 a) { return d_bits(sign(D(a))); }\n"),
            DoubleFn::Whole => soft(WHOLE, &[]).everywhere(),
            DoubleFn::Trunc => soft(TRUNC, &[Whole])
                .native("uvec2 d_trunc(uvec2 a) { return d_bits(trunc(D(a))); }\n"),
            DoubleFn::Floor => soft(FLOOR, &[Whole])
                .native("uvec2 d_floor(uvec2 a) { return d_bits(floor(D(a))); }\n"),
            DoubleFn::Ceil => soft(CEIL, &[Whole])
                .native("uvec2 d_ceil(uvec2 a) { return d_bits(ceil(D(a))); }\n"),
            // Some hosts add a half, which is wrong just below it.
            DoubleFn::RoundEven => soft(ROUND_EVEN, &[Whole]).everywhere(),
            DoubleFn::ShiftRight => soft(SHIFT_RIGHT, &[]),
            DoubleFn::Msb => soft(MSB, &[]),
            DoubleFn::Normalize => soft(NORMALIZE, &[Msb]),
            DoubleFn::Unpack => soft(UNPACK, &[]),
            DoubleFn::Open => soft(OPEN, &[Normalize, Unpack]),
            DoubleFn::Close => soft(CLOSE, &[]),
            DoubleFn::Round => soft(ROUND, &[Close, ShiftRight]),
            DoubleFn::Add => soft(ADD, &[Close, IsNan, Msb, ShiftRight, Unpack])
                .native("uvec2 d_add(uvec2 a, uvec2 b) { return d_bits(D(a) + D(b)); }\n"),
            DoubleFn::Fract => soft(FRACT, &[Add, Floor, Neg])
                .native("uvec2 d_fract(uvec2 a) { return d_bits(fract(D(a))); }\n"),
            DoubleFn::Multiply => soft(MULTIPLY, &[Close, IsNan, Msb, Unpack])
                .helpers(&[Helper::UnsignedMultiplyHigh])
                .native("uvec2 d_mul(uvec2 a, uvec2 b) { return d_bits(D(a) * D(b)); }\n"),
            DoubleFn::MultiplyAdd => soft(MULTIPLY_ADD, &[Add, Multiply]).everywhere(),
            DoubleFn::ShiftRight128 => soft(SHIFT_RIGHT_128, &[]),
            DoubleFn::Fused => soft(FUSED, &[Multiply, Open, Round, ShiftRight128])
                .native("uvec2 d_fma(uvec2 a, uvec2 b, uvec2 c) { return d_bits(fma(D(a), D(b), D(c))); }\n"),
            DoubleFn::Divide => soft(DIVIDE, &[IsNan, Normalize, Open, Round])
                .native("uvec2 d_div(uvec2 a, uvec2 b) { return d_bits(D(a) / D(b)); }\n"),
            DoubleFn::Reciprocal => soft(RECIPROCAL, &[Divide]).everywhere(),
            DoubleFn::SquareRoot => soft(SQUARE_ROOT, &[Open, Round])
                .native("uvec2 d_sqrt(uvec2 a) { return d_bits(sqrt(D(a))); }\n"),
            DoubleFn::InverseSquareRoot => {
                soft(INVERSE_SQUARE_ROOT, &[Reciprocal, SquareRoot]).everywhere()
            }
            DoubleFn::ScaleExponent => soft(SCALE_EXPONENT, &[Open, Round])
                .native("uvec2 d_ldexp(uvec2 a, int n) { return d_bits(ldexp(D(a), n)); }\n"),
            DoubleFn::SplitExponent => soft(SPLIT_EXPONENT, &[Open, Round])
                .native("uvec2 d_frexp(uvec2 a, out int n) { return d_bits(frexp(D(a), n)); }\n"),
            DoubleFn::FromFloat => soft(FROM_FLOAT, &[Msb])
                .native("uvec2 d_from_float(uint a) { return d_bits(double(F(a))); }\n"),
            DoubleFn::ToFloat => soft(TO_FLOAT, &[IsNan, Unpack])
                .native("uint d_to_float(uvec2 a) { return U(float(D(a))); }\n"),
            DoubleFn::FromUint => soft(FROM_UINT, &[Msb])
                .native("uvec2 d_from_uint(uint a) { return d_bits(double(a)); }\n"),
            DoubleFn::FromInt => soft(FROM_INT, &[FromUint])
                .native("uvec2 d_from_int(int a) { return d_bits(double(a)); }\n"),
            DoubleFn::ToUint => soft(TO_UINT, &[IsNan])
                .native("uint d_to_uint(uvec2 a) { return uint(D(a)); }\n"),
            DoubleFn::ToInt => soft(TO_INT, &[IsNan])
                .native("int d_to_int(uvec2 a) { return int(D(a)); }\n"),
        }
    }
}

/// The functions that a shader needs, with all that they call.
#[derive(Debug, Default)]
pub(super) struct DoubleFns(BTreeSet<DoubleFn>);

impl DoubleFns {
    /// Adds a function and what it calls; other helpers go to `helpers`.
    pub(super) fn insert(
        &mut self,
        function: DoubleFn,
        version: GlslVersion,
        helpers: &mut BTreeSet<Helper>,
    ) {
        if !self.0.insert(function) {
            return;
        }
        let definition = function.definition();
        let calls = if version.has_doubles() {
            definition.native_calls
        } else {
            helpers.extend(definition.helpers);
            definition.calls
        };
        for &call in calls {
            self.insert(call, version, helpers);
        }
    }

    /// Appends the functions.
    pub(super) fn write(&self, version: GlslVersion, out: &mut String) {
        let native = version.has_doubles();
        if native && !self.0.is_empty() {
            out.push_str(NATIVE_PRELUDE);
        }
        for function in &self.0 {
            let definition = function.definition();
            out.push_str(if native {
                definition.native
            } else {
                definition.soft
            });
        }
    }
}
