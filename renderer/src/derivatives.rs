//! How a host's shaders take derivatives.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Mutex, OnceLock};

use crate::gl::host::Capabilities;
use crate::gl::{DrawCall, Framebuffer, Gl, PixelFormat, Program, Shader, Texture};

/// A triangle over the whole target.
const VERTEX: &str = "#version 300 es
void main() {
    gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0);
}
";
/// Derivatives of x·y, which differ between the rows and columns of a quad.
const FRAGMENT: &str = "#version 300 es
precision highp float;
out vec4 color;
void main() {
    vec2 p = floor(gl_FragCoord.xy);
    float v = p.x * p.y;
    color = vec4(abs(dFdx(v)), abs(dFdy(v)), 0.0, 1.0);
}
";

/// Whether `dFdx` is taken in each row of a quad by itself, and `dFdy` in each column:
/// OpenGL ES leaves it open, and has no functions that say which. Tried once for each
/// driver.
pub fn are_fine(gl: &Rc<Gl>, caps: &Capabilities) -> bool {
    static KNOWN: OnceLock<Mutex<HashMap<String, bool>>> = OnceLock::new();
    let driver = format!("{} {}", caps.renderer, caps.version_string);
    let mut known = KNOWN
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    *known
        .entry(driver)
        .or_insert_with(|| draw(gl).is_ok_and(|pixels| pixels == FINE))
}

/// Red and green of the pixels of a quad, the lower row first.
const FINE: [[u8; 2]; 4] = [[0, 0], [0, 255], [255, 0], [255, 255]];

fn draw(gl: &Rc<Gl>) -> Result<[[u8; 2]; 4], String> {
    const RGBA: PixelFormat = PixelFormat {
        format: glow::RGBA,
        ty: glow::UNSIGNED_BYTE,
        bytes: 4,
    };
    let program = Program::new(gl)?;
    let vertex = Shader::compile(gl, glow::VERTEX_SHADER, VERTEX)?;
    let fragment = Shader::compile(gl, glow::FRAGMENT_SHADER, FRAGMENT)?;
    gl.attach_shader(program.name(), vertex.name());
    gl.attach_shader(program.name(), fragment.name());
    gl.link_program(program.name());
    if !gl.get_program_link_status(program.name()) {
        return Err(gl.get_program_info_log(program.name()));
    }
    let texture = Texture::new(gl)?;
    gl.edit_texture(glow::TEXTURE_2D, texture.name());
    gl.tex_storage_2d(glow::TEXTURE_2D, 1, glow::RGBA8, 2, 2);
    let framebuffer = Framebuffer::new(gl)?;
    gl.bind_draw_framebuffer(Some(framebuffer.name()));
    gl.bind_read_framebuffer(Some(framebuffer.name()));
    gl.framebuffer_texture_2d(
        glow::DRAW_FRAMEBUFFER,
        glow::COLOR_ATTACHMENT0,
        glow::TEXTURE_2D,
        Some(texture.name()),
        0,
    );
    gl.use_program(Some(program.name()));
    gl.viewport(0, 0, 2, 2);
    gl.draw_vertices(&DrawCall {
        mode: glow::TRIANGLES,
        first: 0,
        count: 3,
        instances: 1,
        base_instance: 0,
        base_vertex: 0,
    });
    let mut pixels = [[0u8; 4]; 4];
    let read = gl.read_pixels([0, 0, 2, 2], RGBA, pixels.as_flattened_mut());
    gl.use_program(None);
    gl.bind_draw_framebuffer(None);
    gl.bind_read_framebuffer(None);
    if !read || gl.take_error().is_some() {
        return Err("the derivatives could not be drawn".to_owned());
    }
    Ok(pixels.map(|[red, green, ..]| [red, green]))
}
