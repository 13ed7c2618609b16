//! Processes that this one starts and looks after: fork(2), waitid(2), pidfd_open(2), kill(2).

#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;

use rustix::io::Errno;
use rustix::process::{
    self, Pid, PidfdFlags, WaitId, WaitIdOptions, WaitOptions, WaitStatus, pidfd_open,
};

use super::dir::Failure;
use crate::model::Signal;

/// A child of ours, in a process group of its own.
///
/// Its pid is given out again once it has been reaped ([`reap`]); what is sent then goes nowhere.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    pidfd: OwnedFd,
}

/// Something that happened to a child, or to an orphan that has become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reaped {
    /// Its pid.
    pub pid: u32,
    /// What.
    pub change: Change,
}

/// What can happen to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It has ended, and is reaped.
    Exited(u8),
    /// It was ended by a signal, and is reaped.
    Killed(Signal),
    /// It was stopped.
    Stopped(Signal),
    /// It goes on.
    Continued,
}

/// Starts a process that does `run` and ends with the status that it returns.
///
/// Where there are other threads nothing in `run` may allocate or take a lock: who held it is not
/// there to give it back.
pub fn fork(run: impl FnOnce() -> u8) -> Result<Child, Failure> {
    // SAFETY: the child does what the caller answers for, and ends without running anything else
    // of this process.
    let raw = unsafe { libc::fork() };
    if raw < 0 {
        return Err(io::Error::last_os_error().into());
    }
    let Some(pid) = Pid::from_raw(raw) else {
        let status = match process::setpgid(None, None) {
            Ok(()) => run(),
            Err(_) => u8::MAX,
        };
        // SAFETY: neither destructors nor what the C library does at exit are ours to run.
        unsafe { libc::_exit(status.into()) }
    };
    // Whoever comes first. It fails where the child has become another program since.
    let _ = process::setpgid(Some(pid), Some(pid));
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) => Ok(Child { pid, pidfd }),
        Err(errno) => {
            // Nobody could look after it.
            let _ = process::kill_process(pid, process::Signal::KILL);
            let _ = process::waitpid(Some(pid), WaitOptions::empty());
            Err(errno.into())
        }
    }
}

impl Child {
    /// Its pid, which is also that of its process group.
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    /// Sends it a signal, with a value as sigqueue(3) does. One that has ended is none the worse
    /// for it.
    pub fn send(&self, signal: Signal, value: Option<u64>) -> Result<(), Failure> {
        let info = value.map(|value| Info::new(signal, value));
        let info = info.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: the kernel reads as many bytes as a `siginfo_t` has, or none.
        let outcome = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.pidfd.as_raw_fd(),
                libc::c_int::from(signal.number()),
                info,
                0,
            )
        };
        sent(i32::from(outcome == 0) - 1)
    }

    /// Sends a signal to all of its process group.
    ///
    /// Only while it is not reaped, or [`leaves_children`](Child::leaves_children) says so:
    /// otherwise the number may be another group's by now.
    pub fn send_to_group(&self, signal: Signal) -> Result<(), Failure> {
        // SAFETY: the call takes no pointer.
        let outcome = unsafe {
            let group = -self.pid.as_raw_pid();
            libc::kill(group, signal.number().into())
        };
        sent(outcome)
    }

    /// Whether there are children of ours in its process group; orphans of this one have become
    /// that. As long as they are not reaped, the number of the group is not given out again.
    pub fn leaves_children(&self) -> bool {
        are_any(WaitId::Pgid(Some(self.pid)))
    }
}

/// Whether there are children of ours, orphans that have become that among them.
pub fn any_left() -> bool {
    are_any(WaitId::All)
}

fn are_any(which: WaitId<'_>) -> bool {
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    process::waitid(which, look).is_ok()
}

fn sent(outcome: libc::c_int) -> Result<(), Failure> {
    if outcome == 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::ESRCH) => Ok(()),
        _ => Err(error.into()),
    }
}

/// `siginfo_t` as the kernel has it where a process queues a signal.
#[repr(C)]
struct Info {
    signo: libc::c_int,
    errno: libc::c_int,
    code: libc::c_int,
    queued: Queued,
}

/// What it has of a union.
#[repr(C)]
struct Queued {
    pid: libc::pid_t,
    uid: libc::uid_t,
    /// Or an integer.
    value: *const libc::c_void,
    rest: [u8; SIZE - BEFORE - 8 - size_of::<usize>()],
}

/// `SI_MAX_SIZE` of linux/signal.h.
const SIZE: usize = 128;

/// Where the union begins: it has a pointer in it.
const BEFORE: usize = 12_usize.next_multiple_of(size_of::<usize>());

const _: () = assert!(size_of::<Info>() == SIZE);

impl Info {
    fn new(signal: Signal, value: u64) -> Info {
        Info {
            signo: signal.number().into(),
            errno: 0,
            code: libc::SI_QUEUE,
            queued: Queued {
                pid: process::getpid().as_raw_pid(),
                uid: process::getuid().as_raw(),
                #[allow(clippy::cast_possible_truncation)] // as wide as a pointer
                value: ptr::without_provenance(value as usize),
                rest: [0; _],
            },
        }
    }
}

/// The next thing that happened to a child of ours, or to one that has become it; `None`: nothing
/// has, or there are none.
pub fn reap() -> Option<Reaped> {
    let look = WaitOptions::NOHANG | WaitOptions::UNTRACED | WaitOptions::CONTINUED;
    loop {
        // It fails where there are none, and for wrong arguments.
        let (pid, status) = process::wait(look).ok()??;
        if let Some(change) = change(status) {
            let pid = pid.as_raw_pid().unsigned_abs();
            return Some(Reaped { pid, change });
        }
    }
}

fn change(status: WaitStatus) -> Option<Change> {
    let signal = |raw: Option<i32>| raw.and_then(Signal::new);
    if let Some(code) = status.exit_status() {
        // No more than eight bits of it are told.
        u8::try_from(code).ok().map(Change::Exited)
    } else if let Some(killer) = signal(status.terminating_signal()) {
        Some(Change::Killed(killer))
    } else if let Some(stopper) = signal(status.stopping_signal()) {
        Some(Change::Stopped(stopper))
    } else {
        status.continued().then_some(Change::Continued)
    }
}

/// Orphans below us become our children, instead of those of the first process.
pub fn adopt_orphans() -> Result<(), Failure> {
    Ok(process::set_child_subreaper(Some(process::getpid()))?)
}

/// Our pid.
pub fn own_pid() -> u32 {
    process::getpid().as_raw_pid().unsigned_abs()
}

/// From here on this process is killed when the thread that started it ends. Fails with ESRCH
/// where that was not the process `parent`, or is gone already.
///
/// To be called after rights are dropped, for that clears it. Nothing is allocated.
pub fn die_with(parent: u32) -> Result<(), Failure> {
    process::set_parent_process_death_signal(Some(process::Signal::KILL))?;
    let now = process::getppid().map(|pid| pid.as_raw_pid().unsigned_abs());
    if now == Some(parent) {
        Ok(())
    } else {
        Err(Errno::SRCH.into())
    }
}
