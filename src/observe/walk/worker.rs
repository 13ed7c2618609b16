//! One worker: reads one directory after the other and looks at the sockets in it.

use std::ffi::CStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::model::{FileAcl, Parent, SkipReason};
use crate::sys::acl;
use crate::sys::dir::{Buffer, Dir, Facts, Failure, Kind, Pinned};
use crate::sys::mounts::MountId;
use crate::sys::seen::Seen;
use crate::sys::silent::{Answer, SilentProbe};

use super::batch::Batch;
use super::crew::Walk;
use super::crossing::{Gate, Refused};
use super::haul::{Haul, to_path};
use super::listing::Listing;
use super::node::{Node, child_path};
use super::pool::{Here, Sockets, Task};
use super::reopen;
use super::root::{Begun, parent_of};
use super::stack::Stack;
use super::{Bound, Found};

pub(super) struct Worker<'w> {
    walk: &'w Walk<'w>,
    gate: &'w Gate<'w>,
    stack: Stack,
    haul: Haul,
    buffer: Buffer,
    listing: Listing,
    probe: Option<SilentProbe>,
    acls: acl::Reader,
    /// The file system that was looked at last, and whether its directories tell inodes.
    numbers: Option<(u64, bool)>,
}

/// So many names are tried for a directory that is renamed whenever it is looked at.
const RENAMES: usize = 64;

/// Where a directory has more sockets than this, others may help.
const SHARE: usize = 1024;

impl<'w> Worker<'w> {
    pub(super) fn new(walk: &'w Walk<'w>, gate: &'w Gate<'w>) -> Worker<'w> {
        Worker {
            walk,
            gate,
            stack: Stack::default(),
            haul: Haul::default(),
            buffer: Buffer::default(),
            listing: Listing::default(),
            probe: None,
            acls: acl::Reader::default(),
            numbers: None,
        }
    }

    /// Works until nobody has anything left to do. `grow` is told how much waits here.
    pub(super) fn run(mut self, mut grow: impl FnMut(usize)) -> Haul {
        let mut name = Vec::new();
        while let Some(task) = self.walk.next() {
            match task {
                Task::Batch(batch) => self.push(batch),
                Task::Sockets(some) => {
                    let before = std::mem::take(&mut self.haul.found);
                    let names = some.names.split_inclusive(|&byte| byte == 0);
                    self.look_at_each(&some.here, &some.dir, names);
                    let run = std::mem::replace(&mut self.haul.found, before);
                    self.haul.runs.push(run);
                }
                Task::Root(index) => self.begin(index),
            }
            loop {
                self.walk.feed(&mut self.stack);
                grow(self.stack.pending());
                reopen::innermost(self.gate, &mut self.stack, &mut self.haul);
                let Some((node, dir, number)) = self.stack.next(&mut name) else {
                    break;
                };
                if let Ok(name) = CStr::from_bytes_with_nul(&name) {
                    self.visit_wherever(&node, &dir, name, number);
                }
            }
        }
        self.haul
    }

    fn begin(&mut self, index: usize) {
        let begin = &self.walk.roots[index];
        match begin.begin() {
            Ok(Begun::Directory(node, dir)) => self.read(node, dir),
            Ok(Begun::Socket(pinned)) => {
                let parent = self.walk.request.parents.then(|| begin.parent()).flatten();
                let root = &begin.root;
                let resolved = (root.real != root.given).then(|| root.real.clone());
                self.look(&pinned, (root.given.clone(), resolved), parent);
            }
            Err(why) => {
                let path = begin.root.given.as_os_str().as_bytes();
                self.haul.unreadable(path.to_vec(), why);
            }
        }
    }

    /// Visits the directory that was listed as `name`. Where it has another name by now, it is
    /// looked for: whoever may rename it is not to hide it by that.
    fn visit_wherever(&mut self, parent: &Arc<Node>, dir: &Dir, name: &CStr, number: u64) {
        if self.visit(parent, dir, name, number) {
            return;
        }
        for _ in 0..RENAMES {
            match dir.directory_of(number) {
                Ok(Some(name)) if self.visit(parent, dir, &name, number) => return,
                Ok(Some(_)) => {}
                // It is gone, and so it was not there.
                Ok(None) => return,
                Err(failure) if failure.is_gone() => return,
                Err(failure) => {
                    let path = child_path(&parent.path(), name.to_bytes());
                    let why = format!("cannot look for it, it was renamed: {failure}");
                    return self.haul.unreadable(path, why);
                }
            }
        }
        let path = child_path(&parent.path(), name.to_bytes());
        let why = "it was renamed each time it was to be entered".to_owned();
        self.haul.unreadable(path, why);
    }

    /// Enters the directory `name` of `dir`, unless it is left out. Whether it is there, and the one
    /// that was listed.
    fn visit(&mut self, parent: &Arc<Node>, dir: &Dir, name: &CStr, number: u64) -> bool {
        let walk = self.walk;
        let bytes = name.to_bytes();
        let path = || child_path(&parent.path(), bytes);
        let place = parent
            .place(|real| walk.places().locate(real))
            .and_then(|at| walk.places().child(at, bytes));
        let mark = place.map(|at| walk.places().mark(at)).unwrap_or_default();
        if mark.root {
            return true;
        }
        let real = || {
            let differs = parent.is_through_links();
            differs.then(|| child_path(&parent.real_path(), bytes))
        };
        if let Some(pattern) = walk.exclude.covers(bytes, path, real) {
            self.haul.excluded(path(), pattern);
            return true;
        }
        if mark.store {
            self.haul.skipped(path(), SkipReason::ContainerStore);
            return true;
        }
        match self.enter(parent, dir, name, mark.mount) {
            Ok((child, None)) if self.is_another(&child, number) => return false,
            Ok((child, mount)) => {
                let node = Node::below(parent, name, place, mount);
                self.read(Arc::new(node), Arc::new(child));
            }
            Err(Refused::Skipped(reason)) => self.haul.skipped(path(), reason),
            Err(Refused::Gone) => return false,
            Err(refused) => {
                if let Some(why) = refused.why() {
                    self.haul.unreadable(path(), why);
                }
            }
        }
        true
    }

    /// Whether it is certain that this is not the directory of that number.
    fn is_another(&mut self, child: &Dir, number: u64) -> bool {
        let Ok(Facts { inode, .. }) = child.facts() else {
            return false;
        };
        if inode.ino == number {
            return false;
        }
        match self.numbers {
            Some((dev, are_inodes)) if dev == inode.dev => are_inodes,
            _ => {
                let are_inodes = child.numbers_are_inodes();
                self.numbers = Some((inode.dev, are_inodes));
                are_inodes
            }
        }
    }

    fn enter(
        &mut self,
        parent: &Node,
        dir: &Dir,
        name: &CStr,
        marked: bool,
    ) -> Result<(Dir, Option<MountId>), Refused> {
        match self.gate.enter(parent, dir, name, marked) {
            Err(Refused::OutOfDescriptors(_)) if self.stack.make_room() => {
                self.gate.enter(parent, dir, name, marked)
            }
            outcome => outcome,
        }
    }

    fn read(&mut self, node: Arc<Node>, dir: Arc<Dir>) {
        let walk = self.walk;
        self.listing.clear();
        let (listing, haul) = (&mut self.listing, &mut self.haul);
        let outcome = dir.read_numbered(&mut self.buffer, |name, kind, number| {
            listing.add(walk, &node, &dir, (name, kind, number), haul);
        });
        if let Err(failure) = outcome
            && !failure.is_gone()
        {
            let why = format!("cannot read the directory: {failure}");
            self.haul.unreadable(node.path(), why);
        }
        self.haul.directories += 1;
        self.haul.entries += self.listing.entries;
        let progress = walk.progress;
        progress.directories.fetch_add(1, Ordering::Relaxed);
        progress
            .entries
            .fetch_add(self.listing.entries, Ordering::Relaxed);
        if !self.listing.sockets.is_empty() {
            self.look_in(&node, &dir);
        }
        if self.listing.count > 0 {
            let (names, count) = (&self.listing.directories, self.listing.count);
            let batch = Batch::new(node, dir, names, count);
            self.push(batch);
        }
    }

    fn push(&mut self, batch: Batch) {
        let walk = self.walk;
        self.stack.push(batch, || walk.limit());
    }

    /// Looks at the sockets that were listed in `dir`, or leaves them to whoever has the time.
    fn look_in(&mut self, node: &Node, dir: &Arc<Dir>) {
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

    fn look_at_each<'n>(&mut self, here: &Here, dir: &Dir, names: impl Iterator<Item = &'n [u8]>) {
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
    fn look(
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
