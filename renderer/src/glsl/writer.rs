//! The writer: collects a shader's text piece by piece and puts the pieces in order.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use super::es100::{self, Model};
use super::helpers::Helper;
use super::interface::{Interface, UniformBlock};
use super::profile::{Features, GlslVersion};
use super::softdouble::DoubleFns;
use super::system::{SystemBlock, SystemUse};
use super::usage::{Registers, Usage};
use super::{HostProfile, ShaderKey, StreamOutput, TranslateError, Translated, needs};
use crate::tgsi::ir::{Shader, Stage};

pub(super) fn translate(
    shader: &Shader,
    key: &ShaderKey,
    profile: &HostProfile,
    streamout: Option<&StreamOutput>,
) -> Result<Translated, TranslateError> {
    let plain;
    let key = if profile.version.model() == Model::Floats {
        plain = es100::without_interpolation(key);
        &plain
    } else {
        key
    };
    let usage = Usage::of(shader);
    let registers = Registers::of(shader, &usage);
    let mut writer = Writer {
        shader,
        key,
        profile,
        streamout,
        usage,
        registers,
        interface: Interface::new(shader.stage),
        extensions: BTreeSet::new(),
        helpers: BTreeSet::new(),
        doubles: DoubleFns::default(),
        globals: String::new(),
        functions: String::new(),
        body: String::new(),
        indent: 1,
        model: profile.version.model(),
        loops: 0,
    };
    writer.stage_layout()?;
    writer.constants();
    writer.resources()?;
    writer.immediates();
    writer.inputs()?;
    writer.outputs()?;
    writer.temporaries();
    writer.prologue();
    for instruction in &shader.body {
        writer.instruction(instruction)?;
    }
    writer.finish_call();
    Ok(writer.assemble())
}

/// Bytes of GLSL that choices between registers may grow to.
const MAX_BODY: usize = 1 << 20;

/// The state of one translation.
pub(super) struct Writer<'a> {
    pub(super) shader: &'a Shader,
    pub(super) key: &'a ShaderKey,
    pub(super) profile: &'a HostProfile,
    pub(super) streamout: Option<&'a StreamOutput>,
    pub(super) usage: Usage,
    pub(super) registers: Registers,
    pub(super) interface: Interface,
    pub(super) helpers: BTreeSet<Helper>,
    pub(super) doubles: DoubleFns,
    extensions: BTreeSet<&'static str>,
    /// Declarations outside functions.
    globals: String,
    /// Functions that are particular to the shader.
    pub(super) functions: String,
    /// The text of `main`.
    body: String,
    indent: usize,
    /// What registers are.
    pub(super) model: Model,
    /// Loops so far, which number their counters.
    pub(super) loops: u32,
}

impl Writer<'_> {
    /// Appends a line to `main`.
    pub(super) fn line(&mut self, text: fmt::Arguments<'_>) {
        for _ in 0..self.indent {
            self.body.push_str("    ");
        }
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(text);
        self.body.push('\n');
    }

    /// Ends a translation whose text grows out of proportion to the shader.
    pub(super) fn check_length(&self) -> Result<(), TranslateError> {
        if self.body.len() <= MAX_BODY {
            return Ok(());
        }
        Err(TranslateError::Unsupported(
            "more registers chosen by registers than GLSL can express".to_owned(),
        ))
    }

    /// Appends a line and indents what follows.
    pub(super) fn open(&mut self, text: fmt::Arguments<'_>) {
        self.line(text);
        self.indent();
    }

    /// Indents what follows.
    pub(super) fn indent(&mut self) {
        self.indent += 1;
    }

    /// Ends what [`open`](Self::open) began.
    pub(super) fn close(&mut self, text: &str) {
        self.indent = self.indent.saturating_sub(1);
        self.line(format_args!("{text}"));
    }

    /// Appends a declaration outside functions.
    pub(super) fn global(&mut self, text: fmt::Arguments<'_>) {
        let _ = self.globals.write_fmt(text);
        self.globals.push('\n');
    }

    /// Makes sure that the host has a feature, by version or by extension.
    pub(super) fn need(&mut self, feature: Features) -> Result<(), TranslateError> {
        let need = needs::lookup(feature);
        if self.has(feature) {
            if !needs::in_core(feature, self.profile.version) {
                self.extensions.extend(need.extensions);
            }
            return Ok(());
        }
        Err(TranslateError::HostLacks(need.description))
    }

    /// True if the host has a feature, by version or by extension.
    pub(super) fn has(&self, feature: Features) -> bool {
        let profile = self.profile;
        let there = needs::in_core(feature, profile.version) || profile.features.contains(feature);
        there && !profile.absent.contains(feature)
    }

    /// Makes sure of a language version.
    pub(super) fn need_version(
        &self,
        version: GlslVersion,
        what: &'static str,
    ) -> Result<(), TranslateError> {
        if self.profile.at_least(version) {
            Ok(())
        } else {
            Err(TranslateError::HostLacks(what))
        }
    }

    /// True if `precise` can be written.
    pub(super) fn has_precise(&mut self) -> bool {
        self.need(Features::GPU_SHADER5).is_ok()
    }

    /// Marks a part of the system block as used.
    pub(super) fn system(&mut self, part: SystemUse) {
        self.interface.system |= part;
    }

    /// True if this stage hands its output to the rasteriser.
    pub(super) fn is_last_vertex_stage(&self) -> bool {
        self.key.raster.is_some()
            && matches!(
                self.shader.stage,
                Stage::Vertex | Stage::TessEval | Stage::Geometry
            )
    }

    fn constants(&mut self) {
        if self.model == Model::Floats {
            self.constant_uniforms();
            return;
        }
        let stage = self.shader.stage;
        for buffer in 0..self.registers.const_buffers {
            let registers = self.registers.constants(buffer);
            let used =
                self.usage.relative_const_buffers || self.usage.const_buffers.contains(&buffer);
            if registers == 0 || !used {
                continue;
            }
            let prefix = stage.block_prefix();
            let name = match buffer {
                0 => format!("{prefix}Const0"),
                _ => format!("{prefix}Ubo{buffer}"),
            };
            self.global(format_args!(
                "layout(std140) uniform {name} {{ highp uvec4 {}_c{buffer}[{registers}]; }};",
                stage.prefix()
            ));
            let block = UniformBlock {
                index: buffer,
                name,
                registers,
            };
            if buffer == 0 {
                self.interface.const_block = Some(block);
            } else {
                self.interface.uniform_blocks.push(block);
            }
        }
        if self.usage.relative_const_buffers {
            self.fetch_constant_function();
        }
    }

    /// GLSL ES wants constant indices for blocks: choose by `switch`.
    fn fetch_constant_function(&mut self) {
        let prefix = self.shader.stage.prefix();
        let mut text = String::from("uvec4 fetch_constant(int b, int i) {\n    switch (b) {\n");
        for buffer in 0..self.registers.const_buffers {
            let registers = self.registers.constants(buffer);
            if let Some(last) = registers.checked_sub(1) {
                let _ = writeln!(
                    text,
                    "    case {buffer}: return {prefix}_c{buffer}[min(i, {last})];"
                );
            }
        }
        text.push_str("    }\n    return uvec4(0u);\n}\n");
        self.functions.push_str(&text);
    }

    fn immediates(&mut self) {
        let immediates = &self.shader.immediates;
        if immediates.is_empty() {
            return;
        }
        if self.model == Model::Floats {
            self.immediate_floats();
            return;
        }
        let value = |i: &[u32; 4]| format!("uvec4({}u, {}u, {}u, {}u)", i[0], i[1], i[2], i[3]);
        if self.usage.immediates_in_array() {
            let values: Vec<String> = immediates.iter().map(value).collect();
            self.global(format_args!(
                "const uvec4 ma[{}] = uvec4[]({});",
                values.len(),
                values.join(", ")
            ));
        } else {
            for (i, immediate) in immediates.iter().enumerate() {
                self.global(format_args!("const uvec4 m{i} = {};", value(immediate)));
            }
        }
    }

    fn temporaries(&mut self) {
        for range in &self.shader.addresses {
            for number in range.first..=range.last {
                self.line(format_args!("ivec4 addr{number} = ivec4(0);"));
            }
        }
        let count = self.registers.temps;
        if self.usage.temps_in_one_array() {
            self.zeroed_array("ta", count);
            return;
        }
        let arrays: Vec<_> = self.registers.temp_arrays().collect();
        for range in arrays {
            self.zeroed_array(&format!("a{}", range.first), range.len());
        }
        let plain: Vec<u32> = self
            .usage
            .temps()
            .filter(|&t| self.registers.temp_array_of(t).is_none())
            .collect();
        let (vector, zero) = (self.model.vector(), self.model.zero());
        for number in plain {
            self.line(format_args!("{vector} t{number} = {zero};"));
        }
    }

    /// Declares an array and sets it to zero.
    pub(super) fn zeroed_array(&mut self, name: &str, len: u32) {
        let (vector, zero) = (self.model.vector(), self.model.zero());
        self.line(format_args!("{vector} {name}[{len}];"));
        self.line(format_args!(
            "for (int k = 0; k < {len}; k++) {{ {name}[k] = {zero}; }}"
        ));
    }

    fn assemble(self) -> Translated {
        let version = self.profile.version;
        let mut text = String::with_capacity(self.body.len() + self.globals.len() + 1024);
        text.push_str(version.directive());
        text.push('\n');
        if version.is_es() {
            for extension in &self.extensions {
                let _ = writeln!(text, "#extension {extension} : require");
            }
        }
        text.push_str(self.model.preamble(self.shader.stage));
        if self.model == Model::Floats {
            es100::system_uniforms(self.shader.stage, self.interface.system, &mut text);
        } else if !self.interface.system.is_empty() {
            text.push_str(SystemBlock::GLSL);
        }
        text.push_str(&self.globals);
        let written_out = self.profile.features.contains(Features::WRITTEN_OUT);
        let known = match written_out {
            true => GlslVersion::Es300,
            false => version,
        };
        for helper in &self.helpers {
            helper.write(known, &mut text);
        }
        self.doubles.write(version, &mut text);
        text.push_str(&self.functions);
        text.push_str("void main() {\n");
        text.push_str(&self.body);
        text.push_str("}\n");
        Translated {
            source: text,
            interface: self.interface,
        }
    }
}
