//! The same tests again and again, and what that says about latency.

use std::time::{Duration, Instant};

use crate::model::{Figures, Latencies, Probed, SocketName};
use crate::sys::inotify::pause;

use super::{Options, run};

#[derive(Default)]
struct Record {
    latencies: Vec<Duration>,
    failed: u32,
    /// The first that failed, or the last one.
    kept: Option<Probed>,
}

/// One round each `interval`, or one after the other where a round takes longer than that.
pub(super) fn rounds(
    names: &[SocketName],
    options: &Options,
    count: u32,
    interval: Duration,
) -> Vec<Probed> {
    let mut records: Vec<Record> = names.iter().map(|_| Record::default()).collect();
    for round in 0..count {
        let started = Instant::now();
        for (record, probed) in records.iter_mut().zip(run::all(names, options)) {
            record.add(probed);
        }
        if round + 1 < count {
            rest(interval, started);
        }
    }
    records
        .into_iter()
        .filter_map(|record| record.into_probed(count))
        .collect()
}

/// Signals that do not end the program do not shorten it.
fn rest(interval: Duration, started: Instant) {
    loop {
        let left = interval.saturating_sub(started.elapsed());
        if left.is_zero() || pause(left).is_err() {
            return;
        }
    }
}

impl Record {
    fn add(&mut self, probed: Probed) {
        let good = probed.is_live();
        if good {
            self.latencies.extend(probed.latency);
        }
        if self.failed == 0 {
            self.kept = Some(probed);
        }
        self.failed += u32::from(!good);
    }

    fn into_probed(mut self, count: u32) -> Option<Probed> {
        let latencies = Latencies::of(&mut self.latencies);
        let mut probed = self.kept?;
        if latencies.is_some() && self.failed > 0 && probed.error.is_none() {
            probed.error = Some(format!("{} of {count} tests failed", self.failed));
        }
        probed.latency = latencies.map(|latencies| latencies.p50);
        probed.figures = Some(Figures {
            count,
            failed: self.failed,
            latencies,
        });
        Some(probed)
    }
}
