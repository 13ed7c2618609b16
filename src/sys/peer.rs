//! Who is at the other end of a connection, and whether it still holds the socket.

#![allow(unsafe_code)]

use std::collections::HashSet;
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, AsRawFd};

use super::connect::Connection;
use crate::model::{Peer, Uid};

impl Connection {
    /// `SO_PEERCRED`, unix(7): who called listen(2), as it was at that time. Not of a datagram
    /// connection, of which the kernel keeps nobody.
    pub fn peer(&self) -> io::Result<Peer> {
        // rustix has a pid that cannot be 0 there, and 0 is what the kernel writes for a process
        // of a pid namespace that is not ours.
        let mut credentials = MaybeUninit::<libc::ucred>::zeroed();
        #[allow(clippy::cast_possible_truncation)] // some bytes
        let mut length = size_of::<libc::ucred>() as libc::socklen_t;
        // SAFETY: the descriptor is open, and `length` is the size of what the pointer leads to.
        let outcome = unsafe {
            libc::getsockopt(
                self.as_fd().as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERCRED,
                credentials.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        if outcome != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: zeroes are a valid `ucred`, and so is what the kernel writes over them.
        let credentials = unsafe { credentials.assume_init() };
        Ok(Peer {
            pid: u32::try_from(credentials.pid).ok().filter(|&pid| pid != 0),
            uid: Uid::new(credentials.uid),
        })
    }
}

/// The numbers of all sockets that the process has descriptors of.
///
/// # Errors
///
/// `ENOENT` where the process is gone, `EACCES` where we may not look.
pub fn sockets_of(pid: u32) -> io::Result<HashSet<u32>> {
    let mut sockets = HashSet::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd"))? {
        // A descriptor may be closed between the listing and the look.
        let Ok(target) = std::fs::read_link(entry?.path()) else {
            continue;
        };
        let number: Option<u32> = target
            .to_str()
            .and_then(|text| text.strip_prefix("socket:[")?.strip_suffix(']'))
            .and_then(|number| number.parse().ok());
        sockets.extend(number);
    }
    Ok(sockets)
}

/// The inode number of the network namespace that a process is in.
///
/// # Errors
///
/// `ENOENT` where the process is gone, `EACCES` where we may not look.
pub fn netns_of(pid: u32) -> io::Result<u64> {
    Ok(rustix::fs::stat(format!("/proc/{pid}/ns/net"))?.st_ino)
}

/// The inode number of our own network namespace.
///
/// # Errors
///
/// Where /proc cannot be read.
pub fn own_netns() -> io::Result<u64> {
    Ok(rustix::fs::stat("/proc/thread-self/ns/net")?.st_ino)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::super::connect::{Reply, Target, connect};
    use super::super::dir::Pinned;
    use super::*;
    use crate::model::SocketType;

    #[test]
    fn the_peer_is_who_listens_and_holds_it() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let pinned = Pinned::open(&path).unwrap();
        let (reply, _) = connect(Target::Inode(&pinned), SocketType::Stream);
        let Reply::Connected(connection) = reply else {
            panic!("{reply:?}");
        };
        let peer = connection.peer().unwrap();
        assert_eq!(peer.pid, Some(std::process::id()));
        assert_eq!(
            peer.uid.map(Uid::as_raw),
            Some(rustix::process::geteuid().as_raw())
        );
        let number = rustix::fs::fstat(&listener).unwrap().st_ino;
        let held = sockets_of(std::process::id()).unwrap();
        assert!(held.contains(&u32::try_from(number).unwrap()));
        assert_eq!(netns_of(std::process::id()).unwrap(), own_netns().unwrap());
    }
}
