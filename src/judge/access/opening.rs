//! What lets those in who are missing, and nobody else. Tried on the facts first.

use super::scene::Changed;
use super::verdict::Opening;
use super::{Access, Scene, forbids_acl};
use crate::access::{self, Class};
use crate::judge::roles::Meant;
use crate::model::{Acl, Mode, Node, Subject};
use crate::policy::Effective;
use crate::policy::rule::ModeRule;

/// `r` and `w` for the group.
const GROUP: u16 = 0o060;

impl Access<'_> {
    /// The mode of the policy; where it leaves that open, `rw` for the group; where it has nothing
    /// against entries, an ACL entry of the socket for the group of the role, or for the one who is
    /// missing. Nothing of a directory: other sockets may be in it, of which something else is
    /// expected.
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
        let has_twins = scene.socket.acl.as_ref().is_some_and(Acl::has_twins);
        if scene.is_fixed(&scene.socket) || has_twins {
            return None;
        }
        let does = |change: &dyn Fn(&mut Node)| {
            [scene, last].into_iter().all(|scene| {
                let changed = Changed::new(scene, &scene.socket, change);
                let changed = changed.scene();
                self.missing(&changed, meant).is_empty() && !self.opens(scene, &changed, expected)
            })
        };
        let rule = expected.mode.as_ref().map(|key| key.value);
        let (now, most) = (
            last.socket.mode,
            rule.map_or(0o777, |rule| most(rule).bits()),
        );
        let mode = match rule {
            Some(ModeRule::Exactly(mode)) => Some(mode),
            Some(ModeRule::AtMost(_)) => {
                Some(Mode::from_st_mode(u32::from(most & (now.bits() | GROUP))))
                    // A socket that everybody may write to is nothing to propose.
                    .filter(|mode| mode.bits() & 0o002 == 0)
            }
            None => None,
        };
        if let Some(mode) = mode.filter(|&mode| does(&|it| it.set_mode(mode))) {
            return Some(Opening::Mode(mode));
        }
        let is_one_place = missing
            .iter()
            .all(|it| it.can_have_entry && it.at.is_none());
        if forbids_acl(expected) || !is_one_place {
            return None;
        }
        let node = &last.socket;
        let is_named = missing.iter().any(|it| meant.users.contains(&it.uid));
        let (class, bits) = match (meant.groups.as_slice(), missing.as_slice()) {
            ([gid], _) if !is_named => {
                let member = last.named.stranger([*gid]);
                (Class::Group(*gid), access::bits_with(node, &member, 6))
            }
            (_, [_]) => {
                let user = Subject::user(first.uid, self.groups_of(first.uid));
                (Class::User(first.uid), access::bits_with(node, &user, 6))
            }
            _ => return None,
        };
        // The mask is the group's part of the mode, of which the policy says what it may be.
        let limit = (most >> 3) & 7;
        let bits = bits & limit;
        let mask = (((now.bits() >> 3) & 7) & limit) | bits;
        does(&|it| access::set_entry(it, class, bits, mask)).then_some(())?;
        Some(Opening::Entry {
            who: self.entry_of(class)?,
            bits,
            mask,
        })
    }

    /// Whether the one mode that the policy asks for lets somebody connect whom the policy does not.
    pub(super) fn is_contradicted(&self, scene: &Scene<'_>, expected: &Effective<'_>) -> bool {
        match expected.mode.as_ref().map(|key| key.value) {
            Some(ModeRule::Exactly(mode)) if mode != scene.socket.mode => {
                expected.connect.is_some() && self.opens(scene, &scene.with_mode(mode), expected)
            }
            _ => false,
        }
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

fn most(rule: ModeRule) -> Mode {
    match rule {
        ModeRule::Exactly(mode) | ModeRule::AtMost(mode) => mode,
    }
}
