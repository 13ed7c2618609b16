//! Exchanges with many servers at once, none of which can hold up another one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::model::{Probed, Socket, SocketName};
use crate::sys::dir::Failure;
use crate::sys::epoll::Readiness;
use crate::sys::limits::raise_open_files;

use super::Options;
use super::attempt::{Attempt, Begun};
use super::exchange::{Exchange, Verdict};

/// Open connections at once, unless somebody wants more or fewer.
const USUAL: usize = 1024;

/// Descriptors that are left for everything else.
const SPARE: u64 = 64;

/// So many are started before those that wait are looked at: an answer that is there already
/// would seem late.
const BURST: usize = 16;

/// The answers, in the order of the addresses.
pub(super) fn all(names: &[SocketName], options: &Options, exchange: &Exchange) -> Vec<Probed> {
    let wanted = options.jobs.map_or(USUAL, NonZeroUsize::get);
    let allowed = usize::try_from(raise_open_files().saturating_sub(SPARE)).unwrap_or(usize::MAX);
    match Readiness::new() {
        Ok(readiness) => Crowd {
            options,
            exchange,
            readiness,
            waiting: BTreeMap::new(),
            serial: 0,
            done: Vec::with_capacity(names.len()),
        }
        .host(names, wanted.min(allowed).max(1)),
        Err(failure) => {
            let unknown = |name: &SocketName| {
                let mut socket = Socket::named(name.clone());
                socket.why = Some(format!("epoll_create1(): {failure}").into());
                Probed::of(socket)
            };
            names.iter().map(unknown).collect()
        }
    }
}

struct Crowd<'a> {
    options: &'a Options,
    exchange: &'a Exchange,
    readiness: Readiness,
    /// By a number that grows, so that the first is the one whose time is over first.
    waiting: BTreeMap<u64, Guest<'a>>,
    serial: u64,
    done: Vec<(usize, Probed)>,
}

struct Guest<'a> {
    place: usize,
    attempt: Attempt<'a>,
}

impl Crowd<'_> {
    fn host(mut self, names: &[SocketName], at_once: usize) -> Vec<Probed> {
        let mut names = names.iter().enumerate();
        loop {
            let room = at_once.saturating_sub(self.waiting.len());
            for (place, name) in names.by_ref().take(room.min(BURST)) {
                self.start(place, name);
            }
            let more = names.len() > 0 && self.waiting.len() < at_once;
            if self.waiting.is_empty() {
                if more {
                    continue;
                }
                break;
            }
            self.progress(more);
            self.expire();
        }
        self.done.sort_unstable_by_key(|(place, _)| *place);
        self.done.into_iter().map(|(_, probed)| probed).collect()
    }

    fn start(&mut self, place: usize, name: &SocketName) {
        let exchange = Cow::Borrowed(self.exchange);
        match Attempt::begin(name, self.options, exchange) {
            Begun::Done(probed) => self.done.push((place, *probed)),
            Begun::Open(attempt) => {
                self.serial += 1;
                if let Err(failure) = self.readiness.add(&*attempt, self.serial) {
                    let verdict = Verdict::Bad(format!("epoll_ctl(): {failure}"), None);
                    self.done.push((place, attempt.end(verdict)));
                } else {
                    let attempt = *attempt;
                    self.waiting.insert(self.serial, Guest { place, attempt });
                }
            }
        }
    }

    fn progress(&mut self, more_to_start: bool) {
        let longest = match self.waiting.first_key_value() {
            Some((_, guest)) if !more_to_start => {
                self.options.timeout.saturating_sub(guest.attempt.lasts())
            }
            _ => Duration::ZERO,
        };
        let ready = match self.readiness.wait(longest) {
            Ok(ready) => ready,
            Err(failure) => return self.give_up(failure),
        };
        for number in ready {
            let Some(guest) = self.waiting.get_mut(&number) else {
                continue;
            };
            match guest.attempt.go_on() {
                Verdict::Open => {}
                verdict => self.finish(number, verdict),
            }
        }
    }

    fn expire(&mut self) {
        while let Some((&number, guest)) = self.waiting.first_key_value() {
            if guest.attempt.lasts() < self.options.timeout {
                break;
            }
            let verdict = guest.attempt.is_late();
            self.finish(number, verdict);
        }
    }

    fn finish(&mut self, number: u64, verdict: Verdict) {
        if let Some(guest) = self.waiting.remove(&number) {
            self.done.push((guest.place, guest.attempt.end(verdict)));
        }
    }

    fn give_up(&mut self, failure: Failure) {
        for (_, guest) in std::mem::take(&mut self.waiting) {
            let verdict = Verdict::Bad(format!("epoll_wait(): {failure}"), None);
            self.done.push((guest.place, guest.attempt.end(verdict)));
        }
    }
}
