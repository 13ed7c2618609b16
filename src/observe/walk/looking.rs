//! What a worker does with the sockets of a directory: looks at each, once.

use std::ffi::CStr;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::model::{FileAcl, Parent};
use crate::sys::dir::{Dir, Facts, Failure, Kind, Pinned};
use crate::sys::seen::Seen;
use crate::sys::silent::{Answer, SilentProbe};

use super::haul::to_path;
use super::node::{Node, child_path};
use super::pool::{Here, Sockets};
use super::root::parent_of;
use super::worker::Worker;
use super::{Bound, Found};

/// Where a directory has more sockets than this, others may help.
const SHARE: usize = 1024;

impl Worker<'_> {
    /// Looks at the sockets that were listed in `dir`, or leaves them to whoever has the time.
    pub(super) fn look_in(&mut self, node: &Node, dir: &Arc<Dir>) {
        let parents = self.walk.request.parents;
        let path = node.path();
        let real = node.is_through_links().then(|| node.real_path());
        let here = Here {
            path,
            real,
            parent: parents
                .then(|| dir.facts().ok().and_then(parent_of))
                .flatten(),
        };
        let listed = std::mem::take(&mut self.listing.sockets);
        let mut names: Vec<&[u8]> = listed.split_inclusive(|&byte| byte == 0).collect();
        // What is sorted here has not to be sorted among all.
        names.sort_unstable();
        if names.len() <= SHARE {
            self.look_at_each(&here, dir, names.into_iter());
        } else {
            let here = Arc::new(here);
            self.walk.share(names.chunks(SHARE).map(|names| Sockets {
                here: Arc::clone(&here),
                dir: Arc::clone(dir),
                names: names.concat().into(),
            }));
        }
        self.listing.sockets = listed;
    }

    pub(super) fn look_at_each<'n>(
        &mut self,
        here: &Here,
        dir: &Dir,
        names: impl Iterator<Item = &'n [u8]>,
    ) {
        for name in names {
            if let Ok(name) = CStr::from_bytes_with_nul(name) {
                self.look_at(here, dir, name);
            }
        }
    }

    fn look_at(&mut self, here: &Here, dir: &Dir, name: &CStr) {
        let bytes = name.to_bytes();
        let path = || child_path(&here.path, bytes);
        let real = || here.real.as_ref().map(|real| child_path(real, bytes));
        // It is said, for nobody can tell any more whether a socket is there.
        if let Some(pattern) = self.walk.exclude.covers(bytes, path, real) {
            return self.haul.excluded(path(), pattern);
        }
        let resolved = || real().map(to_path);
        if let Some((seen, acl, number)) = self.known_to_be_bound(dir, name) {
            let names = (to_path(path()), resolved());
            return self.take_down((&seen, acl), names, here.parent, Bound::Known(number));
        }
        match self.pin(dir, name) {
            Ok(pinned) => self.look(&pinned, (to_path(path()), resolved()), here.parent),
            Err(failure) if failure.is_gone() => {}
            Err(failure) => {
                let why = format!("cannot look at the socket: {failure}");
                self.haul.unreadable(path(), why);
            }
        }
    }

    /// What is known of a socket that need not be tested.
    ///
    /// Whoever swaps names between these two calls may put anything there, and is told as one who
    /// does.
    fn known_to_be_bound(&mut self, dir: &Dir, name: &CStr) -> Option<(Seen, FileAcl, u32)> {
        let known = self.walk.known?;
        let seen = Seen::below(dir, name).ok()?;
        let Facts { kind, inode, .. } = seen.facts;
        if kind != Kind::Socket {
            return None;
        }
        let number = known.bound(inode)?;
        let acl = if self.walk.request.acls {
            self.acls.below(inode.dev, dir, name)?
        } else {
            FileAcl::Plain
        };
        Some((seen, acl, number))
    }

    fn pin(&mut self, dir: &Dir, name: &CStr) -> Result<Pinned, Failure> {
        match dir.pin(name) {
            Err(failure) if failure.is_out_of_descriptors() && self.stack.make_room() => {
                dir.pin(name)
            }
            outcome => outcome,
        }
    }

    /// Takes down what is pinned, if it is a socket.
    pub(super) fn look(
        &mut self,
        pinned: &Pinned,
        (path, resolved): (PathBuf, Option<PathBuf>),
        parent: Option<Parent>,
    ) {
        match Seen::of(pinned) {
            Ok(seen) if seen.facts.kind != Kind::Socket => {}
            Ok(seen) => {
                let acl = if self.walk.request.acls {
                    self.acls.of(seen.facts.inode.dev, pinned)
                } else {
                    FileAcl::Plain
                };
                let bound = Bound::Tested(self.ask(pinned));
                self.take_down((&seen, acl), (path, resolved), parent, bound);
            }
            Err(errno) => {
                let failure = Failure::from(errno);
                let why = format!("cannot look at the socket: {failure}");
                self.haul.unreadable(path.into_os_string().into_vec(), why);
            }
        }
    }

    fn take_down(
        &mut self,
        (seen, acl): (&Seen, FileAcl),
        (path, resolved): (PathBuf, Option<PathBuf>),
        parent: Option<Parent>,
        bound: Bound,
    ) {
        let facts = seen.facts;
        let Some((uid, gid)) = facts.uid.zip(facts.gid) else {
            let why = "cannot look at the socket: the kernel names no owner".to_owned();
            return self.haul.unreadable(path.into_os_string().into_vec(), why);
        };
        self.walk.progress.sockets.fetch_add(1, Ordering::Relaxed);
        self.haul.found.push(Found {
            path,
            resolved,
            inode: facts.inode,
            mode: facts.mode,
            uid,
            gid,
            attributes: seen.attributes,
            acl,
            parent,
            bound,
        });
    }

    fn ask(&mut self, pinned: &Pinned) -> Answer {
        let probe = match self.probe.take().map_or_else(|| self.new_probe(), Ok) {
            Ok(probe) => probe,
            Err(failure) => return Answer::Failed(format!("socket(): {failure}")),
        };
        self.probe.insert(probe).test(pinned)
    }

    fn new_probe(&mut self) -> Result<SilentProbe, Failure> {
        match SilentProbe::new() {
            Err(failure) if failure.is_out_of_descriptors() && self.stack.make_room() => {
                SilentProbe::new()
            }
            outcome => outcome,
        }
    }
}
