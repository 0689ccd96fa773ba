//! A queue from the device's side: taking chains, returning them, and telling the driver
//! no more often than it asked for.

use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use virtio_bindings::virtio_ring::VRING_AVAIL_F_NO_INTERRUPT;
use virtio_queue::{DescriptorChain, Error, Queue, QueueOwnedT, QueueT};
use vm_memory::{Bytes, GuestAddress};
use vmm_sys_util::eventfd::EventFd;

use super::{ActiveQueue, GuestMemory, Interrupt};

/// A request that the driver made available.
///
/// Iterating yields its descriptors. A descriptor table that makes no sense (an index
/// beyond its end, a loop, a table outside of memory) ends the iteration early, so a
/// device sees a chain that is too short.
pub type Chain<'m> = DescriptorChain<&'m GuestMemory>;

/// An active queue with its way to the driver.
///
/// Errors of its methods mean that the ring itself makes no sense any more. The device
/// then stops and calls [`Interrupt::device_needs_reset`].
pub struct ServedQueue {
    index: u16,
    queue: Queue,
    kick: EventFd,
    interrupt: Arc<dyn Interrupt>,
    /// Chains were returned since the driver was last considered.
    returned: bool,
}

impl ServedQueue {
    /// Takes over an activated queue.
    pub fn new(active: ActiveQueue, interrupt: Arc<dyn Interrupt>) -> Self {
        Self {
            index: active.index,
            queue: active.queue,
            kick: active.kick,
            interrupt,
            returned: false,
        }
    }

    /// The event of the doorbell.
    pub fn kick(&self) -> &EventFd {
        &self.kick
    }

    /// Forgets that the doorbell rang; to be done before looking for chains.
    pub fn take_kick(&self) {
        // The event does not block; that it was not set is no failure.
        let _ = self.kick.read();
    }

    /// Rings the doorbell from this side, to come back to this queue later.
    pub fn kick_again(&self) {
        // Fails only when the counter is at its end, and then the event is set anyway.
        let _ = self.kick.write(1);
    }

    /// Takes the next chain. When there is none, the driver will ring for the next one.
    ///
    /// # Errors
    /// The available index is more than a ring ahead, or the ring cannot be accessed.
    pub fn pop<'m>(&mut self, memory: &'m GuestMemory) -> Result<Option<Chain<'m>>, Error> {
        if let Some(chain) = self.queue.iter(memory)?.next() {
            return Ok(Some(chain));
        }
        if !self.queue.enable_notification(memory)? {
            return Ok(None);
        }
        // The driver added a chain before it saw that it must ring. One that takes it
        // back again breaks the rules.
        let chain = self.queue.iter(memory)?.next();
        chain.map(Some).ok_or(Error::InvalidAvailRingIndex)
    }

    /// Puts back the chain that was popped last.
    pub fn unpop(&mut self) {
        self.queue.go_to_previous_position();
    }

    /// Returns the chain that began at descriptor `head`, with `len` bytes written to it.
    ///
    /// # Errors
    /// `head` is beyond the descriptor table, or the ring cannot be accessed.
    pub fn push(&mut self, memory: &GuestMemory, head: u16, len: u32) -> Result<(), Error> {
        self.returned = true;
        self.queue.add_used(memory, head, len)
    }

    /// Interrupts the driver if chains were returned and it wants to know.
    ///
    /// # Errors
    /// The ring cannot be accessed.
    pub fn notify(&mut self, memory: &GuestMemory) -> Result<(), Error> {
        if std::mem::take(&mut self.returned) && self.wants_interrupt(memory)? {
            self.interrupt.used_queue(self.index);
        }
        Ok(())
    }

    /// Serves available chains by `serve`, which returns the number of bytes that it
    /// wrote, and notifies the driver.
    ///
    /// At most one ring's worth is served; if more is there, the doorbell is rung from
    /// this side, so that a driver that never stops cannot hold the loop for itself.
    ///
    /// # Errors
    /// As of [`pop`](Self::pop) and [`push`](Self::push).
    pub fn drain(
        &mut self,
        memory: &GuestMemory,
        mut serve: impl FnMut(Chain<'_>) -> u32,
    ) -> Result<(), Error> {
        self.queue.disable_notification(memory)?;
        let mut more = true;
        for _ in 0..self.queue.size() {
            let Some(chain) = self.pop(memory)? else {
                more = false;
                break;
            };
            let head = chain.head_index();
            let len = serve(chain);
            self.push(memory, head, len)?;
        }
        if more {
            self.kick_again();
        }
        self.notify(memory)
    }

    /// The driver's wish under either way of interrupt suppression (virtio 1.3, 2.7.7).
    fn wants_interrupt(&mut self, memory: &GuestMemory) -> Result<bool, Error> {
        if self.queue.event_idx_enabled() {
            return self.queue.needs_notification(memory);
        }
        // virtio-queue does not look at the flag. The used index must be out before.
        fence(Ordering::SeqCst);
        let flags: u16 = memory
            .load(GuestAddress(self.queue.avail_ring()), Ordering::Relaxed)
            .map_err(Error::GuestMemory)?;
        Ok(u32::from(u16::from_le(flags)) & VRING_AVAIL_F_NO_INTERRUPT == 0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use virtio_queue::desc::RawDescriptor;
    use virtio_queue::desc::split::Descriptor;
    use virtio_queue::mock::{AvailRing, DescriptorTable, UsedRing};
    use vmm_sys_util::eventfd::EFD_NONBLOCK;

    use super::*;

    const SIZE: u16 = 8;
    const TABLE: GuestAddress = GuestAddress(0x1000);
    const AVAILABLE: GuestAddress = GuestAddress(0x2000);
    const USED: GuestAddress = GuestAddress(0x3000);

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Interrupt for Counter {
        fn used_queue(&self, queue: u16) {
            assert_eq!(queue, 3);
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn config_changed(&self) {}
    }

    struct Bench<'m> {
        memory: &'m GuestMemory,
        available: AvailRing<'m, GuestMemory>,
        used: UsedRing<'m, GuestMemory>,
        queue: ServedQueue,
        interrupts: Arc<Counter>,
    }

    impl<'m> Bench<'m> {
        fn new(memory: &'m GuestMemory, event_idx: bool) -> Self {
            let table = DescriptorTable::new(memory, TABLE, SIZE);
            for index in 0..SIZE {
                let descriptor = Descriptor::new(0x8000, 16, 0, 0);
                table.store(index, RawDescriptor::from(descriptor)).unwrap();
            }
            let interrupts = Arc::<Counter>::default();
            let mut queue = Queue::new(SIZE).unwrap();
            queue.try_set_desc_table_address(TABLE).unwrap();
            queue.try_set_avail_ring_address(AVAILABLE).unwrap();
            queue.try_set_used_ring_address(USED).unwrap();
            queue.set_event_idx(event_idx);
            queue.set_ready(true);
            let active = ActiveQueue {
                index: 3,
                queue,
                kick: EventFd::new(EFD_NONBLOCK).unwrap(),
            };
            Self {
                memory,
                available: AvailRing::new(memory, AVAILABLE, SIZE),
                used: UsedRing::new(memory, USED, SIZE),
                queue: ServedQueue::new(active, interrupts.clone()),
                interrupts,
            }
        }

        /// Makes `count` more chains available.
        fn offer(&self, count: u16) {
            let index = self.available.idx().load();
            for head in index..index + count {
                let slot = usize::from(head % SIZE);
                let entry = self.available.ring().ref_at(slot).unwrap();
                entry.store(head % SIZE);
            }
            self.available.idx().store(index + count);
        }

        fn drain(&mut self) -> usize {
            let mut served = 0;
            let result = self.queue.drain(self.memory, |_| {
                served += 1;
                0
            });
            result.unwrap();
            served
        }

        fn interrupts(&self) -> usize {
            self.interrupts.0.load(Ordering::Relaxed)
        }

        fn write(&self, addr: GuestAddress, value: u16) {
            self.memory.write_obj(value, addr).unwrap();
        }

        fn used_flags(&self) -> u16 {
            self.memory.read_obj(USED).unwrap()
        }
    }

    fn memory() -> GuestMemory {
        GuestMemory::from_ranges(&[(GuestAddress(0), 0x1_0000)]).unwrap()
    }

    /// Offset of `used_event` in the available ring and of `avail_event` in the used ring.
    const USED_EVENT: u64 = 4 + 2 * SIZE as u64;
    const AVAIL_EVENT: u64 = 4 + 8 * SIZE as u64;

    #[test]
    fn drain_interrupts_once_for_a_batch_and_not_for_none() {
        let memory = memory();
        let mut bench = Bench::new(&memory, false);
        assert_eq!(bench.drain(), 0);
        assert_eq!(bench.interrupts(), 0);
        bench.offer(3);
        assert_eq!(bench.drain(), 3);
        assert_eq!(bench.interrupts(), 1);
        assert_eq!(bench.used.idx().load(), 3);
        // The driver is asked to ring again.
        assert_eq!(bench.used_flags(), 0);
    }

    #[test]
    fn notify_respects_the_flag_of_a_driver_without_event_idx() {
        let memory = memory();
        let mut bench = Bench::new(&memory, false);
        bench.write(AVAILABLE, 1);
        bench.offer(1);
        assert_eq!(bench.drain(), 1);
        assert_eq!(bench.interrupts(), 0);
        bench.write(AVAILABLE, 0);
        bench.offer(1);
        assert_eq!(bench.drain(), 1);
        assert_eq!(bench.interrupts(), 1);
    }

    #[test]
    fn notify_respects_the_used_event_of_a_driver_with_event_idx() {
        let memory = memory();
        let mut bench = Bench::new(&memory, true);
        let used_event = GuestAddress(AVAILABLE.0 + USED_EVENT);
        bench.write(used_event, 3);
        bench.offer(3);
        assert_eq!(bench.drain(), 3);
        assert_eq!(bench.interrupts(), 0);
        bench.offer(1);
        assert_eq!(bench.drain(), 1);
        assert_eq!(bench.interrupts(), 1);
        // Where the device stands, it wants the next doorbell.
        let avail_event = GuestAddress(USED.0 + AVAIL_EVENT);
        assert_eq!(memory.read_obj::<u16>(avail_event).unwrap(), 4);
    }

    #[test]
    fn drain_of_a_full_ring_comes_back_by_its_own_doorbell() {
        let memory = memory();
        let mut bench = Bench::new(&memory, false);
        bench.offer(SIZE);
        assert_eq!(bench.drain(), usize::from(SIZE));
        assert_eq!(bench.queue.kick().read().unwrap(), 1);
        // The second look finds nothing more and waits for the driver.
        assert_eq!(bench.drain(), 0);
        assert!(bench.queue.kick().read().is_err());
    }

    #[test]
    fn unpop_gives_the_same_chain_again() {
        let memory = memory();
        let mut bench = Bench::new(&memory, false);
        bench.offer(2);
        let first = bench.queue.pop(&memory).unwrap().unwrap().head_index();
        bench.queue.unpop();
        let again = bench.queue.pop(&memory).unwrap().unwrap().head_index();
        assert_eq!((first, again), (0, 0));
    }

    #[test]
    fn pop_of_an_index_too_far_ahead_is_an_error() {
        let memory = memory();
        let mut bench = Bench::new(&memory, false);
        bench.available.idx().store(SIZE + 1);
        let result = bench.queue.pop(&memory).map(|_| ());
        assert!(matches!(result, Err(Error::InvalidAvailRingIndex)));
    }
}
