//! One exchange with one server, that goes on whenever something can be sent or received.

use std::borrow::Cow;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::model::{Probed, SocketName};
use crate::sys::connect::Connection;
use crate::sys::dir::Failure;

use super::exchange::{Dialogue, Exchange, Verdict};
use super::target::find;
use super::{Options, run};

/// A connection, and what is said over it.
pub(super) struct Attempt<'a> {
    probed: Probed,
    connection: Connection,
    dialogue: Dialogue<'a>,
    started: Instant,
}

/// What has become of the first step.
pub(super) enum Begun<'a> {
    /// There is nothing to wait for.
    Done(Box<Probed>),
    /// An answer is waited for.
    Open(Box<Attempt<'a>>),
}

impl<'a> Attempt<'a> {
    /// Connects, and says what can be said at once.
    pub(super) fn begin(
        name: &SocketName,
        options: &Options,
        exchange: Cow<'a, Exchange>,
    ) -> Begun<'a> {
        let started = Instant::now();
        let (socket, target) = find(name);
        let mut probed = Probed::of(socket);
        let connection = target.and_then(|target| run::enter(&mut probed, &target, options));
        let unfit = exchange.is_not_for(probed.socket.kind);
        let Some(connection) = connection.filter(|_| unfit.is_none()) else {
            probed.error = unfit.filter(|_| probed.latency.is_some());
            return Begun::Done(Box::new(probed));
        };
        // The time to connect counts, and what was looked at before it does not.
        let took = probed.latency.unwrap_or_default();
        let mut attempt = Attempt {
            probed,
            connection,
            dialogue: Dialogue::new(exchange),
            started: Instant::now().checked_sub(took).unwrap_or(started),
        };
        let verdict = match attempt.dialogue.has_sent(0) {
            Verdict::Open => attempt.go_on(),
            verdict => verdict,
        };
        match verdict {
            Verdict::Open => Begun::Open(Box::new(attempt)),
            verdict => Begun::Done(Box::new(attempt.end(verdict))),
        }
    }

    /// For how long it has lasted.
    pub(super) fn lasts(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether something is still to be sent.
    pub(super) fn wants_to_send(&self) -> bool {
        !self.dialogue.unsent().is_empty()
    }

    /// Sends and receives whatever can be.
    pub(super) fn go_on(&mut self) -> Verdict {
        // A server may have answered and closed without reading all: its answer counts.
        match self.send() {
            Ok(Verdict::Open) => self.receive(None),
            Ok(verdict) => verdict,
            Err(failure) => self.receive(Some(failure)),
        }
    }

    fn send(&mut self) -> Result<Verdict, Failure> {
        while self.wants_to_send() {
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

    /// All that is there, and no more than will be looked at: a server that sends byte by byte
    /// without end is held against what is expected once, and not for each byte.
    fn receive(&mut self, broken: Option<Failure>) -> Verdict {
        let mut buffer = [0; 8192];
        while self.dialogue.has_room() {
            match (self.connection.receive(&mut buffer), broken) {
                (Ok(Some(0)), _) => return self.dialogue.has_ended("the server closed"),
                (Ok(Some(length)), _) => self.dialogue.hear(&buffer[..length]),
                (Ok(None), Some(failure)) | (Err(failure), _) => {
                    return self.dialogue.has_ended(&failure.to_string());
                }
                (Ok(None), None) => break,
            }
        }
        self.dialogue.verdict()
    }

    /// What is to be said of it when there is no time left.
    pub(super) fn is_late(&self) -> Verdict {
        self.dialogue.has_ended("the time is over")
    }

    /// What has come of it.
    pub(super) fn end(mut self, verdict: Verdict) -> Probed {
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
        self.probed
    }
}

impl AsFd for Attempt<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}
