//! Copies of texels on hosts of OpenGL ES 2.0: drawn into a picture, and from there into
//! the target, which may be of a level or format that nothing can be drawn to. Formats that
//! such pictures cannot hold are copied in guest memory.

use maro_gpu::renderer::{Box3, Transfer};

use super::blitter::{Kind, Recipe, SourceRect};
use super::depth_read::{attach_color, begin, picture};
use crate::context::error::CommandError;
use crate::decode::CopyRegion;
use crate::gl::Texture;
use crate::host::Host;
use crate::protocol::formats::FormatInfo;
use crate::protocol::values::{Filter, Swizzle, TextureTarget};
use crate::resource::Resource;
use crate::resource::texture::TextureStorage;
use crate::resource::{memory, upload};

/// Copies a box of texels of one format. It was checked to lie within both textures.
///
/// # Errors
/// If the formats differ, or the textures are of depth.
pub fn copy_texels(
    host: &Host,
    src: &Resource,
    dst: &Resource,
    copy: &CopyRegion,
) -> Result<(), CommandError> {
    let (Some(from), Some(to)) = (src.texture(), dst.texture()) else {
        return Err(CommandError::Unsupported("a copy that is not of textures"));
    };
    let plain = [src, dst].iter().all(|resource| {
        let info = resource.shape().info();
        info.is_some_and(|info| !info.is_compressed() && !info.is_depth_stencil())
    });
    let narrow = [glow::FLOAT, HALF_FLOAT_OES]
        .iter()
        .all(|ty| from.format().ty != *ty);
    let same = (from.format().format, from.format().ty) == (to.format().format, to.format().ty);
    if !same {
        return Err(CommandError::Unsupported("a copy between formats"));
    }
    if !plain || !narrow {
        return copy_in_memory(host, src, dst, copy);
    }
    if to.target() == glow::TEXTURE_3D {
        return Err(CommandError::Unsupported("a copy of texels into a volume"));
    }
    let level = src
        .shape()
        .level(copy.src_level)
        .map_err(|_| CommandError::OutOfRange("level of a copy"))?;
    let region = copy.src_box;
    let corners = [
        region.x,
        region.y,
        region.x + region.width,
        region.y + region.height,
    ];
    let [x, y, z] = copy.dst_origin;
    let size = [region.width, region.height];
    let target = picture(&host.gl, size.map(|size| size as i32)).map_err(CommandError::Host)?;
    for layer in 0..region.depth {
        let slice = (region.z + layer) as f32;
        let rect = SourceRect {
            corners: corners.map(|corner| corner as f32),
            size: [level.width as f32, level.height as f32],
            slice: match src.shape().target {
                TextureTarget::Texture3d => (slice + 0.5) / level.depth.max(1) as f32,
                _ => slice,
            },
            level: copy.src_level,
            samples: 0,
            swizzle: Swizzle::IDENTITY,
            stencil_bit: 0,
            scale: 1.0,
        };
        let place = Place {
            level: copy.dst_level,
            at: [x, y, z + layer],
            size,
        };
        draw_through(host, &target, from, &rect, Filter::Nearest, to, &place)?;
    }
    Ok(())
}

/// Copies what is never drawn to, and so is in guest memory as it is in the textures.
fn copy_in_memory(
    host: &Host,
    src: &Resource,
    dst: &Resource,
    copy: &CopyRegion,
) -> Result<(), CommandError> {
    if src.shape().info().is_some_and(FormatInfo::is_depth_stencil) {
        return Err(CommandError::Unsupported("a copy of depth"));
    }
    memory::keep_copy(src, dst, copy)?;
    let [x, y, z] = copy.dst_origin;
    let region = Box3 {
        x,
        y,
        z,
        ..copy.src_box
    };
    let offset = dst.shape().offset_of(copy.dst_level, &region);
    let transfer = Transfer {
        region,
        level: copy.dst_level,
        offset: offset.map_err(|_| CommandError::OutOfRange("box of a copy"))?,
        ..Transfer::default()
    };
    upload::upload(host, dst, &transfer, &*dst.backing()?)?;
    Ok(())
}

/// Where in a texture a picture goes.
pub struct Place {
    /// Mip level.
    pub level: u32,
    /// First column, row and layer.
    pub at: [u32; 3],
    /// Width and height.
    pub size: [u32; 2],
}

/// Draws a part of a texture into a picture of `place`'s size and copies that to `place`.
///
/// # Errors
/// If the host's compiler refuses the program.
pub fn draw_through(
    host: &Host,
    target: &Texture,
    from: &TextureStorage,
    rect: &SourceRect,
    filter: Filter,
    to: &TextureStorage,
    place: &Place,
) -> Result<(), CommandError> {
    let gl = &host.gl;
    let [width, height] = place.size.map(|size| size as i32);
    begin(host, target, place.size, [0, 0, width, height]);
    from.prepare_blit(gl, filter);
    let recipe = Recipe {
        kind: Kind::Float,
        target: from.target(),
        each_sample: false,
    };
    let result = host.blitter.borrow_mut().draw(host, recipe, filter, rect);
    if result.is_ok() {
        gl.edit_texture(to.target(), to.name());
        let [x, y, z] = place.at;
        let (image, level) = (to.image_target(z), place.level as i32);
        gl.copy_tex_sub_image_2d(image, level, x as i32, y as i32, 0, 0, width, height);
    }
    attach_color(gl, None);
    result
}

/// `GL_HALF_FLOAT_OES`, which is not OpenGL ES 3.0's.
const HALF_FLOAT_OES: u32 = 0x8d61;
