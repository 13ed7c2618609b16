//! Passes on what the command says of itself to whoever we are to tell, in order and whole:
//! fields, descriptors and barriers, sd_notify(3).
//!
//! ```text
//! command --> mailbox --> [is it of the command?] --> parcels --> upstream
//!                                                        ^
//!                                  READY=1 is held back until it may be told
//! ```
//!
//! That is told once, whoever was the first to say it, and again at the end of each reload. Of a
//! command that has ended before what it binds was held against a policy it is not told any more.
//!
//! A barrier is a descriptor that the sender waits to see closed. Passed on behind all that came
//! before it, it is closed when the service manager has taken that; with nobody to tell, when we
//! have. While something is held back, or upstream is full, nothing more is taken in, so that it
//! is the command that waits and nothing is lost.

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use super::mailbox::Mailbox;
use super::notify::{LONGEST, Notice, Told};
use super::parent::event::{ChildId, Event, News};
use super::parent::source::Source;
use crate::sys::dir::Failure;
use crate::sys::foreign::Foreign;
use crate::sys::notify::{Datagram, Sender, Upstream};
use crate::sys::proc::{Descent, descent};

/// What we say ourselves where the command has not.
const READY: &[u8] = b"READY=1";

/// So many datagrams are taken in before others have their turn.
const TURN: usize = 64;

/// Of so many that are ignored it is said why.
const IGNORED: u64 = 20;

/// How long is waited at the very end for those that we tell.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

/// The relay.
#[derive(Debug)]
pub struct Relay {
    mailbox: Mailbox,
    /// `None`: nobody is to be told.
    upstream: Option<Upstream>,
    waits: Waits,
    own_pid: u32,
    children: Vec<(ChildId, u32)>,
    told: Told,
    parcels: VecDeque<Parcel>,
    /// How many notifications were.
    ignored: u64,
}

/// What we wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    /// The command.
    Mailbox,
    /// Room for what is to be passed on.
    Upstream,
    /// That it is ready, which others say.
    Nothing,
}

/// Something to pass on.
#[derive(Debug)]
struct Parcel {
    notice: Notice,
    descriptors: Foreign,
}

impl Relay {
    /// From there to there. `own_pid`: whose descendants are listened to.
    pub fn new(mailbox: Mailbox, upstream: Option<Upstream>, own_pid: u32) -> Relay {
        Relay {
            mailbox,
            upstream,
            waits: Waits::Mailbox,
            own_pid,
            children: Vec::new(),
            told: Told::NotYet,
            parcels: VecDeque::new(),
            ignored: 0,
        }
    }

    /// Passes on what is there, then takes in and passes on up to `most` more, as long as nothing
    /// is held up.
    fn go_on(&mut self, most: usize) -> Vec<Event> {
        let mut events = Vec::new();
        let mut room = [0; LONGEST + 1];
        self.waits = self.pass_on();
        for _ in 0..most {
            if self.waits != Waits::Mailbox {
                break;
            }
            match self.mailbox.receiver().receive(&mut room) {
                Ok(Some(datagram)) => {
                    let text = room[..datagram.length].to_vec();
                    self.take(text, datagram, &mut events);
                    self.waits = self.pass_on();
                }
                Ok(None) => break,
                Err(failure) => {
                    tracing::warn!("a notification of the command is lost: {failure}");
                    break;
                }
            }
        }
        events
    }

    fn ignore(&mut self, why: &dyn std::fmt::Display) {
        self.ignored += 1;
        match self.ignored {
            ..IGNORED => tracing::warn!("a notification is ignored: {why}"),
            IGNORED => {
                tracing::warn!("a notification is ignored: {why}; of others nothing is said");
            }
            _ => tracing::debug!("a notification is ignored: {why}"),
        }
    }

    fn take(&mut self, text: Vec<u8>, datagram: Datagram, events: &mut Vec<Event>) {
        let Some(id) = self.whose(datagram.sender.as_ref()) else {
            let pid = datagram.sender.and_then(|sender| sender.pid);
            let pid = pid.map_or_else(|| "?".to_owned(), |pid| pid.to_string());
            return self.ignore(&format!(
                "process {pid}, which sent it, is none of the command's"
            ));
        };
        if datagram.descriptors_lost {
            return self.ignore(
                &"its descriptors could not be taken over; the limit of open files (nofile) is \
                  too low",
            );
        }
        let notice = match Notice::new(text) {
            Ok(notice) => notice,
            Err(why) => return self.ignore(&why),
        };
        let said = notice.said();
        if said.ready && self.told == Told::NotYet {
            events.push(Event::LooksReady(id));
        }
        if let Some(longer) = said.extend {
            events.push(Event::Extend(id, longer));
        }
        let mut descriptors = datagram.descriptors;
        if notice.hands_over_main_process() {
            descriptors = Foreign::default();
        }
        self.parcels.push_back(Parcel {
            notice,
            descriptors,
        });
    }

    /// Which start a process belongs to; `None`: it has nothing to say here.
    ///
    /// Of one that was reaped nobody can tell any more from whom it descended. It is believed if
    /// its user is the one for whom the mailbox is.
    fn whose(&self, sender: Option<&Sender>) -> Option<ChildId> {
        let sender = sender?;
        let latest = self.children.last().map(|(id, _)| *id);
        let found = match descent(sender.pid?, self.own_pid) {
            // It may be another process that has the number by now.
            _ if sender.is_reaped() == Some(true) => Descent::Unseen,
            found => found,
        };
        match found {
            Descent::Through(child) => {
                let of_child = self.children.iter().find(|(_, pid)| *pid == child);
                // If it is none of them, it is the orphan of one, which we have taken in.
                of_child.map(|(id, _)| *id).or(latest)
            }
            Descent::Stranger => None,
            Descent::Unseen => latest.filter(|_| self.mailbox.believes(sender.uid)),
        }
    }

    /// Passes on what may be. What is to be waited for then.
    fn pass_on(&mut self) -> Waits {
        while let Some(parcel) = self.parcels.front() {
            if self.told == Told::NotYet && parcel.notice.said().ready {
                return Waits::Nothing;
            }
            let (text, told) = parcel.notice.relayed(self.told);
            match send(self.upstream.as_ref(), text.as_deref(), parcel) {
                Ok(true) => self.told = told,
                Ok(false) => return Waits::Upstream,
                Err(failure) => {
                    tracing::warn!("a notification could not be passed on: {failure}");
                }
            }
            self.parcels.pop_front();
        }
        Waits::Mailbox
    }

    /// It may be told, and is, whether the command itself has said it or not.
    fn tell_ready(&mut self) -> Vec<Event> {
        if self.told == Told::Already {
            return Vec::new();
        }
        self.told = Told::Next;
        let said = self.parcels.iter().any(|parcel| parcel.notice.said().ready);
        if let (false, Ok(notice)) = (said, Notice::new(READY.to_vec())) {
            self.parcels.push_back(Parcel {
                notice,
                descriptors: Foreign::default(),
            });
        }
        self.go_on(TURN)
    }

    /// If it was not ready by now, it will not be.
    fn give_up(&mut self) {
        if self.told == Told::NotYet {
            self.told = Told::Never;
        }
    }
}

/// Sends what is to be passed on of it. `false`: there is no room at the moment.
fn send(
    upstream: Option<&Upstream>,
    text: Option<&[u8]>,
    parcel: &Parcel,
) -> Result<bool, Failure> {
    let (Some(upstream), Some(text)) = (upstream, text) else {
        return Ok(true);
    };
    let descriptors: Vec<BorrowedFd<'_>> = parcel.descriptors.iter().map(AsFd::as_fd).collect();
    upstream.send(text, &descriptors)
}

impl Source for Relay {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self.waits {
            Waits::Mailbox => Some(self.mailbox.receiver().as_fd()),
            Waits::Upstream => self.upstream.as_ref().map(AsFd::as_fd),
            Waits::Nothing => None,
        }
    }

    fn wants_to_write(&self) -> bool {
        self.waits == Waits::Upstream
    }

    fn deadline(&self) -> Option<Instant> {
        None
    }

    fn turn(&mut self, _now: Instant) -> Vec<Event> {
        self.go_on(TURN)
    }

    fn hear(&mut self, news: News, _now: Instant) -> Vec<Event> {
        match news {
            News::Forked { id, pid } => self.children.push((id, pid)),
            News::Ready(_) => return self.tell_ready(),
            News::Stopping => {
                self.give_up();
                return self.go_on(TURN);
            }
            News::Ended(id) => {
                self.give_up();
                // What it said last is still there.
                let events = self.go_on(usize::MAX);
                self.children.retain(|(other, _)| *other != id);
                return events;
            }
            News::Started(_) | News::Check(_) => {}
        }
        Vec::new()
    }
}

/// What was said last is passed on, too, even if somebody is slow to take it.
impl Drop for Relay {
    fn drop(&mut self) {
        self.give_up();
        let until = Instant::now() + LAST_PATIENCE;
        loop {
            self.go_on(usize::MAX);
            let left = until.saturating_duration_since(Instant::now());
            match &self.upstream {
                Some(upstream) if self.waits == Waits::Upstream && !left.is_zero() => {
                    if upstream.wait_for_room(left).is_err() {
                        return;
                    }
                }
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests;
