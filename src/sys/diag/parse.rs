//! From the bytes of a netlink datagram to rows. Pure, and indifferent to any input: what makes
//! no sense is counted and passed over.

use crate::model::SocketType;

const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_DUMP_INTR: u16 = 0x10;
const HEADER: usize = 16;
const UNIX_DIAG_MSG: usize = 16;

const TCP_LISTEN: u8 = 10;
const TCP_ESTABLISHED: u8 = 1;
const RCV_SHUTDOWN: u8 = 1;
const SHUTDOWN_MASK: u8 = 3;

/// What a socket is bound to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// The path as it was given to bind(2), whatever has become of it; may be relative.
    Path(Vec<u8>),
    /// Without the NUL in front.
    Abstract(Vec<u8>),
}

/// One socket of the kernel's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The socket's own number, `socket:[N]` in /proc. The kernel's list has only 32 bits of it.
    pub ino: u32,
    /// `None`: a type that Unix sockets do not have today.
    pub kind: Option<SocketType>,
    /// `sk_state`: 10 listens, 1 is connected, 7 is neither. A datagram socket is in 1, too,
    /// once somebody has connected to it.
    pub state: u8,
    /// `None`: not bound.
    pub name: Option<Name>,
    /// Device as stat(2) writes it, and the low 32 bits of the inode it is bound to.
    pub vfs: Option<(u64, u32)>,
    /// The number of the socket it is connected to.
    pub peer: Option<u32>,
    /// Listener: clients that wait. Others: bytes that wait to be read.
    pub rqueue: Option<u32>,
    /// Listener: what listen(2) was given. Others: bytes on their way out.
    pub wqueue: Option<u32>,
    /// Who made it.
    pub uid: Option<u32>,
    /// `sk_shutdown`: 1 receiving, 2 sending.
    pub shutdown: u8,
    /// The inode number of its network namespace, where it is another one than ours.
    pub netns: Option<u64>,
}

impl Row {
    /// Whether listen(2) was called and the socket not closed since.
    pub fn is_listening(&self) -> bool {
        self.state == TCP_LISTEN
    }

    /// Whether it is connected.
    pub fn is_connected(&self) -> bool {
        self.state == TCP_ESTABLISHED
    }

    /// Whether shutdown(2) ended receiving, so that nobody gets in any more.
    pub fn is_deaf(&self) -> bool {
        self.shutdown & RCV_SHUTDOWN != 0
    }

    /// Whether nothing goes either way any more. So it is with a connection once its peer has been
    /// closed (`unix_release_sock` in net/unix/af_unix.c).
    pub fn is_hung_up(&self) -> bool {
        self.shutdown & SHUTDOWN_MASK == SHUTDOWN_MASK
    }

    /// The word that ss(8) and the kernel have for the state.
    pub fn state_word(&self) -> &'static str {
        match self.state {
            TCP_LISTEN => "LISTEN",
            TCP_ESTABLISHED => "ESTAB",
            7 => "CLOSE",
            2 => "SYN-SENT",
            _ => "another state",
        }
    }
}

/// What one datagram held besides rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The answer is complete.
    pub done: bool,
    /// The list changed while the kernel wrote it.
    pub interrupted: bool,
    /// The kernel's refusal, a positive errno.
    pub error: Option<i32>,
    /// Messages or attributes that made no sense.
    pub malformed: u32,
}

/// Appends the rows of one datagram to `rows`; messages with another sequence number are an
/// older answer and left out.
pub fn parse(datagram: &[u8], seq: u32, rows: &mut Vec<Row>) -> Outcome {
    messages(datagram, seq, |payload, malformed| {
        rows.push(row(payload, malformed)?);
        Some(())
    })
}

/// The same of an answer about sockets of the internet families: the number of each.
pub(super) fn parse_inet(datagram: &[u8], seq: u32, numbers: &mut Vec<u32>) -> Outcome {
    messages(datagram, seq, |payload, _| {
        // `idiag_inode` of linux/inet_diag.h.
        const INODE: usize = 68;
        numbers.push(u32_at(payload, INODE)?);
        Some(())
    })
}

/// Hands each entry to `entry`, which is told where to count what makes no sense in one; `None`:
/// all of it does not.
fn messages(
    datagram: &[u8],
    seq: u32,
    mut entry: impl FnMut(&[u8], &mut u32) -> Option<()>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut rest = datagram;
    while !rest.is_empty() {
        let length = u32_at(rest, 0).map_or(0, |length| length as usize);
        let Some(message) = rest.get(..length).filter(|_| length >= HEADER) else {
            outcome.malformed += 1;
            break;
        };
        rest = rest.get(aligned(length)..).unwrap_or_default();
        if u32_at(message, 8) == Some(seq) {
            one(message, &mut entry, &mut outcome);
        }
    }
    outcome
}

fn one(
    message: &[u8],
    entry: &mut impl FnMut(&[u8], &mut u32) -> Option<()>,
    outcome: &mut Outcome,
) {
    let kind = u16_at(message, 4).unwrap_or(0);
    let flags = u16_at(message, 6).unwrap_or(0);
    outcome.interrupted |= flags & NLM_F_DUMP_INTR != 0;
    let payload = message.get(HEADER..).unwrap_or_default();
    match kind {
        SOCK_DIAG_BY_FAMILY => {
            let understood = entry(payload, &mut outcome.malformed);
            outcome.malformed += u32::from(understood.is_none());
        }
        // Both carry 0 or a negative errno; a dump's error may come with its end.
        NLMSG_DONE | NLMSG_ERROR => {
            outcome.done = true;
            let code = u32_at(payload, 0).map_or(0, u32::cast_signed);
            if code < 0 {
                outcome.error = Some(code.saturating_neg());
            }
        }
        _ => {}
    }
}

fn row(payload: &[u8], malformed: &mut u32) -> Option<Row> {
    const AF_UNIX: u8 = 1;
    let header = payload.get(..UNIX_DIAG_MSG)?;
    if header[0] != AF_UNIX {
        return None;
    }
    let mut row = Row {
        ino: u32_at(header, 4)?,
        kind: match header[1] {
            1 => Some(SocketType::Stream),
            2 => Some(SocketType::Dgram),
            5 => Some(SocketType::Seqpacket),
            _ => None,
        },
        state: header[2],
        name: None,
        vfs: None,
        peer: None,
        rqueue: None,
        wqueue: None,
        uid: None,
        shutdown: 0,
        netns: None,
    };
    let mut rest = payload.get(UNIX_DIAG_MSG..).unwrap_or_default();
    while rest.len() >= 4 {
        let length = u16_at(rest, 0).map_or(0, usize::from);
        let Some(value) = rest.get(4..length) else {
            *malformed += 1;
            break;
        };
        if attribute(&mut row, u16_at(rest, 2).unwrap_or(0), value).is_none() {
            *malformed += 1;
        }
        rest = rest.get(aligned(length)..).unwrap_or_default();
    }
    Some(row)
}

/// `None`: the value is too short for its type. Types that are not known are no fault.
fn attribute(row: &mut Row, kind: u16, value: &[u8]) -> Option<()> {
    const NLA_TYPE_MASK: u16 = 0x3fff;
    match kind & NLA_TYPE_MASK {
        0 => row.name = name(value),
        1 => row.vfs = Some((st_dev(u32_at(value, 4)?), u32_at(value, 0)?)),
        2 => row.peer = Some(u32_at(value, 0)?),
        4 => {
            row.rqueue = Some(u32_at(value, 0)?);
            row.wqueue = Some(u32_at(value, 4)?);
        }
        6 => row.shutdown = *value.first()?,
        7 => row.uid = Some(u32_at(value, 0)?),
        _ => {}
    }
    Some(())
}

/// The kernel counts the NUL behind a path, where there is room for one, and the NUL in front
/// of an abstract name.
fn name(value: &[u8]) -> Option<Name> {
    match value {
        [] => None,
        [0, name @ ..] => Some(Name::Abstract(name.to_vec())),
        path => Some(Name::Path(path.strip_suffix(&[0]).unwrap_or(path).to_vec())),
    }
}

/// The kernel's own encoding is `major << 20 | minor`; stat(2) has another one.
fn st_dev(kernel: u32) -> u64 {
    rustix::fs::makedev(kernel >> 20, kernel & 0xf_ffff)
}

const fn aligned(length: usize) -> usize {
    (length + 3) & !3
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_ne_bytes(bytes.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}
