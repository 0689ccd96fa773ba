//! Indexed draws.
//!
//! OpenGL ES restarts primitives at one index only, the largest of its type. A draw with
//! another restart index gets a copy of its indices in which that index is replaced.

use crate::context::error::CommandError;
use crate::context::gl_enums;
use crate::context::state::{BoundIndexBuffer, State};
use crate::decode::Draw;
use crate::draw::vertex;
use crate::gl::host::Feature;
use crate::gl::{Buffer, DrawCall};
use crate::host::Host;
use crate::protocol::values::IndexSize;

/// Most indices that are copied for a foreign restart index.
const MAX_REWRITTEN: u32 = 1 << 24;

/// What a draw's restart index asks of GL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Restart {
    /// No index restarts.
    Off,
    /// GL's own index.
    Fixed,
    /// Another index.
    Foreign(u32),
}

impl Restart {
    pub(super) fn of(index: Option<u32>, size: IndexSize) -> Self {
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
    // The end of what is read was checked, so that this fits.
    let offset = index.offset + draw.first_index * index.size.bytes();
    if let Restart::Foreign(restart) = restart {
        return draw_rewritten(host, state, (index, offset), restart, call);
    }
    vertex::bind_index_buffer(host, state);
    host.gl
        .draw_indexed(call, gl_enums::index_type(index.size), offset);
    Ok(())
}

fn draw_rewritten(
    host: &Host,
    state: &State,
    (index, offset): (&BoundIndexBuffer, u32),
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
    let offset = i32::try_from(offset).map_err(|_| CommandError::OutOfRange("index offset"))?;
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
}
