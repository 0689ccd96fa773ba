//! The text of every translation, compared with `corpus/*.glsl`. Run with
//! `UPDATE_GOLDEN=1` to write the files anew, and read the difference before it goes in.

use std::collections::BTreeMap;
use std::fs;

use maro_renderer::glsl::{
    CompareFunc, Features, GlslVersion, HostProfile, SamplerForm, ShaderKey, ShaderWrap,
    StreamOutput, StreamOutputRegister, Translated,
};
use maro_renderer::tgsi::ir::Stage;

use crate::corpus::{self, Tweak};

/// A variant whose text is kept, beside the default one of each program.
pub struct Variant {
    pub name: &'static str,
    pub program: &'static str,
    pub profile: fn() -> HostProfile,
    pub tweak: Tweak,
    pub streamout: fn() -> Option<StreamOutput>,
}

fn no_tweak(_: Stage, _: &mut ShaderKey) {}

fn none() -> Option<StreamOutput> {
    None
}

fn es300() -> HostProfile {
    HostProfile::bare(GlslVersion::Es300)
}

fn es100() -> HostProfile {
    HostProfile::bare(GlslVersion::Es100)
}

/// OpenGL ES 2.0 with all extensions that the translator knows.
fn es100_extended() -> HostProfile {
    HostProfile {
        features: Features::STANDARD_DERIVATIVES
            | Features::FRAG_DEPTH
            | Features::SHADER_TEXTURE_LOD
            | Features::DRAW_BUFFERS
            | Features::TEXTURE_3D,
        ..es100()
    }
}

/// What the program `xfb` captured: whole and partial registers, in one buffer.
pub fn captured_interleaved() -> Option<StreamOutput> {
    let piece = |register, start, components, offset| StreamOutputRegister {
        register,
        start,
        components,
        buffer: 0,
        offset,
        stream: 0,
    };
    Some(StreamOutput {
        strides: [15, 0, 0, 0],
        outputs: vec![
            piece(1, 0, 4, 0),
            piece(2, 0, 2, 4),
            piece(4, 0, 3, 6),
            piece(2, 2, 1, 9),
            piece(3, 0, 1, 10),
            piece(0, 0, 4, 11),
        ],
    })
}

/// Two buffers; in the first a gap before the data.
pub fn captured_separate() -> Option<StreamOutput> {
    let piece = |register, components, buffer, offset| StreamOutputRegister {
        register,
        start: 0,
        components,
        buffer,
        offset,
        stream: 0,
    };
    Some(StreamOutput {
        strides: [4, 3, 0, 0],
        outputs: vec![piece(2, 2, 0, 2), piece(4, 3, 1, 0)],
    })
}

pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "es300",
        program: "basic",
        profile: es300,
        tweak: no_tweak,
        streamout: none,
    },
    Variant {
        name: "es300",
        program: "flow",
        profile: es300,
        tweak: no_tweak,
        streamout: none,
    },
    Variant {
        name: "state",
        program: "old",
        profile: corpus::llvmpipe_profile,
        tweak: |stage, key| match stage {
            Stage::Fragment => {
                key.fragment.alpha_test = CompareFunc::Greater;
                key.fragment.two_sided = true;
                key.fragment.sprite_coords = 1;
                key.fragment.stipple = true;
                key.fragment.clamp_color = true;
                key.fragment.alpha_to_one = true;
                key.samplers.swizzled = 1 << 1;
            }
            _ => {
                if let Some(raster) = &mut key.raster {
                    raster.clip_planes = 0b101;
                    raster.clip_halfz = true;
                    raster.point_size_from_state = true;
                    raster.clamp_color = true;
                }
                key.vertex.swap_red_blue = 1 << 2;
            }
        },
        streamout: none,
    },
    Variant {
        name: "es100",
        program: "legacy",
        profile: es100,
        tweak: |stage, key| {
            if stage == Stage::Fragment {
                key.samplers.biased = 1;
                key.samplers.forms[0] = SamplerForm::swizzled([0, 1, 2, 5])
                    .decoding()
                    .wrapping(0, ShaderWrap::Repeat)
                    .wrapping(1, ShaderWrap::Mirror);
            }
        },
        streamout: none,
    },
    Variant {
        name: "es100ext",
        program: "legacy",
        profile: es100_extended,
        tweak: no_tweak,
        streamout: none,
    },
    Variant {
        name: "es100",
        program: "old",
        profile: es100,
        tweak: |stage, key| match stage {
            Stage::Fragment => {
                key.fragment.alpha_test = CompareFunc::Greater;
                key.fragment.two_sided = true;
                key.fragment.sprite_coords = 1;
                key.fragment.stipple = true;
                key.fragment.clamp_color = true;
                key.fragment.emulated_clip_planes = 3;
                key.samplers.forms[1] = SamplerForm::default().comparing(3);
                key.samplers.forms[2] = SamplerForm::swizzled([0, 0, 0, 5]).comparing(1);
            }
            _ => {
                if let Some(raster) = &mut key.raster {
                    raster.clip_planes = 0b101;
                    raster.clip_halfz = true;
                    raster.point_size_from_state = true;
                    raster.clamp_color = true;
                }
                key.vertex.swap_red_blue = 1 << 2;
            }
        },
        streamout: none,
    },
    Variant {
        name: "noclip",
        program: "desk",
        profile: || {
            let mut profile = corpus::llvmpipe_profile();
            profile.features -= maro_renderer::glsl::Features::CLIP_CULL_DISTANCE;
            profile
        },
        tweak: |stage, key| {
            if stage == Stage::Fragment {
                key.fragment.emulated_clip_planes = 5;
            }
        },
        streamout: none,
    },
    Variant {
        name: "logicop",
        program: "mrt",
        profile: corpus::llvmpipe_profile,
        tweak: |stage, key| {
            if stage == Stage::Fragment {
                key.fragment.logic_op = 7;
                key.fragment.uint_buffers = 2;
            }
        },
        streamout: none,
    },
    Variant {
        name: "all",
        program: "phong",
        profile: corpus::llvmpipe_profile,
        tweak: |stage, key| {
            if stage == Stage::Fragment {
                key.fragment.color_buffers = 3;
            }
        },
        streamout: none,
    },
    Variant {
        name: "interleaved",
        program: "xfb",
        profile: corpus::llvmpipe_profile,
        tweak: no_tweak,
        streamout: captured_interleaved,
    },
    Variant {
        name: "separate",
        program: "xfb",
        profile: corpus::llvmpipe_profile,
        tweak: no_tweak,
        streamout: captured_separate,
    },
];

/// Compares or writes one file; returns what is wrong.
fn check(file: &str, text: &str) -> Option<String> {
    let path = corpus::directory().join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).expect("the golden file can be written");
        return None;
    }
    match fs::read_to_string(&path) {
        Ok(golden) if golden == text => None,
        Ok(golden) => {
            let line = golden
                .lines()
                .zip(text.lines())
                .position(|(a, b)| a != b)
                .unwrap_or(0);
            let (want, got) = (golden.lines().nth(line), text.lines().nth(line));
            Some(format!("{file}:{}: want {want:?}, got {got:?}", line + 1))
        }
        Err(e) => Some(format!("{file}: {e}")),
    }
}

fn files(program: &str, variant: &str, stages: Vec<(Stage, Translated)>) -> Vec<(String, String)> {
    let at = if variant.is_empty() { "" } else { "@" };
    stages
        .into_iter()
        .map(|(stage, translated)| {
            let suffix = corpus::stage_suffix(stage);
            let file = format!("{program}{at}{variant}.{suffix}.glsl");
            (file, translated.source)
        })
        .collect()
}

#[test]
fn translations_match_the_golden_files() {
    let mut expected: BTreeMap<String, String> = BTreeMap::new();
    for program in corpus::programs() {
        let profile = corpus::llvmpipe_profile();
        let stages = corpus::translate_program(&program, &profile, no_tweak, None)
            .unwrap_or_else(|e| panic!("{}: {e}", program.name));
        expected.extend(files(&program.name, "", stages));
    }
    for variant in VARIANTS {
        let program = corpus::program(variant.program);
        let streamout = (variant.streamout)();
        let profile = (variant.profile)();
        let stages =
            corpus::translate_program(&program, &profile, variant.tweak, streamout.as_ref())
                .unwrap_or_else(|e| panic!("{}@{}: {e}", variant.program, variant.name));
        expected.extend(files(variant.program, variant.name, stages));
    }
    let wrong: Vec<String> = expected
        .iter()
        .filter_map(|(file, text)| check(file, text))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for entry in fs::read_dir(corpus::directory()).expect("the corpus can be listed") {
        let name = entry.expect("the corpus can be listed").file_name();
        let name = name.to_string_lossy();
        assert!(
            !name.ends_with(".glsl") || expected.contains_key(name.as_ref()),
            "{name} belongs to no test"
        );
    }
}
