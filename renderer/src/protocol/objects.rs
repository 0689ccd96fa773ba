//! The objects that show, fetch, count or capture something, and shaders.

use maro_gpu::renderer::ResourceId;

use super::bits;
use super::formats::FormatId;
use super::list::{List, Record};
use super::values::{InvalidValue, QueryType, ShaderStage, Swizzle, TextureTarget};

/// Most transform feedback outputs that a shader may have.
pub const MAX_STREAM_OUTPUTS: u32 = 64;

/// The part of a resource that a view or surface shows. Which reading is right depends
/// on the resource: elements for a buffer, else layers (and, for a view, levels).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ViewBounds {
    word0: u32,
    word1: u32,
}

impl ViewBounds {
    /// First and last element of a buffer, in the size of the view's format.
    pub const fn elements(self) -> (u32, u32) {
        (self.word0, self.word1)
    }

    /// First and last layer, slice or face.
    pub const fn layers(self) -> (u32, u32) {
        (bits(self.word0, 0, 16), bits(self.word0, 16, 16))
    }

    /// First and last mip level.
    pub const fn levels(self) -> (u32, u32) {
        (bits(self.word1, 0, 8), bits(self.word1, 8, 8))
    }
}

/// A resource as samplers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SamplerView {
    /// What is sampled.
    pub resource: ResourceId,
    /// In which format.
    pub format: FormatId,
    /// As which shape; `None` for the resource's own.
    pub target: Option<TextureTarget>,
    /// Which part.
    pub bounds: ViewBounds,
    /// What each channel reads.
    pub swizzle: [Swizzle; 4],
}

impl SamplerView {
    pub(crate) fn from_words(words: &[u32; 5]) -> Result<Self, InvalidValue> {
        let [resource, format, word0, word1, swizzle] = *words;
        let target = match bits(format, 24, 8) {
            0 => None,
            number => Some(TextureTarget::try_from(number)?),
        };
        Ok(Self {
            resource: ResourceId(resource),
            format: FormatId(bits(format, 0, 24)),
            target,
            bounds: ViewBounds { word0, word1 },
            swizzle: [
                bits(swizzle, 0, 3).try_into()?,
                bits(swizzle, 3, 3).try_into()?,
                bits(swizzle, 6, 3).try_into()?,
                bits(swizzle, 9, 3).try_into()?,
            ],
        })
    }
}

/// A resource as an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Surface {
    /// What is attached.
    pub resource: ResourceId,
    /// In which format.
    pub format: FormatId,
    /// Mip level, or first element of a buffer.
    pub level: u32,
    /// First layer, slice or face.
    pub first_layer: u32,
    /// Last one; several mean a layered attachment.
    pub last_layer: u32,
    /// Samples to render with and resolve from; 0 for the resource's own.
    pub samples: u32,
}

impl Surface {
    pub(crate) fn from_words(words: &[u32; 4], samples: u32) -> Self {
        let [resource, format, level, layers] = *words;
        Self {
            resource: ResourceId(resource),
            format: FormatId(format),
            level,
            first_layer: bits(layers, 0, 16),
            last_layer: bits(layers, 16, 16),
            samples,
        }
    }
}

/// Where an input of the vertex shader comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VertexElement {
    /// Bytes from the start of a vertex.
    pub offset: u32,
    /// Instances that share a value; 0 if each vertex has its own.
    pub instance_divisor: u32,
    /// Which of the vertex buffers.
    pub buffer: u32,
    /// In which format.
    pub format: FormatId,
}

impl Record<4> for VertexElement {
    #[inline]
    fn from_words(&[offset, instance_divisor, buffer, format]: &[u32; 4]) -> Self {
        Self {
            offset,
            instance_divisor,
            buffer,
            format: FormatId(format),
        }
    }
}

/// The inputs of a vertex shader, in the order of its `IN` registers.
pub type VertexElements<'a> = List<'a, VertexElement, 4>;

/// A query object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Query {
    /// What is counted.
    pub ty: QueryType,
    /// Vertex stream, or number of the pipeline statistic.
    pub index: u32,
    /// Bytes into `resource`.
    pub offset: u32,
    /// Where the result goes.
    pub resource: ResourceId,
}

impl Query {
    pub(crate) fn from_words(&[ty, offset, resource]: &[u32; 3]) -> Result<Self, InvalidValue> {
        Ok(Self {
            ty: bits(ty, 0, 16).try_into()?,
            index: bits(ty, 16, 16),
            offset,
            resource: ResourceId(resource),
        })
    }
}

/// A piece of a buffer that takes transform feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamOutputTarget {
    /// The buffer.
    pub resource: ResourceId,
    /// Bytes into it.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
}

impl StreamOutputTarget {
    pub(crate) fn from_words(&[resource, offset, size]: &[u32; 3]) -> Self {
        Self {
            resource: ResourceId(resource),
            offset,
            size,
        }
    }
}

/// A shader's output register that transform feedback captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamOutput {
    /// Which `OUT` register.
    pub register: u8,
    /// First component.
    pub start_component: u8,
    /// Number of components.
    pub components: u8,
    /// Which target.
    pub buffer: u8,
    /// Where in the target's vertex, in words.
    pub offset: u16,
    /// Vertex stream.
    pub stream: u8,
}

impl Record<2> for StreamOutput {
    #[inline]
    fn from_words(&[word, stream]: &[u32; 2]) -> Self {
        Self {
            register: bits(word, 0, 8) as u8,
            start_component: bits(word, 8, 2) as u8,
            components: bits(word, 10, 3) as u8,
            buffer: bits(word, 13, 3) as u8,
            offset: bits(word, 16, 16) as u16,
            stream: bits(stream, 0, 2) as u8,
        }
    }
}

/// What a shader captures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StreamOutputs<'a> {
    /// Words between vertices in each target.
    pub strides: [u32; 4],
    /// The captured registers.
    pub outputs: List<'a, StreamOutput, 2>,
}

/// Which piece of a shader's text a chunk is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ShaderPart<'a> {
    /// The beginning, and everything that is not text.
    First {
        /// Bytes of the whole text with its closing NUL.
        total_bytes: u32,
        /// Captured outputs; `None` for compute shaders and where there are none.
        stream_outputs: Option<StreamOutputs<'a>>,
        /// Bytes of shared memory of a compute shader, otherwise 0.
        shared_memory: u32,
    },
    /// A later piece.
    Continuation {
        /// Bytes of text before this piece.
        offset: u32,
    },
}

/// A piece of a shader. The shader is complete when all bytes of its text have come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShaderChunk<'a> {
    /// Its stage.
    pub stage: ShaderStage,
    /// Tokens, as the guest guesses.
    pub token_count: u32,
    /// Which piece.
    pub part: ShaderPart<'a>,
    /// TGSI text, padded with NULs to a whole word.
    pub text: &'a [u8],
}

impl ShaderChunk<'_> {
    /// Set in the length word of a continuation.
    pub(crate) const CONTINUATION: u32 = 1 << 31;
}
