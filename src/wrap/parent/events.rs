//! The loop around the machine: waits for what happens, and does what is to be done about it.

mod children;
mod terminal;

use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::model::{CapSet, Signal};
use crate::sys::child;
use crate::sys::dir::Failure;
use crate::sys::foreground::Controlling;
use crate::sys::poll::{self, Awaited};
use crate::sys::signalfd::{From, Inbox};
use crate::sys::{caps, fds, memory, signals};
use crate::wrap::launch::Launch;
use crate::wrap::plan::Start;
use crate::wrap::refusal::{Refusal, Status};

use super::alarms::Alarms;
use super::event::{Action, Arrived, ChildId, Event, News, Origin, Outcome, Whom};
use super::machine::Machine;
use super::process::Process;
use super::source::Source;
use super::supervision::Supervision;

/// The parent at work.
pub(super) struct Parent<'a> {
    machine: Machine,
    start: &'a Start,
    launch: Launch,
    /// What it keeps of its capabilities once it has forked.
    keep: CapSet,
    /// And what besides until the command is ready.
    keep_until_ready: CapSet,
    inbox: Inbox,
    /// A terminal controlled us when we began.
    had_terminal: bool,
    /// Its hang-up is nothing to us.
    outlives_terminal: bool,
    processes: Vec<Process>,
    alarms: Alarms,
    sources: Vec<Box<dyn Source + 'a>>,
    /// What has happened and was not looked at yet.
    events: VecDeque<Event>,
    /// How children have changed. It comes last: what they said before they ended is said by then.
    changes: Vec<Event>,
    /// There is memory to give back before the next wait.
    untidy: bool,
}

impl<'a> Parent<'a> {
    /// All signals have to be kept back.
    pub(super) fn new(
        supervision: &Supervision,
        start: &'a Start,
        launch: Launch,
        sources: Vec<Box<dyn Source + 'a>>,
    ) -> Result<Parent<'a>, Refusal> {
        let failed = |what: &str, failure: Failure| {
            let why = format!("cannot stay as the parent of the command: {what}: {failure}");
            Refusal::new(Status::Failed, why)
        };
        // Where it is ignored, nobody is told how children have ended.
        signals::make_default(Signal::CHLD).map_err(|why| failed("sigaction()", why))?;
        child::adopt_orphans().map_err(|why| failed("PR_SET_CHILD_SUBREAPER", why))?;
        Ok(Parent {
            machine: Machine::new(supervision.rules),
            start,
            launch,
            keep: supervision.keep,
            keep_until_ready: supervision.keep_until_ready,
            inbox: Inbox::open().map_err(|why| failed("signalfd()", why))?,
            had_terminal: Controlling::open().is_some(),
            outlives_terminal: supervision.outlives_terminal,
            processes: Vec::new(),
            alarms: Alarms::default(),
            sources,
            events: VecDeque::new(),
            changes: Vec::new(),
            untidy: false,
        })
    }

    /// Starts the command, and looks after it until the end.
    pub(super) fn run(mut self) -> Result<Outcome, Failure> {
        // What came before the start is looked at before.
        self.receive()?;
        self.events.push_back(Event::Begin);
        loop {
            while let Some(event) = self.events.pop_front() {
                tracing::trace!(?event);
                for action in self.machine.handle(event) {
                    tracing::trace!(?action);
                    match action {
                        Action::Exit(outcome) => return Ok(outcome),
                        action => self.act(&action),
                    }
                }
            }
            self.wait()?;
        }
    }

    fn act(&mut self, action: &Action) {
        match *action {
            Action::Start(id) => self.start(id),
            Action::Send(id, whom, arrived) => self.send(id, whom, arrived),
            Action::Set(alarm, after) => self.alarms.set(alarm, Instant::now(), after),
            Action::Extend(alarm, at_least) => {
                self.alarms.extend(alarm, Instant::now(), at_least);
            }
            Action::Cancel(alarm) => self.alarms.cancel(alarm),
            Action::Lend(id) => self.lend(id),
            Action::TakeBack(id) => self.take_back(id),
            Action::Suspend => self.suspend(),
            Action::Announce(news) => self.announce(news),
            Action::Kill(id) => self.kill(id),
            // The loop has ended with it.
            Action::Exit(_) => {}
        }
    }

    fn start(&mut self, id: ChildId) {
        match Process::start(id, &mut self.launch) {
            Ok(process) => {
                let pid = process.child.pid();
                self.processes.push(process);
                self.give_up_rights();
                self.announce(News::Forked { id, pid });
            }
            Err(refusal) => self.events.push_back(Event::NotStarted(id, refusal)),
        }
    }

    /// Once the command has what it needs of them.
    fn give_up_rights(&mut self) {
        if let Err(failure) = caps::keep_only(self.keep.or(self.keep_until_ready)) {
            let why = format!("cannot give up capabilities: {failure}");
            let refusal = Refusal::new(Status::Failed, why);
            self.events.push_back(Event::Abort(refusal));
        }
    }

    fn send(&mut self, id: ChildId, whom: Whom, arrived: Arrived) {
        let Some(process) = self.processes.iter().find(|process| process.id == id) else {
            return;
        };
        if let Err(failure) = process.send(whom, arrived) {
            let signal = arrived.signal;
            tracing::warn!(
                "{signal} cannot be passed on to {}: {failure}",
                self.name(id)
            );
            self.events.push_back(Event::Undelivered(id, signal));
        }
    }

    fn kill(&mut self, id: ChildId) {
        let is_there = |process: &&Process| !process.reaped || process.child.leaves_children();
        let process = self.processes.iter().find(|process| process.id == id);
        // Who goes to a session of its own leaves the group, and nobody is told.
        let Some(process) = process.filter(is_there) else {
            self.events.push_back(Event::GroupGone(id));
            return;
        };
        let (signal, origin) = (Signal::KILL, Origin::Sent);
        if let Err(failure) = process.send(Whom::Group, Arrived { signal, origin }) {
            tracing::warn!("{} cannot be killed: {failure}", self.name(id));
            self.events.push_back(Event::Undelivered(id, signal));
        } else if process.reaped {
            let name = self.name(id);
            tracing::warn!(
                "what is left of the process group of {name} has not ended in time and is killed"
            );
        } else {
            tracing::warn!("{} has not ended in time and is killed", self.name(id));
        }
    }

    /// For people.
    fn name(&self, id: ChildId) -> String {
        let program = self.start.program.display();
        match self.processes.iter().find(|process| process.id == id) {
            Some(process) => format!("{program} (pid {})", process.child.pid()),
            None => program.to_string(),
        }
    }

    fn announce(&mut self, news: News) {
        if let News::Started(_) = news
            && let Err(failure) = fds::leave_stdio()
        {
            tracing::warn!("standard input and output stay open in this process: {failure}");
        }
        if let News::Ready(id) = news {
            tracing::info!("{} is ready", self.name(id));
        }
        if matches!(news, News::Ready(_) | News::Stopping) && !self.keep_until_ready.is_empty() {
            self.keep_until_ready = CapSet::EMPTY;
            self.give_up_rights();
        }
        self.untidy |= matches!(news, News::Started(_) | News::Ready(_));
        let now = Instant::now();
        let mut answers = Vec::new();
        for source in &mut self.sources {
            answers.extend(source.hear(news, now));
        }
        // Before what has happened since: a command may be ready and end in the same moment.
        for answer in answers.into_iter().rev() {
            self.events.push_front(answer);
        }
    }

    /// Until something happens, and then all that has.
    fn wait(&mut self) -> Result<(), Failure> {
        if std::mem::take(&mut self.untidy)
            && let Err(failure) = memory::give_back()
        {
            tracing::debug!("memory cannot be given back: {failure}");
        }
        self.forget();
        let readable = self.sleep()?;
        let reports = 1..=self.processes.len();
        self.receive()?;
        for index in reports.clone().map(|at| at - 1) {
            self.listen(index);
        }
        let now = Instant::now();
        self.events
            .extend(self.alarms.due(now).into_iter().map(Event::Alarm));
        for (source, readable) in self
            .sources
            .iter_mut()
            .zip(&readable[1 + reports.count()..])
        {
            let due = source.deadline().is_some_and(|at| at <= now);
            if *readable || due || !self.changes.is_empty() {
                self.events.extend(source.turn(now));
            }
        }
        self.events.extend(self.changes.drain(..));
        Ok(())
    }

    /// Of the signals, then the reports, then the sources, each in its place, whether what it
    /// waits for is there.
    fn sleep(&self) -> Result<Vec<bool>, Failure> {
        let reports = self.processes.iter().map(Process::report);
        let reports = reports.map(|report| report.map(|report| Awaited::Read(report.as_fd())));
        let sources = self.sources.iter().map(|source| {
            let wanted = if source.wants_to_write() {
                Awaited::Write
            } else {
                Awaited::Read
            };
            source.fd().map(wanted)
        });
        let signals = Some(Awaited::Read(self.inbox.as_fd()));
        let all: Vec<Option<Awaited<'_>>> = [signals]
            .into_iter()
            .chain(reports)
            .chain(sources)
            .collect();
        let awaited: Vec<Awaited<'_>> = all.iter().flatten().copied().collect();
        let mut ready = poll::ready(&awaited, self.longest())?.into_iter();
        let ready = all
            .iter()
            .map(|awaited| awaited.is_some() && ready.next() == Some(true));
        Ok(ready.collect())
    }

    /// Until the first alarm or deadline.
    fn longest(&self) -> Option<Duration> {
        let deadlines = self.sources.iter().filter_map(|source| source.deadline());
        let next = deadlines.chain(self.alarms.next()).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// All signals that have come.
    fn receive(&mut self) -> Result<(), Failure> {
        let mut children = false;
        while let Some(received) = self.inbox.next()? {
            if received.signal == Signal::CHLD {
                children = true;
            } else if let Some(arrived) = self.arrived(received.signal, received.from) {
                self.events.push_back(Event::Signal(arrived));
            }
        }
        if children {
            self.reap();
        }
        Ok(())
    }

    /// A shell passes a hang-up on to its jobs, and the terminal is gone by then.
    fn arrived(&self, signal: Signal, from: From) -> Option<Arrived> {
        let hung_up = signal == Signal::HUP
            && (from == From::Kernel || (self.had_terminal && Controlling::open().is_none()));
        if hung_up && self.outlives_terminal {
            return None;
        }
        let origin = match from {
            _ if hung_up => Origin::Terminal,
            From::Kernel => Origin::Terminal,
            From::Queue(value) => Origin::Queued(value),
            From::Process => Origin::Sent,
        };
        Some(Arrived { signal, origin })
    }
}
