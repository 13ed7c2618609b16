//! What comes along with a datagram, cmsg(3): read from the bytes that the kernel wrote, so that
//! no descriptor among them is ever left open.

use std::mem::{offset_of, size_of};
use std::os::fd::{FromRawFd, OwnedFd};

use super::{MOST_DESCRIPTORS, Sender};
use crate::model::Uid;

/// `SCM_PIDFD` of linux/socket.h.
const SCM_PIDFD: libc::c_int = 0x04;

/// Credentials, the pidfd, and all descriptors that there can be.
pub(super) const ROOM: usize = space(size_of::<libc::ucred>())
    + space(size_of::<libc::c_int>())
    + space(size_of::<libc::c_int>() * MOST_DESCRIPTORS);

/// `CMSG_SPACE`
const fn space(length: usize) -> usize {
    aligned(size_of::<libc::cmsghdr>()) + aligned(length)
}

const fn aligned(length: usize) -> usize {
    length.next_multiple_of(size_of::<usize>())
}

/// What the kernel writes into.
#[repr(C, align(8))]
pub(super) struct Room([u8; ROOM]);

impl Room {
    pub(super) fn new() -> Room {
        Room([0; ROOM])
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut u8 {
        self.0.as_mut_ptr()
    }

    pub(super) fn filled(&self, length: usize) -> &[u8] {
        &self.0[..length]
    }
}

/// Takes over what came.
///
/// # Safety
///
/// The kernel has written these bytes for this process, and they are taken over only once.
pub(super) unsafe fn take(control: &[u8]) -> (Option<Sender>, Vec<OwnedFd>) {
    let mut sender: Option<Sender> = None;
    let mut pidfd = None;
    let mut descriptors = Vec::new();
    for (kind, data) in Messages(control) {
        match kind {
            libc::SCM_RIGHTS => {
                for fd in numbers(data) {
                    // SAFETY: the kernel has just made this descriptor for us.
                    descriptors.push(unsafe { OwnedFd::from_raw_fd(fd) });
                }
            }
            SCM_PIDFD => {
                // Not negative: where there is no process any more, it is an error.
                for fd in numbers(data).filter(|&fd| fd >= 0) {
                    // SAFETY: the kernel has just made this descriptor for us.
                    pidfd = Some(unsafe { OwnedFd::from_raw_fd(fd) });
                }
            }
            libc::SCM_CREDENTIALS => {
                let number = |at| Some(u32::from_ne_bytes(*data.get(at..)?.first_chunk()?));
                let pid = number(offset_of!(libc::ucred, pid));
                let uid = number(offset_of!(libc::ucred, uid));
                sender = Some(Sender {
                    pid: pid.filter(|&pid| pid != 0),
                    uid: uid.and_then(Uid::new),
                    pidfd: None,
                });
            }
            _ => {}
        }
    }
    if let Some(sender) = &mut sender {
        sender.pidfd = pidfd;
    }
    (sender, descriptors)
}

fn numbers(data: &[u8]) -> impl Iterator<Item = libc::c_int> {
    let (numbers, _) = data.as_chunks();
    numbers
        .iter()
        .map(|bytes| libc::c_int::from_ne_bytes(*bytes))
}

/// The messages of the socket layer, one after the other: type and contents.
struct Messages<'a>(&'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = (libc::c_int, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let all = self.0;
            // As the kernel has it: `size_t`, `int`, `int`, then the contents.
            let length = usize::from_ne_bytes(*all.first_chunk()?);
            let number = |at: usize| Some(i32::from_ne_bytes(*all.get(at..)?.first_chunk()?));
            let level = number(size_of::<usize>())?;
            let kind = number(size_of::<usize>() + size_of::<libc::c_int>())?;
            let data = all.get(aligned(size_of::<libc::cmsghdr>())..length)?;
            self.0 = all.get(aligned(length)..).unwrap_or_default();
            if level == libc::SOL_SOCKET {
                return Some((kind, data));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
        let header = size_of::<libc::cmsghdr>();
        let mut bytes = (header + data.len()).to_ne_bytes().to_vec();
        bytes.extend(level.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(data);
        bytes.resize(space(data.len()), 0);
        bytes
    }

    #[test]
    fn messages_follow_each_other() {
        let bytes = [
            message(libc::SOL_SOCKET, 2, b"123456789012"),
            message(libc::SOL_IP, 2, b"other"),
            message(libc::SOL_SOCKET, 1, b"abcd"),
        ]
        .concat();
        let found: Vec<_> = Messages(&bytes).collect();
        assert_eq!(found, [(2, b"123456789012".as_slice()), (1, b"abcd")]);
        // The kernel leaves the room behind the last one out of its count.
        let found: Vec<_> = Messages(&bytes[..bytes.len() - 4]).collect();
        assert_eq!(found.len(), 2);
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Messages(&bytes).count() <= bytes.len());
        }
    }
}
