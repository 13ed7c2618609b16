//! The signals that ask a program in the foreground to end, taken from a descriptor, signalfd(2).

#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::dir::Failure;

/// SIGTERM, SIGINT and SIGHUP, blocked for this thread and for all that it starts. Those that are
/// ignored, as nohup(1) and a shell's background jobs have it, stay ignored.
#[derive(Debug)]
pub struct EndSignals(SignalFd);

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndSignal(Signal);

impl EndSignals {
    /// Blocks them; from here on they only make the descriptor readable.
    ///
    /// To be called before other threads are started, for a signal is delivered to any thread
    /// that does not block it.
    pub fn block() -> Result<EndSignals, Failure> {
        let signals: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]
            .into_iter()
            .filter(|&signal| !is_ignored(signal))
            .collect();
        signals.thread_block().map_err(std::io::Error::from)?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let fd = SignalFd::with_flags(&signals, flags).map_err(std::io::Error::from)?;
        Ok(EndSignals(fd))
    }

    /// Whether one has come.
    pub fn came(&self) -> Result<bool, Failure> {
        Ok(self.take()?.is_some())
    }

    /// Waits until one comes.
    pub fn wait(&self) -> Result<EndSignal, Failure> {
        loop {
            if let Some(signal) = self.take()? {
                return Ok(signal);
            }
            match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn take(&self) -> Result<Option<EndSignal>, Failure> {
        let read = self.0.read_signal().map_err(std::io::Error::from)?;
        let number = read.and_then(|read| i32::try_from(read.ssi_signo).ok());
        let signal = number.and_then(|number| Signal::try_from(number).ok());
        Ok(signal.map(EndSignal))
    }
}

impl AsFd for EndSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl EndSignal {
    /// `SIGINT`
    pub fn name(self) -> &'static str {
        self.0.as_str()
    }

    /// Ends this process as the signal would have done, so that whoever waits for it sees that.
    ///
    /// # Errors
    ///
    /// What keeps the kernel from it; otherwise it does not return.
    pub fn end_by_it(self) -> Result<(), Failure> {
        let signal: SigSet = [self.0].into_iter().collect();
        signal.thread_unblock().map_err(std::io::Error::from)?;
        nix::sys::signal::raise(self.0).map_err(std::io::Error::from)?;
        Ok(())
    }
}

fn is_ignored(signal: Signal) -> bool {
    let mut now = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action nothing is changed, and the kernel fills in the old one.
    let asked =
        unsafe { libc::sigaction(signal as libc::c_int, std::ptr::null(), now.as_mut_ptr()) == 0 };
    // SAFETY: the call has succeeded, so the structure is filled in.
    asked && unsafe { now.assume_init() }.sa_sigaction == libc::SIG_IGN
}
