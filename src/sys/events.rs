//! Waiting for any of many descriptors to become readable: epoll(7).

use std::os::fd::{AsFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::io::Errno;

use super::dir::Failure;

/// How many are told at once.
const AT_ONCE: usize = 256;

/// Descriptors to be waited for, each with a number of the caller's.
pub struct Watch {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

impl Watch {
    /// Of nothing yet.
    pub fn new() -> Result<Watch, Failure> {
        Ok(Watch {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(AT_ONCE),
        })
    }

    /// Adds one that is told each time something new has come, and not again until more comes:
    /// who cannot take it now is not woken for ever.
    pub fn add(&self, fd: impl AsFd, number: u64) -> Result<(), Failure> {
        let what = epoll::EventFlags::IN | epoll::EventFlags::ET;
        Ok(epoll::add(
            &self.epoll,
            fd,
            epoll::EventData::new_u64(number),
            what,
        )?)
    }

    /// Waits, for ever if need be, and gives the numbers of those that can be read.
    pub fn wait(&mut self) -> Result<impl Iterator<Item = u64>, Failure> {
        loop {
            self.events.clear();
            match epoll::wait(&self.epoll, spare_capacity(&mut self.events), None) {
                Ok(_) => break,
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        // The structure is packed on some architectures.
        Ok(self.events.iter().map(|event| { event.data }.u64()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn who_has_something_is_told_once() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        let (_quiet, silent) = UnixStream::pair().unwrap();
        let mut watch = Watch::new().unwrap();
        watch.add(&silent, 1).unwrap();
        watch.add(&theirs, 7).unwrap();
        for _ in 0..2 {
            ours.write_all(b"x").unwrap();
            assert_eq!(watch.wait().unwrap().collect::<Vec<_>>(), [7]);
        }
    }
}
