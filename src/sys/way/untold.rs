//! Why it cannot be told how one gets to a socket.

use std::path::PathBuf;

use super::Broken;
use crate::sys::acl::Unread;
use crate::sys::dir::Failure;

/// Why the way cannot be told. Nothing is guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    /// It ends before the socket, for us.
    #[error("{0}")]
    Broken(Broken),
    /// Something else is at its end.
    #[error("it is no socket but a {0}, and only sockets are connected to")]
    NotASocket(&'static str),
    /// An ACL on the way.
    #[error("cannot read the ACL of {}: {why}", at.display())]
    Acl {
        /// Whose.
        at: PathBuf,
        /// Why.
        why: Unread,
    },
    /// It ends behind a link.
    #[error("it goes by the link {}, and {} does not exist", link.display(), at.display())]
    DeadLink {
        /// The last one on the way.
        link: PathBuf,
        /// What is not there.
        at: PathBuf,
    },
    /// A link of /proc, which leads each process elsewhere.
    #[error(
        "the link {} leads every process elsewhere; name the path that is meant",
        .0.display()
    )]
    EachItsOwn(PathBuf),
    /// Directories were moved meanwhile, again and again.
    #[error("{} was moved while it was looked at; try again", .0.display())]
    Moved(PathBuf),
    /// A link that the kernel lets nobody follow.
    #[error(
        "nobody can follow the link {}: its file system is mounted with nosymfollow",
        .0.display()
    )]
    NotFollowed(PathBuf),
    /// Nobody can name it in one call.
    #[error("its path is longer than the 4095 bytes that the kernel takes at once")]
    TooLong,
    /// A file system of FUSE.
    #[error("the server of the file system at {} decides who may do what, and not the modes", .0.display())]
    ItsServerDecides(PathBuf),
    /// What the kernel's settings are.
    #[error("cannot read /proc/sys/fs/protected_symlinks: {0}")]
    Settings(Failure),
}

impl Untold {
    /// Whether it is not there any more.
    pub fn is_gone(&self) -> bool {
        match self {
            Untold::Broken(broken) => broken.failure.is_gone(),
            Untold::DeadLink { .. } => true,
            _ => false,
        }
    }
}
