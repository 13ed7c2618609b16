//! Exchanges with many servers at once, none of which can hold up another one.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use crate::model::{Probed, Socket, SocketName};
use crate::sys::connect::Connection;
use crate::sys::dir::Failure;
use crate::sys::epoll::Readiness;
use crate::sys::limits::raise_open_files;

use super::exchange::{Dialogue, Exchange, Verdict};
use super::target::find;
use super::{Options, run};

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
                socket.why = Some(format!("epoll_create1(): {failure}"));
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
    probed: Probed,
    connection: Connection,
    dialogue: Dialogue<'a>,
    started: Instant,
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
        let started = Instant::now();
        let (socket, target) = find(name);
        let mut probed = Probed::of(socket);
        let connection = target.and_then(|target| run::enter(&mut probed, &target, self.options));
        let unfit = self.exchange.is_not_for(probed.socket.kind);
        let Some(connection) = connection.filter(|_| unfit.is_none()) else {
            probed.error = unfit.filter(|_| probed.latency.is_some());
            self.done.push((place, probed));
            return;
        };
        // The time to connect counts, and what was looked at before it does not.
        let took = probed.latency.unwrap_or_default();
        let mut guest = Guest {
            place,
            probed,
            connection,
            dialogue: Dialogue::new(self.exchange),
            started: Instant::now().checked_sub(took).unwrap_or(started),
        };
        match guest.begin() {
            Verdict::Open => {
                self.serial += 1;
                if let Err(failure) = self.readiness.add(&guest.connection, self.serial) {
                    let verdict = Verdict::Bad(format!("epoll_ctl(): {failure}"), None);
                    self.done.push(guest.end(verdict));
                } else {
                    self.waiting.insert(self.serial, guest);
                }
            }
            verdict => self.done.push(guest.end(verdict)),
        }
    }

    fn progress(&mut self, more_to_start: bool) {
        let longest = match self.waiting.first_key_value() {
            Some((_, guest)) if !more_to_start => {
                self.options.timeout.saturating_sub(guest.started.elapsed())
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
            match guest.go_on() {
                Verdict::Open => {}
                verdict => self.finish(number, verdict),
            }
        }
    }

    fn expire(&mut self) {
        let now = Instant::now();
        while let Some((&number, guest)) = self.waiting.first_key_value() {
            if now.duration_since(guest.started) < self.options.timeout {
                break;
            }
            let verdict = guest.dialogue.has_ended("the time is over");
            self.finish(number, verdict);
        }
    }

    fn finish(&mut self, number: u64, verdict: Verdict) {
        if let Some(guest) = self.waiting.remove(&number) {
            self.done.push(guest.end(verdict));
        }
    }

    fn give_up(&mut self, failure: Failure) {
        for (_, guest) in std::mem::take(&mut self.waiting) {
            let verdict = Verdict::Bad(format!("epoll_wait(): {failure}"), None);
            self.done.push(guest.end(verdict));
        }
    }
}

impl Guest<'_> {
    fn begin(&mut self) -> Verdict {
        match self.dialogue.has_sent(0) {
            Verdict::Open => self.go_on(),
            verdict => verdict,
        }
    }

    /// Sends and receives whatever can be.
    fn go_on(&mut self) -> Verdict {
        // A server may have answered and closed without reading all: its answer counts.
        match self.send() {
            Ok(Verdict::Open) => self.receive(None),
            Ok(verdict) => verdict,
            Err(failure) => self.receive(Some(failure)),
        }
    }

    fn send(&mut self) -> Result<Verdict, Failure> {
        while !self.dialogue.unsent().is_empty() {
            let Some(length) = self.connection.send(self.dialogue.unsent())? else {
                break;
            };
            match self.dialogue.has_sent(length) {
                Verdict::Open => {}
                verdict => return Ok(verdict),
            }
        }
        Ok(Verdict::Open)
    }

    fn receive(&mut self, broken: Option<Failure>) -> Verdict {
        let mut buffer = [0; 8192];
        loop {
            let verdict = match (self.connection.receive(&mut buffer), broken) {
                (Ok(Some(0)), _) => return self.dialogue.has_ended("the server closed"),
                (Ok(Some(length)), _) => self.dialogue.has_received(&buffer[..length]),
                (Ok(None), Some(failure)) | (Err(failure), _) => {
                    return self.dialogue.has_ended(&failure.to_string());
                }
                (Ok(None), None) => return Verdict::Open,
            };
            if verdict != Verdict::Open {
                return verdict;
            }
        }
    }

    fn end(mut self, verdict: Verdict) -> (usize, Probed) {
        match verdict {
            Verdict::Good(status) => {
                self.probed.latency = Some(self.started.elapsed());
                self.probed.http_status = status;
            }
            Verdict::Bad(why, status) => {
                // With a status the server did answer, if not what was wanted.
                self.probed.latency = status.map(|_| self.started.elapsed());
                self.probed.http_status = status;
                self.probed.error = Some(why);
                if status.is_none() {
                    self.probed.received = self.dialogue.received();
                }
            }
            Verdict::Open => {}
        }
        (self.place, self.probed)
    }
}
