//! Does what a [`Start`] says, in the process that becomes the command.
//!
//! Everything is prepared beforehand: from [`Launch::run`] on nothing is allocated and no lock is
//! taken, so that it may run between fork(2) and execve(2).

use std::convert::Infallible;
use std::ffi::CString;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;

use super::identity::Step;
use super::plan::{Limit, Socket, Start};
use super::stopped::{At, Stopped};
use super::variables::Value;
use crate::model::{Bounds, Credentials, FdNumber, Mode, Resource};
use crate::sys::beside::beside;
use crate::sys::creds::{self, RawGroups};
use crate::sys::dir::Failure;
use crate::sys::exec::{Image, NulInside, Setting};
use crate::sys::fds::Handover;
use crate::sys::whoami::{self, GroupRoom};
use crate::sys::{caps, child, limits, perm, place, signals};

/// A start, prepared.
#[derive(Debug)]
pub struct Launch {
    umask: Option<Mode>,
    limits: Vec<Limit>,
    open_files: Bounds,
    steps: Vec<Ready>,
    after: Credentials,
    try_root: bool,
    room: GroupRoom,
    /// The pid of whoever it is not to outlive.
    parent: Option<u32>,
    directory: Option<CString>,
    handover: Handover,
    ignored_signals: u64,
    image: Image,
}

/// A step with everything that it needs.
#[derive(Debug)]
enum Ready {
    Groups(RawGroups),
    Other(Step),
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
        let directory = start.directory.as_ref();
        let directory = directory.map(|path| CString::new(path.as_os_str().as_bytes()));
        let descriptors = &start.descriptors;
        Ok(Launch {
            umask: start.umask,
            limits: start.limits.clone(),
            open_files: start.open_files,
            steps: start.identity.steps.iter().map(Ready::new).collect(),
            after: start.identity.after.clone(),
            try_root: start.identity.try_root,
            room: GroupRoom::new(start.identity.after.groups.len()),
            parent: None,
            directory: directory.transpose()?,
            handover: Handover::new(descriptors.inherited, &descriptors.passed),
            ignored_signals: start.ignored_signals,
            image: Image::new(&start.program, &start.arguments, settings)?,
        })
    }

    /// One more socket to pass on, in the order of the plan. It has to stay open until
    /// [`Launch::run`].
    pub fn pass_on(&mut self, socket: &Socket, fd: &impl AsFd) {
        self.handover.add(fd.as_fd(), socket.backlog);
    }

    /// It is started by that process, which stays, and is not to outlive it.
    pub fn below(&mut self, parent: u32) {
        self.parent = Some(parent);
    }

    /// The first number that no descriptor gets that is handed over.
    pub fn first_free_descriptor(&self) -> FdNumber {
        self.handover.end()
    }

    /// Becomes the command. Returns only where that fails, and then this thread has given up some
    /// of its rights, and the process some of its limits.
    pub fn run(&mut self) -> Stopped {
        match self.become_it() {
            Ok(never) => match never {},
            Err(stopped) => stopped,
        }
    }

    /// As [`Launch::run`], in a thread of its own: where it fails, this one is still who it was
    /// and has all its descriptors. Where it succeeds, the kernel ends all other threads.
    pub fn run_beside(&mut self) -> Stopped {
        let stopped = beside(&mut || self.run());
        stopped.unwrap_or_else(|failure| Stopped::At(At::Thread, failure))
    }

    /// After a [`Launch::run`] that has failed: signals wait again, and what was held is used.
    pub fn take_up_held() {
        let _ = signals::keep_all_back();
        // Who has nothing needs nothing.
        let _ = caps::use_all();
    }

    fn become_it(&mut self) -> Result<Infallible, Stopped> {
        if let Some(umask) = self.umask {
            perm::set_umask(umask);
        }
        self.limits.iter().try_for_each(raise).at(At::Limits)?;
        for step in &self.steps {
            step.take()?;
        }
        self.verify()?;
        if let Some(parent) = self.parent {
            child::die_with(parent).at(At::Parent)?;
        }
        if let Some(directory) = &self.directory {
            place::go_to(directory).at(At::Directory)?;
        }
        self.handover.listen_again().at(At::Listen)?;
        self.handover.arrange().at(At::Descriptors)?;
        // One of its own is set below. Where ours was not raised nothing is called that a filter
        // may forbid.
        let has_own = self.limits.iter().any(|it| it.resource == Resource::Nofile);
        if !has_own && self.open_files.soft != self.open_files.hard {
            limits::set(Resource::Nofile, self.open_files).at(At::Limits)?;
        }
        let lower = |limit: &Limit| limits::set(limit.resource, limit.bounds);
        self.limits.iter().try_for_each(lower).at(At::Limits)?;
        signals::reset(self.ignored_signals).at(At::Signals)?;
        if let Some(signal) = signals::deadly_one() {
            return Err(Stopped::Signal(signal));
        }
        signals::let_all_in().at(At::Signals)?;
        Err(Stopped::At(At::Execute, self.image.execute()))
    }

    /// Whatever the calls have returned, the kernel has the last word.
    fn verify(&mut self) -> Result<(), Stopped> {
        let differs = whoami::differs(&self.after, &mut self.room).at(At::ReadBack)?;
        if let Some(differs) = differs {
            return Err(Stopped::Differs(differs));
        }
        if self.try_root && creds::regains_root() {
            return Err(Stopped::RootAgain);
        }
        Ok(())
    }
}

/// Hard limits are raised while that is possible; everything else waits until nothing more is to
/// be opened.
fn raise(limit: &Limit) -> Result<(), Failure> {
    if !limit.bounds.raises_hard(limit.before) {
        return Ok(());
    }
    let raised = Bounds {
        soft: limit.before.soft,
        hard: limit.bounds.hard,
    };
    limits::set(limit.resource, raised)
}

trait Place<T> {
    fn at(self, at: At) -> Result<T, Stopped>;
}

impl<T> Place<T> for Result<T, Failure> {
    fn at(self, at: At) -> Result<T, Stopped> {
        self.map_err(|failure| Stopped::At(at, failure))
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
        let step = match self {
            Ready::Groups(groups) => return creds::set_groups(groups).at(At::Groups),
            Ready::Other(step) => step,
        };
        match step {
            // It has been made ready.
            Step::SetGroups(_) => Ok(()),
            Step::DropBounding(set) => {
                let dropped = set.iter().try_for_each(caps::drop_bounding);
                dropped.at(At::Bounding)
            }
            Step::SetSecurebits(bits) => caps::set_securebits(*bits).at(At::Securebits),
            Step::KeepCaps => caps::keep_over_setuid().at(At::KeepCaps),
            Step::SetGids(gid) => creds::set_gids(*gid).at(At::Group),
            Step::SetUids(uid) => creds::set_uids(*uid).at(At::User),
            Step::SetCaps { keep, held } => caps::set(*keep, *held).at(At::Capabilities),
            Step::RaiseAmbient(set) => {
                let raised = set.iter().try_for_each(caps::raise_ambient);
                raised.at(At::Ambient)
            }
            Step::NoNewPrivs => caps::set_no_new_privs().at(At::NoNewPrivs),
        }
    }
}
