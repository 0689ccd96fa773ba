//! Texels that travel within the socket's bytes (protocol versions below 2), in rows of
//! the client's stride, to and from tightly laid out memory.

use std::io::{self, Read, Write};

use maro_gpu::renderer::{Backing, Transfer};

use super::memory::Memory;
use crate::protocol::layout::{Footprint, Shape, ShapeError};

/// Bytes copied at a time.
const CHUNK: usize = 64 << 10;

/// Where the texels of a box lie on both sides.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    inline: Footprint,
    memory: Footprint,
}

impl Plan {
    /// A plan for a transfer whose strides are those of the inline data.
    ///
    /// # Errors
    /// If box, level and strides do not fit the resource.
    pub fn new(shape: &Shape, transfer: &Transfer) -> Result<Self, ShapeError> {
        let in_memory = Transfer {
            stride: 0,
            layer_stride: 0,
            offset: shape.offset_of(transfer.level, &transfer.region)?,
            ..*transfer
        };
        Ok(Self {
            inline: shape.footprint(transfer)?,
            memory: shape.footprint(&in_memory)?,
        })
    }

    /// Bytes of inline data that the box needs.
    pub const fn inline_bytes(&self) -> u64 {
        self.inline.span
    }

    /// Offset of the box in the memory.
    pub const fn memory_offset(&self) -> u64 {
        self.memory.offset
    }

    /// Inline and memory offset of each row of the box, in ascending order.
    fn rows(&self) -> impl Iterator<Item = (u64, u64)> + use<> {
        let Self { inline, memory } = *self;
        // Nothing for an empty box, whichever of its extents is 0.
        let layers = if inline.span == 0 { 0 } else { inline.layers };
        (0..layers).flat_map(move |layer| {
            (0..inline.rows).map(move |row| {
                let from = layer * inline.layer_stride + row * inline.stride;
                let to = memory.offset + layer * memory.layer_stride + row * memory.stride;
                (from, to)
            })
        })
    }
}

/// Reads `size` bytes of inline data and puts the box's rows into memory. Without a plan
/// the bytes are read and dropped.
///
/// # Errors
/// If reading fails. A plan that does not fit the memory drops what lies outside.
pub fn receive(input: &mut impl Read, size: u64, plan: Option<(&Plan, &Memory)>) -> io::Result<()> {
    let mut chunk = [0; CHUNK];
    let mut at = 0;
    if let Some((plan, memory)) = plan {
        for (from, to) in plan.rows() {
            skip(input, from - at, &mut chunk)?;
            let mut done = 0;
            while done < plan.inline.row_bytes {
                let bytes = piece(&mut chunk, plan.inline.row_bytes - done);
                input.read_exact(bytes)?;
                // The plan was made for this memory; were it not, nothing is written.
                let _ = memory.write(to + done, bytes);
                done += bytes.len() as u64;
            }
            at = from + done;
        }
    }
    skip(input, size - at.min(size), &mut chunk)
}

/// Writes `size` bytes of inline data, the box's rows from memory among zeros. Without a
/// plan all of it is zeros.
///
/// # Errors
/// If writing fails.
pub fn send(output: &mut impl Write, size: u64, plan: Option<(&Plan, &Memory)>) -> io::Result<()> {
    let mut chunk = [0; CHUNK];
    let mut at = 0;
    if let Some((plan, memory)) = plan {
        for (from, to) in plan.rows() {
            fill(output, from - at, &mut chunk)?;
            let mut done = 0;
            while done < plan.inline.row_bytes {
                let bytes = piece(&mut chunk, plan.inline.row_bytes - done);
                if memory.read(to + done, bytes).is_err() {
                    bytes.fill(0);
                }
                output.write_all(bytes)?;
                done += bytes.len() as u64;
            }
            at = from + done;
        }
    }
    fill(output, size - at.min(size), &mut chunk)
}

/// The part of the chunk that holds `left` bytes, or all of it.
fn piece(chunk: &mut [u8; CHUNK], left: u64) -> &mut [u8] {
    let size = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
    &mut chunk[..size]
}

/// Reads and drops.
pub fn skip(input: &mut impl Read, size: u64, chunk: &mut [u8; CHUNK]) -> io::Result<()> {
    let mut left = size;
    while left > 0 {
        let bytes = piece(chunk, left);
        input.read_exact(bytes)?;
        left -= bytes.len() as u64;
    }
    Ok(())
}

/// Writes zeros.
fn fill(output: &mut impl Write, size: u64, chunk: &mut [u8; CHUNK]) -> io::Result<()> {
    chunk.fill(0);
    let mut left = size;
    while left > 0 {
        let bytes = piece(chunk, left);
        output.write_all(bytes)?;
        left -= bytes.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use maro_gpu::renderer::{Box3, ResourceDesc};

    use super::*;
    use crate::protocol::formats::FormatId;

    fn shape() -> Shape {
        Shape::new(&ResourceDesc {
            target: 7,
            format: FormatId::R8_UNORM.0,
            width: 4,
            height: 3,
            depth: 1,
            array_size: 2,
            ..ResourceDesc::default()
        })
        .unwrap()
    }

    fn transfer() -> Transfer {
        Transfer {
            stride: 3,
            layer_stride: 8,
            region: Box3 {
                x: 1,
                y: 1,
                z: 0,
                width: 2,
                height: 2,
                depth: 2,
            },
            ..Transfer::default()
        }
    }

    const INLINE: &[u8] = b"ab.cd...ef.gh!";

    #[test]
    fn receive_scatters_rows_and_consumes_all() {
        let memory = Memory::private(24).unwrap();
        let plan = Plan::new(&shape(), &transfer()).unwrap();
        assert_eq!((plan.inline_bytes(), plan.memory_offset()), (13, 5));
        let mut input = INLINE;
        receive(&mut input, 14, Some((&plan, &memory))).unwrap();
        assert!(input.is_empty());
        let mut bytes = [0; 24];
        memory.read(0, &mut bytes).unwrap();
        assert_eq!(bytes.map(|b| b.max(b'.')), *b".....ab..cd......ef..gh.");

        let mut output = Vec::new();
        send(&mut output, 14, Some((&plan, &memory))).unwrap();
        assert_eq!(output, b"ab\0cd\0\0\0ef\0gh\0");
    }

    #[test]
    fn without_a_plan_bytes_are_dropped_and_zeros_sent() {
        let mut input = &vec![1; 200_000][..];
        receive(&mut input, 200_000, None).unwrap();
        assert!(input.is_empty());
        let mut output = Vec::new();
        send(&mut output, 100_000, None).unwrap();
        assert_eq!(output, vec![0; 100_000]);
    }

    #[test]
    fn empty_box_moves_nothing() {
        let memory = Memory::private(24).unwrap();
        let mut empty = transfer();
        empty.region.width = 0;
        let plan = Plan::new(&shape(), &empty).unwrap();
        let mut input = INLINE;
        receive(&mut input, 4, Some((&plan, &memory))).unwrap();
        assert_eq!(input.len(), 10);
    }

    #[test]
    fn receive_end_of_input_is_an_error() {
        let memory = Memory::private(24).unwrap();
        let plan = Plan::new(&shape(), &transfer()).unwrap();
        let mut input = &INLINE[..9];
        let error = receive(&mut input, 14, Some((&plan, &memory))).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
