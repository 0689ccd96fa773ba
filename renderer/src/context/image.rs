//! Images that shaders load from and store to.

use std::rc::Rc;

use crate::context::error::CommandError;
use crate::gl::host::Feature;
use crate::gl::object::Texture;
use crate::host::Host;
use crate::protocol::bindings::ImageView;
use crate::protocol::formats::FormatId;
use crate::resource::Resource;
use crate::tgsi::semantic::image_format_index;

/// An image bound for loads and stores.
pub struct BoundImage {
    /// The texture or buffer.
    pub resource: Rc<Resource>,
    /// The format that shaders see.
    pub format: FormatId,
    /// Its number in shader keys.
    pub shader_format: u8,
    /// Bit 0 reads, bit 1 writes.
    pub access: u32,
    /// First and last layer, for a texture.
    pub layers: (u32, u32),
    /// Mip level, for a texture.
    pub level: u32,
    /// Byte offset and size, for a buffer.
    pub range: (u32, u32),
    /// The texels of a buffer.
    pub texels: Option<Texture>,
}

impl BoundImage {
    /// The texture to bind.
    pub fn texture(&self) -> Option<glow::Texture> {
        let own = self.texels.as_ref().map(Texture::name);
        own.or_else(|| Some(self.resource.texture()?.name()))
    }

    /// What `view` shows of `resource`. If `old` shows the same, its texture serves again.
    ///
    /// # Errors
    /// If the host has no such image.
    pub fn new(
        host: &Host,
        view: &ImageView,
        resource: Rc<Resource>,
        old: Option<Self>,
    ) -> Result<Self, CommandError> {
        let range = view.buffer_range();
        let texels = match resource.gl_buffer() {
            None => None,
            Some(buffer) => {
                let same = old.filter(|old| {
                    Rc::ptr_eq(&old.resource, &resource)
                        && old.format == view.format
                        && old.range == range
                });
                match same.and_then(|old| old.texels) {
                    Some(texels) => Some(texels),
                    None => Some(buffer_texels(host, view.format, buffer, range, &resource)?),
                }
            }
        };
        let name = view.format.info().map(|info| info.name);
        Ok(Self {
            resource,
            format: view.format,
            shader_format: name.map_or(0, image_format_index),
            access: view.access.bits(),
            layers: view.layers(),
            level: view.level(),
            range,
            texels,
        })
    }
}

/// A buffer texture over a range of `buffer`, cut to the buffer's size. An image's format
/// need only have the size of the texture's, and not every format of images is one of
/// buffer textures.
fn buffer_texels(
    host: &Host,
    format: FormatId,
    buffer: glow::Buffer,
    (offset, size): (u32, u32),
    resource: &Resource,
) -> Result<Texture, CommandError> {
    if !host.caps.has(Feature::TextureBuffer) {
        return Err(CommandError::Unsupported("a buffer image"));
    }
    let internal = match format.info().map_or(0, |info| info.block.bytes) {
        1 => glow::R8UI,
        2 => glow::R16UI,
        4 => glow::R32UI,
        8 => glow::RG32UI,
        16 => glow::RGBA32UI,
        _ => return Err(CommandError::Unsupported("a buffer image of this format")),
    };
    let size = size.min(resource.desc().width.saturating_sub(offset));
    if size == 0 {
        return Err(CommandError::OutOfRange("bytes of a buffer image"));
    }
    let texture = Texture::new(&host.gl).map_err(CommandError::Host)?;
    host.gl.edit_texture(glow::TEXTURE_BUFFER, texture.name());
    host.gl
        .tex_buffer_range(internal, buffer, offset.into(), size.into());
    Ok(texture)
}
