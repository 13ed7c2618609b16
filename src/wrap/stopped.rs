//! Why a launch did not get as far as the command.

use super::plan::Start;
use super::refusal::{Refusal, Status};
use crate::sys::creds::Differs;
use crate::sys::dir::Failure;

/// Why the command was not started. It is small, and can be sent from one process to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// A system call failed.
    At(At, Failure),
    /// All calls succeeded, and yet the kernel says that the process is somebody else.
    Differs(Differs),
    /// All rights were given up, and yet setuid(0) succeeded.
    RootAgain,
    /// A signal of this number is waiting, which ends a program that does nothing about it. It
    /// waits still.
    Signal(i32),
}

/// At which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each is the name of what failed
pub enum At {
    Thread,
    Limits,
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
    Directory,
    Listen,
    Descriptors,
    Signals,
    Execute,
}

impl Stopped {
    /// In words, and how it exits. A signal is none of it.
    pub fn refusal(self, start: &Start) -> Refusal {
        let failed = |why: String| Refusal::new(Status::Failed, why);
        match self {
            Stopped::At(At::Execute, failure) => not_executed(start, failure),
            Stopped::At(At::Directory, failure) => {
                let directory = start.directory.as_deref().unwrap_or("".as_ref());
                failed(format!(
                    "cannot run in {}, as the user that the command runs as: {failure}",
                    directory.display()
                ))
            }
            Stopped::At(at, failure) => failed(format!("cannot {}: {failure}", at.words())),
            Stopped::Differs(differs) => failed(format!(
                "every call succeeded, and yet the kernel says that {} are not as they should be; \
                 nothing was executed",
                words(differs)
            )),
            Stopped::RootAgain => failed(
                "all rights were given up, and yet setuid(0) succeeds; nothing was executed"
                    .to_owned(),
            ),
            Stopped::Signal(number) => failed(format!("signal {number} came before the start")),
        }
    }
}

/// The file was found before, so what is missing by now is another one.
fn not_executed(start: &Start, failure: Failure) -> Refusal {
    let hint = if failure.is_missing() {
        "; the file, or the interpreter that it names, is not there"
    } else if failure.is_no_program() {
        "; it is no program for this machine, and does not begin with #!"
    } else if failure.is_denied() {
        "; may the user read it and pass through its directories, and is it mounted with noexec?"
    } else {
        ""
    };
    let path = start.program.display();
    let why = format!("cannot execute {path}: {failure}{hint}");
    Refusal::new(Status::CannotExecute, why)
}

impl At {
    /// Behind `cannot`.
    const fn words(self) -> &'static str {
        match self {
            At::Thread => "start a thread that gives up its rights",
            At::Limits => "set the limits",
            At::Groups => "set the supplementary groups",
            At::Bounding => "take capabilities from the bounding set",
            At::Securebits => "set the securebits",
            At::KeepCaps => "keep capabilities over the change of users",
            At::Group => "set the group",
            At::User => "set the user",
            At::Capabilities => "set the capabilities",
            At::Ambient => "set the ambient capabilities",
            At::NoNewPrivs => "set no_new_privs",
            At::ReadBack => "read the identity back from /proc/thread-self/status",
            At::Directory => "go to the directory",
            At::Listen => "listen",
            At::Descriptors => "pass on the descriptors and close the others",
            At::Signals => "reset the signals",
            At::Execute => "execute the command",
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
