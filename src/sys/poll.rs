//! Waiting until something can be read or written, ppoll(2).

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use super::dir::Failure;

/// What is waited for.
#[derive(Debug, Clone, Copy)]
pub enum Awaited<'a> {
    /// That it can be read.
    Read(BorrowedFd<'a>),
    /// That it can be written.
    Write(BorrowedFd<'a>),
}

/// Waits until at least one of them is, or has ended, or that long (`None`: for ever), and says of
/// each whether it has. An interruption ends the wait, too.
pub fn ready(awaited: &[Awaited<'_>], longest: Option<Duration>) -> Result<Vec<bool>, Failure> {
    let mut waited: Vec<PollFd<'_>> = awaited
        .iter()
        .map(|awaited| match awaited {
            Awaited::Read(fd) => PollFd::from_borrowed_fd(*fd, PollFlags::IN),
            Awaited::Write(fd) => PollFd::from_borrowed_fd(*fd, PollFlags::OUT),
        })
        .collect();
    // What is too long for the kernel is longer than anything lives.
    let timeout = longest.and_then(|longest| Timespec::try_from(longest).ok());
    match rustix::event::poll(&mut waited, timeout.as_ref()) {
        Ok(_) => Ok(waited.iter().map(|fd| !fd.revents().is_empty()).collect()),
        Err(Errno::INTR) => Ok(vec![false; awaited.len()]),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsFd as _;

    use super::*;

    #[test]
    fn what_can_be_read_and_what_has_ended() {
        let (one, mut its_end) = std::io::pipe().unwrap();
        let (other, others_end) = std::io::pipe().unwrap();
        let awaited = [one.as_fd(), other.as_fd()].map(Awaited::Read);
        let look = |longest| ready(&awaited, longest);
        assert_eq!(look(Some(Duration::ZERO)), Ok(vec![false, false]));
        its_end.write_all(b"x").unwrap();
        assert_eq!(look(None), Ok(vec![true, false]));
        drop(others_end);
        assert_eq!(look(Some(Duration::MAX)), Ok(vec![true, true]));
    }

    #[test]
    fn what_can_be_written() {
        let (_reader, writer) = std::io::pipe().unwrap();
        let both = [
            Awaited::Read(writer.as_fd()),
            Awaited::Write(writer.as_fd()),
        ];
        assert_eq!(ready(&both, None), Ok(vec![false, true]));
    }
}
