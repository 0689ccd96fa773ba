//! Guest memory as a front end shares it: files, each mapped at a guest physical address
//! and known to the front end by an address of its own.

use std::fs::File;
use std::io;
use std::sync::Arc;

use maro_devices::virtio::GuestMemory;
use vhost::vhost_user::message::VhostUserMemoryRegion;
use vhost::vhost_user::{Error, Result};
use vm_memory::{GuestAddress, GuestRegionMmap};

struct Region {
    /// The front end's address of its first byte.
    user: u64,
    guest: u64,
    len: u64,
    map: Arc<GuestRegionMmap<()>>,
}

/// The regions that are shared now.
#[derive(Default)]
pub(super) struct Memory {
    regions: Vec<Region>,
}

impl Memory {
    /// The regions of a whole table.
    pub(super) fn from_table(table: &[VhostUserMemoryRegion], files: Vec<File>) -> Result<Self> {
        let mut memory = Self::default();
        for (region, file) in table.iter().zip(files) {
            memory.add(region, file)?;
        }
        Ok(memory)
    }

    /// Maps one more region.
    pub(super) fn add(&mut self, region: &VhostUserMemoryRegion, file: File) -> Result<()> {
        let guest = region.guest_phys_addr;
        let end = region.mmap_offset.checked_add(region.memory_size);
        let metadata = file.metadata().map_err(Error::ReqHandlerError)?;
        // Beyond its end a file can be mapped, but not touched.
        if metadata.is_file() && end.is_none_or(|end| end > metadata.len()) {
            return Err(Error::InvalidParam);
        }
        let map = GuestRegionMmap::new(region.mmap_region(file)?, GuestAddress(guest))
            .ok_or(Error::InvalidParam)?;
        self.regions.push(Region {
            user: region.user_addr,
            guest,
            len: region.memory_size,
            map: Arc::new(map),
        });
        Ok(())
    }

    /// Unmaps a region, once nothing uses it any more.
    pub(super) fn remove(&mut self, region: &VhostUserMemoryRegion) -> Result<()> {
        let is_it = |mapped: &Region| {
            (mapped.guest, mapped.user, mapped.len)
                == (region.guest_phys_addr, region.user_addr, region.memory_size)
        };
        let place = self.regions.iter().position(is_it);
        self.regions.swap_remove(place.ok_or(Error::InvalidParam)?);
        Ok(())
    }

    /// All regions as the device sees them.
    pub(super) fn guest_memory(&self) -> Result<GuestMemory> {
        let mut maps: Vec<_> = self.regions.iter().map(|r| Arc::clone(&r.map)).collect();
        maps.sort_by_key(|map| vm_memory::GuestMemoryRegion::start_addr(&**map));
        GuestMemory::from_arc_regions(maps)
            .map_err(|error| Error::ReqHandlerError(io::Error::other(error)))
    }

    /// The guest physical address of what the front end has at `user`.
    pub(super) fn translate(&self, user: u64) -> Result<GuestAddress> {
        self.regions
            .iter()
            .find_map(|region| {
                let offset = user.checked_sub(region.user)?;
                (offset < region.len).then(|| GuestAddress(region.guest + offset))
            })
            .ok_or(Error::InvalidParam)
    }
}
