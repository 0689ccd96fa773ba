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
    // The end of what is read was checked, so that this fits.
    let offset = index.offset + draw.first_index * index.size.bytes();
    if host.gl.is_es20() {
        return draw_es20(host, state, draw, call, (index, offset));
    }
    if call.base_vertex != 0 && !host.caps.has(Feature::DrawElementsBaseVertex) {
        return Err(CommandError::Unsupported("a base vertex"));
    }
    let restart = Restart::of(draw.restart_index, index.size);
    host.gl
        .set_enabled(glow::PRIMITIVE_RESTART_FIXED_INDEX, restart != Restart::Off);
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
    if !index.resource.read_bytes(&host.gl, offset, &mut bytes) {
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

/// Draws by indices that OpenGL ES 2.0 takes: it adds no base, restarts at none, and
/// knows 32-bit ones by an extension.
fn draw_es20(
    host: &Host,
    state: &State,
    draw: &Draw,
    call: &DrawCall,
    (index, offset): (&BoundIndexBuffer, u32),
) -> Result<(), CommandError> {
    let gl = &host.gl;
    let restart = Restart::of(draw.restart_index, index.size);
    let wide = host.caps.has(Feature::ElementIndexUint);
    let known = wide || index.size != IndexSize::Bytes4;
    if restart == Restart::Off && call.base_vertex == 0 && known {
        vertex::bind_index_buffer(host, state);
        gl.draw_indexed(call, gl_enums::index_type(index.size), offset);
        return Ok(());
    }
    if call.count > MAX_REWRITTEN {
        return Err(CommandError::Limit("indices that must be rewritten"));
    }
    let size = index.size.bytes() as usize;
    let mut bytes = vec![0; call.count as usize * size];
    if !index.resource.read_bytes(gl, offset, &mut bytes) {
        return Err(CommandError::OutOfRange("indices"));
    }
    let restart = match restart {
        Restart::Off => None,
        Restart::Fixed => Some(u32::MAX >> (32 - 8 * size)),
        Restart::Foreign(index) => Some(index),
    };
    let (indices, runs) = split(&bytes, size, restart, call.base_vertex);
    let narrow = indices.iter().all(|index| *index <= 0xffff);
    let (words, ty, bytes_each): (Vec<u8>, _, _) = if narrow {
        let words = indices.iter().flat_map(|i| (*i as u16).to_le_bytes());
        (words.collect(), glow::UNSIGNED_SHORT, 2)
    } else if wide {
        let words = indices.iter().flat_map(|i| i.to_le_bytes());
        (words.collect(), glow::UNSIGNED_INT, 4)
    } else {
        return Err(CommandError::Unsupported("indices above 65535"));
    };
    let copy = Buffer::new(gl).map_err(CommandError::Host)?;
    gl.bind_buffer(glow::ELEMENT_ARRAY_BUFFER, Some(copy.name()));
    gl.buffer_data(glow::ELEMENT_ARRAY_BUFFER, &words, glow::STREAM_DRAW);
    for (first, count) in runs {
        let run = DrawCall {
            count,
            base_vertex: 0,
            ..*call
        };
        gl.draw_indexed(&run, ty, first * bytes_each);
    }
    Ok(())
}

/// The indices as 32-bit ones with `base` added, without those that restart; and the runs
/// between these, first and number.
fn split(
    bytes: &[u8],
    size: usize,
    restart: Option<u32>,
    base: i32,
) -> (Vec<u32>, Vec<(u32, u32)>) {
    let mut indices = Vec::with_capacity(bytes.len() / size);
    let mut runs = Vec::new();
    let mut first = 0;
    let mut end_run = |indices: &Vec<u32>| {
        let end = indices.len() as u32;
        if end > first {
            runs.push((first, end - first));
        }
        first = end;
    };
    for index in bytes.chunks_exact(size) {
        let mut word = [0; 4];
        word[..size].copy_from_slice(index);
        let value = u32::from_le_bytes(word);
        if Some(value) == restart {
            end_run(&indices);
        } else {
            indices.push(value.wrapping_add_signed(base));
        }
    }
    end_run(&indices);
    (indices, runs)
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
    fn split_makes_runs_between_restarts_and_adds_the_base() {
        let bytes = [1, 0, 7, 0, 7, 0, 2, 0, 3, 0];
        let (indices, runs) = split(&bytes, 2, Some(7), 10);
        assert_eq!(indices, [11, 12, 13]);
        assert_eq!(runs, [(0, 1), (1, 2)]);
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
