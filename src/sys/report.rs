//! How a process that is to become a program says that it did not: a pipe that is closed when the
//! program is executed.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use super::dir::Failure;
use crate::model::FdNumber;

/// Where it can be read. Readable once it is known.
#[derive(Debug)]
pub struct Report(OwnedFd);

/// Where it is said.
#[derive(Debug)]
pub struct Reporter(OwnedFd);

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<const N: usize> {
    /// Nothing yet.
    NotYet,
    /// Nothing, and nothing will be: the program was executed, or the process has ended.
    Nothing,
    /// This.
    This([u8; N]),
}

/// A pipe, of which the end that says something has a number that is `least` or higher.
pub fn pipe(least: FdNumber) -> Result<(Report, Reporter), Failure> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let high = rustix::io::fcntl_dupfd_cloexec(&write, least.as_raw())?;
    Ok((Report(read), Reporter(high)))
}

impl Reporter {
    /// Nothing is allocated. Where nobody reads any more there is nobody to tell.
    pub fn say<const N: usize>(&self, bytes: [u8; N]) {
        let _ = rustix::io::write(&self.0, &bytes);
    }
}

impl Report {
    /// What was said.
    pub fn read<const N: usize>(&self) -> Said<N> {
        let mut bytes = [0; N];
        match rustix::io::read(&self.0, &mut bytes) {
            Ok(length) if length == N => Said::This(bytes),
            Err(Errno::AGAIN | Errno::INTR) => Said::NotYet,
            // So few bytes are written at once or not at all.
            Ok(_) | Err(_) => Said::Nothing,
        }
    }
}

impl AsFd for Report {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd as _;

    use super::*;

    #[test]
    fn what_is_said_is_read_and_silence_too() {
        let (report, reporter) = pipe("40".parse().unwrap()).unwrap();
        assert!(reporter.0.as_raw_fd() >= 40);
        assert_eq!(report.read::<2>(), Said::NotYet);
        reporter.say(*b"ab");
        assert_eq!(report.read(), Said::This(*b"ab"));
        drop(reporter);
        assert_eq!(report.read::<2>(), Said::Nothing);
    }
}
