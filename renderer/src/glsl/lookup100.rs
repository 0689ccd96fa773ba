//! Texture lookups in GLSL ES 1.00, with what samplers and textures of OpenGL ES 2.0 do
//! not do: swizzles, comparisons, sRGB, level-of-detail biases and sizes.
//!
//! A comparison is with one texel, or with what linear filtering made of four.

use super::TranslateError;
use super::es100::ShaderWrap;
use super::helpers::{Helper, Kind};
use super::interface::SamplerBinding;
use super::profile::Features;
use super::targets::Reference;
use super::texture::{Access, Level, Value};
use super::writer::Writer;
use super::{SamplerForm, targets};
use crate::tgsi::ir::Stage;
use crate::tgsi::opcode::Opcode;
use crate::tgsi::semantic::{SampledType, TextureTarget};

/// gallium's comparisons of a reference with a texel, by number; the first is never true
/// and the last always.
const COMPARISONS: [Option<&str>; 8] = [
    None,
    Some("<"),
    Some("=="),
    Some("<="),
    Some(">"),
    Some("!="),
    Some(">="),
    None,
];

/// The lookup function of a target, without what comes after `texture`.
fn function(target: TextureTarget) -> Option<&'static str> {
    Some(match target {
        TextureTarget::D1
        | TextureTarget::D2
        | TextureTarget::Rect
        | TextureTarget::Shadow1D
        | TextureTarget::Shadow2D
        | TextureTarget::ShadowRect => "2D",
        TextureTarget::D3 => "3D",
        TextureTarget::Cube => "Cube",
        _ => return None,
    })
}

impl Writer<'_> {
    fn form(&self, index: u32) -> SamplerForm {
        let forms = &self.key.samplers.forms;
        forms.get(index as usize).copied().unwrap_or_default()
    }

    /// Declares a sampler; its size and bias are declared where they are needed.
    pub(super) fn declare_sampler_es100(
        &mut self,
        index: u32,
        target: TextureTarget,
        sampled: SampledType,
    ) -> Result<(), TranslateError> {
        let Some(suffix) = function(target) else {
            return Err(TranslateError::HostLacks("textures of this shape"));
        };
        if targets::sampled_kind(sampled) != Kind::Float {
            return Err(TranslateError::HostLacks("integers"));
        }
        self.target_row(target)?;
        let name = format!("{}_samp{index}", self.shader.stage.prefix());
        self.global(format_args!("uniform highp sampler{suffix} {name};"));
        self.interface.samplers.push(SamplerBinding {
            index,
            name,
            target,
            sampled,
        });
        Ok(())
    }

    /// The sampler's uniform: a texel's width and height, and the bias.
    fn info_es100(&mut self, access: &Access<'_>) -> String {
        let name = format!("{}_info", access.sampler);
        let bit = 1u32.checked_shl(access.index).unwrap_or(0);
        if self.interface.sampler_infos & bit == 0 {
            self.interface.sampler_infos |= bit;
            self.global(format_args!("uniform highp vec4 {name};"));
        }
        name
    }

    /// The size of a texel, as a part of the texture's.
    pub(super) fn texel_size_es100(&mut self, access: &Access<'_>) -> String {
        format!("{}.xy", self.info_es100(access))
    }

    /// Where a lookup reads, as a vector of the sampler's dimensions.
    fn place_es100(&mut self, access: &Access<'_>) -> Result<String, TranslateError> {
        let row = access.row;
        let Some(src) = access.instruction.src.first() else {
            return Ok(String::new());
        };
        let components: Vec<u8> = (0u8..4).take(row.place).collect();
        let mut place = self.operand(src, &components, Kind::Float)?;
        if access.instruction.opcode == Opcode::Txp {
            let divisor = self.operand(src, &[3], Kind::Float)?;
            place = format!("({place}) / {divisor}");
        }
        if row.one_dimensional {
            place = format!("vec2({place}, 0.5)");
        }
        if row.rectangle {
            let scale = self.texel_size_es100(access);
            place = format!("({place}) * {scale}");
        }
        let form = self.form(access.index);
        let wraps = [0, 1].map(|axis| form.wrap(axis));
        if row.is_cube() || wraps == [ShaderWrap::Host; 2] || row.place == 3 {
            return Ok(place);
        }
        self.helpers.insert(Helper::Wrap);
        for (axis, wrap) in ["x", "y"].into_iter().zip(wraps) {
            place = match wrap {
                ShaderWrap::Host => place,
                ShaderWrap::Repeat => format!("repeat_{axis}({place})"),
                ShaderWrap::Mirror => format!("mirror_{axis}({place})"),
            };
        }
        Ok(place)
    }

    /// The level that an instruction asks for, with the sampler's bias.
    fn level_es100(&mut self, access: &Access<'_>) -> Result<Level, TranslateError> {
        let level = self.asked_level(access)?;
        let biased = access.index < 32 && self.key.samplers.biased & (1 << access.index) != 0;
        if !biased || access.row.rectangle {
            return Ok(level);
        }
        let bias = format!("{}.z", self.info_es100(access));
        Ok(match level {
            Level::Implicit if self.shader.stage == Stage::Fragment => Level::Bias(bias),
            Level::Implicit => Level::Explicit(bias),
            Level::Bias(asked) => Level::Bias(format!("{asked} + {bias}")),
            Level::Explicit(asked) => Level::Explicit(format!("{asked} + {bias}")),
            gradient @ Level::Gradient(..) => gradient,
        })
    }

    /// Any lookup.
    pub(super) fn lookup_es100(&mut self, access: &Access<'_>) -> Result<Value, TranslateError> {
        match access.instruction.opcode {
            Opcode::Txf
            | Opcode::TxfLz
            | Opcode::Txq
            | Opcode::Txqs
            | Opcode::Tg4
            | Opcode::Lodq => {
                return Err(TranslateError::HostLacks("texel fetches and queries"));
            }
            _ => {}
        }
        let Some(suffix) = function(access.row.target()) else {
            return Err(TranslateError::HostLacks("textures of this shape"));
        };
        let place = self.place_es100(access)?;
        let level = self.level_es100(access)?;
        let (name, arguments) = self.lookup_name(suffix, level)?;
        let mut text = format!("{name}({}, {place}{arguments})", access.sampler);
        let form = self.form(access.index);
        if access.row.reference != Reference::None {
            text = self.compared_es100(access, form, &text)?;
        } else if form.decodes() {
            self.helpers.insert(Helper::DecodeSrgb);
            text = format!("decode_srgb({text})");
        }
        let text = swizzled(text, form.swizzle());
        Ok(Value::vector(text, Kind::Float))
    }

    /// Name and further arguments of a lookup at a level.
    fn lookup_name(
        &mut self,
        suffix: &str,
        level: Level,
    ) -> Result<(String, String), TranslateError> {
        let fragment = self.shader.stage == Stage::Fragment;
        let extended = self.has(Features::SHADER_TEXTURE_LOD);
        let plain = format!("texture{suffix}");
        Ok(match level {
            Level::Bias(bias) => (plain, format!(", {bias}")),
            Level::Explicit(lod) if !fragment => (format!("{plain}Lod"), format!(", {lod}")),
            Level::Explicit(lod) if extended && suffix != "3D" => {
                self.need(Features::SHADER_TEXTURE_LOD)?;
                (format!("{plain}LodEXT"), format!(", {lod}"))
            }
            Level::Gradient(dx, dy) if extended && suffix != "3D" => {
                self.need(Features::SHADER_TEXTURE_LOD)?;
                (format!("{plain}GradEXT"), format!(", {dx}, {dy}"))
            }
            // Without the extension the host chooses the level.
            Level::Implicit | Level::Explicit(_) | Level::Gradient(..) => (plain, String::new()),
        })
    }

    fn compared_es100(
        &mut self,
        access: &Access<'_>,
        form: SamplerForm,
        lookup: &str,
    ) -> Result<String, TranslateError> {
        let Some(function) = form.compare() else {
            return Ok(lookup.to_owned());
        };
        let mut reference = match access.row.reference {
            Reference::Component(component) => self.extra(access, 0, component)?,
            _ => self.extra(access, 1, 0)?,
        };
        if access.instruction.opcode == Opcode::Txp {
            let divisor = self.extra(access, 0, 3)?;
            reference = format!("({reference}) / {divisor}");
        }
        Ok(
            match COMPARISONS.get(function as usize).copied().flatten() {
                Some(operator) => {
                    format!("vec4(clamp({reference}, 0.0, 1.0) {operator} {lookup}.x)")
                }
                None if function == 0 => "vec4(0.0)".to_owned(),
                None => "vec4(1.0)".to_owned(),
            },
        )
    }
}

/// A texel with its channels mixed.
fn swizzled(text: String, swizzle: [u8; 4]) -> String {
    if swizzle == [0, 1, 2, 3] {
        return text;
    }
    let plain: Option<String> = swizzle
        .iter()
        .map(|&channel| "xyzw".chars().nth(channel.into()))
        .collect();
    if let Some(letters) = plain {
        return format!("{text}.{letters}");
    }
    // Constants: mix by a factor and a sum.
    let letters: String = swizzle
        .iter()
        .map(|&channel| "xyzw".chars().nth(channel.into()).unwrap_or('x'))
        .collect();
    let list = |value: fn(u8) -> bool| {
        let parts: Vec<&str> = swizzle
            .iter()
            .map(|&channel| if value(channel) { "1.0" } else { "0.0" })
            .collect();
        parts.join(", ")
    };
    let (kept, ones) = (list(|channel| channel < 4), list(|channel| channel == 5));
    format!("({text}.{letters} * vec4({kept}) + vec4({ones}))")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swizzles_are_letters_or_sums() {
        let text = |swizzle| swizzled("t".to_owned(), swizzle);
        assert_eq!(text([0, 1, 2, 3]), "t");
        assert_eq!(text([2, 1, 0, 3]), "t.zyxw");
        assert_eq!(
            text([0, 0, 4, 5]),
            "(t.xxxx * vec4(1.0, 1.0, 0.0, 0.0) + vec4(0.0, 0.0, 0.0, 1.0))"
        );
    }
}
