//! GL objects that delete themselves.
//!
//! Each holds its [`Gl`], so it can only be dropped in the thread where its context is
//! current.

use std::rc::Rc;

use glow::HasContext;

use super::Gl;

macro_rules! objects {
    ($($(#[$doc:meta])* $object:ident, $name:ty, $create:ident, $delete:ident, $forget:expr;)*) => {
        $(
            $(#[$doc])*
            pub struct $object {
                gl: Rc<Gl>,
                name: $name,
            }

            impl $object {
                /// Makes an object.
                ///
                /// # Errors
                /// GL's own words, when the driver is out of names or memory.
                pub fn new(gl: &Rc<Gl>) -> Result<Self, String> {
                    // SAFETY: the context is current in this thread.
                    let name = unsafe { gl.raw.$create() }?;
                    Ok(Self { gl: Rc::clone(gl), name })
                }

                /// Its GL name.
                pub fn name(&self) -> $name {
                    self.name
                }
            }

            impl Drop for $object {
                fn drop(&mut self) {
                    let forget: fn(&Gl, $name) = $forget;
                    forget(&self.gl, self.name);
                    // SAFETY: the context is current in this thread, and nobody else has the
                    // name: GL itself keeps what is still in use alive.
                    unsafe { self.gl.raw.$delete(self.name) };
                }
            }

            impl std::fmt::Debug for $object {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    write!(f, "{:?}", self.name)
                }
            }
        )*
    };
}

objects! {
    /// A buffer object.
    Buffer, glow::Buffer, create_buffer, delete_buffer, |gl, name| gl.bound.drop_buffer(name);
    /// A texture.
    Texture, glow::Texture, create_texture, delete_texture, |gl, name| gl.bound.drop_texture(name);
    /// A sampler.
    Sampler, glow::Sampler, create_sampler, delete_sampler, |gl, name| gl.bound.drop_sampler(name);
    /// A framebuffer.
    Framebuffer, glow::Framebuffer, create_framebuffer, delete_framebuffer, |gl, name| {
        for bound in [&gl.bound.draw_framebuffer, &gl.bound.read_framebuffer] {
            if bound.get() == Some(Some(name)) {
                bound.set(None);
            }
        }
    };
    /// What can be drawn to and nothing else.
    Renderbuffer, glow::Renderbuffer, create_renderbuffer, delete_renderbuffer, |_, _| {};
    /// A vertex array.
    VertexArray, glow::VertexArray, create_vertex_array, delete_vertex_array, |gl, name| {
        if gl.bound.vertex_array.get() == Some(Some(name)) {
            gl.bound.vertex_array.set(None);
        }
    };
    /// A linked program.
    Program, glow::Program, create_program, delete_program, |gl, name| {
        // A program in use lives on in GL until another one is used: let it go now.
        if gl.bound.program.get() == Some(Some(name)) {
            gl.use_program(None);
        }
    };
    /// A query.
    Query, glow::Query, create_query, delete_query, |_, _| {};
    /// A transform feedback object.
    TransformFeedback, glow::TransformFeedback, create_transform_feedback,
        delete_transform_feedback, |_, _| {};
}

/// A shader object of one stage.
pub struct Shader {
    gl: Rc<Gl>,
    name: glow::Shader,
}

impl Shader {
    /// Compiles `source` for a GL stage (`GL_VERTEX_SHADER`, ...).
    ///
    /// # Errors
    /// The compiler's log.
    pub fn compile(gl: &Rc<Gl>, stage: u32, source: &str) -> Result<Self, String> {
        // SAFETY: the context is current in this thread; GL checks the stage.
        let name = unsafe { gl.raw.create_shader(stage) }?;
        let shader = Self {
            gl: Rc::clone(gl),
            name,
        };
        gl.shader_source(name, source);
        gl.compile_shader(name);
        if gl.get_shader_compile_status(name) {
            Ok(shader)
        } else {
            Err(gl.get_shader_info_log(name))
        }
    }

    /// Its GL name.
    pub fn name(&self) -> glow::Shader {
        self.name
    }
}

impl Drop for Shader {
    fn drop(&mut self) {
        // SAFETY: as for the other objects; programs that hold it keep it alive.
        unsafe { self.gl.raw.delete_shader(self.name) };
    }
}
