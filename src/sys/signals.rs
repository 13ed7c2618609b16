//! Signals: those that ask a program in the foreground to end, taken from a descriptor,
//! signalfd(2); and all of them, kept back from the first moment on, and as a program that is
//! executed expects them.

#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::ptr;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, pthread_sigmask};
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
        signals.thread_block().map_err(io::Error::from)?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let fd = SignalFd::with_flags(&signals, flags).map_err(io::Error::from)?;
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
        let read = self.0.read_signal().map_err(io::Error::from)?;
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
        signal.thread_unblock().map_err(io::Error::from)?;
        nix::sys::signal::raise(self.0).map_err(io::Error::from)?;
        Ok(())
    }
}

fn is_ignored(signal: Signal) -> bool {
    let mut now = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action nothing is changed, and the kernel fills in the old one.
    let asked =
        unsafe { libc::sigaction(signal as libc::c_int, ptr::null(), now.as_mut_ptr()) == 0 };
    // SAFETY: the call has succeeded, so the structure is filled in.
    asked && unsafe { now.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// The mask of signals that this thread had before all were kept back.
#[derive(Debug)]
pub struct Before(Option<SigSet>);

/// Keeps back every signal that can be; those that come wait.
pub fn keep_all_back() -> Before {
    let mut before = SigSet::empty();
    // It fails for wrong arguments only.
    let kept = pthread_sigmask(
        SigmaskHow::SIG_SETMASK,
        Some(&SigSet::all()),
        Some(&mut before),
    );
    Before(kept.ok().map(|()| before))
}

impl Before {
    /// Lets in what was let in before.
    pub fn restore(self) {
        if let Some(before) = self.0 {
            // It fails for wrong arguments only.
            let _ = before.thread_set_mask();
        }
    }
}

/// Lets every signal in. Nothing is allocated.
pub fn let_all_in() -> Result<(), Failure> {
    let none = SigSet::empty();
    let outcome = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&none), None);
    Ok(outcome.map_err(io::Error::from)?)
}

/// A signal that waits for this thread or the whole process, and ends a program that does nothing
/// about it: signal(7). Nothing is allocated.
pub fn deadly_one() -> Option<i32> {
    const HARMLESS: [i32; 8] = [
        libc::SIGCHLD,
        libc::SIGURG,
        libc::SIGWINCH,
        libc::SIGCONT,
        libc::SIGSTOP,
        libc::SIGTSTP,
        libc::SIGTTIN,
        libc::SIGTTOU,
    ];
    let mut waiting: u64 = 0;
    // SAFETY: the kernel's set of signals has 64 bits, and so many it is told to write.
    let outcome = unsafe {
        let size = size_of::<u64>();
        libc::syscall(libc::SYS_rt_sigpending, &raw mut waiting, size)
    };
    let deadly = |number: &i32| waiting & (1 << (number - 1)) != 0 && !HARMLESS.contains(number);
    (outcome == 0).then(|| (1..=64).find(deadly)).flatten()
}

/// Gives the signals that are ignored (n in bit n - 1) their default action; those that are caught
/// lose theirs when a program is executed. Nothing is allocated.
pub fn reset(ignored: u64) -> Result<(), Failure> {
    // What the kernel reads of it differs between architectures, and is never more than this: all
    // zeroes, the default action without flags and mask. The C library would refuse 32 and 33.
    let default = [0_u64; 8];
    for number in (1..=64).filter(|number| ignored & (1 << (number - 1)) != 0) {
        // SAFETY: the kernel reads a `sigaction` and writes none.
        let outcome = unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                number,
                default.as_ptr(),
                ptr::null_mut::<libc::c_void>(),
                size_of::<u64>(),
            )
        };
        if outcome != 0 {
            return Err(io::Error::last_os_error().into());
        }
    }
    Ok(())
}
