//! What the tests drive the device with: one that takes requests as words, and one that
//! builds descriptor chains in guest memory.

use std::sync::Arc;

use maro_gpu::backend::{NullRenderer, SoftwareRenderer};
use maro_gpu::config::{Config, Display};
use maro_gpu::control::ControlQueue;
use maro_gpu::protocol::wire::CtrlHeader;
use maro_gpu::protocol::{ErrorCode, Features, Request, response};
use maro_gpu::renderer::{Capset, Renderer};
use maro_gpu::stats::Counters;
use maro_gpu::{Device, Limits};
use virtio_queue::desc::{RawDescriptor, split::Descriptor};
use virtio_queue::mock::{AvailRing, DescriptorTable, UsedRing};
use virtio_queue::{Queue, QueueT};
use vm_memory::{Bytes, GuestAddress, GuestMemoryMmap};
use zerocopy::{FromBytes, IntoBytes};

pub const MEMORY: usize = 16 << 20;
/// Above the rings and the buffers of requests.
pub const PIXELS: u64 = 8 << 20;

pub fn guest_memory() -> Arc<GuestMemoryMmap> {
    let ranges = [(GuestAddress(0), MEMORY)];
    Arc::new(GuestMemoryMmap::from_ranges(&ranges).expect("guest memory"))
}

pub fn capsets() -> Vec<Capset> {
    vec![
        Capset {
            id: 1,
            version: 1,
            data: vec![0x11; 308],
        },
        Capset {
            id: 2,
            version: 2,
            data: vec![0x22; 1376],
        },
    ]
}

/// Limits small enough to be reached.
pub const LIMITS: Limits = Limits {
    resources: 8,
    contexts: 3,
    attachments: 4,
    backing_pieces: 16,
    bytes_2d: 1 << 20,
};

pub fn config() -> Config {
    Config {
        displays: vec![Display::new(640, 480), Display::new(320, 200)],
        limits: LIMITS,
    }
}

/// A device that takes requests as words.
pub struct Rig {
    pub device: Device,
    pub memory: Arc<GuestMemoryMmap>,
    pub counters: Arc<Counters>,
}

impl Rig {
    pub fn new(renderer: Box<dyn Renderer>) -> Self {
        let counters = Arc::new(Counters::default());
        let mut device = Device::new(renderer, config(), Arc::clone(&counters));
        device.start(device.offered_features().bits());
        Self {
            device,
            memory: guest_memory(),
            counters,
        }
    }

    pub fn software() -> Self {
        Self::new(Box::new(SoftwareRenderer::new()))
    }

    pub fn null_3d() -> Self {
        Self::new(Box::new(NullRenderer::new(capsets())))
    }

    pub fn restart(&mut self, features: Features) {
        self.device.reset();
        self.device.start(features.bits());
    }

    /// Sends a command of `context`; the body of its reply.
    pub fn send_in(
        &mut self,
        context: u32,
        command: u32,
        body: &[u32],
    ) -> Result<Vec<u8>, ErrorCode> {
        let words = request(command, context, 0, 0, body);
        let request = Request::decode(words.as_bytes())
            .map_err(|error| maro_gpu::device::Error::from(error).code())?;
        let outcome = self.device.execute(&request, &self.memory);
        let mut bytes = Vec::new();
        response::encode(
            Some(request.header),
            Ok(outcome.map_err(|error| error.code())?),
            &mut bytes,
        );
        Ok(bytes.split_off(size_of::<CtrlHeader>()))
    }

    /// Sends a command of no context.
    pub fn send(&mut self, command: u32, body: &[u32]) -> Result<Vec<u8>, ErrorCode> {
        self.send_in(0, command, body)
    }

    pub fn cursor(&mut self, command: u32, body: &[u32]) -> Result<(), ErrorCode> {
        let words = request(command, 0, 0, 0, body);
        let request = Request::decode(words.as_bytes()).expect("a request");
        self.device
            .execute_cursor(&request)
            .map_err(|error| error.code())
    }

    /// A 2D resource with a backing of `pixels`, not yet transferred.
    pub fn picture(&mut self, id: u32, format: u32, width: u32, height: u32, pixels: &[u8]) {
        let addr = PIXELS + u64::from(id) * 0x1_0000;
        let at = GuestAddress(addr);
        self.memory.write_slice(pixels, at).expect("in memory");
        let ok = self.send(0x101, &[id, format, width, height]);
        assert_eq!(ok, Ok(vec![]));
        let entry = [addr as u32, 0, pixels.len() as u32, 0];
        let ok = self.send(0x106, &[&[id, 1], &entry[..]].concat());
        assert_eq!(ok, Ok(vec![]));
    }
}

/// The words of a request.
pub fn request(command: u32, context: u32, flags: u32, fence: u64, body: &[u32]) -> Vec<u32> {
    let fence = [fence as u32, (fence >> 32) as u32];
    let mut words = vec![command, flags, fence[0], fence[1], context, 0];
    words.extend_from_slice(body);
    words
}

/// How a request lies in guest memory.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Most bytes of a readable descriptor.
    pub readable: usize,
    /// Most bytes of a writable descriptor.
    pub writable: usize,
    /// Whether the descriptors lie in a table of their own.
    pub indirect: bool,
}

impl Shape {
    pub const PLAIN: Self = Self {
        readable: usize::MAX,
        writable: usize::MAX,
        indirect: false,
    };
}

/// A request that was made available.
#[derive(Clone, Debug)]
pub struct Sent {
    pub head: u32,
    response: Vec<(u64, usize)>,
}

/// Where a queue's rings lie, from its start: room for 256 entries each.
const AVAIL: u64 = 0x1000;
const USED: u64 = 0x2000;

/// A driver's side of one queue, in the mock rings of virtio-queue. (Its whole mock
/// queue lets the rings overlap.)
pub struct Ring<'m> {
    pub table: DescriptorTable<'m, GuestMemoryMmap>,
    pub avail: AvailRing<'m, GuestMemoryMmap>,
    pub used_ring: UsedRing<'m, GuestMemoryMmap>,
    at: u64,
    memory: &'m GuestMemoryMmap,
    next_descriptor: u16,
    next_byte: u64,
    pub sent: u16,
    len: u16,
}

const FLAG_NEXT: u16 = 1;
pub const FLAG_WRITE: u16 = 2;
const FLAG_INDIRECT: u16 = 4;
/// Where buffers begin.
const BUFFERS: u64 = 1 << 20;

impl<'m> Ring<'m> {
    pub fn new(memory: &'m GuestMemoryMmap, at: u64, len: u16) -> Self {
        Self {
            table: DescriptorTable::new(memory, GuestAddress(at), len),
            avail: AvailRing::new(memory, GuestAddress(at + AVAIL), len),
            used_ring: UsedRing::new(memory, GuestAddress(at + USED), len),
            at,
            memory,
            next_descriptor: 0,
            next_byte: BUFFERS,
            sent: 0,
            len,
        }
    }

    pub fn device_side(&self) -> Queue {
        let mut queue = Queue::new(self.len).expect("a size");
        queue.set_size(self.len);
        queue.set_desc_table_address(Some(self.at as u32), None);
        queue.set_avail_ring_address(Some((self.at + AVAIL) as u32), None);
        queue.set_used_ring_address(Some((self.at + USED) as u32), None);
        queue.set_ready(true);
        assert!(queue.is_valid(self.memory));
        queue
    }

    fn allocate(&mut self, len: usize) -> u64 {
        let addr = self.next_byte;
        // An odd gap: buffers need no alignment.
        self.next_byte += len as u64 + 3;
        assert!(self.next_byte < PIXELS, "out of test memory");
        addr
    }

    /// Makes a request available with room for a response of `room` bytes.
    pub fn send(&mut self, request: &[u32], room: usize, shape: Shape) -> Sent {
        let mut buffers = Vec::new();
        for part in request.as_bytes().chunks(shape.readable) {
            let addr = self.allocate(part.len());
            let at = GuestAddress(addr);
            self.memory.write_slice(part, at).expect("in memory");
            buffers.push((addr, part.len(), 0));
        }
        let mut response = Vec::new();
        let mut left = room;
        while left > 0 {
            let len = left.min(shape.writable);
            let addr = self.allocate(len);
            self.memory
                .write_slice(&vec![0xcc; len], GuestAddress(addr))
                .expect("in memory");
            buffers.push((addr, len, FLAG_WRITE));
            response.push((addr, len));
            left -= len;
        }
        let head = self.send_raw(&buffers, shape.indirect);
        Sent { head, response }
    }

    /// Makes a chain of (address, length, flags) available; `NEXT` is added.
    pub fn send_raw(&mut self, buffers: &[(u64, usize, u16)], indirect: bool) -> u32 {
        let first = if indirect { 0 } else { self.next_descriptor };
        let last = buffers.len() - 1;
        let descriptor = |(i, &(addr, len, flags)): (usize, &(u64, usize, u16))| {
            let next = if i == last { 0 } else { FLAG_NEXT };
            let following = (first as usize + i + 1) % usize::from(self.len.max(256));
            Descriptor::new(addr, len as u32, flags | next, following as u16)
        };
        let descriptors: Vec<Descriptor> = buffers.iter().enumerate().map(descriptor).collect();
        if indirect {
            let table = self.allocate(16 * descriptors.len());
            for (i, descriptor) in descriptors.iter().enumerate() {
                let at = GuestAddress(table + 16 * i as u64);
                let raw = RawDescriptor::from(*descriptor);
                self.memory.write_obj(raw, at).expect("in memory");
            }
            let len = 16 * descriptors.len() as u32;
            self.push(&[Descriptor::new(table, len, FLAG_INDIRECT, 0)])
        } else {
            self.push(&descriptors)
        }
    }

    /// Stores descriptors as they are and makes the first available.
    pub fn push(&mut self, descriptors: &[Descriptor]) -> u32 {
        let head = self.next_descriptor;
        for descriptor in descriptors {
            self.table
                .store(self.next_descriptor, RawDescriptor::from(*descriptor))
                .expect("a free descriptor");
            self.next_descriptor += 1;
        }
        self.make_available(head);
        head.into()
    }

    pub fn make_available(&mut self, head: u16) {
        let slot = usize::from(self.sent % self.len);
        let ring = self.avail.ring();
        ring.ref_at(slot).expect("a slot").store(head.to_le());
        self.sent = self.sent.wrapping_add(1);
        self.avail.idx().store(self.sent.to_le());
    }

    /// The flags of the available ring.
    pub fn flags(&self) -> GuestAddress {
        GuestAddress(self.at + AVAIL)
    }

    /// Where the driver says which used index to interrupt at.
    pub fn used_event(&self) -> GuestAddress {
        GuestAddress(self.at + AVAIL + 4 + 2 * u64::from(self.len))
    }

    /// Where the device says which available index to ring at.
    pub fn avail_event(&self) -> GuestAddress {
        GuestAddress(self.at + USED + 4 + 8 * u64::from(self.len))
    }

    pub fn store_u16(&self, at: GuestAddress, value: u16) {
        self.memory.write_obj(value.to_le(), at).expect("in memory");
    }

    pub fn load_u16(&self, at: GuestAddress) -> u16 {
        u16::from_le(self.memory.read_obj(at).expect("in memory"))
    }

    /// What the device gave back so far: head and bytes written.
    pub fn used(&self) -> Vec<(u32, u32)> {
        let count = u16::from_le(self.used_ring.idx().load());
        (0..count)
            .map(|i| {
                let slot = usize::from(i % self.len);
                let element = self.used_ring.ring().ref_at(slot);
                let element = element.expect("a slot").load();
                (element.id(), element.len())
            })
            .collect()
    }

    /// The response buffer of a request, as it is now.
    pub fn response(&self, sent: &Sent) -> Vec<u8> {
        let mut all = Vec::new();
        for &(addr, len) in &sent.response {
            let mut part = vec![0; len];
            self.memory
                .read_slice(&mut part, GuestAddress(addr))
                .expect("in memory");
            all.extend(part);
        }
        all
    }

    pub fn header(&self, sent: &Sent) -> CtrlHeader {
        let bytes = self.response(sent);
        CtrlHeader::read_from_prefix(&bytes).expect("a header").0
    }
}

/// Serves everything that is there; how often the driver was interrupted.
pub fn drain(control: &mut ControlQueue<Queue>, rig: &mut Rig) -> usize {
    let mut interrupts = 0;
    while control.process(&mut rig.device, &rig.memory, &mut || interrupts += 1) {}
    interrupts
}
