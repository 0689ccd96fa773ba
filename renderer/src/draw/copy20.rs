//! Copies of texels on hosts of OpenGL ES 2.0: drawn into a picture, and from there into
//! the target, which may be of a level or format that nothing can be drawn to.

use super::blitter::{Kind, Recipe, SourceRect};
use super::depth_read::{attach_color, begin, picture};
use crate::context::error::CommandError;
use crate::decode::CopyRegion;
use crate::host::Host;
use crate::protocol::values::{Filter, Swizzle, TextureTarget};
use crate::resource::Resource;

/// Copies a box of colours whose channels have 8 bits at most. It was checked to lie
/// within both textures.
///
/// # Errors
/// If the formats differ or have more bits.
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
    if !plain || !narrow || !same {
        return Err(CommandError::Unsupported("a copy of texels of this format"));
    }
    if to.target() == glow::TEXTURE_3D {
        return Err(CommandError::Unsupported("a copy of texels into a volume"));
    }
    let level = src
        .shape()
        .level(copy.src_level)
        .map_err(|_| CommandError::OutOfRange("level of a copy"))?;
    let gl = &host.gl;
    let region = copy.src_box;
    let [width, height] = [region.width, region.height].map(|size| size as i32);
    let target = picture(gl, [width, height]).map_err(CommandError::Host)?;
    let corners = [
        region.x,
        region.y,
        region.x + region.width,
        region.y + region.height,
    ];
    let [to_x, to_y, to_z] = copy.dst_origin;
    for layer in 0..region.depth {
        let size = [region.width, region.height];
        begin(host, &target, size, [0, 0, width, height]);
        from.prepare_blit(gl, Filter::Nearest);
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
        let recipe = Recipe {
            kind: Kind::Float,
            target: from.target(),
            each_sample: false,
        };
        host.blitter
            .borrow_mut()
            .draw(host, recipe, Filter::Nearest, &rect)?;
        gl.edit_texture(to.target(), to.name());
        let (image, level) = (to.image_target(to_z + layer), copy.dst_level as i32);
        let [x, y] = [to_x, to_y].map(|place| place as i32);
        gl.copy_tex_sub_image_2d(image, level, x, y, 0, 0, width, height);
    }
    attach_color(gl, None);
    Ok(())
}

/// `GL_HALF_FLOAT_OES`, which is not OpenGL ES 3.0's.
const HALF_FLOAT_OES: u32 = 0x8d61;
