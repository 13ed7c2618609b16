//! Why the kernel refused.

use std::fmt;

use rustix::io::Errno;

/// The kernel's refusal. Displayed as words and symbol: `Permission denied (EACCES)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure(Errno);

impl Failure {
    /// The name leads to nothing any more, or to something that is no directory (a link, say).
    pub fn is_gone(self) -> bool {
        matches!(self.0, Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
    }

    /// The path leads to nothing.
    pub fn is_missing(self) -> bool {
        self.0 == Errno::NOENT
    }

    /// What the path leads to is no directory.
    pub fn is_not_a_directory(self) -> bool {
        self.0 == Errno::NOTDIR
    }

    /// We may not look there.
    pub fn is_denied(self) -> bool {
        matches!(self.0, Errno::ACCESS | Errno::PERM)
    }

    /// A name or the whole path is longer than any that can be there.
    pub fn is_too_long(self) -> bool {
        self.0 == Errno::NAMETOOLONG
    }

    /// Something has that name already.
    pub fn is_taken(self) -> bool {
        matches!(self.0, Errno::EXIST | Errno::ADDRINUSE)
    }

    /// The way leads across a mount (EXDEV).
    pub fn crossing() -> Failure {
        Failure(Errno::XDEV)
    }

    /// Something is mounted there.
    pub fn is_crossing(self) -> bool {
        self.0 == Errno::XDEV
    }

    /// This process, or the whole system, has no descriptor left.
    pub fn is_out_of_descriptors(self) -> bool {
        matches!(self.0, Errno::MFILE | Errno::NFILE)
    }

    /// The kernel knows no way to execute it (ENOEXEC).
    pub fn is_no_program(self) -> bool {
        self.0 == Errno::NOEXEC
    }

    /// The room given is too small (ENOBUFS).
    pub fn is_out_of_room(self) -> bool {
        self.0 == Errno::NOBUFS
    }

    /// It takes more rights than we have, or more than anybody has.
    pub fn is_not_permitted(self) -> bool {
        self.0 == Errno::PERM
    }

    /// The kernel (before 5.6) or a filter in front of it does not know the call.
    pub fn is_unsupported(self) -> bool {
        matches!(self.0, Errno::NOSYS | Errno::PERM)
    }
}

impl Failure {
    /// The errno.
    pub fn number(self) -> i32 {
        self.0.raw_os_error()
    }

    /// Of an errno.
    pub fn of_number(number: i32) -> Failure {
        Failure(Errno::from_raw_os_error(number))
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Failure {
        Failure(errno)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errno = nix::errno::Errno::from_raw(self.0.raw_os_error());
        write!(f, "{} ({errno:?})", errno.desc())
    }
}

impl std::error::Error for Failure {}
