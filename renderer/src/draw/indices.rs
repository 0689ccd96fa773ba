//! Indexed and indirect draws.
//!
//! OpenGL ES restarts primitives at one index only, the largest of its type. A draw with
//! another restart index gets a copy of its indices in which that index is replaced.

use crate::context::SubContext;
use crate::context::error::CommandError;
use crate::context::gl_enums;
use crate::context::state::{BoundIndexBuffer, State};
use crate::decode::{Draw, IndirectDraw};
use crate::draw::vertex;
use crate::gl::host::Feature;
use crate::gl::{Buffer, DrawCall};
use crate::host::Host;
use crate::protocol::values::IndexSize;

/// Most indices that are copied for a foreign restart index.
const MAX_REWRITTEN: u32 = 1 << 24;

/// What a draw's restart index asks of GL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Restart {
    /// No index restarts.
    Off,
    /// GL's own index.
    Fixed,
    /// Another index.
    Foreign(u32),
}

impl Restart {
    fn of(index: Option<u32>, size: IndexSize) -> Self {
        let largest = match size {
            IndexSize::Bytes1 => 0xff,
            IndexSize::Bytes2 => 0xffff,
            IndexSize::Bytes4 => u32::MAX,
        };
        match index {
            None => Self::Off,
            Some(index) if index == largest => Self::Fixed,
            Some(index) if index > largest => Self::Off,
            Some(index) => Self::Foreign(index),
        }
    }
}

/// Draws by the bound index buffer. The range was checked.
///
/// # Errors
/// If the host cannot add a base to indices, or restart at such an index.
pub fn draw_indexed(
    host: &Host,
    state: &State,
    draw: &Draw,
    call: &DrawCall,
) -> Result<(), CommandError> {
    let Some(index) = &state.index_buffer else {
        return Err(CommandError::Incomplete("an index buffer"));
    };
    if call.base_vertex != 0 && !host.caps.has(Feature::DrawElementsBaseVertex) {
        return Err(CommandError::Unsupported("a base vertex"));
    }
    let restart = Restart::of(draw.restart_index, index.size);
    host.gl
        .set_enabled(glow::PRIMITIVE_RESTART_FIXED_INDEX, restart != Restart::Off);
    if let Restart::Foreign(restart) = restart {
        return draw_rewritten(host, state, index, restart, call);
    }
    vertex::bind_index_buffer(host, state);
    host.gl
        .draw_indexed(call, gl_enums::index_type(index.size), index.offset);
    Ok(())
}

fn draw_rewritten(
    host: &Host,
    state: &State,
    index: &BoundIndexBuffer,
    restart: u32,
    call: &DrawCall,
) -> Result<(), CommandError> {
    if call.count > MAX_REWRITTEN {
        return Err(CommandError::Limit(
            "indices with a restart index of their own",
        ));
    }
    let size = index.size.bytes() as usize;
    let mut bytes = vec![0; call.count as usize * size];
    host.gl
        .bind_buffer(glow::COPY_READ_BUFFER, index.resource.gl_buffer());
    let offset =
        i32::try_from(index.offset).map_err(|_| CommandError::OutOfRange("index offset"))?;
    if !host
        .gl
        .read_buffer_data(glow::COPY_READ_BUFFER, offset, &mut bytes)
    {
        return Err(CommandError::Host(
            "the index buffer could not be mapped".to_owned(),
        ));
    }
    let words = rewrite(&bytes, size, restart);
    let copy = Buffer::new(&host.gl).map_err(CommandError::Host)?;
    host.gl
        .bind_buffer(glow::ELEMENT_ARRAY_BUFFER, Some(copy.name()));
    host.gl
        .buffer_data(glow::ELEMENT_ARRAY_BUFFER, &words, glow::STREAM_DRAW);
    host.gl.draw_indexed(call, glow::UNSIGNED_INT, 0);
    vertex::forget_index_buffer(state);
    Ok(())
}

/// The indices as 32-bit ones, with `restart` replaced by the largest.
fn rewrite(bytes: &[u8], size: usize, restart: u32) -> Vec<u8> {
    bytes
        .chunks_exact(size)
        .flat_map(|index| {
            let mut word = [0; 4];
            word[..size].copy_from_slice(index);
            let value = u32::from_le_bytes(word);
            (if value == restart { u32::MAX } else { value }).to_le_bytes()
        })
        .collect()
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
    if !host.caps.has(Feature::DrawIndirect) {
        return Err(CommandError::Unsupported("an indirect draw"));
    }
    if indirect.count_buffer.is_some() {
        return Err(CommandError::Unsupported("a draw count in a buffer"));
    }
    let arguments = sub.resource(indirect.resource)?;
    let record = if draw.indexed { 20 } else { 16 };
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
    let stride = if indirect.stride == 0 {
        record
    } else {
        indirect.stride
    };
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
    let stride = if indirect.stride == 0 {
        record
    } else {
        indirect.stride
    };
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
    fn restart_index_is_fixed_only_as_the_largest_of_its_size() {
        assert_eq!(Restart::of(None, IndexSize::Bytes2), Restart::Off);
        assert_eq!(Restart::of(Some(0xffff), IndexSize::Bytes2), Restart::Fixed);
        assert_eq!(Restart::of(Some(u32::MAX), IndexSize::Bytes2), Restart::Off);
        assert_eq!(Restart::of(Some(7), IndexSize::Bytes1), Restart::Foreign(7));
    }

    #[test]
    fn rewrite_widens_and_replaces() {
        let bytes = [1, 0, 7, 0, 2, 0];
        let expected: Vec<u8> = [1u32, u32::MAX, 2]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        assert_eq!(rewrite(&bytes, 2, 7), expected);
    }

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
