//! What translated instructions compute, on the host's driver, compared with the
//! definition of TGSI's opcodes.

use maro_renderer::gl::object::{Buffer, Framebuffer, Texture, VertexArray};
use maro_renderer::gl::{DrawCall, PixelFormat};
use maro_renderer::glsl::{
    GlslVersion, HostProfile, RasterKey, SamplerInfo, ShaderKey, SystemBlock, translate,
};
use maro_renderer::tgsi::ir::Stage;
use zerocopy::IntoBytes;

use crate::compile::Host;
use crate::corpus;

/// A triangle over the whole target, from the vertex number alone.
const VERTEX: &str = "VERT
DCL SV[0], VERTEXID
DCL OUT[0], POSITION
DCL TEMP[0]
IMM[0] UINT32 {1, 2, 0, 0}
IMM[1] FLT32 {0x40000000, 0xbf800000, 0x00000000, 0x3f800000}
AND TEMP[0].xy, SV[0].xxxx, IMM[0].xyyy
USHR TEMP[0].y, TEMP[0].yyyy, IMM[0].xxxx
U2F TEMP[0].xy, TEMP[0].xyyy
ADD TEMP[0].xy, TEMP[0].xyyy, TEMP[0].xyyy
MAD OUT[0].xy, TEMP[0].xyyy, IMM[1].xxxx, IMM[1].yyyy
MOV OUT[0].zw, IMM[1].zzzw
END";

const RGBA32UI: PixelFormat = PixelFormat {
    format: glow::RGBA_INTEGER,
    ty: glow::UNSIGNED_INT,
    bytes: 16,
};

/// What a fragment shader may read.
pub struct Inputs<'a> {
    pub constants: &'a [[u32; 4]],
    pub system: SystemBlock,
    pub key: ShaderKey,
}

/// Draws one pixel with a fragment shader and returns what it wrote to `COLOR`, as bits.
fn fragment(host: &Host, profile: &HostProfile, body: &str, inputs: &Inputs<'_>) -> [u32; 4] {
    fragments(host, profile, body, inputs, 1)[0]
}

/// The same for a row of `width` pixels.
pub fn fragments(
    host: &Host,
    profile: &HostProfile,
    body: &str,
    inputs: &Inputs<'_>,
    width: usize,
) -> Vec<[u32; 4]> {
    let gl = &host.gl;
    let vertex_key = ShaderKey {
        raster: Some(RasterKey::default()),
        ..ShaderKey::default()
    };
    let mut key = inputs.key;
    key.fragment.uint_buffers = 1;
    let vertex = corpus::load(VERTEX.as_bytes(), "vertex");
    let fragment = corpus::load(body.as_bytes(), body);
    let vertex = translate(&vertex, &vertex_key, profile, None).expect("it is plain");
    let fragment =
        translate(&fragment, &key, profile, None).unwrap_or_else(|e| panic!("{body}\n{e}"));
    let samplers = fragment.interface.samplers.clone();
    let program = host
        .link(&[(Stage::Vertex, vertex), (Stage::Fragment, fragment)])
        .unwrap_or_else(|e| panic!("{body}\n{e}"));
    gl.use_program(Some(program.name()));
    for sampler in &samplers {
        let location = gl.get_uniform_location(program.name(), &sampler.name);
        gl.uniform_1_i32(location.as_ref(), sampler.index as i32);
    }
    let blocks = [
        ("FsConst0", inputs.constants.as_bytes()),
        (SystemBlock::NAME, inputs.system.as_bytes()),
    ];
    let mut buffers = Vec::new();
    for (binding, (name, data)) in (0u32..).zip(blocks) {
        let buffer = Buffer::new(gl).expect("a buffer");
        gl.bind_buffer(glow::UNIFORM_BUFFER, Some(buffer.name()));
        gl.buffer_data(glow::UNIFORM_BUFFER, data, glow::STATIC_DRAW);
        gl.bind_buffer_base(glow::UNIFORM_BUFFER, binding, Some(buffer.name()));
        if let Some(index) = gl.get_uniform_block_index(program.name(), name) {
            gl.uniform_block_binding(program.name(), index, binding);
        }
        buffers.push(buffer);
    }
    draw_row(host, width)
}

fn draw_row(host: &Host, width: usize) -> Vec<[u32; 4]> {
    let gl = &host.gl;
    let size = i32::try_from(width).expect("a row fits a texture");
    let texture = Texture::new(gl).expect("a texture");
    gl.edit_texture(glow::TEXTURE_2D, texture.name());
    gl.tex_storage_2d(glow::TEXTURE_2D, 1, glow::RGBA32UI, size, 1);
    let framebuffer = Framebuffer::new(gl).expect("a framebuffer");
    gl.bind_draw_framebuffer(Some(framebuffer.name()));
    gl.bind_read_framebuffer(Some(framebuffer.name()));
    gl.framebuffer_texture_2d(
        glow::DRAW_FRAMEBUFFER,
        glow::COLOR_ATTACHMENT0,
        glow::TEXTURE_2D,
        Some(texture.name()),
        0,
    );
    let array = VertexArray::new(gl).expect("a vertex array");
    gl.bind_vertex_array(Some(array.name()));
    gl.viewport(0, 0, size, 1);
    gl.draw_vertices(&DrawCall {
        mode: glow::TRIANGLES,
        first: 0,
        count: 3,
        instances: 1,
        base_instance: 0,
        base_vertex: 0,
    });
    let mut words = vec![[0u32; 4]; width];
    assert!(gl.read_pixels([0, 0, size, 1], RGBA32UI, words.as_mut_bytes()));
    assert_eq!(gl.take_error(), None);
    words
}

/// The operands of integer instructions: `CONST[0]` to `CONST[3]`.
const WORDS: [[u32; 4]; 4] = [
    [5, u32::MAX, 0x8000_0000, 0x1234_5678],
    [3, 2, u32::MAX, 0],
    [33, 32, 12, 0xffff_0000],
    [4, 9, 0, 31],
];

/// The operands of float instructions: `CONST[4]` to `CONST[6]`.
const FLOATS: [[f32; 4]; 3] = [
    [1.5, -2.25, 0.0, 100.75],
    [2.0, 0.5, -1.0, 3.0],
    [0.25, -4.0, 8.0, -0.5],
];

fn constants() -> Vec<[u32; 4]> {
    let floats = FLOATS.iter().map(|v| v.map(f32::to_bits));
    WORDS.iter().copied().chain(floats).collect()
}

/// Runs `opcode` on as many operands as it has, from `CONST[first]` on.
fn run(
    host: &Host,
    profile: &HostProfile,
    opcode: &str,
    first: usize,
    operands: usize,
) -> [u32; 4] {
    let sources: Vec<String> = (first..first + operands)
        .map(|i| format!(", CONST[{i}]"))
        .collect();
    let body = format!(
        "FRAG\nDCL OUT[0], COLOR\nDCL CONST[0..6]\n{opcode} OUT[0]{}\nEND",
        sources.concat()
    );
    let inputs = Inputs {
        constants: &constants(),
        system: SystemBlock::default(),
        key: ShaderKey::default(),
    };
    fragment(host, profile, &body, &inputs)
}

fn profiles() -> [HostProfile; 2] {
    [
        HostProfile::bare(GlslVersion::Es300),
        corpus::llvmpipe_profile(),
    ]
}

pub type IntegerRule = fn([u32; 4]) -> u32;

fn truth(yes: bool) -> u32 {
    if yes { u32::MAX } else { 0 }
}

fn signed(word: u32) -> i32 {
    word.cast_signed()
}

/// Opcode, number of operands, and what it computes of one component of each.
pub const INTEGER_RULES: &[(&str, usize, IntegerRule)] = &[
    ("MOV", 1, |[a, ..]| a),
    ("UADD", 2, |[a, b, ..]| a.wrapping_add(b)),
    ("UMUL", 2, |[a, b, ..]| a.wrapping_mul(b)),
    ("UMAD", 3, |[a, b, c, _]| a.wrapping_mul(b).wrapping_add(c)),
    ("INEG", 1, |[a, ..]| a.wrapping_neg()),
    ("NOT", 1, |[a, ..]| !a),
    ("AND", 2, |[a, b, ..]| a & b),
    ("OR", 2, |[a, b, ..]| a | b),
    ("XOR", 2, |[a, b, ..]| a ^ b),
    ("SHL", 2, |[a, b, ..]| a << (b & 31)),
    ("USHR", 2, |[a, b, ..]| a >> (b & 31)),
    ("ISHR", 2, |[a, b, ..]| (signed(a) >> (b & 31)) as u32),
    ("UDIV", 2, |[a, b, ..]| a.checked_div(b).unwrap_or(u32::MAX)),
    ("UMOD", 2, |[a, b, ..]| a.checked_rem(b).unwrap_or(u32::MAX)),
    ("IDIV", 2, |[a, b, ..]| match signed(b) {
        0 => u32::MAX,
        b => signed(a).wrapping_div(b) as u32,
    }),
    ("MOD", 2, |[a, b, ..]| match signed(b) {
        0 => u32::MAX,
        b => signed(a).wrapping_rem(b) as u32,
    }),
    ("UMUL_HI", 2, |[a, b, ..]| {
        ((u64::from(a) * u64::from(b)) >> 32) as u32
    }),
    ("IMUL_HI", 2, |[a, b, ..]| {
        ((i64::from(signed(a)) * i64::from(signed(b))) >> 32) as u32
    }),
    ("IMIN", 2, |[a, b, ..]| signed(a).min(signed(b)) as u32),
    ("IMAX", 2, |[a, b, ..]| signed(a).max(signed(b)) as u32),
    ("UMIN", 2, |[a, b, ..]| a.min(b)),
    ("UMAX", 2, |[a, b, ..]| a.max(b)),
    ("IABS", 1, |[a, ..]| signed(a).wrapping_abs() as u32),
    ("ISSG", 1, |[a, ..]| signed(a).signum() as u32),
    ("ISLT", 2, |[a, b, ..]| truth(signed(a) < signed(b))),
    ("ISGE", 2, |[a, b, ..]| truth(signed(a) >= signed(b))),
    ("USLT", 2, |[a, b, ..]| truth(a < b)),
    ("USGE", 2, |[a, b, ..]| truth(a >= b)),
    ("USEQ", 2, |[a, b, ..]| truth(a == b)),
    ("USNE", 2, |[a, b, ..]| truth(a != b)),
    ("UCMP", 3, |[a, b, c, _]| if a != 0 { b } else { c }),
    ("UBFE", 3, |[a, b, c, _]| extract(a, b, c)),
    ("IBFE", 3, |[a, b, c, _]| match (b & 31, c & 31) {
        // All of the word, as GLSL has it.
        (offset, 0) if c == 32 => (signed(a) >> offset) as u32,
        (_, 0) => 0,
        // Bits beyond the word are copies of its sign.
        (offset, width) if offset + width >= 32 => (signed(a) >> offset) as u32,
        (offset, width) => (signed(a << (32 - offset - width)) >> (32 - width)) as u32,
    }),
    ("BFI", 4, |[a, b, c, d]| {
        let offset = c & 31;
        let mask = if d >= 32 {
            u32::MAX
        } else {
            ((1u32 << (d & 31)) - 1) << offset
        };
        (a & !mask) | ((b << offset) & mask)
    }),
    ("BREV", 1, |[a, ..]| a.reverse_bits()),
    ("POPC", 1, |[a, ..]| a.count_ones()),
    (
        "LSB",
        1,
        |[a, ..]| if a == 0 { u32::MAX } else { a.trailing_zeros() },
    ),
    ("UMSB", 1, |[a, ..]| 31u32.wrapping_sub(a.leading_zeros())),
    ("IMSB", 1, |[a, ..]| {
        let magnitude = if signed(a) < 0 { !a } else { a };
        31u32.wrapping_sub(magnitude.leading_zeros())
    }),
    ("U2F", 1, |[a, ..]| (a as f32).to_bits()),
    ("I2F", 1, |[a, ..]| (signed(a) as f32).to_bits()),
];

/// Bits `offset` and up of `value`, `width` of them, all counted modulo 32.
fn extract(value: u32, offset: u32, width: u32) -> u32 {
    let shifted = value >> (offset & 31);
    match width & 31 {
        0 if width == 32 => shifted,
        0 => 0,
        width => shifted & (u32::MAX >> (32 - width)),
    }
}

#[test]
fn integer_opcodes_compute_what_tgsi_says() {
    let host = Host::new();
    for profile in profiles() {
        for &(opcode, operands, rule) in INTEGER_RULES {
            let got = run(&host, &profile, opcode, 0, operands);
            let want: Vec<u32> = (0..4).map(|c| rule(WORDS.map(|v| v[c]))).collect();
            assert_eq!(got.as_slice(), want, "{opcode} on {:?}", profile.version);
        }
    }
}

pub type FloatRule = fn([f32; 3]) -> f32;

fn one(yes: bool) -> f32 {
    if yes { 1.0 } else { 0.0 }
}

/// Opcode, number of operands, and what it computes of one component of each.
pub const FLOAT_RULES: &[(&str, usize, FloatRule)] = &[
    ("ADD", 2, |[a, b, _]| a + b),
    ("MUL", 2, |[a, b, _]| a * b),
    ("MUL_SAT", 2, |[a, b, _]| (a * b).clamp(0.0, 1.0)),
    ("MOV_SAT", 1, |[a, ..]| a.clamp(0.0, 1.0)),
    ("MAD", 3, |[a, b, c]| a * b + c),
    ("MAD_PRECISE", 3, |[a, b, c]| a * b + c),
    ("FMA", 3, |[a, b, c]| a.mul_add(b, c)),
    ("DIV", 2, |[a, b, _]| a / b),
    ("MIN", 2, |[a, b, _]| a.min(b)),
    ("MAX", 2, |[a, b, _]| a.max(b)),
    ("LRP", 3, |[a, b, c]| a * b + (1.0 - a) * c),
    ("CMP", 3, |[a, b, c]| if a < 0.0 { b } else { c }),
    ("FLR", 1, |[a, ..]| a.floor()),
    ("CEIL", 1, |[a, ..]| a.ceil()),
    ("TRUNC", 1, |[a, ..]| a.trunc()),
    ("FRC", 1, |[a, ..]| a - a.floor()),
    ("ROUND", 1, |[a, ..]| a.round_ties_even()),
    ("SSG", 1, |[a, ..]| if a == 0.0 { 0.0 } else { a.signum() }),
    ("SLT", 2, |[a, b, _]| one(a < b)),
    ("SGE", 2, |[a, b, _]| one(a >= b)),
    ("SGT", 2, |[a, b, _]| one(a > b)),
    ("SLE", 2, |[a, b, _]| one(a <= b)),
    ("SEQ", 2, |[a, b, _]| one(a == b)),
    ("SNE", 2, |[a, b, _]| one(a != b)),
];

/// Equal up to what GLSL's precision rules leave to the driver.
fn close(got: f32, want: f32) -> bool {
    (got - want).abs() <= 1e-4 * want.abs().max(1e-3)
}

#[test]
fn float_opcodes_compute_what_tgsi_says() {
    let host = Host::new();
    for profile in profiles() {
        for &(opcode, operands, rule) in FLOAT_RULES {
            let got = run(&host, &profile, opcode, 4, operands).map(f32::from_bits);
            for c in 0..4 {
                let want = rule(FLOATS.map(|v| v[c]));
                assert!(
                    close(got[c], want),
                    "{opcode}[{c}]: {} is not {want}",
                    got[c]
                );
            }
        }
    }
}

/// Opcode, number of operands, and its one result, from the first components or dot
/// products of the float operands.
const SCALAR_RULES: &[(&str, usize, f32)] = &[
    ("RCP", 1, 1.0 / 1.5),
    ("RSQ", 1, 0.816_496_6),
    ("SQRT", 1, 1.224_744_9),
    ("EX2", 1, 2.828_427),
    ("LG2", 1, 0.584_962_5),
    ("SIN", 1, 0.997_495),
    ("COS", 1, 0.070_737_2),
    ("POW", 2, 2.25),
    ("DP2", 2, 1.5 * 2.0 - 2.25 * 0.5),
    ("DP3", 2, 1.5 * 2.0 - 2.25 * 0.5),
    ("DP4", 2, 1.5 * 2.0 - 2.25 * 0.5 + 100.75 * 3.0),
];

#[test]
fn scalar_opcodes_replicate_their_result() {
    let host = Host::new();
    for profile in profiles() {
        for &(opcode, operands, want) in SCALAR_RULES {
            let got = run(&host, &profile, opcode, 4, operands).map(f32::from_bits);
            for value in got {
                assert!(close(value, want), "{opcode}: {value} is not {want}");
            }
        }
    }
}

/// Whole shaders and the word they write to `COLOR.x`; constants as above.
const SNIPPETS: &[(&str, &str, u32)] = &[
    (
        "a loop sums until it breaks",
        "BGNLOOP\nUADD TEMP[0].x, TEMP[0].xxxx, CONST[0].xxxx\nUADD TEMP[0].y, TEMP[0].yyyy, \
         IMM[0].yyyy\nUSGE TEMP[0].z, TEMP[0].yyyy, CONST[1].xxxx\nUIF TEMP[0].zzzz\nBRK\nENDIF\n\
         ENDLOOP\nMOV OUT[0], TEMP[0].xxxx",
        15,
    ),
    (
        "else is taken when the condition is zero",
        "UIF TEMP[0].xxxx\nMOV OUT[0], IMM[0].yyyy\nELSE\nMOV OUT[0], IMM[0].zzzz\nENDIF",
        2,
    ),
    (
        "IF tests floats: minus zero is false",
        "MOV TEMP[0].x, CONST[0].zzzz\nIF TEMP[0].xxxx\nMOV OUT[0], IMM[0].yyyy\nELSE\n\
         MOV OUT[0], IMM[0].wwww\nENDIF",
        3,
    ),
    (
        "sources are read before the destination is written",
        "MOV TEMP[0].x, CONST[0].xxxx\nMOV TEMP[0].y, CONST[1].xxxx\nMOV TEMP[0].xy, TEMP[0].yxxx\n\
         MOV OUT[0], TEMP[0].xxxx",
        3,
    ),
    (
        "relative temporaries stay within their array",
        "MOV TEMP[2].x, CONST[0].xxxx\nMOV TEMP[3].x, CONST[1].xxxx\nUARL ADDR[0].x, CONST[0].wwww\n\
         MOV OUT[0], TEMP[ADDR[0].x+2](1).xxxx",
        3,
    ),
    (
        "relative constants stay within their buffer",
        "UARL ADDR[0].x, CONST[0].zzzz\nMOV OUT[0], CONST[ADDR[0].x].xxxx",
        5,
    ),
    (
        "integers that look like denormals survive moves",
        "MOV TEMP[0], IMM[0].wwww\nMOV TEMP[1], TEMP[0]\nMOV OUT[0], TEMP[1]",
        3,
    ),
    (
        "a negated move is a float operation",
        "MOV OUT[0], -CONST[4].xxxx",
        0xbfc0_0000,
    ),
    (
        "SWITCH falls through to the next case",
        "SWITCH IMM[0].yyyy\nCASE IMM[0].yyyy\nUADD TEMP[0].x, TEMP[0].xxxx, IMM[0].yyyy\n\
         CASE IMM[0].zzzz\nUADD TEMP[0].x, TEMP[0].xxxx, IMM[0].zzzz\nBRK\nDEFAULT\n\
         MOV TEMP[0].x, IMM[0].xxxx\nENDSWITCH\nMOV OUT[0], TEMP[0].xxxx",
        3,
    ),
];

#[test]
fn snippets_compute_what_tgsi_says() {
    let host = Host::new();
    for profile in profiles() {
        for (what, code, want) in SNIPPETS {
            let body = format!(
                "FRAG\nDCL OUT[0], COLOR\nDCL CONST[0..6]\nDCL TEMP[0..1]\n\
                 DCL TEMP[2..3], ARRAY(1), LOCAL\nDCL ADDR[0]\nIMM[0] UINT32 {{0, 1, 2, 3}}\n\
                 {code}\nEND"
            );
            let inputs = Inputs {
                constants: &constants(),
                system: SystemBlock::default(),
                key: ShaderKey::default(),
            };
            let got = fragment(&host, &profile, &body, &inputs);
            assert_eq!(got[0], *want, "{what}");
        }
    }
}

/// A 4 × 2 texture whose texel (x, y) is (x, y, 10x + y, 1), on unit 0.
fn counting_texture(host: &Host) -> Texture {
    let gl = &host.gl;
    let texture = Texture::new(gl).expect("a texture");
    gl.edit_texture(glow::TEXTURE_2D, texture.name());
    gl.tex_storage_2d(glow::TEXTURE_2D, 1, glow::RGBA32F, 4, 2);
    let framebuffer = Framebuffer::new(gl).expect("a framebuffer");
    gl.bind_draw_framebuffer(Some(framebuffer.name()));
    gl.framebuffer_texture_2d(
        glow::DRAW_FRAMEBUFFER,
        glow::COLOR_ATTACHMENT0,
        glow::TEXTURE_2D,
        Some(texture.name()),
        0,
    );
    gl.set_enabled(glow::SCISSOR_TEST, true);
    for y in 0..2i16 {
        for x in 0..4i16 {
            gl.scissor(x.into(), y.into(), 1, 1);
            let (x, y) = (f32::from(x), f32::from(y));
            gl.clear_buffer_color(0, &[x, y, 10.0 * x + y, 1.0]);
        }
    }
    gl.set_enabled(glow::SCISSOR_TEST, false);
    for parameter in [glow::TEXTURE_MIN_FILTER, glow::TEXTURE_MAG_FILTER] {
        gl.tex_parameter_i32(glow::TEXTURE_2D, parameter, glow::NEAREST as i32);
    }
    gl.bind_texture(0, glow::TEXTURE_2D, Some(texture.name()));
    texture
}

/// Target, instruction and the wanted result as bits.
const TEXTURE_RULES: &[(&str, &str, [u32; 4])] = {
    const ONE: u32 = 0x3f80_0000;
    const TWO: u32 = 0x4000_0000;
    const F21: u32 = 0x41a8_0000;
    const F20: u32 = 0x41a0_0000;
    &[
        (
            "2D",
            "TEX OUT[0], IMM[0].xyyy, SAMP[0], 2D",
            [TWO, ONE, F21, ONE],
        ),
        (
            "2D",
            "TXL OUT[0], IMM[0].xyzz, SAMP[0], 2D",
            [TWO, ONE, F21, ONE],
        ),
        // Divided by w = 2, the coordinate moves to the first texel of the lower row.
        (
            "2D",
            "TXP OUT[0], IMM[0].xzzw, SAMP[0], 2D",
            [ONE, 0, 0x4120_0000, ONE],
        ),
        // Texels are counted: 2.5 of 4, 1.5 of 2.
        (
            "RECT",
            "TEX OUT[0], IMM[1].xyyy, SAMP[0], RECT",
            [TWO, ONE, F21, ONE],
        ),
        (
            "2D",
            "TXF OUT[0], IMM[2].xyyz, SAMP[0], 2D",
            [TWO, ONE, F21, ONE],
        ),
        (
            "2D",
            "TXF OUT[0], IMM[2].xyyz, SAMP[0], 2D, IMM[2].zww",
            [TWO, 0, F20, ONE],
        ),
        // The size, and the number of levels from the system block.
        ("2D", "TXQ OUT[0], IMM[2].zzzz, SAMP[0], 2D", [4, 2, 0, 7]),
        ("2D", "TXQS OUT[0], SAMP[0], 2D", [5, 5, 5, 5]),
    ]
};

#[test]
fn texture_opcodes_address_texels_as_tgsi_says() {
    let host = Host::new();
    let _texture = counting_texture(&host);
    let mut system = SystemBlock::default();
    system.samplers[Stage::Fragment.index()][0] = SamplerInfo {
        levels: 7,
        samples: 5,
        ..SamplerInfo::default()
    }
    .pack();
    for profile in profiles() {
        for (target, code, want) in TEXTURE_RULES {
            let body = format!(
                "FRAG\nDCL OUT[0], COLOR\nDCL SAMP[0]\nDCL SVIEW[0], {target}, FLOAT\n\
                 IMM[0] FLT32 {{0.6, 0.8, 0.0, 2.0}}\nIMM[1] FLT32 {{2.5, 1.5, 0.0, 0.0}}\n\
                 IMM[2] INT32 {{2, 1, 0, -1}}\n{code}\nEND"
            );
            let inputs = Inputs {
                constants: &[[0; 4]],
                system,
                key: ShaderKey::default(),
            };
            let got = fragment(&host, &profile, &body, &inputs);
            assert_eq!(got, *want, "{code} on {:?}", profile.version);
        }
    }
}

/// Buffer 0 before and after each instruction; addresses count bytes.
const MEMORY_RULES: &[(&str, [u32; 4], [u32; 4])] = &[
    (
        "STORE BUFFER[0].xy, IMM[0].yyyy, IMM[1]",
        [1, 2, 3, 4],
        [1, 7, 8, 4],
    ),
    (
        "LOAD TEMP[0], BUFFER[0], IMM[0].xxxx\nSTORE BUFFER[0], IMM[0].xxxx, TEMP[0].wzyx",
        [1, 2, 3, 4],
        [4, 3, 2, 1],
    ),
    (
        "RESQ TEMP[0].x, BUFFER[0]\nSTORE BUFFER[0].x, IMM[0].xxxx, TEMP[0]",
        [0; 4],
        [16, 0, 0, 0],
    ),
    (
        "ATOMUADD TEMP[0].x, BUFFER[0], IMM[0].yyyy, IMM[1].xxxx",
        [1, 2, 3, 4],
        [1, 9, 3, 4],
    ),
    (
        "ATOMIMIN TEMP[0].x, BUFFER[0], IMM[0].yyyy, IMM[1].wwww",
        [1, 2, 3, 4],
        [1, u32::MAX, 3, 4],
    ),
    (
        "ATOMIMAX TEMP[0].x, BUFFER[0], IMM[0].yyyy, IMM[1].wwww",
        [1, 2, 3, 4],
        [1, 2, 3, 4],
    ),
    (
        "ATOMUMAX TEMP[0].x, BUFFER[0], IMM[0].yyyy, IMM[1].wwww",
        [1, 2, 3, 4],
        [1, u32::MAX, 3, 4],
    ),
    (
        "ATOMCAS TEMP[0].x, BUFFER[0], IMM[0].zzzz, IMM[0].wwww, IMM[1].xxxx",
        [1, 2, 3, 4],
        [1, 2, 7, 4],
    ),
    // What lies outside the buffer reads as zero, and writes to it vanish.
    (
        "STORE BUFFER[0], IMM[1].zzzz, IMM[1]",
        [1, 2, 3, 4],
        [1, 2, 3, 4],
    ),
    (
        "LOAD TEMP[0].x, BUFFER[0], IMM[1].wwww\nSTORE BUFFER[0].x, IMM[0].xxxx, TEMP[0]",
        [1, 2, 3, 4],
        [0, 2, 3, 4],
    ),
    (
        "STORE MEMORY[0].x, IMM[0].yyyy, IMM[1].yyyy\nMEMBAR IMM[1].yyyy\nBARRIER\n\
         LOAD TEMP[0].x, MEMORY[0], IMM[0].yyyy\nSTORE BUFFER[0].x, IMM[0].xxxx, TEMP[0]",
        [1, 2, 3, 4],
        [8, 2, 3, 4],
    ),
];

#[test]
fn memory_opcodes_compute_what_tgsi_says() {
    let host = Host::new();
    for (code, before, after) in MEMORY_RULES {
        let body = format!(
            "COMP\nPROPERTY CS_FIXED_BLOCK_WIDTH 1\nPROPERTY CS_FIXED_BLOCK_HEIGHT 1\n\
             PROPERTY CS_FIXED_BLOCK_DEPTH 1\nDCL BUFFER[0]\nDCL MEMORY[1], SHARED\nDCL TEMP[0]\n\
             IMM[0] UINT32 {{0, 4, 8, 3}}\nIMM[1] INT32 {{7, 8, 16, -1}}\n{code}\nEND"
        );
        assert_eq!(compute(&host, &body, *before), *after, "{code}");
    }
}

/// Runs a compute shader once on a buffer of four words.
fn compute(host: &Host, body: &str, before: [u32; 4]) -> [u32; 4] {
    let gl = &host.gl;
    let key = ShaderKey {
        shared_bytes: 64,
        ..ShaderKey::default()
    };
    let shader = corpus::load(body.as_bytes(), body);
    let translated = translate(&shader, &key, &corpus::llvmpipe_profile(), None)
        .unwrap_or_else(|e| panic!("{body}\n{e}"));
    let binding = translated.interface.storage_buffers[0].binding;
    let program = host
        .link(&[(Stage::Compute, translated)])
        .unwrap_or_else(|e| panic!("{body}\n{e}"));
    let buffer = Buffer::new(gl).expect("a buffer");
    gl.bind_buffer(glow::SHADER_STORAGE_BUFFER, Some(buffer.name()));
    gl.buffer_data(
        glow::SHADER_STORAGE_BUFFER,
        before.as_bytes(),
        glow::STATIC_DRAW,
    );
    gl.bind_buffer_base(glow::SHADER_STORAGE_BUFFER, binding, Some(buffer.name()));
    gl.use_program(Some(program.name()));
    gl.dispatch_compute(1, 1, 1);
    gl.memory_barrier(glow::BUFFER_UPDATE_BARRIER_BIT);
    let mut words = [0u32; 4];
    assert!(gl.read_buffer_data(glow::SHADER_STORAGE_BUFFER, 0, words.as_mut_bytes()));
    words
}
