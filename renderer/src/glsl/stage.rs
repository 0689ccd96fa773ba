//! Layout qualifiers of whole stages.

use super::TranslateError;
use super::profile::{Features, GlslVersion};
use super::writer::Writer;
use crate::tgsi::ir::Stage;
use crate::tgsi::semantic::PropertyName;

/// Names of advanced blend equations by the bit of `FS_BLEND_EQUATION_ADVANCED`.
const BLEND_EQUATIONS: [&str; 15] = [
    "blend_support_multiply",
    "blend_support_screen",
    "blend_support_overlay",
    "blend_support_darken",
    "blend_support_lighten",
    "blend_support_colordodge",
    "blend_support_colorburn",
    "blend_support_hardlight",
    "blend_support_softlight",
    "blend_support_difference",
    "blend_support_exclusion",
    "blend_support_hsl_hue",
    "blend_support_hsl_saturation",
    "blend_support_hsl_color",
    "blend_support_hsl_luminosity",
];

impl Writer<'_> {
    /// Writes the layout of the shader's stage.
    pub(super) fn stage_layout(&mut self) -> Result<(), TranslateError> {
        match self.shader.stage {
            Stage::Vertex => Ok(()),
            Stage::Fragment => self.fragment_layout(),
            Stage::Geometry => self.geometry_layout(),
            Stage::TessCtrl => self.tess_ctrl_layout(),
            Stage::TessEval => self.tess_eval_layout(),
            Stage::Compute => self.compute_layout(),
        }
    }

    fn fragment_layout(&mut self) -> Result<(), TranslateError> {
        if self.shader.property(PropertyName::FsEarlyDepthStencil) == Some(1) {
            self.need_version(GlslVersion::Es310, "early fragment tests")?;
            self.global(format_args!("layout(early_fragment_tests) in;"));
        }
        let equations = self
            .shader
            .property(PropertyName::FsBlendEquationAdvanced)
            .unwrap_or(0);
        if equations != 0 {
            self.need(Features::BLEND_EQUATION_ADVANCED)?;
            for (bit, name) in BLEND_EQUATIONS.iter().enumerate() {
                if equations & (1 << bit) != 0 {
                    self.global(format_args!("layout({name}) out;"));
                }
            }
        }
        Ok(())
    }

    fn geometry_layout(&mut self) -> Result<(), TranslateError> {
        self.need(Features::GEOMETRY_SHADER)?;
        self.declare_point_size();
        let shader = self.shader;
        let input = match shader.property(PropertyName::GsInputPrimitive) {
            Some(0) => "points",
            Some(1) => "lines",
            Some(10) => "lines_adjacency",
            Some(12) => "triangles_adjacency",
            _ => "triangles",
        };
        let output = match shader.property(PropertyName::GsOutputPrimitive) {
            Some(0) => "points",
            Some(3) => "line_strip",
            _ => "triangle_strip",
        };
        let vertices = shader
            .property(PropertyName::GsMaxOutputVertices)
            .unwrap_or(0);
        match shader.property(PropertyName::GsInvocations) {
            Some(count) if count > 1 => {
                self.global(format_args!("layout({input}, invocations = {count}) in;"));
            }
            _ => self.global(format_args!("layout({input}) in;")),
        }
        self.global(format_args!(
            "layout({output}, max_vertices = {vertices}) out;"
        ));
        Ok(())
    }

    fn tess_ctrl_layout(&mut self) -> Result<(), TranslateError> {
        self.need(Features::TESSELLATION_SHADER)?;
        self.declare_point_size();
        let vertices = self.output_vertices();
        self.global(format_args!("layout(vertices = {vertices}) out;"));
        Ok(())
    }

    /// Vertices of the patch that a tessellation control shader puts out.
    pub(super) fn output_vertices(&self) -> u32 {
        self.shader
            .property(PropertyName::TcsVerticesOut)
            .unwrap_or(1)
    }

    fn tess_eval_layout(&mut self) -> Result<(), TranslateError> {
        self.need(Features::TESSELLATION_SHADER)?;
        self.declare_point_size();
        let shader = self.shader;
        let primitive = match shader.property(PropertyName::TesPrimMode) {
            Some(1) => "isolines",
            Some(7) => "quads",
            _ => "triangles",
        };
        let spacing = match shader.property(PropertyName::TesSpacing) {
            Some(0) => "fractional_odd_spacing",
            Some(1) => "fractional_even_spacing",
            _ => "equal_spacing",
        };
        let order = match shader.property(PropertyName::TesVertexOrderCw) {
            Some(1) => "cw",
            _ => "ccw",
        };
        let points = match shader.property(PropertyName::TesPointMode) {
            Some(1) => ", point_mode",
            _ => "",
        };
        self.global(format_args!(
            "layout({primitive}, {spacing}, {order}{points}) in;"
        ));
        Ok(())
    }

    fn compute_layout(&mut self) -> Result<(), TranslateError> {
        self.need_version(GlslVersion::Es310, "compute shaders")?;
        let size = [
            PropertyName::CsFixedBlockWidth,
            PropertyName::CsFixedBlockHeight,
            PropertyName::CsFixedBlockDepth,
        ]
        .map(|name| self.shader.property(name).unwrap_or(1));
        self.interface.local_size = size;
        let [x, y, z] = size;
        self.global(format_args!(
            "layout(local_size_x = {x}, local_size_y = {y}, local_size_z = {z}) in;"
        ));
        Ok(())
    }
}
