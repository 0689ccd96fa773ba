//! The captured programs, and keys for them as the draw code would make them.

use std::fs;
use std::path::{Path, PathBuf};

use maro_renderer::glsl::{
    Features, GlslVersion, HostProfile, RasterKey, ShaderInfo, ShaderKey, StreamOutput,
    TranslateError, Translated, VaryingSet, passthrough_tcs, translate,
};
use maro_renderer::tgsi::ir::{Shader, Stage};
use maro_renderer::tgsi::{parse, validate};

/// File name parts of the stages, in the order of the pipeline.
const STAGES: [(Stage, &str); 6] = [
    (Stage::Vertex, "vert"),
    (Stage::TessCtrl, "tesc"),
    (Stage::TessEval, "tese"),
    (Stage::Geometry, "geom"),
    (Stage::Fragment, "frag"),
    (Stage::Compute, "comp"),
];

/// One program of the corpus.
pub struct Program {
    pub name: String,
    pub shaders: Vec<Shader>,
}

/// State changes that a test makes to the default keys of a program.
pub type Tweak = fn(Stage, &mut ShaderKey);

pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shaders/corpus")
}

pub fn stage_suffix(stage: Stage) -> &'static str {
    STAGES
        .iter()
        .find(|(s, _)| *s == stage)
        .map_or("", |(_, suffix)| suffix)
}

/// All texts of the corpus, by file name.
pub fn texts() -> Vec<(String, Vec<u8>)> {
    let mut texts: Vec<(String, Vec<u8>)> = fs::read_dir(directory())
        .expect("the corpus is part of the source tree")
        .map(|entry| entry.expect("the corpus can be listed").path())
        .filter(|path| path.extension().is_some_and(|e| e == "tgsi"))
        .map(|path| {
            let name = path.file_name().expect("a file has a name");
            let text = fs::read(&path).expect("the corpus can be read");
            (name.to_string_lossy().into_owned(), text)
        })
        .collect();
    texts.sort();
    texts
}

pub fn load(text: &[u8], name: &str) -> Shader {
    let shader = parse(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    validate(&shader).unwrap_or_else(|e| panic!("{name}: {e}"));
    shader
}

/// All programs, parsed and validated.
pub fn programs() -> Vec<Program> {
    let mut programs: Vec<Program> = Vec::new();
    let texts = texts();
    let mut names: Vec<&str> = texts.iter().map(|(n, _)| base_name(n)).collect();
    names.dedup();
    for name in names {
        let mut shaders = Vec::new();
        for (_, suffix) in STAGES {
            let file = format!("{name}.{suffix}.tgsi");
            if let Some((_, text)) = texts.iter().find(|(n, _)| *n == file) {
                shaders.push(load(text, &file));
            }
        }
        programs.push(Program {
            name: name.to_owned(),
            shaders,
        });
    }
    programs
}

pub fn program(name: &str) -> Program {
    programs()
        .into_iter()
        .find(|p| p.name == name)
        .unwrap_or_else(|| panic!("the corpus has no program {name}"))
}

fn base_name(file: &str) -> &str {
    file.split('.').next().unwrap_or(file)
}

/// A host with everything, and no need to write functions out.
pub fn full_profile() -> HostProfile {
    HostProfile {
        features: Features::all() - Features::ROBUST_BUFFER_ACCESS - Features::WRITTEN_OUT,
        ..HostProfile::bare(GlslVersion::Es320)
    }
}

/// What Mesa's llvmpipe offers.
pub fn llvmpipe_profile() -> HostProfile {
    let mut profile = full_profile();
    profile.features -= Features::CONSERVATIVE_DEPTH;
    profile
}

/// The key of each shader with default state, and a tweak on top.
pub fn keys(program: &Program, tweak: Tweak) -> Vec<ShaderKey> {
    let infos: Vec<ShaderInfo> = program.shaders.iter().map(ShaderInfo::of).collect();
    let fragment = infos.iter().find(|i| i.stage == Stage::Fragment);
    let interpolation = fragment.map(|i| i.interpolation(false)).unwrap_or_default();
    let mut produced = VaryingSet::EMPTY;
    let mut keys = Vec::new();
    for (i, info) in infos.iter().enumerate() {
        let mut key = ShaderKey {
            produced,
            ..ShaderKey::default()
        };
        let next = infos.get(i + 1).map(|next| next.stage);
        if info.stage != Stage::Fragment && next.is_none_or(|n| n == Stage::Fragment) {
            key.raster = (info.stage != Stage::Compute).then(|| RasterKey {
                interpolation,
                ..RasterKey::default()
            });
        }
        match info.stage {
            Stage::Fragment => {
                key.fragment.interpolation = interpolation;
                key.fragment.color_buffers = u8::from(info.writes_all_cbufs);
            }
            Stage::Compute => key.shared_bytes = 4096,
            _ => {}
        }
        by_name(&program.name, info.stage, &mut key);
        tweak(info.stage, &mut key);
        keys.push(key);
        produced = info.outputs;
    }
    keys
}

/// State that a program was captured with.
fn by_name(program: &str, stage: Stage, key: &mut ShaderKey) {
    match (program, stage) {
        ("intout", Stage::Fragment) => {
            key.fragment.int_buffers = 1;
            key.fragment.uint_buffers = 2;
        }
        ("dual", Stage::Fragment) => key.fragment.dual_source = true,
        ("ubo", Stage::Vertex) => {
            key.vertex.int_attributes = 1 << 1;
            key.vertex.uint_attributes = 1 << 2;
        }
        _ => {}
    }
}

/// Translates a whole program; a missing tessellation control shader is added.
pub fn translate_program(
    program: &Program,
    profile: &HostProfile,
    tweak: Tweak,
    streamout: Option<&StreamOutput>,
) -> Result<Vec<(Stage, Translated)>, TranslateError> {
    let mut translated = Vec::new();
    let has_control = program.shaders.iter().any(|s| s.stage == Stage::TessCtrl);
    for (shader, key) in program.shaders.iter().zip(keys(program, tweak)) {
        if shader.stage == Stage::TessEval && !has_control {
            let control = passthrough_tcs(key.produced, 3, profile)?;
            translated.push((Stage::TessCtrl, control));
        }
        let text = translate(shader, &key, profile, streamout)?;
        translated.push((shader.stage, text));
    }
    Ok(translated)
}
