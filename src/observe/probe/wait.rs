//! Until they are live. That a name appears is told by the kernel; that somebody listens is not
//! (listen(2) raises no event), so tests follow each other with growing pauses.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::model::{Probed, SocketName, State};

use super::super::lookout::{Lookout, Woken};
use super::{Options, run, settle};

/// Between two tests of a server that has just bound its socket.
const SHORTEST: Duration = Duration::from_millis(1);

/// Between two tests of a server that is bound and does not listen yet.
const LONGEST: Duration = Duration::from_millis(100);

/// Between two tests of what the kernel tells us about: for what it does not tell, such as a
/// change behind a link or on a network file system.
const LONGEST_WATCHED: Duration = Duration::from_secs(1);

/// When an address is to be tested again.
pub(super) struct Waiting {
    pause: Duration,
    pub(super) next: Instant,
    /// Whether the directories have to be watched anew.
    unwatched: bool,
    watched: bool,
}

/// Tests until all are live or the patience is over.
pub(super) fn until_live(
    names: &[SocketName],
    options: &Options,
    patience: Option<Duration>,
) -> Vec<Probed> {
    let started = Instant::now();
    let left = || patience.map(|patience| patience.saturating_sub(started.elapsed()));
    let mut lookout = Lookout::new();
    let mut done: Vec<Option<Probed>> = names.iter().map(|_| None).collect();
    let mut waiting: BTreeMap<usize, Waiting> = (0..names.len())
        .map(|place| (place, Waiting::new(started)))
        .collect();
    loop {
        let over = left().is_some_and(|left| left.is_zero());
        let now = Instant::now();
        let mut due = Vec::new();
        for (&place, waiting) in &mut waiting {
            if over || waiting.next <= now {
                waiting.watch(&names[place], place, &mut lookout);
                due.push(place);
            }
        }
        for (place, probed) in test(names, &due, options) {
            if is_good(&probed) {
                waiting.remove(&place);
            } else if let Some(waiting) = waiting.get_mut(&place) {
                waiting.grow(probed.socket.state);
                tracing::debug!(
                    address = %String::from_utf8_lossy(&probed.socket.name.to_bytes()),
                    state = probed.socket.state.as_str(),
                    "not live yet"
                );
            }
            done[place] = Some(probed);
        }
        if waiting.is_empty() || over {
            break;
        }
        sleep(&mut waiting, &mut lookout, left());
    }
    let mut done: Vec<Probed> = done.into_iter().flatten().collect();
    if !options.silent {
        settle::settle(&mut done, options, None);
    }
    for &place in waiting.keys() {
        let probed = &mut done[place];
        if let (None, Some(patience)) = (&probed.error, patience) {
            probed.error = Some(format!("not live within {patience:?}"));
        }
    }
    done
}

/// Saturated is not dead: clients come and go.
pub(super) fn is_good(probed: &Probed) -> bool {
    probed.is_live() || (probed.socket.state == State::Saturated && probed.error.is_none())
}

pub(super) fn test(names: &[SocketName], due: &[usize], options: &Options) -> Vec<(usize, Probed)> {
    if due.is_empty() {
        return Vec::new();
    }
    let names: Vec<SocketName> = due.iter().map(|&place| names[place].clone()).collect();
    let mut probed = run::all(&names, options);
    // Whether somebody who is bound listens, too, is in the list only.
    if options.silent {
        settle::settle_here(&mut probed, options, None);
    }
    due.iter().copied().zip(probed).collect()
}

/// Until the next test is due, or something has happened.
fn sleep(waiting: &mut BTreeMap<usize, Waiting>, lookout: &mut Lookout, left: Option<Duration>) {
    let Some(next) = waiting.values().map(|waiting| waiting.next).min() else {
        return;
    };
    let until_next = next.saturating_duration_since(Instant::now());
    let longest = left.map_or(until_next, |left| left.min(until_next));
    let woken = lookout.wait(longest);
    let now = Instant::now();
    match woken {
        Woken::Everybody => waiting
            .values_mut()
            .for_each(|who| *who = Waiting::new(now)),
        Woken::These(these) => {
            if !these.is_empty() {
                tracing::debug!(addresses = these.len(), "something has happened on the way");
            }
            for place in these {
                if let Some(who) = waiting.get_mut(&place) {
                    *who = Waiting::new(now);
                }
            }
        }
    }
}

impl Waiting {
    pub(super) fn new(now: Instant) -> Waiting {
        Waiting {
            pause: SHORTEST,
            next: now,
            unwatched: true,
            watched: false,
        }
    }

    pub(super) fn watch(&mut self, name: &SocketName, place: usize, lookout: &mut Lookout) {
        if std::mem::take(&mut self.unwatched) {
            self.watched = name
                .as_path()
                .is_some_and(|path| lookout.watch(path, place));
        }
    }

    pub(super) fn grow(&mut self, state: State) {
        self.next = Instant::now() + self.pause;
        let told = self.watched && state != State::NotListening;
        let longest = if told { LONGEST_WATCHED } else { LONGEST };
        self.pause = (self.pause * 2).min(longest);
    }
}
