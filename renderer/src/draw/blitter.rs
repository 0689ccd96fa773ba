//! Blits by drawing: everything that `glBlitFramebuffer` of OpenGL ES cannot do.
//!
//! One rectangle is drawn with the source as a texture: with another format, swizzle or
//! sample count, scaled, mirrored, blended, or into some channels alone. Stencil, which
//! fragment shaders cannot write, is drawn a bit at a time.

use std::collections::HashMap;
use std::rc::Rc;

use super::blitter20::Blitter20;
use crate::context::error::CommandError;
use crate::gl::{Gl, Program, Sampler, Shader, VertexArray};
use crate::host::Host;
use crate::protocol::values::{Filter, Swizzle};

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
    /// One bit of the stencil value: fragments without it are discarded.
    Stencil,
}

/// What is drawn by one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recipe {
    /// What is copied.
    pub kind: Kind,
    /// The GL target of the source.
    pub target: u32,
    /// Samples are copied one by one, not averaged.
    pub each_sample: bool,
}

/// Where a drawn blit reads.
#[derive(Clone, Copy, Debug)]
pub struct SourceRect {
    /// `x0, y0, x1, y1` in texels.
    pub corners: [f32; 4],
    /// Size of the level in texels.
    pub size: [f32; 2],
    /// The layer, or for a volume the place between first and last slice from 0 to 1.
    pub slice: f32,
    /// Mip level.
    pub level: u32,
    /// Samples a texel.
    pub samples: u32,
    /// How channels are mixed, on top of the texture's own swizzle.
    pub swizzle: [Swizzle; 4],
    /// The bit of a stencil blit.
    pub stencil_bit: u32,
    /// Texels of the level a pixel, in the direction that has more.
    pub scale: f32,
}

struct BlitProgram {
    program: Program,
    corners: Option<glow::UniformLocation>,
    place: Option<glow::UniformLocation>,
    swizzle: Option<glow::UniformLocation>,
    numbers: Option<glow::UniformLocation>,
}

/// The programs and samplers of drawn blits, made at their first use.
#[derive(Default)]
pub struct Blitter {
    programs: HashMap<Recipe, Rc<BlitProgram>>,
    nearest: Option<Sampler>,
    linear: Option<Sampler>,
    /// On hosts of OpenGL ES 2.0.
    es20: Blitter20,
}

const VERTEX: &str = "
uniform highp vec4 corners;
out highp vec2 place;
void main() {
    highp vec2 p = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
    place = mix(corners.xy, corners.zw, p);
    gl_Position = vec4(p * 2.0 - 1.0, 0.0, 1.0);
}
";

/// The direction of a place on a face of a cube map (OpenGL ES 3.2, table 8.27).
pub(super) const CUBE: &str = "
highp vec3 direction(highp vec2 p, int face) {
    highp vec2 q = p * 2.0 - 1.0;
    if (face == 0) return vec3(1.0, -q.y, -q.x);
    if (face == 1) return vec3(-1.0, -q.y, q.x);
    if (face == 2) return vec3(q.x, 1.0, q.y);
    if (face == 3) return vec3(q.x, -1.0, -q.y);
    if (face == 4) return vec3(q.x, -q.y, 1.0);
    return vec3(-q.x, -q.y, -1.0);
}
";

/// Sampler type and coordinate of each target; `where` is layer or slice, then level.
const TARGETS: &[(u32, &str, &str)] = &[
    (glow::TEXTURE_2D, "sampler2D", "place"),
    (
        glow::TEXTURE_2D_ARRAY,
        "sampler2DArray",
        "vec3(place, at.x)",
    ),
    (glow::TEXTURE_3D, "sampler3D", "vec3(place, at.x)"),
    (
        glow::TEXTURE_CUBE_MAP,
        "samplerCube",
        "direction(place, int(at.x))",
    ),
    (
        glow::TEXTURE_CUBE_MAP_ARRAY,
        "samplerCubeArray",
        "vec4(direction(place, int(at.x) % 6), float(int(at.x) / 6))",
    ),
    (glow::TEXTURE_2D_MULTISAMPLE, "sampler2DMS", "ivec2(place)"),
    (
        glow::TEXTURE_2D_MULTISAMPLE_ARRAY,
        "sampler2DMSArray",
        "ivec3(place, int(at.x))",
    ),
];

fn is_multisample(target: u32) -> bool {
    matches!(
        target,
        glow::TEXTURE_2D_MULTISAMPLE | glow::TEXTURE_2D_MULTISAMPLE_ARRAY
    )
}

/// The language version that a program needs.
fn version(gles: bool, recipe: Recipe) -> &'static str {
    if !gles {
        "#version 450\n"
    } else if recipe.each_sample
        || matches!(
            recipe.target,
            glow::TEXTURE_2D_MULTISAMPLE_ARRAY | glow::TEXTURE_CUBE_MAP_ARRAY
        )
    {
        "#version 320 es\n"
    } else if is_multisample(recipe.target) {
        "#version 310 es\n"
    } else {
        "#version 300 es\n"
    }
}

fn fragment(recipe: Recipe) -> String {
    let Recipe {
        kind,
        target,
        each_sample,
    } = recipe;
    let (prefix, vector, one) = match kind {
        Kind::Float | Kind::Depth => ("", "vec4", "1.0"),
        Kind::Int => ("i", "ivec4", "1"),
        Kind::Uint | Kind::Stencil => ("u", "uvec4", "1u"),
    };
    let (_, sampler, coordinate) = TARGETS
        .iter()
        .find(|row| row.0 == target)
        .copied()
        .unwrap_or(TARGETS[0]);
    let multisample = is_multisample(target);
    let fetch = match (multisample, each_sample) {
        (false, _) => format!("textureLod(source, {coordinate}, at.y)"),
        (true, true) => format!("texelFetch(source, {coordinate}, gl_SampleID)"),
        (true, false) if kind == Kind::Float => "average()".to_owned(),
        (true, false) => format!("texelFetch(source, {coordinate}, 0)"),
    };
    let mut helpers = String::new();
    if sampler.contains("Cube") {
        helpers.push_str(CUBE);
    }
    if multisample && kind == Kind::Float && !each_sample {
        helpers.push_str(&format!(
            "highp vec4 average() {{
    highp vec4 sum = vec4(0.0);
    for (int i = 0; i < numbers.x; i++) sum += texelFetch(source, {coordinate}, i);
    return sum / float(numbers.x);
}}
"
        ));
    }
    let store = match kind {
        Kind::Depth => "gl_FragDepth = value.x;".to_owned(),
        Kind::Stencil => "if ((value.x & uint(numbers.y)) == 0u) discard;".to_owned(),
        _ => {
            helpers.push_str(&format!(
                "highp {vector} mixed(highp {vector} v) {{
    highp {vector} r = v;
    for (int i = 0; i < 4; i++) {{
        int s = swizzle[i];
        r[i] = s < 4 ? v[s] : (s == 4 ? {one} - {one} : {one});
    }}
    return r;
}}
"
            ));
            "color = mixed(value);".to_owned()
        }
    };
    let output = match kind {
        Kind::Depth | Kind::Stencil => String::new(),
        _ => format!("out highp {vector} color;\n"),
    };
    format!(
        "
uniform highp {prefix}{sampler} source;
uniform highp vec4 at;
uniform highp ivec4 swizzle;
uniform highp ivec4 numbers;
in highp vec2 place;
{output}{helpers}void main() {{
    highp {vector} value = {fetch};
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
        recipe: Recipe,
        filter: Filter,
        rect: &SourceRect,
    ) -> Result<(), CommandError> {
        let gl = &host.gl;
        if gl.is_es20() {
            return self.es20.draw(host, recipe, rect);
        }
        let unit = gl.draw_units();
        let sampler = self.sampler(gl, filter)?;
        gl.bind_sampler(unit, Some(sampler));
        let program = self.program(host, recipe)?;
        gl.use_program(Some(program.program.name()));
        let [x0, y0, x1, y1] = rect.corners;
        let [width, height] = if is_multisample(recipe.target) {
            [1.0, 1.0]
        } else {
            rect.size
        };
        let corners = program.corners.as_ref();
        gl.uniform_4_f32(corners, x0 / width, y0 / height, x1 / width, y1 / height);
        let place = program.place.as_ref();
        gl.uniform_4_f32(place, rect.slice, rect.level as f32, 0.0, 0.0);
        let [r, g, b, a] = rect.swizzle.map(|channel| channel as i32);
        gl.uniform_4_i32(program.swizzle.as_ref(), r, g, b, a);
        let samples = rect.samples.max(1) as i32;
        let bit = rect.stencil_bit as i32;
        gl.uniform_4_i32(program.numbers.as_ref(), samples, bit, 0, 0);
        let empty = host.empty_vertex_array.as_ref();
        gl.bind_vertex_array(empty.map(VertexArray::name));
        gl.draw_arrays(glow::TRIANGLE_STRIP, 0, 4);
        gl.bind_sampler(unit, None);
        Ok(())
    }

    fn sampler(&mut self, gl: &Rc<Gl>, filter: Filter) -> Result<glow::Sampler, CommandError> {
        let (slot, min, mag) = match filter {
            Filter::Nearest => (
                &mut self.nearest,
                glow::NEAREST_MIPMAP_NEAREST,
                glow::NEAREST,
            ),
            Filter::Linear => (&mut self.linear, glow::LINEAR_MIPMAP_NEAREST, glow::LINEAR),
        };
        if let Some(sampler) = slot {
            return Ok(sampler.name());
        }
        let sampler = Sampler::new(gl).map_err(CommandError::Host)?;
        let name = sampler.name();
        gl.sampler_parameter_i32(name, glow::TEXTURE_MIN_FILTER, min as i32);
        gl.sampler_parameter_i32(name, glow::TEXTURE_MAG_FILTER, mag as i32);
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

    fn program(&mut self, host: &Host, recipe: Recipe) -> Result<Rc<BlitProgram>, CommandError> {
        if let Some(program) = self.programs.get(&recipe) {
            return Ok(Rc::clone(program));
        }
        let gl = &host.gl;
        let failed = |log: String| CommandError::Host(format!("blit program: {log}"));
        let version = version(host.caps.gles, recipe);
        let compile = |stage, text: &str| {
            Shader::compile(gl, stage, &format!("{version}{text}")).map_err(failed)
        };
        let vertex = compile(glow::VERTEX_SHADER, VERTEX)?;
        let fragment = compile(glow::FRAGMENT_SHADER, &fragment(recipe))?;
        let program = Program::new(gl).map_err(failed)?;
        let name = program.name();
        gl.attach_shader(name, vertex.name());
        gl.attach_shader(name, fragment.name());
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
            swizzle: gl.get_uniform_location(name, "swizzle"),
            numbers: gl.get_uniform_location(name, "numbers"),
            program,
        });
        self.programs.insert(recipe, Rc::clone(&made));
        Ok(made)
    }
}
