//! Takes down what somebody who goes a way comes through.

use std::ffi::{CStr, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::StatVfsMountFlags;
use rustix::io::Errno;

use super::untold::Untold;
use super::walk::Observer;
use super::{Broken, is_up};
use crate::model::{Directory, Found, Node, Step};
use crate::sys::acl::{self, Reader};
use crate::sys::dir::{Facts, Kind, Pinned};
use crate::sys::mounts::{MountId, Table};
use crate::sys::overflow;
use crate::sys::seen::Seen;

/// include/uapi/linux/magic.h
const FUSE_SUPER_MAGIC: rustix::fs::FsWord = 0x6573_5546;

/// `ST_NOSYMFOLLOW` of include/linux/statfs.h, since Linux 5.10.
const NOSYMFOLLOW: StatVfsMountFlags = StatVfsMountFlags::from_bits_retain(0x2000);

/// Which ACLs are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// All of them: those too that a mask of nothing puts to sleep, for the next mode may wake them.
    Everything,
    /// None. Of somebody who is named nowhere the mode says it all.
    Strangers,
}

/// Takes down what a walk goes through.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) directories: Vec<Directory>,
    /// The mount that each of them is on.
    pub(super) mounts: Vec<MountId>,
    pub(super) steps: Vec<Arc<Step>>,
    pub(super) here: usize,
    pub(super) end: Option<(Kind, OsString, Node)>,
    pub(super) untold: Option<Untold>,
    care: Care,
    pub(super) acls: Reader,
    /// Mounts, and what they forbid.
    bans: Vec<(MountId, Bans)>,
    /// What is read-only here counts, and may be writable elsewhere.
    sees_one_view: bool,
}

/// What a mount forbids.
#[derive(Debug, Clone, Copy)]
struct Bans {
    writes: bool,
    links: bool,
}

impl Recorder {
    /// Of the way in one view of the file system, or of that for anybody, who may have another one.
    pub(super) fn new(care: Care, sees_one_view: bool) -> Recorder {
        Recorder {
            directories: Vec::new(),
            mounts: Vec::new(),
            steps: Vec::new(),
            here: 0,
            end: None,
            untold: None,
            care,
            acls: Reader::default(),
            bans: Vec::new(),
            sees_one_view,
        }
    }

    fn stop(&mut self, untold: Untold) -> Errno {
        self.untold = Some(untold);
        Errno::CANCELED
    }

    fn node(&mut self, fd: &Pinned, path: &Path) -> rustix::io::Result<(Node, Kind, MountId)> {
        let seen = Seen::of(fd)?;
        let facts = seen.facts;
        let is_link = facts.kind == Kind::Other("symbolic link");
        let is_read = match self.care {
            Care::Everything => !is_link,
            Care::Strangers => false,
        };
        let found = if is_read && facts.kind == Kind::Directory {
            self.acls.look_in(facts.inode.dev, fd)
        } else if is_read {
            self.acls.look_on(facts.inode.dev, fd)
        } else if !is_link && self.acls.may_keep(facts.inode.dev) {
            Ok(acl::Found::Plain)
        } else {
            Ok(acl::Found::Unkept)
        };
        let (acl, keeps_acls) = match found {
            Ok(acl::Found::Unkept) => (None, false),
            Ok(acl::Found::Plain) => (None, true),
            Ok(acl::Found::More(acl)) => (Some(acl), true),
            Err(why) => {
                let at = path.to_owned();
                return Err(self.stop(Untold::Acl { at, why }));
            }
        };
        let mount = seen
            .mount(fd)
            .map_err(|failure| self.stop(Untold::Broken(Broken::new(path, failure))))?;
        let node = Node {
            path: path.to_owned(),
            inode: facts.inode,
            mode: facts.mode,
            uid: overflow::user(facts.uid),
            gid: overflow::group(facts.gid),
            acl,
            keeps_acls,
            links: seen.links,
            immutable: seen.attributes.immutable,
            append_only: seen.attributes.append_only,
            read_only: self.bans(fd, mount, path)?.writes,
            mount_point: self
                .mounts
                .get(self.here)
                .is_some_and(|here| *here != mount),
        };
        Ok((node, facts.kind, mount))
    }

    fn bans(&mut self, fd: &Pinned, mount: MountId, path: &Path) -> rustix::io::Result<Bans> {
        if let Some((_, bans)) = self.bans.iter().find(|(known, _)| *known == mount) {
            return Ok(*bans);
        }
        let is_fuse = rustix::fs::fstatfs(fd)?.f_type == FUSE_SUPER_MAGIC;
        let flags = rustix::fs::fstatvfs(fd)?.f_flag;
        let mut bans = Bans {
            writes: flags.contains(StatVfsMountFlags::RDONLY),
            links: flags.contains(NOSYMFOLLOW),
        };
        if is_fuse || (bans.writes && !self.sees_one_view) {
            let table = Table::read()
                .map_err(|failure| self.stop(Untold::Broken(Broken::new(path, failure))))?;
            // One of another namespace is not listed, and nothing is known of it.
            let listed = table.by_id(mount);
            if is_fuse && listed.is_none_or(|it| it.is_judged_by_its_server) {
                return Err(self.stop(Untold::ItsServerDecides(path.to_owned())));
            }
            bans.writes &=
                self.sees_one_view || listed.is_some_and(|it| it.is_read_only_everywhere);
        }
        self.bans.push((mount, bans));
        Ok(bans)
    }

    fn push(&mut self, name: &CStr, found: Found) {
        self.steps.push(Arc::new(Step {
            within: self.here,
            name: os(name).to_owned(),
            found,
        }));
    }

    /// The number of a directory of this one, entered before or now.
    fn below(&mut self, node: Node, mount: MountId) -> usize {
        let known = self.directories.iter().position(|it| {
            it.parent == Some(self.here) && it.node.inode == node.inode && it.node.path == node.path
        });
        known.unwrap_or_else(|| {
            self.directories.push(Directory {
                node: Arc::new(node),
                parent: Some(self.here),
            });
            self.mounts.push(mount);
            self.directories.len() - 1
        })
    }
}

impl Observer for Recorder {
    const ENDS_AT_FILES: bool = true;

    fn started(&mut self, root: &Pinned, path: &Path) -> rustix::io::Result<()> {
        self.here = 0;
        if self.directories.is_empty() {
            let (mut node, _, mount) = self.node(root, path)?;
            // Nobody moves the root.
            node.mount_point = true;
            self.directories.push(Directory {
                node: Arc::new(node),
                parent: None,
            });
            self.mounts.push(mount);
        }
        Ok(())
    }

    fn entered(&mut self, name: &CStr, found: &Pinned, path: &Path) -> rustix::io::Result<()> {
        let number = if is_up(name) {
            let parent = self.directories[self.here].parent.unwrap_or(self.here);
            let inode = Facts::from(rustix::fs::fstat(found)?).inode;
            if self.directories[parent].node.inode != inode {
                return Err(self.stop(Untold::Moved(path.to_owned())));
            }
            parent
        } else {
            let (node, _, mount) = self.node(found, path)?;
            self.below(node, mount)
        };
        self.push(name, Found::Directory(number));
        self.here = number;
        Ok(())
    }

    fn followed(
        &mut self,
        name: &CStr,
        link: &Pinned,
        path: &Path,
        target: &[u8],
        trailing: bool,
    ) -> rustix::io::Result<()> {
        let (node, _, mount) = self.node(link, path)?;
        if self.bans(link, mount, path)?.links {
            return Err(self.stop(Untold::NotFollowed(path.to_owned())));
        }
        let target = OsStr::from_bytes(target).to_owned();
        self.push(
            name,
            Found::Link {
                node,
                target,
                trailing,
            },
        );
        Ok(())
    }

    fn met_magic(&mut self, _: &Pinned, path: &Path) -> rustix::io::Result<()> {
        Err(self.stop(Untold::EachItsOwn(path.to_owned())))
    }

    fn ended(&mut self, name: &CStr, found: &Pinned, path: &Path) -> rustix::io::Result<()> {
        let (node, kind, _) = self.node(found, path)?;
        self.end = Some((kind, os(name).to_owned(), node));
        Ok(())
    }
}

pub(super) fn os(name: &CStr) -> &OsStr {
    OsStr::from_bytes(name.to_bytes())
}
