//! What a shader reads from outside: attributes, varyings and system values, copied into
//! plain registers at the start of `main`.

use super::TranslateError;
use super::es100::Model;
use super::expr::Readable;
use super::helpers::{Helper, Kind};
use super::key::{InterpolationKey, VaryingSet};
use super::profile::{Features, GlslVersion};
use super::system::SystemUse;
use super::usage::IoRegister;
use super::writer::Writer;
use crate::tgsi::ir::{Index, Semantic, Stage, SystemValueDecl};
use crate::tgsi::semantic::{PIXEL_CENTER_INTEGER, PropertyName, SemanticName};

/// Name of a varying. The prefix tells the interface, for a geometry shader has the same
/// semantics on both of its sides: `v` is the one into the rasteriser, `b` the one from
/// the tessellation control to the evaluation shader, `a` any other.
pub(super) fn varying_name(prefix: char, semantic: Semantic) -> String {
    let word = match semantic.name {
        SemanticName::Generic => "generic",
        SemanticName::TexCoord => "texcoord",
        SemanticName::Color => "color",
        SemanticName::BackColor => "bcolor",
        SemanticName::Fog => "fog",
        SemanticName::Patch => "patch",
        SemanticName::Layer => "layer",
        SemanticName::ViewportIndex => "viewport",
        SemanticName::PrimitiveId => "primid",
        SemanticName::ClipVertex => "clipvertex",
        _ => "other",
    };
    format!("{prefix}_{word}{}", semantic.index)
}

impl InterpolationKey {
    /// Qualifiers and type of a varying on the rasteriser's interface.
    pub(super) fn declaration(&self, semantic: Semantic, features: Features) -> InterpolatedType {
        let flat = self.flat.contains(semantic);
        let mut qualifiers = String::new();
        if flat {
            qualifiers.push_str("flat ");
        } else {
            if self.linear.contains(semantic) && features.contains(Features::NOPERSPECTIVE) {
                qualifiers.push_str("noperspective ");
            }
            if self.sample.contains(semantic)
                && features.contains(Features::MULTISAMPLE_INTERPOLATION)
            {
                qualifiers.push_str("sample ");
            } else if self.centroid.contains(semantic) {
                qualifiers.push_str("centroid ");
            }
        }
        InterpolatedType {
            qualifiers,
            kind: if flat { Kind::Uint } else { Kind::Float },
        }
    }
}

/// How a varying on the rasteriser's interface is declared.
pub(super) struct InterpolatedType {
    pub(super) qualifiers: String,
    pub(super) kind: Kind,
}

impl Writer<'_> {
    /// Features that decide how varyings are declared.
    pub(super) fn interpolation_features(&mut self) -> Features {
        let mut found = Features::empty();
        for feature in [Features::NOPERSPECTIVE, Features::MULTISAMPLE_INTERPOLATION] {
            if self.has(feature) {
                found |= feature;
            }
        }
        found
    }

    /// Declares all inputs and sets the registers that hold them.
    pub(super) fn inputs(&mut self) -> Result<(), TranslateError> {
        let shader = self.shader;
        for decl in &shader.system_values {
            let value = self.system_value(decl)?;
            for register in decl.range.first..=decl.range.last {
                let vector = self.model.vector();
                self.line(format_args!("{vector} sv{register} = {value};"));
            }
        }
        let in_array = self.usage.inputs_in_array();
        if in_array {
            self.zeroed_array("ia", self.registers.inputs);
        }
        let mut declared = VaryingSet::EMPTY;
        let inputs: Vec<(u32, IoRegister)> = self.registers.all_inputs().collect();
        for &(register, slot) in &inputs {
            let primitive = slot
                .semantic
                .is_some_and(|s| s.name == SemanticName::PrimitiveId);
            // The primitive's number is declared like the arrays, but is none.
            if slot.per_vertex && !primitive {
                self.declare_vertex_input(slot, &mut declared)?;
                continue;
            }
            let value = self.input_value(register, slot, &mut declared)?;
            if in_array {
                self.line(format_args!("ia[{register}] = {value};"));
            } else {
                let vector = self.model.vector();
                self.line(format_args!("{vector} i{register} = {value};"));
            }
        }
        if self.usage.relative_vertex_inputs {
            self.fetch_input_function(&inputs)?;
        }
        Ok(())
    }

    fn input_value(
        &mut self,
        register: u32,
        slot: IoRegister,
        declared: &mut VaryingSet,
    ) -> Result<String, TranslateError> {
        let stage = self.shader.stage;
        if stage == Stage::Vertex {
            return Ok(self.attribute(register));
        }
        let Some(semantic) = slot.semantic else {
            return Err(TranslateError::Unsupported(format!(
                "IN[{register}] has no semantic"
            )));
        };
        match stage {
            Stage::Fragment => self.fragment_input(semantic, declared),
            Stage::TessEval => match semantic.name {
                SemanticName::TessOuter => Ok(TESS_OUTER.to_owned()),
                SemanticName::TessInner => Ok(TESS_INNER.to_owned()),
                _ => self.patch_input(semantic, declared),
            },
            Stage::Geometry if semantic.name == SemanticName::PrimitiveId => {
                Ok("uvec4(uint(gl_PrimitiveIDIn))".to_owned())
            }
            _ => Err(TranslateError::Unsupported(format!(
                "{} cannot be an input of stage {}",
                semantic.name.name(),
                stage.tgsi_name()
            ))),
        }
    }

    fn attribute(&mut self, register: u32) -> String {
        let bit = 1u32.checked_shl(register).unwrap_or(0);
        self.interface.attributes |= bit;
        let key = self.key.vertex;
        let kind = if key.int_attributes & bit != 0 {
            Kind::Int
        } else if key.uint_attributes & bit != 0 {
            Kind::Uint
        } else {
            Kind::Float
        };
        if self.model == Model::Floats {
            self.global(format_args!("attribute highp vec4 attr{register};"));
        } else {
            self.global(format_args!(
                "layout(location = {register}) in highp {} attr{register};",
                kind.glsl(4)
            ));
        }
        let swizzle = if key.swap_red_blue & bit != 0 {
            ".zyxw"
        } else {
            ""
        };
        let text = format!("attr{register}{swizzle}");
        super::expr::cast(text, kind, Kind::Uint, 4)
    }

    fn fragment_input(
        &mut self,
        semantic: Semantic,
        declared: &mut VaryingSet,
    ) -> Result<String, TranslateError> {
        Ok(match semantic.name {
            SemanticName::Position => self.fragment_position(),
            SemanticName::Face => {
                format!("{}(U(gl_FrontFacing ? 1.0 : -1.0))", self.model.vector())
            }
            SemanticName::PointCoord => self.sprite_coord(),
            SemanticName::PrimitiveId => {
                self.need(Features::GEOMETRY_SHADER)?;
                "uvec4(uint(gl_PrimitiveID))".to_owned()
            }
            SemanticName::Layer => {
                self.need(Features::GEOMETRY_SHADER)?;
                "uvec4(uint(gl_Layer))".to_owned()
            }
            SemanticName::ViewportIndex => {
                if self.has(Features::VIEWPORT_ARRAY) {
                    self.need(Features::VIEWPORT_ARRAY)?;
                    "uvec4(uint(gl_ViewportIndex))".to_owned()
                } else {
                    self.model.zero().to_owned()
                }
            }
            SemanticName::ClipDistance => self.clip_distance_input(semantic)?,
            SemanticName::Generic | SemanticName::TexCoord if self.is_sprite(semantic) => {
                self.sprite_coord()
            }
            SemanticName::Color if self.key.fragment.two_sided => {
                let back = Semantic {
                    name: SemanticName::BackColor,
                    index: semantic.index,
                };
                let front = self.varying(semantic, declared);
                let back = self.varying(back, declared);
                format!("(gl_FrontFacing ? {front} : {back})")
            }
            _ => self.varying(semantic, declared),
        })
    }

    fn fragment_position(&mut self) -> String {
        let integer = self.shader.property(PropertyName::FsCoordPixelCenter);
        if integer == Some(PIXEL_CENTER_INTEGER) {
            "U(gl_FragCoord - vec4(0.5, 0.5, 0.0, 0.0))".to_owned()
        } else {
            "U(gl_FragCoord)".to_owned()
        }
    }

    fn clip_distance_input(&mut self, semantic: Semantic) -> Result<String, TranslateError> {
        if !self.key.produced.contains(semantic) {
            return Ok(self.model.zero().to_owned());
        }
        self.need(Features::CLIP_CULL_DISTANCE)?;
        let parts: Vec<String> = (0..4)
            .map(|c| format!("gl_ClipDistance[{}]", semantic.index * 4 + c))
            .collect();
        Ok(format!("U(vec4({}))", parts.join(", ")))
    }

    fn is_sprite(&self, semantic: Semantic) -> bool {
        semantic.index < 32 && self.key.fragment.sprite_coords & (1 << semantic.index) != 0
    }

    fn sprite_coord(&mut self) -> String {
        self.system(SystemUse::SPRITE_Y);
        "U(vec4(gl_PointCoord.x, gl_PointCoord.y * sys_sprite_y_scale + sys_sprite_y_bias, \
         0.0, 1.0))"
            .to_owned()
    }

    /// The value of a varying, which is declared on its first use; zero if the stage
    /// before does not write it.
    fn varying(&mut self, semantic: Semantic, declared: &mut VaryingSet) -> String {
        if !self.key.produced.contains(semantic) {
            return self.model.zero().to_owned();
        }
        let features = self.interpolation_features();
        let key = self.key.fragment.interpolation;
        let ty = key.declaration(semantic, features);
        let name = varying_name('v', semantic);
        if !declared.contains(semantic) {
            declared.insert(semantic);
            self.use_interpolation(&ty);
            let from = self.model.varying_in();
            self.global(format_args!(
                "{}{from} highp {} {name};",
                ty.qualifiers,
                ty.kind.glsl(4)
            ));
        }
        super::expr::cast(name, ty.kind, Kind::Uint, 4)
    }

    /// The bare name of the varying behind an input register and its kind, for the
    /// interpolation functions; `None` if the register is something else.
    pub(super) fn interpolated_input(&self, register: u32) -> Option<(String, Kind)> {
        let semantic = self.registers.input(register)?.semantic?;
        let plain = matches!(
            semantic.name,
            SemanticName::Generic
                | SemanticName::TexCoord
                | SemanticName::Color
                | SemanticName::BackColor
                | SemanticName::Fog
        );
        let replaced = self.is_sprite(semantic)
            || semantic.name == SemanticName::Color && self.key.fragment.two_sided;
        if !plain || replaced || !self.key.produced.contains(semantic) {
            return None;
        }
        let flat = self.key.fragment.interpolation.flat.contains(semantic);
        let kind = if flat { Kind::Uint } else { Kind::Float };
        Some((varying_name('v', semantic), kind))
    }

    /// Asks for the extensions that a declaration's qualifiers need.
    pub(super) fn use_interpolation(&mut self, ty: &InterpolatedType) {
        // Both were found to be there when the qualifiers were chosen.
        if ty.qualifiers.contains("noperspective") {
            let _ = self.need(Features::NOPERSPECTIVE);
        }
        if ty.qualifiers.contains("sample") {
            let _ = self.need(Features::MULTISAMPLE_INTERPOLATION);
        }
    }

    /// Prefix of the varyings that this stage reads.
    fn input_prefix(&self) -> char {
        match self.shader.stage {
            Stage::TessEval => 'b',
            Stage::Fragment => 'v',
            _ => 'a',
        }
    }

    fn patch_input(
        &mut self,
        semantic: Semantic,
        declared: &mut VaryingSet,
    ) -> Result<String, TranslateError> {
        if !self.key.produced.contains(semantic) {
            return Ok(self.model.zero().to_owned());
        }
        let name = varying_name(self.input_prefix(), semantic);
        if !declared.contains(semantic) {
            declared.insert(semantic);
            self.global(format_args!("patch in highp uvec4 {name};"));
        }
        Ok(name)
    }

    /// Declares the array of a per-vertex input that is no built-in.
    fn declare_vertex_input(
        &mut self,
        slot: IoRegister,
        declared: &mut VaryingSet,
    ) -> Result<(), TranslateError> {
        let Some(semantic) = slot.semantic else {
            return Ok(());
        };
        if is_builtin(semantic.name)
            || !self.key.produced.contains(semantic)
            || declared.contains(semantic)
        {
            return Ok(());
        }
        declared.insert(semantic);
        let name = varying_name(self.input_prefix(), semantic);
        let flat = self.flat_between_stages();
        self.global(format_args!("{flat}in highp uvec4 {name}[];"));
        Ok(())
    }

    /// The qualifier of integer varyings between stages before the rasteriser.
    pub(super) fn flat_between_stages(&self) -> &'static str {
        "flat "
    }

    /// One attribute of one vertex.
    pub(super) fn vertex_input(
        &mut self,
        vertex: Index,
        attribute: Index,
    ) -> Result<Readable, TranslateError> {
        let vertices = self.input_vertices();
        let chosen = vertex.fixed().is_none();
        let vertex = self.index_text(vertex, 0, vertices);
        match attribute.fixed() {
            Some(register) if chosen => self.chosen_vertex_input(&vertex, register),
            Some(register) => self.vertex_input_of(&vertex, register),
            None => {
                let count = self.registers.inputs;
                let attribute = self.index_text(attribute, 0, count);
                Ok(Readable::raw(format!("fetch_input({vertex}, {attribute})")))
            }
        }
    }

    /// One attribute of a vertex that the shader computes. Geometry shaders choose between
    /// all vertices: Mesa's software rasteriser takes such an index for a constant.
    fn chosen_vertex_input(
        &mut self,
        vertex: &str,
        register: u32,
    ) -> Result<Readable, TranslateError> {
        if self.shader.stage != Stage::Geometry {
            return self.vertex_input_of(vertex, register);
        }
        let last = self.input_vertices() - 1;
        let Readable { mut text, kind } = self.vertex_input_of(&last.to_string(), register)?;
        for number in (0..last).rev() {
            let value = self.vertex_input_of(&number.to_string(), register)?.text;
            text = format!("{vertex} == {number} ? {value} : {text}");
        }
        let text = format!("({text})");
        Ok(Readable { text, kind })
    }

    fn vertex_input_of(&mut self, vertex: &str, register: u32) -> Result<Readable, TranslateError> {
        let slot = self.registers.input(register).filter(|s| s.per_vertex);
        let Some(semantic) = slot.and_then(|s| s.semantic) else {
            return Err(TranslateError::Unsupported(format!(
                "IN[{register}] is no array of vertices"
            )));
        };
        let float = |text: String| Readable {
            text,
            kind: Kind::Float,
        };
        Ok(match semantic.name {
            SemanticName::PrimitiveId => Readable::raw("uvec4(uint(gl_PrimitiveIDIn))".to_owned()),
            SemanticName::Position => float(format!("gl_in[{vertex}].gl_Position")),
            _ if !self.key.produced.contains(semantic) => {
                Readable::raw(self.model.zero().to_owned())
            }
            SemanticName::PointSize => {
                if self.need_point_size().is_err() {
                    return Ok(float("vec4(1.0)".to_owned()));
                }
                float(format!("vec4(gl_in[{vertex}].gl_PointSize)"))
            }
            SemanticName::ClipDistance => {
                self.need(Features::CLIP_CULL_DISTANCE)?;
                let parts: Vec<String> = (0..4)
                    .map(|c| {
                        format!(
                            "gl_in[{vertex}].gl_ClipDistance[{}]",
                            semantic.index * 4 + c
                        )
                    })
                    .collect();
                float(format!("vec4({})", parts.join(", ")))
            }
            _ => {
                let name = varying_name(self.input_prefix(), semantic);
                Readable::raw(format!("{name}[{vertex}]"))
            }
        })
    }

    /// Makes sure that `gl_PointSize` exists in this stage.
    pub(super) fn need_point_size(&mut self) -> Result<(), TranslateError> {
        match self.shader.stage {
            Stage::Geometry => self.need(Features::GEOMETRY_POINT_SIZE),
            Stage::TessCtrl | Stage::TessEval => self.need(Features::TESSELLATION_POINT_SIZE),
            _ => Ok(()),
        }
    }

    /// Gives `gl_PerVertex` the member `gl_PointSize` wherever the host can: stages that
    /// hand the block to each other must agree on its members, used or not.
    pub(super) fn declare_point_size(&mut self) {
        // A host without the extensions has no such member in any stage.
        let _ = self.need_point_size();
    }

    /// Number of vertices in the input arrays.
    fn input_vertices(&self) -> u32 {
        if self.shader.stage != Stage::Geometry {
            // gl_MaxPatchVertices is at least this.
            return 32;
        }
        match self.shader.property(PropertyName::GsInputPrimitive) {
            Some(0) => 1,
            Some(1) => 2,
            Some(10) => 4,
            Some(12) => 6,
            _ => 3,
        }
    }

    /// An attribute chosen by a register.
    fn fetch_input_function(&mut self, inputs: &[(u32, IoRegister)]) -> Result<(), TranslateError> {
        let mut text = String::from("uvec4 fetch_input(int v, int i) {\n    switch (i) {\n");
        for &(register, slot) in inputs {
            if slot.per_vertex {
                let value = self.chosen_vertex_input("v", register)?;
                let value = super::expr::cast(value.text, value.kind, Kind::Uint, 4);
                text.push_str(&format!("    case {register}: return {value};\n"));
            }
        }
        text.push_str("    }\n    return uvec4(0u);\n}\n");
        self.functions.push_str(&text);
        Ok(())
    }

    /// What the state asks of every fragment before the shader runs.
    pub(super) fn prologue(&mut self) {
        if self.shader.stage != Stage::Fragment {
            return;
        }
        let key = self.key.fragment;
        for plane in 0..u32::from(key.emulated_clip_planes.min(8)) {
            let (register, component) = (plane / 4, plane % 4);
            if component == 0 {
                let from = self.model.varying_in();
                self.global(format_args!("{from} highp vec4 v_clip{register};"));
            }
            let selector = super::arithmetic::selector(&[component as u8]);
            self.line(format_args!(
                "if (v_clip{register}{selector} < 0.0) discard;"
            ));
        }
        if key.stipple {
            self.system(SystemUse::STIPPLE);
            self.helpers.insert(match self.model {
                Model::Words => Helper::StippleTest,
                Model::Floats => Helper::StippleTestFloats,
            });
            self.line(format_args!("if (!stippled(gl_FragCoord.xy)) discard;"));
        }
    }

    /// The initial value of a system value.
    fn system_value(&mut self, decl: &SystemValueDecl) -> Result<String, TranslateError> {
        let name = decl.semantic.name;
        if self.model == Model::Floats && name == SemanticName::InstanceId {
            self.system(SystemUse::DRAW_PARAMETERS);
            return Ok("vec4(sys_instance)".to_owned());
        }
        if self.model == Model::Floats && name != SemanticName::Position {
            return Err(TranslateError::HostLacks("system values that are integers"));
        }
        let Some(row) = SYSTEM_VALUES.iter().find(|row| row.name == name) else {
            return Err(TranslateError::Unsupported(format!(
                "the system value {} has no form in GLSL ES",
                name.name()
            )));
        };
        if !row.feature.is_empty() {
            self.need(row.feature)?;
        }
        self.need_version(row.version, row.name.name())?;
        self.system(row.system);
        let geometry = self.shader.stage == Stage::Geometry;
        if name == SemanticName::PrimitiveId && geometry {
            return Ok("uvec4(uint(gl_PrimitiveIDIn))".to_owned());
        }
        Ok(row.value.to_owned())
    }
}

/// True for semantics that have a built-in variable in per-vertex arrays.
pub(super) const fn is_builtin(name: SemanticName) -> bool {
    matches!(
        name,
        SemanticName::Position
            | SemanticName::PointSize
            | SemanticName::ClipDistance
            | SemanticName::PrimitiveId
    )
}

pub(super) const TESS_OUTER: &str = "U(vec4(gl_TessLevelOuter[0], gl_TessLevelOuter[1], \
                          gl_TessLevelOuter[2], gl_TessLevelOuter[3]))";
pub(super) const TESS_INNER: &str = "U(vec4(gl_TessLevelInner[0], gl_TessLevelInner[1], 0.0, 0.0))";

/// One system value: its GLSL and what that needs.
struct SystemValueRow {
    name: SemanticName,
    value: &'static str,
    version: GlslVersion,
    feature: Features,
    system: SystemUse,
}

const fn value(name: SemanticName, value: &'static str) -> SystemValueRow {
    SystemValueRow {
        name,
        value,
        version: GlslVersion::Es300,
        feature: Features::empty(),
        system: SystemUse::empty(),
    }
}

const fn value_since(
    name: SemanticName,
    text: &'static str,
    version: GlslVersion,
) -> SystemValueRow {
    SystemValueRow {
        version,
        ..value(name, text)
    }
}

const fn value_with(name: SemanticName, text: &'static str, feature: Features) -> SystemValueRow {
    SystemValueRow {
        feature,
        ..value(name, text)
    }
}

const fn value_of(name: SemanticName, text: &'static str, system: SystemUse) -> SystemValueRow {
    SystemValueRow {
        system,
        ..value(name, text)
    }
}

/// The system values that GLSL ES or the system block can give.
static SYSTEM_VALUES: &[SystemValueRow] = {
    use GlslVersion::Es310;
    const SAMPLE: Features = Features::SAMPLE_VARIABLES;
    const DRAW: SystemUse = SystemUse::DRAW_PARAMETERS;
    &[
        value(SemanticName::VertexId, "uvec4(uint(gl_VertexID))"),
        value_of(
            SemanticName::VertexIdNoBase,
            "uvec4(uint(gl_VertexID - sys_base_vertex))",
            DRAW,
        ),
        value_of(
            SemanticName::BaseVertex,
            "uvec4(uint(sys_base_vertex))",
            DRAW,
        ),
        value_of(
            SemanticName::BaseInstance,
            "uvec4(uint(sys_base_instance))",
            DRAW,
        ),
        value_of(SemanticName::DrawId, "uvec4(uint(sys_draw_id))", DRAW),
        value(SemanticName::InstanceId, "uvec4(uint(gl_InstanceID))"),
        value_with(
            SemanticName::PrimitiveId,
            "uvec4(uint(gl_PrimitiveID))",
            Features::GEOMETRY_SHADER,
        ),
        value(SemanticName::InvocationId, "uvec4(uint(gl_InvocationID))"),
        value(SemanticName::VerticesIn, "uvec4(uint(gl_PatchVerticesIn))"),
        value(SemanticName::TessCoord, "uvec4(U(gl_TessCoord), 0u)"),
        value(SemanticName::TessOuter, TESS_OUTER),
        value(SemanticName::TessInner, TESS_INNER),
        value_of(
            SemanticName::TessDefaultOuter,
            "U(sys_tess_outer)",
            SystemUse::TESS_LEVELS,
        ),
        value_of(
            SemanticName::TessDefaultInner,
            "U(sys_tess_inner)",
            SystemUse::TESS_LEVELS,
        ),
        value(SemanticName::Position, "U(gl_FragCoord)"),
        value(
            SemanticName::Face,
            "uvec4(gl_FrontFacing ? 0xffffffffu : 0u)",
        ),
        value(
            SemanticName::PointCoord,
            "uvec4(U(gl_PointCoord), 0u, 0x3f800000u)",
        ),
        value_with(SemanticName::SampleId, "uvec4(uint(gl_SampleID))", SAMPLE),
        value_with(
            SemanticName::SamplePos,
            "uvec4(U(gl_SamplePosition), 0u, 0u)",
            SAMPLE,
        ),
        value_with(
            SemanticName::SampleMask,
            "uvec4(uint(gl_SampleMaskIn[0]))",
            SAMPLE,
        ),
        value_with(
            SemanticName::Layer,
            "uvec4(uint(gl_Layer))",
            Features::GEOMETRY_SHADER,
        ),
        value_since(
            SemanticName::HelperInvocation,
            "uvec4(gl_HelperInvocation ? 0xffffffffu : 0u)",
            Es310,
        ),
        value_since(
            SemanticName::ThreadId,
            "uvec4(gl_LocalInvocationID, 0u)",
            Es310,
        ),
        value_since(SemanticName::BlockId, "uvec4(gl_WorkGroupID, 0u)", Es310),
        value_since(SemanticName::GridSize, "uvec4(gl_NumWorkGroups, 0u)", Es310),
        value_since(
            SemanticName::BlockSize,
            "uvec4(gl_WorkGroupSize, 0u)",
            Es310,
        ),
    ]
};
