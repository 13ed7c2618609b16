//! The kernel's own list of Unix sockets: `unix_diag` over `NETLINK_SOCK_DIAG`, sock_diag(7).
//!
//! It shows the network namespace of the calling thread, needs no privilege, and is the only
//! list that a name with a newline cannot forge.

mod exact;
mod inet;
mod parse;

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{self, AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

pub use exact::{row, rows};
pub use inet::listeners;
pub use parse::{Name, Outcome, Row, parse};

/// The kernel fills at most this much for one answer (`netlink_dump` in af_netlink.c).
const BUFFER: usize = 32 * 1024;

/// How often a list that changed while it was read is read again.
const ATTEMPTS: u32 = 4;

/// `UDIAG_SHOW_NAME | _VFS | _PEER | _RQLEN | _UID` of linux/unix_diag.h.
const SHOW: u32 = 0x01 | 0x02 | 0x04 | 0x10 | 0x40;

/// One reading of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dump {
    /// One row for each socket, in the kernel's order.
    pub rows: Vec<Row>,
    /// The list changed during every attempt to read it: what came and went may be missing.
    pub changing: bool,
    /// Messages that made no sense and were passed over.
    pub malformed: u32,
}

/// One number for the device and the inode of a [`Row`]. The kernel's own device numbers have 12
/// bits for the major and 20 for the minor number, so none is lost (`linux/kdev_t.h`).
pub fn vfs_number((dev, ino): (u64, u32)) -> u64 {
    let dev = (u64::from(rustix::fs::major(dev)) << 20) | u64::from(rustix::fs::minor(dev));
    (dev << 32) | u64::from(ino)
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum DiagError {
    /// No such socket can be made: the kernel lacks it, or a filter forbids it.
    #[error("cannot open a sock_diag socket: {}", super::errno::describe(.0))]
    Socket(#[source] io::Error),
    /// The question could not be put.
    #[error("cannot ask for Unix sockets: {}", super::errno::describe(.0))]
    Send(#[source] io::Error),
    /// The answer could not be read.
    #[error("cannot read the answer: {}", super::errno::describe(.0))]
    Receive(#[source] io::Error),
    /// The kernel answered with an error: the module `unix_diag` is missing (ENOENT), ...
    #[error("the kernel refuses (is the module unix_diag there?): {}", super::errno::describe(.0))]
    Refused(#[source] io::Error),
    /// An answer longer than the kernel makes them.
    #[error("an answer of {0} bytes was cut off")]
    Truncated(usize),
}

/// Reads the list of the network namespace that the calling thread is in: sockets of all types
/// and states.
///
/// # Errors
///
/// [`DiagError`]; without a list the caller can still test single sockets.
pub fn dump() -> Result<Dump, DiagError> {
    let socket = open()?;
    let mut buffer = vec![0; BUFFER];
    let mut dump = Dump::default();
    for seq in 1..=ATTEMPTS {
        ask(&socket, &request(seq))?;
        let known = dump.rows.len();
        let interrupted = receive(&socket, &mut buffer, |datagram| {
            let outcome = parse(datagram, seq, &mut dump.rows);
            dump.malformed = dump.malformed.saturating_add(outcome.malformed);
            outcome
        })?;
        if !interrupted {
            // A consistent list stands alone.
            dump.rows.drain(..known);
            dump.changing = false;
            return Ok(dump);
        }
        dump.changing = true;
    }
    // No attempt was consistent: what any of them saw, the last word on each.
    dump.rows.reverse();
    dump.rows.sort_by_key(|row| row.ino);
    dump.rows.dedup_by_key(|row| row.ino);
    Ok(dump)
}

fn open() -> Result<OwnedFd, DiagError> {
    net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )
    .map_err(|errno| DiagError::Socket(errno.into()))
}

fn ask(socket: &OwnedFd, question: &[u8]) -> Result<(), DiagError> {
    let kernel = netlink::SocketAddrNetlink::new(0, 0);
    let sent =
        rustix::io::retry_on_intr(|| net::sendto(socket, question, SendFlags::empty(), &kernel));
    sent.map(drop)
        .map_err(|errno| DiagError::Send(errno.into()))
}

/// Reads up to the end of the answer. Whether the kernel says that the list changed meanwhile.
fn receive(
    socket: &OwnedFd,
    buffer: &mut [u8],
    mut read: impl FnMut(&[u8]) -> Outcome,
) -> Result<bool, DiagError> {
    let mut interrupted = false;
    loop {
        let (_, length, from) =
            rustix::io::retry_on_intr(|| net::recvfrom(socket, &mut *buffer, RecvFlags::TRUNC))
                .map_err(|errno| DiagError::Receive(errno.into()))?;
        let sender = from.map(netlink::SocketAddrNetlink::try_from);
        if !matches!(sender, Some(Ok(kernel)) if kernel.pid() == 0) {
            continue;
        }
        let Some(datagram) = buffer.get(..length) else {
            return Err(DiagError::Truncated(length));
        };
        if datagram.is_empty() {
            return Err(DiagError::Receive(Errno::PROTO.into()));
        }
        let outcome = read(datagram);
        interrupted |= outcome.interrupted;
        if let Some(code) = outcome.error {
            return Err(DiagError::Refused(io::Error::from_raw_os_error(code)));
        }
        if outcome.done {
            return Ok(interrupted);
        }
    }
}

/// A `nlmsghdr` and a `unix_diag_req`: all states, since datagram sockets are in state 7.
fn request(seq: u32) -> [u8; 40] {
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLM_F_REQUEST_DUMP: u16 = 0x001 | 0x300;
    const AF_UNIX: u8 = 1;
    let mut message = [0; 40];
    message[0..4].copy_from_slice(&40_u32.to_ne_bytes());
    message[4..6].copy_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message[6..8].copy_from_slice(&NLM_F_REQUEST_DUMP.to_ne_bytes());
    message[8..12].copy_from_slice(&seq.to_ne_bytes());
    message[16] = AF_UNIX;
    message[20..24].copy_from_slice(&u32::MAX.to_ne_bytes());
    message[28..32].copy_from_slice(&SHOW.to_ne_bytes());
    message
}

#[cfg(test)]
mod tests;
