//! Guest memory into buffers and textures.
//!
//! Texels that lie in one piece and in GL's own order go from guest memory straight into
//! GL; all others are gathered into the host's scratch memory first, which is reused.

use maro_gpu::renderer::{Box3, Error, Transfer};
use vm_memory::VolatileSlice;

use super::texture::TextureStorage;
use super::{Resource, Storage};
use crate::gl::{TexRegion, TexelLayout};
use crate::host::Host;
use crate::protocol::convert::Conversion;
use crate::protocol::layout::Footprint;

/// Where an upload's bytes come from.
pub trait Source {
    /// Calls `visit` with each piece of `offset..offset + len`, in order.
    ///
    /// # Errors
    /// If the range lies outside the source.
    fn visit(
        &self,
        offset: u64,
        len: usize,
        visit: &mut dyn FnMut(VolatileSlice<'_>),
    ) -> Result<(), Error>;
}

impl Source for dyn maro_gpu::renderer::Backing {
    fn visit(
        &self,
        offset: u64,
        len: usize,
        visit: &mut dyn FnMut(VolatileSlice<'_>),
    ) -> Result<(), Error> {
        maro_gpu::renderer::Backing::visit(self, offset, len, visit)
    }
}

/// Bytes that came within a command.
pub struct Inline<'a>(pub &'a [u8]);

impl Source for Inline<'_> {
    fn visit(
        &self,
        offset: u64,
        len: usize,
        visit: &mut dyn FnMut(VolatileSlice<'_>),
    ) -> Result<(), Error> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.checked_add(len);
        let bytes = end.and_then(|end| self.0.get(start..end)).ok_or_else(|| {
            Error::InvalidParameter("more inline data than the command holds".to_owned())
        })?;
        // A copy: guest memory is written to by others, a command is not.
        let mut bytes = bytes.to_vec();
        visit(VolatileSlice::from(&mut bytes[..]));
        Ok(())
    }
}

/// Copies the texels of `transfer` from `source` into `resource`.
///
/// # Errors
/// If the box or the memory is not what the transfer needs.
pub fn upload(
    host: &Host,
    resource: &Resource,
    transfer: &Transfer,
    source: &(impl Source + ?Sized),
) -> Result<(), Error> {
    let footprint = resource.shape().footprint(transfer)?;
    if footprint.span == 0 {
        return Ok(());
    }
    let span = usize::try_from(footprint.span)
        .map_err(|_| Error::InvalidParameter("transfer size".to_owned()))?;
    match resource.storage() {
        Storage::Guest => Ok(()),
        Storage::Buffer(buffer) => {
            resource.note_change();
            host.gl
                .bind_buffer(glow::COPY_WRITE_BUFFER, Some(buffer.name()));
            let mut at = u64::from(transfer.region.x);
            let shadowed = resource.shadow().is_some();
            let mut scratch = host.scratch.borrow_mut();
            source.visit(footprint.offset, span, &mut |piece| {
                if shadowed {
                    scratch.clear();
                    scratch.resize(piece.len(), 0);
                    piece.copy_to(&mut scratch[..]);
                    resource.write_bytes(&host.gl, at as u32, &scratch);
                } else {
                    host.gl
                        .buffer_sub_data_volatile(glow::COPY_WRITE_BUFFER, at, &piece);
                }
                at += piece.len() as u64;
            })
        }
        Storage::Texture(texture) => {
            if texture.samples() > 0 {
                return Err(Error::InvalidParameter(
                    "a transfer of a multisampled texture".to_owned(),
                ));
            }
            if !texture.is_sampled() {
                return Err(Error::Unsupported(
                    "uploads of depth on this host".to_owned(),
                ));
            }
            let job = Job {
                host,
                resource,
                texture,
                transfer,
                footprint: &footprint,
            };
            let mut done = false;
            let direct = job.direct_layout();
            let mut scratch = host.scratch.borrow_mut();
            scratch.clear();
            source.visit(footprint.offset, span, &mut |piece| {
                if let Some(layout) = &direct
                    && piece.len() == span
                {
                    done = job.upload_volatile(layout, &piece);
                } else {
                    let start = scratch.len();
                    scratch.resize(start + piece.len(), 0);
                    piece.copy_to(&mut scratch[start..]);
                }
            })?;
            if !done {
                job.upload_gathered(&mut scratch)?;
            }
            host.trim(&mut scratch);
            Ok(())
        }
    }
}

struct Job<'a> {
    host: &'a Host,
    resource: &'a Resource,
    texture: &'a TextureStorage,
    transfer: &'a Transfer,
    footprint: &'a Footprint,
}

impl Job<'_> {
    /// The layout of the source as it is, if GL can read it so.
    fn direct_layout(&self) -> Option<TexelLayout> {
        let footprint = self.footprint;
        let block = u64::from(self.resource.shape().block().bytes);
        let compressed = self.resource.shape().info()?.is_compressed();
        let strided = !footprint.is_tight();
        if self.texture.format().conversion != Conversion::None
            || (strided && (compressed || self.host.gl.is_es20()))
            || !footprint.stride.is_multiple_of(block)
            || footprint.stride == 0
            || (footprint.layers > 1 && !footprint.layer_stride.is_multiple_of(footprint.stride))
        {
            return None;
        }
        let image_rows = match footprint.layers {
            1 => footprint.rows,
            _ => footprint.layer_stride / footprint.stride,
        };
        self.layout(footprint.stride / block, image_rows)
    }

    fn layout(&self, row_pixels: u64, image_rows: u64) -> Option<TexelLayout> {
        let block = self.resource.shape().block().bytes;
        let footprint = self.footprint;
        Some(TexelLayout {
            pixel_bytes: block.into(),
            row_pixels: u32::try_from(row_pixels).ok()?,
            image_rows: u32::try_from(image_rows).ok()?,
            width: u32::try_from(footprint.row_bytes / u64::from(block)).ok()?,
            height: u32::try_from(footprint.rows).ok()?,
            depth: u32::try_from(footprint.layers).ok()?,
        })
    }

    /// The images that GL uploads one call each: `(region, byte offset, layers)`.
    fn images(&self, layer_bytes: u64) -> impl Iterator<Item = (TexRegion, u64, u32)> {
        let Box3 {
            x,
            y,
            z,
            width,
            height,
            depth,
        } = self.transfer.region;
        let flat = self.texture.is_flat();
        let (calls, layers) = if flat { (depth, 1) } else { (1, depth) };
        (0..calls).map(move |call| {
            let region = TexRegion {
                target: self.texture.image_target(z + call),
                level: self.transfer.level as i32,
                x: x as i32,
                y: y as i32,
                z: if flat { 0 } else { z as i32 },
                width: width as i32,
                height: height as i32,
                depth: layers as i32,
            };
            (region, u64::from(call) * layer_bytes, layers)
        })
    }

    fn upload_volatile(&self, layout: &TexelLayout, data: &VolatileSlice<'_>) -> bool {
        let gl = &self.host.gl;
        let kind = self.texture.kind(self.resource.shape());
        gl.edit_texture(self.texture.target(), self.texture.name());
        self.images(self.footprint.layer_stride)
            .all(|(region, offset, layers)| {
                let layout = TexelLayout {
                    depth: layers,
                    ..*layout
                };
                let Some(len) = layout.bytes() else {
                    return false;
                };
                let (Ok(offset), Ok(len)) = (usize::try_from(offset), usize::try_from(len)) else {
                    return false;
                };
                data.subslice(offset, len)
                    .is_ok_and(|piece| gl.upload_volatile(&region, kind, &layout, &piece))
            })
    }

    /// Makes the gathered span tight, converts it and uploads it.
    fn upload_gathered(&self, scratch: &mut Vec<u8>) -> Result<(), Error> {
        self.tighten(scratch);
        self.texture.format().conversion.to_gl(scratch);
        let gl = &self.host.gl;
        let kind = self.texture.kind(self.resource.shape());
        let footprint = self.footprint;
        let tight = self.layout(
            footprint.row_bytes / u64::from(self.resource.shape().block().bytes),
            footprint.rows,
        );
        let layout = tight.ok_or_else(|| Error::InvalidParameter("transfer size".to_owned()))?;
        gl.edit_texture(self.texture.target(), self.texture.name());
        let layer_bytes = footprint.row_bytes * footprint.rows;
        for (region, offset, layers) in self.images(layer_bytes) {
            let layout = TexelLayout {
                depth: layers,
                ..layout
            };
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let Some(data) = scratch.get(start..) else {
                break;
            };
            let len = layout.bytes().and_then(|len| usize::try_from(len).ok());
            let Some(data) = len.and_then(|len| data.get(..len)) else {
                break;
            };
            gl.upload_slice(&region, kind, &layout, data);
        }
        Ok(())
    }

    /// Moves the rows of the span together.
    fn tighten(&self, scratch: &mut Vec<u8>) {
        let footprint = self.footprint;
        if footprint.is_tight() {
            return;
        }
        let row = footprint.row_bytes as usize;
        let mut to = 0;
        for layer in 0..footprint.layers {
            for index in 0..footprint.rows {
                let from = (layer * footprint.layer_stride + index * footprint.stride) as usize;
                if from + row > scratch.len() {
                    return;
                }
                scratch.copy_within(from..from + row, to);
                to += row;
            }
        }
        scratch.truncate(to);
    }
}
