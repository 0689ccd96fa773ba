//! The texture opcodes.

use std::fmt::Write as _;

use super::TranslateError;
use super::arithmetic::selector;
use super::es100::Model;
use super::expr::cast;
use super::helpers::{Helper, Kind};
use super::interface::SamplerBinding;
use super::profile::{Features, GlslVersion};
use super::system::{SamplerInfo, SystemUse};
use super::targets::{self, Reference, TargetRow};
use super::writer::Writer;
use crate::resource::mirror;
use crate::tgsi::ir::{Dst, Instruction, Register, Src, Stage, TexelOffset};
use crate::tgsi::limits;
use crate::tgsi::opcode::{Opcode, OpcodeForm};
use crate::tgsi::semantic::{SampledType, TextureTarget};

/// A texture instruction with its sampler resolved.
pub(super) struct Access<'a> {
    pub(super) instruction: &'a Instruction,
    pub(super) sampler: String,
    pub(super) index: u32,
    pub(super) row: &'static TargetRow,
    kind: Kind,
}

/// A value and its type.
pub(super) struct Value {
    text: String,
    kind: Kind,
    width: usize,
}

impl Value {
    pub(super) fn vector(text: String, kind: Kind) -> Value {
        Value {
            text,
            kind,
            width: 4,
        }
    }
}

/// What comes after the coordinates in a lookup function.
pub(super) enum Level {
    Implicit,
    Bias(String),
    Explicit(String),
    Gradient(String, String),
}

impl Writer<'_> {
    /// Declares the samplers that instructions use.
    pub(super) fn samplers(&mut self) -> Result<(), TranslateError> {
        let shader = self.shader;
        let mut found: [Option<(TextureTarget, SampledType)>; limits::SAMPLERS as usize] =
            Default::default();
        for instruction in &shader.body {
            if instruction.opcode.form() != OpcodeForm::Texture {
                continue;
            }
            let Some(target) = instruction.texture.as_ref().and_then(|t| t.target) else {
                continue;
            };
            let chosen = instruction.src.last().map(|s| s.register.index.fixed());
            for (slot, entry) in found.iter_mut().enumerate() {
                let hit = match chosen {
                    Some(Some(index)) => index as usize == slot,
                    // A relative index may mean any declared one.
                    _ => shader.samplers.iter().any(|r| r.contains(slot as u32)),
                };
                if hit {
                    entry.get_or_insert((target, SampledType::Float));
                }
            }
        }
        for view in &shader.sampler_views {
            if view.target == TextureTarget::Unknown {
                continue;
            }
            for slot in view.range.first..=view.range.last {
                if let Some(Some(entry)) = found.get_mut(slot as usize) {
                    *entry = (view.target, view.sampled);
                }
            }
        }
        for (index, entry) in (0u32..).zip(found) {
            if let Some((target, sampled)) = entry {
                self.declare_sampler(index, target, sampled)?;
            }
        }
        Ok(())
    }

    fn declare_sampler(
        &mut self,
        index: u32,
        target: TextureTarget,
        sampled: SampledType,
    ) -> Result<(), TranslateError> {
        if self.model == Model::Floats {
            return self.declare_sampler_es100(index, target, sampled);
        }
        let row = self.sampled_row(target)?;
        let suffix = match row.substitute() {
            Some(suffix) if !self.has(row.feature) => suffix,
            _ => row.suffix,
        };
        let kind = if target.is_shadow() {
            Kind::Float
        } else {
            targets::sampled_kind(sampled)
        };
        let name = format!("{}_samp{index}", self.shader.stage.prefix());
        self.global(format_args!(
            "uniform highp {}sampler{} {name};",
            targets::type_prefix(kind),
            suffix
        ));
        self.interface.samplers.push(SamplerBinding {
            index,
            name,
            target,
            sampled,
        });
        Ok(())
    }

    /// The row of a target, if the host has it.
    pub(super) fn target_row(
        &mut self,
        target: TextureTarget,
    ) -> Result<&'static TargetRow, TranslateError> {
        let Some(row) = targets::lookup(target) else {
            return Err(TranslateError::Unsupported(
                "a texture without a target".to_owned(),
            ));
        };
        if !row.feature.is_empty() {
            self.need(row.feature)?;
        }
        Ok(row)
    }

    /// As [`target_row`](Self::target_row), for samplers, of which some have a substitute.
    fn sampled_row(&mut self, target: TextureTarget) -> Result<&'static TargetRow, TranslateError> {
        match targets::lookup(target) {
            Some(row) if row.substitute().is_some() && !self.has(row.feature) => Ok(row),
            _ => self.target_row(target),
        }
    }

    /// Does another type of texture stand in for the one that the guest sees?
    fn is_substituted(&self, access: &Access<'_>) -> bool {
        access.row.substitute().is_some() && !self.has(access.row.feature)
    }

    /// Writes a texture instruction; a sampler chosen by a register becomes a `switch`,
    /// because GLSL ES wants constant indices.
    pub(super) fn texture(&mut self, instruction: &Instruction) -> Result<(), TranslateError> {
        let Some(sampler) = instruction.src.last().map(|s| s.register) else {
            return Ok(());
        };
        match sampler.index.fixed() {
            Some(index) => self.texture_with(instruction, index),
            None => self.texture_ladder(instruction, &sampler),
        }
    }

    fn texture_ladder(
        &mut self,
        instruction: &Instruction,
        sampler: &Register,
    ) -> Result<(), TranslateError> {
        if self.model == Model::Floats {
            return Err(TranslateError::HostLacks("samplers chosen by registers"));
        }
        let index = self.index_text(sampler.index, 0, limits::SAMPLERS);
        let target = instruction.texture.as_ref().and_then(|t| t.target);
        let candidates: Vec<u32> = self
            .interface
            .samplers
            .iter()
            .filter(|s| Some(s.target) == target)
            .map(|s| s.index)
            .collect();
        self.open(format_args!("switch ({index}) {{"));
        for candidate in candidates {
            self.open(format_args!("case {candidate}: {{"));
            self.texture_with(instruction, candidate)?;
            self.line(format_args!("break;"));
            self.close("}");
        }
        self.line(format_args!("default: break;"));
        self.close("}");
        Ok(())
    }

    fn texture_with(
        &mut self,
        instruction: &Instruction,
        index: u32,
    ) -> Result<(), TranslateError> {
        let Some(dst) = instruction.dst.first() else {
            return Ok(());
        };
        let Some(binding) = self.interface.samplers.iter().find(|s| s.index == index) else {
            return Ok(());
        };
        let declared = binding.target;
        let kind = if declared.is_shadow() {
            Kind::Float
        } else {
            targets::sampled_kind(binding.sampled)
        };
        let sampler = binding.name.clone();
        let used = instruction.texture.as_ref().and_then(|t| t.target);
        let target = match used {
            Some(used) if used.is_shadow() == declared.is_shadow() => used,
            // Queries do not care.
            _ if matches!(instruction.opcode, Opcode::Txq | Opcode::Txqs) => declared,
            _ => {
                return Err(TranslateError::Unsupported(format!(
                    "SAMP[{index}] is used both with and without comparison"
                )));
            }
        };
        let access = Access {
            instruction,
            sampler,
            index,
            row: self.sampled_row(target)?,
            kind,
        };
        if self.model == Model::Floats {
            let value = self.lookup_es100(&access)?;
            return self.store_texel(dst, instruction.saturate, value);
        }
        let value = match instruction.opcode {
            Opcode::Txq => self.size_query(&access)?,
            Opcode::Txqs => {
                let info = self.sampler_info(&access);
                Value {
                    text: format!("(({info} >> 5) & 31u)"),
                    kind: Kind::Uint,
                    width: 1,
                }
            }
            Opcode::Lodq => match self.lod_query(&access, dst)? {
                Some(value) => value,
                None => return Ok(()),
            },
            Opcode::Txf | Opcode::TxfLz => self.fetch(&access)?,
            Opcode::Tg4 => self.gather(&access)?,
            _ => self.sample(&access)?,
        };
        self.store_texel(dst, instruction.saturate, value)
    }

    fn store_texel(
        &mut self,
        dst: &Dst,
        saturate: bool,
        value: Value,
    ) -> Result<(), TranslateError> {
        let written: Vec<u8> = dst.mask.components().collect();
        let mut text = value.text;
        let mut width = 1;
        if value.width > 1 {
            text.push_str(selector(&written));
            width = written.len();
        }
        if saturate && value.kind == Kind::Float {
            text = format!("clamp({text}, 0.0, 1.0)");
        }
        self.store(dst, &text, value.kind, width)
    }

    /// The sampler's word in the system block.
    fn sampler_info(&mut self, access: &Access<'_>) -> String {
        self.system(SystemUse::SAMPLERS);
        let word = self.shader.stage.index() as u32 * 32 + access.index;
        let component = selector(&[(word % 4) as u8]);
        format!("sys_samplers[{}]{component}", word / 4)
    }

    fn is_swizzled(&self, access: &Access<'_>) -> bool {
        access.index < 32 && self.key.samplers.swizzled & (1 << access.index) != 0
    }

    /// The coordinate as GLSL wants it, up to the layer, and with the reference if
    /// `with_reference`.
    fn coordinate(
        &mut self,
        access: &Access<'_>,
        with_reference: bool,
    ) -> Result<String, TranslateError> {
        let row = access.row;
        let Some(src) = access.instruction.src.first() else {
            return Ok(String::new());
        };
        let projected = access.instruction.opcode == Opcode::Txp && row.layer.is_none();
        let reference = match row.reference {
            Reference::Component(component) if with_reference => Some(component),
            _ => None,
        };
        let divide = if projected {
            format!(" / {}", self.operand(src, &[3], Kind::Float)?)
        } else {
            String::new()
        };
        if row.is_direct() {
            let count = row.located() + usize::from(reference.is_some());
            let components: Vec<u8> = (0u8..4).take(count).collect();
            let text = self.operand(src, &components, Kind::Float)?;
            return Ok(format!("{text}{divide}"));
        }
        let place: Vec<u8> = (0u8..4).take(row.place).collect();
        let mut parts = vec![format!(
            "{}{divide}",
            self.operand(src, &place, Kind::Float)?
        )];
        if row.rectangle {
            if let Some(first) = parts.first_mut() {
                let _ = write!(first, " / vec2(textureSize({}, 0))", access.sampler);
            }
        } else {
            parts.push("0.5".to_owned());
        }
        if let Some(layer) = row.layer {
            parts.push(self.operand(src, &[layer], Kind::Float)?);
        }
        if let Some(reference) = reference {
            parts.push(format!(
                "{}{divide}",
                self.operand(src, &[reference], Kind::Float)?
            ));
        }
        let width = 2 + usize::from(row.layer.is_some()) + usize::from(reference.is_some());
        Ok(format!("{}({})", Kind::Float.glsl(width), parts.join(", ")))
    }

    /// The `n`-th operand after the coordinate, first component.
    pub(super) fn extra(
        &mut self,
        access: &Access<'_>,
        position: usize,
        component: u8,
    ) -> Result<String, TranslateError> {
        match access.instruction.src.get(position) {
            Some(src) => self.operand(src, &[component], Kind::Float),
            None => Ok("0.0".to_owned()),
        }
    }

    /// The level of detail operand: in w of the coordinate, or in the second operand.
    fn lod_operand(&mut self, access: &Access<'_>) -> Result<String, TranslateError> {
        match access.instruction.opcode {
            Opcode::Txb2 | Opcode::Txl2 => {
                let component = u8::from(access.row.reference == Reference::Extra);
                self.extra(access, 1, component)
            }
            _ => self.extra(access, 0, 3),
        }
    }

    /// The level that an instruction asks for, with the sampler's bias added.
    fn level(&mut self, access: &Access<'_>) -> Result<Level, TranslateError> {
        let level = self.asked_level(access)?;
        let biased = access.index < 32 && self.key.samplers.biased & (1 << access.index) != 0;
        // Without mip levels there is nothing to choose.
        if !biased || access.row.rectangle {
            return Ok(level);
        }
        let steps = SamplerInfo::LOD_STEPS;
        let bias = format!(
            "float(int({}) >> 22) / {steps:.1}",
            self.sampler_info(access)
        );
        Ok(match level {
            Level::Implicit if self.shader.stage == Stage::Fragment => Level::Bias(bias),
            Level::Implicit => Level::Explicit(bias),
            Level::Bias(asked) => Level::Bias(format!("{asked} + {bias}")),
            Level::Explicit(asked) => Level::Explicit(format!("{asked} + {bias}")),
            Level::Gradient(dx, dy) => Level::Gradient(
                format!("({dx}) * exp2({bias})"),
                format!("({dy}) * exp2({bias})"),
            ),
        })
    }

    pub(super) fn asked_level(&mut self, access: &Access<'_>) -> Result<Level, TranslateError> {
        let fragment = self.shader.stage == Stage::Fragment;
        Ok(match access.instruction.opcode {
            Opcode::Txb | Opcode::Txb2 => {
                let bias = self.lod_operand(access)?;
                // Elsewhere there is no implicit level to add to.
                if fragment {
                    Level::Bias(bias)
                } else {
                    Level::Explicit(bias)
                }
            }
            Opcode::Txl | Opcode::Txl2 => Level::Explicit(self.lod_operand(access)?),
            Opcode::TexLz => Level::Explicit("0.0".to_owned()),
            Opcode::Txd => {
                let dx = self.gradient(access, 1)?;
                let dy = self.gradient(access, 2)?;
                Level::Gradient(dx, dy)
            }
            _ => Level::Implicit,
        })
    }

    fn gradient(&mut self, access: &Access<'_>, position: usize) -> Result<String, TranslateError> {
        let Some(src) = access.instruction.src.get(position) else {
            return Ok(String::new());
        };
        let components: Vec<u8> = (0u8..4).take(access.row.place).collect();
        let text = self.operand(src, &components, Kind::Float)?;
        Ok(if access.row.one_dimensional {
            format!("vec2({text}, 0.0)")
        } else if access.row.rectangle && self.model == Model::Floats {
            let scale = self.texel_size_es100(access);
            format!("{text} * {scale}")
        } else if access.row.rectangle {
            format!("{text} / vec2(textureSize({}, 0))", access.sampler)
        } else {
            text
        })
    }

    /// What GLSL ES lacks for shadow arrays and cubes.
    fn shadow_level(&mut self, access: &Access<'_>, level: Level) -> Result<Level, TranslateError> {
        let missing = match level {
            Level::Bias(_) => access.row.target() != TextureTarget::ShadowCube,
            Level::Explicit(_) => true,
            Level::Implicit | Level::Gradient(..) => false,
        };
        if !missing || !access.row.lacks_lod() {
            return Ok(level);
        }
        if self.has(Features::TEXTURE_SHADOW_LOD) {
            self.need(Features::TEXTURE_SHADOW_LOD)?;
            return Ok(level);
        }
        match level {
            Level::Explicit(lod) if access.row.reference != Reference::Extra => {
                // Gradients of that many texels select the level.
                let width = access.row.place.max(2);
                let texels = format!("exp2({lod}) / float(textureSize({}, 0).x)", access.sampler);
                let ty = Kind::Float.glsl(width);
                let rest = if width == 3 { ", 0.0" } else { "" };
                Ok(Level::Gradient(
                    format!("{ty}({texels}, 0.0{rest})"),
                    format!("{ty}(0.0, {texels}{rest})"),
                ))
            }
            Level::Explicit(_) => Err(TranslateError::HostLacks(
                "level of detail of shadow cube arrays",
            )),
            // A bias is a matter of taste; the comparison is not.
            _ => Ok(Level::Implicit),
        }
    }

    fn sample(&mut self, access: &Access<'_>) -> Result<Value, TranslateError> {
        let mut coordinate = self.coordinate(access, true)?;
        let level = self.level(access)?;
        let level = self.shadow_level(access, level)?;
        let mut offset = self.offset(access)?;
        let gradient = matches!(level, Level::Gradient(..));
        if let Some(texels) = offset.take_if(|_| access.row.is_shadow_array() && !gradient) {
            // GLSL ES has no offsets for these: move the coordinate by hand.
            let size = format!("vec2(textureSize({}, 0).xy)", access.sampler);
            let _ = write!(coordinate, " + vec4(vec2({texels}) / {size}, 0.0, 0.0)");
        }
        let mut text = String::from("texture");
        match level {
            Level::Implicit | Level::Bias(_) => {}
            Level::Explicit(_) => text.push_str("Lod"),
            Level::Gradient(..) => text.push_str("Grad"),
        }
        if offset.is_some() {
            text.push_str("Offset");
        }
        let _ = write!(text, "({}, {coordinate}", access.sampler);
        if access.row.reference == Reference::Extra {
            let _ = write!(text, ", {}", self.extra(access, 1, 0)?);
        }
        match &level {
            Level::Explicit(lod) => {
                let _ = write!(text, ", {lod}");
            }
            Level::Gradient(dx, dy) => {
                let _ = write!(text, ", {dx}, {dy}");
            }
            Level::Implicit | Level::Bias(_) => {}
        }
        if let Some(offset) = offset {
            let _ = write!(text, ", {offset}");
        }
        if let Level::Bias(bias) = &level {
            let _ = write!(text, ", {bias}");
        }
        text.push(')');
        if access.row.reference == Reference::None {
            return Ok(Value::vector(text, access.kind));
        }
        if self.is_swizzled(access) {
            self.helpers.insert(Helper::SwizzleShadow);
            let info = self.sampler_info(access);
            let text = format!("swizzle_shadow({text}, {info})");
            return Ok(Value::vector(text, Kind::Float));
        }
        Ok(Value {
            text,
            kind: Kind::Float,
            width: 1,
        })
    }

    /// The only texel offset, as a constant.
    fn offset(&mut self, access: &Access<'_>) -> Result<Option<String>, TranslateError> {
        let offsets = access.instruction.texture.as_ref().map(|t| &t.offsets);
        match offsets.and_then(|offsets| offsets.first()) {
            Some(offset) if !access.row.is_cube() => self.offset_text(access, offset).map(Some),
            _ => Ok(None),
        }
    }

    fn offset_text(
        &mut self,
        access: &Access<'_>,
        offset: &TexelOffset,
    ) -> Result<String, TranslateError> {
        let [x, y, z] = offset.swizzle;
        let src = Src {
            register: offset.register,
            swizzle: [x, y, z, z],
            negate: false,
            absolute: false,
        };
        let words: Vec<String> = (0..access.row.place)
            .filter_map(|c| self.immediate_word(&src, c))
            .map(|word| word.cast_signed().to_string())
            .collect();
        let place = access.row.place;
        let text = if words.len() == place {
            words.join(", ")
        } else if access.instruction.opcode == Opcode::Tg4 {
            self.need(Features::GPU_SHADER5)?;
            let components: Vec<u8> = (0u8..3).take(place).collect();
            self.operand(&src, &components, Kind::Int)?
        } else {
            return Err(TranslateError::Unsupported(
                "a texel offset that is no constant".to_owned(),
            ));
        };
        Ok(if access.row.one_dimensional {
            format!("ivec2({text}, 0)")
        } else {
            format!("{}({text})", Kind::Int.glsl(place))
        })
    }

    /// `TXF`: a texel by its integer coordinates.
    fn fetch(&mut self, access: &Access<'_>) -> Result<Value, TranslateError> {
        let row = access.row;
        let Some(src) = access.instruction.src.first() else {
            return Ok(Value::vector(String::new(), Kind::Uint));
        };
        let components: Vec<u8> = (0u8..4).take(row.located()).collect();
        let coordinate = if row.one_dimensional {
            let x = self.operand(src, &[0], Kind::Int)?;
            match row.layer {
                Some(layer) => {
                    let layer = self.operand(src, &[layer], Kind::Int)?;
                    format!("ivec3({x}, 0, {layer})")
                }
                None => format!("ivec2({x}, 0)"),
            }
        } else {
            self.operand(src, &components, Kind::Int)?
        };
        let level = if access.instruction.opcode == Opcode::TxfLz || row.rectangle {
            "0".to_owned()
        } else {
            // The level, or the sample.
            self.operand(src, &[3], Kind::Int)?
        };
        let substituted = self.is_substituted(access);
        if substituted && row.target() == TextureTarget::Buffer {
            let shift = mirror::ROW_SHIFT;
            let mask = mirror::ROW - 1;
            let text = format!(
                "texelFetch({}, ivec2({coordinate} & {mask}, {coordinate} >> {shift}), 0)",
                access.sampler
            );
            return Ok(Value::vector(text, access.kind));
        }
        if substituted {
            // The only sample.
            let text = format!("texelFetch({}, {coordinate}, 0)", access.sampler);
            return Ok(Value::vector(text, access.kind));
        }
        if row.target() == TextureTarget::Buffer {
            let text = format!("texelFetch({}, {coordinate})", access.sampler);
            return Ok(self.buffer_texel(access, text));
        }
        let text = match self.offset(access)? {
            Some(offset) if !row.target().is_multisample() => format!(
                "texelFetchOffset({}, {coordinate}, {level}, {offset})",
                access.sampler
            ),
            _ => format!("texelFetch({}, {coordinate}, {level})", access.sampler),
        };
        Ok(Value::vector(text, access.kind))
    }

    /// Buffer textures have no swizzle state.
    fn buffer_texel(&mut self, access: &Access<'_>, text: String) -> Value {
        if !self.is_swizzled(access) {
            return Value::vector(text, access.kind);
        }
        self.helpers.insert(Helper::SwizzleTexel);
        let info = self.sampler_info(access);
        let one = match access.kind {
            Kind::Float => "0x3f800000u",
            Kind::Int | Kind::Uint => "1u",
        };
        let bits = cast(text, access.kind, Kind::Uint, 4);
        Value::vector(format!("swizzle_texel({bits}, {info}, {one})"), Kind::Uint)
    }

    /// `TXQ`: the size in xyz, the number of levels in w.
    fn size_query(&mut self, access: &Access<'_>) -> Result<Value, TranslateError> {
        let row = access.row;
        let buffer = row.target() == TextureTarget::Buffer;
        if buffer && self.is_substituted(access) {
            let count = self.sampler_info(access);
            return Ok(Value::vector(
                format!("uvec4({count}, 0u, 0u, 1u)"),
                Kind::Uint,
            ));
        }
        let call = if self.is_substituted(access) {
            format!("textureSize({}, 0)", access.sampler)
        } else if buffer || row.target().is_multisample() {
            format!("textureSize({})", access.sampler)
        } else {
            let lod = match access.instruction.src.first() {
                Some(src) if !row.rectangle => self.scalar(src, Kind::Int)?,
                _ => "0".to_owned(),
            };
            format!("textureSize({}, {lod})", access.sampler)
        };
        let size = match (row.one_dimensional, row.layer) {
            (true, Some(_)) => format!("uvec3({call}.xz, 0)"),
            (true, None) => format!("uvec3({call}.x, 0, 0)"),
            _ => match row.size {
                1 => format!("uvec3({call}, 0, 0)"),
                2 => format!("uvec3({call}, 0)"),
                _ => format!("uvec3({call})"),
            },
        };
        let writes_levels = access
            .instruction
            .dst
            .first()
            .is_some_and(|dst| dst.mask.0 & 8 != 0);
        let levels = if writes_levels && !buffer {
            let info = self.sampler_info(access);
            format!("{info} & 31u")
        } else {
            "1u".to_owned()
        };
        Ok(Value::vector(
            format!("uvec4({size}, {levels})"),
            Kind::Uint,
        ))
    }

    /// `LODQ`: clamped and unclamped level of detail; `None` if it took statements that
    /// stored it already.
    fn lod_query(
        &mut self,
        access: &Access<'_>,
        dst: &Dst,
    ) -> Result<Option<Value>, TranslateError> {
        let row = access.row;
        let Some(src) = access.instruction.src.first() else {
            return Ok(None);
        };
        let components: Vec<u8> = (0u8..4).take(row.place).collect();
        let mut place = self.operand(src, &components, Kind::Float)?;
        if row.one_dimensional {
            place = format!("vec2({place}, 0.5)");
        }
        let sampler = &access.sampler;
        if row.rectangle {
            place = format!("{place} / vec2(textureSize({sampler}, 0))");
        }
        if self.has(Features::TEXTURE_QUERY_LOD) {
            self.need(Features::TEXTURE_QUERY_LOD)?;
            let function = if self.profile.version.is_es() {
                "textureQueryLOD"
            } else {
                "textureQueryLod"
            };
            let text = format!("{function}({sampler}, {place}).xyxy");
            return Ok(Some(Value::vector(text, Kind::Float)));
        }
        if row.is_cube() {
            return Err(TranslateError::HostLacks("level-of-detail queries"));
        }
        // The scale factor of the GLES specification (8.14), without anisotropy.
        let width = row.place.max(2);
        let ty = Kind::Float.glsl(width);
        let size = selector(&[0, 1, 2][..width.min(3)]);
        self.line(format_args!(
            "{{ {ty} p = {place} * {ty}(textureSize({sampler}, 0){size});"
        ));
        self.line(format_args!("{ty} dx = dFdx(p), dy = dFdy(p);"));
        self.line(format_args!(
            "float l = 0.5 * log2(max(dot(dx, dx), dot(dy, dy)));"
        ));
        let info = self.sampler_info(access);
        self.line(format_args!(
            "float c = clamp(l, 0.0, float({info} & 31u) - 1.0);"
        ));
        let value = Value::vector("vec4(c, l, c, l)".to_owned(), Kind::Float);
        self.store_texel(dst, false, value)?;
        self.line(format_args!("}}"));
        Ok(None)
    }

    /// `TG4`: one component of four texels.
    fn gather(&mut self, access: &Access<'_>) -> Result<Value, TranslateError> {
        self.need_version(GlslVersion::Es310, "texture gathers")?;
        let row = access.row;
        let coordinate = self.coordinate(access, false)?;
        let offsets = match &access.instruction.texture {
            Some(texture) if !row.is_cube() => texture.offsets.clone(),
            _ => Default::default(),
        };
        let mut tail = String::new();
        let suffix = match offsets.as_slice() {
            [] => "",
            [offset] => {
                let _ = write!(tail, ", {}", self.offset_text(access, offset)?);
                "Offset"
            }
            _ => {
                self.need(Features::GPU_SHADER5)?;
                let mut list = Vec::new();
                for offset in &offsets {
                    list.push(self.offset_text(access, offset)?);
                }
                list.resize(4, "ivec2(0)".to_owned());
                let _ = write!(tail, ", ivec2[4]({})", list.join(", "));
                "Offsets"
            }
        };
        let head = format!("textureGather{suffix}({}, {coordinate}", access.sampler);
        let text = match row.reference {
            Reference::Component(component) => {
                let reference = self.extra(access, 0, component)?;
                format!("{head}, {reference}{tail})")
            }
            Reference::Extra => {
                let reference = self.extra(access, 1, 0)?;
                format!("{head}, {reference}{tail})")
            }
            Reference::None => self.gather_component(access, &head, &tail)?,
        };
        Ok(Value::vector(text, access.kind))
    }

    /// The component must be a constant in GLSL; where the guest keeps it in a register,
    /// all four are offered.
    fn gather_component(
        &mut self,
        access: &Access<'_>,
        head: &str,
        tail: &str,
    ) -> Result<String, TranslateError> {
        let Some(src) = access.instruction.src.get(1) else {
            return Ok(format!("{head}{tail})"));
        };
        if let Some(component) = self.immediate_word(src, 0) {
            return Ok(format!("{head}{tail}, {})", component & 3));
        }
        let chosen = self.scalar(src, Kind::Uint)?;
        Ok(format!(
            "({chosen} == 0u ? {head}{tail}, 0) : {chosen} == 1u ? {head}{tail}, 1) : \
             {chosen} == 2u ? {head}{tail}, 2) : {head}{tail}, 3))"
        ))
    }
}
