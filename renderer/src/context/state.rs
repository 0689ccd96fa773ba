//! What a sub-context has bound, and what of it GL has not seen yet.

use std::rc::Rc;

use bitflags::bitflags;

use super::image::BoundImage;
use crate::draw::shader::ShaderObject;
use crate::draw::vertex::VertexLayout;
use crate::protocol::bindings::{Scissor, Viewport};
use crate::protocol::state::{Blend, DepthStencilAlpha, Rasterizer};
use crate::protocol::values::{IndexSize, ShaderStage};
use crate::query::QueryObject;
use crate::resource::Resource;
use crate::resource::sampler::SamplerObject;
use crate::resource::view::{SurfaceView, TextureView};

/// Slots for sampler views and sampler states a stage.
pub const MAX_VIEWS: usize = 32;
/// Slots for uniform buffers a stage, including the one that commands fill.
pub const MAX_UNIFORM_BUFFERS: usize = 32;
/// Slots for storage buffers a stage.
pub const MAX_STORAGE_BUFFERS: usize = 32;
/// Slots for images a stage.
pub const MAX_IMAGES: usize = 32;
/// Colour attachments.
pub const MAX_COLOR_BUFFERS: usize = 8;
/// Viewports and scissors.
pub const MAX_VIEWPORTS: usize = 16;
/// Vertex buffers.
pub const MAX_VERTEX_BUFFERS: usize = 32;
/// Bytes of the constant buffer that commands fill: 4096 registers, the most that the
/// capability sets offer.
pub const MAX_CONSTANT_BYTES: usize = 4096 * 16;

bitflags! {
    /// Parts of the state that GL has not seen.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Dirty: u32 {
        /// Attachments.
        const FRAMEBUFFER = 1 << 0;
        /// Viewports and depth ranges.
        const VIEWPORT = 1 << 1;
        /// Scissor rectangles and their enable.
        const SCISSOR = 1 << 2;
        /// Blending, colour masks, dithering.
        const BLEND = 1 << 3;
        /// Depth and stencil tests.
        const DEPTH_STENCIL = 1 << 4;
        /// Culling, offsets and all else of the rasteriser.
        const RASTERIZER = 1 << 5;
        /// The vertex layout.
        const VERTEX_ELEMENTS = 1 << 6;
        /// Vertex buffers.
        const VERTEX_BUFFERS = 1 << 7;
        /// The index buffer.
        const INDEX_BUFFER = 1 << 8;
        /// Bound shaders or anything that selects a variant of one.
        const PROGRAM = 1 << 9;
        /// The content of the system block.
        const SYSTEM = 1 << 10;
        /// Blend colour.
        const BLEND_COLOR = 1 << 11;
        /// Sample mask.
        const SAMPLE_MASK = 1 << 12;
        /// Per-sample shading.
        const MIN_SAMPLES = 1 << 13;
        /// Stream output targets.
        const STREAM_OUTPUT = 1 << 14;
    }
}

/// A range of a buffer bound for shaders.
#[derive(Clone)]
pub struct BoundBuffer {
    /// The buffer.
    pub resource: Rc<Resource>,
    /// First byte.
    pub offset: u32,
    /// Bytes.
    pub length: u32,
}

/// What is bound to one shader stage. A set bit n of a `dirty_*` mask says that slot n
/// changed.
pub struct StageState {
    /// The shader.
    pub shader: Option<Rc<ShaderObject>>,
    /// The constants of `SET_CONSTANT_BUFFER`.
    pub constants: Vec<u32>,
    /// They changed.
    pub dirty_constants: bool,
    /// Uniform buffers; slot 0 is unused.
    pub uniform_buffers: [Option<BoundBuffer>; MAX_UNIFORM_BUFFERS],
    /// Changed uniform buffers.
    pub dirty_uniform_buffers: u32,
    /// Sampler views.
    pub views: [Option<Rc<TextureView>>; MAX_VIEWS],
    /// Views that show a copy of a buffer, one bit each.
    pub mirrored_views: u32,
    /// Sampler states.
    pub samplers: [Option<Rc<SamplerObject>>; MAX_VIEWS],
    /// Samplers with a level-of-detail bias, one bit each.
    pub biased_samplers: u32,
    /// Changed views or samplers.
    pub dirty_views: u32,
    /// Storage buffers.
    pub storage_buffers: [Option<BoundBuffer>; MAX_STORAGE_BUFFERS],
    /// Changed storage buffers.
    pub dirty_storage_buffers: u32,
    /// Images.
    pub images: [Option<BoundImage>; MAX_IMAGES],
    /// Changed images.
    pub dirty_images: u32,
}

impl Default for StageState {
    fn default() -> Self {
        Self {
            shader: None,
            constants: Vec::new(),
            dirty_constants: true,
            uniform_buffers: [const { None }; MAX_UNIFORM_BUFFERS],
            dirty_uniform_buffers: 0,
            views: [const { None }; MAX_VIEWS],
            mirrored_views: 0,
            samplers: [const { None }; MAX_VIEWS],
            biased_samplers: 0,
            dirty_views: 0,
            storage_buffers: [const { None }; MAX_STORAGE_BUFFERS],
            dirty_storage_buffers: 0,
            images: [const { None }; MAX_IMAGES],
            dirty_images: 0,
        }
    }
}

impl StageState {
    fn mark_all(&mut self) {
        self.dirty_constants = true;
        self.dirty_uniform_buffers = !0;
        self.dirty_views = !0;
        self.dirty_storage_buffers = !0;
        self.dirty_images = !0;
    }
}

/// A vertex buffer.
#[derive(Clone, Default)]
pub struct BoundVertexBuffer {
    /// The buffer; `None` for an empty slot.
    pub resource: Option<Rc<Resource>>,
    /// Bytes between vertices; 0 gives every vertex the same data.
    pub stride: u32,
    /// First byte.
    pub offset: u32,
}

/// The index buffer.
#[derive(Clone)]
pub struct BoundIndexBuffer {
    /// The buffer.
    pub resource: Rc<Resource>,
    /// Size of an index.
    pub size: IndexSize,
    /// First byte, already that of the draw's first index.
    pub offset: u32,
}

/// The attachments.
#[derive(Clone, Default)]
pub struct FramebufferState {
    /// Colour attachments; only the first `color_count` count, `None` is a hole.
    pub colors: [Option<Rc<SurfaceView>>; MAX_COLOR_BUFFERS],
    /// Number of colour attachments.
    pub color_count: usize,
    /// Depth and stencil.
    pub depth_stencil: Option<Rc<SurfaceView>>,
    /// Width, height, layers and samples without any attachment.
    pub no_attachments: [u32; 4],
}

/// Rendering depends on a query's result.
#[derive(Clone)]
pub struct BoundCondition {
    /// The query.
    pub query: Rc<QueryObject>,
    /// Draw if the result is zero, instead of if it is not.
    pub inverted: bool,
}

/// Everything that is bound.
pub struct State {
    /// What GL has not seen.
    pub dirty: Dirty,
    /// Attachments.
    pub framebuffer: FramebufferState,
    /// Viewports.
    pub viewports: [Viewport; MAX_VIEWPORTS],
    /// Scissors.
    pub scissors: [Scissor; MAX_VIEWPORTS],
    /// Blend state.
    pub blend: Rc<Blend>,
    /// Rasteriser state.
    pub rasterizer: Rc<Rasterizer>,
    /// Depth, stencil and alpha tests.
    pub depth_stencil_alpha: Rc<DepthStencilAlpha>,
    /// Front and back stencil reference.
    pub stencil_ref: (u8, u8),
    /// Constant blend colour.
    pub blend_color: [f32; 4],
    /// Which samples are written.
    pub sample_mask: u32,
    /// Least number of samples to shade separately.
    pub min_samples: u32,
    /// User clip planes.
    pub clip_planes: [[f32; 4]; 8],
    /// Polygon stipple rows.
    pub stipple: [u32; 32],
    /// Default tessellation levels.
    pub tess_levels: ([f32; 4], [f32; 2]),
    /// Vertex layout.
    pub vertex_elements: Option<Rc<VertexLayout>>,
    /// Vertex buffers.
    pub vertex_buffers: [BoundVertexBuffer; MAX_VERTEX_BUFFERS],
    /// Slots in use.
    pub vertex_buffer_count: usize,
    /// Index buffer.
    pub index_buffer: Option<BoundIndexBuffer>,
    /// Shader stages, by wire number.
    pub stages: [StageState; ShaderStage::COUNT],
    /// Conditional rendering.
    pub condition: Option<BoundCondition>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            dirty: Dirty::all(),
            framebuffer: FramebufferState::default(),
            viewports: [Viewport {
                scale: [0.0; 3],
                translate: [0.0; 3],
            }; MAX_VIEWPORTS],
            scissors: [Scissor::default(); MAX_VIEWPORTS],
            blend: Rc::new(Blend::DEFAULT),
            rasterizer: Rc::new(Rasterizer::DEFAULT),
            depth_stencil_alpha: Rc::new(DepthStencilAlpha::default()),
            stencil_ref: (0, 0),
            blend_color: [0.0; 4],
            sample_mask: !0,
            min_samples: 1,
            clip_planes: [[0.0; 4]; 8],
            stipple: [!0; 32],
            tess_levels: ([1.0; 4], [1.0; 2]),
            vertex_elements: None,
            vertex_buffers: std::array::from_fn(|_| BoundVertexBuffer::default()),
            vertex_buffer_count: 0,
            index_buffer: None,
            stages: std::array::from_fn(|_| StageState::default()),
            condition: None,
        }
    }
}

impl State {
    /// Everything must be shown to GL again, because another sub-context used it.
    pub fn mark_all(&mut self) {
        self.dirty = Dirty::all();
        for stage in &mut self.stages {
            stage.mark_all();
        }
    }

    /// The state of a stage.
    pub fn stage(&mut self, stage: ShaderStage) -> &mut StageState {
        &mut self.stages[stage.index()]
    }
}
