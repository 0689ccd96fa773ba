//! The buses: address ranges and the devices that claim them.
//!
//! One [`Bus`] serves port I/O and another one MMIO. The monitor fills a bus before
//! the first vCPU runs and shares it from then on; a lookup is a binary search without
//! lock or allocation, and devices lock inside themselves.

use std::fmt;
use std::sync::Arc;

/// A device with registers on a bus.
pub trait BusDevice: Send + Sync {
    /// Reads the registers at `offset` from the start of the device's range; the
    /// access width is `data.len()`.
    fn read(&self, offset: u64, data: &mut [u8]);

    /// Writes the registers at `offset` from the start of the device's range; the
    /// access width is `data.len()`.
    fn write(&self, offset: u64, data: &[u8]);
}

/// Why a device could not be put on a bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// The range has no bytes or runs past the end of the address space.
    #[error("A range of {len:#x} bytes at {base:#x} is empty or ends beyond the address space")]
    InvalidRange {
        /// First address asked for.
        base: u64,
        /// Number of bytes asked for.
        len: u64,
    },
    /// Another device owns a part of the range already.
    #[error(
        "The range {base:#x}..={last:#x} overlaps a device at {other_base:#x}..={other_last:#x}"
    )]
    Overlap {
        /// First address asked for.
        base: u64,
        /// Last address asked for.
        last: u64,
        /// First address of the device in the way.
        other_base: u64,
        /// Last address of the device in the way.
        other_last: u64,
    },
}

#[derive(Clone)]
struct Entry {
    base: u64,
    last: u64,
    device: Arc<dyn BusDevice>,
}

/// An address space of devices.
#[derive(Clone, Default)]
pub struct Bus {
    /// Sorted by address; ranges do not overlap.
    entries: Vec<Entry>,
}

impl Bus {
    /// A bus without devices.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives `len` addresses from `base` to `device`.
    ///
    /// # Errors
    /// [`BusError::InvalidRange`] for an empty or wrapping range and
    /// [`BusError::Overlap`] if any address of it is taken.
    pub fn insert(
        &mut self,
        base: u64,
        len: u64,
        device: Arc<dyn BusDevice>,
    ) -> Result<(), BusError> {
        let last = len
            .checked_sub(1)
            .and_then(|tail| base.checked_add(tail))
            .ok_or(BusError::InvalidRange { base, len })?;
        let at = self.entries.partition_point(|entry| entry.last < base);
        if let Some(other) = self.entries.get(at).filter(|other| other.base <= last) {
            return Err(BusError::Overlap {
                base,
                last,
                other_base: other.base,
                other_last: other.last,
            });
        }
        self.entries.insert(at, Entry { base, last, device });
        Ok(())
    }

    /// Reads `data.len()` bytes at `addr`. An access that no single device claims as a
    /// whole reads all ones, as from a bus where nothing answers.
    pub fn read(&self, addr: u64, data: &mut [u8]) {
        match self.find(addr, data.len()) {
            Some((device, offset)) => device.read(offset, data),
            None => data.fill(0xff),
        }
    }

    /// Writes `data` at `addr`. A write that no single device claims as a whole is
    /// ignored.
    pub fn write(&self, addr: u64, data: &[u8]) {
        if let Some((device, offset)) = self.find(addr, data.len()) {
            device.write(offset, data);
        }
    }

    /// The device that owns all of `addr..addr + len`, and the offset within it.
    fn find(&self, addr: u64, len: usize) -> Option<(&dyn BusDevice, u64)> {
        let last = addr.checked_add(u64::try_from(len).ok()?.checked_sub(1)?)?;
        let at = self.entries.partition_point(|entry| entry.last < addr);
        let entry = self.entries.get(at)?;
        (entry.base <= addr && last <= entry.last)
            .then(|| (entry.device.as_ref(), addr - entry.base))
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges = self.entries.iter().map(|entry| (entry.base, entry.last));
        f.debug_list().entries(ranges).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Remembers writes, answers reads with the offset.
    #[derive(Default)]
    struct Probe(Mutex<Vec<(u64, Vec<u8>)>>);

    impl BusDevice for Probe {
        fn read(&self, offset: u64, data: &mut [u8]) {
            data.fill(u8::try_from(offset).unwrap());
        }

        fn write(&self, offset: u64, data: &[u8]) {
            self.0.lock().unwrap().push((offset, data.to_vec()));
        }
    }

    fn bus_with(ranges: &[(u64, u64)]) -> (Bus, Vec<Arc<Probe>>) {
        let mut bus = Bus::new();
        let mut probes = Vec::new();
        for &(base, len) in ranges {
            let probe = Arc::new(Probe::default());
            bus.insert(base, len, probe.clone()).unwrap();
            probes.push(probe);
        }
        (bus, probes)
    }

    #[test]
    fn read_at_range_edges_reaches_the_owner() {
        let (bus, _probes) = bus_with(&[(0x3f8, 8), (0x60, 1), (0x64, 1)]);
        let mut byte = [0];
        for (addr, expected) in [(0x3f8, 0), (0x3ff, 7), (0x60, 0), (0x64, 0)] {
            bus.read(addr, &mut byte);
            assert_eq!(byte[0], expected, "at {addr:#x}");
        }
    }

    #[test]
    fn read_unclaimed_returns_all_ones() {
        let (bus, _probes) = bus_with(&[(0x1000, 0x10)]);
        for (addr, len) in [
            (0xfff, 1),
            (0x1010, 1),
            (0xffe, 4),
            (0x100e, 4),
            (u64::MAX, 2),
        ] {
            let mut data = vec![0; len];
            bus.read(addr, &mut data);
            assert_eq!(data, vec![0xff; len], "at {addr:#x}");
        }
    }

    #[test]
    fn write_reaches_only_the_owner() {
        let (bus, probes) = bus_with(&[(0x1000, 0x10), (0x1010, 0x10)]);
        bus.write(0x1014, &[1, 2]);
        bus.write(0x100f, &[9, 9]);
        bus.write(0x2000, &[3]);
        assert!(probes[0].0.lock().unwrap().is_empty());
        assert_eq!(*probes[1].0.lock().unwrap(), [(4, vec![1, 2])]);
    }

    #[test]
    fn insert_overlapping_is_refused_and_changes_nothing() {
        let (mut bus, _probes) = bus_with(&[(0x100, 0x10), (0x200, 0x10)]);
        for (base, len) in [(0x100, 1), (0xf8, 9), (0x10f, 1), (0, 0x1000), (0x1ff, 2)] {
            let result = bus.insert(base, len, Arc::new(Probe::default()));
            assert!(
                matches!(result, Err(BusError::Overlap { .. })),
                "{base:#x}+{len:#x}"
            );
        }
        bus.insert(0x110, 0xf0, Arc::new(Probe::default())).unwrap();
    }

    #[test]
    fn insert_empty_or_wrapping_is_refused() {
        let mut bus = Bus::new();
        for (base, len) in [(0, 0), (u64::MAX, 2), (2, u64::MAX)] {
            let result = bus.insert(base, len, Arc::new(Probe::default()));
            assert_eq!(result, Err(BusError::InvalidRange { base, len }));
        }
        bus.insert(u64::MAX, 1, Arc::new(Probe::default())).unwrap();
    }
}
