//! How long `maro` takes before its guest runs.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

static START: OnceLock<Instant> = OnceLock::new();

/// Notes that the process has started.
pub fn note_start() {
    START.get_or_init(Instant::now);
}

/// Processor time that this process has used.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or(0),
        time.tv_nsec.try_into().unwrap_or(0),
    )
}

/// Logs what it took until now, when the first CPU enters the guest.
pub fn log_first_instruction() {
    if !log::log_enabled!(log::Level::Info) {
        return;
    }
    let wall = START.get().map_or(Duration::ZERO, Instant::elapsed);
    log::info!(
        "First guest instruction: {:.1} ms after the start, {:.1} ms of CPU time",
        wall.as_secs_f64() * 1e3,
        cpu_time().as_secs_f64() * 1e3
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_grows_with_work() {
        let before = cpu_time();
        let mut sum = 0u64;
        while cpu_time() == before {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(cpu_time() > before);
    }
}
