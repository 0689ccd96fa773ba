//! Counts of the exits from guest to monitor.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Kinds of exits that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitKind {
    /// The guest read a port.
    PortIn,
    /// The guest wrote a port.
    PortOut,
    /// The guest read a device register in memory.
    MmioRead,
    /// The guest wrote a device register in memory.
    MmioWrite,
    /// A signal interrupted the CPU.
    Interrupted,
    /// Anything else.
    Other,
}

const NAMES: [(ExitKind, &str); KINDS] = [
    (ExitKind::PortIn, "port in"),
    (ExitKind::PortOut, "port out"),
    (ExitKind::MmioRead, "MMIO read"),
    (ExitKind::MmioWrite, "MMIO write"),
    (ExitKind::Interrupted, "interrupted"),
    (ExitKind::Other, "other"),
];

const KINDS: usize = 6;

/// The exits of one CPU. Each CPU has its own, on a cache line of its own, so that
/// counting costs next to nothing.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct ExitCounts([AtomicU64; KINDS]);

impl ExitCounts {
    /// Counts one exit.
    pub fn count(&self, kind: ExitKind) {
        // One thread alone writes: no read-modify-write is needed.
        let counter = &self.0[kind as usize];
        counter.store(
            counter.load(Ordering::Relaxed).wrapping_add(1),
            Ordering::Relaxed,
        );
    }
}

/// The exits of all CPUs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExitTotals([u64; KINDS]);

impl ExitTotals {
    /// Adds up the exits of several CPUs.
    pub fn sum<'a>(cpus: impl IntoIterator<Item = &'a ExitCounts>) -> Self {
        let mut totals = Self::default();
        for counts in cpus {
            for (total, count) in totals.0.iter_mut().zip(&counts.0) {
                *total += count.load(Ordering::Relaxed);
            }
        }
        totals
    }

    /// All exits.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl fmt::Display for ExitTotals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} exits", self.total())?;
        for (kind, name) in NAMES {
            write!(f, ", {name} {}", self.0[kind as usize])?;
        }
        Ok(())
    }
}

/// What a run cost: its exits, and their share of each frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The exits of all CPUs.
    pub exits: ExitTotals,
    /// Frames that the guest has shown.
    pub frames: u64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.exits)?;
        if self.frames != 0 {
            let rate = self.exits.total() as f64 / self.frames as f64;
            write!(f, "; {} frames, {rate:.1} exits a frame", self.frames)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_adds_cpus_and_prints_kinds() {
        let (a, b) = (ExitCounts::default(), ExitCounts::default());
        a.count(ExitKind::PortOut);
        a.count(ExitKind::PortOut);
        b.count(ExitKind::MmioRead);
        let totals = ExitTotals::sum([&a, &b]);
        assert_eq!(totals.total(), 3);
        let text = totals.to_string();
        assert!(
            text.starts_with("3 exits")
                && text.contains("port out 2")
                && text.contains("MMIO read 1")
        );
    }

    #[test]
    fn names_are_in_the_order_of_the_kinds() {
        for (index, (kind, _)) in NAMES.iter().enumerate() {
            assert_eq!(*kind as usize, index);
        }
    }
}
