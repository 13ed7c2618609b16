//! Modes that shut somebody out, and nobody who is meant to get in. Tried on the facts first.

use std::sync::Arc;

use super::{Access, Scene};
use crate::judge::roles::Meant;
use crate::model::{Mode, Node};
use crate::policy::Effective;
use crate::policy::rule::ModeRule;

const OTHERS: u16 = 0o007;
const ALL_BUT_OWNER: u16 = 0o077;

impl Access<'_> {
    /// The first mode of the socket with which `is_closed`: that of the policy, or less of what
    /// is there.
    pub(super) fn closing(
        &self,
        scene: &Scene<'_>,
        expected: &Effective<'_>,
        meant: Option<&Meant>,
        is_closed: impl Fn(&Scene<'_>) -> bool,
    ) -> Option<Mode> {
        let now = scene.socket.mode;
        let allowed = match expected.mode.as_ref().map(|key| key.value) {
            Some(ModeRule::Exactly(mode)) => mode,
            Some(ModeRule::AtMost(mode)) => now.beyond(now.beyond(mode)),
            None => now,
        };
        let missing = |scene: &Scene<'_>| meant.map_or(0, |meant| self.missing(scene, meant).len());
        let before = missing(scene);
        let candidates = [0, OTHERS, ALL_BUT_OWNER].map(|bits| without(allowed, bits));
        candidates.into_iter().find(|&mode| {
            let changed = scene.with_mode(mode);
            mode != now && is_closed(&changed) && missing(&changed) <= before
        })
    }

    /// The first mode of a directory with which nobody can put anything else there who is not
    /// meant to: the sticky bit, for those who make their own files in it go on, or less.
    pub(super) fn closing_directory(
        &self,
        scene: &Scene<'_>,
        meant: &Meant,
        directory: &Node,
    ) -> Option<Mode> {
        let now = directory.mode;
        let sticky = Mode::from_st_mode(u32::from(now.bits() | 0o1000));
        let candidates = [sticky, without(now, 0o002), without(now, 0o022)];
        candidates.into_iter().find(|&mode| {
            let mut way = scene.way.clone();
            let same = |node: &Node| node.inode == directory.inode && node.path == directory.path;
            for at in way.directories.iter_mut().filter(|at| same(&at.node)) {
                Arc::make_mut(&mut at.node).set_mode(mode);
            }
            let changed = Scene::new(&way, scene.socket.clone());
            let left = self.outsiders(&changed, meant, &|it| changed.replaces(it));
            mode != now && left.is_empty()
        })
    }
}

fn without(mode: Mode, bits: u16) -> Mode {
    mode.beyond(Mode::from_st_mode(u32::from(bits)))
}
