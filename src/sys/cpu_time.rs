//! How much work a test was, however busy the machine is.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What the calling thread uses of a processor.
pub(crate) struct CpuTime(Duration);

impl CpuTime {
    pub(crate) fn start() -> CpuTime {
        CpuTime(now())
    }

    pub(crate) fn used(&self) -> Duration {
        now().saturating_sub(self.0)
    }
}

fn now() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(now).expect("it counts from 0")
}
