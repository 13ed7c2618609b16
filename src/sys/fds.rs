//! The descriptors of this process as numbers: which of them a program that is executed gets.
//!
//! What hands over allocates nothing.

#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{self, SocketAddrUnix, sockopt};

use super::dir::Failure;
use crate::model::{Backlog, FdNumber, SocketName, SocketType};

/// `CLOSE_RANGE_CLOEXEC` of linux/close_range.h (Linux 5.11).
const AT_EXEC: libc::c_uint = 1 << 2;

/// Whether a descriptor of that number is open.
pub fn is_open(number: FdNumber) -> bool {
    // SAFETY: asked for its flags, a number that is no descriptor is an error and nothing else.
    unsafe { libc::fcntl(number.as_raw(), libc::F_GETFD) >= 0 }
}

/// Name and type of the Unix socket that a descriptor is, if it is one that was given a name.
pub fn unix_socket(number: FdNumber) -> Option<(SocketName, SocketType)> {
    if !is_open(number) {
        return None;
    }
    // SAFETY: it is open, and nobody closes it meanwhile.
    let fd = unsafe { BorrowedFd::borrow_raw(number.as_raw()) };
    let kind = match sockopt::socket_type(fd).ok()? {
        net::SocketType::STREAM => SocketType::Stream,
        net::SocketType::DGRAM => SocketType::Dgram,
        net::SocketType::SEQPACKET => SocketType::Seqpacket,
        _ => return None,
    };
    let address = SocketAddrUnix::try_from(net::getsockname(fd).ok()?).ok()?;
    let name = match (address.path_bytes(), address.abstract_name()) {
        (Some(path), _) => SocketName::Path(OsStr::from_bytes(path).into()),
        (None, name) => SocketName::Abstract(name?.to_vec()),
    };
    Some((name, kind))
}

/// The kernel's number of a socket, `socket:[N]` in /proc.
pub fn socket_number(socket: impl AsFd) -> Option<u32> {
    u32::try_from(rustix::fs::fstat(socket).ok()?.st_ino).ok()
}

/// What a program gets beside standard input, output and error: sockets from 3 on, and others
/// that keep their numbers.
#[derive(Debug)]
pub struct Handover {
    /// As many are in their places already.
    inherited: usize,
    own: Vec<Own>,
    /// In ascending order, each once, and none where the sockets go.
    passed: Vec<RawFd>,
}

/// A socket of ours.
#[derive(Debug)]
struct Own {
    fd: RawFd,
    /// `None`: it does not listen.
    backlog: Option<Backlog>,
}

impl Handover {
    /// As many sockets as were inherited stay where they are, from 3 on; those of `passed` that
    /// are below that are passed anyway.
    pub fn new(inherited: usize, passed: &[FdNumber]) -> Handover {
        let mut passed: Vec<RawFd> = passed.iter().map(|number| number.as_raw()).collect();
        passed.sort_unstable();
        passed.dedup();
        passed.retain(|number| *number >= FdNumber::FIRST.as_raw());
        Handover {
            inherited,
            own: Vec::new(),
            passed,
        }
    }

    /// One more socket; it has to stay open until it is handed over. With a backlog it listens.
    pub fn add(&mut self, socket: BorrowedFd<'_>, backlog: Option<Backlog>) {
        self.own.push(Own {
            fd: socket.as_raw_fd(),
            backlog,
        });
    }

    /// The first number that none of the sockets gets.
    pub fn end(&self) -> FdNumber {
        let count = self.inherited + self.own.len();
        // There are not so many.
        FdNumber::FIRST.plus(count).unwrap_or(FdNumber::FIRST)
    }

    /// Calls listen(2) once more, for `SO_PEERCRED` names who called it last.
    pub fn listen_again(&self) -> Result<(), Failure> {
        for own in &self.own {
            if let Some(backlog) = own.backlog {
                // SAFETY: `add` asks that it stays open.
                let socket = unsafe { BorrowedFd::borrow_raw(own.fd) };
                rustix::net::listen(socket, backlog.as_raw())?;
            }
        }
        Ok(())
    }

    /// Puts everything where the program finds it, and has all else closed when it is executed.
    /// What was in a place that is needed is gone from this table of descriptors.
    pub fn arrange(&mut self) -> Result<(), Failure> {
        let first = FdNumber::FIRST.as_raw();
        let count = |length: usize| RawFd::try_from(length).map_err(|_| Errno::MFILE);
        let own_first = first + count(self.inherited)?;
        let end = own_first + count(self.own.len())?;
        let above = self.passed.last().map_or(end, |last| end.max(last + 1));
        for (place, own) in (own_first..).zip(&mut self.own) {
            if own.fd != place && (own_first..end).contains(&own.fd) {
                own.fd = duplicate_from(own.fd, above)?;
            }
        }
        for (place, own) in (own_first..).zip(&self.own) {
            if own.fd != place {
                duplicate_to(own.fd, place)?;
            }
        }
        close_at_exec_but(end, &self.passed)?;
        let places = first..end;
        for place in places.chain(self.passed.iter().copied()) {
            stay_open(place)?;
        }
        // As those of a service manager are, unless it is told otherwise.
        (own_first..end).try_for_each(wait)
    }
}

/// Numbers that are taken, so that nothing that is opened gets them.
#[derive(Debug)]
pub struct Reserved(#[allow(dead_code)] Vec<OwnedFd>);

/// As many descriptors as that, free again once this is dropped: what has to be done afterwards
/// does not fail for want of one.
pub fn spare(count: usize) -> Result<Reserved, Failure> {
    let taken: Result<Vec<OwnedFd>, Failure> = (0..count).map(|_| taken()).collect();
    Ok(Reserved(taken?))
}

fn taken() -> Result<OwnedFd, Failure> {
    let next = duplicate_from(libc::STDERR_FILENO, FdNumber::FIRST.as_raw())?;
    // SAFETY: it is new, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(next) })
}

/// Takes every free number from that of the first descriptor after standard input, output and
/// error, up to that one.
pub fn reserve(end: FdNumber) -> Result<Reserved, Failure> {
    let mut all = Vec::new();
    loop {
        let next = taken()?;
        if next.as_raw_fd() >= end.as_raw() {
            return Ok(Reserved(all));
        }
        all.push(next);
    }
}

/// Whether something can be written there without waiting, if only to be told that nobody reads.
pub fn has_room(stream: impl AsFd) -> bool {
    let mut watched = [PollFd::new(&stream, PollFlags::OUT)];
    poll(&mut watched, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
}

/// Standard input and output lead nowhere from here on, so that who waits for their other ends
/// waits for nobody who does not use them.
pub fn leave_stdio() -> Result<(), Failure> {
    let nowhere = rustix::fs::open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    duplicate_to(nowhere.as_raw_fd(), libc::STDIN_FILENO)?;
    duplicate_to(nowhere.as_raw_fd(), libc::STDOUT_FILENO)
}

fn close_at_exec_but(first: RawFd, spared: &[RawFd]) -> Result<(), Failure> {
    let mut from = first;
    for &spared in spared {
        if from < spared {
            close_at_exec(from, spared - 1)?;
        }
        from = spared + 1;
    }
    close_at_exec(from, RawFd::MAX)
}

fn close_at_exec(first: RawFd, last: RawFd) -> Result<(), Failure> {
    match close_range(first, last) {
        Ok(()) => Ok(()),
        // Linux before 5.11, or a filter.
        Err(Errno::INVAL | Errno::NOSYS | Errno::PERM) => one_by_one(first, last),
        Err(errno) => Err(errno.into()),
    }
}

fn close_range(first: RawFd, last: RawFd) -> Result<(), Errno> {
    // SAFETY: with this flag nothing is closed here that somebody still uses.
    let outcome = unsafe { libc::syscall(libc::SYS_close_range, first, last, AT_EXEC) };
    done(outcome == 0)
}

/// By the list of those that are open in this thread's table.
fn one_by_one(first: RawFd, last: RawFd) -> Result<(), Failure> {
    let how = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let table = rustix::fs::open(c"/proc/thread-self/fd", how, Mode::empty())?;
    let mut room = [std::mem::MaybeUninit::uninit(); 4096];
    let mut entries = rustix::fs::RawDir::new(&table, &mut room);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let number = entry.file_name().to_str().ok();
        let number: Option<RawFd> = number.and_then(|name| name.parse().ok());
        if let Some(number) = number.filter(|number| (first..=last).contains(number)) {
            // SAFETY: a flag is set of a descriptor that is open; it is not closed here.
            let outcome = unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
            done(outcome == 0)?;
        }
    }
    Ok(())
}

fn duplicate_from(fd: RawFd, least: RawFd) -> Result<RawFd, Failure> {
    // SAFETY: a new descriptor is made, and no other one touched.
    let new = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, least) };
    done(new >= 0)?;
    Ok(new)
}

fn duplicate_to(fd: RawFd, place: RawFd) -> Result<(), Failure> {
    // SAFETY: what is closed by it is in the way; who arranges has a table of its own, or executes
    // a program or ends.
    let outcome = unsafe { libc::dup2(fd, place) };
    Ok(done(outcome >= 0)?)
}

fn stay_open(fd: RawFd) -> Result<(), Failure> {
    // SAFETY: a flag is set, and nothing else.
    let outcome = unsafe { libc::fcntl(fd, libc::F_SETFD, 0) };
    Ok(done(outcome == 0)?)
}

/// Clears `O_NONBLOCK`.
fn wait(fd: RawFd) -> Result<(), Failure> {
    // SAFETY: it has just been put there.
    let socket = unsafe { BorrowedFd::borrow_raw(fd) };
    let flags = rustix::fs::fcntl_getfl(socket.as_fd())?;
    Ok(rustix::fs::fcntl_setfl(socket, flags - OFlags::NONBLOCK)?)
}

fn done(success: bool) -> Result<(), Errno> {
    if success {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    Err(Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

#[cfg(test)]
mod tests;
