//! The signals that ask a program in the foreground to end, taken from a descriptor, signalfd(2).

use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::dir::Failure;

/// SIGTERM, SIGINT and SIGHUP, blocked for this thread and for all that it starts.
#[derive(Debug)]
pub struct EndSignals(SignalFd);

impl EndSignals {
    /// Blocks them; from here on they only make the descriptor readable.
    ///
    /// To be called before other threads are started, for a signal is delivered to any thread
    /// that does not block it.
    pub fn block() -> Result<EndSignals, Failure> {
        let signals: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]
            .into_iter()
            .collect();
        signals.thread_block().map_err(std::io::Error::from)?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let fd = SignalFd::with_flags(&signals, flags).map_err(std::io::Error::from)?;
        Ok(EndSignals(fd))
    }

    /// Whether one has come.
    pub fn came(&self) -> Result<bool, Failure> {
        let signal = self.0.read_signal().map_err(std::io::Error::from)?;
        Ok(signal.is_some())
    }
}

impl AsFd for EndSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
