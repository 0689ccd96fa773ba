//! Blits by drawing: everything that `glBlitFramebuffer` of OpenGL ES cannot do.
//!
//! One rectangle is drawn with the source as a texture: with another format, swizzle or
//! sample count, scaled, mirrored, blended, or into some channels alone.

use std::collections::HashMap;
use std::rc::Rc;

use crate::context::error::CommandError;
use crate::gl::{Gl, Program, Sampler, Shader};
use crate::host::Host;
use crate::protocol::values::Filter;

/// What a blit's fragment shader reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Floating point or normalised colour.
    Float,
    /// Signed integer colour.
    Int,
    /// Unsigned integer colour.
    Uint,
    /// Depth.
    Depth,
}

/// The shape of a blit's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// A 2D texture, or a layer of an array or cube viewed as one.
    Flat,
    /// A 3D texture.
    Volume,
    /// A multisampled 2D texture, whose samples are averaged (or, for integers and depth,
    /// of which the first is taken).
    Multisample,
}

/// Where a drawn blit reads: `x0, y0, x1, y1` in texels, and the slice of a volume from
/// 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct SourceRect {
    /// Corners in texels.
    pub corners: [f32; 4],
    /// Size of the level in texels.
    pub size: [f32; 2],
    /// Place between the first and the last slice of a volume.
    pub slice: f32,
    /// Samples a texel.
    pub samples: u32,
}

struct BlitProgram {
    program: Program,
    corners: Option<glow::UniformLocation>,
    slice: Option<glow::UniformLocation>,
    samples: Option<glow::UniformLocation>,
}

/// The programs and samplers of drawn blits, made at their first use.
#[derive(Default)]
pub struct Blitter {
    programs: HashMap<(Kind, Source), Rc<BlitProgram>>,
    nearest: Option<Sampler>,
    linear: Option<Sampler>,
}

const VERTEX: &str = "#version 300 es
uniform highp vec4 corners;
out highp vec2 place;
void main() {
    highp vec2 p = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
    place = mix(corners.xy, corners.zw, p);
    gl_Position = vec4(p * 2.0 - 1.0, 0.0, 1.0);
}
";

fn fragment(kind: Kind, source: Source) -> String {
    let (prefix, vector) = match kind {
        Kind::Float | Kind::Depth => ("", "vec4"),
        Kind::Int => ("i", "ivec4"),
        Kind::Uint => ("u", "uvec4"),
    };
    let sampler = match source {
        Source::Flat => "sampler2D",
        Source::Volume => "sampler3D",
        Source::Multisample => "sampler2DMS",
    };
    let version = if source == Source::Multisample {
        "310"
    } else {
        "300"
    };
    let fetch = match (source, kind) {
        (Source::Flat, _) => "texture(source, place)".to_owned(),
        (Source::Volume, _) => "texture(source, vec3(place, slice))".to_owned(),
        (Source::Multisample, Kind::Float) => "average()".to_owned(),
        (Source::Multisample, _) => "texelFetch(source, ivec2(place), 0)".to_owned(),
    };
    let average = if source == Source::Multisample && kind == Kind::Float {
        "highp vec4 average() {
    highp vec4 sum = vec4(0.0);
    for (int i = 0; i < samples; i++) sum += texelFetch(source, ivec2(place), i);
    return sum / float(samples);
}
"
    } else {
        ""
    };
    let (output, store) = match kind {
        Kind::Depth => (String::new(), format!("gl_FragDepth = {fetch}.x;")),
        _ => (
            format!("out highp {vector} color;\n"),
            format!("color = {fetch};"),
        ),
    };
    format!(
        "#version {version} es
uniform highp {prefix}{sampler} source;
uniform highp float slice;
uniform int samples;
in highp vec2 place;
{output}{average}void main() {{
    {store}
}}
"
    )
}

impl Blitter {
    /// Draws the rectangle. The source texture is bound to the scratch unit, the target
    /// framebuffer, viewport, scissor, masks and blending are set.
    ///
    /// # Errors
    /// If the host's compiler refuses the program.
    pub fn draw(
        &mut self,
        host: &Host,
        kind: Kind,
        source: Source,
        filter: Filter,
        rect: &SourceRect,
    ) -> Result<(), CommandError> {
        let gl = &host.gl;
        let unit = gl.draw_units();
        let sampler = self.sampler(gl, filter)?;
        gl.bind_sampler(unit, Some(sampler));
        let program = self.program(gl, kind, source)?;
        gl.use_program(Some(program.program.name()));
        let [x0, y0, x1, y1] = rect.corners;
        let [width, height] = match source {
            Source::Multisample => [1.0, 1.0],
            _ => rect.size,
        };
        let corners = program.corners.as_ref();
        gl.uniform_4_f32(corners, x0 / width, y0 / height, x1 / width, y1 / height);
        if let Some(slice) = &program.slice {
            gl.uniform_1_f32(Some(slice), rect.slice);
        }
        if let Some(samples) = &program.samples {
            gl.uniform_1_i32(Some(samples), rect.samples.max(1) as i32);
        }
        gl.bind_vertex_array(Some(host.empty_vertex_array.name()));
        gl.draw_arrays(glow::TRIANGLE_STRIP, 0, 4);
        gl.bind_sampler(unit, None);
        Ok(())
    }

    fn sampler(&mut self, gl: &Rc<Gl>, filter: Filter) -> Result<glow::Sampler, CommandError> {
        let (slot, mode) = match filter {
            Filter::Nearest => (&mut self.nearest, glow::NEAREST),
            Filter::Linear => (&mut self.linear, glow::LINEAR),
        };
        if let Some(sampler) = slot {
            return Ok(sampler.name());
        }
        let sampler = Sampler::new(gl).map_err(CommandError::Host)?;
        let name = sampler.name();
        for parameter in [glow::TEXTURE_MIN_FILTER, glow::TEXTURE_MAG_FILTER] {
            gl.sampler_parameter_i32(name, parameter, mode as i32);
        }
        for parameter in [
            glow::TEXTURE_WRAP_S,
            glow::TEXTURE_WRAP_T,
            glow::TEXTURE_WRAP_R,
        ] {
            gl.sampler_parameter_i32(name, parameter, glow::CLAMP_TO_EDGE as i32);
        }
        *slot = Some(sampler);
        Ok(name)
    }

    fn program(
        &mut self,
        gl: &Rc<Gl>,
        kind: Kind,
        source: Source,
    ) -> Result<Rc<BlitProgram>, CommandError> {
        if let Some(program) = self.programs.get(&(kind, source)) {
            return Ok(Rc::clone(program));
        }
        let host = |log: String| CommandError::Host(format!("blit program: {log}"));
        let text = fragment(kind, source);
        let vertex_text = match source {
            Source::Multisample => VERTEX.replacen("300", "310", 1),
            _ => VERTEX.to_owned(),
        };
        let vertex = Shader::compile(gl, glow::VERTEX_SHADER, &vertex_text).map_err(host)?;
        let fragment = Shader::compile(gl, glow::FRAGMENT_SHADER, &text).map_err(host)?;
        let program = Program::new(gl).map_err(host)?;
        let name = program.name();
        gl.attach_shader(name, vertex.name());
        gl.attach_shader(name, fragment.name());
        gl.link_program(name);
        if !gl.get_program_link_status(name) {
            return Err(host(gl.get_program_info_log(name)));
        }
        gl.use_program(Some(name));
        let location = gl.get_uniform_location(name, "source");
        gl.uniform_1_i32(location.as_ref(), gl.draw_units() as i32);
        let made = Rc::new(BlitProgram {
            corners: gl.get_uniform_location(name, "corners"),
            slice: gl.get_uniform_location(name, "slice"),
            samples: gl.get_uniform_location(name, "samples"),
            program,
        });
        self.programs.insert((kind, source), Rc::clone(&made));
        Ok(made)
    }
}
