//! GLSL ES 1.00: a language without integers, uniform blocks and `in` and `out`.
//!
//! Guests of such a host are told that there are no integers, so their shaders have none
//! but in address registers. Registers then are floats, constants an array of uniforms,
//! and what the system block holds elsewhere are uniforms of each stage.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use super::TranslateError;
use super::helpers::{Helper, Kind};
use super::interface::UniformBlock;
use super::key::{InterpolationKey, ShaderKey};
use super::profile::Features;
use super::system::SystemUse;
use super::writer::Writer;
use crate::tgsi::ir::{Instruction, Stage};
use crate::tgsi::opcode::Opcode;

/// Passes of a loop before it ends by itself: the language wants loops to be counted.
const MAX_PASSES: u32 = 65535;

/// What a TGSI register is in the host's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// Four words whose bits operations cast as they need.
    Words,
    /// Four floats.
    Floats,
}

impl Model {
    /// The type of a register.
    pub(super) const fn vector(self) -> &'static str {
        self.ty(Kind::Uint, 4)
    }

    /// A register of zeros.
    pub(super) const fn zero(self) -> &'static str {
        match self {
            Model::Words => "uvec4(0u)",
            Model::Floats => "vec4(0.0)",
        }
    }

    /// The type of a value; that of raw words is the registers' own.
    pub(super) const fn ty(self, kind: Kind, width: usize) -> &'static str {
        match (self, kind) {
            (Model::Floats, Kind::Uint) => Kind::Float.glsl(width),
            _ => kind.glsl(width),
        }
    }

    /// The qualifier of a varying that a fragment shader reads.
    pub(super) const fn varying_in(self) -> &'static str {
        match self {
            Model::Words => "in",
            Model::Floats => "varying",
        }
    }

    /// The qualifier of a varying that a vertex shader writes.
    pub(super) const fn varying_out(self) -> &'static str {
        match self {
            Model::Words => "out",
            Model::Floats => "varying",
        }
    }

    /// A colour output.
    pub(super) fn color_name(self, buffer: u32) -> String {
        match self {
            Model::Words => format!("fs_color{buffer}"),
            Model::Floats => format!("gl_FragData[{buffer}]"),
        }
    }

    /// What stands before all declarations.
    pub(super) const fn preamble(self, stage: Stage) -> &'static str {
        match (self, stage) {
            (Model::Words, _) => {
                "precision highp float;\nprecision highp int;\n\
                 #define F uintBitsToFloat\n#define U floatBitsToUint\n"
            }
            // Fragment shaders need not have the precision.
            (Model::Floats, Stage::Fragment) => {
                "#ifndef GL_FRAGMENT_PRECISION_HIGH\n#define highp mediump\n#endif\n\
                 precision highp float;\nprecision highp int;\n\
                 #define F(x) (x)\n#define U(x) (x)\n"
            }
            (Model::Floats, _) => {
                "precision highp float;\nprecision highp int;\n\
                 #define F(x) (x)\n#define U(x) (x)\n"
            }
        }
    }
}

/// The key of a shader for a language that interpolates everything.
pub(super) fn without_interpolation(key: &ShaderKey) -> ShaderKey {
    let mut key = *key;
    let none = InterpolationKey::default();
    key.fragment.interpolation = none;
    if let Some(raster) = &mut key.raster {
        raster.interpolation = none;
    }
    key
}

/// The uniform with the number of the instance.
pub(crate) const INSTANCE: &str = "instance";

/// A part of the system block, the uniform that holds it with its number of vectors, and
/// what the text calls the places within.
type SystemUniform = (
    SystemUse,
    &'static str,
    usize,
    &'static [(&'static str, &'static str)],
);

/// Parts of the system block, the uniform that holds each, and how the rest of the text
/// calls what is in it. The first holds the block's first two vectors.
pub(crate) const SYSTEM_UNIFORMS: [SystemUniform; 5] = [
    (
        SystemUse::Y_SIGN
            .union(SystemUse::ALPHA_REF)
            .union(SystemUse::POINT_SIZE)
            .union(SystemUse::SPRITE_Y),
        "state",
        2,
        &[
            ("sys_y_sign", "[0].x"),
            ("sys_alpha_ref", "[0].y"),
            ("sys_point_size", "[0].z"),
            ("sys_sprite_y_scale", "[0].w"),
            ("sys_sprite_y_bias", "[1].x"),
        ],
    ),
    // Set by draws of several instances, which are drawn one by one.
    (
        SystemUse::DRAW_PARAMETERS,
        INSTANCE,
        1,
        &[("sys_instance", "[0].x")],
    ),
    (
        SystemUse::CLIP_PLANES,
        "clip_planes",
        8,
        &[("sys_clip_planes", "")],
    ),
    (SystemUse::STIPPLE, "stipple", 16, &[("sys_stipple", "")]),
    (SystemUse::DEPTH, "depth", 1, &[("sys_depth", "[0]")]),
];

/// Writes the uniforms of the system values that a stage uses.
pub(super) fn system_uniforms(stage: Stage, used: SystemUse, text: &mut String) {
    let prefix = stage.prefix();
    for (part, name, vectors, members) in SYSTEM_UNIFORMS {
        if !used.intersects(part) {
            continue;
        }
        let _ = writeln!(text, "uniform highp vec4 {prefix}_{name}[{vectors}];");
        for (member, place) in members {
            let _ = writeln!(text, "#define {member} {prefix}_{name}{place}");
        }
    }
}

/// What a shader does to a texel that the host's textures and samplers cannot do
/// themselves, packed in a word: a swizzle, a comparison, decoding and wrapping.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SamplerForm(u32);

impl SamplerForm {
    /// Samplers a stage that there may be forms of.
    pub const SAMPLERS: usize = 16;
    /// The swizzle that changes nothing; the word has the difference to it.
    const IDENTITY: u32 = 1 << 3 | 2 << 6 | 3 << 9;
    const SWIZZLE: u32 = 0xfff;
    const COMPARE: u32 = 12;
    const DECODE: u32 = 1 << 16;
    const WRAP: u32 = 17;

    /// The form with this swizzle of r, g, b, a: 0–3 component, 4 zero, 5 one.
    pub fn swizzled(swizzle: [u8; 4]) -> SamplerForm {
        let word = (0..4).fold(0, |word, i| word | (u32::from(swizzle[i]) & 7) << (3 * i));
        SamplerForm(word ^ Self::IDENTITY)
    }

    /// The form that also compares, with gallium's function of that number.
    #[must_use]
    pub fn comparing(self, function: u32) -> SamplerForm {
        SamplerForm(self.0 | (8 | function & 7) << Self::COMPARE)
    }

    /// The form that also decodes sRGB.
    #[must_use]
    pub fn decoding(self) -> SamplerForm {
        SamplerForm(self.0 | Self::DECODE)
    }

    /// The form that also wraps the coordinate of an axis (0 or 1).
    #[must_use]
    pub fn wrapping(self, axis: u32, wrap: ShaderWrap) -> SamplerForm {
        SamplerForm(self.0 | (wrap as u32) << (Self::WRAP + 2 * axis))
    }

    pub(super) fn swizzle(self) -> [u8; 4] {
        let word = (self.0 ^ Self::IDENTITY) & Self::SWIZZLE;
        [0, 3, 6, 9].map(|shift| (word >> shift & 7) as u8)
    }

    pub(super) fn compare(self) -> Option<u32> {
        let bits = self.0 >> Self::COMPARE & 15;
        (bits & 8 != 0).then_some(bits & 7)
    }

    pub(super) fn decodes(self) -> bool {
        self.0 & Self::DECODE != 0
    }

    pub(super) fn wrap(self, axis: u32) -> ShaderWrap {
        match self.0 >> (Self::WRAP + 2 * axis) & 3 {
            1 => ShaderWrap::Repeat,
            2 => ShaderWrap::Mirror,
            _ => ShaderWrap::Host,
        }
    }
}

impl std::fmt::Debug for SamplerForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SamplerForm({:#x})", self.0)
    }
}

/// Who wraps a texture's coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShaderWrap {
    /// The host.
    Host = 0,
    /// The shader, by repetition.
    Repeat = 1,
    /// The shader, by mirrored repetition.
    Mirror = 2,
}

/// A float constant in GLSL: infinities become the largest numbers, for the language has
/// no word for them, and what is no number becomes zero.
fn float_literal(bits: u32) -> String {
    let value = f32::from_bits(bits);
    if value.is_nan() {
        return "0.0".to_owned();
    }
    format!("{:?}", value.clamp(f32::MIN, f32::MAX))
}

impl Writer<'_> {
    /// Constant buffer 0 as an array of uniforms.
    pub(super) fn constant_uniforms(&mut self) {
        let registers = self.registers.constants(0);
        if registers == 0 || !self.usage.const_buffers.contains(&0) {
            return;
        }
        let name = format!("{}_c0", self.shader.stage.prefix());
        self.global(format_args!("uniform highp vec4 {name}[{registers}];"));
        self.interface.const_block = Some(UniformBlock {
            index: 0,
            name,
            registers,
        });
    }

    /// Immediates; arrays of constants are filled when the shader starts.
    pub(super) fn immediate_floats(&mut self) {
        let immediates = &self.shader.immediates;
        let in_array = self.usage.immediates_in_array();
        if in_array {
            self.line(format_args!("vec4 ma[{}];", immediates.len()));
        }
        for (i, immediate) in immediates.iter().enumerate() {
            let [x, y, z, w] = immediate.map(float_literal);
            if in_array {
                self.line(format_args!("ma[{i}] = vec4({x}, {y}, {z}, {w});"));
            } else {
                self.global(format_args!("const vec4 m{i} = vec4({x}, {y}, {z}, {w});"));
            }
        }
    }

    /// Opens a loop that ends at the latest after many passes.
    pub(super) fn counted_loop(&mut self) {
        let number = self.loops;
        self.loops += 1;
        self.open(format_args!(
            "for (int loop{number} = 0; loop{number} < {MAX_PASSES}; loop{number}++) {{"
        ));
    }

    /// What an operation takes in a language without integers; true if that wrote it.
    /// `integers` says that its row has some.
    pub(super) fn float_substitute(
        &mut self,
        instruction: &Instruction,
        integers: bool,
    ) -> Result<bool, TranslateError> {
        match instruction.opcode {
            // These move registers as they are, or make addresses.
            Opcode::Mov | Opcode::Arl => {}
            Opcode::Arr | Opcode::Round => {
                self.helpers.insert(Helper::Round);
            }
            // What Mesa makes of products and quotients by powers of two before it turns
            // integers into floats.
            Opcode::Shl => return self.on_whole_numbers(instruction, "floor($0 * exp2($1) + 0.5)"),
            Opcode::Ishr | Opcode::Ushr => {
                return self.on_whole_numbers(instruction, "floor(($0 + 0.5) * exp2(-$1))");
            }
            // The values that there are of integers are floats already.
            Opcode::I2f | Opcode::U2f => return self.on_whole_numbers(instruction, "$0"),
            Opcode::F2i | Opcode::F2u => {
                self.helpers.insert(Helper::Truncate);
                return self.on_whole_numbers(instruction, "trunc($0)");
            }
            Opcode::Trunc => {
                self.helpers.insert(Helper::Truncate);
            }
            Opcode::Ddx | Opcode::DdxFine | Opcode::Ddy | Opcode::DdyFine => {
                if self.has(Features::STANDARD_DERIVATIVES) {
                    self.need(Features::STANDARD_DERIVATIVES)?;
                } else if let Some(dst) = instruction.dst.first() {
                    self.store(dst, "0.0", Kind::Float, 1)?;
                    return Ok(true);
                }
            }
            _ if integers => return Err(TranslateError::HostLacks("integers")),
            _ => {}
        }
        Ok(false)
    }

    /// An integer operation on floats that are whole numbers, on operands `$0` and `$1`.
    fn on_whole_numbers(
        &mut self,
        instruction: &Instruction,
        template: &str,
    ) -> Result<bool, TranslateError> {
        let Some(dst) = instruction.dst.first() else {
            return Ok(true);
        };
        let written: Vec<u8> = dst.mask.components().collect();
        let mut value = template.to_owned();
        for (place, src) in ["$0", "$1"].into_iter().zip(&instruction.src) {
            let operand = self.operand(src, &written, Kind::Float)?;
            value = value.replace(place, &operand);
        }
        self.store(dst, &value, Kind::Float, written.len())?;
        Ok(true)
    }

    /// Copies a colour output to each of `buffers`.
    pub(super) fn color_output_es100(
        &mut self,
        buffers: RangeInclusive<u32>,
        value: &str,
        finish: &mut String,
    ) -> Result<(), TranslateError> {
        for buffer in buffers {
            if buffer > 0 {
                self.need(Features::DRAW_BUFFERS)?;
            }
            self.interface.color_outputs |= 1 << buffer;
            self.write_color(buffer, Kind::Float, value, finish);
        }
        Ok(())
    }

    /// The variable that holds the fragment's depth.
    pub(super) fn frag_depth(&mut self) -> Result<&'static str, TranslateError> {
        self.need(Features::FRAG_DEPTH)?;
        Ok(match self.model {
            Model::Words => "gl_FragDepth",
            Model::Floats => "gl_FragDepthEXT",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_keeps_what_it_is_given() {
        let form = SamplerForm::default();
        assert_eq!((form.swizzle(), form.compare()), ([0, 1, 2, 3], None));
        let form = SamplerForm::swizzled([0, 0, 4, 5])
            .comparing(0)
            .wrapping(1, ShaderWrap::Mirror);
        assert_eq!(form.swizzle(), [0, 0, 4, 5]);
        assert_eq!(form.compare(), Some(0));
        assert!(!form.decodes() && form.decoding().decodes());
        assert_eq!(form.wrap(0), ShaderWrap::Host);
        assert_eq!(form.wrap(1), ShaderWrap::Mirror);
    }

    #[test]
    fn literals_are_floats_that_the_language_can_say() {
        let literal = |value: f32| float_literal(value.to_bits());
        assert_eq!(literal(1.0), "1.0");
        assert_eq!(literal(-0.5), "-0.5");
        assert_eq!(literal(1e-40), "1e-40");
        assert_eq!(literal(f32::INFINITY), "3.4028235e38");
        assert_eq!(literal(f32::NAN), "0.0");
    }
}
