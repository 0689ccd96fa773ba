//! Registers that GLSL has otherwise: vertices of geometry shaders.

use maro_renderer::glsl::{ShaderKey, Translated, translate};
use maro_renderer::tgsi::ir::Stage;

use crate::compile::Host;
use crate::corpus;

fn translated(text: &str) -> Translated {
    let shader = corpus::load(text.as_bytes(), text);
    let (key, profile) = (ShaderKey::default(), corpus::llvmpipe_profile());
    translate(&shader, &key, &profile, None).unwrap_or_else(|e| panic!("{text}\n{e}"))
}

/// Mesa's software rasteriser does not compute such an index.
#[test]
fn vertices_of_geometry_shaders_are_chosen_without_an_index() {
    let text = "GEOM\nPROPERTY GS_INPUT_PRIMITIVE TRIANGLES\n\
        PROPERTY GS_OUTPUT_PRIMITIVE POINTS\nPROPERTY GS_MAX_OUTPUT_VERTICES 1\n\
        DCL IN[][0], POSITION\nDCL OUT[0], POSITION\nDCL CONST[0]\nDCL ADDR[0]\n\
        IMM[0] UINT32 {0, 0, 0, 0}\nUARL ADDR[0].x, CONST[0].xxxx\n\
        MOV OUT[0], IN[ADDR[0].x][0]\nEMIT IMM[0].xxxx\nEND";
    let geometry = translated(text);
    for vertex in 0..3 {
        let read = format!("gl_in[{vertex}].gl_Position");
        assert!(geometry.source.contains(&read), "{}", geometry.source);
    }
    assert!(!geometry.source.contains("gl_in[clamp"));
    let vertex = translated("VERT\nDCL IN[0]\nDCL OUT[0], POSITION\nMOV OUT[0], IN[0]\nEND");
    let fragment = translated("FRAG\nDCL OUT[0], COLOR\nDCL CONST[0]\nMOV OUT[0], CONST[0]\nEND");
    let stages = [
        (Stage::Vertex, vertex),
        (Stage::Geometry, geometry),
        (Stage::Fragment, fragment),
    ];
    Host::new()
        .link(&stages)
        .unwrap_or_else(|log| panic!("{log}"));
}
