//! One command after the other.

use std::rc::Rc;

use super::error::CommandError;
use super::image::BoundImage;
use super::object::Object;
use super::state::{
    BoundBuffer, BoundCondition, BoundIndexBuffer, BoundVertexBuffer, Dirty, MAX_COLOR_BUFFERS,
    MAX_CONSTANT_BYTES, MAX_IMAGES, MAX_STORAGE_BUFFERS, MAX_UNIFORM_BUFFERS, MAX_VERTEX_BUFFERS,
    MAX_VIEWPORTS, MAX_VIEWS,
};
use super::{Context, SubContext};
use crate::decode::{Command, CopyTransfer, IndexBuffer};
use crate::draw::shader::{Assembly, PendingShader};
use crate::draw::vertex::VertexLayout;
use crate::draw::{blit, clear, compute};
use crate::gl::host::Feature;
use crate::host::Host;
use crate::protocol::bindings::{BufferRange, ImageView, Scissor, VertexBuffer, Viewport};
use crate::protocol::flags::{MemoryBarrier, TextureBarrier};
use crate::protocol::ids::ObjectHandle;
use crate::protocol::list::{Handles, List};
use crate::protocol::objects::ShaderChunk;
use crate::protocol::state::{Blend, DepthStencilAlpha, Rasterizer};
use crate::protocol::values::ShaderStage;
use crate::query::QueryObject;
use crate::resource::sampler::SamplerObject;
use crate::resource::view::{SurfaceView, TextureView};
use crate::resource::{Resource, copy, memory, readback, upload};
use crate::streamout::{MAX_TARGETS, Target};
use maro_gpu::renderer::{Direction, ResourceId, Transfer};

type Done = Result<(), CommandError>;

impl Context {
    /// Executes a command.
    pub(super) fn execute(&mut self, host: &Host, command: &Command<'_>) -> Done {
        log::trace!("{command:?}");
        match *command {
            Command::CreateSubContext { id } => self.create_sub_context(id),
            Command::SetSubContext { id } => self.set_sub_context(host, id),
            Command::DestroySubContext { id } => self.destroy_sub_context(host, id),
            _ => self.sub()?.execute(host, command),
        }
    }
}

impl SubContext {
    fn execute(&mut self, host: &Host, command: &Command<'_>) -> Done {
        match *command {
            Command::Draw(ref draw) => crate::draw::draw(host, self, draw),
            Command::SetConstantBuffer {
                stage,
                index: _,
                data,
            } => self.set_constants(stage, data),
            Command::SetVertexBuffers { buffers } => self.set_vertex_buffers(buffers),
            Command::SetIndexBuffer { buffer } => self.set_index_buffer(buffer),
            Command::SetSamplerViews {
                stage,
                first,
                views,
            } => self.set_sampler_views(stage, first, views),
            Command::BindSamplerStates {
                stage,
                first,
                states,
            } => self.bind_sampler_states(stage, first, states),
            Command::SetUniformBuffer {
                stage,
                index,
                range,
            } => self.set_uniform_buffer(stage, index, range),
            Command::Transfer {
                resource,
                ref transfer,
                direction,
            } => self.transfer(host, resource, transfer, direction),
            Command::Clear(ref command) => clear::clear(host, self, command),
            Command::BindShader { stage, handle } => self.bind_shader(stage, handle),
            Command::BindBlend { .. }
            | Command::BindRasterizer { .. }
            | Command::BindDepthStencilAlpha { .. }
            | Command::BindVertexElements { .. } => self.bind_object(command),
            Command::CreateBlend { .. }
            | Command::CreateRasterizer { .. }
            | Command::CreateDepthStencilAlpha { .. }
            | Command::CreateShader { .. }
            | Command::CreateVertexElements { .. }
            | Command::CreateSamplerView { .. }
            | Command::CreateSamplerState { .. }
            | Command::CreateSurface { .. }
            | Command::CreateQuery { .. }
            | Command::CreateStreamOutputTarget { .. } => self.create_object(host, command),
            Command::DestroyObject { handle } => self.destroy_object(host, handle),
            Command::SetFramebuffer {
                depth_stencil,
                colors,
            } => self.set_framebuffer(depth_stencil, colors),
            _ => self.execute_state(host, command),
        }
    }

    /// Small parts of the state.
    fn execute_state(&mut self, host: &Host, command: &Command<'_>) -> Done {
        let state = &mut self.state;
        match *command {
            Command::SetViewports { first, viewports } => {
                return self.set_viewports(first, viewports);
            }
            Command::SetScissors { first, scissors } => return self.set_scissors(first, scissors),
            Command::SetStencilRef { front, back } => {
                state.stencil_ref = (front, back);
                state.dirty |= Dirty::DEPTH_STENCIL;
            }
            Command::SetBlendColor { color } => {
                state.blend_color = color;
                state.dirty |= Dirty::BLEND_COLOR;
            }
            Command::SetPolygonStipple { rows } => {
                state.stipple = *rows;
                state.dirty |= Dirty::SYSTEM;
            }
            Command::SetClipState { planes } => {
                state.clip_planes = planes.map(|plane| plane.map(f32::from_bits));
                state.dirty |= Dirty::SYSTEM;
            }
            Command::SetSampleMask { mask } => {
                state.sample_mask = mask;
                state.dirty |= Dirty::SAMPLE_MASK;
            }
            Command::SetMinSamples { samples } => {
                state.min_samples = samples;
                state.dirty |= Dirty::MIN_SAMPLES;
            }
            Command::SetTessState { outer, inner } => {
                state.tess_levels = (outer, inner);
                state.dirty |= Dirty::SYSTEM;
            }
            Command::SetFramebufferNoAttach {
                width,
                height,
                layers,
                samples,
            } => {
                state.framebuffer.no_attachments = [width, height, layers, samples];
                state.dirty |= Dirty::FRAMEBUFFER;
            }
            Command::SetRenderCondition { condition } => {
                state.condition = match condition {
                    Some(condition) => Some(BoundCondition {
                        query: Rc::clone(self.objects.query(condition.query)?),
                        inverted: condition.inverted,
                    }),
                    None => None,
                };
            }
            _ => return self.execute_other(host, command),
        }
        Ok(())
    }

    /// Data movement, queries and what is left.
    fn execute_other(&mut self, host: &Host, command: &Command<'_>) -> Done {
        match *command {
            Command::Blit(ref command) => blit::blit(host, self, command),
            Command::ResourceCopyRegion(ref command) => {
                let (src, dst) = (self.resource(command.src)?, self.resource(command.dst)?);
                copy::copy_region(host, &src, &dst, command)
            }
            Command::CopyTransfer(ref command) => self.copy_transfer(host, command),
            Command::ResourceInlineWrite {
                resource,
                ref transfer,
                data,
            } => {
                let resource = self.resource(resource)?;
                upload::upload(host, &resource, transfer, &upload::Inline(data))?;
                Ok(())
            }
            Command::ClearTexture {
                resource,
                level,
                ref region,
                texel,
            } => {
                let resource = self.resource(resource)?;
                clear::clear_texture(host, &resource, level, region, texel)
            }
            Command::ClearSurface(ref command) => clear::clear_surface(host, self, command),
            Command::BeginQuery { query } => self.begin_query(host, query),
            Command::EndQuery { query } => self.end_query(host, query),
            Command::GetQueryResult { query, wait: _ } => {
                let query = self.objects.query(query)?;
                host.pending_results.borrow_mut().push(Rc::clone(query));
                Ok(())
            }
            Command::GetQueryResultQbo(ref command) => {
                let buffer = self.resource(command.resource)?;
                self.objects
                    .query(command.query)?
                    .deliver_to_buffer(host, &buffer, command)
            }
            Command::SetStreamOutputTargets {
                append_mask: _,
                targets,
            } => self.set_stream_output_targets(host, targets),
            Command::SetShaderBuffers {
                stage,
                first,
                buffers,
            } => self.set_storage_buffers(stage, first, buffers),
            Command::SetShaderImages {
                stage,
                first,
                images,
            } => self.set_images(host, stage, first, images),
            Command::MemoryBarrier { flags } => {
                memory_barrier(host, flags);
                Ok(())
            }
            Command::LaunchGrid(ref grid) => compute::dispatch(host, self, grid),
            // Hints and markers: nothing depends on them.
            Command::Nop
            | Command::EndTransfers
            | Command::SetDebugFlags { .. }
            | Command::SetTweak { .. }
            | Command::StringMarker { .. }
            | Command::LinkShader { .. } => Ok(()),
            Command::TextureBarrier { flags } => {
                if flags.contains(TextureBarrier::SAMPLER) {
                    host.gl.texture_barrier();
                }
                if flags.contains(TextureBarrier::FRAMEBUFFER) {
                    host.gl.blend_barrier();
                }
                Ok(())
            }
            Command::SetAtomicBuffers { .. } => {
                Err(CommandError::Unsupported("an atomic counter buffer"))
            }
            Command::PipeResourceCreate { .. } | Command::PipeResourceSetType(_) => {
                Err(CommandError::Unsupported("a blob resource"))
            }
            Command::GetMemoryInfo { .. } => Err(CommandError::Unsupported("memory information")),
            _ => Err(CommandError::Unsupported("the command")),
        }
    }

    fn create_object(&mut self, host: &Host, command: &Command<'_>) -> Done {
        let (handle, object) = match *command {
            Command::CreateBlend { handle, state } => (handle, Object::Blend(Rc::new(state))),
            Command::CreateRasterizer { handle, state } => {
                (handle, Object::Rasterizer(Rc::new(state)))
            }
            Command::CreateDepthStencilAlpha { handle, state } => {
                (handle, Object::DepthStencilAlpha(Rc::new(state)))
            }
            Command::CreateShader { handle, ref chunk } => return self.add_shader(handle, chunk),
            Command::CreateVertexElements { handle, elements } => (
                handle,
                Object::VertexElements(Rc::new(VertexLayout::new(elements)?)),
            ),
            Command::CreateSamplerView { handle, ref view } => {
                let resource = self.resource(view.resource)?;
                let view = TextureView::new(host, resource, view)?;
                (handle, Object::SamplerView(Rc::new(view)))
            }
            Command::CreateSamplerState { handle, state } => (
                handle,
                Object::SamplerState(Rc::new(SamplerObject::new(host, state)?)),
            ),
            Command::CreateSurface {
                handle,
                ref surface,
            } => {
                let resource = self.resource(surface.resource)?;
                let surface = SurfaceView::new(host, resource, surface)?;
                (handle, Object::Surface(Rc::new(surface)))
            }
            Command::CreateQuery { handle, ref query } => {
                let resource = self.resource(query.resource)?;
                (
                    handle,
                    Object::Query(Rc::new(QueryObject::new(host, resource, query)?)),
                )
            }
            Command::CreateStreamOutputTarget { handle, ref target } => {
                let resource = self.resource(target.resource)?;
                let target = Target::new(resource, target.offset, target.size)?;
                (handle, Object::StreamOutputTarget(Rc::new(target)))
            }
            _ => return Err(CommandError::Unsupported("the object")),
        };
        self.objects.insert(handle, object)
    }

    fn add_shader(&mut self, handle: ObjectHandle, chunk: &ShaderChunk<'_>) -> Done {
        let earlier = self
            .pending_shader
            .take_if(|(pending, _)| *pending == handle);
        match PendingShader::add(earlier.map(|(_, shader)| shader), chunk)? {
            Assembly::Pending(shader) => {
                self.pending_shader = Some((handle, shader));
                Ok(())
            }
            Assembly::Complete(shader) => self
                .objects
                .insert(handle, Object::Shader(Rc::new(shader.finish()?))),
        }
    }

    fn destroy_object(&mut self, host: &Host, handle: ObjectHandle) -> Done {
        match self.objects.remove(handle) {
            Some(Object::Surface(surface)) => {
                host.framebuffers.borrow_mut().forget(surface.serial);
            }
            Some(Object::Query(query)) => return self.queries.remove(&host.gl, &query),
            _ => {}
        }
        Ok(())
    }

    fn bind_object(&mut self, command: &Command<'_>) -> Done {
        let state = &mut self.state;
        match *command {
            Command::BindBlend { handle } => {
                state.blend = match handle {
                    Some(handle) => Rc::clone(self.objects.blend(handle)?),
                    None => Rc::new(Blend::DEFAULT),
                };
                state.dirty |= Dirty::BLEND;
            }
            Command::BindRasterizer { handle } => {
                state.rasterizer = match handle {
                    Some(handle) => Rc::clone(self.objects.rasterizer(handle)?),
                    None => Rc::new(Rasterizer::DEFAULT),
                };
                state.dirty |= Dirty::RASTERIZER;
            }
            Command::BindDepthStencilAlpha { handle } => {
                state.depth_stencil_alpha = match handle {
                    Some(handle) => Rc::clone(self.objects.depth_stencil_alpha(handle)?),
                    None => Rc::new(DepthStencilAlpha::default()),
                };
                state.dirty |= Dirty::DEPTH_STENCIL;
            }
            Command::BindVertexElements { handle } => {
                state.vertex_elements = match handle {
                    Some(handle) => Some(Rc::clone(self.objects.vertex_elements(handle)?)),
                    None => None,
                };
                state.dirty |= Dirty::VERTEX_ELEMENTS | Dirty::PROGRAM;
            }
            _ => {}
        }
        Ok(())
    }

    fn bind_shader(&mut self, stage: ShaderStage, handle: Option<ObjectHandle>) -> Done {
        // A shader that was refused unbinds the stage, so that nothing is drawn with the one
        // that was bound before.
        let (shader, result) = match handle.map(|handle| self.objects.shader(handle)) {
            Some(Ok(shader)) if shader.stage == stage => (Some(Rc::clone(shader)), Ok(())),
            Some(Ok(_)) => (None, Err(CommandError::OutOfRange("shader stage"))),
            Some(Err(e)) => (None, Err(e)),
            None => (None, Ok(())),
        };
        self.state.stage(stage).shader = shader;
        self.state.dirty |= Dirty::PROGRAM;
        result
    }

    fn set_framebuffer(
        &mut self,
        depth_stencil: Option<ObjectHandle>,
        colors: Handles<'_>,
    ) -> Done {
        if colors.len() > MAX_COLOR_BUFFERS {
            return Err(CommandError::OutOfRange("number of colour buffers"));
        }
        let framebuffer = &mut self.state.framebuffer;
        framebuffer.color_count = colors.len();
        framebuffer.colors = Default::default();
        self.state.dirty |= Dirty::FRAMEBUFFER;
        for (slot, handle) in framebuffer.colors.iter_mut().zip(colors.iter()) {
            *slot = handle
                .map(|handle| self.objects.surface(handle))
                .transpose()?
                .cloned();
        }
        framebuffer.depth_stencil = depth_stencil
            .map(|handle| self.objects.surface(handle))
            .transpose()?
            .cloned();
        Ok(())
    }

    fn set_viewports(&mut self, first: u32, viewports: List<'_, Viewport, 6>) -> Done {
        for (slot, viewport) in slots(first, MAX_VIEWPORTS, viewports.iter())? {
            self.state.viewports[slot] = viewport;
        }
        self.state.dirty |= Dirty::VIEWPORT;
        Ok(())
    }

    fn set_scissors(&mut self, first: u32, scissors: List<'_, Scissor, 2>) -> Done {
        for (slot, scissor) in slots(first, MAX_VIEWPORTS, scissors.iter())? {
            self.state.scissors[slot] = scissor;
        }
        self.state.dirty |= Dirty::SCISSOR;
        Ok(())
    }

    fn set_vertex_buffers(&mut self, buffers: List<'_, VertexBuffer, 3>) -> Done {
        if buffers.len() > MAX_VERTEX_BUFFERS {
            return Err(CommandError::OutOfRange("number of vertex buffers"));
        }
        let resources = self.resources.borrow();
        let mut missing = None;
        for (slot, buffer) in self.state.vertex_buffers.iter_mut().zip(buffers.iter()) {
            let resource = buffer.resource.and_then(|id| {
                let found = resources
                    .get(&id)
                    .filter(|resource| resource.gl_buffer().is_some());
                missing = missing.or(found.is_none().then_some(id));
                found.cloned()
            });
            *slot = BoundVertexBuffer {
                resource,
                stride: buffer.stride,
                offset: buffer.offset,
            };
        }
        for slot in &mut self.state.vertex_buffers[buffers.len()..] {
            slot.resource = None;
        }
        self.state.vertex_buffer_count = buffers.len();
        self.state.dirty |= Dirty::VERTEX_BUFFERS;
        missing.map_or(Ok(()), |id| Err(CommandError::NoResource(id)))
    }

    fn set_index_buffer(&mut self, buffer: Option<IndexBuffer>) -> Done {
        self.state.index_buffer = None;
        self.state.dirty |= Dirty::INDEX_BUFFER;
        if let Some(IndexBuffer {
            resource,
            size,
            offset,
        }) = buffer
        {
            let resource = self.buffer(resource)?;
            self.state.index_buffer = Some(BoundIndexBuffer {
                resource,
                size,
                offset,
            });
        }
        Ok(())
    }

    fn set_constants(&mut self, stage: ShaderStage, data: &[u32]) -> Done {
        if data.len() * 4 > MAX_CONSTANT_BYTES {
            return Err(CommandError::OutOfRange("size of a constant buffer"));
        }
        let bound = self.state.stage(stage);
        // A shorter buffer leaves the rest as it was, as the reference host does.
        if bound.constants.len() < data.len() {
            bound.constants.resize(data.len(), 0);
        }
        bound.constants[..data.len()].copy_from_slice(data);
        bound.dirty_constants = true;
        Ok(())
    }

    fn set_uniform_buffer(&mut self, stage: ShaderStage, index: u32, range: BufferRange) -> Done {
        let slot = index as usize;
        if slot >= MAX_UNIFORM_BUFFERS {
            return Err(CommandError::OutOfRange("uniform buffer slot"));
        }
        let buffer = self.bound_buffer(range);
        let bound = self.state.stage(stage);
        bound.dirty_uniform_buffers |= 1 << slot;
        match buffer {
            Ok(buffer) => {
                bound.uniform_buffers[slot] = buffer;
                Ok(())
            }
            Err(e) => {
                bound.uniform_buffers[slot] = None;
                Err(e)
            }
        }
    }

    fn set_sampler_views(&mut self, stage: ShaderStage, first: u32, views: Handles<'_>) -> Done {
        let bound = &mut self.state.stages[stage.index()];
        let mut result = Ok(());
        let mut end = first as usize;
        for (slot, handle) in slots(first, MAX_VIEWS, views.iter())? {
            let view = handle
                .map(|handle| self.objects.sampler_view(handle))
                .transpose();
            bound.views[slot] = match view {
                Ok(view) => view.cloned(),
                Err(e) => {
                    result = Err(e);
                    None
                }
            };
            let mirrored = bound.views[slot]
                .as_ref()
                .is_some_and(|view| view.mirror().is_some());
            bound.mirrored_views &= !(1 << slot);
            bound.mirrored_views |= u32::from(mirrored) << slot;
            bound.dirty_views |= 1 << slot;
            end = slot + 1;
        }
        // Slots above the run become unbound.
        for view in &mut bound.views[end..] {
            *view = None;
        }
        if bound
            .shader
            .as_ref()
            .is_none_or(|shader| shader.info.swizzled_samplers != 0)
            || bound.samplers.iter().flatten().any(|s| s.is_on_textures())
        {
            self.state.dirty |= Dirty::PROGRAM;
        }
        result
    }

    fn bind_sampler_states(&mut self, stage: ShaderStage, first: u32, states: Handles<'_>) -> Done {
        let bound = &mut self.state.stages[stage.index()];
        let mut result = Ok(());
        let biased_before = bound.biased_samplers;
        for (slot, handle) in slots(first, MAX_VIEWS, states.iter())? {
            let state = handle
                .map(|handle| self.objects.sampler_state(handle))
                .transpose();
            bound.samplers[slot] = match state {
                Ok(state) => state.cloned(),
                Err(e) => {
                    result = Err(e);
                    None
                }
            };
            let biased = bound.samplers[slot]
                .as_ref()
                .is_some_and(|sampler| sampler.lod_steps() != 0);
            bound.biased_samplers &= !(1 << slot);
            bound.biased_samplers |= u32::from(biased) << slot;
            bound.dirty_views |= 1 << slot;
        }
        let in_shaders = bound.samplers.iter().flatten().any(|s| s.is_on_textures());
        if bound.biased_samplers != biased_before || in_shaders {
            self.state.dirty |= Dirty::PROGRAM;
        }
        result
    }

    fn set_storage_buffers(
        &mut self,
        stage: ShaderStage,
        first: u32,
        buffers: List<'_, BufferRange, 3>,
    ) -> Done {
        let mut result = Ok(());
        for (slot, range) in slots(first, MAX_STORAGE_BUFFERS, buffers.iter())? {
            let buffer = self.bound_buffer(range).unwrap_or_else(|e| {
                result = Err(e);
                None
            });
            if let Some(buffer) = &buffer {
                buffer.resource.note_gpu_writes();
            }
            let bound = self.state.stage(stage);
            bound.storage_buffers[slot] = buffer;
            bound.dirty_storage_buffers |= 1 << slot;
        }
        result
    }

    fn set_images(
        &mut self,
        host: &Host,
        stage: ShaderStage,
        first: u32,
        images: List<'_, ImageView, 5>,
    ) -> Done {
        for (slot, view) in slots(first, MAX_IMAGES, images.iter())? {
            let resource = view.resource.map(|id| self.resource(id)).transpose()?;
            let bound = self.state.stage(stage);
            let old = bound.images[slot].take();
            bound.images[slot] = match resource {
                Some(resource) => Some(BoundImage::new(host, &view, resource, old)?),
                None => None,
            };
            bound.dirty_images |= 1 << slot;
        }
        let shader = self.state.stage(stage).shader.as_ref();
        if shader.is_none_or(|shader| shader.info.formatless_images != 0) {
            self.state.dirty |= Dirty::PROGRAM;
        }
        Ok(())
    }

    fn set_stream_output_targets(&mut self, host: &Host, handles: Handles<'_>) -> Done {
        if handles.len() > MAX_TARGETS {
            return Err(CommandError::OutOfRange("number of stream output targets"));
        }
        let mut targets = Vec::with_capacity(MAX_TARGETS);
        for handle in handles.iter() {
            let target = handle.map(|handle| self.objects.stream_output_target(handle));
            targets.push(target.transpose()?.cloned());
        }
        if let Some(counter) = self.stream_output.counter() {
            self.queries.remove(&host.gl, &counter)?;
        }
        self.stream_output.set_targets(&host.gl, targets)?;
        match self.stream_output.counter() {
            Some(counter) => self.queries.add(&host.gl, counter),
            None => Ok(()),
        }
    }

    fn begin_query(&mut self, host: &Host, handle: ObjectHandle) -> Done {
        let query = Rc::clone(self.objects.query(handle)?);
        self.queries.begin(&host.gl, query)
    }

    fn end_query(&mut self, host: &Host, handle: ObjectHandle) -> Done {
        let query = Rc::clone(self.objects.query(handle)?);
        self.queries.end(&host.gl, &query)
    }

    fn transfer(
        &self,
        host: &Host,
        id: ResourceId,
        transfer: &Transfer,
        direction: Direction,
    ) -> Done {
        let resource = self.resource(id)?;
        let backing = resource.backing()?;
        match direction {
            Direction::ToHost => upload::upload(host, &resource, transfer, &*backing)?,
            Direction::FromHost => {
                host.deliver_results();
                readback::read_back(host, &resource, transfer, &*backing)?;
            }
        }
        Ok(())
    }

    fn copy_transfer(&self, host: &Host, command: &CopyTransfer) -> Done {
        let resource = self.resource(command.resource)?;
        let staging = self.resource(command.staging)?.backing()?;
        match command.direction {
            Direction::ToHost => {
                upload::upload(host, &resource, &command.transfer, &*staging)?;
                if memory::holds_truth(host, &resource) {
                    memory::keep(&resource, &command.transfer, &*staging)?;
                }
            }
            Direction::FromHost if memory::holds_truth(host, &resource) => {
                memory::give(&resource, &command.transfer, &*staging)?;
            }
            Direction::FromHost => {
                readback::read_back(host, &resource, &command.transfer, &*staging)?;
            }
        }
        Ok(())
    }

    /// A resource that has a GL buffer.
    fn buffer(&self, id: ResourceId) -> Result<Rc<Resource>, CommandError> {
        let resource = self.resource(id)?;
        match resource.gl_buffer() {
            Some(_) => Ok(resource),
            None => Err(CommandError::WrongResource {
                id,
                wanted: "buffer",
            }),
        }
    }

    /// A range of a buffer, cut to the buffer's end.
    fn bound_buffer(&self, range: BufferRange) -> Result<Option<BoundBuffer>, CommandError> {
        let Some(id) = range.resource else {
            return Ok(None);
        };
        let resource = self.buffer(id)?;
        let available = resource.desc().width.saturating_sub(range.offset);
        if available == 0 {
            return Err(CommandError::OutOfRange("offset of a buffer range"));
        }
        let length = range.length.min(available);
        Ok(Some(BoundBuffer {
            resource,
            offset: range.offset,
            length,
        }))
    }
}

/// Pairs items with the slots from `first` on.
fn slots<T>(
    first: u32,
    limit: usize,
    items: impl ExactSizeIterator<Item = T>,
) -> Result<impl Iterator<Item = (usize, T)>, CommandError> {
    let first = first as usize;
    if first.checked_add(items.len()).is_none_or(|end| end > limit) {
        return Err(CommandError::OutOfRange("slot"));
    }
    Ok((first..).zip(items))
}

fn memory_barrier(host: &Host, flags: MemoryBarrier) {
    if !host.caps.has(Feature::Compute) {
        return;
    }
    let table = [
        (
            MemoryBarrier::SHADER_BUFFER,
            glow::SHADER_STORAGE_BARRIER_BIT,
        ),
        (
            MemoryBarrier::VERTEX_BUFFER,
            glow::VERTEX_ATTRIB_ARRAY_BARRIER_BIT,
        ),
        (MemoryBarrier::INDEX_BUFFER, glow::ELEMENT_ARRAY_BARRIER_BIT),
        (MemoryBarrier::CONSTANT_BUFFER, glow::UNIFORM_BARRIER_BIT),
        (MemoryBarrier::INDIRECT_BUFFER, glow::COMMAND_BARRIER_BIT),
        (MemoryBarrier::TEXTURE, glow::TEXTURE_FETCH_BARRIER_BIT),
        (MemoryBarrier::IMAGE, glow::SHADER_IMAGE_ACCESS_BARRIER_BIT),
        (MemoryBarrier::FRAMEBUFFER, glow::FRAMEBUFFER_BARRIER_BIT),
        (
            MemoryBarrier::STREAMOUT_BUFFER,
            glow::TRANSFORM_FEEDBACK_BARRIER_BIT,
        ),
        (
            MemoryBarrier::UPDATE_BUFFER,
            glow::BUFFER_UPDATE_BARRIER_BIT,
        ),
        (
            MemoryBarrier::MAPPED_BUFFER,
            glow::BUFFER_UPDATE_BARRIER_BIT,
        ),
        (
            MemoryBarrier::UPDATE_TEXTURE,
            glow::TEXTURE_UPDATE_BARRIER_BIT,
        ),
    ];
    let bits = table
        .iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .fold(0, |bits, (_, bit)| bits | bit);
    if bits != 0 {
        host.gl.memory_barrier(bits);
    }
}
