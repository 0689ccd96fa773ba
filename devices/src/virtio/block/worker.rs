//! Carries requests out.

use std::io::{self, Seek, SeekFrom};
use std::ops::Range;

use virtio_bindings::virtio_blk::{
    VIRTIO_BLK_F_FLUSH, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_OK, VIRTIO_BLK_S_UNSUPP,
    VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP,
};
use virtio_queue::Error as QueueError;
use vm_memory::{
    Bytes, GuestMemory as _, GuestMemoryError, Permissions, ReadVolatile, VolatileMemoryError,
    WriteVolatile,
};
use vmm_sys_util::write_zeroes::{PunchHole, WriteZeroesAt};
use zerocopy::FromBytes;
use zerocopy::little_endian::{U32, U64};

use super::disk::{Disk, SECTOR_SIZE};
use super::request::{Operation, Request, Segment};
use super::{MAX_RANGE_SECTORS, MAX_RANGES};
use crate::virtio::hosted::{Backend, Queues};
use crate::virtio::{Chain, GuestMemory};

/// A range of a discard or write-zeroes request (virtio 1.3, 5.2.6).
#[derive(FromBytes)]
#[repr(C)]
struct WireRange {
    sector: U64,
    sectors: U32,
    flags: U32,
}

const RANGE_LEN: u64 = size_of::<WireRange>() as u64;
const _: () = assert!(RANGE_LEN == 16);

/// Why a request fails, as the driver is told.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The request's type is unknown (`VIRTIO_BLK_S_UNSUPP`).
    #[error("its kind is unknown")]
    Unsupported,
    /// The driver broke a rule (`VIRTIO_BLK_S_IOERR`).
    #[error("{0}")]
    Invalid(&'static str),
    /// A buffer lies outside of memory (`VIRTIO_BLK_S_IOERR`).
    #[error(transparent)]
    Memory(#[from] GuestMemoryError),
    /// The host could not move data (`VIRTIO_BLK_S_IOERR`).
    #[error(transparent)]
    Transfer(#[from] VolatileMemoryError),
    /// The host failed otherwise (`VIRTIO_BLK_S_IOERR`).
    #[error(transparent)]
    Host(#[from] io::Error),
}

impl Failure {
    fn status(&self) -> u32 {
        match self {
            Self::Unsupported => VIRTIO_BLK_S_UNSUPP,
            Self::Invalid(_) | Self::Memory(_) | Self::Transfer(_) | Self::Host(_) => {
                VIRTIO_BLK_S_IOERR
            }
        }
    }
}

/// The back end of a block device: its disk and the request in work.
pub(super) struct Worker {
    disk: Disk,
    request: Request,
    /// The driver does not flush, so each write must be permanent when it completes
    /// (virtio 1.3, 5.2.6.2).
    write_through: bool,
    /// A failure was logged; a broken disk must not fill the log.
    complained: bool,
}

impl Backend for Worker {
    fn start(&mut self, features: u64) {
        self.write_through = features & (1 << VIRTIO_BLK_F_FLUSH) == 0;
    }

    fn process_queue(&mut self, queues: &mut Queues, index: usize) -> Result<(), QueueError> {
        let Some((queue, memory)) = queues.get(index) else {
            return Ok(());
        };
        queue.drain(memory, |chain| self.serve(memory, chain))
    }
}

impl Worker {
    pub(super) fn new(disk: Disk) -> Self {
        Self {
            disk,
            request: Request::default(),
            write_through: false,
            complained: false,
        }
    }

    /// Carries one request out, writes its status and returns how many bytes of the
    /// chain are surely written, from the first writable one on.
    fn serve(&mut self, memory: &GuestMemory, chain: Chain<'_>) -> u32 {
        let mut written = 0;
        let result = match self.request.parse(memory, chain) {
            Ok(operation) => self.execute(operation, memory, &mut written),
            Err(error) => {
                log::debug!("A chain is no block request: {error}");
                Err(Failure::Invalid("it is no request"))
            }
        };
        let status = match result {
            Ok(()) => VIRTIO_BLK_S_OK,
            Err(failure) => {
                self.complain(&failure);
                failure.status()
            }
        };
        let [status, ..] = status.to_le_bytes();
        let Some(addr) = self.request.status else {
            return 0;
        };
        if memory.write_obj(status, addr).is_err() {
            return 0;
        }
        // The status follows the data, so it counts only if no gap lies between.
        if written == self.request.data_in.bytes() {
            written += 1;
        }
        u32::try_from(written).unwrap_or(u32::MAX)
    }

    fn execute(
        &mut self,
        operation: Operation,
        memory: &GuestMemory,
        written: &mut u64,
    ) -> Result<(), Failure> {
        match operation {
            Operation::Read(sector) => self.read(sector, memory, written),
            Operation::Write(sector) => self.write(sector, memory),
            Operation::Flush => Ok(self.disk.file.sync_data()?),
            Operation::GetId => self.identify(memory, written),
            Operation::Discard => self.for_each_range(memory, discard),
            Operation::WriteZeroes => self.for_each_range(memory, write_zeroes),
            Operation::Unknown => Err(Failure::Unsupported),
        }
    }

    fn read(&self, sector: u64, memory: &GuestMemory, written: &mut u64) -> Result<(), Failure> {
        let data = &self.request.data_in;
        let range = self.byte_range(sector, data.bytes())?;
        let mut file = &self.disk.file;
        file.seek(SeekFrom::Start(range.start))?;
        for segment in data.as_slice() {
            for slice in memory.get_slices(segment.addr, len(segment), Permissions::Write)? {
                let mut slice = slice?;
                file.read_exact_volatile(&mut slice)?;
                *written += u64::try_from(slice.len()).unwrap_or(0);
            }
        }
        Ok(())
    }

    fn write(&self, sector: u64, memory: &GuestMemory) -> Result<(), Failure> {
        self.check_writable()?;
        let data = &self.request.data_out;
        let range = self.byte_range(sector, data.bytes())?;
        let mut file = &self.disk.file;
        file.seek(SeekFrom::Start(range.start))?;
        for segment in data.as_slice() {
            for slice in memory.get_slices(segment.addr, len(segment), Permissions::Read)? {
                file.write_all_volatile(&slice?)?;
            }
        }
        self.written()
    }

    fn identify(&self, memory: &GuestMemory, written: &mut u64) -> Result<(), Failure> {
        let mut rest = self.disk.id.as_slice();
        for segment in self.request.data_in.as_slice() {
            let (part, tail) = rest.split_at(rest.len().min(len(segment)));
            memory.write_slice(part, segment.addr)?;
            *written += u64::try_from(part.len()).unwrap_or(0);
            rest = tail;
        }
        Ok(())
    }

    /// Runs `act` on each range of a discard or write-zeroes request.
    fn for_each_range(
        &mut self,
        memory: &GuestMemory,
        act: fn(&mut Disk, Range<u64>, u32) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.check_writable()?;
        let bytes = self.request.data_out.bytes();
        let limit = u64::from(MAX_RANGES) * RANGE_LEN;
        if bytes == 0 || bytes > limit || !bytes.is_multiple_of(RANGE_LEN) {
            return Err(Failure::Invalid("its list of ranges has a wrong length"));
        }
        while self.request.data_out.bytes() > 0 {
            let mut bytes = [0; size_of::<WireRange>()];
            if !self.request.data_out.take_front(memory, &mut bytes) {
                return Err(Failure::Invalid("its ranges lie outside of memory"));
            }
            let wire: WireRange = zerocopy::transmute!(bytes);
            let count = wire.sectors.get();
            if count > MAX_RANGE_SECTORS {
                return Err(Failure::Invalid("a range is longer than allowed"));
            }
            let range = self.byte_range(wire.sector.get(), u64::from(count) * SECTOR_SIZE)?;
            act(&mut self.disk, range, wire.flags.get())?;
        }
        self.written()
    }

    fn written(&self) -> Result<(), Failure> {
        if self.write_through {
            self.disk.file.sync_data()?;
        }
        Ok(())
    }

    fn check_writable(&self) -> Result<(), Failure> {
        if self.disk.read_only {
            return Err(Failure::Invalid("the disk is read-only"));
        }
        Ok(())
    }

    /// Where `bytes` bytes from `sector` on lie in the file, if they are whole sectors of
    /// the disk.
    fn byte_range(&self, sector: u64, bytes: u64) -> Result<Range<u64>, Failure> {
        if !bytes.is_multiple_of(SECTOR_SIZE) {
            return Err(Failure::Invalid("its data is no whole number of sectors"));
        }
        let end = sector.checked_add(bytes / SECTOR_SIZE);
        let Some(end) = end.filter(|&end| end <= self.disk.sectors) else {
            return Err(Failure::Invalid("it goes beyond the end of the disk"));
        };
        // Below the size of the file, so neither overflows.
        Ok(sector * SECTOR_SIZE..end * SECTOR_SIZE)
    }

    fn complain(&mut self, failure: &Failure) {
        if !std::mem::replace(&mut self.complained, true) {
            log::warn!("A request to a disk failed: {failure}");
        }
    }
}

/// Gives a range back to the host. Only a hint: a file system that cannot do it is no
/// failure.
fn discard(disk: &mut Disk, range: Range<u64>, flags: u32) -> Result<(), Failure> {
    if flags != 0 {
        return Err(Failure::Unsupported);
    }
    if !range.is_empty() {
        let punched = disk.file.punch_hole(range.start, range.end - range.start);
        if let Err(error) = punched {
            log::debug!("The host could not discard: {error}");
        }
    }
    Ok(())
}

/// Zeroes a range, by giving it back to the host if the driver allows that.
fn write_zeroes(disk: &mut Disk, range: Range<u64>, flags: u32) -> Result<(), Failure> {
    if flags & !VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP != 0 {
        return Err(Failure::Unsupported);
    }
    if range.is_empty() {
        return Ok(());
    }
    let bytes = range.end - range.start;
    if flags != 0 && disk.file.punch_hole(range.start, bytes).is_ok() {
        return Ok(());
    }
    let bytes = usize::try_from(bytes).map_err(io::Error::other)?;
    Ok(disk.file.write_all_zeroes_at(range.start, bytes)?)
}

fn len(segment: &Segment) -> usize {
    usize::try_from(segment.len).unwrap_or(usize::MAX)
}
