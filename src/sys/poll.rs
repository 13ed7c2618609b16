//! Waiting until something can be read, ppoll(2).

use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

use super::dir::Failure;

/// Waits until at least one of them can be read or has ended, or that long (`None`: for ever), and
/// says of each whether it has. An interruption ends the wait, too.
pub fn readable(
    descriptors: &[BorrowedFd<'_>],
    longest: Option<Duration>,
) -> Result<Vec<bool>, Failure> {
    let mut waited: Vec<PollFd<'_>> = descriptors
        .iter()
        .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
        .collect();
    // What is too long for the kernel is longer than anything lives.
    let timeout = longest.and_then(|longest| Timespec::try_from(longest).ok());
    match rustix::event::poll(&mut waited, timeout.as_ref()) {
        Ok(_) => Ok(waited.iter().map(|fd| !fd.revents().is_empty()).collect()),
        Err(Errno::INTR) => Ok(vec![false; descriptors.len()]),
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
        let look = |longest| readable(&[one.as_fd(), other.as_fd()], longest);
        assert_eq!(look(Some(Duration::ZERO)), Ok(vec![false, false]));
        its_end.write_all(b"x").unwrap();
        assert_eq!(look(None), Ok(vec![true, false]));
        drop(others_end);
        assert_eq!(look(Some(Duration::MAX)), Ok(vec![true, true]));
    }
}
