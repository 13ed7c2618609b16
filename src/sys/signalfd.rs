//! Every signal that comes to this process, taken from a descriptor: signalfd(2).

use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::SigSet;
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::dir::Failure;
use crate::model::Signal;

/// The signals that came, in the order in which the kernel gives them out.
///
/// They have to be kept back ([`super::signals::keep_all_back`]); then those that are ignored come,
/// too.
#[derive(Debug)]
pub struct Inbox(SignalFd);

/// A signal that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Which.
    pub signal: Signal,
    /// From whom.
    pub from: From,
}

/// From whom a signal is: `si_code` in sigaction(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The kernel: what is typed at a terminal, and its hang-up.
    Kernel,
    /// A process that sent a value with it: sigqueue(3).
    Queue(u64),
    /// Any other process.
    Process,
}

impl Inbox {
    /// Fails where there is no descriptor left.
    pub fn open() -> Result<Inbox, Failure> {
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let fd = SignalFd::with_flags(&SigSet::all(), flags).map_err(std::io::Error::from)?;
        Ok(Inbox(fd))
    }

    /// The next one, if there is one. Several of the same kind that came meanwhile are one, but
    /// for those from 32 on.
    pub fn next(&self) -> Result<Option<Received>, Failure> {
        let Some(info) = self.0.read_signal().map_err(std::io::Error::from)? else {
            return Ok(None);
        };
        let number = i32::try_from(info.ssi_signo).unwrap_or_default();
        Ok(Signal::new(number).map(|signal| Received {
            signal,
            from: match info.ssi_code {
                libc::SI_KERNEL => From::Kernel,
                libc::SI_QUEUE => From::Queue(info.ssi_ptr),
                _ => From::Process,
            },
        }))
    }
}

impl AsFd for Inbox {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
