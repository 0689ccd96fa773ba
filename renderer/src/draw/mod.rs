//! Draws: bound state into GL, as little of it as changed, and the call itself.
//!
//! A draw goes through the parts in order: framebuffer, program (whose key depends on the
//! framebuffer's formats), fixed-function state, vertex input, shader inputs. In the
//! steady state, when only constants and buffers change, nothing here allocates, formats
//! or hashes.

use std::rc::Rc;

use crate::context::SubContext;
use crate::context::error::CommandError;
use crate::context::gl_enums;
use crate::context::state::{Dirty, State};
use crate::decode::Draw;
use crate::gl::DrawCall;
use crate::gl::host::Feature;
use crate::glsl::SystemUse;
use crate::host::Host;
use crate::protocol::values::{PrimitiveMode, ShaderStage};

pub mod attributes;
pub mod bindings;
pub mod blend;
pub mod blit;
pub mod blitter;
mod blitter20;
pub mod clear;
pub mod compute;
pub mod copy20;
pub mod depth_read;
pub mod fixed;
pub mod framebuffer;
pub mod indices;
pub mod indirect;
pub mod key;
pub mod program;
pub mod shader;
pub mod uniforms;
pub mod vertex;

use bindings::{StreamedState, fill_system_block};
use blend::BlendPasses;
use framebuffer::CachedFramebuffer;
use key::{KeyBuilder, Primitives};
use program::LinkedProgram;
use uniforms::ProgramUniforms;

/// What the last draw of a sub-context left in GL.
#[derive(Default)]
pub struct DrawState {
    framebuffer: Option<Rc<CachedFramebuffer>>,
    program: Option<Rc<LinkedProgram>>,
    /// The kind of primitives for which `program` was chosen.
    program_mode: Option<Primitives>,
    primitives: Option<Primitives>,
    /// Vertices of a patch for which `program` was chosen.
    patch_vertices: u32,
    streamed: StreamedState,
    /// How often a draw is issued, and for which colour buffers.
    passes: BlendPasses,
}

impl DrawState {
    /// The framebuffer for what is bound, shown to GL.
    ///
    /// # Errors
    /// If the host cannot draw to it.
    pub fn bind_framebuffer(
        &mut self,
        host: &Host,
        state: &mut State,
    ) -> Result<Rc<CachedFramebuffer>, CommandError> {
        // Binding again costs a look-up: other users of GL (clears of surfaces, blits) bind
        // framebuffers of their own.
        let framebuffer = framebuffer::bind(host, &state.framebuffer)?;
        let same = self
            .framebuffer
            .as_ref()
            .is_some_and(|f| f.info == framebuffer.info);
        if !same {
            state.dirty |= Dirty::PROGRAM | Dirty::BLEND | Dirty::FRAMEBUFFER;
        }
        self.framebuffer = Some(Rc::clone(&framebuffer));
        Ok(framebuffer)
    }
}

impl DrawState {
    /// Lets draws write all colour buffers of the bound framebuffer.
    pub fn draw_to_all(&self, host: &Host) {
        if let Some(framebuffer) = &self.framebuffer {
            blend::end_passes(host, &framebuffer.info);
        }
    }

    /// What a prepared draw of this mode captures with: the program and its primitives.
    /// `None` if the program captures nothing.
    pub fn capture(&self, mode: PrimitiveMode) -> Option<(glow::Program, Primitives)> {
        let program = self
            .program
            .as_ref()
            .filter(|program| program.feedback.is_some())?;
        let primitives = self.primitives.unwrap_or(Primitives::of_mode(mode));
        Some((program.program.name(), primitives))
    }

    /// What the current program reads, where it has no uniform blocks.
    fn uniforms(&self) -> Option<&ProgramUniforms> {
        self.program.as_ref()?.uniforms.as_ref()
    }

    /// Binds what a compute program reads.
    ///
    /// # Errors
    /// If its constants do not fit the stream.
    pub fn bind_compute(
        &mut self,
        host: &Host,
        state: &mut State,
        program: &LinkedProgram,
    ) -> Result<(), CommandError> {
        // Uniform buffers and images of draws share the bindings: show them again.
        self.program = None;
        self.streamed.bind(host, state, program, true)?;
        if program.system.is_empty() {
            return Ok(());
        }
        self.streamed.bind_system(host, program, true, |block| {
            fill_system_block(block, state, program.system);
        })
    }
}

/// Executes a draw.
///
/// # Errors
/// If the state is incomplete or the host cannot do it; nothing is drawn then.
pub fn draw(host: &Host, sub: &mut SubContext, draw: &Draw) -> Result<(), CommandError> {
    let Some(mode) = gl_enums::primitive_mode(draw.mode) else {
        return Err(CommandError::Unsupported("a draw of quads or polygons"));
    };
    if !sub.passes_condition(host) {
        return Ok(());
    }
    let captured;
    let draw = if draw.count_from_stream_output == 0 {
        draw
    } else {
        // The number is the size of the captured buffer; which one, the guest does not say.
        captured = Draw {
            count: captured_count(host, sub)?,
            ..*draw
        };
        &captured
    };
    if draw.indirect.is_none() && draw.count == 0 {
        return Ok(());
    }
    if host.gl.is_es20() && sub.state.rasterizer.discard {
        return Ok(());
    }
    check_draw(host, &sub.state, draw)?;
    if host.touched.take() {
        sub.state.dirty |= Dirty::all();
    }
    prepare(host, sub, draw)?;
    if let Some(arguments) = &draw.indirect
        && indirect::needs_arguments(host, sub, arguments)
    {
        let draws = indirect::read_arguments(host, sub, draw, arguments)?;
        return draws.iter().try_for_each(|one| self::draw(host, sub, one));
    }
    if draw.mode == PrimitiveMode::Patches {
        host.gl
            .patch_parameter_i32(glow::PATCH_VERTICES, draw.vertices_per_patch as i32);
    }
    let Some((last, earlier)) = sub.draw.passes.masks().split_last() else {
        return issue_capturing(host, sub, draw, mode);
    };
    let Some(framebuffer) = &sub.draw.framebuffer else {
        return Err(CommandError::Incomplete("a framebuffer"));
    };
    let target = &framebuffer.info;
    let mut result = Ok(());
    for mask in earlier {
        blend::begin_pass(host, &sub.state, target, *mask, false);
        result = result.and_then(|()| issue(host, sub, draw, mode));
    }
    blend::begin_pass(host, &sub.state, target, *last, true);
    let result = result.and_then(|()| issue_capturing(host, sub, draw, mode));
    blend::end_passes(host, target);
    result
}

/// The number of vertices that were captured last.
fn captured_count(host: &Host, sub: &SubContext) -> Result<u32, CommandError> {
    u32::try_from(sub.captured_vertices(host)?)
        .map_err(|_| CommandError::OutOfRange("number of captured vertices"))
}

/// Issues a draw whose vertices are captured if the guest wants them.
fn issue_capturing(
    host: &Host,
    sub: &SubContext,
    draw: &Draw,
    mode: u32,
) -> Result<(), CommandError> {
    let capturing = sub.begin_capture(host, draw.mode)?;
    let result = issue(host, sub, draw, mode);
    if capturing {
        sub.pause_capture(host);
    }
    result
}

/// Checks that the draw's indices and vertices lie within their buffers.
fn check_draw(host: &Host, state: &State, draw: &Draw) -> Result<(), CommandError> {
    const LIMIT: u32 = i32::MAX as u32;
    if draw.count > LIMIT || draw.instance_count > LIMIT || draw.start > LIMIT {
        return Err(CommandError::OutOfRange("size of a draw"));
    }
    if draw.indirect.is_some() {
        return Ok(());
    }
    if draw.indexed {
        let Some(index) = &state.index_buffer else {
            return Err(CommandError::Incomplete("an index buffer"));
        };
        let bytes = u64::from(draw.count) * u64::from(index.size.bytes());
        let before = u64::from(draw.first_index) * u64::from(index.size.bytes());
        let end = u64::from(index.offset) + before + bytes;
        if end > u64::from(index.resource.desc().width) {
            return Err(CommandError::OutOfRange("number of indices"));
        }
        return Ok(());
    }
    if host.caps.has(Feature::RobustBufferAccess) {
        return Ok(());
    }
    if let Some(layout) = &state.vertex_elements {
        let (vertices, instances) = layout.capacity(&state.vertex_buffers);
        let last = u64::from(draw.start) + u64::from(draw.count);
        let last_instance = u64::from(draw.start_instance) + u64::from(draw.instance_count);
        if last > vertices || last_instance > instances {
            return Err(CommandError::OutOfRange("number of vertices or instances"));
        }
    }
    Ok(())
}

/// Shows GL all of the state that changed.
fn prepare(host: &Host, sub: &mut SubContext, draw: &Draw) -> Result<(), CommandError> {
    let SubContext {
        state, draw: drawn, ..
    } = sub;
    let target = drawn.bind_framebuffer(host, state)?;
    let mode = Primitives::of_mode(draw.mode);
    if state
        .dirty
        .intersects(Dirty::RASTERIZER | Dirty::DEPTH_STENCIL | Dirty::BLEND)
    {
        state.dirty |= Dirty::PROGRAM;
    }
    let mut program_changed = false;
    // A control shader that stands in for a missing one is made for the size of patches.
    let other_mode = drawn.program_mode != Some(mode)
        || (draw.mode == PrimitiveMode::Patches && drawn.patch_vertices != draw.vertices_per_patch);
    if state.dirty.contains(Dirty::PROGRAM) || other_mode || drawn.program.is_none() {
        let keys = KeyBuilder::new(host, state, &target.info, draw.mode);
        let program = select_program(host, state, &keys, draw.vertices_per_patch)?;
        drawn.patch_vertices = draw.vertices_per_patch;
        program_changed = !drawn
            .program
            .as_ref()
            .is_some_and(|old| Rc::ptr_eq(old, &program));
        drawn.primitives = Some(keys.primitives());
        drawn.program = Some(program);
        drawn.program_mode = Some(mode);
    }
    let Some(program) = drawn.program.clone() else {
        return Err(CommandError::Incomplete("a program"));
    };
    host.gl.use_program(Some(program.program.name()));
    let dirty = state.dirty;
    fixed::apply(host, state, &target.info, dirty);
    if dirty.intersects(Dirty::BLEND | Dirty::FRAMEBUFFER) {
        drawn.passes = BlendPasses::new(host, state, &target.info);
    }
    vertex::bind(host, state, draw.start_instance)?;
    let views_changed = state.stages.iter().any(|stage| stage.dirty_views != 0);
    drawn
        .streamed
        .bind(host, state, &program, program_changed)?;
    if !program.system.is_empty() {
        let per_draw = program.system.contains(SystemUse::DRAW_PARAMETERS);
        let views = views_changed && program.system.contains(SystemUse::SAMPLERS);
        let system = Dirty::SYSTEM | Dirty::VIEWPORT | Dirty::RASTERIZER | Dirty::DEPTH_STENCIL;
        let changed = program_changed || per_draw || views || dirty.intersects(system);
        drawn
            .streamed
            .bind_system(host, &program, changed, |block| {
                fill_system_block(block, state, program.system);
                // Draws without indices have a first vertex, but no base.
                block.base_vertex = if draw.indexed { draw.index_bias } else { 0 };
                block.base_instance = draw.start_instance as i32;
                block.draw_id = draw.draw_id as i32;
            })?;
    }
    // What a draw does not look at stays dirty for the one that does.
    state.dirty &= Dirty::STREAM_OUTPUT;
    Ok(())
}

/// The program for the bound shaders.
fn select_program(
    host: &Host,
    state: &State,
    keys: &KeyBuilder<'_>,
    patch_vertices: u32,
) -> Result<Rc<LinkedProgram>, CommandError> {
    const GRAPHICS: [ShaderStage; 5] = [
        ShaderStage::Vertex,
        ShaderStage::Fragment,
        ShaderStage::Geometry,
        ShaderStage::TessControl,
        ShaderStage::TessEvaluation,
    ];
    let mut variants = [const { None }; ShaderStage::COUNT];
    for stage in GRAPHICS {
        if let Some(shader) = &state.stages[stage.index()].shader {
            variants[stage.index()] = Some(shader.variant(host, &keys.key(shader))?);
        }
    }
    let tess_control = ShaderStage::TessControl.index();
    if variants[ShaderStage::TessEvaluation.index()].is_some() && variants[tess_control].is_none() {
        let produced = keys.produced_before(ShaderStage::TessControl);
        let variant = host
            .passthrough
            .borrow_mut()
            .get(host, produced, patch_vertices)?;
        variants[tess_control] = Some(variant);
    }
    if variants[ShaderStage::Vertex.index()].is_none() {
        return Err(CommandError::Incomplete("a vertex shader"));
    }
    if variants[ShaderStage::Fragment.index()].is_none() {
        return Err(CommandError::Incomplete("a fragment shader"));
    }
    host.programs
        .borrow_mut()
        .get(&host.gl, &host.unit_base, &variants)
}

/// Most instances that are drawn one by one.
const MAX_INSTANCES: u32 = 1 << 16;

/// Draws one instance after the other, on hosts whose attributes do not step or whose
/// shaders do not count.
fn issue_instances(
    host: &Host,
    sub: &SubContext,
    draw: &Draw,
    call: &DrawCall,
    uniforms: &ProgramUniforms,
) -> Result<(), CommandError> {
    if call.instances > MAX_INSTANCES {
        return Err(CommandError::Limit("instances drawn one by one"));
    }
    for instance in 0..call.instances {
        let number = call.base_instance.saturating_add(instance);
        vertex::bind(host, &sub.state, number)?;
        uniforms.set_instance(&host.gl, instance);
        let one = DrawCall {
            instances: 1,
            base_instance: 0,
            ..*call
        };
        if draw.indexed {
            indices::draw_indexed(host, &sub.state, draw, &one)?;
        } else {
            host.gl.draw_vertices(&one);
        }
    }
    uniforms.set_instance(&host.gl, 0);
    Ok(())
}

fn issue(host: &Host, sub: &SubContext, draw: &Draw, mode: u32) -> Result<(), CommandError> {
    let state = &sub.state;
    if draw.indirect.is_some() {
        return indirect::draw_indirect(host, sub, draw, mode);
    }
    let call = DrawCall {
        mode,
        first: draw.start,
        count: draw.count,
        instances: draw.instance_count.max(1),
        base_instance: draw.start_instance,
        base_vertex: draw.index_bias,
    };
    if let Some(uniforms) = sub.draw.uniforms().filter(|_| call.instances > 1)
        && (uniforms.reads_instance() || !host.caps.has(Feature::InstancedArrays))
    {
        return issue_instances(host, sub, draw, &call, uniforms);
    }
    if draw.indexed {
        return indices::draw_indexed(host, state, draw, &call);
    }
    host.gl
        .set_enabled(glow::PRIMITIVE_RESTART_FIXED_INDEX, false);
    host.gl.draw_vertices(&call);
    Ok(())
}
