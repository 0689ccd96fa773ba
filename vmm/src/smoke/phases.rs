//! When what happened on the way to a picture.

use std::fmt;
use std::time::{Duration, Instant};

/// The steps from a start to a picture, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The machine is built and its first CPU enters the guest: maro's own part.
    CpusStarted,
    /// The guest's init has mounted the root.
    InitReady,
    /// The guest's program has a GL context and says whose.
    GlRenderer,
    /// The guest has shown a first frame.
    FirstFrame,
    /// The picture that was waited for is there.
    Picture,
}

const NAMES: [(Phase, &str); COUNT] = [
    (Phase::CpusStarted, "CPUs started"),
    (Phase::InitReady, "init ready"),
    (Phase::GlRenderer, "GL_RENDERER"),
    (Phase::FirstFrame, "first frame"),
    (Phase::Picture, "picture"),
];

const COUNT: usize = 5;

/// What a line on the console begins with or has in it when a phase is reached.
const MARKS: [(Phase, &str); 2] = [
    (Phase::InitReady, "maro-init: ready"),
    (Phase::GlRenderer, "GL_RENDERER"),
];

/// The times of the phases, from one start.
#[derive(Clone, Debug)]
pub struct Phases {
    start: Instant,
    reached: [Option<Duration>; COUNT],
}

impl Phases {
    /// Starts the clock.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            reached: [None; COUNT],
        }
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// When the clock was started.
    pub fn started(&self) -> Instant {
        self.start
    }

    /// Notes that `phase` is reached; only the first time counts.
    pub fn reach(&mut self, phase: Phase) {
        let now = self.elapsed();
        self.reached[phase as usize].get_or_insert(now);
    }

    /// Notes the phase that a line on the console stands for.
    pub fn read_line(&mut self, line: &str) {
        for (phase, mark) in MARKS {
            if line.contains(mark) {
                self.reach(phase);
            }
        }
    }

    /// When `phase` was reached, from the start.
    pub fn at(&self, phase: Phase) -> Option<Duration> {
        self.reached[phase as usize]
    }

    /// The first phase that is not reached yet.
    pub fn next(&self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(phase, _)| self.at(*phase).is_none())
            .map(|(_, name)| *name)
    }
}

impl fmt::Display for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<14} {:>9} {:>9}", "phase", "at", "took")?;
        let mut before = Duration::ZERO;
        for (phase, name) in NAMES {
            let Some(at) = self.at(phase) else {
                writeln!(f, "{name:<14} {:>9} {:>9}", "-", "-")?;
                continue;
            };
            let took = at.saturating_sub(before).as_secs_f64();
            writeln!(f, "{name:<14} {:>7.2} s {took:>7.2} s", at.as_secs_f64())?;
            before = at;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_the_phases() {
        for (index, (phase, _)) in NAMES.iter().enumerate() {
            assert_eq!(*phase as usize, index);
        }
    }

    #[test]
    fn lines_reach_their_phases_once() {
        let mut phases = Phases::start();
        phases.read_line("Linux version 6.12");
        assert_eq!(phases.next(), Some("CPUs started"));
        phases.reach(Phase::CpusStarted);
        phases.read_line("maro-init: ready 9.1");
        let ready = phases.at(Phase::InitReady);
        assert!(ready.is_some());
        phases.read_line("maro-init: ready again");
        assert_eq!(phases.at(Phase::InitReady), ready);
        assert_eq!(phases.next(), Some("GL_RENDERER"));
        phases.read_line("GL_RENDERER: virgl (llvmpipe)");
        assert_eq!(phases.next(), Some("first frame"));
    }

    #[test]
    fn table_has_a_line_a_phase() {
        let text = Phases::start().to_string();
        assert_eq!(text.lines().count(), COUNT + 1);
        assert!(text.contains("init ready"));
    }
}
