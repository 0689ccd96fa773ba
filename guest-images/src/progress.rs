//! What a person sees of the long steps.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Is told of each step. All methods are called from the thread that called
/// [`crate::prepare`].
pub trait Progress {
    /// A step begins. Nothing is told of what is in the cache already.
    fn begin(&mut self, step: &str);
    /// It is still going on; called about once a second.
    fn tick(&mut self, step: &str, elapsed: Duration);
    /// It has ended well.
    fn end(&mut self, step: &str, elapsed: Duration);
}

/// Shows nothing.
#[derive(Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&mut self, _: &str) {}
    fn tick(&mut self, _: &str, _: Duration) {}
    fn end(&mut self, _: &str, _: Duration) {}
}

/// Shows the steps on standard error: a line that counts in a terminal, and
/// else a line now and then.
#[derive(Debug)]
pub struct Terminal {
    counts: bool,
    last_line: Instant,
}

/// How often a log that no one watches gets a line.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

impl Default for Terminal {
    fn default() -> Self {
        Self {
            counts: std::io::stderr().is_terminal(),
            last_line: Instant::now(),
        }
    }
}

impl Terminal {
    fn line(&mut self, text: std::fmt::Arguments<'_>, stays: bool) {
        let mut out = std::io::stderr();
        // A lost progress line is no reason to stop.
        let _ = match (self.counts, stays) {
            (true, true) => writeln!(out, "\r\x1b[Kguest image: {text}"),
            (true, false) => write!(out, "\r\x1b[Kguest image: {text}"),
            (false, _) => writeln!(out, "guest image: {text}"),
        };
        self.last_line = Instant::now();
    }
}

impl Progress for Terminal {
    fn begin(&mut self, step: &str) {
        self.line(format_args!("{step} ..."), false);
    }

    fn tick(&mut self, step: &str, elapsed: Duration) {
        if self.counts || self.last_line.elapsed() >= LOG_INTERVAL {
            self.line(format_args!("{step} ... {} s", elapsed.as_secs()), false);
        }
    }

    fn end(&mut self, step: &str, elapsed: Duration) {
        self.line(format_args!("{step}: {:.1} s", elapsed.as_secs_f32()), true);
    }
}
