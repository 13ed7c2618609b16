//! The lists of the other network namespaces, as far as we may enter them.

use std::path::Path;

use crate::model::{Inode, SocketName};
use crate::sys::diag::Row;
use crate::sys::netns;

use super::list::List;

/// The lists that could be had, by the inode number of their namespace.
pub(super) struct Elsewhere(Vec<(u64, List)>);

impl Elsewhere {
    /// What cannot be entered is left out, so that not being found here proves nothing.
    pub(super) fn look() -> Elsewhere {
        let others = netns::others().map_or_else(|_| Vec::new(), |others| others.namespaces);
        let lists = others
            .iter()
            .filter_map(|other| Some((other.ino, List::of(other.dump().ok()?))));
        Elsewhere(lists.collect())
    }

    /// In which namespace it is.
    pub(super) fn find(
        &self,
        name: &SocketName,
        real: Option<&Path>,
        inode: Option<Inode>,
    ) -> Option<(u64, &Row)> {
        let mut lists = self.0.iter();
        lists.find_map(|(netns, list)| Some((*netns, list.find(name, real, inode)?)))
    }
}
