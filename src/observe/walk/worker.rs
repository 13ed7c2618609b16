//! One worker: reads one directory after the other and looks at the sockets in it.

use std::ffi::CStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::model::SkipReason;
use crate::sys::acl;
use crate::sys::dir::{Buffer, Dir, Facts};
use crate::sys::mounts::MountId;
use crate::sys::silent::SilentProbe;

use super::batch::Batch;
use super::crew::Walk;
use super::crossing::{Gate, Refused};
use super::haul::Haul;
use super::listing::Listing;
use super::node::{Node, child_path};
use super::pool::Task;
use super::reopen;
use super::root::Begun;
use super::stack::Stack;

pub(super) struct Worker<'w> {
    pub(super) walk: &'w Walk<'w>,
    gate: &'w Gate<'w>,
    pub(super) stack: Stack,
    pub(super) haul: Haul,
    buffer: Buffer,
    pub(super) listing: Listing,
    pub(super) probe: Option<SilentProbe>,
    pub(super) acls: acl::Reader,
    /// The file system that was looked at last, and whether its directories tell inodes.
    numbers: Option<(u64, bool)>,
}

/// So many names are tried for a directory that is renamed whenever it is looked at.
const RENAMES: usize = 64;

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
}
