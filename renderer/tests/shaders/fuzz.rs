//! Damaged texts: whatever the bytes are, the answer is a shader or an error, in bounded
//! time.

use std::time::{Duration, Instant};

use maro_renderer::glsl::{
    FragmentKey, GlslVersion, HostProfile, RasterKey, SamplerKey, ShaderInfo, ShaderKey, VertexKey,
    translate,
};
use maro_renderer::tgsi::ir::Stage;
use maro_renderer::tgsi::{parse, validate};

use crate::corpus;

/// A small generator (xorshift64*), so that every run sees the same texts.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// Words that bring the interesting paths close.
const WORDS: &[&str] = &[
    "TEMP[ADDR[0].x]",
    "CONST[1][ADDR[0].x+4000]",
    "IN[ADDR[0].x]",
    "OUT[ADDR[0].y]",
    "IMM[0]",
    "SAMP[ADDR[0].x]",
    "BUFFER[ADDR[0].x]",
    "IMAGE[ADDR[0].x]",
    "-1",
    "4294967295",
    "2147483647",
    "[",
    "]",
    "..",
    ",",
    "{",
    "}",
    "|",
    "-",
    ".xyzw",
    ".x",
    "END",
    "ENDIF",
    "BGNLOOP",
    "ENDLOOP",
    "SHADOWCUBEARRAY",
    "2D_MSAA",
    "1D_ARRAY",
    "BUFFER",
    "TXQ",
    "TG4",
    "LODQ",
    "ATOMCAS",
    "DCL",
    "IMM",
    "PROPERTY",
    "STORE",
    "SWITCH TEMP[0].xxxx",
    "CASE IMM[0].xxxx",
    "INTERP_OFFSET",
    "RET",
    "MEMORY[0]",
    "SV[0]",
    "NULL",
    "ARRAY(1)",
    "GENERIC[4294967295]",
    "CLIPDIST[1]",
    "COLOR[9]",
    "DADD",
    "FBFETCH",
    "CONSTANT",
    "PATCH[31]",
];

fn mutate(text: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(text.len());
        match random.below(7) {
            0 => text[at] = random.next() as u8,
            1 => {
                text.remove(at);
            }
            2 => text.truncate(at.max(8)),
            3 => {
                let word = random.pick(WORDS);
                text.splice(at..at, format!(" {word} ").into_bytes());
            }
            4 => {
                // Replace a number.
                if let Some(digit) = text[at..].iter().position(u8::is_ascii_digit) {
                    text[at + digit] = b'0' + (random.next() % 10) as u8;
                }
            }
            5 => swap_lines(text, random),
            _ => repeat_line(text, random),
        }
        if text.is_empty() {
            text.push(b'V');
        }
    }
}

fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

fn swap_lines(text: &mut Vec<u8>, random: &mut Random) {
    let mut lines = lines(text);
    let (a, b) = (random.below(lines.len()), random.below(lines.len()));
    lines.swap(a, b);
    *text = lines.join(&b'\n');
}

fn repeat_line(text: &mut Vec<u8>, random: &mut Random) {
    let mut lines = lines(text);
    let (from, to) = (random.below(lines.len()), random.below(lines.len()));
    let line = lines[from].clone();
    lines.insert(to, line);
    *text = lines.join(&b'\n');
}

fn random_key(stage: Stage, random: &mut Random) -> ShaderKey {
    let mut key = ShaderKey {
        shared_bytes: random.next() as u32,
        samplers: SamplerKey {
            swizzled: random.next() as u32,
            biased: random.next() as u32,
            ..SamplerKey::default()
        },
        ..ShaderKey::default()
    };
    if stage == Stage::Vertex {
        key.vertex = VertexKey {
            int_attributes: random.next() as u32,
            uint_attributes: random.next() as u32,
            swap_red_blue: random.next() as u32,
        };
    }
    if stage == Stage::Fragment {
        key.fragment = FragmentKey {
            color_buffers: random.next() as u8,
            int_buffers: random.next() as u8,
            logic_op: random.next() as u8,
            emulated_clip_planes: random.next() as u8,
            sprite_coords: random.next() as u32,
            two_sided: true,
            stipple: true,
            ..FragmentKey::default()
        };
    } else if random.below(2) == 0 {
        key.raster = Some(RasterKey {
            clip_planes: random.next() as u8,
            clip_halfz: true,
            ..RasterKey::default()
        });
    }
    key
}

/// Takes a text as far as it goes; true if it became GLSL.
fn translate_bytes(text: &[u8], random: &mut Random) -> bool {
    let Ok(shader) = parse(text) else {
        return false;
    };
    if validate(&shader).is_err() {
        return false;
    }
    let info = ShaderInfo::of(&shader);
    let mut key = random_key(shader.stage, random);
    key.produced = info.inputs;
    let profile = match random.below(3) {
        0 => HostProfile::bare(GlslVersion::Es300),
        1 => HostProfile::bare(GlslVersion::Es310),
        _ => corpus::full_profile(),
    };
    translate(&shader, &key, &profile, None).is_ok()
}

#[test]
fn damaged_texts_never_panic_and_end_in_time() {
    let texts = corpus::texts();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut accepted = 0;
    for _ in 0..6_000 {
        let mut text = random.pick(&texts).1.clone();
        mutate(&mut text, &mut random);
        let start = Instant::now();
        accepted += u32::from(translate_bytes(&text, &mut random));
        let took = start.elapsed();
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    // The mutations must be gentle enough to reach the writer.
    assert!(accepted > 300, "only {accepted} were accepted");
}

#[test]
fn largest_texts_take_bounded_time() {
    let heads = [
        "FRAG\nDCL TEMP[0..8191]\nDCL ADDR[0]\n",
        "FRAG\nDCL TEMP[0..4095], ARRAY(1)\nDCL TEMP[4096..8191], ARRAY(2)\nDCL ADDR[0]\n",
    ];
    let bodies = [
        "MOV TEMP[ADDR[0].x+5000], TEMP[ADDR[0].x]\n",
        "MAD TEMP[8000], TEMP[ADDR[0].x](2), TEMP[1], -TEMP[2].wzyx\n",
        "UIF TEMP[0].xxxx\nENDIF\n",
        "KILL\n",
    ];
    for head in heads {
        for body in bodies {
            let mut text = String::from(head);
            while text.len() < 1 << 20 {
                text.push_str(body);
            }
            text.push_str("END\n");
            let start = Instant::now();
            translate_bytes(text.as_bytes(), &mut Random(1));
            let took = start.elapsed();
            assert!(took < Duration::from_secs(10), "{body:?}: {took:?}");
        }
    }
}

#[test]
fn pure_noise_is_refused() {
    let mut random = Random(42);
    for _ in 0..2_000 {
        let len = random.below(300);
        let mut text: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        if random.below(2) == 0 {
            text.splice(0..0, *b"FRAG\n");
        }
        assert!(!translate_bytes(&text, &mut random));
    }
}
