//! Why a launch did not get as far as the command.

use super::plan::Start;
use super::refusal::{Refusal, Status};
use crate::model::shell::quote;
use crate::sys::creds;
use crate::sys::dir::Failure;
use crate::sys::whoami::{self, Differs};

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
    Parent,
    Directory,
    Listen,
    Descriptors,
    Signals,
    Execute,
}

/// A [`Stopped`] on its way from one process to another.
pub type Bytes = [u8; 6];

impl Stopped {
    /// Nothing is allocated.
    pub fn to_bytes(self) -> Bytes {
        let (kind, detail, number) = match self {
            Stopped::At(at, failure) => (0, at as u8, failure.number()),
            Stopped::Differs(differs) => (1, differs as u8, 0),
            Stopped::RootAgain => (2, 0, 0),
            Stopped::Signal(number) => (3, 0, number),
        };
        let [a, b, c, d] = number.to_ne_bytes();
        [kind, detail, a, b, c, d]
    }

    /// `None` of bytes that never were one.
    pub fn from_bytes([kind, detail, a, b, c, d]: Bytes) -> Option<Stopped> {
        let number = i32::from_ne_bytes([a, b, c, d]);
        let detail = usize::from(detail);
        Some(match kind {
            0 => Stopped::At(*At::ALL.get(detail)?, Failure::of_number(number)),
            1 => Stopped::Differs(*DIFFERS.get(detail)?),
            2 => Stopped::RootAgain,
            3 => Stopped::Signal(number),
            _ => return None,
        })
    }

    /// In words, and how it exits. A signal is none of it.
    pub fn refusal(self, start: &Start) -> Refusal {
        let failed = |why: String| Refusal::new(Status::Failed, why);
        match self {
            Stopped::At(At::Execute, failure) => not_executed(start, failure),
            Stopped::At(At::Directory, failure) => {
                let directory = start.directory.as_deref().unwrap_or("".as_ref());
                failed(format!(
                    "--chdir: cannot run in {}, as the user that the command runs as: {failure}",
                    directory.display()
                ))
            }
            Stopped::At(At::Groups, failure) if creds::may_set_no_groups() => failed(format!(
                "cannot {}: {failure}; nobody may in this user namespace (/proc/self/setgroups \
                 says deny): keep those that there are, with --groups {}",
                At::Groups.words(),
                own_groups()
            )),
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

/// As `--groups` takes them.
fn own_groups() -> String {
    let Ok(own) = whoami::own() else {
        return "GROUP,...".to_owned();
    };
    let groups: Vec<String> = own.groups.iter().map(ToString::to_string).collect();
    quote(groups.join(",").as_bytes())
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

/// In the order in which they are declared.
const DIFFERS: [Differs; 6] = [
    Differs::Users,
    Differs::Groups,
    Differs::Supplementary,
    Differs::Capabilities,
    Differs::Securebits,
    Differs::NoNewPrivs,
];

impl At {
    /// In the order in which they are declared.
    const ALL: [At; 18] = [
        At::Thread,
        At::Limits,
        At::Groups,
        At::Bounding,
        At::Securebits,
        At::KeepCaps,
        At::Group,
        At::User,
        At::Capabilities,
        At::Ambient,
        At::NoNewPrivs,
        At::ReadBack,
        At::Parent,
        At::Directory,
        At::Listen,
        At::Descriptors,
        At::Signals,
        At::Execute,
    ];

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
            At::ReadBack => "ask the kernel who it has become",
            At::Parent => "bind its life to that of its parent",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrives_is_what_was_sent() {
        let at = At::ALL.map(|at| Stopped::At(at, Failure::of_number(libc::EPERM)));
        let differs = DIFFERS.map(Stopped::Differs);
        let others = [Stopped::RootAgain, Stopped::Signal(15)];
        let all = at.into_iter().chain(differs).chain(others);
        for stopped in all {
            assert_eq!(Stopped::from_bytes(stopped.to_bytes()), Some(stopped));
        }
        assert_eq!(Stopped::from_bytes([0, 18, 0, 0, 0, 0]), None);
        assert_eq!(Stopped::from_bytes([1, 6, 0, 0, 0, 0]), None);
        assert_eq!(Stopped::from_bytes([9, 0, 0, 0, 0, 0]), None);
    }
}
