//! One socket as it was found: facts only, each absent where it was not or could not be looked at.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Acl, Gid, Mode, Node, SocketName, Uid, Way};

/// The type of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SocketType {
    /// `SOCK_STREAM`
    Stream,
    /// `SOCK_DGRAM`
    Dgram,
    /// `SOCK_SEQPACKET`
    Seqpacket,
}

impl SocketType {
    /// Every type.
    pub const ALL: [SocketType; 3] = [SocketType::Stream, SocketType::Dgram, SocketType::Seqpacket];

    /// The word used in policies, options and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            SocketType::Stream => "stream",
            SocketType::Dgram => "dgram",
            SocketType::Seqpacket => "seqpacket",
        }
    }
}

impl fmt::Display for SocketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for SocketType {
    type Err = UnknownSocketType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        SocketType::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownSocketType)
    }
}

/// The text is no socket type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a socket type is one of stream, dgram, seqpacket")]
pub struct UnknownSocketType;

/// What is known of a socket's life. The words are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A kernel socket is bound to the inode and takes connections or datagrams.
    Live,
    /// Live, and its backlog is full.
    Saturated,
    /// Bound, and refuses: it is just starting, or has shut down.
    NotListening,
    /// A socket file to which nothing is bound.
    Stale,
    /// Live, and its listener is in another network namespace.
    Foreign,
    /// It listens, but its file has no link left or its path leads to another one.
    Ghost,
    /// We may not look.
    Denied,
    /// Live, and of another type than was asked for.
    WrongType,
    /// Something else than a socket.
    NotASocket,
    /// Nothing is there.
    Missing,
    /// It could not be told.
    Unknown,
}

impl State {
    /// Every state.
    pub const ALL: [State; 11] = [
        State::Live,
        State::Saturated,
        State::NotListening,
        State::Stale,
        State::Foreign,
        State::Ghost,
        State::Denied,
        State::WrongType,
        State::NotASocket,
        State::Missing,
        State::Unknown,
    ];

    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Live => "live",
            State::Saturated => "saturated",
            State::NotListening => "not-listening",
            State::Stale => "stale",
            State::Foreign => "foreign",
            State::Ghost => "ghost",
            State::Denied => "denied",
            State::WrongType => "wrong-type",
            State::NotASocket => "not-a-socket",
            State::Missing => "missing",
            State::Unknown => "unknown",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for State {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        State::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or(UnknownState)
    }
}

/// The text is no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such state")]
pub struct UnknownState;

/// An inode, as stat(2) numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inode {
    /// `st_dev`
    pub dev: u64,
    /// `st_ino`
    pub ino: u64,
}

/// What keeps a file from being written to, moved or removed, whoever wants to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Immutable (chattr +i).
    pub immutable: bool,
    /// Append only (chattr +a).
    pub append_only: bool,
    /// Something is mounted at its name.
    pub mount_point: bool,
}

/// The ACL of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FileAcl {
    /// The mode says it all, or nobody looked: who may write is then what the mode says.
    #[default]
    Plain,
    /// Its file system keeps none.
    Unkept,
    /// It says more than the mode.
    More(Arc<Acl>),
    /// It cannot be told, for this reason.
    Unread(Box<str>),
}

/// The directory that holds a socket file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner.
    pub uid: Uid,
    /// Its group.
    pub gid: Gid,
}

/// A process that holds a descriptor of the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// In our pid namespace.
    pub pid: u32,
    /// Its effective user.
    pub uid: Uid,
    /// The program, without the kernel's ` (deleted)`; `None` where we may not look.
    pub exe: Option<PathBuf>,
    /// The short name of its main thread.
    pub comm: String,
    /// The unit of the service manager that it runs in (`app.service`), where it runs in one.
    pub unit: Option<String>,
}

/// One socket: a file, an abstract name, or a kernel socket whose file is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// As it was found, below the root as given.
    pub name: SocketName,
    /// The same path with the links of its directory part resolved, where that differs.
    pub resolved: Option<PathBuf>,
    /// The inode; `None` for an abstract name.
    pub inode: Option<Inode>,
    /// Permission bits of the file.
    pub mode: Option<Mode>,
    /// Owner of the file.
    pub uid: Option<Uid>,
    /// Group of the file.
    pub gid: Option<Gid>,
    /// What else keeps the file where it is.
    pub attributes: Attributes,
    /// What its mode does not show.
    pub acl: FileAcl,
    /// Where the kernel tells.
    pub kind: Option<SocketType>,
    /// What was found out about its life.
    pub state: State,
    /// What decided the state, with the errno.
    pub why: Option<Arc<str>>,
    /// Clients that wait to be accepted (listeners) or bytes that wait to be read (datagram).
    pub queue: Option<u32>,
    /// What listen() was given; `None` for datagram sockets.
    pub backlog: Option<u32>,
    /// The number of the kernel's socket (`socket:[N]` in /proc), where the kernel lists it.
    pub kernel_ino: Option<u32>,
    /// Who holds it, the lowest pid first and pid 1 last; empty where nobody looked.
    pub holders: Vec<Arc<Process>>,
    /// Whether `holders` was looked for at all.
    pub holders_known: bool,
    /// The directory it is in, where it was looked at.
    pub parent: Option<Parent>,
    /// How one gets to its directory, where that was looked at.
    pub way: Option<Arc<Way>>,
    /// The inode number of the network namespace, where it is another one than ours.
    pub netns: Option<u64>,
}

impl FileAcl {
    /// Whether the ACL of a file of that mode could let somebody write, or keep somebody from it:
    /// with no bit for the group, which is the mask, the kernel asks the mode alone, and without `w`
    /// for the group and for others none but the owner has it anyway.
    pub fn can_decide(mode: Mode) -> bool {
        let mode = mode.bits();
        mode & 0o070 != 0 && mode & 0o022 != 0
    }

    /// What it says more than the mode.
    pub fn more(&self) -> Option<&Acl> {
        match self {
            FileAcl::More(acl) => Some(acl),
            FileAcl::Plain | FileAcl::Unkept | FileAcl::Unread(_) => None,
        }
    }
}

impl Socket {
    /// A socket of which nothing is known but the name.
    pub fn named(name: SocketName) -> Socket {
        Socket {
            name,
            resolved: None,
            inode: None,
            mode: None,
            uid: None,
            gid: None,
            attributes: Attributes::default(),
            acl: FileAcl::Plain,
            kind: None,
            state: State::Unknown,
            why: None,
            queue: None,
            backlog: None,
            kernel_ino: None,
            holders: Vec::new(),
            holders_known: false,
            parent: None,
            way: None,
            netns: None,
        }
    }

    /// The process to name where one is wanted.
    pub fn listener(&self) -> Option<&Process> {
        self.holders.first().map(Arc::as_ref)
    }

    /// The path with the links of its directory part resolved; `None` for an abstract name.
    pub fn real_path(&self) -> Option<&Path> {
        self.resolved.as_deref().or_else(|| self.name.as_path())
    }

    /// The file as somebody meets it who comes there; `None` where it is none.
    pub fn met(&self) -> Option<Node> {
        Some(Node {
            path: self.real_path()?.to_owned(),
            inode: self.inode.unwrap_or(Inode { dev: 0, ino: 0 }),
            mode: self.mode?,
            uid: self.uid,
            gid: self.gid,
            acl: self.acl.more().cloned(),
            keeps_acls: self.acl != FileAcl::Unkept,
            links: 1,
            immutable: self.attributes.immutable,
            append_only: self.attributes.append_only,
            read_only: false,
            mount_point: self.attributes.mount_point,
        })
    }
}
