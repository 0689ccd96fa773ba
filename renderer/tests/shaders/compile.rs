//! Every translation goes through the compiler and linker of the host's driver.

use std::rc::Rc;

use maro_renderer::gl::platform::{Api, CurrentContext, Platform};
use maro_renderer::gl::{Gl, Program, Shader};
use maro_renderer::glsl::{FeedbackMode, GlslVersion, HostProfile, TranslateError, Translated};
use maro_renderer::tgsi::ir::Stage;

use crate::corpus;
use crate::golden::VARIANTS;

/// A headless GLES context and GL on it.
pub struct Host {
    pub gl: Rc<Gl>,
    _context: CurrentContext,
}

impl Host {
    pub fn new() -> Host {
        Host::of(Api::Gles)
    }

    pub fn of(api: Api) -> Host {
        let context = Platform::headless()
            .and_then(|platform| platform.create_context(api, None))
            .and_then(|context| context.make_current())
            .expect("tests need EGL with GLES (Mesa's llvmpipe will do)");
        Host {
            gl: context.gl(),
            _context: context,
        }
    }

    /// Does the driver have all extensions that GLSL ES 1.00 texts ask for? Those of Mesa
    /// 22 lack some.
    pub fn knows_extensions_of(&self, stages: &[(Stage, Translated)]) -> bool {
        stages
            .iter()
            .filter(|(_, translated)| translated.source.starts_with("#version 100"))
            .flat_map(|(_, translated)| translated.source.lines())
            .filter_map(|line| line.strip_prefix("#extension ")?.split(' ').next())
            .all(|name| self.gl.extensions().contains(name))
    }

    /// Compiles and links; the error says where.
    pub fn link(&self, stages: &[(Stage, Translated)]) -> Result<Program, String> {
        let program = Program::new(&self.gl)?;
        let mut shaders = Vec::new();
        for (stage, translated) in stages {
            let shader = Shader::compile(&self.gl, gl_stage(*stage), &translated.source)
                .map_err(|log| format!("{stage:?}: {log}\n{}", translated.source))?;
            self.gl.attach_shader(program.name(), shader.name());
            shaders.push(shader);
        }
        for feedback in stages
            .iter()
            .filter_map(|(_, t)| t.interface.feedback.as_ref())
        {
            let varyings: Vec<&str> = feedback.varyings.iter().map(String::as_str).collect();
            let mode = match feedback.mode {
                FeedbackMode::Interleaved => glow::INTERLEAVED_ATTRIBS,
                FeedbackMode::Separate => glow::SEPARATE_ATTRIBS,
            };
            self.gl
                .transform_feedback_varyings(program.name(), &varyings, mode);
        }
        self.gl.link_program(program.name());
        if self.gl.get_program_link_status(program.name()) {
            return Ok(program);
        }
        let log = self.gl.get_program_info_log(program.name());
        let texts: Vec<&str> = stages.iter().map(|(_, t)| t.source.as_str()).collect();
        Err(format!("link: {log}\n{}", texts.join("\n")))
    }
}

fn gl_stage(stage: Stage) -> u32 {
    match stage {
        Stage::Vertex => glow::VERTEX_SHADER,
        Stage::Fragment => glow::FRAGMENT_SHADER,
        Stage::Geometry => glow::GEOMETRY_SHADER,
        Stage::TessCtrl => glow::TESS_CONTROL_SHADER,
        Stage::TessEval => glow::TESS_EVALUATION_SHADER,
        Stage::Compute => glow::COMPUTE_SHADER,
    }
}

#[test]
fn corpus_links_on_the_host() {
    let host = Host::new();
    for program in corpus::programs() {
        let profile = corpus::llvmpipe_profile();
        let stages = corpus::translate_program(&program, &profile, |_, _| {}, None)
            .unwrap_or_else(|e| panic!("{}: {e}", program.name));
        host.link(&stages)
            .unwrap_or_else(|e| panic!("{}: {e}", program.name));
    }
}

#[test]
fn state_variants_link_on_the_host() {
    let host = Host::new();
    for variant in VARIANTS {
        let program = corpus::program(variant.program);
        let streamout = (variant.streamout)();
        let profile = (variant.profile)();
        let stages =
            corpus::translate_program(&program, &profile, variant.tweak, streamout.as_ref())
                .unwrap_or_else(|e| panic!("{}@{}: {e}", variant.program, variant.name));
        if !host.knows_extensions_of(&stages) {
            continue;
        }
        host.link(&stages)
            .unwrap_or_else(|e| panic!("{}@{}: {e}", variant.program, variant.name));
    }
}

/// Programs of the corpus that need nothing beyond GLES 3.0.
const PLAIN: &[&str] = &[
    "basic",
    "floats",
    "flow",
    "intout",
    "jellyfish",
    "mrt",
    "phong",
    "refract",
    "ubo",
    "vary",
    "vtex",
    "xfb",
];

#[test]
fn poor_hosts_get_what_they_understand_or_a_reason() {
    let host = Host::new();
    for version in [
        GlslVersion::Es100,
        GlslVersion::Es300,
        GlslVersion::Es310,
        GlslVersion::Es320,
    ] {
        let profile = HostProfile::bare(version);
        for program in corpus::programs() {
            match corpus::translate_program(&program, &profile, |_, _| {}, None) {
                Ok(stages) => {
                    host.link(&stages)
                        .unwrap_or_else(|e| panic!("{} on {version:?}: {e}", program.name));
                }
                Err(TranslateError::HostLacks(_)) => assert!(
                    version == GlslVersion::Es100 || !PLAIN.contains(&program.name.as_str()),
                    "{} on {version:?}",
                    program.name
                ),
                Err(e) => panic!("{} on {version:?}: {e}", program.name),
            }
        }
    }
}
