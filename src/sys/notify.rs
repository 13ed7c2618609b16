//! Sockets that sd_notify(3) is spoken over: datagrams with the sender's credentials and with
//! descriptors, unix(7).

#![allow(unsafe_code)]

mod ancillary;

use std::ffi::CStr;
use std::io;
use std::mem::{MaybeUninit, size_of, zeroed};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{
    self, AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix,
    SocketFlags, SocketType as RawType, sockopt,
};

use super::bind::{OwnSocket, Under};
use super::dir::{Dir, Failure};
use crate::model::{Mode, SocketName, SocketType, Uid};

/// The most descriptors that the kernel lets one datagram carry (`SCM_MAX_FD`).
pub const MOST_DESCRIPTORS: usize = 253;

/// `SO_PASSPIDFD` of asm-generic/socket.h (Linux 6.5).
const SO_PASSPIDFD: libc::c_int = 76;

/// Where datagrams come in, each with the credentials of its sender.
#[derive(Debug)]
pub struct Receiver(OwnSocket);

/// A datagram.
#[derive(Debug)]
pub struct Datagram {
    /// As many of its bytes as there was room for.
    pub length: usize,
    /// It was longer than the room.
    pub cut: bool,
    /// Who sent it, as the kernel knew it at that moment.
    pub sender: Option<Sender>,
    /// What came with it; closed when it is dropped.
    pub descriptors: Vec<OwnedFd>,
    /// More had come with it, for which this process has no room.
    pub descriptors_lost: bool,
}

/// The process that sent a datagram, which may have ended since.
#[derive(Debug)]
pub struct Sender {
    /// `None`: it is in no pid namespace that we see.
    pub pid: Option<u32>,
    /// Its real user id.
    pub uid: Option<Uid>,
    /// Pins the process; `None` where the kernel does not do that (before Linux 6.5), or not for
    /// one that was reaped already.
    pub pidfd: Option<OwnedFd>,
}

impl Receiver {
    /// Bound to the file `name` in `dir`, whose mode will be `birth`; the kernel lists it under
    /// that name, without the way to it.
    pub fn in_directory(dir: &Dir, name: &CStr, birth: Mode) -> Result<Receiver, Failure> {
        let socket = Receiver::unbound(birth)?;
        socket.bind(dir, name, Under::Name)?;
        Ok(Receiver(socket))
    }

    /// Bound to an abstract name.
    pub fn in_abstract_space(name: &[u8]) -> Result<Receiver, Failure> {
        let socket = Receiver::unbound(Mode::from_st_mode(0))?;
        net::bind(&socket, &SocketAddrUnix::new_abstract_name(name)?)?;
        Ok(Receiver(socket))
    }

    fn unbound(birth: Mode) -> Result<OwnSocket, Failure> {
        let socket = OwnSocket::new(SocketType::Dgram, birth)?;
        sockopt::set_socket_passcred(&socket, true)?;
        ask_for_pidfds(&socket);
        Ok(socket)
    }

    /// Takes the next datagram, at most as much of it as `room` holds; `None`: there is none.
    pub fn receive(&self, room: &mut [u8]) -> Result<Option<Datagram>, Failure> {
        self.receive_with(room, ancillary::ROOM)
    }

    /// With so much room for what comes along, at most [`ancillary::ROOM`].
    fn receive_with(&self, room: &mut [u8], along: usize) -> Result<Option<Datagram>, Failure> {
        let mut control = ancillary::Room::new();
        let along = along.min(ancillary::ROOM);
        let mut text = libc::iovec {
            iov_base: room.as_mut_ptr().cast(),
            iov_len: room.len(),
        };
        // SAFETY: zeroes are a valid `msghdr`: null pointers with a length of nothing.
        let mut message: libc::msghdr = unsafe { zeroed() };
        message.msg_iov = &raw mut text;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = along as _;
        let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
        let length = loop {
            // SAFETY: all that the message leads to is as long as it says, and outlives the call.
            let got = unsafe { libc::recvmsg(self.as_fd().as_raw_fd(), &raw mut message, flags) };
            match usize::try_from(got) {
                Ok(length) => break length,
                Err(_) => match Errno::from_io_error(&io::Error::last_os_error()) {
                    Some(Errno::INTR) => {}
                    Some(Errno::AGAIN) => return Ok(None),
                    errno => return Err(errno.unwrap_or(Errno::IO).into()),
                },
            }
        };
        #[allow(clippy::unnecessary_cast)] // narrower in other C libraries
        let filled = (message.msg_controllen as usize).min(along);
        // SAFETY: the kernel has just filled so many bytes of it, and nobody else reads them.
        let (sender, descriptors) = unsafe { ancillary::take(control.filled(filled)) };
        Ok(Some(Datagram {
            length,
            cut: message.msg_flags & libc::MSG_TRUNC != 0,
            sender,
            descriptors,
            descriptors_lost: message.msg_flags & libc::MSG_CTRUNC != 0,
        }))
    }
}

/// So that a pid given out again is no one else's. It is no loss where the kernel does not know it.
fn ask_for_pidfds(socket: &OwnSocket) {
    let on: libc::c_int = 1;
    #[allow(clippy::cast_possible_truncation)] // some bytes
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the descriptor is open, and the kernel reads as many bytes as are there.
    let _ = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            SO_PASSPIDFD,
            (&raw const on).cast(),
            length,
        )
    };
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Sender {
    /// Whether its pid may be another process's by now: it has ended and was reaped. `None`: the
    /// kernel has not pinned it for us.
    pub fn is_reaped(&self) -> Option<bool> {
        const NO_SIGNAL: libc::c_int = 0;
        let pidfd = self.pidfd.as_ref()?.as_raw_fd();
        let no_details = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: the descriptor is open, and nothing is sent: pidfd_send_signal(2) with the
        // signal 0 only looks for the process.
        let outcome =
            unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd, NO_SIGNAL, no_details, 0) };
        let errno = Errno::from_io_error(&io::Error::last_os_error());
        // Who may not send it anything learns that it is there.
        match (outcome, errno) {
            (0, _) | (_, Some(Errno::PERM)) => Some(false),
            (_, Some(Errno::SRCH)) => Some(true),
            _ => None,
        }
    }
}

/// The way to the one who is to be told.
#[derive(Debug)]
pub struct Upstream {
    socket: OwnedFd,
    address: SocketAddrUnix,
}

impl Upstream {
    /// Connects. That the datagrams are our own is seen there from our pid.
    pub fn connect(name: &SocketName) -> Result<Upstream, Failure> {
        let address = match name {
            SocketName::Path(path) => SocketAddrUnix::new(path)?,
            SocketName::Abstract(name) => SocketAddrUnix::new_abstract_name(name)?,
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = net::socket_with(AddressFamily::UNIX, RawType::DGRAM, flags, None)?;
        rustix::io::retry_on_intr(|| net::connect(&socket, &address))?;
        Ok(Upstream { socket, address })
    }

    /// Sends one datagram. `false`: the queue is full, and the descriptor is writable once it is
    /// not. If the other side was started anew, it is connected to again.
    pub fn send(&self, text: &[u8], descriptors: &[BorrowedFd<'_>]) -> Result<bool, Failure> {
        let mut sent = self.try_to_send(text, descriptors);
        if matches!(
            sent,
            Err(Errno::CONNREFUSED | Errno::NOTCONN | Errno::CONNRESET)
        ) {
            rustix::io::retry_on_intr(|| net::connect(&self.socket, &self.address))?;
            sent = self.try_to_send(text, descriptors);
        }
        match sent {
            Ok(()) => Ok(true),
            Err(Errno::AGAIN) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Waits until there is room, at most that long.
    pub fn wait_for_room(&self, longest: Duration) -> Result<(), Failure> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let longest = Timespec::try_from(longest).map_err(|_| Failure::from(Errno::INVAL))?;
        match poll(
            &mut [PollFd::new(&self.socket, PollFlags::OUT)],
            Some(&longest),
        ) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    fn try_to_send(&self, text: &[u8], descriptors: &[BorrowedFd<'_>]) -> rustix::io::Result<()> {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
        let mut control = SendAncillaryBuffer::new(&mut room);
        if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
            return Err(Errno::INVAL);
        }
        let text = [io::IoSlice::new(text)];
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        rustix::io::retry_on_intr(|| net::sendmsg(&self.socket, &text, &mut control, flags))?;
        Ok(())
    }
}

impl AsFd for Upstream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests;
