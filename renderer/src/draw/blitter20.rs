//! Blits by drawing on hosts of OpenGL ES 2.0, in its shading language.
//!
//! Without `EXT_shader_texture_lod`, fragment shaders cannot name a mip level: then a bias
//! makes the implicit level, which follows from how many texels go into a pixel, the
//! right one.

use std::collections::HashMap;
use std::rc::Rc;

use super::blitter::{CUBE, Kind, Recipe, SourceRect};
use crate::context::error::CommandError;
use crate::gl::host::Feature;
use crate::gl::{Program, Shader};
use crate::host::Host;
use crate::protocol::values::Swizzle;

struct BlitProgram {
    program: Program,
    corners: Option<glow::UniformLocation>,
    place: Option<glow::UniformLocation>,
    mix: Option<glow::UniformLocation>,
}

/// The programs of drawn blits, made at their first use.
#[derive(Default)]
pub struct Blitter20(HashMap<Recipe, Rc<BlitProgram>>);

const VERTEX: &str = "\
#version 100
uniform highp vec4 corners;
attribute highp vec2 corner;
varying highp vec2 place;
void main() {
    place = mix(corners.xy, corners.zw, corner);
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
";

/// Target of the source, the end of its sampler's and its lookup's name, and coordinate.
const TARGETS: [(u32, &str, &str); 3] = [
    (glow::TEXTURE_2D, "2D", "place"),
    (glow::TEXTURE_3D, "3D", "vec3(place, at.x)"),
    (
        glow::TEXTURE_CUBE_MAP,
        "Cube",
        "direction(place, int(at.x))",
    ),
];

fn fragment(host: &Host, recipe: Recipe) -> Option<String> {
    let (_, suffix, coordinate) = TARGETS.iter().find(|row| row.0 == recipe.target).copied()?;
    let names_level = suffix != "3D" && host.caps.has(Feature::ShaderTextureLod);
    let mut extensions = String::new();
    let mut require = |name: &str| {
        extensions.push_str(&format!("#extension {name} : require\n"));
    };
    if names_level {
        require("GL_EXT_shader_texture_lod");
    }
    if suffix == "3D" {
        require("GL_OES_texture_3D");
    }
    let store = match recipe.kind {
        Kind::Float => {
            "gl_FragColor = vec4(dot(mixing[0], value), dot(mixing[1], value), \
             dot(mixing[2], value), dot(mixing[3], value)) + mixing[4];"
        }
        Kind::Depth if host.caps.has(Feature::FragDepth) => {
            require("GL_EXT_frag_depth");
            "gl_FragDepthEXT = value.x;"
        }
        Kind::Stencil => {
            "if (mod(floor((value.x * 255.0 + 0.5) / at.w), 2.0) < 0.5) discard;\n    \
             gl_FragColor = value;"
        }
        _ => return None,
    };
    let lookup = if names_level {
        format!("texture{suffix}LodEXT(source, {coordinate}, at.y)")
    } else {
        format!("texture{suffix}(source, {coordinate}, at.z)")
    };
    let helpers = if suffix == "Cube" { CUBE } else { "" };
    Some(format!(
        "#version 100
{extensions}#ifndef GL_FRAGMENT_PRECISION_HIGH
#define highp mediump
#endif
precision highp float;
uniform highp sampler{suffix} source;
uniform highp vec4 at;
uniform highp vec4 mixing[5];
varying highp vec2 place;
{helpers}void main() {{
    highp vec4 value = {lookup};
    {store}
}}
"
    ))
}

/// The rows of a matrix and a sum that mix channels as a swizzle says.
fn mixing(swizzle: [Swizzle; 4]) -> [f32; 20] {
    let mut rows = [0.0; 20];
    for (channel, from) in swizzle.into_iter().enumerate() {
        match from {
            Swizzle::X | Swizzle::Y | Swizzle::Z | Swizzle::W => {
                rows[channel * 4 + from as usize] = 1.0;
            }
            Swizzle::Zero => {}
            Swizzle::One => rows[16 + channel] = 1.0,
        }
    }
    rows
}

impl Blitter20 {
    /// Draws the rectangle. The source texture is bound to the scratch unit and has its
    /// sampling parameters; the target framebuffer, viewport, scissor, masks and blending
    /// are set.
    ///
    /// # Errors
    /// If the host lacks what the blit needs or its compiler refuses the program.
    pub fn draw(
        &mut self,
        host: &Host,
        recipe: Recipe,
        rect: &SourceRect,
    ) -> Result<(), CommandError> {
        let gl = &host.gl;
        let program = self.program(host, recipe)?;
        gl.use_program(Some(program.program.name()));
        let [x0, y0, x1, y1] = rect.corners;
        let [width, height] = rect.size;
        let corners = program.corners.as_ref();
        gl.uniform_4_f32(corners, x0 / width, y0 / height, x1 / width, y1 / height);
        let bias = if rect.scale > 0.0 {
            -rect.scale.log2()
        } else {
            0.0
        };
        let place = program.place.as_ref();
        let bit = rect.stencil_bit.max(1) as f32;
        gl.uniform_4_f32(place, rect.slice, rect.level as f32, bias, bit);
        if let Some(mix) = &program.mix {
            gl.uniform_vectors(mix, &mixing(rect.swizzle));
        }
        if let Some(attributes) = &host.attributes {
            attributes.bind_corners(gl);
        }
        gl.draw_arrays(glow::TRIANGLE_STRIP, 0, 4);
        Ok(())
    }

    fn program(&mut self, host: &Host, recipe: Recipe) -> Result<Rc<BlitProgram>, CommandError> {
        if let Some(program) = self.0.get(&recipe) {
            return Ok(Rc::clone(program));
        }
        let gl = &host.gl;
        let Some(fragment) = fragment(host, recipe) else {
            return Err(CommandError::Unsupported("a blit of this kind"));
        };
        let failed = |log: String| CommandError::Host(format!("blit program: {log}"));
        let vertex = Shader::compile(gl, glow::VERTEX_SHADER, VERTEX).map_err(failed)?;
        let fragment = Shader::compile(gl, glow::FRAGMENT_SHADER, &fragment).map_err(failed)?;
        let program = Program::new(gl).map_err(failed)?;
        let name = program.name();
        gl.attach_shader(name, vertex.name());
        gl.attach_shader(name, fragment.name());
        gl.bind_attrib_location(name, 0, "corner");
        gl.link_program(name);
        if !gl.get_program_link_status(name) {
            return Err(failed(gl.get_program_info_log(name)));
        }
        gl.use_program(Some(name));
        let location = gl.get_uniform_location(name, "source");
        gl.uniform_1_i32(location.as_ref(), gl.draw_units() as i32);
        let made = Rc::new(BlitProgram {
            corners: gl.get_uniform_location(name, "corners"),
            place: gl.get_uniform_location(name, "at"),
            mix: gl.get_uniform_location(name, "mixing"),
            program,
        });
        self.0.insert(recipe, Rc::clone(&made));
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_takes_channels_and_constants() {
        let rows = mixing([Swizzle::Z, Swizzle::Y, Swizzle::Zero, Swizzle::One]);
        assert_eq!(rows[..4], [0.0, 0.0, 1.0, 0.0]);
        assert_eq!(rows[4..8], [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(rows[8..16], [0.0; 8]);
        assert_eq!(rows[16..], [0.0, 0.0, 0.0, 1.0]);
    }
}
