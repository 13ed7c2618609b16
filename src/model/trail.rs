//! The way that a path goes to a socket, with all that the kernel looks at when somebody goes it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Acl, Gid, Inode, Mode, Uid};

/// A directory, a link or a socket on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each a fact of its own
pub struct Node {
    /// Where it is, links resolved.
    pub path: PathBuf,
    /// Which one.
    pub inode: Inode,
    /// Its permission bits; a link's mean nothing.
    pub mode: Mode,
    /// Its owner; `None` for 4294967295, which is no user.
    pub uid: Option<Uid>,
    /// Its group; `None` for 4294967295, which is no group.
    pub gid: Option<Gid>,
    /// What the mode does not show.
    pub acl: Option<Acl>,
    /// Whether its file system keeps ACLs.
    pub keeps_acls: bool,
    /// How many names it has; a directory's count something else.
    pub links: u64,
    /// Immutable (chattr +i): nobody writes to it, moves it or removes it.
    pub immutable: bool,
    /// Append only (chattr +a): nobody moves or removes it, or anything in it.
    pub append_only: bool,
    /// Its mount, or its file system, is read-only.
    pub read_only: bool,
    /// Something is mounted at its name: that name can be neither moved nor removed.
    pub mount_point: bool,
}

/// A directory that was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The directory itself; many ways lead through it.
    pub node: Arc<Node>,
    /// The number of the one that it is in; `None` for the root.
    pub parent: Option<usize>,
}

/// A name that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The number of the directory that it was looked up in.
    pub within: usize,
    /// The name, as the path has it; `..` among them.
    pub name: OsString,
    /// What it led to.
    pub found: Found,
}

/// What a name on the way leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A directory, by its number.
    Directory(usize),
    /// A link that was followed.
    Link {
        /// The link itself.
        node: Node,
        /// What it says.
        target: OsString,
        /// Nothing of the path came after it: then fs.protected_symlinks counts.
        trailing: bool,
    },
}

/// The way to the directory that a socket is in. Many sockets may share it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// The directories, each after the one that it is in; the first one is the root.
    pub directories: Vec<Directory>,
    /// Every name that was looked up, in order.
    pub steps: Vec<Arc<Step>>,
    /// The number of the directory that it ends in.
    pub end: usize,
    /// Whether links in sticky directories that everybody may write to are followed for their
    /// owner alone (fs.protected_symlinks). False where it counts for none of the steps.
    pub protected_symlinks: bool,
}

/// A way and the socket at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// To its directory.
    pub way: Way,
    /// The name of the socket in there.
    pub name: OsString,
    /// The socket.
    pub socket: Node,
}

impl Node {
    /// Gives it another mode. With an ACL the group bits of a mode are its mask.
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
        if let Some(mask) = self.acl.as_mut().and_then(|acl| acl.mask.as_mut()) {
            *mask = (mode.bits() >> 3) & 7;
        }
    }

    /// Takes its ACL away, as `setfacl -b` does: the group keeps what the mask left it.
    pub fn forget_acl(&mut self) {
        if let Some(acl) = self.acl.take() {
            let group = acl.group & acl.mask.unwrap_or(7);
            let mode = (self.mode.bits() & !0o070) | (group << 3);
            self.mode = Mode::from_st_mode(u32::from(mode));
        }
    }
}

impl Node {
    /// With nothing special about it.
    pub fn bare(path: PathBuf, mode: Mode, uid: Option<Uid>, gid: Option<Gid>) -> Node {
        Node {
            path,
            inode: Inode { dev: 1, ino: 1 },
            mode,
            uid,
            gid,
            acl: None,
            keeps_acls: true,
            links: 1,
            immutable: false,
            append_only: false,
            read_only: false,
            mount_point: false,
        }
    }
}

#[cfg(test)]
impl Node {
    /// The same in numbers.
    pub(crate) fn plain(path: &str, mode: u32, user: u32, group: u32) -> Node {
        let mode = Mode::from_st_mode(mode);
        Node::bare(path.into(), mode, Uid::new(user), Gid::new(group))
    }
}

impl Way {
    /// A directory by its number.
    pub fn directory(&self, number: usize) -> &Node {
        &self.directories[number].node
    }

    /// Every inode on the way, in the order of the steps, each directory once.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        let links = self.steps.iter().filter_map(|step| match &step.found {
            Found::Link { node, .. } => Some(node),
            Found::Directory(_) => None,
        });
        let directories = self.directories.iter().map(|it| &*it.node);
        directories.chain(links)
    }
}

impl Trail {
    /// The directories and the socket: what modes and ACLs decide on.
    pub fn judged(&self) -> impl Iterator<Item = &Node> {
        let directories = self.way.directories.iter().map(|it| &*it.node);
        directories.chain(std::iter::once(&self.socket))
    }
}
