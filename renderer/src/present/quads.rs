//! Textured rectangles in a window.
//!
//! Where the host has sampler objects, the textures' own parameters never change; on
//! OpenGL ES 2.0 they change for the length of a draw.

use std::rc::Rc;

use maro_gpu::renderer::Rect;

use super::painter::PainterError;
use crate::gl::{Buffer, Gl, Program, Sampler, Shader, VertexArray};

/// `TEXTURE_SRGB_DECODE_EXT` and its value `SKIP_DECODE_EXT` (`EXT_texture_sRGB_decode`).
const SRGB_DECODE: (u32, i32) = (0x8a48, 0x8a4a);

const VERTEX_SHADER: &str = "
in vec2 corner;
uniform vec4 place;
uniform vec4 source;
out vec2 texel;
void main() {
    texel = mix(source.xy, source.zw, corner);
    gl_Position = vec4(mix(place.xy, place.zw, corner), 0.0, 1.0);
}
";

// Interpolation must not reach beyond the part that is shown: `inside` is that part
// without half a texel at each edge. The scanout's alpha means nothing.
const FRAGMENT_SHADER: &str = "
precision highp float;
precision highp int;
uniform sampler2D picture;
uniform vec4 inside;
uniform int opaque;
in vec2 texel;
out vec4 color;
void main() {
    color = texture(picture, clamp(texel, inside.xy, inside.zw));
    if (opaque != 0) color.a = 1.0;
}
";

/// What makes both shaders texts of OpenGL ES 2.0's language.
const ES20_VERTEX: &str = "#version 100\n#define in attribute\n#define out varying";
const ES20_FRAGMENT: &str = "#version 100\n#ifndef GL_FRAGMENT_PRECISION_HIGH\n\
    #define highp mediump\n#endif\n#define in varying\n#define texture texture2D\n\
    #define color gl_FragColor";

/// The sampling parameters that a quad needs, on hosts where textures have them.
const SAMPLING: [u32; 4] = [
    glow::TEXTURE_MIN_FILTER,
    glow::TEXTURE_MAG_FILTER,
    glow::TEXTURE_WRAP_S,
    glow::TEXTURE_WRAP_T,
];

/// Where the picture of a quad comes from.
pub(super) struct Quad {
    pub(super) texture: glow::Texture,
    pub(super) size: (u32, u32),
    pub(super) source: Rect,
    pub(super) smooth: bool,
    pub(super) opaque: bool,
}

/// A quad's program and state.
pub(super) struct Quads {
    gl: Rc<Gl>,
    program: Program,
    place: Option<glow::UniformLocation>,
    source: Option<glow::UniformLocation>,
    inside: Option<glow::UniformLocation>,
    opaque: Option<glow::UniformLocation>,
    /// `None` on hosts that have neither vertex arrays nor samplers.
    corners: Option<VertexArray>,
    vertices: Buffer,
    sharp: Option<Sampler>,
    smooth: Option<Sampler>,
}

impl Quads {
    pub(super) fn new(gl: &Rc<Gl>) -> Result<Self, PainterError> {
        let version = gl.get_parameter_string(glow::VERSION);
        let es = version.starts_with("OpenGL ES");
        // A host below 3.0 does not know these parameters and leaves 0.
        let major = gl.get_parameter_i32(glow::MAJOR_VERSION);
        let minor = gl.get_parameter_i32(glow::MINOR_VERSION);
        gl.take_error();
        if !gl.is_es20() && (major, minor) < (3, if es { 0 } else { 3 }) {
            return Err(PainterError::Version(version));
        }
        let program = link(gl, es).map_err(PainterError::Driver)?;
        let uniform = |name| gl.get_uniform_location(program.name(), name);
        let decode = gl.extensions().contains("GL_EXT_texture_sRGB_decode");
        let sampler = |filter| {
            (!gl.is_es20())
                .then(|| sampler(gl, filter, decode))
                .transpose()
                .map_err(PainterError::Driver)
        };
        let (corners, vertices) = unit_square(gl).map_err(PainterError::Driver)?;
        Ok(Self {
            place: uniform("place"),
            source: uniform("source"),
            inside: uniform("inside"),
            opaque: uniform("opaque"),
            corners,
            vertices,
            sharp: sampler(glow::NEAREST)?,
            smooth: sampler(glow::LINEAR)?,
            program,
            gl: Rc::clone(gl),
        })
    }

    /// Draws `quad` into a rectangle of the window: left, upper, right and lower edge in
    /// pixels.
    pub(super) fn draw(&self, quad: &Quad, edges: [f64; 4], window: (u32, u32)) {
        let gl = &self.gl;
        let (width, height) = (f64::from(window.0), f64::from(window.1));
        let place = [
            edges[0] / width * 2.0 - 1.0,
            1.0 - edges[1] / height * 2.0,
            edges[2] / width * 2.0 - 1.0,
            1.0 - edges[3] / height * 2.0,
        ];
        let Rect {
            x,
            y,
            width,
            height,
        } = quad.source;
        let far = (
            f64::from(x) + f64::from(width),
            f64::from(y) + f64::from(height),
        );
        let texels = |inset: f64| {
            [
                (f64::from(x) + inset) / f64::from(quad.size.0),
                (f64::from(y) + inset) / f64::from(quad.size.1),
                (far.0 - inset) / f64::from(quad.size.0),
                (far.1 - inset) / f64::from(quad.size.1),
            ]
        };
        gl.use_program(Some(self.program.name()));
        set_vec4(gl, self.place.as_ref(), place);
        set_vec4(gl, self.source.as_ref(), texels(0.0));
        set_vec4(gl, self.inside.as_ref(), texels(0.5));
        gl.uniform_1_i32(self.opaque.as_ref(), i32::from(quad.opaque));
        let sampler = if quad.smooth {
            &self.smooth
        } else {
            &self.sharp
        };
        gl.bind_sampler(0, sampler.as_ref().map(Sampler::name));
        gl.bind_texture(0, glow::TEXTURE_2D, Some(quad.texture));
        if let Some(corners) = &self.corners {
            gl.bind_vertex_array(Some(corners.name()));
            gl.draw_arrays(glow::TRIANGLE_STRIP, 0, 4);
        } else {
            self.draw_es20(quad.smooth);
        }
        // The next picture must be bound anew, and the name may be another texture's by then.
        gl.bind_texture(0, glow::TEXTURE_2D, None);
    }
}

impl Quads {
    /// Draws the square with the texture of unit 0, whose sampling parameters are then
    /// those that it had: it may be the guest's.
    fn draw_es20(&self, smooth: bool) {
        let gl = &self.gl;
        point_at_square(gl, &self.vertices);
        let filter = if smooth { glow::LINEAR } else { glow::NEAREST };
        let wanted = [filter, filter, glow::CLAMP_TO_EDGE, glow::CLAMP_TO_EDGE];
        let before = SAMPLING.map(|name| gl.get_tex_parameter_i32(glow::TEXTURE_2D, name));
        for (name, value) in SAMPLING.into_iter().zip(wanted) {
            gl.tex_parameter_i32(glow::TEXTURE_2D, name, value as i32);
        }
        gl.draw_arrays(glow::TRIANGLE_STRIP, 0, 4);
        for (name, value) in SAMPLING.into_iter().zip(before) {
            gl.tex_parameter_i32(glow::TEXTURE_2D, name, value);
        }
    }
}

fn set_vec4(gl: &Gl, location: Option<&glow::UniformLocation>, [x, y, z, w]: [f64; 4]) {
    gl.uniform_4_f32(location, x as f32, y as f32, z as f32, w as f32);
}

fn link(gl: &Rc<Gl>, es: bool) -> Result<Program, String> {
    let (vertex, fragment) = match (gl.is_es20(), es) {
        (true, _) => (ES20_VERTEX, ES20_FRAGMENT),
        (false, true) => ("#version 300 es", "#version 300 es"),
        (false, false) => ("#version 330", "#version 330"),
    };
    let compile = |stage, head, body| Shader::compile(gl, stage, &format!("{head}\n{body}"));
    let vertex = compile(glow::VERTEX_SHADER, vertex, VERTEX_SHADER)?;
    let body = if gl.is_es20() {
        FRAGMENT_SHADER.replace("out vec4 color;\n", "")
    } else {
        FRAGMENT_SHADER.to_owned()
    };
    let fragment = compile(glow::FRAGMENT_SHADER, fragment, &body)?;
    let program = Program::new(gl)?;
    gl.attach_shader(program.name(), vertex.name());
    gl.attach_shader(program.name(), fragment.name());
    gl.bind_attrib_location(program.name(), 0, "corner");
    gl.link_program(program.name());
    if !gl.get_program_link_status(program.name()) {
        return Err(gl.get_program_info_log(program.name()));
    }
    Ok(program)
}

fn sampler(gl: &Rc<Gl>, filter: u32, srgb_decode: bool) -> Result<Sampler, String> {
    let sampler = Sampler::new(gl)?;
    let set = |parameter, value| gl.sampler_parameter_i32(sampler.name(), parameter, value);
    set(glow::TEXTURE_MIN_FILTER, filter as i32);
    set(glow::TEXTURE_MAG_FILTER, filter as i32);
    set(glow::TEXTURE_WRAP_S, glow::CLAMP_TO_EDGE as i32);
    set(glow::TEXTURE_WRAP_T, glow::CLAMP_TO_EDGE as i32);
    if srgb_decode {
        // A scanout's bytes go to the screen as they are.
        set(SRGB_DECODE.0, SRGB_DECODE.1);
    }
    Ok(sampler)
}

/// The corners of a square of size 1, the upper left one being the origin, as attribute 0.
fn unit_square(gl: &Rc<Gl>) -> Result<(Option<VertexArray>, Buffer), String> {
    const CORNERS: [f32; 8] = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    let bytes: Vec<u8> = CORNERS
        .iter()
        .flat_map(|value| value.to_ne_bytes())
        .collect();
    let buffer = Buffer::new(gl)?;
    let array = (!gl.is_es20()).then(|| VertexArray::new(gl)).transpose()?;
    if let Some(array) = &array {
        gl.bind_vertex_array(Some(array.name()));
    }
    gl.bind_buffer(glow::ARRAY_BUFFER, Some(buffer.name()));
    gl.buffer_data_size(glow::ARRAY_BUFFER, bytes.len() as i32, glow::STATIC_DRAW);
    gl.buffer_sub_data(glow::ARRAY_BUFFER, 0, &bytes);
    point_at_square(gl, &buffer);
    Ok((array, buffer))
}

fn point_at_square(gl: &Gl, vertices: &Buffer) {
    gl.bind_buffer(glow::ARRAY_BUFFER, Some(vertices.name()));
    gl.vertex_attrib_pointer_f32(0, 2, glow::FLOAT, false, 8, 0);
    gl.enable_vertex_attrib_array(0);
}
