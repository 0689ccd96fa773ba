//! Guest memory behind a resource.

use std::sync::Arc;

use vm_memory::{GuestAddress, GuestMemory, Permissions, VolatileSlice};

use crate::protocol::wire::MemEntry;
use crate::renderer::{Backing, Error};

/// Guest memory of any kind: the monitor's own, or what a vhost-user front end shares.
pub trait Memory: GuestMemory<Bitmap = ()> + Send + Sync + 'static {}

impl<M: GuestMemory<Bitmap = ()> + Send + Sync + 'static> Memory for M {}

/// A run of guest memory within a backing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Where the run begins in the backing: the sum of all earlier lengths.
    start: u64,
    /// Its guest physical address.
    addr: GuestAddress,
}

/// Scattered pieces of guest memory, seen as one run of bytes.
pub struct GuestBacking<M> {
    memory: Arc<M>,
    pieces: Vec<Piece>,
    len: u64,
}

impl<M: Memory> GuestBacking<M> {
    /// Checks each entry against guest memory and joins those that are adjacent.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] if there is no entry, or one is empty or not wholly
    /// guest memory.
    pub fn new(memory: &Arc<M>, entries: &[MemEntry]) -> Result<Self, Error> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut len = 0u64;
        let mut end = None;
        for entry in entries {
            let addr = GuestAddress(entry.addr.get());
            let length = entry.length.get();
            let access = Permissions::ReadWrite;
            if length == 0 || !memory.check_range(addr, length as usize, access) {
                return Err(invalid(format!(
                    "{length} bytes at {:#x} are not guest memory",
                    addr.0
                )));
            }
            if end != Some(addr.0) {
                pieces.push(Piece { start: len, addr });
            }
            // A range that was found in memory ends before the last address, and 2^32
            // lengths of 32 bits fit into 64.
            end = Some(addr.0.wrapping_add(u64::from(length)));
            len += u64::from(length);
        }
        if pieces.is_empty() {
            return Err(invalid("a backing without memory".into()));
        }
        pieces.shrink_to_fit();
        Ok(Self {
            memory: Arc::clone(memory),
            pieces,
            len,
        })
    }

    /// Number of runs that the memory is scattered over.
    pub fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// The runs that cover `offset..end`, which must lie within the backing: address
    /// and length of each.
    fn runs(&self, offset: u64, end: u64) -> impl Iterator<Item = (GuestAddress, u64)> {
        let first = self.pieces.partition_point(|piece| piece.start <= offset);
        let first = first.saturating_sub(1);
        let starts = self.pieces.iter().map(|piece| piece.start);
        let ends = starts.skip(first + 1).chain(std::iter::once(self.len));
        self.pieces[first..]
            .iter()
            .zip(ends)
            .take_while(move |(piece, _)| piece.start < end)
            .map(move |(piece, piece_end)| {
                let skip = offset.saturating_sub(piece.start);
                let addr = GuestAddress(piece.addr.0.wrapping_add(skip));
                (addr, piece_end.min(end) - piece.start - skip)
            })
    }
}

fn invalid(message: String) -> Error {
    Error::InvalidParameter(message)
}

impl<M: Memory> Backing for GuestBacking<M> {
    fn len(&self) -> u64 {
        self.len
    }

    fn visit(
        &self,
        offset: u64,
        len: usize,
        visit: &mut dyn FnMut(VolatileSlice<'_>),
    ) -> Result<(), Error> {
        let end = offset
            .checked_add(len as u64)
            .filter(|end| *end <= self.len)
            .ok_or_else(|| {
                invalid(format!(
                    "{len} bytes at {offset} of a backing of {}",
                    self.len
                ))
            })?;
        if len == 0 {
            return Ok(());
        }
        let gone = |error| Error::Host(format!("guest memory of a backing is gone: {error}"));
        for (addr, run) in self.runs(offset, end) {
            let slices = self
                .memory
                .get_slices(addr, run as usize, Permissions::ReadWrite)
                .map_err(gone)?;
            for slice in slices {
                visit(slice.map_err(gone)?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vm_memory::{Bytes, GuestMemoryMmap};

    /// 64 KiB at 0 and 64 KiB at 1 MiB, in which each byte is its address' second byte.
    fn memory() -> Arc<GuestMemoryMmap> {
        let ranges = [
            (GuestAddress(0), 0x1_0000),
            (GuestAddress(0x10_0000), 0x1_0000),
        ];
        let memory = GuestMemoryMmap::from_ranges(&ranges).expect("memory");
        for (start, len) in ranges {
            for page in 0..(len as u64 >> 8) {
                let addr = GuestAddress(start.0 + (page << 8));
                memory
                    .write_slice(&[page as u8; 256], addr)
                    .expect("in range");
            }
        }
        Arc::new(memory)
    }

    fn entries(runs: &[(u64, u32)]) -> Vec<MemEntry> {
        let entry = |&(addr, length): &(u64, u32)| MemEntry {
            addr: addr.into(),
            length: length.into(),
            padding: 0.into(),
        };
        runs.iter().map(entry).collect()
    }

    fn backing(runs: &[(u64, u32)]) -> Result<GuestBacking<GuestMemoryMmap>, Error> {
        GuestBacking::new(&memory(), &entries(runs))
    }

    #[test]
    fn new_adjacent_entries_are_joined() {
        let backing = backing(&[(0x1000, 0x1000), (0x2000, 0x800), (0x2800, 1), (0x1000, 2)]);
        let backing = backing.expect("a backing");
        assert_eq!(backing.pieces(), 2);
        assert_eq!(backing.len(), 0x1803);
    }

    #[test]
    fn new_entry_outside_memory_is_refused() {
        for run in [
            (0xf000, 0x1001),
            (0x2_0000, 1),
            (u64::MAX, 1),
            (u64::MAX - 1, u32::MAX),
            (0x1000, 0),
        ] {
            assert!(
                matches!(backing(&[(0, 16), run]), Err(Error::InvalidParameter(_))),
                "{run:x?}"
            );
        }
        assert!(backing(&[]).is_err());
    }

    #[test]
    fn read_any_range_equals_the_concatenated_pieces() {
        let runs = [
            (0x300u64, 0x180u32),
            (0x10_0080, 0x101),
            (0x100, 3),
            (0x103, 5),
            (0xff00, 256),
        ];
        let backing = backing(&runs).expect("a backing");
        let all: Vec<u8> = runs
            .iter()
            .flat_map(|&(addr, len)| (addr..addr + u64::from(len)).map(|a| (a >> 8) as u8))
            .collect();
        assert_eq!(backing.len(), all.len() as u64);
        for start in (0..=all.len()).step_by(7) {
            for end in [start, start + 1, start + 100, start + 300, all.len()] {
                if end < start || end > all.len() {
                    continue;
                }
                let mut data = vec![0xee; end - start];
                backing.read(start as u64, &mut data).expect("in range");
                assert_eq!(data, all[start..end], "{start}..{end}");
            }
        }
    }

    #[test]
    fn write_reaches_guest_memory_across_pieces() {
        let memory = memory();
        let runs = entries(&[(0x1ffe, 2), (0x10_0000, 2)]);
        let backing = GuestBacking::new(&memory, &runs).expect("a backing");
        backing.write(1, &[1, 2, 3]).expect("in range");
        let mut bytes = [0; 2];
        memory
            .read_slice(&mut bytes, GuestAddress(0x1ffe))
            .expect("in range");
        assert_eq!(bytes, [0x1f, 1]);
        memory
            .read_slice(&mut bytes, GuestAddress(0x10_0000))
            .expect("in range");
        assert_eq!(bytes, [2, 3]);
    }

    #[test]
    fn visit_beyond_the_end_visits_nothing() {
        let backing = backing(&[(0, 16), (0x100, 16)]).expect("a backing");
        for (offset, len) in [(0, 33), (32, 1), (33, 0), (u64::MAX, 1), (1, usize::MAX)] {
            let mut visited = 0;
            let result = backing.visit(offset, len, &mut |_| visited += 1);
            assert!(
                matches!(result, Err(Error::InvalidParameter(_))),
                "{offset}"
            );
            assert_eq!(visited, 0);
        }
        assert_eq!(
            backing.visit(32, 0, &mut |_| panic!("nothing to visit")),
            Ok(())
        );
    }
}
