//! Does what a [`Start`] says, in the process that becomes the command.
//!
//! Everything is prepared beforehand: from [`Launch::run`] on nothing is allocated and no lock is
//! taken, so that it may run between fork(2) and execve(2).

use super::identity::Step;
use super::plan::{Start, Value};
use super::refusal::{Refusal, Status};
use crate::model::{Credentials, Gid};
use crate::sys::creds::{self, Differs, RawGroups, StatusRoom};
use crate::sys::dir::Failure;
use crate::sys::exec::{Image, NulInside, Setting};
use crate::sys::{caps, fds, signals};

/// A start, prepared.
#[derive(Debug)]
pub struct Launch {
    steps: Vec<Ready>,
    after: Credentials,
    try_root: bool,
    room: StatusRoom,
    ignored_signals: u64,
    image: Image,
}

/// A step with everything that it needs.
#[derive(Debug)]
enum Ready {
    Groups(RawGroups),
    Other(Step),
}

/// Why the command was not started. The process is no longer who it was, and can only report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// A system call failed.
    At(At, Failure),
    /// All calls succeeded, and yet the kernel says that the process is somebody else.
    Differs(Differs),
    /// All rights were given up, and yet setuid(0) succeeded.
    RootAgain,
}

/// At which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each is the name of what failed
pub enum At {
    Groups,
    Bounding,
    Securebits,
    KeepCaps,
    Group,
    User,
    Capabilities,
    Ambient,
    NoNewPrivs,
    ReadBack,
    Descriptors,
    Signals,
    Execute,
}

impl Launch {
    /// Allocates all that will be needed.
    pub fn prepare(start: &Start) -> Result<Launch, NulInside> {
        let settings = start
            .variables
            .iter()
            .map(|variable| match &variable.value {
                Value::Text(value) => Setting::Text(&variable.name, value),
                Value::OwnPid => Setting::OwnPid(&variable.name),
            });
        let steps = start.identity.steps.iter().map(Ready::new).collect();
        let groups: &[Gid] = &start.identity.after.groups;
        Ok(Launch {
            steps,
            after: start.identity.after.clone(),
            try_root: start.identity.try_root,
            room: StatusRoom::for_groups(groups.len()),
            ignored_signals: start.ignored_signals,
            image: Image::new(&start.program, &start.arguments, settings)?,
        })
    }

    /// Becomes the command. Returns only where that fails, and then this process has given up
    /// some of its rights already.
    pub fn run(&mut self) -> Stopped {
        match self.become_it() {
            Ok(never) => match never {},
            Err(stopped) => stopped,
        }
    }

    fn become_it(&mut self) -> Result<std::convert::Infallible, Stopped> {
        let at = |at| move |failure| Stopped::At(at, failure);
        for step in &self.steps {
            step.take()?;
        }
        self.verify()?;
        fds::close_at_exec_from(3).map_err(at(At::Descriptors))?;
        signals::reset(self.ignored_signals).map_err(at(At::Signals))?;
        signals::let_all_in().map_err(at(At::Signals))?;
        Err(Stopped::At(At::Execute, self.image.execute()))
    }

    /// Whatever the calls have returned, the kernel has the last word.
    fn verify(&mut self) -> Result<(), Stopped> {
        let status = self.room.read();
        let status = status.map_err(|failure| Stopped::At(At::ReadBack, failure))?;
        if let Some(differs) = status.differs(&self.after) {
            return Err(Stopped::Differs(differs));
        }
        if self.try_root && creds::regains_root() {
            return Err(Stopped::RootAgain);
        }
        Ok(())
    }
}

impl Ready {
    fn new(step: &Step) -> Ready {
        match step {
            Step::SetGroups(groups) => Ready::Groups(RawGroups::new(groups)),
            step => Ready::Other(step.clone()),
        }
    }

    fn take(&self) -> Result<(), Stopped> {
        let (at, outcome) = match self {
            Ready::Groups(groups) => (At::Groups, creds::set_groups(groups)),
            Ready::Other(step) => match step {
                // It has been made ready.
                Step::SetGroups(_) => return Ok(()),
                Step::DropBounding(set) => {
                    (At::Bounding, set.iter().try_for_each(caps::drop_bounding))
                }
                Step::SetSecurebits(bits) => (At::Securebits, caps::set_securebits(*bits)),
                Step::KeepCaps => (At::KeepCaps, caps::keep_over_setuid()),
                Step::SetGids(gid) => (At::Group, creds::set_gids(*gid)),
                Step::SetUids(uid) => (At::User, creds::set_uids(*uid)),
                Step::SetCaps(set) => (At::Capabilities, caps::set(*set)),
                Step::RaiseAmbient(set) => {
                    (At::Ambient, set.iter().try_for_each(caps::raise_ambient))
                }
                Step::NoNewPrivs => (At::NoNewPrivs, caps::set_no_new_privs()),
            },
        };
        outcome.map_err(|failure| Stopped::At(at, failure))
    }
}

impl Stopped {
    /// In words, and how it exits.
    pub fn refusal(self, start: &Start) -> Refusal {
        let failed = |why: String| Refusal::new(Status::Failed, why);
        match self {
            Stopped::At(At::Execute, failure) => {
                let path = start.program.display();
                let status = if failure.is_missing() && !start.program.exists() {
                    Status::NotFound
                } else {
                    Status::CannotExecute
                };
                Refusal::new(status, format!("cannot execute {path}: {failure}"))
            }
            Stopped::At(at, failure) => failed(format!("{}: {failure}", at.words())),
            Stopped::Differs(differs) => failed(format!(
                "every call succeeded, and yet the kernel says that {} are not as they should be; \
                 nothing was executed",
                words(differs)
            )),
            Stopped::RootAgain => failed(
                "all rights were given up, and yet setuid(0) succeeds; nothing was executed"
                    .to_owned(),
            ),
        }
    }
}

impl At {
    const fn words(self) -> &'static str {
        match self {
            At::Groups => "cannot set the supplementary groups",
            At::Bounding => "cannot take capabilities from the bounding set",
            At::Securebits => "cannot set the securebits",
            At::KeepCaps => "cannot keep capabilities over the change of users",
            At::Group => "cannot set the group",
            At::User => "cannot set the user",
            At::Capabilities => "cannot set the capabilities",
            At::Ambient => "cannot set the ambient capabilities",
            At::NoNewPrivs => "cannot set no_new_privs",
            At::ReadBack => "cannot read the identity back from /proc/thread-self/status",
            At::Descriptors => "cannot close the descriptors",
            At::Signals => "cannot reset the signals",
            At::Execute => "cannot execute the command",
        }
    }
}

fn words(differs: Differs) -> &'static str {
    match differs {
        Differs::Users => "the user ids",
        Differs::Groups => "the group ids",
        Differs::Supplementary => "the supplementary groups",
        Differs::Capabilities => "the capabilities",
        Differs::Securebits => "the securebits",
        Differs::NoNewPrivs => "the bits of no_new_privs",
    }
}
