//! Buffer textures on hosts without them: a 2D texture that mirrors a buffer's range.
//!
//! Texel `i` of the buffer is at column `i % ROW`, row `i / ROW`, and shaders compute
//! that themselves. The copy is made on the GPU, with the buffer as the source of a
//! texture upload, before a draw that reads it and only if the buffer may have changed.

use std::cell::Cell;

use super::Resource;
use super::budget::Charge;
use super::texture::set_swizzle;
use crate::context::error::CommandError;
use crate::gl::host::{Feature, Limits};
use crate::gl::{TexRegion, TexelKind, TexelLayout, Texture};
use crate::host::Host;
use crate::protocol::gl_format::GlFormat;
use crate::protocol::values::Swizzle;

/// Texels in a row; every host has textures this wide. A power of two, so that shaders
/// divide by shifting.
pub const ROW: u32 = 1 << ROW_SHIFT;
/// Binary logarithm of [`ROW`].
pub const ROW_SHIFT: u32 = 11;
/// Most rows: 16 Mi texels are enough for any program that asks how many there are.
const MAX_ROWS: u32 = 8192;

/// The most texels that a mirror can have.
pub fn max_texels(limits: &Limits) -> u32 {
    limits.texture_size.min(MAX_ROWS) * ROW
}

/// A copy of a range of a buffer.
pub struct BufferMirror {
    texture: Texture,
    format: &'static GlFormat,
    texel_bytes: u32,
    /// First byte.
    start: u32,
    /// Texels.
    count: u32,
    /// The buffer's state when it was copied.
    seen: Cell<Option<u64>>,
    _charge: Charge,
}

impl BufferMirror {
    /// Makes an empty mirror of `count` texels from byte `start`; more than fit are cut.
    ///
    /// # Errors
    /// If the host or the guest's budget has no memory for it.
    pub fn new(
        host: &Host,
        format: &'static GlFormat,
        texel_bytes: u32,
        start: u32,
        count: u32,
        swizzle: [Swizzle; 4],
    ) -> Result<Self, CommandError> {
        let count = count.min(max_texels(&host.caps.limits));
        let rows = count.div_ceil(ROW);
        let bytes = u64::from(rows) * u64::from(ROW) * u64::from(texel_bytes);
        let out_of_memory = |e: maro_gpu::renderer::Error| CommandError::Host(e.to_string());
        let charge = host.budget.charge(bytes).map_err(out_of_memory)?;
        let gl = &host.gl;
        let texture = Texture::new(gl).map_err(CommandError::Host)?;
        gl.take_error();
        gl.edit_texture(glow::TEXTURE_2D, texture.name());
        let (width, height) = (ROW as i32, rows as i32);
        gl.tex_storage_2d(glow::TEXTURE_2D, 1, format.internal, width, height);
        if gl.take_error().is_some() {
            return Err(CommandError::Unsupported("a buffer texture of this format"));
        }
        for filter in [glow::TEXTURE_MIN_FILTER, glow::TEXTURE_MAG_FILTER] {
            gl.tex_parameter_i32(glow::TEXTURE_2D, filter, glow::NEAREST as i32);
        }
        set_swizzle(gl, glow::TEXTURE_2D, swizzle);
        let mirror = Self {
            texture,
            format,
            texel_bytes,
            start,
            count,
            seen: Cell::new(None),
            _charge: charge,
        };
        mirror.clear_last_row(host, rows);
        Ok(mirror)
    }

    /// The texture, a `GL_TEXTURE_2D`.
    pub fn texture(&self) -> glow::Texture {
        self.texture.name()
    }

    /// Texels that the guest sees.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Copies the buffer if it may have changed since the last time.
    pub fn refresh(&self, host: &Host, buffer: &Resource) {
        let changes = buffer.changes();
        if changes.is_some() && self.seen.get() == changes {
            return;
        }
        let Some(name) = buffer.gl_buffer() else {
            return;
        };
        let gl = &host.gl;
        if changes.is_none() && host.caps.has(Feature::Compute) {
            gl.memory_barrier(glow::PIXEL_BUFFER_BARRIER_BIT);
        }
        gl.edit_texture(glow::TEXTURE_2D, self.texture.name());
        let (rows, rest) = (self.count / ROW, self.count % ROW);
        let kind = self.kind();
        if rows > 0 {
            let region = region(0, ROW, rows);
            gl.upload_from_buffer(&region, kind, name, self.start);
        }
        if rest > 0 {
            let region = region(rows, rest, 1);
            let from = self.start + rows * ROW * self.texel_bytes;
            gl.upload_from_buffer(&region, kind, name, from);
        }
        self.seen.set(changes);
    }

    /// What lies behind the last texel must not be what another guest's texture held.
    fn clear_last_row(&self, host: &Host, rows: u32) {
        let Some(last) = rows.checked_sub(1) else {
            return;
        };
        let zeros = vec![0; (ROW * self.texel_bytes) as usize];
        let layout = TexelLayout {
            pixel_bytes: self.texel_bytes,
            row_pixels: ROW,
            image_rows: 1,
            width: ROW,
            height: 1,
            depth: 1,
        };
        host.gl
            .upload_slice(&region(last, ROW, 1), self.kind(), &layout, &zeros);
    }

    fn kind(&self) -> TexelKind {
        TexelKind::Plain {
            format: self.format.format,
            ty: self.format.ty,
        }
    }
}

fn region(y: u32, width: u32, height: u32) -> TexRegion {
    TexRegion {
        target: glow::TEXTURE_2D,
        level: 0,
        x: 0,
        y: y as i32,
        z: 0,
        width: width as i32,
        height: height as i32,
        depth: 1,
    }
}
