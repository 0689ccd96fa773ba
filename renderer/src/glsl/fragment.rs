//! The outputs of fragment shaders: colours with what fixed function did to them, depth
//! and the sample mask.

use std::fmt::Write as _;

use super::TranslateError;
use super::es100::Model;
use super::helpers::{Helper, Kind};
use super::key::{CompareFunc, FragmentKey};
use super::profile::Features;
use super::system::SystemUse;
use super::writer::Writer;
use crate::tgsi::ir::Semantic;
use crate::tgsi::limits;
use crate::tgsi::semantic::{PropertyName, SemanticName};

/// gallium's logic operations on source `s` and destination `d`.
const LOGIC_OPS: [&str; 16] = [
    "uvec4(0u)",
    "~(s | d)",
    "~s & d",
    "~s",
    "s & ~d",
    "~d",
    "s ^ d",
    "~(s & d)",
    "s & d",
    "~(s ^ d)",
    "d",
    "~s | d",
    "s",
    "s | ~d",
    "s | d",
    "uvec4(0xffffffffu)",
];

impl FragmentKey {
    /// What a colour buffer holds.
    pub(super) fn buffer_kind(&self, buffer: u32) -> Kind {
        let bit = 1u8.checked_shl(buffer).unwrap_or(0);
        if self.int_buffers & bit != 0 {
            Kind::Int
        } else if self.uint_buffers & bit != 0 {
            Kind::Uint
        } else {
            Kind::Float
        }
    }
}

impl Writer<'_> {
    pub(super) fn fragment_outputs(&mut self, finish: &mut String) -> Result<(), TranslateError> {
        self.alpha_test(finish);
        let mut writes_depth = false;
        let outputs: Vec<_> = self.registers.all_outputs().collect();
        for (register, slot) in outputs {
            let Some(semantic) = slot.semantic else {
                continue;
            };
            let value = self.output_name(register);
            match semantic.name {
                SemanticName::Color => self.color_output(semantic.index, &value, finish)?,
                SemanticName::Position => {
                    writes_depth = true;
                    self.depth_output(&value, finish)?;
                }
                SemanticName::SampleMask => {
                    self.need(Features::SAMPLE_VARIABLES)?;
                    let _ = writeln!(finish, "gl_SampleMask[0] = int({value}.x);");
                }
                SemanticName::Stencil => {
                    return Err(TranslateError::HostLacks("stencil values from shaders"));
                }
                name => {
                    return Err(TranslateError::Unsupported(format!(
                        "{} cannot be an output of a fragment shader",
                        name.name()
                    )));
                }
            }
        }
        if self.key.fragment.clamp_depth {
            self.clamp_depth(writes_depth, finish)?;
        }
        Ok(())
    }

    /// What depth clamping does to the depth that the shader wrote or the rasteriser
    /// would have interpolated.
    fn clamp_depth(
        &mut self,
        writes_depth: bool,
        finish: &mut String,
    ) -> Result<(), TranslateError> {
        self.system(SystemUse::DEPTH);
        let frag_depth = self.frag_depth()?;
        let mut depth = frag_depth;
        if !writes_depth {
            let from = self.model.varying_in();
            self.global(format_args!("{from} highp float v_depth;"));
            // The product is z/w, which is linear in the window as depth has to be.
            depth = "v_depth * gl_FragCoord.w * sys_depth.x + sys_depth.y";
        }
        let _ = writeln!(
            finish,
            "{frag_depth} = clamp({depth}, sys_depth.z, sys_depth.w);"
        );
        Ok(())
    }

    fn alpha_test(&mut self, finish: &mut String) {
        let test = match self.key.fragment.alpha_test {
            CompareFunc::Always => return,
            CompareFunc::Never => {
                finish.push_str("discard;\n");
                return;
            }
            CompareFunc::Less => "<",
            CompareFunc::Equal => "==",
            CompareFunc::LessEqual => "<=",
            CompareFunc::Greater => ">",
            CompareFunc::NotEqual => "!=",
            CompareFunc::GreaterEqual => ">=",
        };
        let first = Semantic {
            name: SemanticName::Color,
            index: 0,
        };
        if let Some(register) = self.registers.output_of(first)
            && self.key.fragment.buffer_kind(0) == Kind::Float
        {
            self.system(SystemUse::ALPHA_REF);
            let value = self.output_name(register);
            let alpha = if self.key.fragment.clamp_color {
                format!("clamp(F({value}.w), 0.0, 1.0)")
            } else {
                format!("F({value}.w)")
            };
            let _ = writeln!(finish, "if (!({alpha} {test} sys_alpha_ref)) discard;");
        }
    }

    fn color_output(
        &mut self,
        index: u32,
        value: &str,
        finish: &mut String,
    ) -> Result<(), TranslateError> {
        if index >= limits::COLOR_OUTPUTS {
            return Err(TranslateError::Unsupported(format!(
                "COLOR[{index}] is beyond the last colour buffer"
            )));
        }
        let key = self.key.fragment;
        if key.dual_source && self.model == Model::Words {
            self.need(Features::BLEND_FUNC_EXTENDED)?;
            if index > 1 {
                return Ok(());
            }
            self.global(format_args!(
                "layout(location = 0, index = {index}) out highp vec4 fs_color{index};"
            ));
            self.interface.color_outputs |= 1;
            self.write_color(index, Kind::Float, value, finish);
            return Ok(());
        }
        let all = self.shader.property(PropertyName::FsColor0WritesAllCbufs) == Some(1);
        let last = if all && index == 0 {
            u32::from(key.color_buffers).clamp(1, limits::COLOR_OUTPUTS) - 1
        } else {
            index
        };
        if self.model == Model::Floats {
            return self.color_output_es100(index..=last, value, finish);
        }
        let reads = self.usage.framebuffer_fetch || key.logic_op != 0;
        if reads {
            self.need(Features::FRAMEBUFFER_FETCH)?;
        }
        let direction = if reads { "inout" } else { "out" };
        for buffer in index..=last {
            let kind = key.buffer_kind(buffer);
            self.global(format_args!(
                "layout(location = {buffer}) {direction} highp {} fs_color{buffer};",
                kind.glsl(4)
            ));
            self.interface.color_outputs |= 1 << buffer;
            self.write_color(buffer, kind, value, finish);
        }
        Ok(())
    }

    pub(super) fn write_color(
        &mut self,
        buffer: u32,
        kind: Kind,
        value: &str,
        finish: &mut String,
    ) {
        let key = self.key.fragment;
        let mut text = super::expr::cast(value.to_owned(), Kind::Uint, kind, 4);
        if kind == Kind::Float {
            if key.clamp_color {
                text = format!("clamp({text}, 0.0, 1.0)");
            }
            if key.alpha_to_one {
                text = format!("vec4({text}.xyz, 1.0)");
            }
            let bit = 1u8.checked_shl(buffer).unwrap_or(0);
            if key.undo_srgb & bit != 0 {
                self.helpers.insert(Helper::SrgbToLinear);
                text = format!("srgb_to_linear({text})");
            } else if key.do_srgb & bit != 0 {
                self.helpers.insert(Helper::LinearToSrgb);
                text = format!("linear_to_srgb({text})");
            }
        }
        let operation = usize::from(key.logic_op).checked_sub(1);
        match operation.and_then(|op| LOGIC_OPS.get(op)) {
            None => {
                let name = self.model.color_name(buffer);
                let _ = writeln!(finish, "{name} = {text};");
            }
            Some(operation) if kind == Kind::Float => {
                self.helpers.insert(Helper::LogicOp);
                let _ = writeln!(
                    finish,
                    "{{ uvec4 s = to_unorm8({text}), d = to_unorm8(fs_color{buffer}); \
                     fs_color{buffer} = from_unorm8({operation}); }}"
                );
            }
            Some(operation) => {
                let ty = kind.glsl(4);
                let _ = writeln!(
                    finish,
                    "{{ uvec4 s = uvec4({text}), d = uvec4(fs_color{buffer}); \
                     fs_color{buffer} = {ty}({operation}); }}"
                );
            }
        }
    }

    fn depth_output(&mut self, value: &str, finish: &mut String) -> Result<(), TranslateError> {
        let layout = match self.shader.property(PropertyName::FsDepthLayout) {
            Some(1) => Some("depth_any"),
            Some(2) => Some("depth_greater"),
            Some(3) => Some("depth_less"),
            Some(4) => Some("depth_unchanged"),
            _ => None,
        };
        // It is only a promise to the driver, so it may be dropped.
        if let Some(layout) = layout
            && self.has(Features::CONSERVATIVE_DEPTH)
        {
            self.need(Features::CONSERVATIVE_DEPTH)?;
            self.global(format_args!(
                "layout({layout}) out highp float gl_FragDepth;"
            ));
        }
        let depth = self.frag_depth()?;
        let _ = writeln!(finish, "{depth} = F({value}.z);");
        Ok(())
    }
}
