//! Draws the scene with OpenGL ES 2.

use anyhow::{Result, anyhow, bail};
use glow::{HasContext, PixelPackData, PixelUnpackData};

use super::egl::Egl;
use crate::math::Mat4;
use crate::model::{self, FLOATS_PER_VERTEX, TEXTURE_SIZE};

const VERTEX_SHADER: &str = "\
precision highp float;
attribute vec3 position;
attribute vec3 normal;
attribute vec2 coordinate;
uniform mat4 projection;
uniform mat4 model;
varying vec3 v_normal;
varying vec2 v_coordinate;
void main() {
    v_normal = mat3(model) * normal;
    v_coordinate = coordinate;
    gl_Position = projection * (model * vec4(position, 1.0));
}
";

// Plain diffuse light in high precision: every driver rounds it alike.
const FRAGMENT_SHADER: &str = "\
precision highp float;
uniform sampler2D image;
uniform vec3 light;
uniform vec3 tint;
varying vec3 v_normal;
varying vec2 v_coordinate;
void main() {
    float diffuse = max(dot(normalize(v_normal), light), 0.0);
    vec3 colour = texture2D(image, v_coordinate).rgb * tint;
    gl_FragColor = vec4(colour * (0.25 + 0.75 * diffuse), 1.0);
}
";

const ATTRIBUTES: [(&str, i32); 3] = [("position", 3), ("normal", 3), ("coordinate", 2)];
const BACKGROUND: [f32; 3] = [0.10, 0.14, 0.22];
/// Of length one, towards the light.
const LIGHT: [f32; 3] = [0.36, 0.48, 0.8];

/// The scene, ready to be drawn in the current context.
pub struct Painter {
    gl: glow::Context,
    model: Option<glow::UniformLocation>,
    tint: Option<glow::UniformLocation>,
    indices: i32,
    size: (u32, u32),
}

impl Painter {
    /// Compiles and uploads what all frames share.
    pub fn new(egl: &Egl<'_>, width: u32, height: u32) -> Result<Self> {
        let (w, h) = (i32::try_from(width)?, i32::try_from(height)?);
        // SAFETY: the context of `egl` is current in this thread, and EGL
        // returns functions of the types that GL gives to these names.
        let gl = unsafe { glow::Context::from_loader_function(|name| egl.function(name)) };
        // SAFETY: plain GL calls with names made by this context; every slice
        // is as large as the call reads, and the attributes' offsets lie in
        // the buffer bound.
        unsafe {
            let program = program(&gl)?;
            gl.use_program(Some(program));
            upload_cube(&gl)?;
            upload_texture(&gl)?;

            let aspect = width as f32 / height as f32;
            let projection = Mat4::perspective(0.9, aspect, 1.0, 20.0);
            let location = |name| gl.get_uniform_location(program, name);
            gl.uniform_matrix_4_f32_slice(location("projection").as_ref(), false, &projection.0);
            let [x, y, z] = LIGHT;
            gl.uniform_3_f32(location("light").as_ref(), x, y, z);
            gl.uniform_1_i32(location("image").as_ref(), 0);
            let (model, tint) = (location("model"), location("tint"));

            gl.viewport(0, 0, w, h);
            gl.enable(glow::DEPTH_TEST);
            gl.enable(glow::CULL_FACE);
            gl.disable(glow::DITHER);
            let [r, g, b] = BACKGROUND;
            gl.clear_color(r, g, b, 1.0);

            let indices = i32::try_from(model::cube_indices().len())?;
            Ok(Self {
                gl,
                model,
                tint,
                indices,
                size: (width, height),
            })
        }
    }

    /// Draws one frame.
    pub fn draw(&self, frame: u32) -> Result<()> {
        let gl = &self.gl;
        // SAFETY: as in `new`; the index buffer holds `indices` indices, each
        // of a vertex that was uploaded.
        let error = unsafe {
            gl.clear(glow::COLOR_BUFFER_BIT | glow::DEPTH_BUFFER_BIT);
            for object in model::objects(frame) {
                gl.uniform_matrix_4_f32_slice(self.model.as_ref(), false, &object.model.0);
                let [r, g, b] = object.tint;
                gl.uniform_3_f32(self.tint.as_ref(), r, g, b);
                gl.draw_elements(glow::TRIANGLES, self.indices, glow::UNSIGNED_SHORT, 0);
            }
            gl.get_error()
        };
        check(error)
    }

    /// The frame's RGB pixels, top row first.
    pub fn read_pixels(&self) -> Result<Vec<u8>> {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let mut rgba = vec![0; width * height * 4];
        // SAFETY: the slice holds width × height RGBA pixels; the rows of
        // four-byte pixels need no padding.
        let error = unsafe {
            self.gl.read_pixels(
                0,
                0,
                i32::try_from(width)?,
                i32::try_from(height)?,
                glow::RGBA,
                glow::UNSIGNED_BYTE,
                PixelPackData::Slice(Some(&mut rgba)),
            );
            self.gl.get_error()
        };
        check(error)?;
        let rows = rgba.chunks_exact(width * 4).rev();
        Ok(rows
            .flat_map(|row| row.chunks_exact(4))
            .flat_map(|p| [p[0], p[1], p[2]])
            .collect())
    }

    /// `GL_RENDERER`.
    pub fn renderer(&self) -> String {
        self.string(glow::RENDERER)
    }

    /// `GL_VERSION`.
    pub fn version(&self) -> String {
        self.string(glow::VERSION)
    }

    fn string(&self, name: u32) -> String {
        // SAFETY: the context is current, and `name` one of GL's strings.
        unsafe { self.gl.get_parameter_string(name) }
    }
}

fn check(error: u32) -> Result<()> {
    if error == glow::NO_ERROR {
        Ok(())
    } else {
        bail!("GL error {error:#06x}")
    }
}

/// # Safety
/// A GL context must be current.
unsafe fn program(gl: &glow::Context) -> Result<glow::Program> {
    // SAFETY: the caller's promise; all names come from this context.
    unsafe {
        let program = gl.create_program().map_err(|e| anyhow!(e))?;
        let stages = [
            (glow::VERTEX_SHADER, VERTEX_SHADER),
            (glow::FRAGMENT_SHADER, FRAGMENT_SHADER),
        ];
        for (stage, source) in stages {
            let shader = gl.create_shader(stage).map_err(|e| anyhow!(e))?;
            gl.shader_source(shader, source);
            gl.compile_shader(shader);
            if !gl.get_shader_compile_status(shader) {
                bail!("shader: {}", gl.get_shader_info_log(shader));
            }
            gl.attach_shader(program, shader);
        }
        for (index, (name, _)) in (0..).zip(ATTRIBUTES) {
            gl.bind_attrib_location(program, index, name);
        }
        gl.link_program(program);
        if !gl.get_program_link_status(program) {
            bail!("program: {}", gl.get_program_info_log(program));
        }
        println!("maro-scene: program linked");
        Ok(program)
    }
}

/// # Safety
/// A GL context must be current.
unsafe fn upload_cube(gl: &glow::Context) -> Result<()> {
    let vertices: Vec<u8> = model::cube_vertices()
        .iter()
        .flat_map(|v| v.to_ne_bytes())
        .collect();
    let indices: Vec<u8> = model::cube_indices()
        .iter()
        .flat_map(|i| i.to_ne_bytes())
        .collect();
    let stride = i32::try_from(FLOATS_PER_VERTEX * size_of::<f32>())?;
    // SAFETY: the caller's promise; the attributes fill one stride of the
    // vertex buffer, which stays bound to them.
    unsafe {
        let buffer = gl.create_buffer().map_err(|e| anyhow!(e))?;
        gl.bind_buffer(glow::ARRAY_BUFFER, Some(buffer));
        gl.buffer_data_u8_slice(glow::ARRAY_BUFFER, &vertices, glow::STATIC_DRAW);
        let buffer = gl.create_buffer().map_err(|e| anyhow!(e))?;
        gl.bind_buffer(glow::ELEMENT_ARRAY_BUFFER, Some(buffer));
        gl.buffer_data_u8_slice(glow::ELEMENT_ARRAY_BUFFER, &indices, glow::STATIC_DRAW);
        let mut offset = 0;
        for (index, (_, count)) in (0..).zip(ATTRIBUTES) {
            gl.enable_vertex_attrib_array(index);
            gl.vertex_attrib_pointer_f32(index, count, glow::FLOAT, false, stride, offset);
            offset += count * 4;
        }
    }
    Ok(())
}

/// # Safety
/// A GL context must be current.
unsafe fn upload_texture(gl: &glow::Context) -> Result<()> {
    // SAFETY: the caller's promise; each level's slice has its size.
    unsafe {
        let texture = gl.create_texture().map_err(|e| anyhow!(e))?;
        gl.bind_texture(glow::TEXTURE_2D, Some(texture));
        for level in 0..model::texture_levels() {
            let size = i32::try_from(TEXTURE_SIZE >> level)?;
            let texels = model::texture(level);
            gl.tex_image_2d(
                glow::TEXTURE_2D,
                i32::try_from(level)?,
                i32::try_from(glow::RGBA)?,
                size,
                size,
                0,
                glow::RGBA,
                glow::UNSIGNED_BYTE,
                PixelUnpackData::Slice(Some(&texels)),
            );
        }
        let parameters = [
            (glow::TEXTURE_MIN_FILTER, glow::LINEAR_MIPMAP_LINEAR),
            (glow::TEXTURE_MAG_FILTER, glow::LINEAR),
            (glow::TEXTURE_WRAP_S, glow::CLAMP_TO_EDGE),
            (glow::TEXTURE_WRAP_T, glow::CLAMP_TO_EDGE),
        ];
        for (name, value) in parameters {
            gl.tex_parameter_i32(glow::TEXTURE_2D, name, i32::try_from(value)?);
        }
    }
    Ok(())
}
