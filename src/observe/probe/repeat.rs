//! The same tests again and again, and what that says about latency.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::model::{Figures, Latencies, Probed, SocketName};
use crate::sys::inotify::pause;
use crate::sys::signals::{EndSignal, EndSignals};

use super::{Options, run};

#[derive(Default)]
struct Record {
    latencies: Vec<Duration>,
    failed: u32,
    /// The first that failed, or the last one.
    kept: Option<Probed>,
}

/// What happens meanwhile.
enum Event {
    Round(Vec<Probed>),
    Signal(EndSignal),
}

/// One round each `interval`, or one after the other where a round takes longer than that; none
/// more when one of `signals` comes.
pub(super) fn rounds(
    names: &[SocketName],
    options: &Options,
    count: u32,
    interval: Duration,
    signals: Option<EndSignals>,
) -> (Vec<Probed>, Option<EndSignal>) {
    let (tell, told) = mpsc::channel();
    if let Some(signals) = signals {
        let tell = tell.clone();
        // Without it the signals end nothing before the last round is over.
        drop(thread::Builder::new().spawn(move || {
            if let Ok(signal) = signals.wait() {
                drop(tell.send(Event::Signal(signal)));
            }
        }));
    }
    let rounds = Rounds { count, interval };
    let (all, how, sender) = (names.to_vec(), options.clone(), tell.clone());
    // It is not waited for: a test that is under way when a signal comes has nothing to add.
    let worker = thread::Builder::new().spawn(move || rounds.make(&all, &how, &sender));
    if worker.is_err() {
        rounds.make(names, options, &tell);
    }
    drop(tell);
    let mut records: Vec<Record> = names.iter().map(|_| Record::default()).collect();
    let (mut made, mut signal) = (0, None);
    while made < count {
        match told.recv() {
            Ok(Event::Round(round)) => {
                for (record, probed) in records.iter_mut().zip(round) {
                    record.add(probed);
                }
                made += 1;
            }
            Ok(Event::Signal(came)) => {
                signal = Some(came);
                break;
            }
            Err(_) => break,
        }
    }
    let records = records.into_iter();
    let probed = records.filter_map(|record| record.into_probed(made));
    (probed.collect(), signal)
}

#[derive(Clone, Copy)]
struct Rounds {
    count: u32,
    interval: Duration,
}

impl Rounds {
    fn make(self, names: &[SocketName], options: &Options, tell: &mpsc::Sender<Event>) {
        for round in 0..self.count {
            let started = Instant::now();
            let probed = run::all(names, options);
            let wanted = tell.send(Event::Round(probed)).is_ok();
            if !wanted || round + 1 == self.count {
                return;
            }
            rest(self.interval, started);
        }
    }
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
