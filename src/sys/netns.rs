//! Network namespaces, network_namespaces(7): which there are, and the kernel's list of each.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::diag::{self, DiagError, Dump};
use super::{errno, proc};

/// Another network namespace than ours.
#[derive(Debug)]
pub struct Netns {
    /// Its inode number, as `ip netns` and lsns(8) write it.
    pub ino: u64,
    link: OwnedFd,
}

/// The other network namespaces, each once, by number.
#[derive(Debug)]
pub struct Others {
    /// Those that some process is in.
    pub namespaces: Vec<Netns>,
    /// Processes whose namespace we may not see.
    pub denied: usize,
}

/// The network namespaces of all processes but our own one.
///
/// # Errors
///
/// Where /proc cannot be read.
pub fn others() -> io::Result<Others> {
    let proc = proc::open_proc()?;
    let own = rustix::fs::stat("/proc/thread-self/ns/net")?.st_ino;
    let mut links = BTreeMap::new();
    let mut denied = 0;
    for pid in proc::pids(proc.as_fd())? {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let name = format!("{pid}/ns/net");
        let opened = rustix::fs::openat(&proc, name, flags, Mode::empty())
            .and_then(|link| Ok((rustix::fs::fstat(&link)?.st_ino, link)));
        match opened {
            Ok((ino, link)) if ino != own => {
                links.entry(ino).or_insert(link);
            }
            Err(Errno::ACCESS | Errno::PERM) => denied += 1,
            _ => {}
        }
    }
    let namespaces = links.into_iter().map(|(ino, link)| Netns { ino, link });
    Ok(Others {
        namespaces: namespaces.collect(),
        denied,
    })
}

/// Why a namespace's list could not be had.
#[derive(Debug, thiserror::Error)]
pub enum NetnsError {
    /// No thread to enter it with.
    #[error("cannot start a thread: {}", errno::describe(.0))]
    Thread(#[source] io::Error),
    /// It needs `CAP_SYS_ADMIN` there and here.
    #[error("cannot enter it: {}", errno::describe(.0))]
    Enter(#[source] io::Error),
    /// It was entered, and has no list.
    #[error(transparent)]
    Diag(#[from] DiagError),
}

impl Netns {
    /// The kernel's list of the namespace, read by a thread that enters it and ends there; the
    /// calling thread stays where it is.
    ///
    /// # Errors
    ///
    /// [`NetnsError`]
    pub fn dump(&self) -> Result<Dump, NetnsError> {
        let enter_and_dump = || {
            move_into_link_name_space(self.link.as_fd(), Some(LinkNameSpaceType::Network))
                .map_err(|errno| NetnsError::Enter(errno.into()))?;
            Ok(diag::dump()?)
        };
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new()
                .spawn_scoped(scope, enter_and_dump)
                .map_err(NetnsError::Thread)?;
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}
