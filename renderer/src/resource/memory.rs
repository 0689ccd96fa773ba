//! Textures that GL cannot read back, compressed ones above all. The GPU never draws to
//! them, so guest memory can hold the truth; here it is kept so where texels come and go
//! by other ways than the texture's own memory.

use maro_gpu::renderer::{Backing, Box3, Error, Transfer};

use super::Resource;
use crate::decode::CopyRegion;
use crate::host::Host;
use crate::protocol::layout::{Footprint, ShapeError};

/// Whether the content of `resource` is read from guest memory.
pub fn holds_truth(host: &Host, resource: &Resource) -> bool {
    let shape = resource.shape();
    resource.texture().is_some()
        && !host.formats.renders(shape.format)
        && !shape.info().is_some_and(|info| info.is_depth_stencil())
}

/// Keeps what `transfer` has just uploaded from `staging`.
///
/// # Errors
/// If either memory is too small.
pub fn keep(resource: &Resource, transfer: &Transfer, staging: &dyn Backing) -> Result<(), Error> {
    // A texture without memory is one that nobody reads.
    let Ok(own) = resource.backing() else {
        return Ok(());
    };
    let from = resource.shape().footprint(transfer)?;
    let to = own_footprint(resource, transfer.level, transfer.region)?;
    copy_rows(staging, &from, &*own, &to)
}

/// Gives what `transfer` wants to read to `staging`.
///
/// # Errors
/// If either memory is too small.
pub fn give(resource: &Resource, transfer: &Transfer, staging: &dyn Backing) -> Result<(), Error> {
    let own = resource.backing()?;
    let from = own_footprint(resource, transfer.level, transfer.region)?;
    let to = resource.shape().footprint(transfer)?;
    copy_rows(&*own, &from, staging, &to)
}

/// Keeps what a copy from one such texture to another has changed. The boxes were checked.
///
/// # Errors
/// If either memory is too small.
pub fn keep_copy(src: &Resource, dst: &Resource, copy: &CopyRegion) -> Result<(), Error> {
    let (Ok(source), Ok(target)) = (src.backing(), dst.backing()) else {
        return Ok(());
    };
    // Where a block stands for a texel, what is read back is what was there before.
    let extent = |resource: &Resource| {
        let block = resource.shape().block();
        (block.width, block.height)
    };
    if extent(src) != extent(dst) {
        return Ok(());
    }
    let [x, y, z] = copy.dst_origin;
    let region = Box3 {
        x,
        y,
        z,
        ..copy.src_box
    };
    let from = own_footprint(src, copy.src_level, copy.src_box)?;
    let to = own_footprint(dst, copy.dst_level, region)?;
    copy_rows(&*source, &from, &*target, &to)
}

/// Where a box lies in the texture's own memory.
fn own_footprint(resource: &Resource, level: u32, region: Box3) -> Result<Footprint, ShapeError> {
    let shape = resource.shape();
    shape.footprint(&Transfer {
        region,
        level,
        offset: shape.offset_of(level, &region)?,
        ..Transfer::default()
    })
}

/// Copies rows of blocks, as many as both have.
fn copy_rows(
    source: &dyn Backing,
    from: &Footprint,
    target: &dyn Backing,
    to: &Footprint,
) -> Result<(), Error> {
    let size = usize::try_from(from.row_bytes.min(to.row_bytes)).unwrap_or(0);
    let mut row = vec![0; size];
    for layer in 0..from.layers.min(to.layers) {
        for index in 0..from.rows.min(to.rows) {
            let at = |place: &Footprint| {
                place.offset + layer * place.layer_stride + index * place.stride
            };
            source.read(at(from), &mut row)?;
            target.write(at(to), &row)?;
        }
    }
    Ok(())
}
