//! `RESOURCE_COPY_REGION`: texels and bytes from one resource to another, bit by bit.

use maro_gpu::renderer::Box3;

use super::{Resource, memory};
use crate::context::error::CommandError;
use crate::decode::CopyRegion;
use crate::draw::copy20;
use crate::gl::Buffer;
use crate::gl::host::Feature;
use crate::host::Host;
use crate::protocol::values::TextureTarget;

/// Copies a region.
///
/// # Errors
/// If a box lies outside, the formats do not suit, or the host cannot copy.
pub fn copy_region(
    host: &Host,
    src: &Resource,
    dst: &Resource,
    copy: &CopyRegion,
) -> Result<(), CommandError> {
    let buffers = (src.gl_buffer(), dst.gl_buffer());
    if let (Some(from), Some(to)) = buffers {
        return copy_bytes(host, src, dst, (from, to), copy);
    }
    let (Some(from), Some(to)) = (src.texture(), dst.texture()) else {
        return Err(CommandError::Unsupported(
            "a copy between a buffer and a texture",
        ));
    };
    check_boxes(src, dst, copy)?;
    if from.format().conversion != to.format().conversion {
        return Err(CommandError::Unsupported(
            "a copy between formats of another byte order",
        ));
    }
    if host.gl.is_es20() {
        return copy20::copy_texels(host, src, dst, copy);
    }
    if !host.caps.has(Feature::CopyImage) {
        return Err(CommandError::Unsupported("a copy of texels"));
    }
    let [x, y, z, width, height, depth] = [
        copy.src_box.x,
        copy.src_box.y,
        copy.src_box.z,
        copy.src_box.width,
        copy.src_box.height,
        copy.src_box.depth,
    ]
    .map(|value| value as i32);
    let [to_x, to_y, to_z] = copy.dst_origin.map(|value| value as i32);
    host.gl.copy_image_sub_data(
        from.name(),
        from.target(),
        copy.src_level as i32,
        x,
        y,
        z,
        to.name(),
        to.target(),
        copy.dst_level as i32,
        to_x,
        to_y,
        to_z,
        width,
        height,
        depth,
    );
    if memory::holds_truth(host, src) && memory::holds_truth(host, dst) {
        memory::keep_copy(src, dst, copy)?;
    }
    Ok(())
}

fn check_boxes(src: &Resource, dst: &Resource, copy: &CopyRegion) -> Result<(), CommandError> {
    let outside = CommandError::OutOfRange("box of a copy");
    src.shape()
        .check_box(copy.src_level, &copy.src_box)
        .map_err(|_| outside.clone())?;
    let (from, to) = (src.shape().block(), dst.shape().block());
    if from.bytes != to.bytes {
        return Err(CommandError::Unsupported(
            "a copy between formats of other sizes",
        ));
    }
    // Between compressed and plain formats, a block stands for a texel.
    let scale = |size: u32, from: u8, to: u8| {
        u64::from(size.div_ceil(from.into())).saturating_mul(to.into())
    };
    let [x, y, z] = copy.dst_origin;
    let level = dst
        .shape()
        .level(copy.dst_level)
        .map_err(|_| outside.clone())?;
    let slices = match dst.shape().target {
        TextureTarget::Texture3d => level.depth,
        _ => dst.shape().layers,
    };
    // A block at the edge may stick out of the level.
    let whole = |size: u32, unit: u8| u64::from(size.next_multiple_of(unit.into()));
    let width = scale(copy.src_box.width, from.width, to.width);
    let height = scale(copy.src_box.height, from.height, to.height);
    let fits = u64::from(x) + width <= whole(level.width, to.width)
        && u64::from(y) + height <= whole(level.height, to.height)
        && u64::from(z) + u64::from(copy.src_box.depth) <= u64::from(slices);
    if fits { Ok(()) } else { Err(outside) }
}

fn copy_bytes(
    host: &Host,
    src: &Resource,
    dst: &Resource,
    (from, to): (glow::Buffer, glow::Buffer),
    copy: &CopyRegion,
) -> Result<(), CommandError> {
    let Box3 { x, width, .. } = copy.src_box;
    let to_x = copy.dst_origin[0];
    let inside = |at: u32, size: u32| u64::from(at) + u64::from(width) <= u64::from(size);
    if !inside(x, src.desc().width) || !inside(to_x, dst.desc().width) {
        return Err(CommandError::OutOfRange("range of a buffer copy"));
    }
    dst.note_change();
    let gl = &host.gl;
    if gl.is_es20() {
        let mut bytes = vec![0; width as usize];
        if src.read_bytes(gl, x, &mut bytes) {
            dst.write_bytes(gl, to_x, &bytes);
        }
        return Ok(());
    }
    let (x, to_x, width) = (x as i32, to_x as i32, width as i32);
    gl.bind_buffer(glow::COPY_READ_BUFFER, Some(from));
    let overlaps = from == to && x < to_x + width && to_x < x + width;
    if !overlaps {
        gl.bind_buffer(glow::COPY_WRITE_BUFFER, Some(to));
        gl.copy_buffer_sub_data(
            glow::COPY_READ_BUFFER,
            glow::COPY_WRITE_BUFFER,
            x,
            to_x,
            width,
        );
        return Ok(());
    }
    // GL refuses overlapping copies within a buffer: go through another one.
    let between = Buffer::new(gl).map_err(CommandError::Host)?;
    gl.bind_buffer(glow::COPY_WRITE_BUFFER, Some(between.name()));
    gl.buffer_data_size(glow::COPY_WRITE_BUFFER, width, glow::STREAM_COPY);
    gl.copy_buffer_sub_data(glow::COPY_READ_BUFFER, glow::COPY_WRITE_BUFFER, x, 0, width);
    gl.bind_buffer(glow::COPY_READ_BUFFER, Some(between.name()));
    gl.bind_buffer(glow::COPY_WRITE_BUFFER, Some(to));
    gl.copy_buffer_sub_data(
        glow::COPY_READ_BUFFER,
        glow::COPY_WRITE_BUFFER,
        0,
        to_x,
        width,
    );
    Ok(())
}
