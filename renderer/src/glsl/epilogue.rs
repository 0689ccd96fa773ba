//! What a shader hands on: output registers, and the function that copies them to the
//! stage's real outputs in the way the state asks for.

use std::fmt::Write as _;

use super::TranslateError;
use super::expr::{Readable, Writable, cast};
use super::helpers::Kind;
use super::info;
use super::inputs::{is_builtin, varying_name};
use super::key::{RasterKey, VaryingSet};
use super::profile::Features;
use super::system::SystemUse;
use super::writer::Writer;
use crate::tgsi::ir::{Index, Register, Semantic, Stage};
use crate::tgsi::semantic::{PropertyName, SemanticName};

const COMPONENTS: [&str; 4] = ["x", "y", "z", "w"];

impl Writer<'_> {
    /// Declares the outputs and writes `finish()`.
    pub(super) fn outputs(&mut self) -> Result<(), TranslateError> {
        match self.shader.stage {
            Stage::Compute => return Ok(()),
            Stage::TessCtrl => return self.tess_ctrl_outputs(),
            _ => {}
        }
        self.declare_output_registers();
        let mut finish = String::new();
        if self.shader.stage == Stage::Fragment {
            self.fragment_outputs(&mut finish)?;
        } else {
            self.vertex_outputs(&mut finish)?;
            self.feedback(&mut finish)?;
        }
        self.functions.push_str("void finish() {\n");
        for line in finish.lines() {
            let _ = writeln!(self.functions, "    {line}");
        }
        self.functions.push_str("}\n");
        Ok(())
    }

    /// Writes the call of `finish()`, where the stage has one.
    pub(super) fn finish_call(&mut self) {
        match self.shader.stage {
            Stage::Vertex | Stage::TessEval | Stage::Fragment => {
                self.line(format_args!("finish();"));
            }
            Stage::Geometry | Stage::TessCtrl | Stage::Compute => {}
        }
    }

    /// The registers are global, so that `finish()` sees them.
    fn declare_output_registers(&mut self) {
        let outputs: Vec<u32> = self.registers.all_outputs().map(|(r, _)| r).collect();
        let (vector, zero) = (self.model.vector(), self.model.zero());
        if self.usage.outputs_in_array() {
            let count = self.registers.outputs;
            self.global(format_args!("{vector} oa[{count}];"));
            self.line(format_args!(
                "for (int k = 0; k < {count}; k++) {{ oa[k] = {zero}; }}"
            ));
            return;
        }
        for register in outputs {
            self.global(format_args!("{vector} o{register} = {zero};"));
        }
    }

    /// The variable of an output register.
    pub(super) fn output_name(&self, register: u32) -> String {
        self.output_register(Index::constant(i32::try_from(register).unwrap_or(0)))
    }

    fn vertex_outputs(&mut self, finish: &mut String) -> Result<(), TranslateError> {
        let raster = self.key.raster.filter(|_| self.is_last_vertex_stage());
        let mut position = None;
        let mut declared = VaryingSet::EMPTY;
        let outputs: Vec<_> = self.registers.all_outputs().collect();
        for (register, slot) in outputs {
            let Some(semantic) = slot.semantic else {
                continue;
            };
            let value = self.output_name(register);
            match semantic.name {
                SemanticName::Position => {
                    if slot.invariant {
                        self.global(format_args!("invariant gl_Position;"));
                    }
                    position = Some(value);
                }
                SemanticName::PointSize => self.point_size(raster, &value, finish),
                SemanticName::ClipDistance => {}
                SemanticName::Layer | SemanticName::ViewportIndex | SemanticName::PrimitiveId => {
                    self.primitive_output(semantic.name, &value, finish)?;
                }
                SemanticName::EdgeFlag | SemanticName::ClipVertex | SemanticName::Normal => {}
                _ if !VaryingSet::knows(semantic) => {
                    return Err(TranslateError::Unsupported(format!(
                        "{}[{}] cannot be an output",
                        semantic.name.name(),
                        semantic.index
                    )));
                }
                _ if declared.contains(semantic) => {}
                _ => {
                    declared.insert(semantic);
                    self.varying_output(raster, semantic, &value, finish);
                }
            }
        }
        self.interface.outputs = declared;
        let from_state = raster.is_some_and(|r| r.point_size_from_state);
        let point_size = Semantic {
            name: SemanticName::PointSize,
            index: 0,
        };
        if from_state && self.registers.output_of(point_size).is_none() {
            self.point_size(raster, "", finish);
        }
        self.clip_outputs(raster, position.as_deref(), finish)?;
        if let Some(position) = position {
            self.position(raster, &position, finish);
        }
        Ok(())
    }

    fn position(&mut self, raster: Option<RasterKey>, value: &str, finish: &mut String) {
        let _ = writeln!(finish, "vec4 position = F({value});");
        if let Some(raster) = raster {
            self.system(SystemUse::Y_SIGN);
            finish.push_str("position.y *= sys_y_sign;\n");
            if raster.unclipped_depth {
                let to = self.model.varying_out();
                self.global(format_args!("{to} highp float v_depth;"));
                // Half of w lies within either range of clip space.
                finish.push_str("v_depth = position.z;\nposition.z = 0.5 * position.w;\n");
            }
            if raster.clip_halfz && !raster.unclipped_depth {
                finish.push_str("position.z = 2.0 * position.z - position.w;\n");
            }
        }
        finish.push_str("gl_Position = position;\n");
    }

    fn point_size(&mut self, raster: Option<RasterKey>, value: &str, finish: &mut String) {
        if self.need_point_size().is_err() {
            return;
        }
        if raster.is_some_and(|r| r.point_size_from_state) {
            self.system(SystemUse::POINT_SIZE);
            finish.push_str("gl_PointSize = sys_point_size;\n");
        } else {
            let _ = writeln!(finish, "gl_PointSize = F({value}.x);");
        }
    }

    /// Layer, viewport and primitive number, which geometry shaders choose.
    fn primitive_output(
        &mut self,
        name: SemanticName,
        value: &str,
        finish: &mut String,
    ) -> Result<(), TranslateError> {
        if self.shader.stage != Stage::Geometry {
            return Err(TranslateError::Unsupported(format!(
                "{} can only be written by geometry shaders",
                name.name()
            )));
        }
        let variable = match name {
            SemanticName::Layer => "gl_Layer",
            SemanticName::ViewportIndex => {
                self.need(Features::VIEWPORT_ARRAY)?;
                "gl_ViewportIndex"
            }
            _ => "gl_PrimitiveID",
        };
        let _ = writeln!(finish, "{variable} = int({value}.x);");
        Ok(())
    }

    fn varying_output(
        &mut self,
        raster: Option<RasterKey>,
        semantic: Semantic,
        value: &str,
        finish: &mut String,
    ) {
        let Some(raster) = raster else {
            let name = varying_name('a', semantic);
            let flat = self.flat_between_stages();
            self.global(format_args!("{flat}out highp uvec4 {name};"));
            let _ = writeln!(finish, "{name} = {value};");
            return;
        };
        let name = varying_name('v', semantic);
        let features = self.interpolation_features();
        let ty = raster.interpolation.declaration(semantic, features);
        self.use_interpolation(&ty);
        let to = self.model.varying_out();
        self.global(format_args!(
            "{}{to} highp {} {name};",
            ty.qualifiers,
            ty.kind.glsl(4)
        ));
        let is_color = matches!(semantic.name, SemanticName::Color | SemanticName::BackColor);
        let mut text = value.to_owned();
        if raster.clamp_color && is_color {
            text = format!("clamp(F({text}), 0.0, 1.0)");
            text = cast(text, Kind::Float, ty.kind, 4);
        } else {
            text = cast(text, Kind::Uint, ty.kind, 4);
        }
        let _ = writeln!(finish, "{name} = {text};");
    }

    /// Clip and cull distances: those the shader writes, else those of user planes.
    fn clip_outputs(
        &mut self,
        raster: Option<RasterKey>,
        position: Option<&str>,
        finish: &mut String,
    ) -> Result<(), TranslateError> {
        let written = u32::from(info::clip_distances(self.shader));
        let mut distances = Vec::new();
        for i in 0..written {
            let semantic = Semantic {
                name: SemanticName::ClipDistance,
                index: i / 4,
            };
            let value = match self.registers.output_of(semantic) {
                Some(register) => {
                    let name = self.output_name(register);
                    let component = COMPONENTS.get((i % 4) as usize).copied().unwrap_or("x");
                    format!("F({name}.{component})")
                }
                None => "0.0".to_owned(),
            };
            distances.push(value);
        }
        let culled = self
            .shader
            .property(PropertyName::NumCullDistEnabled)
            .unwrap_or(0);
        let mut clipped = written.saturating_sub(culled);
        let planes = raster.map_or(0, |r| r.clip_planes);
        let prohibited = self.shader.property(PropertyName::VsProhibitUcps) == Some(1);
        if written == 0 && planes != 0 && !prohibited {
            distances = self.plane_distances(planes, position);
            clipped = distances.len() as u32;
        }
        self.write_distances(&distances, clipped, raster.is_some(), finish)
    }

    fn plane_distances(&mut self, planes: u8, position: Option<&str>) -> Vec<String> {
        let clip_vertex = Semantic {
            name: SemanticName::ClipVertex,
            index: 0,
        };
        let vertex = match self.registers.output_of(clip_vertex) {
            Some(register) => self.output_name(register),
            None => position.unwrap_or(self.model.zero()).to_owned(),
        };
        self.system(SystemUse::CLIP_PLANES);
        (0..8 - planes.leading_zeros())
            .map(|plane| {
                if planes & (1 << plane) == 0 {
                    "0.0".to_owned()
                } else {
                    format!("dot(F({vertex}), sys_clip_planes[{plane}])")
                }
            })
            .collect()
    }

    fn write_distances(
        &mut self,
        distances: &[String],
        clipped: u32,
        raster: bool,
        finish: &mut String,
    ) -> Result<(), TranslateError> {
        if distances.is_empty() {
            return Ok(());
        }
        if self.has(Features::CLIP_CULL_DISTANCE) {
            self.need(Features::CLIP_CULL_DISTANCE)?;
            for (i, value) in (0u32..).zip(distances) {
                if i < clipped {
                    let _ = writeln!(finish, "gl_ClipDistance[{i}] = {value};");
                } else {
                    let _ = writeln!(finish, "gl_CullDistance[{}] = {value};", i - clipped);
                }
            }
        } else if raster {
            // Without the extension the fragment shader drops what lies outside.
            for (register, values) in distances.chunks(4).enumerate() {
                let to = self.model.varying_out();
                self.global(format_args!("{to} highp vec4 v_clip{register};"));
                let mut values = values.to_vec();
                values.resize(4, "0.0".to_owned());
                let _ = writeln!(finish, "v_clip{register} = vec4({});", values.join(", "));
            }
        }
        Ok(())
    }

    /// The outputs of a tessellation control shader are real variables: every invocation
    /// writes its vertex, and any of them the patch.
    fn tess_ctrl_outputs(&mut self) -> Result<(), TranslateError> {
        let mut declared = VaryingSet::EMPTY;
        let outputs: Vec<_> = self.registers.all_outputs().collect();
        for (_, slot) in outputs {
            let Some(semantic) = slot.semantic else {
                continue;
            };
            if is_builtin(semantic.name)
                || declared.contains(semantic)
                || !VaryingSet::knows(semantic)
            {
                continue;
            }
            declared.insert(semantic);
            let name = varying_name('b', semantic);
            if semantic.name == SemanticName::Patch {
                self.global(format_args!("patch out highp uvec4 {name};"));
            } else {
                let flat = self.flat_between_stages();
                self.global(format_args!("{flat}out highp uvec4 {name}[];"));
            }
        }
        self.interface.outputs = declared;
        Ok(())
    }

    /// An output register as a value.
    pub(super) fn output_value(&mut self, register: &Register) -> Result<Readable, TranslateError> {
        if self.shader.stage != Stage::TessCtrl {
            return Ok(Readable::raw(self.output_register(register.index)));
        }
        let vertex = register.dimension.unwrap_or(Index::constant(0));
        let vertex = self.index_text(vertex, 0, self.output_vertices());
        let semantic = self.tess_ctrl_semantic(register)?;
        let float = |text: String| Readable {
            text,
            kind: Kind::Float,
        };
        Ok(match semantic.name {
            SemanticName::Position => float(format!("gl_out[{vertex}].gl_Position")),
            SemanticName::TessOuter => Readable::raw(super::inputs::TESS_OUTER.to_owned()),
            SemanticName::TessInner => Readable::raw(super::inputs::TESS_INNER.to_owned()),
            SemanticName::Patch => Readable::raw(varying_name('b', semantic)),
            _ if is_builtin(semantic.name) => Readable::raw("uvec4(0u)".to_owned()),
            _ => Readable::raw(format!("{}[{vertex}]", varying_name('b', semantic))),
        })
    }

    /// Where a write to an output register goes.
    pub(super) fn output_target(
        &mut self,
        register: &Register,
    ) -> Result<Writable, TranslateError> {
        if self.shader.stage != Stage::TessCtrl {
            let name = self.output_register(register.index);
            return Ok(Writable::Vector(name, Kind::Uint));
        }
        let semantic = self.tess_ctrl_semantic(register)?;
        Ok(match semantic.name {
            SemanticName::Position => Writable::Vector(
                "gl_out[gl_InvocationID].gl_Position".to_owned(),
                Kind::Float,
            ),
            SemanticName::PointSize => match self.need_point_size() {
                Ok(()) => {
                    let name = "gl_out[gl_InvocationID].gl_PointSize".to_owned();
                    Writable::Scalars([Some(name), None, None, None])
                }
                Err(_) => Writable::Nothing,
            },
            SemanticName::TessOuter => {
                Writable::Scalars([0, 1, 2, 3].map(|i| Some(format!("gl_TessLevelOuter[{i}]"))))
            }
            SemanticName::TessInner => Writable::Scalars([
                Some("gl_TessLevelInner[0]".to_owned()),
                Some("gl_TessLevelInner[1]".to_owned()),
                None,
                None,
            ]),
            SemanticName::ClipDistance => {
                self.need(Features::CLIP_CULL_DISTANCE)?;
                Writable::Scalars([0, 1, 2, 3].map(|i| {
                    let distance = semantic.index * 4 + i;
                    Some(format!(
                        "gl_out[gl_InvocationID].gl_ClipDistance[{distance}]"
                    ))
                }))
            }
            SemanticName::Patch => Writable::Vector(varying_name('b', semantic), Kind::Uint),
            _ if !VaryingSet::knows(semantic) || is_builtin(semantic.name) => Writable::Nothing,
            _ => {
                let name = varying_name('b', semantic);
                Writable::Vector(format!("{name}[gl_InvocationID]"), Kind::Uint)
            }
        })
    }

    fn tess_ctrl_semantic(&self, register: &Register) -> Result<Semantic, TranslateError> {
        let semantic = register
            .index
            .fixed()
            .and_then(|number| self.registers.output(number))
            .and_then(|slot| slot.semantic);
        semantic.ok_or_else(|| {
            TranslateError::Unsupported(
                "a tessellation control output chosen by a register".to_owned(),
            )
        })
    }
}
