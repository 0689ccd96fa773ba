//! Buffers and textures into guest memory.
//!
//! OpenGL ES cannot read a texture as such: each layer is attached to a framebuffer and
//! its pixels are read. What cannot be attached (compressed and shared-exponent formats)
//! is never written by the GPU, so guest memory still holds the truth.

use maro_gpu::renderer::{Backing, Error, Image, Rect, Transfer};

use super::es20;
use super::texture::{TextureStorage, attachment_of};
use super::{Resource, Storage};
use crate::draw::depth_read;
use crate::gl::PixelFormat;
use crate::gl::host::Feature;
use crate::host::Host;
use crate::protocol::layout::Footprint;

/// Copies the texels of `transfer` from `resource` into `backing`.
///
/// # Errors
/// If the box or the memory is not what the transfer needs, or the host cannot read the
/// format.
pub fn read_back(
    host: &Host,
    resource: &Resource,
    transfer: &Transfer,
    backing: &dyn Backing,
) -> Result<(), Error> {
    let footprint = resource.shape().footprint(transfer)?;
    if footprint.span == 0 {
        return Ok(());
    }
    if footprint.end().is_none_or(|end| end > backing.len()) {
        return Err(Error::InvalidParameter(format!(
            "a transfer of {} bytes at {} into {} bytes of memory",
            footprint.span,
            footprint.offset,
            backing.len()
        )));
    }
    match resource.storage() {
        Storage::Guest => Ok(()),
        Storage::Buffer(_) => {
            let Ok(len) = usize::try_from(footprint.span) else {
                return Err(Error::InvalidParameter("transfer size".to_owned()));
            };
            let mut scratch = host.scratch.borrow_mut();
            scratch.clear();
            scratch.resize(len, 0);
            if !resource.read_bytes(&host.gl, transfer.region.x, &mut scratch) {
                return Err(Error::Host("a buffer could not be mapped".to_owned()));
            }
            let result = backing.write(footprint.offset, &scratch);
            host.trim(&mut scratch);
            result
        }
        Storage::Texture(texture) => {
            read_texture(host, resource, texture, transfer, &footprint, backing)
        }
    }
}

fn read_texture(
    host: &Host,
    resource: &Resource,
    texture: &TextureStorage,
    transfer: &Transfer,
    footprint: &Footprint,
    backing: &dyn Backing,
) -> Result<(), Error> {
    let shape = resource.shape();
    let depth_stencil = shape.info().is_some_and(|info| info.is_depth_stencil());
    if !depth_stencil && !host.formats.renders(shape.format) {
        return Ok(());
    }
    if texture.samples() > 0 {
        return Err(Error::InvalidParameter(
            "a transfer of a multisampled texture".to_owned(),
        ));
    }
    let region = transfer.region;
    let area = [region.x, region.y, region.width, region.height].map(|value| value as i32);
    let layer_bytes = (footprint.row_bytes * footprint.rows) as usize;
    let es20 = host.gl.is_es20();
    if es20 && depth_stencil {
        return read_depth(host, resource, texture, transfer, footprint, backing);
    }
    let format = if es20 {
        es20::READ
    } else {
        PixelFormat {
            format: texture.format().format,
            ty: texture.format().ty,
            bytes: u32::from(shape.block().bytes),
        }
    };
    let layer_bytes = match u64::from(format.bytes) {
        bytes if es20 => (u64::from(region.width) * u64::from(region.height) * bytes) as usize,
        _ => layer_bytes,
    };
    let mut scratch = host.scratch.borrow_mut();
    for layer in 0..region.depth {
        scratch.clear();
        scratch.resize(layer_bytes, 0);
        let (level, z) = (transfer.level, region.z + layer);
        host.attach_for_reading(texture, attachment_of(shape), level, z);
        host.gl.take_error();
        let read = host.gl.read_pixels(area, format, &mut scratch);
        host.detach_after_reading(attachment_of(shape));
        if let Some(error) = host.gl.take_error() {
            return Err(Error::Host(format!(
                "{} cannot be read back (GL error {error:#x})",
                shape.format
            )));
        }
        if !read {
            return Err(Error::InvalidParameter("transfer size".to_owned()));
        }
        if es20 {
            es20::pack(texture.format(), &mut scratch);
        }
        texture.format().conversion.from_gl(&mut scratch);
        write_layer(footprint, u64::from(layer), &scratch, backing)?;
    }
    host.trim(&mut scratch);
    Ok(())
}

/// As [`read_texture`], of depth where GL cannot read it.
fn read_depth(
    host: &Host,
    resource: &Resource,
    texture: &TextureStorage,
    transfer: &Transfer,
    footprint: &Footprint,
    backing: &dyn Backing,
) -> Result<(), Error> {
    let shape = resource.shape();
    let flat = texture.target() == glow::TEXTURE_2D;
    if !flat || (transfer.level > 0 && !host.caps.has(Feature::RenderMipmap)) {
        return Err(Error::Unsupported("reading this level of depth".to_owned()));
    }
    let region = transfer.region;
    let area = [region.x, region.y, region.width, region.height].map(|value| value as i32);
    let mut words = Vec::new();
    depth_read::read(host, texture, shape, transfer.level, area, &mut words)?;
    let mut texels = es20::depth_texels(texture.format(), &words);
    texture.format().conversion.from_gl(&mut texels);
    write_layer(footprint, 0, &texels, backing)
}

/// Writes the tight rows of one layer to their places.
fn write_layer(
    footprint: &Footprint,
    layer: u64,
    texels: &[u8],
    backing: &dyn Backing,
) -> Result<(), Error> {
    let base = footprint.offset + layer * footprint.layer_stride;
    if footprint.stride == footprint.row_bytes {
        return backing.write(base, texels);
    }
    for (row, bytes) in (0u64..).zip(texels.chunks_exact(footprint.row_bytes as usize)) {
        backing.write(base + row * footprint.stride, bytes)?;
    }
    Ok(())
}

/// Reads part of level 0 as a picture: RGBA, with whatever alpha is stored.
///
/// # Errors
/// If the resource is no colour texture that the host can read.
pub fn read_pixels(host: &Host, resource: &Resource, area: Rect) -> Result<Image, Error> {
    let Some(texture) = resource.texture().filter(|texture| texture.samples() == 0) else {
        return Err(Error::InvalidParameter(
            "a scanout that is no plain texture".to_owned(),
        ));
    };
    let size = u64::from(area.width) * u64::from(area.height) * 4;
    let size = usize::try_from(size)
        .map_err(|_| Error::InvalidParameter("size of a scanout".to_owned()))?;
    let mut rgba = vec![0; size];
    host.attach_for_reading(texture, glow::COLOR_ATTACHMENT0, 0, 0);
    host.gl.take_error();
    let format = PixelFormat {
        format: glow::RGBA,
        ty: glow::UNSIGNED_BYTE,
        bytes: 4,
    };
    let place = [area.x, area.y, area.width, area.height].map(|value| value as i32);
    let read = host.gl.read_pixels(place, format, &mut rgba);
    host.detach_after_reading(glow::COLOR_ATTACHMENT0);
    if let Some(error) = host.gl.take_error() {
        return Err(Error::Host(format!(
            "the scanout cannot be read (GL error {error:#x})"
        )));
    }
    if !read {
        return Err(Error::InvalidParameter("size of a scanout".to_owned()));
    }
    Ok(Image {
        width: area.width,
        height: area.height,
        rgba,
    })
}
