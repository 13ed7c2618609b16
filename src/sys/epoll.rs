//! Waiting for many connections at once, epoll(7).

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use super::dir::Failure;

/// Connections that are waited for, each under a number of the caller's.
#[allow(missing_debug_implementations)] // rustix's events have none
pub struct Readiness {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

impl Readiness {
    /// Fails where there is no descriptor or memory left.
    pub fn new() -> Result<Readiness, Failure> {
        Ok(Readiness {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(256),
        })
    }

    /// Says when something can be received, or sent, or it has ended: once for each change.
    /// Closing the descriptor ends it.
    pub fn add(&self, connection: impl AsFd, number: u64) -> Result<(), Failure> {
        let interest = epoll::EventFlags::IN
            | epoll::EventFlags::OUT
            | epoll::EventFlags::RDHUP
            | epoll::EventFlags::ET;
        let number = epoll::EventData::new_u64(number);
        Ok(epoll::add(&self.epoll, connection, number, interest)?)
    }

    /// Waits for the first of them, or that long, and hands over the numbers of all that are
    /// ready by then.
    pub fn wait(&mut self, longest: Duration) -> Result<Vec<u64>, Failure> {
        self.events.clear();
        // A day is what every kernel takes.
        let longest = longest.min(Duration::from_secs(86_400));
        let timeout = Timespec::try_from(longest).map_err(|_| Failure::from(Errno::INVAL))?;
        let buffer = rustix::buffer::spare_capacity(&mut self.events);
        match epoll::wait(&self.epoll, buffer, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        Ok(self.events.iter().map(|event| event.data.u64()).collect())
    }
}

/// Several descriptors as one, which is readable for as long as one of them is.
#[derive(Debug)]
pub struct Several(OwnedFd);

impl Several {
    /// Fails where there is no descriptor or memory left.
    pub fn new() -> Result<Several, Failure> {
        Ok(Several(epoll::create(epoll::CreateFlags::CLOEXEC)?))
    }

    /// One more; it may be among them already. Closing it ends it.
    pub fn add(&self, other: impl AsFd) -> Result<(), Failure> {
        let data = epoll::EventData::new_u64(0);
        match epoll::add(&self.0, other, data, epoll::EventFlags::IN) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

impl AsFd for Several {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn what_becomes_ready_is_told_by_its_number() {
        let (mut a, b) = UnixStream::pair().unwrap();
        let mut readiness = Readiness::new().unwrap();
        readiness.add(&b, 7).unwrap();
        let ready = |readiness: &mut Readiness| readiness.wait(Duration::ZERO).unwrap();
        assert_eq!(ready(&mut readiness), [7], "it can be sent to");
        assert_eq!(ready(&mut readiness), [0_u64; 0], "nothing has changed");
        a.write_all(b"x").unwrap();
        assert_eq!(ready(&mut readiness), [7]);
        drop(b);
        drop(a);
        assert_eq!(ready(&mut readiness), [0_u64; 0]);
    }

    #[test]
    fn several_are_readable_while_one_is() {
        let several = Several::new().unwrap();
        let readable = || {
            let mut fds = [rustix::event::PollFd::new(
                &several,
                rustix::event::PollFlags::IN,
            )];
            rustix::event::poll(&mut fds, Some(&Timespec::default())).unwrap() == 1
        };
        let (mut a, mut b) = UnixStream::pair().unwrap();
        let (mut c, d) = UnixStream::pair().unwrap();
        several.add(&b).unwrap();
        several.add(&b).unwrap();
        several.add(&d).unwrap();
        assert!(!readable());
        a.write_all(b"x").unwrap();
        assert!(readable() && readable(), "until it is read");
        b.read_exact(&mut [0]).unwrap();
        assert!(!readable());
        c.write_all(b"x").unwrap();
        assert!(readable());
        drop(d);
        assert!(!readable());
    }
}
