//! A stand-in for a missing tessellation control shader: GLES wants one wherever there is
//! an evaluation shader, Gallium does not.

use std::fmt::Write as _;

use super::inputs::{is_builtin, varying_name};
use super::interface::Interface;
use super::key::VaryingSet;
use super::profile::{Features, HostProfile};
use super::system::{SystemBlock, SystemUse};
use super::{TranslateError, Translated, needs};
use crate::tgsi::ir::{Semantic, Stage};
use crate::tgsi::semantic::SemanticName;

/// Writes a tessellation control shader that hands patches of `vertices` vertices on as
/// they are, with the default levels of the system block. `produced` are the outputs of
/// the vertex shader.
///
/// # Errors
/// If the host has no tessellation.
pub fn passthrough_tcs(
    produced: VaryingSet,
    vertices: u32,
    profile: &HostProfile,
) -> Result<Translated, TranslateError> {
    let need = needs::lookup(Features::TESSELLATION_SHADER);
    let core = needs::in_core(Features::TESSELLATION_SHADER, profile.version);
    if !core && !profile.features.contains(Features::TESSELLATION_SHADER) {
        return Err(TranslateError::HostLacks(need.description));
    }
    let mut text = format!("{}\n", profile.version.directive());
    if !core {
        for extension in need.extensions {
            let _ = writeln!(text, "#extension {extension} : require");
        }
    }
    let point_size = needs::lookup(Features::TESSELLATION_POINT_SIZE);
    let has_point_size =
        !profile.version.is_es() || profile.features.contains(Features::TESSELLATION_POINT_SIZE);
    if has_point_size && profile.version.is_es() {
        for extension in point_size.extensions {
            let _ = writeln!(text, "#extension {extension} : require");
        }
    }
    text.push_str("precision highp float;\nprecision highp int;\n");
    text.push_str(SystemBlock::GLSL);
    let _ = writeln!(text, "layout(vertices = {}) out;", vertices.clamp(1, 32));
    let mut copies = String::new();
    let mut outputs = VaryingSet::EMPTY;
    let position = Semantic {
        name: SemanticName::Position,
        index: 0,
    };
    if produced.contains(position) {
        copies.push_str(
            "    gl_out[gl_InvocationID].gl_Position = gl_in[gl_InvocationID].gl_Position;\n",
        );
    }
    let size = Semantic {
        name: SemanticName::PointSize,
        index: 0,
    };
    if has_point_size && produced.contains(size) {
        copies.push_str(
            "    gl_out[gl_InvocationID].gl_PointSize = gl_in[gl_InvocationID].gl_PointSize;\n",
        );
    }
    for semantic in produced.iter().filter(|s| !is_builtin(s.name)) {
        let (from, to) = (varying_name('a', semantic), varying_name('b', semantic));
        let _ = writeln!(text, "flat in highp uvec4 {from}[];");
        let _ = writeln!(text, "flat out highp uvec4 {to}[];");
        let _ = writeln!(
            copies,
            "    {to}[gl_InvocationID] = {from}[gl_InvocationID];"
        );
        outputs.insert(semantic);
    }
    text.push_str("void main() {\n");
    text.push_str(&copies);
    for level in 0..4 {
        let _ = writeln!(
            text,
            "    gl_TessLevelOuter[{level}] = sys_tess_outer[{level}];"
        );
    }
    for level in 0..2 {
        let _ = writeln!(
            text,
            "    gl_TessLevelInner[{level}] = sys_tess_inner[{level}];"
        );
    }
    text.push_str("}\n");
    let mut interface = Interface::new(Stage::TessCtrl);
    interface.system = SystemUse::TESS_LEVELS;
    interface.outputs = outputs;
    Ok(Translated {
        source: text,
        interface,
    })
}
