//! When a run began and how long it took, as reports write it.

use std::time::Instant;

use jiff::Timestamp;

use crate::model::{Host as _, Run};
use crate::sys::host::SystemHost;

/// To the second, in UTC: `2026-11-22T14:30:00Z`.
pub(super) fn now() -> String {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    now.to_string()
}

/// Whole milliseconds.
pub(super) fn ms_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Started with the run.
pub(super) struct Stopwatch {
    started: Instant,
    time: String,
}

impl Stopwatch {
    pub(super) fn start() -> Stopwatch {
        Stopwatch {
            started: Instant::now(),
            time: now(),
        }
    }

    /// The day on which the run began, in UTC: `2026-11-22`.
    pub(super) fn day(&self) -> &str {
        self.time.split_once('T').map_or("", |(day, _)| day)
    }

    /// What ran, where, when and how long.
    pub(super) fn stop(&self) -> Run {
        Run {
            host: SystemHost.name(),
            time: self.time.clone(),
            duration_ms: ms_since(self.started),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_to_the_second_in_utc() {
        let stopwatch = Stopwatch::start();
        let run = stopwatch.stop();
        assert_eq!(run.time.len(), "2026-11-22T14:30:00Z".len(), "{}", run.time);
        assert!(run.time.ends_with('Z'));
        assert_eq!(stopwatch.day(), &run.time[..10]);
    }
}
