//! Depth and stencil back from the GPU on hosts of OpenGL ES 2.0, which read colours alone.
//!
//! Depth is drawn as three bytes of colour. Stencil, which shaders cannot read, is found by
//! the stencil test: each bit is drawn as its value wherever the test finds it set, and the
//! values add up.

use std::rc::Rc;

use maro_gpu::renderer::Error;

use crate::gl::{Gl, ImageStorage, Program, Shader, Texture};
use crate::host::Host;
use crate::protocol::layout::{Shape, minify};
use crate::resource::es20::READ;
use crate::resource::texture::{TextureStorage, attachment_of};

const VERTEX: &str = "\
#version 100
attribute highp vec2 corner;
varying highp vec2 place;
void main() {
    place = corner;
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
";

const HEAD: &str = "\
#version 100
#ifndef GL_FRAGMENT_PRECISION_HIGH
#define highp mediump
#endif
precision highp float;
varying highp vec2 place;
";

const DEPTH: &str = "\
uniform highp sampler2D source;
void main() {
    highp float depth = floor(texture2D(source, place).x * 16777215.0 + 0.5);
    highp float high = floor(depth / 65536.0);
    highp float middle = floor((depth - high * 65536.0) / 256.0);
    gl_FragColor = vec4(high, middle, mod(depth, 256.0), 255.0) / 255.0;
}
";

const STENCIL: &str = "\
uniform highp vec4 value;
void main() {
    gl_FragColor = value;
}
";

/// The programs, made at their first use.
#[derive(Default)]
pub struct DepthReader {
    depth: Option<Program>,
    stencil: Option<Program>,
}

/// Reads a level of a flat depth or depth-stencil texture as words: depth in the upper 24 bits,
/// stencil in the lowest 8. `area` is x, y, width and height.
///
/// GL's state afterwards is not what contexts set.
///
/// # Errors
/// If the host cannot draw to what it takes.
pub fn read(
    host: &Host,
    texture: &TextureStorage,
    shape: &Shape,
    level: u32,
    area: [i32; 4],
    words: &mut Vec<u32>,
) -> Result<(), Error> {
    let gl = &host.gl;
    let failed = |text: String| Error::Host(format!("reading depth: {text}"));
    // A picture as large as the level makes the level the one that a lookup chooses.
    let size = [shape.width, shape.height].map(|size| minify(size, level));
    let target = picture(gl, size.map(|size| size as i32)).map_err(failed)?;
    let mut reader = host.depth_reader.borrow_mut();
    let info = shape.info();
    // Depth that nothing samples cannot be read either.
    let has_depth = texture.is_sampled() && info.is_some_and(|info| info.is_depth());
    let has_stencil = info.is_some_and(|info| info.is_stencil());
    begin(host, &target, size, area);
    let [_, _, width, height] = area;
    let pixels = usize::try_from(width * height).unwrap_or(0);
    words.clear();
    words.resize(pixels, 0);
    let mut bytes = vec![0; pixels * 4];
    if has_depth {
        let program = DepthReader::get(&mut reader.depth, gl, DEPTH).map_err(failed)?;
        gl.use_program(Some(program));
        let source = gl.get_uniform_location(program, "source");
        gl.uniform_1_i32(source.as_ref(), gl.draw_units() as i32);
        texture.prepare_blit(gl, crate::protocol::values::Filter::Nearest);
        draw(host);
        gl.read_pixels(area, READ, &mut bytes);
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
            let [high, middle, low, _] = bytes.map(u32::from);
            *word = high << 24 | middle << 16 | low << 8;
        }
    }
    if has_stencil {
        draw_stencil(host, &mut reader, texture, shape, level).map_err(failed)?;
        gl.read_pixels(area, READ, &mut bytes);
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<4>().0) {
            *word |= u32::from(bytes[0]);
        }
    }
    attach_color(gl, None);
    match gl.take_error() {
        None => Ok(()),
        Some(error) => Err(failed(format!("GL error {error:#x}"))),
    }
}

/// The stencil values of a level, as the red of a picture. GL's state afterwards is not
/// what contexts set.
///
/// # Errors
/// If the host cannot draw to what it takes.
pub fn stencil_picture(
    host: &Host,
    texture: &TextureStorage,
    shape: &Shape,
    level: u32,
) -> Result<Texture, String> {
    let size = [shape.width, shape.height].map(|size| minify(size, level));
    let whole = size.map(|size| size as i32);
    let target = picture(&host.gl, whole)?;
    begin(host, &target, size, [0, 0, whole[0], whole[1]]);
    let mut reader = host.depth_reader.borrow_mut();
    draw_stencil(host, &mut reader, texture, shape, level)?;
    attach_color(&host.gl, None);
    Ok(target)
}

/// Draws the stencil values of a level into the picture that is attached.
fn draw_stencil(
    host: &Host,
    reader: &mut DepthReader,
    texture: &TextureStorage,
    shape: &Shape,
    level: u32,
) -> Result<(), String> {
    let gl = &host.gl;
    let program = DepthReader::get(&mut reader.stencil, gl, STENCIL)?;
    gl.use_program(Some(program));
    let value = gl.get_uniform_location(program, "value");
    let attachment = attachment_of(shape);
    texture.attach_layer(gl, glow::FRAMEBUFFER, attachment, level, 0);
    gl.clear_buffer_color(0, &[0.0; 4]);
    gl.set_enabled(glow::STENCIL_TEST, true);
    gl.set_enabled(glow::BLEND, true);
    gl.blend_equation_separate(glow::FUNC_ADD, glow::FUNC_ADD);
    gl.blend_func_separate(glow::ONE, glow::ONE, glow::ONE, glow::ONE);
    gl.stencil_op_separate(glow::FRONT_AND_BACK, glow::KEEP, glow::KEEP, glow::KEEP);
    for bit in 0..8 {
        let mask = 1u8 << bit;
        let reference = i32::from(mask);
        gl.stencil_func_separate(glow::FRONT_AND_BACK, glow::EQUAL, reference, mask.into());
        gl.uniform_4_f32(value.as_ref(), f32::from(mask) / 255.0, 0.0, 0.0, 0.0);
        draw(host);
    }
    gl.set_enabled(glow::STENCIL_TEST, false);
    gl.set_enabled(glow::BLEND, false);
    gl.framebuffer_texture_2d(glow::FRAMEBUFFER, attachment, glow::TEXTURE_2D, None, 0);
    Ok(())
}

/// Makes `target` what is drawn to, and `area` of it what is written, without any test.
pub fn begin(host: &Host, target: &Texture, size: [u32; 2], area: [i32; 4]) {
    host.touched.set(true);
    host.gl.bind_draw_framebuffer(Some(host.draw_framebuffer()));
    attach_color(&host.gl, Some(target));
    set_state(&host.gl, size, area);
}

/// Attaches a picture of the renderer's own, or none.
pub fn attach_color(gl: &Gl, texture: Option<&Texture>) {
    let (target, attachment) = (glow::FRAMEBUFFER, glow::COLOR_ATTACHMENT0);
    let name = texture.map(Texture::name);
    gl.framebuffer_texture_2d(target, attachment, glow::TEXTURE_2D, name, 0);
    gl.draw_buffers(&[attachment]);
}

/// A texture for colours.
///
/// # Errors
/// GL's own words if it makes none.
pub fn picture(gl: &Rc<Gl>, [width, height]: [i32; 2]) -> Result<Texture, String> {
    let texture = Texture::new(gl)?;
    gl.take_error();
    gl.edit_texture(glow::TEXTURE_2D, texture.name());
    let image = ImageStorage {
        target: glow::TEXTURE_2D,
        level: 0,
        format: glow::RGBA,
        ty: glow::UNSIGNED_BYTE,
        size: [width, height, 1],
        bytes: 0,
    };
    gl.tex_image(&image, None);
    for filter in [glow::TEXTURE_MIN_FILTER, glow::TEXTURE_MAG_FILTER] {
        gl.tex_parameter_i32(glow::TEXTURE_2D, filter, glow::NEAREST as i32);
    }
    match gl.take_error() {
        None => Ok(texture),
        Some(error) => Err(format!("GL error {error:#x}")),
    }
}

fn set_state(gl: &Gl, size: [u32; 2], [x, y, width, height]: [i32; 4]) {
    for capability in [
        glow::BLEND,
        glow::CULL_FACE,
        glow::DEPTH_TEST,
        glow::DITHER,
        glow::POLYGON_OFFSET_FILL,
        glow::SAMPLE_ALPHA_TO_COVERAGE,
        glow::STENCIL_TEST,
    ] {
        gl.set_enabled(capability, false);
    }
    gl.set_enabled(glow::SCISSOR_TEST, true);
    gl.scissor(x, y, width, height);
    gl.viewport(0, 0, size[0] as i32, size[1] as i32);
    gl.color_mask([true; 4]);
    gl.depth_mask(false);
    gl.stencil_mask(0);
}

fn draw(host: &Host) {
    if let Some(attributes) = &host.attributes {
        attributes.bind_corners(&host.gl);
    }
    host.gl.draw_arrays(glow::TRIANGLE_STRIP, 0, 4);
}

impl DepthReader {
    fn get(slot: &mut Option<Program>, gl: &Rc<Gl>, text: &str) -> Result<glow::Program, String> {
        if let Some(program) = slot {
            return Ok(program.name());
        }
        let vertex = Shader::compile(gl, glow::VERTEX_SHADER, VERTEX)?;
        let fragment = Shader::compile(gl, glow::FRAGMENT_SHADER, &format!("{HEAD}{text}"))?;
        let program = Program::new(gl)?;
        let name = program.name();
        gl.attach_shader(name, vertex.name());
        gl.attach_shader(name, fragment.name());
        gl.bind_attrib_location(name, 0, "corner");
        gl.link_program(name);
        if !gl.get_program_link_status(name) {
            return Err(gl.get_program_info_log(name));
        }
        *slot = Some(program);
        Ok(name)
    }
}
