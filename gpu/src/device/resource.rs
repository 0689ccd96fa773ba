//! Resources, their backings and transfers.

use std::sync::Arc;

use super::{Device, Error, Outcome};
use crate::backing::{GuestBacking, Memory};
use crate::config::MAX_EDGE;
use crate::protocol::format::PIXEL_SIZE;
use crate::protocol::wire::{self, MemEntry};
use crate::protocol::{Format, Response};
use crate::renderer::{
    Backing, Box3, ContextId, Direction, Rect, ResourceDesc, ResourceId, Transfer,
};

/// `PIPE_TEXTURE_2D`
const TARGET_2D: u32 = 2;
/// `VIRGL_BIND_RENDER_TARGET | VIRGL_BIND_SAMPLER_VIEW`: a picture that a scanout shows
/// and that a 3D context may later be given.
const BIND_PICTURE: u32 = 1 << 1 | 1 << 3;

/// What the device knows of a resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes counted against the limit for 2D resources; 0 if made by a 3D command.
    bytes_2d: u64,
    backing: Option<BackingInfo>,
}

#[derive(Clone, Copy, Debug)]
struct BackingInfo {
    len: u64,
    pieces: usize,
}

impl Resource {
    /// Refuses a rectangle that is not wholly on the resource. An empty one is.
    pub(super) fn check_rect(&self, rect: Rect) -> Result<(), Error> {
        let fits =
            |start: u32, len: u32, size: u32| start.checked_add(len).is_some_and(|end| end <= size);
        if fits(rect.x, rect.width, self.width) && fits(rect.y, rect.height, self.height) {
            Ok(())
        } else {
            Err(Error::Rectangle {
                rect,
                width: self.width,
                height: self.height,
            })
        }
    }
}

impl Device {
    pub(super) fn resource(&self, id: u32) -> Result<&Resource, Error> {
        self.resources.get(&id).ok_or(Error::NoResource(id))
    }

    fn check_new_resource(&self, id: u32) -> Result<(), Error> {
        if id == 0 || self.resources.contains_key(&id) {
            return Err(Error::ResourceName(id));
        }
        if self.resources.len() >= self.limits.resources {
            return Err(Error::Limit {
                what: "resources",
                limit: self.limits.resources as u64,
            });
        }
        Ok(())
    }

    pub(super) fn create_2d(&mut self, create: &wire::ResourceCreate2d) -> Outcome<'_> {
        let id = create.resource_id.get();
        self.check_new_resource(id)?;
        let format = create.format.get();
        if Format::from_number(format).is_none() {
            return Err(Error::Value {
                what: "a 2D format",
                value: format.into(),
            });
        }
        let (width, height) = (create.width.get(), create.height.get());
        for edge in [width, height] {
            if !(1..=MAX_EDGE).contains(&edge) {
                return Err(Error::Value {
                    what: "an edge",
                    value: edge.into(),
                });
            }
        }
        let bytes_2d = u64::from(width) * u64::from(height) * u64::from(PIXEL_SIZE);
        let total = self.usage.bytes_2d + bytes_2d;
        if total > self.limits.bytes_2d {
            return Err(Error::Limit {
                what: "bytes of 2D resources",
                limit: self.limits.bytes_2d,
            });
        }
        let desc = ResourceDesc {
            target: TARGET_2D,
            format,
            bind: BIND_PICTURE,
            width,
            height,
            depth: 1,
            array_size: 1,
            last_level: 0,
            nr_samples: 0,
            // The first row in memory is the first row of the texture, as it is for
            // the resources that a guest's Mesa puts on a scanout.
            flags: 0,
        };
        self.renderer.create_resource(ResourceId(id), &desc)?;
        self.usage.bytes_2d = total;
        self.insert(id, &desc, bytes_2d);
        Ok(Response::NoData)
    }

    pub(super) fn create_3d(&mut self, create: &wire::ResourceCreate3d) -> Outcome<'_> {
        let id = create.resource_id.get();
        self.check_new_resource(id)?;
        let desc = ResourceDesc {
            target: create.target.get(),
            format: create.format.get(),
            bind: create.bind.get(),
            width: create.width.get(),
            height: create.height.get(),
            depth: create.depth.get(),
            array_size: create.array_size.get(),
            last_level: create.last_level.get(),
            nr_samples: create.nr_samples.get(),
            flags: create.flags.get(),
        };
        self.renderer.create_resource(ResourceId(id), &desc)?;
        self.insert(id, &desc, 0);
        Ok(Response::NoData)
    }

    fn insert(&mut self, id: u32, desc: &ResourceDesc, bytes_2d: u64) {
        let resource = Resource {
            width: desc.width,
            height: desc.height,
            bytes_2d,
            backing: None,
        };
        self.resources.insert(id, resource);
    }

    /// A resource that a scanout shows takes its picture with it: what the guest has
    /// given up must not stay in the host's memory beyond the guest's limits.
    pub(super) fn unref(&mut self, which: &wire::ResourceRef) -> Outcome<'_> {
        let id = which.resource_id.get();
        let resource = self.resources.remove(&id).ok_or(Error::NoResource(id))?;
        self.usage.bytes_2d -= resource.bytes_2d;
        self.usage.backing_pieces -= resource.backing.map_or(0, |backing| backing.pieces);
        self.forget_attachments(id);
        let hidden = self.hide(id);
        self.renderer.destroy_resource(ResourceId(id))?;
        hidden?;
        Ok(Response::NoData)
    }

    pub(super) fn attach_backing<M: Memory>(
        &mut self,
        attach: &wire::AttachBacking,
        entries: &[MemEntry],
        memory: &Arc<M>,
    ) -> Outcome<'_> {
        let id = attach.resource_id.get();
        let resource = self.resources.get_mut(&id).ok_or(Error::NoResource(id))?;
        let old_pieces = resource.backing.map_or(0, |backing| backing.pieces);
        let others = self.usage.backing_pieces - old_pieces;
        let backing = GuestBacking::new(memory, entries)?;
        let info = BackingInfo {
            len: backing.len(),
            pieces: backing.pieces(),
        };
        if info.pieces > self.limits.backing_pieces - others {
            return Err(Error::Limit {
                what: "pieces of backing memory",
                limit: self.limits.backing_pieces as u64,
            });
        }
        self.renderer
            .attach_backing(ResourceId(id), Arc::new(backing))?;
        resource.backing = Some(info);
        self.usage.backing_pieces = others + info.pieces;
        Ok(Response::NoData)
    }

    pub(super) fn detach_backing(&mut self, which: &wire::ResourceRef) -> Outcome<'_> {
        let id = which.resource_id.get();
        let resource = self.resources.get_mut(&id).ok_or(Error::NoResource(id))?;
        let Some(backing) = resource.backing.take() else {
            return Err(Error::NoBacking(id));
        };
        self.usage.backing_pieces -= backing.pieces;
        self.renderer.detach_backing(ResourceId(id))?;
        Ok(Response::NoData)
    }

    pub(super) fn transfer_2d(&mut self, transfer: &wire::TransferToHost2d) -> Outcome<'_> {
        let id = transfer.resource_id.get();
        let resource = self.resource(id)?;
        let rect = transfer.rect.get();
        resource.check_rect(rect)?;
        let backing = resource.backing.ok_or(Error::NoBacking(id))?;
        if rect.width == 0 || rect.height == 0 {
            return Ok(Response::NoData);
        }
        // The backing has the resource's rows; only those of the rectangle are read.
        let stride = u64::from(resource.width) * u64::from(PIXEL_SIZE);
        let last_row = u64::from(rect.width) * u64::from(PIXEL_SIZE);
        let offset = transfer.offset.get();
        let end = u64::from(rect.height - 1)
            .checked_mul(stride)
            .and_then(|rows| rows.checked_add(last_row))
            .and_then(|len| len.checked_add(offset));
        if end.is_none_or(|end| end > backing.len) {
            return Err(Error::Value {
                what: "an offset in the backing",
                value: offset,
            });
        }
        let transfer = Transfer {
            level: 0,
            stride: 0,
            layer_stride: 0,
            region: Box3 {
                x: rect.x,
                y: rect.y,
                z: 0,
                width: rect.width,
                height: rect.height,
                depth: 1,
            },
            offset,
        };
        self.renderer
            .transfer(None, ResourceId(id), &transfer, Direction::ToHost)?;
        Ok(Response::NoData)
    }

    pub(super) fn transfer_3d(
        &mut self,
        context: u32,
        transfer: &wire::TransferHost3d,
        direction: Direction,
    ) -> Outcome<'_> {
        let id = transfer.resource_id.get();
        let resource = self.resource(id)?;
        self.check_attached(context, id)?;
        let backing = resource.backing.ok_or(Error::NoBacking(id))?;
        let offset = transfer.offset.get();
        if offset > backing.len {
            return Err(Error::Value {
                what: "an offset in the backing",
                value: offset,
            });
        }
        let transfer = Transfer {
            level: transfer.level.get(),
            stride: transfer.stride.get(),
            layer_stride: transfer.layer_stride.get(),
            region: transfer.region.get(),
            offset,
        };
        let context = Some(ContextId(context));
        self.renderer
            .transfer(context, ResourceId(id), &transfer, direction)?;
        Ok(Response::NoData)
    }
}
