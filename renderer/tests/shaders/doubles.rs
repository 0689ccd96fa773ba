//! Double-precision instructions on the host's driver, compared with the processor's
//! doubles: in software on GLES hosts, native on desktop hosts.

use maro_renderer::gl::platform::Api;
use maro_renderer::glsl::{GlslVersion, HostProfile, ShaderKey, SystemBlock};

use crate::compile::Host;
use crate::corpus;
use crate::execute::{Inputs, fragments};

/// Operands at the edges of the format, of rounding and of the integers.
const SPECIAL: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    3.0,
    0.1,
    0.499_999_999_999_999_94,
    1.000_000_000_000_000_2,
    -4_503_599_627_370_497.5,
    9_007_199_254_740_993.0,
    1e300,
    -1e-300,
    f64::MAX,
    f64::MIN_POSITIVE,
    2.225_073_858_507_201e-308,
    5e-324,
    -1.5e-310,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];

/// A generator of plain numbers (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Any significand, with an exponent of at most `spread` from that of 1.
    fn near_one(&mut self, spread: u64) -> f64 {
        let exponent = 1023 - spread + self.bits() % (2 * spread + 1);
        f64::from_bits((self.bits() & 0x800f_ffff_ffff_ffff) | (exponent << 52))
    }
}

/// Triples of operands: each special one with each other, then random ones.
fn operands() -> Vec<[f64; 3]> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut triples = Vec::new();
    for (i, &a) in SPECIAL.iter().enumerate() {
        for (k, &b) in SPECIAL.iter().enumerate() {
            triples.push([a, b, SPECIAL[(i * 7 + k * 3) % SPECIAL.len()]]);
        }
    }
    for _ in 0..100 {
        triples.push([(); 3].map(|()| f64::from_bits(random.bits())));
        triples.push([(); 3].map(|()| random.near_one(2)));
        triples.push([(); 3].map(|()| random.near_one(60)));
        // A product that its addend all but cancels.
        let [a, b] = [(); 2].map(|()| random.near_one(1));
        triples.push([a, b, -(a * b)]);
        // Products and sums about where subnormals begin, products where numbers end.
        let small = random.near_one(30) * 2f64.powi(-510);
        triples.push([small, random.near_one(30) * 2f64.powi(-512), small * small]);
        let least = random.near_one(4) * f64::MIN_POSITIVE;
        triples.push([
            least,
            random.near_one(60),
            random.near_one(4) * f64::MIN_POSITIVE,
        ]);
        triples.push([random.near_one(4) * f64::MIN_POSITIVE, least, -least]);
        let large = random.near_one(2) * 2f64.powi(511);
        triples.push([large, random.near_one(2) * 2f64.powi(511), -large]);
    }
    triples
}

fn words(value: f64) -> [u32; 2] {
    let bits = value.to_bits();
    [bits as u32, (bits >> 32) as u32]
}

fn double(low: u32, high: u32) -> f64 {
    f64::from_bits(u64::from(high) << 32 | u64::from(low))
}

/// Runs `instruction` for each pair of registers `TEMP[1]` and `TEMP[2]`; it writes
/// `TEMP[3]`, and `TEMP[4]` is free.
fn run(
    host: &Host,
    profile: &HostProfile,
    instruction: &str,
    registers: &[[[u32; 4]; 2]],
) -> Vec<[u32; 4]> {
    let constants = registers.as_flattened();
    let body = format!(
        "FRAG\nDCL IN[0], POSITION, LINEAR\nDCL OUT[0], COLOR\nDCL CONST[0..{}]\n\
         DCL TEMP[0..4]\nDCL ADDR[0]\nF2U TEMP[0].x, IN[0].xxxx\n\
         UADD TEMP[0].x, TEMP[0].xxxx, TEMP[0].xxxx\nUARL ADDR[0].x, TEMP[0].xxxx\n\
         MOV TEMP[1], CONST[ADDR[0].x]\nMOV TEMP[2], CONST[ADDR[0].x+1]\n\
         {instruction}\nMOV OUT[0], TEMP[3]\nEND",
        constants.len() - 1
    );
    let inputs = Inputs {
        constants,
        system: SystemBlock::default(),
        key: ShaderKey::default(),
    };
    fragments(host, profile, &body, &inputs, registers.len())
}

/// `a` and `b` in the first register, `c` in the second.
fn registers(triples: &[[f64; 3]]) -> Vec<[[u32; 4]; 2]> {
    let register = |[a, b, c]: &[f64; 3]| {
        let ([al, ah], [bl, bh], [cl, ch]) = (words(*a), words(*b), words(*c));
        [[al, ah, bl, bh], [cl, ch, 0, 0]]
    };
    triples.iter().map(register).collect()
}

/// The hosts: a context, its profile, and whether it computes subnormals.
fn hosts() -> Vec<(Host, HostProfile, bool)> {
    vec![
        (
            Host::of(Api::Gles),
            HostProfile::bare(GlslVersion::Es300),
            true,
        ),
        (Host::of(Api::Gles), corpus::llvmpipe_profile(), true),
        // Software rasterisers flush subnormals of the processor.
        (
            Host::of(Api::Gl),
            HostProfile::bare(GlslVersion::Gl450),
            false,
        ),
    ]
}

/// How exact a result must be.
#[derive(Clone, Copy)]
enum Exact {
    /// To the bit, but any not-a-number is as good as another.
    Bits,
    /// As above, either zero for a zero.
    Value,
    /// To the bit in software. A native host may round the product, as Mesa's does.
    Fused,
    /// Up to this part of the value.
    Nearly(f64),
}

impl Exact {
    fn accepts(self, got: f64, want: f64) -> bool {
        if want.is_nan() {
            return got.is_nan();
        }
        match self {
            Exact::Bits | Exact::Fused => got.to_bits() == want.to_bits(),
            Exact::Value => got == want,
            Exact::Nearly(part) => got == want || (got - want).abs() <= want.abs() * part,
        }
    }
}

type Rule = fn([f64; 3]) -> f64;

/// Opcode, number of operands, what it computes, and how exactly.
const RULES: &[(&str, usize, Rule, Exact)] = &[
    ("DADD", 2, |[a, b, _]| a + b, Exact::Bits),
    ("DMUL", 2, |[a, b, _]| a * b, Exact::Bits),
    ("DMAD", 3, |[a, b, c]| a * b + c, Exact::Bits),
    ("DFMA", 3, |[a, b, c]| a.mul_add(b, c), Exact::Fused),
    ("DDIV", 2, |[a, b, _]| a / b, Exact::Bits),
    ("DRCP", 1, |[a, ..]| 1.0 / a, Exact::Bits),
    ("DSQRT", 1, |[a, ..]| a.sqrt(), Exact::Bits),
    (
        "DRSQ",
        1,
        |[a, ..]| 1.0 / a.sqrt(),
        Exact::Nearly(2.0 * f64::EPSILON),
    ),
    ("DMIN", 2, |[a, b, _]| a.min(b), Exact::Value),
    ("DMAX", 2, |[a, b, _]| a.max(b), Exact::Value),
    ("DABS", 1, |[a, ..]| a.abs(), Exact::Bits),
    ("DNEG", 1, |[a, ..]| -a, Exact::Bits),
    ("DTRUNC", 1, |[a, ..]| a.trunc(), Exact::Value),
    ("DFLR", 1, |[a, ..]| a.floor(), Exact::Value),
    ("DCEIL", 1, |[a, ..]| a.ceil(), Exact::Value),
    ("DROUND", 1, |[a, ..]| a.round_ties_even(), Exact::Value),
    ("DFRAC", 1, |[a, ..]| a - a.floor(), Exact::Value),
];

/// True if a host that flushes subnormals may give anything.
fn meets_subnormal(values: &[f64]) -> bool {
    values.iter().any(|v| v.is_subnormal())
}

#[test]
fn double_opcodes_compute_what_ieee_754_says() {
    for (host, profile, subnormals) in hosts() {
        for &(opcode, count, rule, exact) in RULES {
            let triples = operands();
            let sources = [", TEMP[1]", ", TEMP[1].zwxy", ", TEMP[2].xyxy"];
            let instruction = format!("{opcode} TEMP[3]{}", sources[..count].concat());
            let results = run(&host, &profile, &instruction, &registers(&triples));
            for ([a, b, c], [x, y, z, w]) in triples.into_iter().zip(results) {
                for (triple, got) in [([a, b, c], double(x, y)), ([b, a, c], double(z, w))] {
                    let want = rule(triple);
                    let product = triple[0] * triple[1];
                    let unfused = !subnormals
                        && matches!(exact, Exact::Fused)
                        && Exact::Bits.accepts(got, product + triple[2]);
                    let flushed =
                        meets_subnormal(&[triple[0], triple[1], triple[2], product, want])
                            || want.abs() == f64::MIN_POSITIVE;
                    assert!(
                        exact.accepts(got, want) || unfused || (!subnormals && flushed),
                        "{opcode} on {:?}: {triple:?} gives {got:?}, not {want:?}",
                        profile.version
                    );
                }
            }
        }
    }
}

#[test]
fn double_sign_is_that_of_the_operand() {
    for (host, profile, subnormals) in hosts() {
        let triples = operands();
        let results = run(
            &host,
            &profile,
            "DSSG TEMP[3], TEMP[1]",
            &registers(&triples),
        );
        for ([a, ..], [x, y, ..]) in triples.into_iter().zip(results) {
            let want = f64::from(i8::from(a > 0.0) - i8::from(a < 0.0));
            let got = double(x, y);
            let undefined = a.is_nan() || (!subnormals && a.is_subnormal());
            assert!(got == want || undefined, "{a:?} gives {got:?}");
        }
    }
}

type Test = fn(f64, f64) -> bool;

const TESTS: &[(&str, Test)] = &[
    ("DSLT", |a, b| a < b),
    ("DSGE", |a, b| a >= b),
    ("DSEQ", |a, b| a == b),
    ("DSNE", |a, b| a != b),
];

#[test]
fn double_comparisons_stand_at_x_and_z() {
    for (host, profile, subnormals) in hosts() {
        for &(opcode, test) in TESTS {
            let triples = operands();
            let instruction = format!("{opcode} TEMP[3].xz, TEMP[1], TEMP[1].zwxy");
            let results = run(&host, &profile, &instruction, &registers(&triples));
            for ([a, b, _], result) in triples.into_iter().zip(results) {
                let mask = |yes| if yes { u32::MAX } else { 0 };
                let want = [mask(test(a, b)), 0, mask(test(b, a)), 0];
                let undefined = !subnormals && meets_subnormal(&[a, b]);
                assert!(
                    result == want || undefined,
                    "{opcode} of {a:?} and {b:?} gives {result:x?}"
                );
            }
        }
    }
}

#[test]
fn doubles_narrow_to_words() {
    for (host, profile, subnormals) in hosts() {
        let triples = operands();
        let registers = registers(&triples);
        let floats = run(&host, &profile, "D2F TEMP[3].xy, TEMP[1]", &registers);
        let ints = run(&host, &profile, "D2I TEMP[3].xy, TEMP[1]", &registers);
        let uints = run(&host, &profile, "D2U TEMP[3].xy, TEMP[1]", &registers);
        for (i, [a, b, _]) in triples.into_iter().enumerate() {
            for (k, value) in [a, b].into_iter().enumerate() {
                let want = value as f32;
                let got = f32::from_bits(floats[i][k]);
                let undefined = !subnormals && (value.abs() as f32) < 1.2e-38;
                assert!(
                    got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()) || undefined,
                    "{value:?} gives {got:?}, not {want:?}"
                );
                // Beyond the range of the integer, GLSL leaves the result to the host.
                if subnormals || value.abs() < 2e9 {
                    assert_eq!(ints[i][k], value as i32 as u32, "{value:?}");
                }
                if subnormals || (0.0..4e9).contains(&value) {
                    assert_eq!(uints[i][k], value as u32, "{value:?}");
                }
            }
        }
    }
}

#[test]
fn words_widen_to_doubles() {
    const WORDS: [u32; 12] = [
        0,
        1,
        2,
        0x0080_0000,
        0x3f80_0001,
        0x7f7f_ffff,
        0x7f80_0000,
        0x8000_0000,
        0x8000_0001,
        0xbfc0_0000,
        0xff80_0000,
        u32::MAX,
    ];
    let registers: Vec<_> = WORDS.map(|word| [[word, 7, 0, 0], [0; 4]]).into();
    for (host, profile, subnormals) in hosts() {
        let run = |opcode: &str| {
            let instruction = format!("{opcode} TEMP[3].zw, TEMP[1]");
            run(&host, &profile, &instruction, &registers)
        };
        let results = [run("F2D"), run("I2D"), run("U2D")];
        for (i, word) in WORDS.into_iter().enumerate() {
            let [from_float, from_int, from_uint] =
                [0, 1, 2].map(|k: usize| double(results[k][i][2], results[k][i][3]));
            let float = f32::from_bits(word);
            assert!(
                Exact::Bits.accepts(from_float, f64::from(float))
                    || (!subnormals && float.is_subnormal()),
                "{float:?} gives {from_float:?}"
            );
            assert_eq!(from_int, f64::from(word.cast_signed()));
            assert_eq!(from_uint, f64::from(word));
        }
    }
}

/// `a * 2^n`, for an `a` without subnormals on the way that would round twice.
fn scaled(a: f64, n: i32) -> f64 {
    let half = n / 2;
    a * 2f64.powi(half) * 2f64.powi(n - half)
}

#[test]
fn exponents_are_scaled_and_split() {
    let values = [1.0, -1.5, 0.1, 6.0, 1e300, -0.0, f64::INFINITY, 1e-300];
    for (host, profile, subnormals) in hosts() {
        for n in [-1100, -1000, -3, 0, 5, 700, 2000] {
            let registers: Vec<_> = values
                .iter()
                .map(|&a| {
                    let [low, high] = words(a);
                    [[low, high, low, high], [n as u32, 0, n as u32, 0]]
                })
                .collect();
            let scale = "DLDEXP TEMP[3], TEMP[1], TEMP[2]";
            let split = "DFRACEXP TEMP[3].xy, TEMP[4], TEMP[1].xyxy\nMOV TEMP[3].z, TEMP[4].xxxx";
            let scales = run(&host, &profile, scale, &registers);
            let splits = run(&host, &profile, split, &registers);
            for (i, &a) in values.iter().enumerate() {
                let want = scaled(a, n);
                let [x, y, z, w] = scales[i];
                for got in [double(x, y), double(z, w)] {
                    // GLSL leaves results out of range to a native host.
                    if !subnormals && want.is_infinite() {
                        continue;
                    }
                    // 2^-1100 leaves a number without bits to round, or none at all.
                    let small = want.abs() < f64::MIN_POSITIVE;
                    assert!(
                        got == want || (small && (!subnormals || got.abs() < f64::MIN_POSITIVE)),
                        "{a:?} * 2^{n} gives {got:?}"
                    );
                }
                let [x, y, exponent, _] = splits[i];
                let significand = double(x, y);
                if a != 0.0 && a.is_finite() {
                    assert!((0.5..1.0).contains(&significand.abs()), "{a:?}");
                    assert_eq!(scaled(significand, exponent.cast_signed()), a);
                } else {
                    assert!(!a.is_finite() || significand == a, "{a:?}");
                }
            }
        }
    }
}

#[test]
fn modifiers_and_masks_select_doubles() {
    let registers = registers(&[[2.5, -0.75, 0.0]]);
    for (host, profile, _) in hosts() {
        let run = |text: &str| run(&host, &profile, text, &registers)[0];
        let [_, _, z, w] = run("DADD TEMP[3].zw, TEMP[1], -|TEMP[1].zwxy|");
        assert_eq!(
            double(z, w),
            1.75,
            "zw takes the first double of the sources"
        );
        let [x, y, ..] = run("DMUL TEMP[3].xy, -TEMP[1], TEMP[1].zwzw");
        assert_eq!(double(x, y), 1.875);
        let [_, _, z, _] = run("MOV TEMP[3].xy, TEMP[1]\nDSGE TEMP[3].z, TEMP[1], TEMP[1].zwxy");
        assert_eq!(z, u32::MAX, "z alone compares the first doubles");
        let [x, y, z, w] = run("MOV TEMP[3], TEMP[1]\nDADD TEMP[3], TEMP[3].zwxy, TEMP[3]");
        assert_eq!([double(x, y), double(z, w)], [1.75; 2]);
    }
}

/// Mesa's analysis of loops must not follow what a loop starts from back into calculations
/// of doubles: that would not end.
#[test]
fn loops_that_start_from_doubles_compile() {
    const CALCULATION: &str = "DMAD TEMP[3].xy, TEMP[1], TEMP[1].zwxy, TEMP[2]\n\
        DMAD TEMP[3].xy, TEMP[3], TEMP[1], TEMP[2]\nDSQRT TEMP[3].xy, TEMP[3]\n\
        DDIV TEMP[3].xy, TEMP[3], TEMP[1]\nDFMA TEMP[3].xy, TEMP[3], TEMP[1], TEMP[2]\n\
        DMUL TEMP[3].xy, TEMP[3], TEMP[1]\n";
    let [a, b, c] = [2f64, 3.0, 1.0];
    let start = ((a * b + c) * a + c).sqrt() / a * a + c;
    // Conversion, step, comparison, limit, step's operand, and what a loop ends with.
    let loops = [
        ("D2I", "UADD", "ISLT", 12, 1, 12),
        ("D2U", "SHL", "USLT", 12, 1, (start * a) as u32 * 2),
        (
            "D2F",
            "ADD",
            "FSLT",
            12f32.to_bits(),
            1f32.to_bits(),
            ((start * a) as f32 + 3.0).to_bits(),
        ),
    ];
    for (host, profile, _) in hosts() {
        for (convert, step, less, limit, by, want) in loops {
            let instruction = format!(
                "{CALCULATION}{convert} TEMP[4].x, TEMP[3]\nBGNLOOP :0\n\
                 {less} TEMP[4].y, TEMP[4].xxxx, TEMP[2].zzzz\nUIF TEMP[4].yyyy :0\n\
                 {step} TEMP[4].x, TEMP[4].xxxx, TEMP[2].wwww\nELSE :0\nBRK\nENDIF\n\
                 ENDLOOP :0\nMOV TEMP[3], TEMP[4].xxxx"
            );
            let mut registers = registers(&[[a, b, c]]);
            registers[0][1][2..].copy_from_slice(&[limit, by]);
            let [x, ..] = run(&host, &profile, &instruction, &registers)[0];
            assert_eq!(x, want, "{convert}");
        }
    }
}

/// All functions together are written once, however often they are called.
#[test]
fn text_of_the_functions_is_bounded() {
    let one = |calls: usize| {
        let line = "DFMA TEMP[0], TEMP[0], TEMP[0], TEMP[0]\nDDIV TEMP[0], TEMP[0], TEMP[0]\n\
                    DSQRT TEMP[0], TEMP[0]\nDFRAC TEMP[0], TEMP[0]\nDROUND TEMP[0], TEMP[0]\n";
        let text = format!(
            "FRAG\nDCL OUT[0], COLOR\nDCL TEMP[0]\n{}MOV OUT[0], TEMP[0]\nEND",
            line.repeat(calls)
        );
        let shader = corpus::load(text.as_bytes(), "doubles");
        let key = ShaderKey::default();
        let profile = HostProfile::bare(GlslVersion::Es300);
        let translated = maro_renderer::glsl::translate(&shader, &key, &profile, None);
        translated.expect("it is plain").source.len()
    };
    let (once, twice) = (one(1), one(2));
    assert!(once < 20_000, "{once} bytes");
    assert!(twice - once < 500, "{} bytes more", twice - once);
}
