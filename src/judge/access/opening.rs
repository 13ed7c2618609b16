//! What lets those in who are missing, and nobody else. Tried on the facts first.

use super::changed::Changed;
use super::verdict::{Missing, Opening};
use super::{Access, Scene, forbids_acl};
use crate::access::{self, Class};
use crate::judge::roles::Meant;
use crate::model::{Mode, Node, Subject};
use crate::policy::Effective;
use crate::policy::rule::ModeRule;

/// `r` and `w` for the group.
const GROUP: u16 = 0o060;

impl Access<'_> {
    /// The mode of the policy; where it leaves that open, `rw` for the group; where it has nothing
    /// against entries, an ACL entry for the group of the role, or for the one who is missing.
    pub(super) fn opening(
        &self,
        scene: &Scene<'_>,
        expected: &Effective<'_>,
        meant: &Meant,
        missing: &[Missing],
    ) -> Option<Opening> {
        let first = missing.first()?;
        let is_enough = |changed: &Scene<'_>| self.missing(changed, meant).is_empty();
        let does =
            |changed: &Scene<'_>| is_enough(changed) && !self.opens(scene, changed, expected);
        let now = scene.socket.mode;
        match expected.mode.as_ref().map(|key| key.value) {
            Some(ModeRule::Exactly(mode)) if is_enough(&scene.with_mode(mode)) => {
                return Some(Opening::Mode(mode));
            }
            Some(ModeRule::AtMost(most)) => {
                let bits = now.bits() | (most.bits() & GROUP);
                let mode = Mode::from_st_mode(u32::from(bits));
                if mode != now && does(&scene.with_mode(mode)) {
                    return Some(Opening::Mode(mode));
                }
            }
            _ => {}
        }
        let is_one_place = missing
            .iter()
            .all(|it| it.can_have_entry && it.at == first.at);
        if forbids_acl(expected) || !is_one_place {
            return None;
        }
        let node = match &first.at {
            None => &scene.socket,
            Some(path) => scene.way.nodes().find(|node| node.path == *path)?,
        };
        let needed = if scene.is_the_socket(node) { 6 } else { 1 };
        let user = Subject::user(first.uid, self.groups_of(first.uid));
        let is_named = missing.iter().any(|it| meant.users.contains(&it.uid));
        let (class, bits) = match (meant.groups.as_slice(), missing) {
            ([gid], _) if !is_named => (Class::Group(*gid), node.mode.bits() & 7),
            (_, [_]) => (Class::User(first.uid), access::bits_of(node, &user)),
            _ => return None,
        };
        let bits = bits | needed;
        let mask = mask(node) | bits;
        let changed = Changed::new(scene, node, |it| access::set_entry(it, class, bits, mask));
        does(&changed.scene()).then_some(())?;
        Some(Opening::Entry {
            at: first.at.clone(),
            who: self.entry_of(class)?,
            bits,
            mask,
        })
    }

    /// Whether somebody can connect with the change, or replace, who could not before and is not
    /// meant to.
    pub(super) fn opens(
        &self,
        before: &Scene<'_>,
        after: &Scene<'_>,
        expected: &Effective<'_>,
    ) -> bool {
        let connects = |it: &Subject| after.connects(it) && !before.connects(it);
        let replaces = |it: &Subject| after.replaces(it) && !before.replaces(it);
        let is_new = |meant: &Meant, may: &dyn Fn(&Subject) -> bool| {
            let mut scenes = [before, after].into_iter();
            scenes.any(|scene| !self.outsiders(scene, meant, may).is_empty())
        };
        let meant = |list: Option<&[String]>| list.map(|list| self.meant(list));
        let connect = meant(expected.connect.as_ref().map(|key| key.value));
        let replace = meant(expected.replace.as_ref().map(|key| key.value));
        is_new(&connect.unwrap_or_default(), &connects)
            || is_new(&replace.unwrap_or_default(), &replaces)
    }
}

/// The bits of the group, which are the mask where there is an ACL.
fn mask(node: &Node) -> u16 {
    (node.mode.bits() >> 3) & 7
}
