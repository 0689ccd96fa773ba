//! A ring as a front end describes it, and its way to the driver.

use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use maro_devices::virtio::{GuestMemory, Interrupt};
use rustix::io::ioctl_fionbio;
use std::sync::atomic::Ordering::Relaxed;
use vhost::vhost_user::{Error, Result};
use virtio_queue::{Queue, QueueT};

use super::memory::Memory;
use crate::kick::Kick;

/// The most entries that a ring may have. QEMU gives the control queue 256.
pub(super) const MAX_SIZE: u16 = 1024;

/// What is known of a ring.
#[derive(Default)]
pub(super) struct Ring {
    pub(super) size: u16,
    /// Descriptor table, available and used ring, as addresses of the front end.
    pub(super) places: Option<[u64; 3]>,
    /// Index of the available entry that comes next.
    pub(super) base: u16,
    /// Its arrival starts the ring.
    pub(super) kick: Option<File>,
    pub(super) enabled: bool,
}

impl Ring {
    /// True if the ring may be served.
    pub(super) fn is_ready(&self) -> bool {
        self.enabled && self.kick.is_some() && self.size > 0 && self.places.is_some()
    }

    /// The queue that the device serves, with its doorbell.
    ///
    /// # Errors
    /// If the ring does not lie in guest memory as it should, or is not ready.
    pub(super) fn queue(
        &self,
        memory: &Memory,
        guest: &GuestMemory,
        event_idx: bool,
    ) -> Result<(Queue, Kick)> {
        let (Some(places), Some(kick)) = (self.places, &self.kick) else {
            return Err(Error::InvalidOperation("the ring has no addresses yet"));
        };
        let wrong = |_| Error::InvalidParam;
        let mut queue = Queue::new(MAX_SIZE).map_err(wrong)?;
        queue.try_set_size(self.size).map_err(wrong)?;
        let [table, available, used] = places.map(|place| memory.translate(place));
        queue.try_set_desc_table_address(table?).map_err(wrong)?;
        queue
            .try_set_avail_ring_address(available?)
            .map_err(wrong)?;
        queue.try_set_used_ring_address(used?).map_err(wrong)?;
        queue.set_event_idx(event_idx);
        queue.set_ready(true);
        if !queue.is_valid(guest) {
            return Err(Error::InvalidParam);
        }
        queue.set_next_avail(self.base);
        let used = queue.used_idx(guest, Relaxed).map_err(wrong)?;
        queue.set_next_used(used.0);
        let kick = kick.try_clone().map_err(Error::ReqHandlerError)?;
        ioctl_fionbio(&kick, true).map_err(|error| Error::ReqHandlerError(error.into()))?;
        Ok((queue, Kick::File(kick)))
    }
}

/// The events by which a front end wants to hear of its rings. It may exchange them at
/// any time, also while the rings are served.
#[derive(Default)]
pub(super) struct Calls {
    used: [Mutex<Option<File>>; 2],
    broken: [Mutex<Option<File>>; 2],
}

impl Calls {
    /// Replaces the event for used buffers of ring `index`.
    pub(super) fn set_used(&self, index: usize, event: Option<File>) -> Result<()> {
        replace(self.used.get(index), event)
    }

    /// Replaces the event for a ring `index` that makes no sense.
    pub(super) fn set_broken(&self, index: usize, event: Option<File>) -> Result<()> {
        replace(self.broken.get(index), event)
    }
}

fn replace(place: Option<&Mutex<Option<File>>>, event: Option<File>) -> Result<()> {
    let place = place.ok_or(Error::InvalidParam)?;
    *place.lock().unwrap_or_else(PoisonError::into_inner) = event;
    Ok(())
}

fn signal(place: &Mutex<Option<File>>) {
    // Held elsewhere only while an event is exchanged.
    let event = place.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(mut event) = event.as_ref()
        && let Err(error) = event.write(&1u64.to_ne_bytes())
    {
        log::debug!("an event of the front end cannot be written: {error}");
    }
}

impl Interrupt for Calls {
    fn used_queue(&self, queue: u16) {
        if let Some(place) = self.used.get(usize::from(queue)) {
            signal(place);
        }
    }

    fn config_changed(&self) {
        // The configuration's events are the front end's: it tells the guest itself.
    }

    fn device_needs_reset(&self) {
        self.broken.iter().for_each(signal);
    }
}
