//! Textures: how the protocol's shapes are stored in GL's.
//!
//! OpenGL ES has neither 1D nor rectangle textures: both are stored as 2D ones (a 1D
//! array as a 2D array of height 1), and the shader translator changes the coordinates.
//! All storage is immutable, which views and images need, and zeroed when it is made.

use std::cell::Cell;

use maro_gpu::renderer::{Error, Rect};

use super::es20::{self, DepthRenderbuffers};

use crate::context::gl_enums;
use crate::gl::host::Feature;
use crate::gl::{Framebuffer, Gl, TexRegion, TexelKind, Texture};
use crate::host::Host;
use crate::protocol::gl_format::GlFormat;
use crate::protocol::layout::{Shape, minify};
use crate::protocol::values::{Swizzle, TextureTarget};

/// A GL texture.
pub struct TextureStorage {
    texture: Texture,
    /// The target it is bound to.
    pub(super) target: u32,
    /// How it is stored.
    pub(super) format: &'static GlFormat,
    /// Levels and samples as stored; samples 0 without multisampling.
    pub(super) levels: u32,
    samples: u32,
    /// OpenGL ES 2.0: the sampler whose parameters the texture has, by its serial number.
    pub(super) sampling: Cell<u64>,
    /// Where depth is instead, if it cannot be in a texture; the texture then is empty.
    renderbuffers: Option<DepthRenderbuffers>,
}

impl TextureStorage {
    /// Makes storage of undefined content for `shape`.
    ///
    /// # Errors
    /// If the host has no such texture or no memory for it.
    pub fn new(host: &Host, shape: &Shape) -> Result<Self, Error> {
        let format = host
            .formats
            .gl(shape.format)
            .filter(|_| host.formats.samples_or_renders(shape.format));
        let Some(format) = format else {
            return Err(Error::Unsupported(format!(
                "textures of format {}",
                shape.format
            )));
        };
        let gl = &host.gl;
        let limits = &host.caps.limits;
        let largest = match shape.target {
            TextureTarget::Texture3d => limits.texture_3d_size,
            TextureTarget::Cube | TextureTarget::CubeArray => limits.cube_map_size,
            _ => limits.texture_size,
        };
        let too_large = shape.width > largest
            || shape.height > largest
            || shape.depth > largest
            || shape.layers > limits.array_texture_layers.max(6);
        if too_large {
            return Err(Error::InvalidParameter(format!(
                "a texture of {}x{}x{} with {} layers; this host's limit is {largest}",
                shape.width, shape.height, shape.depth, shape.layers
            )));
        }
        let samples = match shape.samples {
            1 => 0,
            _ if shape.target == TextureTarget::Texture2dArray
                && !host.caps.has(Feature::TextureMultisampleArray) =>
            {
                0
            }
            wanted => host.formats.sample_count(shape.format, wanted),
        };
        let target = gl_target(shape.target, samples > 0);
        if gl.is_es20() {
            es20::check_shape(host, shape)?;
        }
        let texture = Texture::new(gl).map_err(Error::OutOfMemory)?;
        gl.take_error();
        gl.edit_texture(target, texture.name());
        let renderbuffers = es20::renderbuffers(host, shape)?;
        let storage = Self {
            texture,
            renderbuffers,
            target,
            format,
            levels: shape.levels,
            samples,
            sampling: Cell::new(0),
        };
        if storage.renderbuffers.is_some() {
            // Made already.
        } else if gl.is_es20() {
            storage.allocate_images(host, shape);
        } else {
            storage.allocate(gl, shape);
        }
        if let Some(error) = gl.take_error() {
            return Err(Error::OutOfMemory(format!(
                "a {} texture of {}x{}x{} (GL error {error:#x})",
                shape.format, shape.width, shape.height, shape.depth
            )));
        }
        storage.set_base_parameters(gl);
        Ok(storage)
    }

    fn allocate(&self, gl: &Gl, shape: &Shape) {
        let (levels, internal) = (self.levels as i32, self.format.internal);
        let (width, height) = (shape.width as i32, shape.height as i32);
        let samples = self.samples as i32;
        match self.target {
            glow::TEXTURE_2D_MULTISAMPLE => {
                gl.tex_storage_2d_multisample(self.target, samples, internal, width, height, true);
            }
            glow::TEXTURE_2D_MULTISAMPLE_ARRAY => gl.tex_storage_3d_multisample(
                samples,
                internal,
                [width, height, shape.layers as i32],
            ),
            glow::TEXTURE_2D | glow::TEXTURE_CUBE_MAP => {
                gl.tex_storage_2d(self.target, levels, internal, width, height);
            }
            glow::TEXTURE_3D => {
                gl.tex_storage_3d(
                    self.target,
                    levels,
                    internal,
                    width,
                    height,
                    shape.depth as i32,
                );
            }
            _ => {
                let layers = shape.layers as i32;
                gl.tex_storage_3d(self.target, levels, internal, width, height, layers);
            }
        }
    }

    /// The parameters of the texture itself: what a view of the whole resource in its own
    /// format needs. Filters only matter where no sampler is bound.
    fn set_base_parameters(&self, gl: &Gl) {
        // Multisample textures have no sampler state.
        if self.samples == 0 {
            gl.tex_parameter_i32(self.target, glow::TEXTURE_MIN_FILTER, glow::NEAREST as i32);
            gl.tex_parameter_i32(self.target, glow::TEXTURE_MAG_FILTER, glow::NEAREST as i32);
        }
        if !gl.is_es20() {
            set_swizzle(gl, self.target, self.format.swizzle);
        }
    }

    /// False if shaders cannot read it.
    pub fn is_sampled(&self) -> bool {
        self.renderbuffers.is_none()
    }

    /// The GL name.
    pub fn name(&self) -> glow::Texture {
        self.texture.name()
    }

    /// The target it is bound to.
    pub fn target(&self) -> u32 {
        self.target
    }

    /// How it is stored.
    pub fn format(&self) -> &'static GlFormat {
        self.format
    }

    /// Mip levels.
    pub fn levels(&self) -> u32 {
        self.levels
    }

    /// Samples a texel, 0 without multisampling.
    pub fn samples(&self) -> u32 {
        self.samples
    }

    /// The image target of uploads to layer `z`: a cube's face.
    pub fn image_target(&self, z: u32) -> u32 {
        match self.target {
            glow::TEXTURE_CUBE_MAP => glow::TEXTURE_CUBE_MAP_POSITIVE_X + z.min(5),
            other => other,
        }
    }

    /// True if an upload addresses each layer as an image of its own.
    pub fn is_flat(&self) -> bool {
        matches!(self.target, glow::TEXTURE_2D | glow::TEXTURE_CUBE_MAP)
    }

    /// Host memory that the texture takes, about.
    pub fn bytes(&self, shape: &Shape) -> u64 {
        if self.samples == 0 {
            return shape.guest_size();
        }
        let texels = u64::from(shape.width) * u64::from(shape.height) * u64::from(shape.layers);
        texels
            .saturating_mul(u64::from(shape.block().bytes))
            .saturating_mul(u64::from(self.samples))
    }

    /// Attaches layer `z` of a level to a framebuffer binding.
    pub fn attach_layer(&self, gl: &Gl, binding: u32, attachment: u32, level: u32, z: u32) {
        if let Some(renderbuffers) = &self.renderbuffers {
            renderbuffers.attach(gl, binding);
            return;
        }
        let name = Some(self.texture.name());
        let level = level as i32;
        match self.target {
            glow::TEXTURE_2D | glow::TEXTURE_2D_MULTISAMPLE => {
                gl.framebuffer_texture_2d(binding, attachment, self.target, name, level);
            }
            glow::TEXTURE_CUBE_MAP => {
                gl.framebuffer_texture_2d(binding, attachment, self.image_target(z), name, level);
            }
            _ => gl.framebuffer_texture_layer(binding, attachment, name, level, z as i32),
        }
    }

    /// Fills everything with zeros.
    pub fn clear(&self, host: &Host, shape: &Shape) {
        let info = shape.info();
        let depth_stencil = info.is_some_and(|info| info.is_depth_stencil());
        if host.gl.is_es20() {
            // Colours were made of zeros.
            if depth_stencil {
                self.clear_attached(host, shape, 0, 0);
            }
            return;
        }
        for level in 0..self.levels {
            if host
                .gl
                .clear_texture_zero(&self.texture, level, self.format)
            {
                continue;
            }
            let layers = match shape.target {
                TextureTarget::Texture3d => minify(shape.depth, level),
                _ => shape.layers,
            };
            for z in 0..layers {
                if depth_stencil || host.formats.renders(shape.format) {
                    self.clear_attached(host, shape, level, z);
                } else {
                    self.upload_zeros(host, shape, level, z);
                }
            }
        }
    }

    fn clear_attached(&self, host: &Host, shape: &Shape, level: u32, z: u32) {
        let gl = &host.gl;
        let Ok(framebuffer) = Framebuffer::new(gl) else {
            return;
        };
        gl.bind_draw_framebuffer(Some(framebuffer.name()));
        let area = Rect {
            x: 0,
            y: 0,
            width: minify(shape.width, level),
            height: minify(shape.height, level),
        };
        let attachment = attachment_of(shape);
        self.attach_layer(gl, glow::DRAW_FRAMEBUFFER, attachment, level, z);
        gl.prepare_clear(Some(area));
        gl.stencil_mask(!0);
        match attachment {
            glow::COLOR_ATTACHMENT0 => {
                gl.draw_buffers(&[glow::COLOR_ATTACHMENT0]);
                let info = shape.info();
                if info.is_some_and(|info| info.is_signed_integer()) {
                    gl.clear_buffer_i32_slice(glow::COLOR, 0, &[0; 4]);
                } else if info.is_some_and(|info| info.is_integer()) {
                    gl.clear_buffer_u32_slice(glow::COLOR, 0, &[0; 4]);
                } else {
                    gl.clear_buffer_color(0, &[0.0; 4]);
                }
            }
            glow::DEPTH_ATTACHMENT => gl.clear_buffer_depth_stencil(Some(0.0), None),
            glow::STENCIL_ATTACHMENT => gl.clear_buffer_depth_stencil(None, Some(0)),
            _ => gl.clear_buffer_depth_stencil(Some(0.0), Some(0)),
        }
    }

    fn upload_zeros(&self, host: &Host, shape: &Shape, level: u32, z: u32) {
        let Ok(place) = shape.level(level) else {
            return;
        };
        let Ok(size) = usize::try_from(place.layer_stride) else {
            return;
        };
        let block = shape.block();
        let layout = crate::gl::TexelLayout {
            pixel_bytes: block.bytes.into(),
            row_pixels: place.width.div_ceil(block.width.into()),
            image_rows: place.height.div_ceil(block.height.into()),
            width: place.width.div_ceil(block.width.into()),
            height: place.height.div_ceil(block.height.into()),
            depth: 1,
        };
        let region = TexRegion {
            target: self.image_target(z),
            level: level as i32,
            x: 0,
            y: 0,
            z: if self.is_flat() { 0 } else { z as i32 },
            width: place.width as i32,
            height: place.height as i32,
            depth: 1,
        };
        let mut scratch = host.scratch.borrow_mut();
        scratch.clear();
        scratch.resize(size, 0);
        host.gl.edit_texture(self.target, self.texture.name());
        host.gl
            .upload_slice(&region, self.kind(shape), &layout, &scratch);
    }

    /// How texels are passed to GL.
    pub fn kind(&self, shape: &Shape) -> TexelKind {
        if shape.info().is_some_and(|info| info.is_compressed()) {
            TexelKind::Compressed {
                format: self.format.internal,
            }
        } else {
            TexelKind::Plain {
                format: self.format.format,
                ty: self.format.ty,
            }
        }
    }
}

/// The attachment point for a shape's format.
pub fn attachment_of(shape: &Shape) -> u32 {
    match shape.info() {
        Some(info) if info.is_depth() && info.is_stencil() => glow::DEPTH_STENCIL_ATTACHMENT,
        Some(info) if info.is_depth() => glow::DEPTH_ATTACHMENT,
        Some(info) if info.is_stencil() => glow::STENCIL_ATTACHMENT,
        _ => glow::COLOR_ATTACHMENT0,
    }
}

/// Sets the swizzle of the texture under edit.
pub fn set_swizzle(gl: &Gl, target: u32, swizzle: [Swizzle; 4]) {
    let parameters = [
        glow::TEXTURE_SWIZZLE_R,
        glow::TEXTURE_SWIZZLE_G,
        glow::TEXTURE_SWIZZLE_B,
        glow::TEXTURE_SWIZZLE_A,
    ];
    for (parameter, channel) in parameters.into_iter().zip(swizzle) {
        gl.tex_parameter_i32(target, parameter, gl_enums::swizzle(channel) as i32);
    }
}

/// GL's target for a shape.
pub const fn gl_target(target: TextureTarget, multisample: bool) -> u32 {
    match (target, multisample) {
        (TextureTarget::Texture2d, true) => glow::TEXTURE_2D_MULTISAMPLE,
        (TextureTarget::Texture2dArray, true) => glow::TEXTURE_2D_MULTISAMPLE_ARRAY,
        (TextureTarget::Buffer, _) => glow::TEXTURE_BUFFER,
        (TextureTarget::Texture1d | TextureTarget::Texture2d | TextureTarget::Rectangle, _) => {
            glow::TEXTURE_2D
        }
        (TextureTarget::Texture3d, _) => glow::TEXTURE_3D,
        (TextureTarget::Cube, _) => glow::TEXTURE_CUBE_MAP,
        (TextureTarget::Texture1dArray | TextureTarget::Texture2dArray, _) => {
            glow::TEXTURE_2D_ARRAY
        }
        (TextureTarget::CubeArray, _) => glow::TEXTURE_CUBE_MAP_ARRAY,
    }
}
