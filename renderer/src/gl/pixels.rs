//! Texels between memory and textures. Every call checks that the memory holds what GL
//! will read or write before GL gets its address.

use std::ffi::c_void;

use glow::HasContext;
use vm_memory::VolatileSlice;

use super::Gl;

/// Targets whose images have two dimensions, each cube face being one.
fn is_flat_target(target: u32) -> bool {
    target == glow::TEXTURE_2D
        || (glow::TEXTURE_CUBE_MAP_POSITIVE_X..=glow::TEXTURE_CUBE_MAP_NEGATIVE_Z).contains(&target)
}

/// A box of texels of one level of the texture under edit.
#[derive(Clone, Copy, Debug)]
pub struct TexRegion {
    /// GL's image target: a cube's face, not the cube.
    pub target: u32,
    /// Mip level.
    pub level: i32,
    /// First texel.
    pub x: i32,
    /// First row.
    pub y: i32,
    /// First slice or layer.
    pub z: i32,
    /// Texels in a row.
    pub width: i32,
    /// Rows.
    pub height: i32,
    /// Slices or layers.
    pub depth: i32,
}

/// How texels are encoded in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TexelKind {
    /// Of a GL pixel format and type.
    Plain {
        /// For example `GL_RGBA`.
        format: u32,
        /// For example `GL_UNSIGNED_BYTE`.
        ty: u32,
    },
    /// Blocks of a compressed internal format.
    Compressed {
        /// For example `GL_COMPRESSED_RGB8_ETC2`.
        format: u32,
    },
}

/// GL pixel format and type with the bytes of one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelFormat {
    /// For example `GL_RGBA`.
    pub format: u32,
    /// For example `GL_UNSIGNED_BYTE`.
    pub ty: u32,
    /// Bytes of one pixel.
    pub bytes: u32,
}

/// The layout of texels in memory, in whole pixels (blocks for compressed ones).
#[derive(Clone, Copy, Debug)]
pub struct TexelLayout {
    /// Bytes of one pixel or block.
    pub pixel_bytes: u32,
    /// Pixels or blocks between rows.
    pub row_pixels: u32,
    /// Rows between slices.
    pub image_rows: u32,
    /// Pixels or blocks in a row of the region.
    pub width: u32,
    /// Rows of the region.
    pub height: u32,
    /// Slices of the region.
    pub depth: u32,
}

impl TexelLayout {
    /// Bytes from the first texel to the end of the last; `None` on overflow or when a
    /// row is longer than the distance between rows.
    pub fn bytes(&self) -> Option<u64> {
        if self.width == 0 || self.height == 0 || self.depth == 0 {
            return Some(0);
        }
        if self.width > self.row_pixels || self.height > self.image_rows {
            return None;
        }
        let row = u64::from(self.row_pixels).checked_mul(u64::from(self.pixel_bytes))?;
        let image = row.checked_mul(u64::from(self.image_rows))?;
        image
            .checked_mul(u64::from(self.depth - 1))?
            .checked_add(row.checked_mul(u64::from(self.height - 1))?)?
            .checked_add(u64::from(self.width) * u64::from(self.pixel_bytes))
    }
}

impl Gl {
    /// Uploads texels from a slice into the texture under edit; false, and nothing done,
    /// if the slice is too short for `layout`.
    pub fn upload_slice(
        &self,
        region: &TexRegion,
        kind: TexelKind,
        layout: &TexelLayout,
        data: &[u8],
    ) -> bool {
        if self.es20 && !self.unpack_rows && layout.row_pixels != layout.width {
            return self.upload_rows(region, kind, layout, data);
        }
        if !self.set_unpack(kind, layout, data.len()) {
            return false;
        }
        // SAFETY: `set_unpack` found that the slice covers the region.
        unsafe { self.upload(region, kind, data.as_ptr().cast(), data.len()) };
        true
    }

    /// Uploads the rows of one image one by one, where GL knows of no gaps between them.
    fn upload_rows(
        &self,
        region: &TexRegion,
        kind: TexelKind,
        layout: &TexelLayout,
        data: &[u8],
    ) -> bool {
        let stride = layout.row_pixels as usize * layout.pixel_bytes as usize;
        let row = TexelLayout {
            row_pixels: layout.width,
            image_rows: 1,
            height: 1,
            ..*layout
        };
        let length = layout.width as usize * layout.pixel_bytes as usize;
        layout.depth == 1
            && (0..layout.height as usize).all(|y| {
                let place = TexRegion {
                    y: region.y + y as i32,
                    height: 1,
                    ..*region
                };
                let start = y.saturating_mul(stride);
                data.get(start..start.saturating_add(length))
                    .is_some_and(|data| self.upload_slice(&place, kind, &row, data))
            })
    }

    /// As [`upload_slice`](Self::upload_slice), straight from guest memory.
    pub fn upload_volatile(
        &self,
        region: &TexRegion,
        kind: TexelKind,
        layout: &TexelLayout,
        data: &VolatileSlice<'_>,
    ) -> bool {
        if !self.set_unpack(kind, layout, data.len()) {
            return false;
        }
        let guard = data.ptr_guard();
        // SAFETY: `set_unpack` found that the memory covers the region, and the guard keeps it
        // mapped during the call; a guest that writes it meanwhile changes texels only.
        unsafe { self.upload(region, kind, guard.as_ptr().cast(), data.len()) };
        true
    }

    /// As [`upload_slice`](Self::upload_slice), from tightly packed texels of a buffer from
    /// byte `offset`.
    pub fn upload_from_buffer(
        &self,
        region: &TexRegion,
        kind: TexelKind,
        buffer: glow::Buffer,
        offset: u32,
    ) {
        self.bind_buffer(glow::PIXEL_UNPACK_BUFFER, Some(buffer));
        self.pixel_store_i32(glow::UNPACK_ALIGNMENT, 1);
        self.pixel_store_i32(glow::UNPACK_ROW_LENGTH, 0);
        self.pixel_store_i32(glow::UNPACK_IMAGE_HEIGHT, 0);
        let place = offset as usize as *const c_void;
        // SAFETY: a buffer is bound, so GL takes the pointer as an offset into it and checks
        // the range itself.
        unsafe { self.upload(region, kind, place, 0) };
        self.bind_buffer(glow::PIXEL_UNPACK_BUFFER, None);
    }

    /// Sets the unpack parameters; false if `available` bytes do not hold `layout`.
    fn set_unpack(&self, kind: TexelKind, layout: &TexelLayout, available: usize) -> bool {
        if layout
            .bytes()
            .is_none_or(|needed| needed > available as u64)
        {
            return false;
        }
        let (Ok(row), Ok(image)) = (
            i32::try_from(layout.row_pixels),
            i32::try_from(layout.image_rows),
        ) else {
            return false;
        };
        self.bind_buffer(glow::PIXEL_UNPACK_BUFFER, None);
        self.pixel_store_i32(glow::UNPACK_ALIGNMENT, 1);
        if self.es20 {
            // Slices with gaps cannot be told of, rows only by an extension.
            let tight = layout.row_pixels == layout.width;
            if (!tight && !self.unpack_rows)
                || (layout.depth > 1 && layout.image_rows != layout.height)
            {
                return false;
            }
            if self.unpack_rows {
                self.pixel_store_i32(glow::UNPACK_ROW_LENGTH, if tight { 0 } else { row });
            }
            return true;
        }
        // OpenGL ES takes compressed blocks tightly packed only, and its callers give them so.
        let plain = matches!(kind, TexelKind::Plain { .. });
        self.pixel_store_i32(glow::UNPACK_ROW_LENGTH, if plain { row } else { 0 });
        self.pixel_store_i32(glow::UNPACK_IMAGE_HEIGHT, if plain { image } else { 0 });
        true
    }

    /// # Safety
    /// `data` must point to `len` readable bytes that cover the region in the layout of
    /// the last `set_unpack`.
    unsafe fn upload(&self, region: &TexRegion, kind: TexelKind, data: *const c_void, len: usize) {
        let TexRegion {
            target,
            level,
            x,
            y,
            z,
            width,
            height,
            depth,
        } = *region;
        let len = i32::try_from(len).unwrap_or(i32::MAX);
        let ext = &self.ext;
        // SAFETY: the caller vouches for the memory; the rest are numbers that GL checks.
        unsafe {
            match (kind, is_flat_target(target)) {
                (TexelKind::Plain { format, ty }, true) => {
                    if let Some(f) = ext.tex_sub_image_2d {
                        f(target, level, x, y, width, height, format, ty, data);
                    }
                }
                (TexelKind::Plain { format, ty }, false) => {
                    if let Some(f) = ext.tex_sub_image_3d {
                        f(
                            target, level, x, y, z, width, height, depth, format, ty, data,
                        );
                    }
                }
                (TexelKind::Compressed { format }, true) => {
                    if let Some(f) = ext.compressed_tex_sub_image_2d {
                        f(target, level, x, y, width, height, format, len, data);
                    }
                }
                (TexelKind::Compressed { format }, false) => {
                    if let Some(f) = ext.compressed_tex_sub_image_3d {
                        f(
                            target, level, x, y, z, width, height, depth, format, len, data,
                        );
                    }
                }
            }
        }
    }

    /// Reads pixels of the read framebuffer into `out`, tightly packed rows.
    ///
    /// Returns false, and reads nothing, if `out` is too short.
    pub fn read_pixels(&self, area: [i32; 4], format: PixelFormat, out: &mut [u8]) -> bool {
        let [x, y, width, height] = area;
        let needed = i64::from(width)
            .checked_mul(height.into())
            .and_then(|pixels| pixels.checked_mul(format.bytes.into()));
        let fits = needed.is_some_and(|needed| needed <= out.len() as i64);
        if width < 0 || height < 0 || !fits {
            return false;
        }
        self.pixel_store_i32(glow::PACK_ALIGNMENT, 1);
        self.bind_buffer(glow::PIXEL_PACK_BUFFER, None);
        let data = glow::PixelPackData::Slice(Some(out));
        // SAFETY: GL writes `needed` bytes with alignment 1 and no row length, and `out`
        // holds them.
        unsafe {
            self.raw
                .read_pixels(x, y, width, height, format.format, format.ty, data);
        };
        true
    }
}
