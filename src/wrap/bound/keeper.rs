//! The source that looks for the sockets of the command, holds them against policies before it
//! counts as ready, guards them while it runs, and removes them at the end.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use super::guard::{Guard, Look};
use super::look::{self, Eyes, Found};
use super::search::Search;
use super::settling::Settling;
use super::violation::{Judge, OnViolation, Violation};
use crate::change::holder;
use crate::change::own::Own;
use crate::model::{Inode, Names};
use crate::sys::epoll::Several;
use crate::sys::{memory, proc};
use crate::wrap::parent::Source;
use crate::wrap::parent::event::{ChildId, Event, News};
use crate::wrap::refusal::{Refusal, Status};

/// How sockets are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rules {
    /// What is done about what a policy says against one.
    pub on_violation: OnViolation,
    /// That it listens makes the command look ready.
    pub tells_ready: bool,
    /// The files stay at the end.
    pub keep: bool,
    /// As whom the command's processes are looked at where we may not.
    pub eyes: Option<Eyes>,
}

/// A socket file that we have made ourselves.
#[derive(Debug)]
pub struct Made {
    /// The file.
    pub own: Own,
    /// The kernel's number of the socket.
    pub number: Option<u32>,
}

/// Keeps the sockets of a command.
#[allow(missing_debug_implementations)] // a judge has none
pub struct Keeper<'a> {
    pub(super) rules: Rules,
    pub(super) judge: Box<dyn Judge + 'a>,
    pub(super) names: &'a dyn Names,
    /// `None`: it is over, or there is nothing to look for.
    pub(super) search: Option<Search>,
    /// One that is over, for a last look at the end.
    pub(super) over: Option<Search>,
    pub(super) settling: Option<Settling>,
    /// Processes that have to settle.
    holders: Vec<u32>,
    pub(super) guard: Guard,
    /// One for each file that is guarded.
    pub(super) kept: Vec<Kept>,
    fds: Option<Several>,
    pub(super) child: Option<(ChildId, u32)>,
    stage: Stage,
    /// When it is to be said that the command's processes cannot be looked at.
    blind: Option<Instant>,
    /// There is something to be forgotten.
    pub(super) untidy: bool,
}

/// What is known of a file beside what the guard knows.
#[derive(Debug)]
pub(super) struct Kept {
    /// As it is to be: as we have made it, or as it was when the command became ready.
    pub(super) like: Look,
    /// We have made it, and know what it has to be without a policy.
    pub(super) made: bool,
    /// What was said against it last.
    pub(super) said: Vec<Violation>,
    /// How often it was looked whether the command has bound its path anew.
    pub(super) again: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It is not the command yet.
    Before,
    Up {
        /// We have said that it looks ready.
        said: bool,
        /// An answer is awaited whether anything speaks against that.
        asked: bool,
    },
    Ready,
    /// The end has begun: files come and go as they like.
    Over,
}

/// What cannot be looked at for that long is said.
const BLIND: Duration = Duration::from_secs(1);

impl<'a> Keeper<'a> {
    /// `search` finds what the command binds; `made` is what it gets from us.
    pub fn new(
        rules: Rules,
        search: Option<Search>,
        made: Vec<Made>,
        judge: Box<dyn Judge + 'a>,
        names: &'a dyn Names,
    ) -> Keeper<'a> {
        let mut keeper = Keeper {
            rules,
            judge,
            names,
            search,
            over: None,
            settling: None,
            holders: Vec::new(),
            guard: Guard::default(),
            kept: Vec::new(),
            fds: Several::new().ok(),
            child: None,
            stage: Stage::Before,
            blind: None,
            untidy: false,
        };
        for Made { own, number } in made {
            keeper.add(own, number, true);
        }
        keeper.listen();
        keeper
    }

    /// Guards one more.
    fn add(&mut self, own: Own, number: Option<u32>, made: bool) {
        let path = own.path().to_owned();
        if let Err(failure) = self.guard.add(own, number) {
            tracing::warn!(
                "{}: it cannot be watched while the command runs: {failure}",
                path.display()
            );
        }
        for guarded in &self.guard.files()[self.kept.len()..] {
            self.kept.push(Kept {
                like: guarded.seen,
                made,
                said: Vec::new(),
                again: 0,
            });
        }
    }

    /// Makes sure that whatever there is to be read wakes us.
    fn listen(&mut self) {
        let Some(several) = &self.fds else { return };
        let search = self.search.as_ref().and_then(Search::fd);
        for fd in self.guard.fd().into_iter().chain(search) {
            // What cannot be added is seen when it is looked again.
            let _ = several.add(fd);
        }
    }

    pub(super) fn path(&self, index: usize) -> &Path {
        self.guard.files()[index].own.path()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.stage == Stage::Ready
    }

    fn look(&mut self, now: Instant, events: &mut Vec<Event>) {
        let (Some(search), Some((_, pid))) = (&mut self.search, self.child) else {
            return;
        };
        let turn = search.turn(pid, now);
        for found in turn.found {
            let path = found.own.path().display();
            tracing::info!("{path}: the command listens on it (pid {})", found.holder);
            let Found {
                own,
                number,
                holder,
            } = found;
            self.settles(holder, now);
            self.add(own, Some(number), false);
            if self.is_ready() {
                self.hold_against_policy(self.kept.len() - 1, events);
            }
        }
        if let Some(holder) = turn.holder {
            self.settles(holder, now);
        }
        match turn.taken {
            Some((path, inode)) if !self.is_ready() => {
                events.push(Event::Abort(self.taken(&path, inode)));
            }
            _ => {}
        }
        self.complain_of_blindness(now);
    }

    /// It is looked again from here on whether it has settled.
    pub(super) fn settles(&mut self, holder: u32, now: Instant) {
        if !self.holders.contains(&holder) {
            self.holders.push(holder);
        }
        if self.settling.as_ref().is_none_or(Settling::is_over) {
            self.settling = Some(Settling::new(now));
        }
    }

    fn taken(&self, path: &Path, inode: Inode) -> Refusal {
        let holder = holder::of(path, inode, self.names).sentence;
        Refusal::new(
            Status::Refused,
            format_args!(
                "--expect {}: {holder}, and that is no process of this command",
                path.display()
            ),
        )
    }

    fn complain_of_blindness(&mut self, now: Instant) {
        let blind = |search: &Search| search.is_blind() && !search.is_complete();
        if !self.search.as_ref().is_some_and(blind) {
            self.blind = None;
        } else if now >= *self.blind.get_or_insert(now + BLIND) {
            self.blind = Some(now + Duration::from_secs(3600));
            tracing::warn!(
                "the descriptors of some of the command's processes cannot be looked at (that takes \
                 CAP_SYS_PTRACE, or their user), so nobody can tell whether it has the socket"
            );
        }
    }

    fn settle(&mut self, now: Instant) {
        if let Some(settling) = &mut self.settling
            && settling.next().is_some_and(|next| next <= now)
        {
            settling.take(self.holders.iter().all(|&pid| proc::is_at_rest(pid)), now);
        }
    }

    /// Says that it looks ready, and answers whether anything speaks against it.
    fn conclude(&mut self, now: Instant, events: &mut Vec<Event>) {
        let (Stage::Up { said, asked }, Some((id, _))) = (self.stage, self.child) else {
            return;
        };
        let settled = self.settling.as_ref().is_none_or(Settling::is_over);
        let search = self.search.as_ref();
        if !settled || !search.is_none_or(Search::is_complete) {
            return;
        }
        let listens = search.is_some_and(|search| search.listens(now));
        if self.rules.tells_ready && listens && !said {
            self.stage = Stage::Up { said: true, asked };
            if !search.is_some_and(Search::has_found) {
                tracing::info!("the command listens on nothing so far, and counts as ready");
            }
            events.push(Event::LooksReady(id));
        }
        if !asked {
            return;
        }
        self.stage = Stage::Up { said, asked: false };
        // What we have made is as its policy says.
        let bound: Vec<usize> = (0..self.kept.len())
            .filter(|&index| !self.kept[index].made)
            .collect();
        let speaks_against = bound.into_iter().find_map(|index| self.verdict(index));
        events.push(match speaks_against {
            Some(refusal) => Event::Abort(refusal),
            None => Event::Passed(id),
        });
    }

    fn become_ready(&mut self) {
        self.stage = Stage::Ready;
        for (kept, guarded) in self.kept.iter_mut().zip(self.guard.files()) {
            if !kept.made {
                kept.like = guarded.seen;
            }
        }
    }

    /// Forgets what is only needed until it is ready and nothing is looked for any more.
    fn tidy_up(&mut self) {
        if !self.is_ready() {
            return;
        }
        if self.search.as_ref().is_some_and(|it| it.next().is_none()) {
            self.over = self.search.take().filter(Search::is_for_anything);
            (self.settling, self.holders) = (None, Vec::new());
            self.untidy = true;
        }
        if self.search.is_none() && std::mem::take(&mut self.untidy) {
            self.judge.rest();
            if let Err(failure) = memory::give_back() {
                tracing::debug!("memory cannot be given back: {failure}");
            }
        }
    }

    /// Nobody looks any more, and files come and go as they like.
    fn end(&mut self) {
        if let (Stage::Up { .. }, Some(search)) = (self.stage, &self.search) {
            for expected in search.missing() {
                let path = &expected.absolute;
                tracing::warn!("--expect {}: {}", path.display(), look::what_is_at(path));
            }
        }
        self.stage = Stage::Over;
        self.fds = None;
    }
}

impl Source for Keeper<'_> {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.fds.as_ref().map(AsFd::as_fd)
    }

    fn deadline(&self) -> Option<Instant> {
        let said = match self.stage {
            Stage::Before | Stage::Over => return None,
            Stage::Up { said, .. } => said,
            Stage::Ready => true,
        };
        let search = self.search.as_ref();
        let awaited = self.rules.tells_ready && !said;
        let anyway = search.and_then(Search::anyway).filter(|_| awaited);
        let settling = self.settling.as_ref().and_then(Settling::next);
        let all = [
            search.and_then(Search::next),
            anyway,
            settling,
            self.guard.deadline(),
        ];
        all.into_iter().flatten().min()
    }

    fn turn(&mut self, now: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        if self.stage == Stage::Over {
            return events;
        }
        if self.stage != Stage::Before {
            self.look(now, &mut events);
            self.settle(now);
        }
        self.guard(now, &mut events);
        self.conclude(now, &mut events);
        self.tidy_up();
        self.listen();
        events
    }

    fn hear(&mut self, news: News, now: Instant) -> Vec<Event> {
        match news {
            News::Forked { id, pid } => self.child = Some((id, pid)),
            News::Started(_) => {
                self.stage = Stage::Up {
                    said: false,
                    asked: false,
                };
                if let Some(search) = &mut self.search {
                    search.begin(now);
                }
            }
            News::Check(_) => {
                if let Stage::Up { said, .. } = self.stage {
                    self.stage = Stage::Up { said, asked: true };
                    if let Some(search) = &mut self.search {
                        search.hurry(now);
                    }
                    return self.turn(now);
                }
            }
            News::Ready(_) => {
                self.become_ready();
                return self.turn(now);
            }
            News::Stopping | News::Ended(_) => self.end(),
        }
        Vec::new()
    }
}
