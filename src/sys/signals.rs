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
    let waiting = waiting();
    let deadly = |number: &i32| waiting & bit(*number) != 0 && !HARMLESS.contains(number);
    (1..=64).find(deadly)
}

/// Those that wait for this thread or the whole process.
fn waiting() -> u64 {
    let mut waiting: u64 = 0;
    // SAFETY: the kernel's set of signals has 64 bits, and so many it is told to write. It fails
    // for wrong arguments only.
    unsafe {
        let size = size_of::<u64>();
        libc::syscall(libc::SYS_rt_sigpending, &raw mut waiting, size);
    }
    waiting
}

/// Stops this process and all others of its process group, as SIGTSTP does, until SIGCONT comes.
/// Whether they were stopped: that is not possible where nobody is there to continue them, no
/// shell with jobs.
///
/// To be called while all signals are kept back. The SIGCONT is taken from those that wait.
pub fn suspend() -> Result<bool, Failure> {
    let one: SigSet = [Signal::SIGTSTP].into_iter().collect();
    // SAFETY: the call takes no pointer.
    let outcome = unsafe { libc::kill(0, libc::SIGTSTP) };
    if outcome != 0 {
        return Err(io::Error::last_os_error().into());
    }
    // Here it stops.
    one.thread_unblock().map_err(io::Error::from)?;
    one.thread_block().map_err(io::Error::from)?;
    let go_on: SigSet = [Signal::SIGCONT].into_iter().collect();
    let at_once = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the C library reads a set and a time, and writes none.
    let taken = unsafe { libc::sigtimedwait(go_on.as_ref(), ptr::null_mut(), &raw const at_once) };
    Ok(taken == libc::SIGCONT)
}

/// Ends this process by a signal, without a core. Returns where that does not end it, as nothing
/// ends the first process of a container from inside.
pub fn die_by(signal: crate::model::Signal) {
    let number = libc::c_int::from(signal.number());
    // A limit of 0 keeps no program from getting the core.
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let _ = reset(bit(number));
    let own = rustix::process::getpid().as_raw_pid();
    // SAFETY: the call takes no pointer.
    unsafe {
        libc::kill(own, number);
    }
    let one = bit(number);
    // SAFETY: the kernel reads a set, and writes none.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_UNBLOCK,
            &raw const one,
            ptr::null_mut::<u64>(),
            size_of::<u64>(),
        );
    }
}

/// The signal in the kernel's set.
const fn bit(number: libc::c_int) -> u64 {
    1 << (number - 1)
}

/// Gives one its default action.
pub fn make_default(signal: crate::model::Signal) -> Result<(), Failure> {
    reset(bit(signal.number().into()))
}

/// The signals that this process ignores, signal n in bit n - 1.
pub fn ignored() -> Result<u64, Failure> {
    let mut all = 0;
    for number in 1..=64 {
        // As below. What is done about a signal comes first of it, but on MIPS.
        let mut now = [0_usize; 16];
        // SAFETY: the kernel reads nothing and writes a `sigaction`, for which there is room.
        let outcome = unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                number,
                ptr::null::<libc::c_void>(),
                now.as_mut_ptr(),
                size_of::<u64>(),
            )
        };
        if outcome != 0 {
            return Err(io::Error::last_os_error().into());
        }
        if now[0] == libc::SIG_IGN {
            all |= bit(number);
        }
    }
    Ok(all)
}

/// Gives the signals that are ignored (n in bit n - 1) their default action; those that are caught
/// lose theirs when a program is executed. Nothing is allocated.
pub fn reset(ignored: u64) -> Result<(), Failure> {
    // What the kernel reads of it differs between architectures, and is never more than this: all
    // zeroes, the default action without flags and mask. The C library would refuse 32 and 33.
    let default = [0_u64; 8];
    for number in (1..=64).filter(|number| ignored & bit(*number) != 0) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_what_proc_says() {
        // Another test may change it meanwhile, in this same process.
        let agrees = || {
            let text = std::fs::read_to_string("/proc/self/status").unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("SigIgn:"));
            let listed = u64::from_str_radix(line.unwrap().trim(), 16).unwrap();
            ignored().unwrap() == listed
        };
        assert!((0..100).any(|_| agrees()));
        // SAFETY: no test waits for it.
        unsafe { libc::signal(libc::SIGTTOU, libc::SIG_IGN) };
        assert_ne!(ignored().unwrap() & bit(libc::SIGTTOU), 0);
        // SAFETY: as before.
        unsafe { libc::signal(libc::SIGTTOU, libc::SIG_DFL) };
    }
}
