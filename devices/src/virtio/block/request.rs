//! A request of virtio-blk (virtio 1.3, 5.2.6) as it lies in a chain: a header of 16
//! bytes, data, and a status byte at the very end, cut into buffers in any way.

use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_GET_ID, VIRTIO_BLK_T_IN,
    VIRTIO_BLK_T_OUT, VIRTIO_BLK_T_WRITE_ZEROES,
};
use vm_memory::{Bytes, GuestAddress};
use zerocopy::FromBytes;
use zerocopy::little_endian::{U32, U64};

use crate::virtio::{Chain, GuestMemory};

/// The first bytes of a request.
#[derive(FromBytes)]
#[repr(C)]
struct Header {
    kind: U32,
    reserved: U32,
    sector: U64,
}

const HEADER_LEN: usize = size_of::<Header>();
const _: () = assert!(HEADER_LEN == 16);

/// What a driver wants. Sectors count 512 bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Read from this sector on.
    Read(u64),
    /// Write from this sector on.
    Write(u64),
    /// Make earlier writes permanent.
    Flush,
    /// Tell the disk's identity.
    GetId,
    /// Forget ranges.
    Discard,
    /// Zero ranges.
    WriteZeroes,
    /// A type that the device does not know.
    Unknown,
}

/// What is wrong with a chain that is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    /// A buffer to read follows one to write.
    #[error("a buffer to read follows one to write")]
    OutOfOrder,
    /// There is no place for the status.
    #[error("there is no byte to write the status to")]
    NoStatus,
    /// The header is cut off or lies outside of memory.
    #[error("the header is cut off or outside of memory")]
    NoHeader,
}

/// A piece of a request in guest memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) addr: GuestAddress,
    pub(super) len: u32,
}

/// Pieces of guest memory that count as one buffer. The list is used again for each
/// request, so that the steady state allocates nothing.
#[derive(Debug, Default)]
pub(super) struct Segments {
    list: Vec<Segment>,
    /// The first of `list` with bytes left.
    first: usize,
}

impl Segments {
    pub(super) fn as_slice(&self) -> &[Segment] {
        self.list.get(self.first..).unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.as_slice()
            .iter()
            .map(|segment| u64::from(segment.len))
            .sum()
    }

    /// Moves `bytes.len()` bytes from the front of the buffer to `bytes`. Returns whether
    /// there were that many.
    pub(super) fn take_front(&mut self, memory: &GuestMemory, bytes: &mut [u8]) -> bool {
        let mut rest = bytes;
        while !rest.is_empty() {
            let Some(segment) = self.list.get_mut(self.first) else {
                return false;
            };
            let available = usize::try_from(segment.len).unwrap_or(usize::MAX);
            let (head, tail) = rest.split_at_mut(rest.len().min(available));
            if memory.read_slice(head, segment.addr).is_err() {
                return false;
            }
            // At most `segment.len`, and inside memory, so neither overflows.
            let taken = u32::try_from(head.len()).unwrap_or(segment.len);
            segment.addr.0 += u64::from(taken);
            segment.len -= taken;
            if segment.len == 0 {
                self.first += 1;
            }
            rest = tail;
        }
        true
    }

    /// Cuts the last byte off and returns its address.
    fn take_last_byte(&mut self) -> Option<GuestAddress> {
        let last = self.list.last_mut()?;
        last.len -= 1;
        let addr = last.addr.0.checked_add(u64::from(last.len))?;
        if last.len == 0 {
            self.list.pop();
        }
        Some(GuestAddress(addr))
    }

    fn clear(&mut self) {
        self.list.clear();
        self.first = 0;
    }

    /// Empty buffers have no bytes to contribute and are left out.
    fn push(&mut self, segment: Segment) {
        if segment.len > 0 {
            self.list.push(segment);
        }
    }
}

/// A request taken apart.
#[derive(Debug, Default)]
pub(super) struct Request {
    /// Data for the device, behind the header.
    pub(super) data_out: Segments,
    /// Room for data from the device, before the status.
    pub(super) data_in: Segments,
    /// Where the status goes, once known.
    pub(super) status: Option<GuestAddress>,
}

impl Request {
    /// Takes `chain` apart, replacing what was here before.
    ///
    /// # Errors
    /// The chain is no request. The driver can still be told if `status` is known.
    pub(super) fn parse(
        &mut self,
        memory: &GuestMemory,
        chain: Chain<'_>,
    ) -> Result<Operation, RequestError> {
        self.data_out.clear();
        self.data_in.clear();
        self.status = None;
        let mut ordered = true;
        for descriptor in chain {
            let segment = Segment {
                addr: descriptor.addr(),
                len: descriptor.len(),
            };
            if descriptor.is_write_only() {
                self.data_in.push(segment);
            } else {
                ordered &= self.data_in.list.is_empty();
                self.data_out.push(segment);
            }
        }
        self.status = self.data_in.take_last_byte();
        if !ordered {
            return Err(RequestError::OutOfOrder);
        }
        if self.status.is_none() {
            return Err(RequestError::NoStatus);
        }
        let mut header = [0; HEADER_LEN];
        if !self.data_out.take_front(memory, &mut header) {
            return Err(RequestError::NoHeader);
        }
        Ok(operation(&zerocopy::transmute!(header)))
    }
}

fn operation(header: &Header) -> Operation {
    let sector = header.sector.get();
    match header.kind.get() {
        VIRTIO_BLK_T_IN => Operation::Read(sector),
        VIRTIO_BLK_T_OUT => Operation::Write(sector),
        VIRTIO_BLK_T_FLUSH => Operation::Flush,
        VIRTIO_BLK_T_GET_ID => Operation::GetId,
        VIRTIO_BLK_T_DISCARD => Operation::Discard,
        VIRTIO_BLK_T_WRITE_ZEROES => Operation::WriteZeroes,
        _ => Operation::Unknown,
    }
}
