//! Draws with arguments in a buffer: the host's own, or one draw for each of the arguments
//! where the host has none, or where a shader asks for what only the arguments tell.

use super::indices::Restart;
use super::vertex;
use crate::context::SubContext;
use crate::context::error::CommandError;
use crate::context::gl_enums;
use crate::decode::{Draw, IndirectDraw};
use crate::gl::host::Feature;
use crate::glsl::SystemUse;
use crate::host::Host;
use crate::resource::Resource;
use zerocopy::IntoBytes;

/// Most draws for which arguments are read back.
const MAX_READ_BACK: u32 = 1 << 16;

/// Bytes of a draw's arguments.
const fn record_size(draw: &Draw) -> u32 {
    if draw.indexed { 20 } else { 16 }
}

/// Bytes from one draw's arguments to the next's.
const fn stride(indirect: &IndirectDraw, record: u32) -> u32 {
    if indirect.stride == 0 {
        record
    } else {
        indirect.stride
    }
}

/// Whether the arguments have to be known. The draw has been prepared.
pub fn needs_arguments(host: &Host, sub: &SubContext, indirect: &IndirectDraw) -> bool {
    indirect.count_buffer.is_some()
        || !host.caps.has(Feature::DrawIndirect)
        || sub
            .draw
            .program
            .as_ref()
            .is_some_and(|program| program.system.contains(SystemUse::DRAW_PARAMETERS))
}

/// Reads arguments back: the draws that they ask for.
///
/// # Errors
/// If they lie outside of their buffer, are too many, or cannot be read.
pub fn read_arguments(
    host: &Host,
    sub: &SubContext,
    draw: &Draw,
    indirect: &IndirectDraw,
) -> Result<Vec<Draw>, CommandError> {
    let mut indirect = *indirect;
    if let Some((id, offset)) = indirect.count_buffer.take() {
        let buffer = sub.resource(id)?;
        if u64::from(offset) + 4 > u64::from(buffer.desc().width) {
            return Err(CommandError::OutOfRange("number of indirect draws"));
        }
        let count = read_words::<1>(host, &buffer, offset)?[0];
        indirect.draw_count = indirect.draw_count.min(count);
        if indirect.draw_count == 0 {
            return Ok(Vec::new());
        }
    }
    let count = indirect.draw_count.max(1);
    if count > MAX_READ_BACK {
        return Err(CommandError::Limit("indirect draws that are read back"));
    }
    let arguments = sub.resource(indirect.resource)?;
    let record = record_size(draw);
    check_arguments(&indirect, record, arguments.desc().width)?;
    let read = |number: u32| {
        let offset = indirect.offset + number * stride(&indirect, record);
        let one = Draw {
            indirect: None,
            draw_id: draw.draw_id.wrapping_add(number),
            ..*draw
        };
        Ok(if draw.indexed {
            let [count, instance_count, first_index, bias, start_instance] =
                read_words(host, &arguments, offset)?;
            Draw {
                count,
                instance_count,
                first_index,
                index_bias: bias.cast_signed(),
                start_instance,
                ..one
            }
        } else {
            let [count, instance_count, start, start_instance] =
                read_words(host, &arguments, offset)?;
            Draw {
                count,
                instance_count,
                start,
                start_instance,
                ..one
            }
        })
    };
    let draws = (0..count).map(read);
    // A direct draw of no instance means one.
    draws
        .filter(|draw| !draw.as_ref().is_ok_and(|draw| draw.instance_count == 0))
        .collect()
}

fn read_words<const N: usize>(
    host: &Host,
    buffer: &Resource,
    offset: u32,
) -> Result<[u32; N], CommandError> {
    let mut words = [0; N];
    if buffer.read_bytes(&host.gl, offset, words.as_mut_bytes()) {
        return Ok(words);
    }
    Err(CommandError::Host(
        "the buffer of indirect arguments could not be mapped".to_owned(),
    ))
}

/// Draws with arguments from a buffer.
///
/// # Errors
/// If the host has no such draws or the arguments lie outside of their buffer.
pub fn draw_indirect(
    host: &Host,
    sub: &SubContext,
    draw: &Draw,
    mode: u32,
) -> Result<(), CommandError> {
    let Some(indirect) = &draw.indirect else {
        return Err(CommandError::Incomplete("indirect arguments"));
    };
    let arguments = sub.resource(indirect.resource)?;
    let record = record_size(draw);
    check_arguments(indirect, record, arguments.desc().width)?;
    let gl = &host.gl;
    let index = match (draw.indexed, &sub.state.index_buffer) {
        (true, None) => return Err(CommandError::Incomplete("an index buffer")),
        (true, index) => index.as_ref(),
        (false, _) => None,
    };
    let restart = index.map_or(Restart::Off, |i| Restart::of(draw.restart_index, i.size));
    gl.set_enabled(
        glow::PRIMITIVE_RESTART_FIXED_INDEX,
        restart == Restart::Fixed,
    );
    if index.is_some() {
        vertex::bind_index_buffer(host, &sub.state);
    }
    gl.bind_buffer(glow::DRAW_INDIRECT_BUFFER, arguments.gl_buffer());
    let stride = stride(indirect, record);
    for number in 0..indirect.draw_count.max(1) {
        let offset = (indirect.offset + number * stride) as i32;
        match index {
            Some(index) => {
                gl.draw_elements_indirect_offset(mode, gl_enums::index_type(index.size), offset);
            }
            None => gl.draw_arrays_indirect_offset(mode, offset),
        }
    }
    Ok(())
}

/// Checks that all argument records lie within `size` bytes.
fn check_arguments(indirect: &IndirectDraw, record: u32, size: u32) -> Result<(), CommandError> {
    let stride = stride(indirect, record);
    let before = u64::from(indirect.draw_count.max(1) - 1) * u64::from(stride);
    let end = u64::from(indirect.offset) + before + u64::from(record);
    if end > u64::from(size) || !indirect.offset.is_multiple_of(4) || !stride.is_multiple_of(4) {
        return Err(CommandError::OutOfRange("arguments of an indirect draw"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_arguments_beyond_the_buffer_is_refused() {
        let indirect = IndirectDraw {
            resource: maro_gpu::renderer::ResourceId(1),
            offset: 0,
            stride: 16,
            draw_count: 4,
            count_buffer: None,
        };
        assert!(check_arguments(&indirect, 16, 64).is_ok());
        assert!(check_arguments(&indirect, 16, 63).is_err());
        let many = IndirectDraw {
            draw_count: u32::MAX,
            stride: !3,
            ..indirect
        };
        assert!(check_arguments(&many, 16, u32::MAX).is_err());
    }
}
