//! What has been told of before: places that were named may overlap.

use std::collections::HashSet;
use std::ffi::CString;

use super::Spot;
use crate::change::changes::Changes;
use crate::model::Inode;
use crate::sys::dir::Dir;

/// Of one run.
#[derive(Debug, Default)]
pub(super) struct Told {
    names: HashSet<(Inode, CString)>,
    walked: HashSet<Inode>,
}

impl Told {
    /// Lets `act` tell of a spot, unless something has been told of it before.
    pub(super) fn once(
        &mut self,
        spot: &Spot<'_>,
        changes: &mut Changes,
        act: impl FnOnce(&mut Changes),
    ) {
        let before = changes.actions.len();
        act(changes);
        let tells = changes.actions.len() > before;
        if let (true, Ok(facts)) = (tells, spot.dir.facts())
            && !self.names.insert((facts.inode, spot.named.name.clone()))
        {
            changes.actions.truncate(before);
        }
    }

    /// Whether a directory has not been walked yet. From now on it has.
    pub(super) fn is_new(&mut self, dir: &Dir) -> bool {
        let facts = dir.facts();
        facts.map_or(true, |facts| self.walked.insert(facts.inode))
    }
}
