//! What shaders read: constants, uniform buffers, textures, storage buffers, images.

use zerocopy::IntoBytes;

use super::program::{CONSTANT_BINDING, LinkedProgram, SYSTEM_BINDING};
use super::uniforms::Versions;
use crate::context::error::CommandError;
use crate::context::state::{StageState, State};
use crate::gl::host::Feature;
use crate::gl::stream::StreamRange;
use crate::glsl::{SamplerInfo, SystemBlock, SystemUse};
use crate::host::Host;
use crate::protocol::values::{ShaderStage, Swizzle};

/// Data of one draw that lies in the stream.
#[derive(Clone, Copy)]
struct Streamed {
    range: StreamRange,
    bytes: u32,
}

/// The streamed data that draws of a sub-context use.
#[derive(Default)]
pub struct StreamedState {
    constants: [Option<Streamed>; ShaderStage::COUNT],
    system: Option<Streamed>,
    block: SystemBlock,
    /// What stands in for the above without uniform blocks.
    versions: Versions,
}

impl StreamedState {
    /// Binds everything that `program` reads and that changed or went stale.
    ///
    /// # Errors
    /// If constants do not fit the stream.
    pub fn bind(
        &mut self,
        host: &Host,
        state: &mut State,
        program: &LinkedProgram,
        program_changed: bool,
    ) -> Result<(), CommandError> {
        if let Some(uniforms) = &program.uniforms {
            self.versions.bind(host, state, uniforms);
            return Ok(());
        }
        for (stage, stage_use) in program.stages.iter().enumerate() {
            let bound = &mut state.stages[stage];
            if stage_use.constant_bytes > 0 {
                self.bind_constants(host, stage, bound, stage_use.constant_bytes)?;
            }
            bind_uniform_buffers(host, bound, stage_use, program_changed);
            if stage_use.samplers != 0 {
                refresh_mirrors(host, bound);
                bind_views(host, bound, host.unit_base[stage]);
            }
            bind_storage(host, bound, stage_use, program_changed);
            bind_images(host, bound, stage_use, program_changed);
        }
        Ok(())
    }

    fn bind_constants(
        &mut self,
        host: &Host,
        stage: usize,
        bound: &mut StageState,
        bytes: u32,
    ) -> Result<(), CommandError> {
        let Some(stream) = &host.stream else {
            return Ok(());
        };
        let mut stream = stream.borrow_mut();
        let current = self.constants[stage]
            .filter(|s| !bound.dirty_constants && s.bytes >= bytes && stream.is_live(s.range));
        let streamed = match current {
            Some(streamed) => streamed,
            None => {
                let data = bound.constants.as_bytes();
                let align = host.caps.limits.uniform_buffer_alignment as usize;
                // A draw never reads past what its shader declares.
                let used = data.len().min(bytes as usize);
                let range = stream
                    .push(&data[..used], bytes as usize, align)
                    .ok_or(CommandError::Limit("bytes of constants"))?;
                bound.dirty_constants = false;
                let streamed = Streamed { range, bytes };
                self.constants[stage] = Some(streamed);
                streamed
            }
        };
        host.gl.bind_uniform_range(
            CONSTANT_BINDING + stage as u32,
            Some(stream.buffer()),
            streamed.range.offset,
            bytes,
        );
        Ok(())
    }

    /// Binds the system block, after `update` wrote what changed into it.
    ///
    /// # Errors
    /// If the stream cannot take it.
    pub fn bind_system(
        &mut self,
        host: &Host,
        program: &LinkedProgram,
        changed: bool,
        update: impl FnOnce(&mut SystemBlock),
    ) -> Result<(), CommandError> {
        let Some(stream) = &host.stream else {
            if changed {
                update(&mut self.block);
            }
            if let Some(uniforms) = &program.uniforms {
                self.versions
                    .bind_system(host, uniforms, changed, &self.block);
            }
            return Ok(());
        };
        let mut stream = stream.borrow_mut();
        let live = self
            .system
            .filter(|system| !changed && stream.is_live(system.range));
        let streamed = match live {
            Some(streamed) => streamed,
            None => {
                update(&mut self.block);
                let align = host.caps.limits.uniform_buffer_alignment as usize;
                let range = stream
                    .push(self.block.as_bytes(), SystemBlock::SIZE, align)
                    .ok_or(CommandError::Limit("bytes of constants"))?;
                let streamed = Streamed {
                    range,
                    bytes: SystemBlock::SIZE as u32,
                };
                self.system = Some(streamed);
                streamed
            }
        };
        let (offset, bytes) = (streamed.range.offset, streamed.bytes);
        host.gl
            .bind_uniform_range(SYSTEM_BINDING, Some(stream.buffer()), offset, bytes);
        Ok(())
    }
}

/// Writes the bound state into the system block.
pub fn fill_system_block(block: &mut SystemBlock, state: &State, uses: SystemUse) {
    let flipped = state.viewports[0].scale[1] < 0.0;
    block.y_sign = if flipped { -1.0 } else { 1.0 };
    (block.sprite_y_scale, block.sprite_y_bias) = if flipped { (-1.0, 1.0) } else { (1.0, 0.0) };
    block.alpha_ref = state
        .depth_stencil_alpha
        .alpha
        .map_or(0.0, |alpha| alpha.reference);
    block.point_size = state.rasterizer.point_size;
    if uses.contains(SystemUse::DEPTH) {
        let (scale, translate) = (state.viewports[0].scale[2], state.viewports[0].translate[2]);
        let (near, far) =
            super::fixed::depth_range(&state.viewports[0], state.rasterizer.clip_halfz);
        let (least, most) = (near.min(far).clamp(0.0, 1.0), near.max(far).clamp(0.0, 1.0));
        block.depth = [scale, translate, least, most];
    }
    if uses.contains(SystemUse::CLIP_PLANES) {
        block.clip_planes = state.clip_planes;
    }
    if uses.contains(SystemUse::STIPPLE) {
        block.stipple = state.stipple;
    }
    if uses.contains(SystemUse::TESS_LEVELS) {
        let ([a, b], outer) = (state.tess_levels.1, state.tess_levels.0);
        block.tess_outer = outer;
        block.tess_inner = [a, b, 0.0, 0.0];
    }
    if uses.contains(SystemUse::SAMPLERS) {
        for (words, stage) in block.samplers.iter_mut().zip(&state.stages) {
            for (word, (view, sampler)) in words
                .iter_mut()
                .zip(stage.views.iter().zip(&stage.samplers))
            {
                if let Some(mirror) = view.as_ref().and_then(|view| view.mirror()) {
                    *word = mirror.count();
                    continue;
                }
                let mut info = view
                    .as_ref()
                    .map_or(SamplerInfo::default(), |view| sampler_info(view));
                info.lod_bias = sampler.as_ref().map_or(0, |sampler| sampler.lod_steps());
                *word = info.pack();
            }
        }
    }
}

fn sampler_info(view: &crate::resource::view::TextureView) -> SamplerInfo {
    SamplerInfo {
        levels: view.levels.min(255) as u8,
        samples: view.samples().min(255) as u8,
        swizzle: view.swizzle().map(channel_number),
        lod_bias: 0,
    }
}

/// A channel as shaders number it.
pub fn channel_number(channel: Swizzle) -> u8 {
    match channel {
        Swizzle::X => 0,
        Swizzle::Y => 1,
        Swizzle::Z => 2,
        Swizzle::W => 3,
        Swizzle::Zero => 4,
        Swizzle::One => 5,
    }
}

fn bind_uniform_buffers(
    host: &Host,
    bound: &mut StageState,
    stage_use: &super::program::StageUse,
    program_changed: bool,
) {
    if bound.dirty_uniform_buffers == 0 && !program_changed {
        return;
    }
    for block in &stage_use.blocks {
        let buffer = bound
            .uniform_buffers
            .get(block.slot as usize)
            .and_then(Option::as_ref);
        match buffer {
            Some(buffer) => {
                let available = buffer.resource.desc().width.saturating_sub(buffer.offset);
                let wanted = buffer.length.max(block.bytes);
                // Binding more than the block needs is allowed, less is not: where the buffer
                // is too small, robust access or the driver's own bounds have to serve.
                let size = wanted
                    .min(available)
                    .min(host.caps.limits.uniform_block_size);
                host.gl.bind_uniform_range(
                    block.binding,
                    buffer.resource.gl_buffer(),
                    buffer.offset,
                    size,
                );
            }
            None => host.gl.bind_uniform_range(block.binding, None, 0, 0),
        }
    }
    bound.dirty_uniform_buffers = 0;
}

/// Brings the copies of buffers up to date.
fn refresh_mirrors(host: &Host, bound: &StageState) {
    let mut slots = bound.mirrored_views;
    while slots != 0 {
        let slot = slots.trailing_zeros() as usize;
        slots &= slots - 1;
        if let Some(view) = &bound.views[slot]
            && let Some(mirror) = view.mirror()
        {
            mirror.refresh(host, &view.resource);
        }
    }
}

fn bind_views(host: &Host, bound: &mut StageState, unit_base: u32) {
    let mut dirty = std::mem::take(&mut bound.dirty_views);
    while dirty != 0 {
        let slot = dirty.trailing_zeros();
        dirty &= dirty - 1;
        let Some(view) = &bound.views[slot as usize] else {
            continue;
        };
        let unit = unit_base + slot;
        view.bind(&host.gl, unit);
        match &bound.samplers[slot as usize] {
            // A filter that the format cannot have would hide the texels.
            _ if view.mirror().is_some() => host.gl.bind_sampler(unit, None),
            Some(sampler) => sampler.bind(&host.gl, unit, view.is_integer),
            None => host.gl.bind_sampler(unit, None),
        }
    }
}

fn bind_storage(
    host: &Host,
    bound: &mut StageState,
    stage_use: &super::program::StageUse,
    program_changed: bool,
) {
    if stage_use.storage_buffers.is_empty()
        || (bound.dirty_storage_buffers == 0 && !program_changed)
        || !host.caps.has(Feature::Compute)
    {
        return;
    }
    for storage in &stage_use.storage_buffers {
        let buffer = bound
            .storage_buffers
            .get(storage.index as usize)
            .and_then(Option::as_ref);
        match buffer {
            Some(buffer) => host.gl.bind_buffer_range(
                glow::SHADER_STORAGE_BUFFER,
                storage.binding,
                buffer.resource.gl_buffer(),
                buffer.offset as i32,
                buffer.length as i32,
            ),
            None => host
                .gl
                .bind_buffer_base(glow::SHADER_STORAGE_BUFFER, storage.binding, None),
        }
    }
    bound.dirty_storage_buffers = 0;
}

fn bind_images(
    host: &Host,
    bound: &mut StageState,
    stage_use: &super::program::StageUse,
    program_changed: bool,
) {
    if stage_use.images.is_empty()
        || (bound.dirty_images == 0 && !program_changed)
        || !host.caps.has(Feature::Compute)
    {
        return;
    }
    for image in &stage_use.images {
        let view = bound
            .images
            .get(image.index as usize)
            .and_then(Option::as_ref);
        let Some((view, texture)) = view.and_then(|view| Some((view, view.texture()?))) else {
            host.gl
                .bind_image_texture(image.unit, None, 0, false, 0, glow::READ_ONLY, glow::RGBA8);
            continue;
        };
        let access = match view.access & 3 {
            1 => glow::READ_ONLY,
            2 => glow::WRITE_ONLY,
            _ => glow::READ_WRITE,
        };
        let format = view.format.gl().map_or(glow::RGBA8, |gl| gl.internal);
        let (first, last) = view.layers;
        let layered = first != last;
        host.gl.bind_image_texture(
            image.unit,
            Some(texture),
            view.level as i32,
            layered,
            first as i32,
            access,
            format,
        );
    }
    bound.dirty_images = 0;
}
