//! Compute dispatches.

use crate::context::SubContext;
use crate::context::error::CommandError;
use crate::decode::Grid;
use crate::draw::key::image_formats;
use crate::gl::host::Feature;
use crate::glsl::ShaderKey;
use crate::host::Host;
use crate::protocol::values::ShaderStage;

/// Executes a dispatch.
///
/// # Errors
/// If the host has no compute shaders, none is bound, or the grid is too large.
pub fn dispatch(host: &Host, sub: &mut SubContext, grid: &Grid) -> Result<(), CommandError> {
    if !host.caps.has(Feature::Compute) {
        return Err(CommandError::Unsupported("a compute shader"));
    }
    if !sub.passes_condition(host) {
        return Ok(());
    }
    let Some(shader) = sub.state.stages[ShaderStage::Compute.index()]
        .shader
        .clone()
    else {
        return Err(CommandError::Incomplete("a compute shader"));
    };
    let key = ShaderKey {
        shared_bytes: shader.shared_bytes,
        image_formats: image_formats(&sub.state, &shader),
        ..ShaderKey::default()
    };
    let mut variants = [const { None }; ShaderStage::COUNT];
    variants[ShaderStage::Compute.index()] = Some(shader.variant(host, &key)?);
    let program = host
        .programs
        .borrow_mut()
        .get(&host.gl, &host.unit_base, &variants)?;
    host.gl.use_program(Some(program.program.name()));
    sub.bind_compute(host, &program)?;
    match grid.indirect {
        Some((resource, offset)) => {
            let arguments = sub.resource(resource)?;
            let end = u64::from(offset) + 12;
            if end > u64::from(arguments.desc().width) || !offset.is_multiple_of(4) {
                return Err(CommandError::OutOfRange(
                    "arguments of an indirect dispatch",
                ));
            }
            host.gl
                .bind_buffer(glow::DISPATCH_INDIRECT_BUFFER, arguments.gl_buffer());
            host.gl.dispatch_compute_indirect(offset as i32);
        }
        None => {
            let limits = host.caps.limits.compute_groups;
            if grid
                .grid
                .iter()
                .zip(limits)
                .any(|(groups, limit)| *groups > limit)
            {
                return Err(CommandError::OutOfRange("size of a grid"));
            }
            let [x, y, z] = grid.grid;
            host.gl.dispatch_compute(x, y, z);
        }
    }
    Ok(())
}
