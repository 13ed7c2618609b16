//! What lets those in who are missing, and nobody else. Tried on the facts first.

use std::path::Path;

use super::scene::Changed;
use super::verdict::Opening;
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
    ///
    /// It holds from what is there, and from what there is without those who are not meant: one line
    /// is not to undo the other, in whatever order.
    pub(super) fn opening(
        &self,
        scene: &Scene<'_>,
        closed: Option<&Scene<'_>>,
        expected: &Effective<'_>,
        meant: &Meant,
    ) -> Option<Opening> {
        let last = closed.unwrap_or(scene);
        let missing = self.missing(last, meant);
        let first = missing.first()?;
        let is_enough = |changed: &Scene<'_>| self.missing(changed, meant).is_empty();
        let does = |at: Option<&Path>, change: &dyn Fn(&mut Node)| {
            [scene, last].into_iter().all(|scene| {
                node_at(scene, at).is_some_and(|node| {
                    let changed = Changed::new(scene, node, change);
                    let changed = changed.scene();
                    is_enough(&changed) && !self.opens(scene, &changed, expected)
                })
            })
        };
        let now = last.socket.mode;
        match expected.mode.as_ref().map(|key| key.value) {
            _ if scene.is_fixed(&scene.socket) => {}
            Some(ModeRule::Exactly(mode)) if is_enough(&last.with_mode(mode)) => {
                return Some(Opening::Mode(mode));
            }
            Some(ModeRule::AtMost(most)) => {
                let bits = most.bits() & (now.bits() | GROUP);
                let mode = Mode::from_st_mode(u32::from(bits));
                // A socket that everybody may write to is nothing to propose.
                let is_closed = bits & 0o002 == 0;
                if is_closed && mode != now && does(None, &|it| it.set_mode(mode)) {
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
        let at = first.at.as_deref();
        let node = node_at(last, at).filter(|node| !last.is_fixed(node))?;
        let needed = if at.is_none() { 6 } else { 1 };
        let is_named = missing.iter().any(|it| meant.users.contains(&it.uid));
        let (class, bits) = match (meant.groups.as_slice(), missing.as_slice()) {
            ([gid], _) if !is_named => {
                let member = last.named.stranger([*gid]);
                (Class::Group(*gid), access::bits_with(node, &member, needed))
            }
            (_, [_]) => {
                let user = Subject::user(first.uid, self.groups_of(first.uid));
                (
                    Class::User(first.uid),
                    access::bits_with(node, &user, needed),
                )
            }
            _ => return None,
        };
        let mask = mask(node) | bits;
        does(at, &|it| access::set_entry(it, class, bits, mask)).then_some(())?;
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

/// The directory of that path; `None`: the socket.
fn node_at<'a>(scene: &'a Scene<'_>, at: Option<&Path>) -> Option<&'a Node> {
    match at {
        None => Some(&scene.socket),
        Some(path) => scene.way.nodes().find(|node| node.path == path),
    }
}

/// The bits of the group, which are the mask where there is an ACL.
fn mask(node: &Node) -> u16 {
    (node.mode.bits() >> 3) & 7
}
