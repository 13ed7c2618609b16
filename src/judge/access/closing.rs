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
    /// meant to: that of the policy, with the sticky bit, for those who make their own files in it
    /// go on, or less. Never wider than the policy has it, for another finding may ask for that.
    pub(super) fn closing_directory(
        &self,
        scene: &Scene<'_>,
        expected: &Effective<'_>,
        meant: &Meant,
        directory: &Node,
    ) -> Option<Mode> {
        let now = directory.mode;
        let same = |node: &Node| node.inode == directory.inode && node.path == directory.path;
        let its_own = same(&scene.way.directories[scene.way.end].node);
        let limit = expected.parent_max_mode.as_ref().filter(|_| its_own);
        let limited = |mode: Mode| match limit {
            Some(key) => mode.beyond(key.value.beyond(mode)),
            None => mode,
        };
        let sticky = |mode: Mode| Mode::from_st_mode(u32::from(mode.bits() | 0o1000));
        let allowed = limited(now);
        let candidates = [
            allowed,
            limited(sticky(now)),
            without(allowed, 0o002),
            without(allowed, 0o022),
        ];
        candidates.into_iter().find(|&mode| {
            let mut way = scene.way.clone();
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
