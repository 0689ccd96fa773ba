//! Reads the payload of each command.

use maro_gpu::renderer::{Box3, Direction, ResourceDesc, ResourceId, Transfer};
use zerocopy::IntoBytes;

use super::command::{
    Blit, BlitSide, Clear, ClearSurface, Command, CopyRegion, CopyTransfer, Draw, Grid,
    IndexBuffer, IndirectDraw, QueryToBuffer, RenderCondition, ResourceType, SignedBox, double,
};
use super::{Fault, InvalidValue};
use crate::protocol::bindings::{BufferRange, Scissor};
use crate::protocol::commands::{CommandId, Header};
use crate::protocol::flags::{BlitMask, ClearBuffers, MemoryBarrier, TextureBarrier};
use crate::protocol::formats::FormatId;
use crate::protocol::ids::{ObjectHandle, SubContextId, resource_from_word};
use crate::protocol::list::{Handles, List, Record};
use crate::protocol::objects::{
    MAX_STREAM_OUTPUTS, Query, SamplerView, ShaderChunk, ShaderPart, StreamOutputTarget,
    StreamOutputs, Surface,
};
use crate::protocol::state::{
    Blend, DepthStencilAlpha, MAX_COLOR_BUFFERS, Rasterizer, SamplerState,
};
use crate::protocol::values::{Filter, IndexSize, ObjectType, QueryValueType, ShaderStage};

type Result<T> = std::result::Result<T, Fault>;

/// The first `N` words.
#[inline]
fn fixed<const N: usize>(words: &[u32]) -> Result<&[u32; N]> {
    words.first_chunk().ok_or_else(|| too_short(words, N))
}

/// The first `N` words, and those after them.
#[inline]
fn split<const N: usize>(words: &[u32]) -> Result<(&[u32; N], &[u32])> {
    words.split_first_chunk().ok_or_else(|| too_short(words, N))
}

#[cold]
fn too_short(words: &[u32], needed: usize) -> Fault {
    // A payload's length comes from 16 bits of its header.
    let length = u16::try_from(words.len()).unwrap_or(u16::MAX);
    Fault::TooShort { length, needed }
}

#[cold]
fn invalid(field: &'static str, value: u32) -> Fault {
    InvalidValue { field, value }.into()
}

/// A handle that must be there.
#[inline]
fn handle(word: u32) -> Result<ObjectHandle> {
    ObjectHandle::from_word(word).ok_or_else(|| invalid("object handle", 0))
}

#[inline]
fn box3(&[x, y, z, width, height, depth]: &[u32; 6]) -> Box3 {
    Box3 {
        x,
        y,
        z,
        width,
        height,
        depth,
    }
}

/// Resource, level, usage, strides and box, as all transfers begin.
#[inline]
fn transfer(words: &[u32; 11], offset: u32) -> (ResourceId, Transfer) {
    let [resource, level, _usage, stride, layer_stride, region @ ..] = words;
    let transfer = Transfer {
        level: *level,
        stride: *stride,
        layer_stride: *layer_stride,
        region: box3(region),
        offset: offset.into(),
    };
    (ResourceId(*resource), transfer)
}

pub(super) fn command(header: Header, words: &[u32]) -> Result<Command<'_>> {
    use CommandId as Id;
    let id = Id::from_number(header.command).ok_or(Fault::UnknownCommand)?;
    Ok(match id {
        Id::Nop => Command::Nop,
        Id::CreateObject => create_object(header, words)?,
        Id::BindObject => bind_object(header, words)?,
        Id::DestroyObject => {
            let &[object] = fixed(words)?;
            Command::DestroyObject {
                handle: handle(object)?,
            }
        }
        Id::SetViewportState => {
            let (&[first], rest) = split(words)?;
            Command::SetViewports {
                first,
                viewports: List::new(rest),
            }
        }
        Id::SetFramebufferState => framebuffer(words)?,
        Id::SetVertexBuffers => Command::SetVertexBuffers {
            buffers: List::new(words),
        },
        Id::Clear => {
            let &[buffers, r, g, b, a, depth_low, depth_high, stencil] = fixed(words)?;
            Command::Clear(Clear {
                buffers: ClearBuffers::from_bits_retain(buffers),
                color: [r, g, b, a],
                depth: double(depth_low, depth_high),
                stencil,
            })
        }
        Id::DrawVbo => draw(words)?,
        Id::ResourceInlineWrite => {
            let (region, rest) = split(words)?;
            let (resource, transfer) = transfer(region, 0);
            Command::ResourceInlineWrite {
                resource,
                transfer,
                data: rest.as_bytes(),
            }
        }
        Id::SetSamplerViews => {
            let (stage, first, views) = stage_slots(words)?;
            Command::SetSamplerViews {
                stage,
                first,
                views,
            }
        }
        Id::SetIndexBuffer => index_buffer(words)?,
        Id::SetConstantBuffer => {
            let (&[stage, index], data) = split(words)?;
            Command::SetConstantBuffer {
                stage: stage.try_into()?,
                index,
                data,
            }
        }
        Id::SetStencilRef => {
            let &[word] = fixed(words)?;
            let [front, back, ..] = word.to_le_bytes();
            Command::SetStencilRef { front, back }
        }
        Id::SetBlendColor => {
            let color: &[u32; 4] = fixed(words)?;
            Command::SetBlendColor {
                color: color.map(f32::from_bits),
            }
        }
        Id::SetScissorState => {
            let (&[first], rest) = split(words)?;
            Command::SetScissors {
                first,
                scissors: List::new(rest),
            }
        }
        Id::Blit => blit(fixed(words)?)?,
        Id::ResourceCopyRegion => {
            let &[dst, dst_level, x, y, z, src, src_level, ref src_box @ ..] = fixed::<13>(words)?;
            Command::ResourceCopyRegion(CopyRegion {
                dst: ResourceId(dst),
                dst_level,
                dst_origin: [x, y, z],
                src: ResourceId(src),
                src_level,
                src_box: box3(src_box),
            })
        }
        Id::BindSamplerStates => {
            let (stage, first, states) = stage_slots(words)?;
            Command::BindSamplerStates {
                stage,
                first,
                states,
            }
        }
        Id::BeginQuery => {
            let &[query] = fixed(words)?;
            Command::BeginQuery {
                query: handle(query)?,
            }
        }
        Id::EndQuery => {
            let &[query] = fixed(words)?;
            Command::EndQuery {
                query: handle(query)?,
            }
        }
        Id::GetQueryResult => {
            let &[query, wait] = fixed(words)?;
            Command::GetQueryResult {
                query: handle(query)?,
                wait: wait != 0,
            }
        }
        Id::SetPolygonStipple => Command::SetPolygonStipple {
            rows: fixed(words)?,
        },
        Id::SetClipState => {
            let planes = words.as_chunks().0.first_chunk();
            Command::SetClipState {
                planes: planes.ok_or_else(|| too_short(words, 32))?,
            }
        }
        Id::SetSampleMask => {
            let &[mask] = fixed(words)?;
            Command::SetSampleMask { mask }
        }
        Id::SetStreamoutTargets => {
            let (&[append_mask], rest) = split(words)?;
            Command::SetStreamOutputTargets {
                append_mask,
                targets: Handles::new(rest),
            }
        }
        Id::SetRenderCondition => render_condition(fixed(words)?)?,
        Id::SetUniformBuffer => {
            let &[stage, index, ref range @ ..] = fixed::<5>(words)?;
            Command::SetUniformBuffer {
                stage: stage.try_into()?,
                index,
                range: BufferRange::from_words(range),
            }
        }
        Id::SetSubCtx => Command::SetSubContext {
            id: sub_context(words)?,
        },
        Id::CreateSubCtx => Command::CreateSubContext {
            id: sub_context(words)?,
        },
        Id::DestroySubCtx => Command::DestroySubContext {
            id: sub_context(words)?,
        },
        Id::BindShader => {
            let &[shader, stage] = fixed(words)?;
            Command::BindShader {
                stage: stage.try_into()?,
                handle: ObjectHandle::from_word(shader),
            }
        }
        Id::SetTessState => {
            let [o0, o1, o2, o3, i0, i1] = fixed::<6>(words)?.map(f32::from_bits);
            Command::SetTessState {
                outer: [o0, o1, o2, o3],
                inner: [i0, i1],
            }
        }
        Id::SetMinSamples => {
            let &[samples] = fixed(words)?;
            Command::SetMinSamples { samples }
        }
        Id::SetShaderBuffers => {
            let (stage, first, buffers) = stage_slots(words)?;
            Command::SetShaderBuffers {
                stage,
                first,
                buffers,
            }
        }
        Id::SetShaderImages => {
            let (stage, first, images) = stage_slots(words)?;
            Command::SetShaderImages {
                stage,
                first,
                images,
            }
        }
        Id::MemoryBarrier => {
            let &[flags] = fixed(words)?;
            Command::MemoryBarrier {
                flags: MemoryBarrier::from_bits_retain(flags),
            }
        }
        Id::LaunchGrid => {
            let &[bx, by, bz, gx, gy, gz, indirect, offset] = fixed(words)?;
            Command::LaunchGrid(Grid {
                block: [bx, by, bz],
                grid: [gx, gy, gz],
                indirect: resource_from_word(indirect).map(|resource| (resource, offset)),
            })
        }
        Id::SetFramebufferStateNoAttach => {
            let &[size, layers] = fixed(words)?;
            Command::SetFramebufferNoAttach {
                width: size & 0xffff,
                height: size >> 16,
                layers: layers & 0xffff,
                samples: layers >> 16 & 0xff,
            }
        }
        Id::TextureBarrier => {
            let &[flags] = fixed(words)?;
            Command::TextureBarrier {
                flags: TextureBarrier::from_bits_retain(flags),
            }
        }
        Id::SetAtomicBuffers => {
            let (&[first], rest) = split(words)?;
            Command::SetAtomicBuffers {
                first,
                buffers: List::new(rest),
            }
        }
        Id::SetDebugFlags => Command::SetDebugFlags {
            text: words.as_bytes(),
        },
        Id::GetQueryResultQbo => query_to_buffer(fixed(words)?)?,
        Id::Transfer3d => {
            let (region, rest) = split(words)?;
            let &[offset, way] = fixed(rest).map_err(|_| too_short(words, 13))?;
            let (resource, transfer) = transfer(region, offset);
            Command::Transfer {
                resource,
                transfer,
                direction: direction(way)?,
            }
        }
        Id::EndTransfers => Command::EndTransfers,
        Id::CopyTransfer3d => copy_transfer(words)?,
        Id::SetTweaks => {
            let &[id, value] = fixed(words)?;
            Command::SetTweak { id, value }
        }
        Id::ClearTexture => {
            let &[resource, level, x, y, z, w, h, d, ref texel @ ..] = fixed::<12>(words)?;
            Command::ClearTexture {
                resource: ResourceId(resource),
                level,
                region: box3(&[x, y, z, w, h, d]),
                texel: *texel,
            }
        }
        Id::PipeResourceCreate => pipe_resource(fixed(words)?),
        Id::PipeResourceSetType => resource_type(words)?,
        Id::GetMemoryInfo => {
            let &[resource] = fixed(words)?;
            Command::GetMemoryInfo {
                resource: ResourceId(resource),
            }
        }
        Id::EmitStringMarker => {
            let (&[length], rest) = split(words)?;
            let text = rest.as_bytes();
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            Command::StringMarker {
                text: text.get(..length).unwrap_or(text),
            }
        }
        Id::LinkShader => {
            let handles: &[u32; ShaderStage::COUNT] = fixed(words)?;
            Command::LinkShader {
                handles: handles.map(ObjectHandle::from_word),
            }
        }
        Id::ClearSurface => clear_surface(fixed(words)?)?,
        Id::CreateVideoCodec
        | Id::DestroyVideoCodec
        | Id::CreateVideoBuffer
        | Id::DestroyVideoBuffer
        | Id::BeginFrame
        | Id::DecodeMacroblock
        | Id::DecodeBitstream
        | Id::EncodeBitstream
        | Id::EndFrame
        | Id::GetPipeResourceLayout => Command::Unoffered { command: id },
    })
}

fn create_object(header: Header, words: &[u32]) -> Result<Command<'_>> {
    let ty = ObjectType::try_from(u32::from(header.object))?;
    let (&[object], words) = split(words)?;
    let handle = handle(object)?;
    Ok(match ty {
        ObjectType::Blend => Command::CreateBlend {
            handle,
            state: Blend::from_words(fixed(words)?)?,
        },
        ObjectType::Rasterizer => Command::CreateRasterizer {
            handle,
            state: Rasterizer::from_words(fixed(words)?)?,
        },
        ObjectType::DepthStencilAlpha => Command::CreateDepthStencilAlpha {
            handle,
            state: DepthStencilAlpha::from_words(fixed(words)?)?,
        },
        ObjectType::Shader => Command::CreateShader {
            handle,
            chunk: shader(words)?,
        },
        ObjectType::VertexElements => Command::CreateVertexElements {
            handle,
            elements: List::new(words),
        },
        ObjectType::SamplerView => Command::CreateSamplerView {
            handle,
            view: SamplerView::from_words(fixed(words)?)?,
        },
        ObjectType::SamplerState => Command::CreateSamplerState {
            handle,
            state: SamplerState::from_words(fixed(words)?)?,
        },
        ObjectType::Surface => Command::CreateSurface {
            handle,
            surface: Surface::from_words(fixed(words)?, 0),
        },
        ObjectType::MultisampleSurface => {
            let (words, rest) = split(words)?;
            let &[samples] = fixed(rest)?;
            Command::CreateSurface {
                handle,
                surface: Surface::from_words(words, samples),
            }
        }
        ObjectType::Query => Command::CreateQuery {
            handle,
            query: Query::from_words(fixed(words)?)?,
        },
        ObjectType::StreamOutputTarget => Command::CreateStreamOutputTarget {
            handle,
            target: StreamOutputTarget::from_words(fixed(words)?),
        },
    })
}

fn bind_object(header: Header, words: &[u32]) -> Result<Command<'_>> {
    let number = u32::from(header.object);
    let &[object] = fixed(words)?;
    let handle = ObjectHandle::from_word(object);
    match ObjectType::try_from(number)? {
        ObjectType::Blend => Ok(Command::BindBlend { handle }),
        ObjectType::Rasterizer => Ok(Command::BindRasterizer { handle }),
        ObjectType::DepthStencilAlpha => Ok(Command::BindDepthStencilAlpha { handle }),
        ObjectType::VertexElements => Ok(Command::BindVertexElements { handle }),
        _ => Err(invalid("type of object to bind", number)),
    }
}

fn shader(words: &[u32]) -> Result<ShaderChunk<'_>> {
    let (&[stage, length, token_count, extra], rest) = split(words)?;
    let stage = ShaderStage::try_from(stage)?;
    let (part, text) = if length & ShaderChunk::CONTINUATION != 0 {
        let offset = length & !ShaderChunk::CONTINUATION;
        (ShaderPart::Continuation { offset }, rest)
    } else {
        let (stream_outputs, text) = match (stage, extra) {
            (ShaderStage::Compute, _) | (_, 0) => (None, rest),
            (_, count) => {
                let (outputs, text) = stream_outputs(count, rest)?;
                (Some(outputs), text)
            }
        };
        let first = ShaderPart::First {
            total_bytes: length,
            stream_outputs,
            shared_memory: if stage == ShaderStage::Compute {
                extra
            } else {
                0
            },
        };
        (first, text)
    };
    Ok(ShaderChunk {
        stage,
        token_count,
        part,
        text: text.as_bytes(),
    })
}

/// The outputs that a shader captures, and the words after them.
fn stream_outputs(count: u32, words: &[u32]) -> Result<(StreamOutputs<'_>, &[u32])> {
    if count > MAX_STREAM_OUTPUTS {
        return Err(invalid("number of stream outputs", count));
    }
    let (&strides, rest) = split(words)?;
    let length = 2 * count as usize;
    let (outputs, text) = rest
        .split_at_checked(length)
        .ok_or_else(|| too_short(words, strides.len() + length))?;
    let outputs = StreamOutputs {
        strides,
        outputs: List::new(outputs),
    };
    Ok((outputs, text))
}

fn framebuffer(words: &[u32]) -> Result<Command<'_>> {
    let (&[count, depth_stencil], rest) = split(words)?;
    if count as usize > MAX_COLOR_BUFFERS {
        return Err(invalid("number of colour buffers", count));
    }
    let colors = Handles::new(rest)
        .first(count as usize)
        .ok_or_else(|| too_short(words, 2 + count as usize))?;
    Ok(Command::SetFramebuffer {
        depth_stencil: ObjectHandle::from_word(depth_stencil),
        colors,
    })
}

fn draw(words: &[u32]) -> Result<Command<'_>> {
    let (&first, rest) = split::<12>(words)?;
    let [start, count, mode, indexed, instance_count, index_bias, ..] = first;
    let [
        ..,
        start_instance,
        restart,
        restart_index,
        min_index,
        max_index,
        from_stream,
    ] = first;
    let (vertices_per_patch, draw_id) = match rest {
        [vertices, id, ..] => (*vertices, *id),
        _ => (0, 0),
    };
    Ok(Command::Draw(Draw {
        start,
        first_index: 0,
        count,
        mode: mode.try_into()?,
        indexed: indexed != 0,
        instance_count,
        index_bias: index_bias.cast_signed(),
        start_instance,
        restart_index: (restart != 0).then_some(restart_index),
        min_index,
        max_index,
        count_from_stream_output: from_stream,
        vertices_per_patch,
        draw_id,
        indirect: indirect_draw(rest),
    }))
}

/// The last six of a draw's 20 words.
fn indirect_draw(rest: &[u32]) -> Option<IndirectDraw> {
    let &[
        _,
        _,
        resource,
        offset,
        stride,
        draw_count,
        count_offset,
        count_resource,
    ] = rest.first_chunk()?;
    Some(IndirectDraw {
        resource: resource_from_word(resource)?,
        offset,
        stride,
        draw_count,
        count_buffer: resource_from_word(count_resource).map(|resource| (resource, count_offset)),
    })
}

/// Stage, first slot and a record a slot.
#[inline]
fn stage_slots<T: Record<N>, const N: usize>(
    words: &[u32],
) -> Result<(ShaderStage, u32, List<'_, T, N>)> {
    let (&[stage, first], rest) = split(words)?;
    Ok((stage.try_into()?, first, List::new(rest)))
}

fn index_buffer(words: &[u32]) -> Result<Command<'_>> {
    let &[resource] = fixed(words)?;
    let buffer = match resource_from_word(resource) {
        None => None,
        Some(resource) => {
            let &[_, size, offset] = fixed(words)?;
            let size = IndexSize::try_from(size)?;
            Some(IndexBuffer {
                resource,
                size,
                offset,
            })
        }
    };
    Ok(Command::SetIndexBuffer { buffer })
}

fn blit<'a>(words: &[u32; 21]) -> Result<Command<'a>> {
    let &[switches, scissor_min, scissor_max, ref sides @ ..] = words;
    let side = |words: &[u32; 9]| {
        let &[resource, level, format, x, y, z, width, height, depth] = words;
        BlitSide {
            resource: ResourceId(resource),
            level,
            format: FormatId(format),
            region: SignedBox {
                origin: [x, y, z].map(u32::cast_signed),
                extent: [width, height, depth].map(u32::cast_signed),
            },
        }
    };
    let ([dst, src], _) = sides.as_chunks() else {
        return Err(too_short(words, words.len()));
    };
    let scissor = Scissor::from_words(&[scissor_min, scissor_max]);
    Ok(Command::Blit(Blit {
        mask: BlitMask::from_bits_retain(switches & 0xff),
        filter: Filter::try_from(switches >> 8 & 3)?,
        scissor: (switches >> 10 & 1 != 0).then_some(scissor),
        render_condition: switches >> 11 & 1 != 0,
        alpha_blend: switches >> 12 & 1 != 0,
        dst: side(dst),
        src: side(src),
    }))
}

fn render_condition<'a>(&[query, inverted, mode]: &[u32; 3]) -> Result<Command<'a>> {
    let condition = match ObjectHandle::from_word(query) {
        None => None,
        Some(query) => Some(RenderCondition {
            query,
            inverted: inverted != 0,
            mode: mode.try_into()?,
        }),
    };
    Ok(Command::SetRenderCondition { condition })
}

fn sub_context(words: &[u32]) -> Result<SubContextId> {
    let &[id] = fixed(words)?;
    Ok(SubContextId(id))
}

fn query_to_buffer<'a>(words: &[u32; 6]) -> Result<Command<'a>> {
    let &[query, resource, wait, value_type, offset, index] = words;
    Ok(Command::GetQueryResultQbo(QueryToBuffer {
        query: handle(query)?,
        resource: ResourceId(resource),
        wait: wait != 0,
        value_type: QueryValueType::try_from(value_type)?,
        offset,
        index: index.cast_signed(),
    }))
}

fn direction(way: u32) -> Result<Direction> {
    match way {
        1 => Ok(Direction::ToHost),
        2 => Ok(Direction::FromHost),
        _ => Err(invalid("transfer direction", way)),
    }
}

fn copy_transfer(words: &[u32]) -> Result<Command<'_>> {
    let (region, rest) = split(words)?;
    let &[staging, offset, flags] = fixed(rest).map_err(|_| too_short(words, 14))?;
    let (resource, transfer) = transfer(region, offset);
    Ok(Command::CopyTransfer(CopyTransfer {
        resource,
        transfer,
        staging: ResourceId(staging),
        synchronized: flags & 1 != 0,
        direction: if flags & 2 != 0 {
            Direction::FromHost
        } else {
            Direction::ToHost
        },
    }))
}

fn pipe_resource<'a>(words: &[u32; 11]) -> Command<'a> {
    let &[
        target,
        format,
        bind,
        width,
        height,
        depth,
        array_size,
        last_level,
        nr_samples,
        flags,
        blob_id,
    ] = words;
    Command::PipeResourceCreate {
        desc: ResourceDesc {
            target,
            format,
            bind,
            width,
            height,
            depth,
            array_size,
            last_level,
            nr_samples,
            flags,
        },
        blob_id,
    }
}

fn resource_type(words: &[u32]) -> Result<Command<'_>> {
    let (&[resource, format, bind, width, height, usage, low, high], rest) = split(words)?;
    Ok(Command::PipeResourceSetType(ResourceType {
        resource: ResourceId(resource),
        format: FormatId(format),
        bind,
        width,
        height,
        usage,
        modifier: u64::from(low) | u64::from(high) << 32,
        planes: List::new(rest),
    }))
}

fn clear_surface<'a>(words: &[u32; 10]) -> Result<Command<'a>> {
    let &[switches, surface, r, g, b, a, x, y, width, height] = words;
    Ok(Command::ClearSurface(ClearSurface {
        render_condition: switches & 1 != 0,
        buffers: ClearBuffers::from_bits_retain(switches >> 1 & 7),
        surface: handle(surface)?,
        color: [r, g, b, a],
        rect: [x, y, width, height],
    }))
}
