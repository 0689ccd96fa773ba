//! The commands of a stream, decoded.

use maro_gpu::renderer::{Box3, Direction, ResourceDesc, ResourceId, Transfer};

use crate::protocol::bindings::{BufferRange, ImageView, Plane, Scissor, VertexBuffer, Viewport};
use crate::protocol::commands::CommandId;
use crate::protocol::flags::{BlitMask, ClearBuffers, MemoryBarrier, TextureBarrier};
use crate::protocol::formats::FormatId;
use crate::protocol::ids::{ObjectHandle, SubContextId};
use crate::protocol::list::{Handles, List};
use crate::protocol::objects::{
    Query, SamplerView, ShaderChunk, StreamOutputTarget, Surface, VertexElements,
};
use crate::protocol::state::{Blend, DepthStencilAlpha, Rasterizer, SamplerState};
use crate::protocol::values::{
    Filter, IndexSize, PrimitiveMode, QueryValueType, RenderConditionMode, ShaderStage,
};

/// One command. Arrays and text are borrowed from the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "variants and fields bear the protocol's names")]
pub enum Command<'a> {
    Nop,
    CreateBlend {
        handle: ObjectHandle,
        state: Blend,
    },
    CreateRasterizer {
        handle: ObjectHandle,
        state: Rasterizer,
    },
    CreateDepthStencilAlpha {
        handle: ObjectHandle,
        state: DepthStencilAlpha,
    },
    CreateShader {
        handle: ObjectHandle,
        chunk: ShaderChunk<'a>,
    },
    CreateVertexElements {
        handle: ObjectHandle,
        elements: VertexElements<'a>,
    },
    CreateSamplerView {
        handle: ObjectHandle,
        view: SamplerView,
    },
    CreateSamplerState {
        handle: ObjectHandle,
        state: SamplerState,
    },
    CreateSurface {
        handle: ObjectHandle,
        surface: Surface,
    },
    CreateQuery {
        handle: ObjectHandle,
        query: Query,
    },
    CreateStreamOutputTarget {
        handle: ObjectHandle,
        target: StreamOutputTarget,
    },
    BindBlend {
        handle: Option<ObjectHandle>,
    },
    BindRasterizer {
        handle: Option<ObjectHandle>,
    },
    BindDepthStencilAlpha {
        handle: Option<ObjectHandle>,
    },
    BindVertexElements {
        handle: Option<ObjectHandle>,
    },
    DestroyObject {
        handle: ObjectHandle,
    },
    SetViewports {
        first: u32,
        viewports: List<'a, Viewport, 6>,
    },
    SetFramebuffer {
        depth_stencil: Option<ObjectHandle>,
        colors: Handles<'a>,
    },
    SetVertexBuffers {
        buffers: List<'a, VertexBuffer, 3>,
    },
    Clear(Clear),
    Draw(Draw),
    ResourceInlineWrite {
        resource: ResourceId,
        transfer: Transfer,
        data: &'a [u8],
    },
    /// Slots beyond the last view become unbound.
    SetSamplerViews {
        stage: ShaderStage,
        first: u32,
        views: Handles<'a>,
    },
    SetIndexBuffer {
        buffer: Option<IndexBuffer>,
    },
    /// The content of `CONST[0]`; empty if there is none.
    SetConstantBuffer {
        stage: ShaderStage,
        index: u32,
        data: &'a [u32],
    },
    SetStencilRef {
        front: u8,
        back: u8,
    },
    SetBlendColor {
        color: [f32; 4],
    },
    SetScissors {
        first: u32,
        scissors: List<'a, Scissor, 2>,
    },
    Blit(Blit),
    ResourceCopyRegion(CopyRegion),
    BindSamplerStates {
        stage: ShaderStage,
        first: u32,
        states: Handles<'a>,
    },
    BeginQuery {
        query: ObjectHandle,
    },
    EndQuery {
        query: ObjectHandle,
    },
    GetQueryResult {
        query: ObjectHandle,
        wait: bool,
    },
    /// A word a row; the most significant bit is the leftmost column.
    SetPolygonStipple {
        rows: &'a [u32; 32],
    },
    /// Eight planes of four floats (as bits).
    SetClipState {
        planes: &'a [[u32; 4]; 8],
    },
    SetSampleMask {
        mask: u32,
    },
    SetStreamOutputTargets {
        append_mask: u32,
        targets: Handles<'a>,
    },
    SetRenderCondition {
        condition: Option<RenderCondition>,
    },
    SetUniformBuffer {
        stage: ShaderStage,
        index: u32,
        range: BufferRange,
    },
    SetSubContext {
        id: SubContextId,
    },
    CreateSubContext {
        id: SubContextId,
    },
    DestroySubContext {
        id: SubContextId,
    },
    BindShader {
        stage: ShaderStage,
        handle: Option<ObjectHandle>,
    },
    SetTessState {
        outer: [f32; 4],
        inner: [f32; 2],
    },
    SetMinSamples {
        samples: u32,
    },
    SetShaderBuffers {
        stage: ShaderStage,
        first: u32,
        buffers: List<'a, BufferRange, 3>,
    },
    SetShaderImages {
        stage: ShaderStage,
        first: u32,
        images: List<'a, ImageView, 5>,
    },
    MemoryBarrier {
        flags: MemoryBarrier,
    },
    LaunchGrid(Grid),
    SetFramebufferNoAttach {
        width: u32,
        height: u32,
        layers: u32,
        samples: u32,
    },
    TextureBarrier {
        flags: TextureBarrier,
    },
    SetAtomicBuffers {
        first: u32,
        buffers: List<'a, BufferRange, 3>,
    },
    /// Text for the host's own debugging, padded with NULs.
    SetDebugFlags {
        text: &'a [u8],
    },
    GetQueryResultQbo(QueryToBuffer),
    Transfer {
        resource: ResourceId,
        transfer: Transfer,
        direction: Direction,
    },
    /// Padding; the words after it are a new command.
    EndTransfers,
    CopyTransfer(CopyTransfer),
    SetTweak {
        id: u32,
        value: u32,
    },
    ClearTexture {
        resource: ResourceId,
        level: u32,
        region: Box3,
        texel: [u32; 4],
    },
    /// Waits under its number for the blob resource that takes it up.
    PipeResourceCreate {
        desc: ResourceDesc,
        blob_id: u32,
    },
    PipeResourceSetType(ResourceType<'a>),
    GetMemoryInfo {
        resource: ResourceId,
    },
    StringMarker {
        text: &'a [u8],
    },
    /// A hint: these shaders (by stage) will be drawn with together.
    LinkShader {
        handles: [Option<ObjectHandle>; ShaderStage::COUNT],
    },
    ClearSurface(ClearSurface),
    /// Video codecs and layout queries, which are never offered to a guest.
    Unoffered {
        command: CommandId,
    },
}

/// Clears the bound framebuffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clear {
    /// Which attachments.
    pub buffers: ClearBuffers,
    /// Colour: floats or integers, as each attachment's format has it.
    pub color: [u32; 4],
    /// Depth.
    pub depth: f64,
    /// Stencil.
    pub stencil: u32,
}

/// Clears a part of one surface.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClearSurface {
    /// Subject to the render condition.
    pub render_condition: bool,
    /// Depth, stencil or the first colour.
    pub buffers: ClearBuffers,
    /// The surface.
    pub surface: ObjectHandle,
    /// Colour bits, for a colour surface.
    pub color: [u32; 4],
    /// Left edge, first row, width and height.
    pub rect: [u32; 4],
}

impl ClearSurface {
    /// Depth, for a depth surface: it travels in place of red and green.
    pub const fn depth(&self) -> f64 {
        double(self.color[0], self.color[1])
    }

    /// Stencil, for a stencil surface: it travels in place of alpha.
    pub const fn stencil(&self) -> u32 {
        self.color[3]
    }
}

/// The double of two words.
#[inline]
pub(super) const fn double(low: u32, high: u32) -> f64 {
    f64::from_bits(low as u64 | (high as u64) << 32)
}

/// Draws vertices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// First vertex; means nothing when indexed (the index buffer's offset has it).
    pub start: u32,
    /// Indices that are passed over; commands have it in the index buffer's offset.
    pub first_index: u32,
    /// Number of vertices or indices.
    pub count: u32,
    /// How vertices form primitives.
    pub mode: PrimitiveMode,
    /// Vertices come by the index buffer.
    pub indexed: bool,
    /// Number of instances.
    pub instance_count: u32,
    /// Added to each index.
    pub index_bias: i32,
    /// First instance.
    pub start_instance: u32,
    /// The index that starts a new primitive, if any does.
    pub restart_index: Option<u32>,
    /// Least index used, 0 if not known.
    pub min_index: u32,
    /// Largest index used, all ones if not known.
    pub max_index: u32,
    /// Size in bytes of the stream output target that gives the count; 0 for none.
    pub count_from_stream_output: u32,
    /// Vertices a patch; 0 where not sent.
    pub vertices_per_patch: u32,
    /// Number of the draw within a multi-draw.
    pub draw_id: u32,
    /// Arguments in a buffer, in place of most of the above.
    pub indirect: Option<IndirectDraw>,
}

/// Where the arguments of an indirect draw are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndirectDraw {
    /// The buffer.
    pub resource: ResourceId,
    /// Bytes to the first draw's arguments.
    pub offset: u32,
    /// Bytes between draws' arguments.
    pub stride: u32,
    /// Number of draws, at most.
    pub draw_count: u32,
    /// A buffer that holds the number of draws, and a byte offset in it.
    pub count_buffer: Option<(ResourceId, u32)>,
}

/// Where indices come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexBuffer {
    /// The buffer.
    pub resource: ResourceId,
    /// Size of an index.
    pub size: IndexSize,
    /// Bytes to the first index of the next draw.
    pub offset: u32,
}

/// A box that may be turned over: negative extents run backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignedBox {
    /// x, y and z of the first corner.
    pub origin: [i32; 3],
    /// Extents to the opposite corner.
    pub extent: [i32; 3],
}

/// One side of a blit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlitSide {
    /// The resource.
    pub resource: ResourceId,
    /// Mip level.
    pub level: u32,
    /// Format in which it is read or written.
    pub format: FormatId,
    /// The texels.
    pub region: SignedBox,
}

/// Copies with scaling, conversion and resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blit {
    /// What is copied.
    pub mask: BlitMask,
    /// How scaled texels combine.
    pub filter: Filter,
    /// Limits what is written.
    pub scissor: Option<Scissor>,
    /// Subject to the render condition.
    pub render_condition: bool,
    /// Blends with source alpha.
    pub alpha_blend: bool,
    /// Written.
    pub dst: BlitSide,
    /// Read.
    pub src: BlitSide,
}

/// Copies bits between resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyRegion {
    /// Written.
    pub dst: ResourceId,
    /// Its mip level.
    pub dst_level: u32,
    /// x, y and z of the first texel written.
    pub dst_origin: [u32; 3],
    /// Read.
    pub src: ResourceId,
    /// Its mip level.
    pub src_level: u32,
    /// The texels read.
    pub src_box: Box3,
}

/// Draws only if a query says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderCondition {
    /// The query.
    pub query: ObjectHandle,
    /// Draws if the result is zero, otherwise if it is not.
    pub inverted: bool,
    /// How long to wait for the result.
    pub mode: RenderConditionMode,
}

/// Runs a compute shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Invocations a group.
    pub block: [u32; 3],
    /// Groups.
    pub grid: [u32; 3],
    /// A buffer that holds the number of groups, and a byte offset in it.
    pub indirect: Option<(ResourceId, u32)>,
}

/// Writes a query's result to a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryToBuffer {
    /// The query.
    pub query: ObjectHandle,
    /// The buffer.
    pub resource: ResourceId,
    /// Waits for the result.
    pub wait: bool,
    /// Type of the number to write.
    pub value_type: QueryValueType,
    /// Bytes into the buffer.
    pub offset: u32,
    /// Which result; -1 for its availability.
    pub index: i32,
}

/// A transfer whose memory is another resource's backing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyTransfer {
    /// The resource.
    pub resource: ResourceId,
    /// Its texels, and where they are in the backing of `staging`.
    pub transfer: Transfer,
    /// The resource with the memory.
    pub staging: ResourceId,
    /// In order with the commands around it.
    pub synchronized: bool,
    /// Which way.
    pub direction: Direction,
}

/// Gives an imported resource a type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResourceType<'a> {
    /// The resource.
    pub resource: ResourceId,
    /// Format.
    pub format: FormatId,
    /// Bind flags.
    pub bind: u32,
    /// Width in texels.
    pub width: u32,
    /// Height in texels.
    pub height: u32,
    /// Usage flags.
    pub usage: u32,
    /// The layout's modifier.
    pub modifier: u64,
    /// Its planes.
    pub planes: List<'a, Plane, 2>,
}

impl Command<'_> {
    /// Which command it is.
    pub const fn id(&self) -> CommandId {
        match self {
            Self::Nop => CommandId::Nop,
            Self::CreateBlend { .. }
            | Self::CreateRasterizer { .. }
            | Self::CreateDepthStencilAlpha { .. }
            | Self::CreateShader { .. }
            | Self::CreateVertexElements { .. }
            | Self::CreateSamplerView { .. }
            | Self::CreateSamplerState { .. }
            | Self::CreateSurface { .. }
            | Self::CreateQuery { .. }
            | Self::CreateStreamOutputTarget { .. } => CommandId::CreateObject,
            Self::BindBlend { .. }
            | Self::BindRasterizer { .. }
            | Self::BindDepthStencilAlpha { .. }
            | Self::BindVertexElements { .. } => CommandId::BindObject,
            Self::DestroyObject { .. } => CommandId::DestroyObject,
            Self::SetViewports { .. } => CommandId::SetViewportState,
            Self::SetFramebuffer { .. } => CommandId::SetFramebufferState,
            Self::SetVertexBuffers { .. } => CommandId::SetVertexBuffers,
            Self::Clear(_) => CommandId::Clear,
            Self::Draw(_) => CommandId::DrawVbo,
            Self::ResourceInlineWrite { .. } => CommandId::ResourceInlineWrite,
            Self::SetSamplerViews { .. } => CommandId::SetSamplerViews,
            Self::SetIndexBuffer { .. } => CommandId::SetIndexBuffer,
            Self::SetConstantBuffer { .. } => CommandId::SetConstantBuffer,
            Self::SetStencilRef { .. } => CommandId::SetStencilRef,
            Self::SetBlendColor { .. } => CommandId::SetBlendColor,
            Self::SetScissors { .. } => CommandId::SetScissorState,
            Self::Blit(_) => CommandId::Blit,
            Self::ResourceCopyRegion(_) => CommandId::ResourceCopyRegion,
            Self::BindSamplerStates { .. } => CommandId::BindSamplerStates,
            Self::BeginQuery { .. } => CommandId::BeginQuery,
            Self::EndQuery { .. } => CommandId::EndQuery,
            Self::GetQueryResult { .. } => CommandId::GetQueryResult,
            Self::SetPolygonStipple { .. } => CommandId::SetPolygonStipple,
            Self::SetClipState { .. } => CommandId::SetClipState,
            Self::SetSampleMask { .. } => CommandId::SetSampleMask,
            Self::SetStreamOutputTargets { .. } => CommandId::SetStreamoutTargets,
            Self::SetRenderCondition { .. } => CommandId::SetRenderCondition,
            Self::SetUniformBuffer { .. } => CommandId::SetUniformBuffer,
            Self::SetSubContext { .. } => CommandId::SetSubCtx,
            Self::CreateSubContext { .. } => CommandId::CreateSubCtx,
            Self::DestroySubContext { .. } => CommandId::DestroySubCtx,
            Self::BindShader { .. } => CommandId::BindShader,
            Self::SetTessState { .. } => CommandId::SetTessState,
            Self::SetMinSamples { .. } => CommandId::SetMinSamples,
            Self::SetShaderBuffers { .. } => CommandId::SetShaderBuffers,
            Self::SetShaderImages { .. } => CommandId::SetShaderImages,
            Self::MemoryBarrier { .. } => CommandId::MemoryBarrier,
            Self::LaunchGrid(_) => CommandId::LaunchGrid,
            Self::SetFramebufferNoAttach { .. } => CommandId::SetFramebufferStateNoAttach,
            Self::TextureBarrier { .. } => CommandId::TextureBarrier,
            Self::SetAtomicBuffers { .. } => CommandId::SetAtomicBuffers,
            Self::SetDebugFlags { .. } => CommandId::SetDebugFlags,
            Self::GetQueryResultQbo(_) => CommandId::GetQueryResultQbo,
            Self::Transfer { .. } => CommandId::Transfer3d,
            Self::EndTransfers => CommandId::EndTransfers,
            Self::CopyTransfer(_) => CommandId::CopyTransfer3d,
            Self::SetTweak { .. } => CommandId::SetTweaks,
            Self::ClearTexture { .. } => CommandId::ClearTexture,
            Self::PipeResourceCreate { .. } => CommandId::PipeResourceCreate,
            Self::PipeResourceSetType(_) => CommandId::PipeResourceSetType,
            Self::GetMemoryInfo { .. } => CommandId::GetMemoryInfo,
            Self::StringMarker { .. } => CommandId::EmitStringMarker,
            Self::LinkShader { .. } => CommandId::LinkShader,
            Self::ClearSurface(_) => CommandId::ClearSurface,
            Self::Unoffered { command } => *command,
        }
    }

    /// The protocol's name of the command, for logs.
    pub const fn name(&self) -> &'static str {
        self.id().name()
    }
}
