//! Textures on OpenGL ES 2.0: made image by image, in few formats, of few shapes, and read
//! back as bytes of red, green, blue and alpha.

use std::rc::Rc;

use maro_gpu::renderer::Error;

use super::support::Support;
use super::texture::TextureStorage;
use crate::gl::host::{Capabilities, Feature};
use crate::gl::{Framebuffer, Gl, ImageStorage, PixelFormat, Renderbuffer, Texture};
use crate::host::Host;
use crate::protocol::formats::FormatInfo;
use crate::protocol::gl_format::{GlFormat, Needs};
use crate::protocol::layout::{Shape, minify};
use crate::protocol::values::{Filter, TextureTarget};

/// Size of the textures that are tried.
const TRIAL_SIZE: i32 = 4;

/// The features that storing a format takes; `None` if no host has it.
fn needed(storage: Needs) -> Option<&'static [Feature]> {
    Some(match storage {
        Needs::Core => &[],
        Needs::Depth => &[Feature::DepthTexture],
        Needs::PackedDepthStencil => &[Feature::DepthTexture, Feature::PackedDepthStencil],
        Needs::HalfFloatTexture => &[Feature::TextureHalfFloat],
        Needs::FloatTexture => &[Feature::TextureFloat],
        Needs::S3tc => &[Feature::TextureS3tc],
        _ => return None,
    })
}

/// Depth and stencil on hosts that cannot have them in a texture: in one renderbuffer, or
/// without `OES_packed_depth_stencil` one each, which not every driver takes.
pub struct DepthRenderbuffers {
    depth: Renderbuffer,
    /// `depth` has stencil too.
    packed: bool,
    stencil: Option<Renderbuffer>,
}

impl DepthRenderbuffers {
    /// Makes storage for a depth format.
    ///
    /// # Errors
    /// GL's own words if it makes none.
    pub fn new(
        gl: &Rc<Gl>,
        caps: &Capabilities,
        info: &FormatInfo,
        size: [u32; 2],
    ) -> Result<Self, String> {
        let packed = info.is_stencil() && caps.has(Feature::PackedDepthStencil);
        let size = size.map(|size| size as i32);
        let make = |format| {
            let buffer = Renderbuffer::new(gl)?;
            gl.renderbuffer_storage(buffer.name(), format, size);
            Ok::<_, String>(buffer)
        };
        Ok(Self {
            depth: make(if packed {
                glow::DEPTH24_STENCIL8
            } else {
                glow::DEPTH_COMPONENT16
            })?,
            packed,
            stencil: (info.is_stencil() && !packed)
                .then(|| make(glow::STENCIL_INDEX8))
                .transpose()?,
        })
    }

    /// Attaches both.
    pub fn attach(&self, gl: &Gl, target: u32) {
        gl.framebuffer_renderbuffer(target, glow::DEPTH_ATTACHMENT, self.depth.name());
        let stencil = match &self.stencil {
            Some(stencil) => stencil,
            None if self.packed => &self.depth,
            None => return,
        };
        gl.framebuffer_renderbuffer(target, glow::STENCIL_ATTACHMENT, stencil.name());
    }
}

/// Can depth be drawn to, if not sampled?
fn try_renderbuffers(gl: &Rc<Gl>, caps: &Capabilities, info: &FormatInfo) -> Support {
    let mut support = Support::default();
    let size = [TRIAL_SIZE as u32; 2];
    let (Ok(framebuffer), Some(color), Ok(depth)) = (
        Framebuffer::new(gl),
        trial_texture(gl, glow::RGBA, glow::UNSIGNED_BYTE),
        DepthRenderbuffers::new(gl, caps, info, size),
    ) else {
        return support;
    };
    let (target, attachment) = (glow::FRAMEBUFFER, glow::COLOR_ATTACHMENT0);
    gl.bind_draw_framebuffer(Some(framebuffer.name()));
    gl.framebuffer_texture_2d(target, attachment, glow::TEXTURE_2D, Some(color.name()), 0);
    depth.attach(gl, target);
    let complete = gl.check_framebuffer_status(target) == glow::FRAMEBUFFER_COMPLETE;
    support.renderbuffer = complete && gl.take_error().is_none();
    support.render = support.renderbuffer;
    support
}

/// What can be done with a format, by trying.
pub fn try_format(
    gl: &Rc<Gl>,
    caps: &Capabilities,
    info: &FormatInfo,
    format: &GlFormat,
) -> Support {
    let mut support = Support::default();
    let there = needed(format.storage)
        .is_some_and(|features| features.iter().all(|feature| caps.has(*feature)));
    if !there && info.is_depth() {
        return try_renderbuffers(gl, caps, info);
    }
    if !there {
        return support;
    }
    if info.is_compressed() {
        support.sample = true;
        return support;
    }
    let Some(texture) = trial_texture(gl, format.format, format.ty) else {
        return support;
    };
    support.sample = true;
    if format.render == Needs::Never {
        return support;
    }
    let (Ok(framebuffer), Some(color)) = (
        Framebuffer::new(gl),
        trial_texture(gl, glow::RGBA, glow::UNSIGNED_BYTE),
    ) else {
        return support;
    };
    let target = glow::FRAMEBUFFER;
    gl.bind_draw_framebuffer(Some(framebuffer.name()));
    let attach = |attachment, texture: &Texture| {
        let name = Some(texture.name());
        gl.framebuffer_texture_2d(target, attachment, glow::TEXTURE_2D, name, 0);
    };
    if info.is_depth_stencil() {
        // Some hosts want a colour with it.
        attach(glow::COLOR_ATTACHMENT0, &color);
        let attachment = if info.is_stencil() {
            glow::DEPTH_STENCIL_ATTACHMENT
        } else {
            glow::DEPTH_ATTACHMENT
        };
        attach(attachment, &texture);
    } else {
        attach(glow::COLOR_ATTACHMENT0, &texture);
    }
    let complete = gl.check_framebuffer_status(target) == glow::FRAMEBUFFER_COMPLETE;
    support.render = complete && gl.take_error().is_none();
    support.read = support.render;
    support
}

fn trial_texture(gl: &Rc<Gl>, format: u32, ty: u32) -> Option<Texture> {
    let texture = Texture::new(gl).ok()?;
    gl.take_error();
    gl.edit_texture(glow::TEXTURE_2D, texture.name());
    let image = ImageStorage {
        target: glow::TEXTURE_2D,
        level: 0,
        format,
        ty,
        size: [TRIAL_SIZE, TRIAL_SIZE, 1],
        bytes: 0,
    };
    gl.tex_image(&image, None);
    set_nearest(gl, glow::TEXTURE_2D);
    gl.take_error().is_none().then_some(texture)
}

fn set_nearest(gl: &Gl, target: u32) {
    for filter in [glow::TEXTURE_MIN_FILTER, glow::TEXTURE_MAG_FILTER] {
        gl.tex_parameter_i32(target, filter, glow::NEAREST as i32);
    }
}

/// Refuses shapes that OpenGL ES 2.0 does not have.
///
/// # Errors
/// Arrays, and volumes on hosts without them.
pub fn check_shape(host: &Host, shape: &Shape) -> Result<(), Error> {
    let there = match shape.target {
        TextureTarget::Texture1d
        | TextureTarget::Texture2d
        | TextureTarget::Rectangle
        | TextureTarget::Cube => true,
        TextureTarget::Texture3d => host.caps.has(Feature::Texture3d),
        _ => false,
    };
    if there {
        return Ok(());
    }
    Err(Error::Unsupported(format!(
        "{:?} textures on a host of OpenGL ES 2.0",
        shape.target
    )))
}

/// What holds depth that cannot be in a texture; `None` for all else.
///
/// # Errors
/// If GL has no memory for it.
pub fn renderbuffers(host: &Host, shape: &Shape) -> Result<Option<DepthRenderbuffers>, Error> {
    if !host.formats.of(shape.format).renderbuffer {
        return Ok(None);
    }
    if shape.target != TextureTarget::Texture2d || shape.levels > 1 {
        return Err(Error::Unsupported(
            "depth textures on a host that draws depth only".to_owned(),
        ));
    }
    let Some(info) = shape.info() else {
        return Ok(None);
    };
    DepthRenderbuffers::new(&host.gl, &host.caps, info, [shape.width, shape.height])
        .map(Some)
        .map_err(Error::OutOfMemory)
}

/// Levels of a texture from its size down to one texel.
fn full_chain(shape: &Shape) -> u32 {
    let depth = match shape.target {
        TextureTarget::Texture3d => shape.depth,
        _ => 1,
    };
    let largest = shape.width.max(shape.height).max(depth).max(1);
    u32::BITS - largest.leading_zeros()
}

impl TextureStorage {
    /// Makes all images, of zeros where they are colours. A texture with several levels has
    /// all that its size allows, for without them it could not be sampled at all.
    pub(super) fn allocate_images(&self, host: &Host, shape: &Shape) {
        let gl = &host.gl;
        let levels = if self.levels > 1 {
            full_chain(shape)
        } else {
            1
        };
        let block = shape.block();
        let info = shape.info();
        let depth_stencil = info.is_some_and(FormatInfo::is_depth_stencil);
        let compressed = info.is_some_and(FormatInfo::is_compressed);
        let volume = shape.target == TextureTarget::Texture3d;
        let faces = if self.target == glow::TEXTURE_CUBE_MAP {
            6
        } else {
            1
        };
        let mut scratch = host.scratch.borrow_mut();
        for level in 0..levels {
            let [width, height] = [shape.width, shape.height].map(|size| minify(size, level));
            let depth = if volume {
                minify(shape.depth, level)
            } else {
                1
            };
            let columns = u64::from(width.div_ceil(block.width.into()));
            let rows = u64::from(height.div_ceil(block.height.into()));
            let bytes = columns * rows * u64::from(depth) * u64::from(block.bytes);
            scratch.clear();
            if !depth_stencil {
                scratch.resize(usize::try_from(bytes).unwrap_or(0), 0);
            }
            for face in 0..faces {
                let target = self.image_target(face);
                let (level, size) = (level as i32, [width as i32, height as i32, depth as i32]);
                if compressed {
                    let format = self.format.internal;
                    gl.compressed_tex_image(target, level, format, [size[0], size[1]], &scratch);
                    continue;
                }
                let image = ImageStorage {
                    target,
                    level,
                    format: self.format.format,
                    ty: self.format.ty,
                    size,
                    bytes,
                };
                gl.tex_image(&image, (!depth_stencil).then_some(&scratch));
            }
        }
        host.trim(&mut scratch);
    }

    /// Sets the sampling parameters for a draw of the renderer's own that reads the texture.
    pub fn prepare_blit(&self, gl: &Gl, filter: Filter) {
        let (flat, plain) = match filter {
            Filter::Nearest => (glow::NEAREST_MIPMAP_NEAREST, glow::NEAREST),
            Filter::Linear => (glow::LINEAR_MIPMAP_NEAREST, glow::LINEAR),
        };
        let parameters = [
            (
                glow::TEXTURE_MIN_FILTER,
                if self.levels > 1 { flat } else { plain },
            ),
            (glow::TEXTURE_MAG_FILTER, plain),
            (glow::TEXTURE_WRAP_S, glow::CLAMP_TO_EDGE),
            (glow::TEXTURE_WRAP_T, glow::CLAMP_TO_EDGE),
        ];
        gl.edit_texture(self.target, self.name());
        for (parameter, value) in parameters {
            gl.tex_parameter_i32(self.target, parameter, value as i32);
        }
        self.sampling.set(0);
    }

    /// True if levels can be chosen between when the texture is sampled: all that there are
    /// hold what the guest put there, and the host takes them.
    pub(super) fn can_use_levels(&self, host: &Host, shape: &Shape) -> bool {
        self.levels > 1 && self.levels == full_chain(shape) && is_repeatable(host, shape)
    }
}

/// True if the host repeats the texture and takes its levels.
pub fn is_repeatable(host: &Host, shape: &Shape) -> bool {
    host.caps.has(Feature::TextureNpot)
        || [shape.width, shape.height]
            .iter()
            .all(|size| size.is_power_of_two())
}

/// What a colour texture's pixels are read as.
pub const READ: PixelFormat = PixelFormat {
    format: glow::RGBA,
    ty: glow::UNSIGNED_BYTE,
    bytes: 4,
};

/// Makes pixels that were read as [`READ`] those that uploads of `format` have, in place;
/// they get shorter.
pub fn pack(format: &GlFormat, pixels: &mut Vec<u8>) {
    let narrow: fn([u16; 4]) -> u16 = match format.ty {
        glow::UNSIGNED_SHORT_5_6_5 => |[r, g, b, _]| (r >> 3) << 11 | (g >> 2) << 5 | b >> 3,
        glow::UNSIGNED_SHORT_5_5_5_1 => {
            |[r, g, b, a]| (r >> 3) << 11 | (g >> 3) << 6 | (b >> 3) << 1 | a >> 7
        }
        glow::UNSIGNED_SHORT_4_4_4_4 => {
            |[r, g, b, a]| (r >> 4) << 12 | (g >> 4) << 8 | (b >> 4) << 4 | a >> 4
        }
        _ => return,
    };
    let count = pixels.len() / 4;
    for index in 0..count {
        let from = index * 4;
        let channels = [0, 1, 2, 3].map(|channel| u16::from(pixels[from + channel]));
        pixels[index * 2..index * 2 + 2].copy_from_slice(&narrow(channels).to_le_bytes());
    }
    pixels.truncate(count * 2);
}

/// Words with depth in the upper 24 bits and stencil in the lowest 8 as texels that uploads
/// of `format` have.
pub fn depth_texels(format: &GlFormat, words: &[u32]) -> Vec<u8> {
    match format.ty {
        glow::UNSIGNED_SHORT => words
            .iter()
            .flat_map(|word| {
                // To the nearest: the stored value was spread over more bits.
                let depth = u64::from(word >> 8);
                (((depth * 0xffff + 0x7f_ffff) / 0xff_ffff) as u16).to_le_bytes()
            })
            .collect(),
        glow::UNSIGNED_INT => words
            .iter()
            .flat_map(|word| (word & !0xff | word >> 24).to_le_bytes())
            .collect(),
        _ => words.iter().flat_map(|word| word.to_le_bytes()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::formats::FormatId;

    #[test]
    fn depth_texels_have_the_bits_of_their_format() {
        let texels = |format: FormatId, word| depth_texels(format.gl_es20().unwrap(), &[word]);
        let word = 0x8000_0012;
        assert_eq!(texels(FormatId::Z16_UNORM, word), [0x00, 0x80]);
        assert_eq!(texels(FormatId::Z16_UNORM, !0), [0xff, 0xff]);
        assert_eq!(texels(FormatId::X8Z24_UNORM, word), [0x80, 0, 0, 0x80]);
        let packed = texels(FormatId::S8_UINT_Z24_UNORM, word);
        assert_eq!(packed, word.to_le_bytes());
    }

    #[test]
    fn pack_narrows_pixels_to_what_uploads_have() {
        let format = FormatId::B5G6R5_UNORM.gl_es20().unwrap();
        let mut pixels = vec![0xff, 0, 0, 0xff, 0, 0xff, 0, 0xff];
        pack(format, &mut pixels);
        assert_eq!(pixels, [0x00, 0xf8, 0xe0, 0x07]);
        let format = FormatId::R8G8B8A8_UNORM.gl_es20().unwrap();
        let mut pixels = vec![1, 2, 3, 4];
        pack(format, &mut pixels);
        assert_eq!(pixels, [1, 2, 3, 4]);
    }
}
