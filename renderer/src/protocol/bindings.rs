//! Arrays of bindings and rectangles that state commands carry.

use maro_gpu::renderer::ResourceId;

use super::bits;
use super::flags::ImageAccess;
use super::formats::FormatId;
use super::ids::resource_from_word;
use super::list::Record;

/// Part of a buffer bound for shaders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BufferRange {
    /// The buffer; `None` unbinds.
    pub resource: Option<ResourceId>,
    /// Bytes into it.
    pub offset: u32,
    /// Size in bytes.
    pub length: u32,
}

impl Record<3> for BufferRange {
    #[inline]
    fn from_words(&[offset, length, resource]: &[u32; 3]) -> Self {
        Self {
            resource: resource_from_word(resource),
            offset,
            length,
        }
    }
}

/// A buffer that vertices come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VertexBuffer {
    /// The buffer; `None` leaves the slot empty.
    pub resource: Option<ResourceId>,
    /// Bytes between vertices; 0 for one value for all.
    pub stride: u32,
    /// Bytes into the buffer.
    pub offset: u32,
}

impl Record<3> for VertexBuffer {
    #[inline]
    fn from_words(&[stride, offset, resource]: &[u32; 3]) -> Self {
        Self {
            resource: resource_from_word(resource),
            stride,
            offset,
        }
    }
}

/// An image bound for shaders. As for [`ViewBounds`], the resource decides how the two
/// words are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImageView {
    /// The resource; `None` unbinds.
    pub resource: Option<ResourceId>,
    /// In which format.
    pub format: FormatId,
    /// What shaders may do.
    pub access: ImageAccess,
    word0: u32,
    word1: u32,
}

impl ImageView {
    /// Of a buffer: byte offset and byte size.
    pub const fn buffer_range(&self) -> (u32, u32) {
        (self.word0, self.word1)
    }

    /// Of a texture: first and last layer.
    pub const fn layers(&self) -> (u32, u32) {
        (bits(self.word0, 0, 16), bits(self.word0, 16, 16))
    }

    /// Of a texture: the mip level.
    pub const fn level(&self) -> u32 {
        self.word1
    }
}

impl Record<5> for ImageView {
    #[inline]
    fn from_words(&[format, access, word0, word1, resource]: &[u32; 5]) -> Self {
        Self {
            resource: resource_from_word(resource),
            format: FormatId(format),
            access: ImageAccess::from_bits_retain(access),
            word0,
            word1,
        }
    }
}

/// From clip space to window: `window = scale * clip + translate`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// Half the extent; a negative y turns the picture over.
    pub scale: [f32; 3],
    /// The centre.
    pub translate: [f32; 3],
}

impl Record<6> for Viewport {
    #[inline]
    fn from_words(words: &[u32; 6]) -> Self {
        let [sx, sy, sz, tx, ty, tz] = words.map(f32::from_bits);
        Self {
            scale: [sx, sy, sz],
            translate: [tx, ty, tz],
        }
    }
}

/// A scissor rectangle; empty unless each maximum lies beyond its minimum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scissor {
    /// Left edge.
    pub min_x: u16,
    /// First row.
    pub min_y: u16,
    /// First column not drawn.
    pub max_x: u16,
    /// First row not drawn.
    pub max_y: u16,
}

impl Record<2> for Scissor {
    #[inline]
    fn from_words(&[min, max]: &[u32; 2]) -> Self {
        Self {
            min_x: bits(min, 0, 16) as u16,
            min_y: bits(min, 16, 16) as u16,
            max_x: bits(max, 0, 16) as u16,
            max_y: bits(max, 16, 16) as u16,
        }
    }
}

/// Stride and offset of a plane of an imported resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Plane {
    /// Bytes between rows.
    pub stride: u32,
    /// Bytes into the memory.
    pub offset: u32,
}

impl Record<2> for Plane {
    #[inline]
    fn from_words(&[stride, offset]: &[u32; 2]) -> Self {
        Self { stride, offset }
    }
}
