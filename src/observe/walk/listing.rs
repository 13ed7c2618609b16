//! What is worth a look among the entries of a directory.

use std::ffi::CStr;

use crate::model::SkipReason;
use crate::sys::dir::{Dir, Kind};

use super::batch;
use super::crew::Walk;
use super::haul::Haul;
use super::node::{Node, child_path};
use super::places::Mark;
use super::stores::Class;

/// Names.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Directories to visit, as a [`Batch`](super::batch::Batch) has them.
    pub(super) directories: Vec<u8>,
    /// How many.
    pub(super) count: usize,
    /// Sockets, and what may be one, one behind the other, each with its NUL.
    pub(super) sockets: Vec<u8>,
    /// Entries of any kind.
    pub(super) entries: u64,
}

impl Listing {
    pub(super) fn clear(&mut self) {
        self.directories.clear();
        self.count = 0;
        self.sockets.clear();
        self.entries = 0;
    }

    pub(super) fn add(
        &mut self,
        walk: &Walk<'_>,
        node: &Node,
        dir: &Dir,
        (name, kind, number): (&CStr, Kind, u64),
        haul: &mut Haul,
    ) {
        self.entries += 1;
        match kind {
            Kind::Directory => self.add_directory(name, number),
            Kind::Socket => {
                // With one root there is none below another.
                if walk.roots.len() == 1 || !mark(walk, node, name).root {
                    self.add_socket(name);
                }
            }
            // A socket may be mounted on a file, and the directory tells the file's type alone.
            Kind::Regular => {
                let mark = mark(walk, node, name);
                if mark.mount && !mark.root && may_ask(walk, node, name, haul) {
                    self.add_socket(name);
                }
            }
            Kind::Unknown => self.add_unknown(walk, node, dir, (name, number), haul),
            Kind::Other(_) => {}
        }
    }

    fn add_directory(&mut self, name: &CStr, number: u64) {
        batch::write(&mut self.directories, name, number);
        self.count += 1;
    }

    fn add_socket(&mut self, name: &CStr) {
        self.sockets.extend_from_slice(name.to_bytes_with_nul());
    }

    /// The file system keeps no types in its directories.
    fn add_unknown(
        &mut self,
        walk: &Walk<'_>,
        node: &Node,
        dir: &Dir,
        (name, number): (&CStr, u64),
        haul: &mut Haul,
    ) {
        let mark = mark(walk, node, name);
        if mark.root {
            return;
        }
        if mark.mount {
            // As a directory it is judged when it is visited, before it is asked for its type.
            self.add_directory(name, number);
            if is_local(walk, node, name) {
                self.add_socket(name);
            }
            return;
        }
        match dir.kind_of(name) {
            Ok(Kind::Directory) => self.add_directory(name, number),
            Ok(Kind::Socket) => self.add_socket(name),
            Ok(_) => {}
            Err(failure) if failure.is_gone() => {}
            Err(failure) => {
                let path = child_path(&node.path(), name.to_bytes());
                haul.unreadable(path, format!("cannot tell what it is: {failure}"));
            }
        }
    }
}

fn mark(walk: &Walk<'_>, node: &Node, name: &CStr) -> Mark {
    node.place(|real| walk.places().locate(real))
        .and_then(|at| walk.places().child(at, name.to_bytes()))
        .map(|at| walk.places().mark(at))
        .unwrap_or_default()
}

/// Whether what is mounted on a file may be looked at. It is said where that is left out and it
/// might have been a socket.
fn may_ask(walk: &Walk<'_>, node: &Node, name: &CStr, haul: &mut Haul) -> bool {
    let Some(fs_type) = mounted(walk, node, name) else {
        return false;
    };
    let reason = match Class::of(&fs_type) {
        Class::Kernel => return false,
        _ if walk.request.one_file_system => SkipReason::OtherFileSystem,
        Class::Local | Class::Layered => return true,
        Class::Remote => SkipReason::Mount(fs_type),
    };
    haul.skipped(child_path(&node.path(), name.to_bytes()), reason);
    false
}

fn is_local(walk: &Walk<'_>, node: &Node, name: &CStr) -> bool {
    mounted(walk, node, name)
        .is_some_and(|fs_type| matches!(Class::of(&fs_type), Class::Local | Class::Layered))
}

fn mounted(walk: &Walk<'_>, node: &Node, name: &CStr) -> Option<String> {
    walk.mounted_at(&child_path(&node.real_path(), name.to_bytes()))
}
