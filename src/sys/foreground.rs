//! The terminal that controls this process, and whose turn it is there: the foreground process
//! group, tty(4), tcsetpgrp(3).

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, getpgrp};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

use super::child::Child;
use super::dir::Failure;

/// The terminal that controls this process.
#[derive(Debug)]
pub struct Controlling(OwnedFd);

/// Whose turn it is at the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreground {
    /// Our process group.
    Ours,
    /// That of the child.
    Childs,
    /// Another one.
    Others,
}

impl Controlling {
    /// `None` where there is none, or it has hung up.
    pub fn open() -> Option<Controlling> {
        let how = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let terminal = rustix::fs::open(c"/dev/tty", how, Mode::empty());
        terminal.ok().map(Controlling)
    }

    /// Whose turn it is.
    pub fn foreground(&self, child: &Child) -> Foreground {
        match tcgetpgrp(&self.0) {
            Ok(group) if group == getpgrp() => Foreground::Ours,
            Ok(group) if is_of(group, child) => Foreground::Childs,
            _ => Foreground::Others,
        }
    }

    /// Makes it the turn of the child's process group. SIGTTOU has to be kept back.
    pub fn lend(&self, child: &Child) -> Result<(), Failure> {
        match Pid::from_raw(child.pid().cast_signed()) {
            Some(group) => Ok(tcsetpgrp(&self.0, group)?),
            None => Ok(()),
        }
    }

    /// Makes it our turn. SIGTTOU has to be kept back.
    pub fn take_back(&self) -> Result<(), Failure> {
        Ok(tcsetpgrp(&self.0, getpgrp())?)
    }
}

fn is_of(group: Pid, child: &Child) -> bool {
    group.as_raw_pid().unsigned_abs() == child.pid()
}
