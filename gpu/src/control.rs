//! Serving the two queues: requests in order, responses, fences.
//!
//! A request is executed and its response written at once. One with a fence is given
//! back to the driver only when the renderer says that its work is done, and never
//! before an earlier one with a fence: to a driver, a fence means all fences before it.
//! Requests without a fence do not wait.
//!
//! A request that asks for displays which someone else knows stays in the ring until the
//! answer has come ([`Device::displays_known`]), and with it all that follow.

use std::collections::VecDeque;
use std::sync::Arc;

use virtio_queue::{DescriptorChain, QueueT};
use zerocopy::FromBytes;

use crate::backing::Memory;
use crate::device::{Device, Error, Fence};
use crate::protocol::wire::CtrlHeader;
use crate::protocol::{Command, HeaderFlags, Request, response};
use crate::queue::{Buffers, Ring};
use crate::renderer::FenceId;
use crate::stats::Counters;

/// Requests that are served before other work gets a turn: a guest that fills its queue
/// as fast as it is emptied must not keep its pointer, or the monitor, waiting.
const BATCH: usize = 64;

/// A request that is done but for its fence.
#[derive(Clone, Copy, Debug)]
struct Pending {
    /// `None`: nothing of its own to wait for, only its turn.
    fence: Option<FenceId>,
    head: u16,
    written: u32,
}

/// The control queue.
pub struct ControlQueue<Q> {
    ring: Ring<Q>,
    buffers: Buffers,
    pending: VecDeque<Pending>,
}

impl<Q: QueueT> ControlQueue<Q> {
    /// Serves `queue`.
    pub fn new(queue: Q) -> Self {
        Self {
            ring: Ring::new(queue),
            buffers: Buffers::default(),
            pending: VecDeque::new(),
        }
    }

    /// Serves a number of requests. `notify` is called when the driver is to be told
    /// of used buffers. True if there is more to do.
    pub fn process<M: Memory>(
        &mut self,
        device: &mut Device,
        memory: &Arc<M>,
        notify: &mut dyn FnMut(),
    ) -> bool {
        if device.waits_for_displays() {
            return false;
        }
        self.ring.pause(&**memory);
        for _ in 0..BATCH {
            let Some(chain) = self.ring.next(&**memory) else {
                self.signal(&**memory, notify);
                return self.ring.resume(&**memory);
            };
            if !self.serve(device, memory, chain, notify) {
                self.ring.put_back();
                self.signal(&**memory, notify);
                return false;
            }
        }
        self.signal(&**memory, notify);
        true
    }

    fn signal<M: Memory>(&mut self, memory: &M, notify: &mut dyn FnMut()) {
        if self.ring.take_signal(memory) {
            notify();
        }
    }

    /// Serves one request. False if it has to wait for the displays.
    fn serve<M: Memory>(
        &mut self,
        device: &mut Device,
        memory: &Arc<M>,
        chain: DescriptorChain<&M>,
        notify: &mut dyn FnMut(),
    ) -> bool {
        let head = chain.head_index();
        let gathered = self.buffers.gather(&**memory, chain);
        if !device.displays_known(self.buffers.request()) {
            return false;
        }
        Counters::add(&device.counters().commands, 1);
        let fenced = self.execute(device, memory, gathered, notify);
        let written = self.buffers.scatter(&**memory);
        if fenced {
            self.complete_fenced(device, &**memory, head, written);
        } else {
            self.ring.complete(&**memory, head, written);
        }
        true
    }

    /// Executes the gathered request and encodes its response. True if it has a fence.
    fn execute<M: Memory>(
        &mut self,
        device: &mut Device,
        memory: &Arc<M>,
        gathered: Result<(), Error>,
        notify: &mut dyn FnMut(),
    ) -> bool {
        let (bytes, response) = self.buffers.split();
        let header = CtrlHeader::ref_from_prefix(bytes)
            .ok()
            .map(|(header, _)| header);
        let request = gathered.and_then(|()| Ok(Request::decode(bytes)?));
        if let Ok(request) = &request
            && matches!(request.command, Command::Submit3d(_))
            && self.ring.take_signal(&**memory)
        {
            // It may take long; what is already done should not wait for it.
            notify();
        }
        let failed = match request {
            Ok(request) => match device.execute(&request, memory) {
                Ok(outcome) => {
                    response::encode(header, Ok(outcome), response);
                    None
                }
                Err(error) => Some(error),
            },
            Err(error) => Some(error),
        };
        if let Some(error) = failed {
            device.report(header, &error);
            response::encode(header, Err(error.code()), response);
        }
        header.is_some_and(|header| header.flags.get() & HeaderFlags::FENCE.bits() != 0)
    }

    fn complete_fenced<M: Memory>(
        &mut self,
        device: &mut Device,
        memory: &M,
        head: u16,
        written: u32,
    ) {
        let fence = match device.fence() {
            Fence::Passed => {
                self.complete_pending(memory, None);
                None
            }
            Fence::Pending(id) => Some(id),
            Fence::Failed => None,
        };
        Counters::add(&device.counters().fences, 1);
        if fence.is_none() && self.pending.is_empty() {
            self.ring.complete(memory, head, written);
            return;
        }
        if self.pending.len() >= self.ring.size() {
            self.ring
                .fail(&"the driver uses buffers again that it was not given back");
            return;
        }
        Counters::add(&device.counters().fences_delayed, 1);
        self.pending.push_back(Pending {
            fence,
            head,
            written,
        });
    }

    /// Gives back the requests whose fences have passed, and tells the driver.
    pub fn retire<M: Memory>(&mut self, device: &mut Device, memory: &M, notify: &mut dyn FnMut()) {
        if let Some(passed) = device.passed_fence() {
            self.complete_pending(memory, Some(passed));
        }
        self.signal(memory, notify);
    }

    /// Gives back pending requests in order, as far as fence `last`; all if `None`.
    fn complete_pending<M: Memory>(&mut self, memory: &M, last: Option<FenceId>) {
        while let Some(&next) = self.pending.front() {
            if last.is_some() && next.fence > last {
                break;
            }
            self.pending.pop_front();
            self.ring.complete(memory, next.head, next.written);
        }
    }

    /// Gives everything back that was taken, so that the queue can be served by someone
    /// else from [`next_avail`](Self::next_avail) on. Fences are not waited for: what
    /// guest memory is to receive was written when its request was executed, and the
    /// host's driver keeps the order of all else.
    pub fn finish<M: Memory>(&mut self, memory: &M, notify: &mut dyn FnMut()) {
        self.complete_pending(memory, None);
        self.signal(memory, notify);
    }

    /// Index of the available entry that would be served next.
    pub fn next_avail(&self) -> u16 {
        self.ring.next_avail()
    }

    /// True if the driver broke the rules of the ring: it is served no more.
    pub fn is_broken(&self) -> bool {
        self.ring.is_broken()
    }

    /// Number of requests that wait for a fence.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }
}

/// The cursor queue, whose requests have no response and no fence.
pub struct CursorQueue<Q> {
    ring: Ring<Q>,
    buffers: Buffers,
}

impl<Q: QueueT> CursorQueue<Q> {
    /// Serves `queue`.
    pub fn new(queue: Q) -> Self {
        Self {
            ring: Ring::new(queue),
            buffers: Buffers::default(),
        }
    }

    /// As [`ControlQueue::process`].
    pub fn process<M: Memory>(
        &mut self,
        device: &mut Device,
        memory: &M,
        notify: &mut dyn FnMut(),
    ) -> bool {
        self.ring.pause(memory);
        let mut more = true;
        for _ in 0..BATCH {
            let Some(chain) = self.ring.next(memory) else {
                more = false;
                break;
            };
            let head = chain.head_index();
            self.serve(device, memory, chain);
            self.ring.complete(memory, head, 0);
        }
        if self.ring.take_signal(memory) {
            notify();
        }
        more || self.ring.resume(memory)
    }

    /// As [`ControlQueue::next_avail`].
    pub fn next_avail(&self) -> u16 {
        self.ring.next_avail()
    }

    /// As [`ControlQueue::is_broken`].
    pub fn is_broken(&self) -> bool {
        self.ring.is_broken()
    }

    fn serve<M: Memory>(&mut self, device: &mut Device, memory: &M, chain: DescriptorChain<&M>) {
        Counters::add(&device.counters().commands, 1);
        let gathered = self.buffers.gather(memory, chain);
        let bytes = self.buffers.request();
        let result = gathered
            .and_then(|()| Ok(Request::decode(bytes)?))
            .and_then(|request| device.execute_cursor(&request));
        if let Err(error) = result {
            let header = CtrlHeader::ref_from_prefix(bytes).ok();
            device.report(header.map(|(header, _)| header), &error);
        }
    }
}
