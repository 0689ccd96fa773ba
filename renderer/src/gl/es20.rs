//! Calls that OpenGL ES 2.0 has otherwise or not at all.
//!
//! Hosts of that version have one framebuffer binding, no targets for copies between
//! buffers, no buffers of pixels, one way to clear, and no sampler objects. The methods
//! here do the same on all hosts; what has no counterpart does nothing, and the code that
//! would miss it asks [`Gl::is_es20`] or for a feature first.

use glow::HasContext;

use super::Gl;

/// What `glEnable` of OpenGL ES 2.0 knows.
const CAPABILITIES: [u32; 8] = [
    glow::BLEND,
    glow::CULL_FACE,
    glow::DEPTH_TEST,
    glow::DITHER,
    glow::POLYGON_OFFSET_FILL,
    glow::SAMPLE_ALPHA_TO_COVERAGE,
    glow::SCISSOR_TEST,
    glow::STENCIL_TEST,
];

/// Most draw buffers that are set at a time.
const MAX_DRAW_BUFFERS: usize = 8;

impl Gl {
    /// True where nothing of OpenGL ES 3.0 may be used.
    pub fn is_es20(&self) -> bool {
        self.es20
    }

    /// True if `glEnable` takes the capability.
    pub(super) fn knows_capability(&self, capability: u32) -> bool {
        !self.es20 || CAPABILITIES.contains(&capability)
    }

    /// The target by which a buffer is filled: binding one for vertices changes nothing
    /// before attributes are set, which bind theirs.
    pub(super) fn buffer_target(&self, target: u32) -> u32 {
        match target {
            glow::COPY_READ_BUFFER | glow::COPY_WRITE_BUFFER if self.es20 => glow::ARRAY_BUFFER,
            other => other,
        }
    }

    fn framebuffer_target(&self, target: u32) -> u32 {
        if self.es20 { glow::FRAMEBUFFER } else { target }
    }

    /// Binds a buffer.
    pub fn bind_buffer(&self, target: u32, buffer: Option<glow::Buffer>) {
        let pixels = matches!(target, glow::PIXEL_PACK_BUFFER | glow::PIXEL_UNPACK_BUFFER);
        if self.es20 && pixels {
            return;
        }
        // SAFETY: as in `forward!`.
        unsafe { self.raw.bind_buffer(self.buffer_target(target), buffer) };
    }

    /// New storage of undefined content for the buffer bound to `target`.
    pub fn buffer_data_size(&self, target: u32, size: i32, usage: u32) {
        // SAFETY: as in `forward!`.
        unsafe {
            self.raw
                .buffer_data_size(self.buffer_target(target), size, usage);
        };
    }

    /// Binds the framebuffer that draws and clears go to.
    pub fn bind_draw_framebuffer(&self, framebuffer: Option<glow::Framebuffer>) {
        let bound = &self.bound;
        if bound.draw_framebuffer.replace(Some(framebuffer)) == Some(framebuffer) {
            return;
        }
        if self.es20 {
            bound.read_framebuffer.set(Some(framebuffer));
        }
        let target = self.framebuffer_target(glow::DRAW_FRAMEBUFFER);
        // SAFETY: as in `forward!`.
        unsafe { self.raw.bind_framebuffer(target, framebuffer) };
    }

    /// Binds the framebuffer that reads and blits come from.
    pub fn bind_read_framebuffer(&self, framebuffer: Option<glow::Framebuffer>) {
        let bound = &self.bound;
        if bound.read_framebuffer.replace(Some(framebuffer)) == Some(framebuffer) {
            return;
        }
        if self.es20 {
            bound.draw_framebuffer.set(Some(framebuffer));
        }
        let target = self.framebuffer_target(glow::READ_FRAMEBUFFER);
        // SAFETY: as in `forward!`.
        unsafe { self.raw.bind_framebuffer(target, framebuffer) };
    }

    /// Attaches a level of a flat texture, or of a face of a cube.
    pub fn framebuffer_texture_2d(
        &self,
        target: u32,
        attachment: u32,
        image: u32,
        texture: Option<glow::Texture>,
        level: i32,
    ) {
        let target = self.framebuffer_target(target);
        for attachment in self.attachments(attachment) {
            // SAFETY: as in `forward!`.
            unsafe {
                self.raw
                    .framebuffer_texture_2d(target, *attachment, image, texture, level);
            }
        }
    }

    /// Gives a renderbuffer storage of undefined content.
    pub fn renderbuffer_storage(&self, name: glow::Renderbuffer, format: u32, size: [i32; 2]) {
        let [width, height] = size;
        // SAFETY: as in `forward!`.
        unsafe {
            self.raw.bind_renderbuffer(glow::RENDERBUFFER, Some(name));
            self.raw
                .renderbuffer_storage(glow::RENDERBUFFER, format, width, height);
        }
    }

    /// Attaches a renderbuffer.
    pub fn framebuffer_renderbuffer(&self, target: u32, attachment: u32, name: glow::Renderbuffer) {
        let target = self.framebuffer_target(target);
        // SAFETY: as in `forward!`.
        unsafe {
            self.raw
                .framebuffer_renderbuffer(target, attachment, glow::RENDERBUFFER, Some(name));
        }
    }

    /// Attaches a slice or layer of a level.
    pub fn framebuffer_texture_layer(
        &self,
        target: u32,
        attachment: u32,
        texture: Option<glow::Texture>,
        level: i32,
        layer: i32,
    ) {
        let target = self.framebuffer_target(target);
        // SAFETY: as in `forward!`. Only hosts that have volume textures get here without
        // OpenGL ES 3.0, and with them they have this function.
        unsafe {
            if self.es20 {
                let image = glow::TEXTURE_3D;
                self.raw
                    .framebuffer_texture_3d(target, attachment, image, texture, level, layer);
            } else {
                self.raw
                    .framebuffer_texture_layer(target, attachment, texture, level, layer);
            }
        }
    }

    /// The attachment points behind one: OpenGL ES 2.0 has depth and stencil apart.
    fn attachments(&self, attachment: u32) -> &'static [u32] {
        match attachment {
            glow::DEPTH_STENCIL_ATTACHMENT if self.es20 => {
                &[glow::DEPTH_ATTACHMENT, glow::STENCIL_ATTACHMENT]
            }
            glow::DEPTH_STENCIL_ATTACHMENT => &[glow::DEPTH_STENCIL_ATTACHMENT],
            glow::DEPTH_ATTACHMENT => &[glow::DEPTH_ATTACHMENT],
            glow::STENCIL_ATTACHMENT => &[glow::STENCIL_ATTACHMENT],
            other => {
                const COLORS: [u32; MAX_DRAW_BUFFERS] = [
                    glow::COLOR_ATTACHMENT0,
                    glow::COLOR_ATTACHMENT1,
                    glow::COLOR_ATTACHMENT2,
                    glow::COLOR_ATTACHMENT3,
                    glow::COLOR_ATTACHMENT4,
                    glow::COLOR_ATTACHMENT5,
                    glow::COLOR_ATTACHMENT6,
                    glow::COLOR_ATTACHMENT7,
                ];
                let index = other.wrapping_sub(glow::COLOR_ATTACHMENT0) as usize;
                COLORS.get(index..=index).unwrap_or_default()
            }
        }
    }

    /// Is the framebuffer bound to `target` complete?
    pub fn check_framebuffer_status(&self, target: u32) -> u32 {
        let target = self.framebuffer_target(target);
        // SAFETY: as in `forward!`.
        unsafe { self.raw.check_framebuffer_status(target) }
    }

    /// Chooses the colour attachments that draws write; hosts that have one alone always
    /// write it.
    pub fn draw_buffers(&self, buffers: &[u32]) {
        if !self.es20 || self.several_draw_buffers {
            // SAFETY: as in `forward!`.
            unsafe { self.raw.draw_buffers(buffers) };
        }
    }

    /// Chooses the colour attachment that is read; OpenGL ES 2.0 reads the first.
    pub fn read_buffer(&self, source: u32) {
        if !self.es20 {
            // SAFETY: as in `forward!`.
            unsafe { self.raw.read_buffer(source) };
        }
    }

    /// Clears a colour attachment that is not of integers. On OpenGL ES 2.0 this leaves the
    /// attachment as the only one that is drawn to, if there may be several.
    pub fn clear_buffer_color(&self, index: u32, color: &[f32; 4]) {
        if !self.es20 {
            // SAFETY: as in `forward!`.
            unsafe { self.raw.clear_buffer_f32_slice(glow::COLOR, index, color) };
            return;
        }
        if self.several_draw_buffers {
            let mut buffers = [glow::NONE; MAX_DRAW_BUFFERS];
            let index = (index as usize).min(MAX_DRAW_BUFFERS - 1);
            buffers[index] = glow::COLOR_ATTACHMENT0 + index as u32;
            self.draw_buffers(&buffers[..=index]);
        }
        let [r, g, b, a] = *color;
        // SAFETY: as in `forward!`.
        unsafe {
            self.raw.clear_color(r, g, b, a);
            self.raw.clear(glow::COLOR_BUFFER_BIT);
        }
    }

    /// Clears the bound framebuffer's depth, its stencil, or both.
    pub fn clear_buffer_depth_stencil(&self, depth: Option<f32>, stencil: Option<i32>) {
        // SAFETY: as in `forward!`.
        unsafe {
            if self.es20 {
                let mut mask = 0;
                if let Some(depth) = depth {
                    self.raw.clear_depth_f32(depth);
                    mask |= glow::DEPTH_BUFFER_BIT;
                }
                if let Some(stencil) = stencil {
                    self.raw.clear_stencil(stencil);
                    mask |= glow::STENCIL_BUFFER_BIT;
                }
                self.raw.clear(mask);
                return;
            }
            match (depth, stencil) {
                (Some(depth), Some(stencil)) => {
                    let both = glow::DEPTH_STENCIL;
                    self.raw.clear_buffer_depth_stencil(both, 0, depth, stencil);
                }
                (Some(depth), None) => {
                    let value = [depth, 0.0, 0.0, 0.0];
                    self.raw.clear_buffer_f32_slice(glow::DEPTH, 0, &value);
                }
                (None, Some(stencil)) => {
                    let value = [stencil, 0, 0, 0];
                    self.raw.clear_buffer_i32_slice(glow::STENCIL, 0, &value);
                }
                (None, None) => {}
            }
        }
    }

    /// Storage of undefined content for one image of the texture under edit, of an unsized
    /// format: OpenGL ES 2.0 makes textures image by image. `data`, if it is there, is the
    /// image, tightly packed.
    pub fn tex_image(&self, image: &ImageStorage, data: Option<&[u8]>) {
        let ImageStorage {
            target,
            level,
            format,
            ty,
            size: [width, height, depth],
            bytes,
        } = *image;
        if data.is_some_and(|data| (data.len() as u64) < bytes) {
            return;
        }
        self.pixel_store_i32(glow::UNPACK_ALIGNMENT, 1);
        if self.unpack_rows {
            self.pixel_store_i32(glow::UNPACK_ROW_LENGTH, 0);
        }
        let data = glow::PixelUnpackData::Slice(data);
        // SAFETY: GL reads `bytes` bytes, which were found to be there.
        unsafe {
            if target == glow::TEXTURE_3D {
                let internal = format as i32;
                self.raw.tex_image_3d(
                    target, level, internal, width, height, depth, 0, format, ty, data,
                );
            } else {
                let internal = format as i32;
                self.raw
                    .tex_image_2d(target, level, internal, width, height, 0, format, ty, data);
            }
        }
    }

    /// One compressed image of the texture under edit.
    pub fn compressed_tex_image(
        &self,
        target: u32,
        level: i32,
        format: u32,
        size: [i32; 2],
        data: &[u8],
    ) {
        let [width, height] = size;
        let Ok(length) = i32::try_from(data.len()) else {
            return;
        };
        // SAFETY: the slice outlives the call, which checks its length.
        unsafe {
            self.raw.compressed_tex_image_2d(
                target,
                level,
                format as i32,
                width,
                height,
                0,
                length,
                data,
            );
        }
    }

    /// How often an attribute steps, on hosts that have instances.
    pub fn vertex_attrib_divisor_if_known(&self, attribute: u32, divisor: u32) {
        if self.instanced_arrays {
            self.vertex_attrib_divisor(attribute, divisor);
        }
    }

    /// Sets an array of four-component uniforms of the used program from whole vectors;
    /// what lies behind the array's end is ignored.
    pub fn uniform_vectors(&self, location: &glow::UniformLocation, values: &[f32]) {
        // SAFETY: the count is that of the whole vectors in the slice.
        unsafe { self.raw.uniform_4_f32_slice(Some(location), values) };
    }
}

/// One image of a texture, in unsized formats.
#[derive(Clone, Copy, Debug)]
pub struct ImageStorage {
    /// GL's image target: a cube's face, not the cube.
    pub target: u32,
    /// Mip level.
    pub level: i32,
    /// Format of the storage and of uploads.
    pub format: u32,
    /// Type of uploads, from which GL takes the size of channels.
    pub ty: u32,
    /// Width, height and depth in texels.
    pub size: [i32; 3],
    /// Bytes of the whole image.
    pub bytes: u64,
}
