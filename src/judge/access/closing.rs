//! What shuts somebody out, and nobody who is meant to get in: modes, and ACLs without an entry.
//! Tried on the facts first: what lets anybody in instead is never proposed.

use super::scene::{Changed, same};
use super::verdict::Closing;
use super::{Access, Scene};
use crate::access::{By, Class, Grant, Outsiders};
use crate::judge::roles::Meant;
use crate::model::{Acl, Mode, Node, Subject};
use crate::policy::Effective;
use crate::policy::rule::ModeRule;

const OTHERS: u16 = 0o007;
const ALL_BUT_OWNER: u16 = 0o077;

/// Of more entries than these, all are taken away at once.
const WORTH_NAMING: usize = 8;

impl Access<'_> {
    /// The first thing with which `is_closed`: the mode of the policy, or where it leaves that
    /// open, less of what is there; the ACL entries gone that let them in; the application's own
    /// directory closed. Never a mode of which the policy would ask another one.
    pub(super) fn closing<'s>(
        &self,
        scene: &'s Scene<'_>,
        expected: &Effective<'_>,
        meant: Option<&Meant>,
        outsiders: &Outsiders,
        is_closed: impl Fn(&Scene<'_>) -> bool,
    ) -> Option<(Closing, Changed<'s>)> {
        let missing = |scene: &Scene<'_>| meant.map_or(0, |meant| self.missing(scene, meant).len());
        let before = missing(scene);
        let does = |changed: &Scene<'_>| {
            is_closed(changed)
                && missing(changed) <= before
                && !self.opens(scene, changed, expected)
        };
        let now = scene.socket.mode;
        let modes = match expected.mode.as_ref().map(|key| key.value) {
            Some(ModeRule::Exactly(mode)) => vec![mode],
            Some(ModeRule::AtMost(mode)) => narrower(now.common(mode)),
            None => narrower(now),
        };
        let mut modes = modes.into_iter().filter(|&mode| mode != now);
        if !scene.is_fixed(&scene.socket)
            && let Some(mode) = modes.find(|&mode| does(&scene.with_mode(mode)))
        {
            let changed = Changed::new(scene, &scene.socket, |it| it.set_mode(mode));
            return Some((Closing::Mode(mode), changed));
        }
        self.without_entries(scene, outsiders, &does)
            .or_else(|| without_others(scene, &does))
    }

    /// The ACL entries of one inode that let them in.
    fn without_entries<'s>(
        &self,
        scene: &'s Scene<'_>,
        outsiders: &Outsiders,
        does: &dyn Fn(&Scene<'_>) -> bool,
    ) -> Option<(Closing, Changed<'s>)> {
        let mut subjects = self.subjects(scene, outsiders);
        subjects.retain(|it| scene.connects(it));
        self.taking(scene, &subjects, does)
    }

    /// The ACL of one inode without all entries that let these in, where that is so of one inode
    /// alone.
    pub(super) fn taking<'s>(
        &self,
        scene: &'s Scene<'_>,
        subjects: &[Subject],
        does: &dyn Fn(&Scene<'_>) -> bool,
    ) -> Option<(Closing, Changed<'s>)> {
        let takes_less = |node: &Node| {
            let has_twins = node.acl.as_ref().is_some_and(Acl::has_twins);
            !has_twins && !scene.is_fixed(node)
        };
        let (node, classes) = entries(scene, subjects).filter(|it| takes_less(it.0))?;
        let path = scene.path_of(node);
        let (closing, changed) = if classes.len() > WORTH_NAMING {
            let changed = Changed::new(scene, node, Node::forget_acl);
            (Closing::WithoutAcl(path), changed)
        } else {
            let changed = Changed::new(scene, node, |it| take_entries(it, &classes));
            let words = classes.iter().filter_map(|&class| self.entry_of(class));
            let words: Vec<String> = words.collect();
            (Closing::WithoutEntries(path, words.join(",")), changed)
        };
        does(&changed.scene()).then_some((closing, changed))
    }

    /// The first mode of a directory with which nobody can put anything else there who is not
    /// meant to: that of the policy; with the sticky bit, for those who make their own files in it
    /// go on; or less. Never wider than the policy has it, for another finding may ask for that.
    pub(super) fn closing_directory(
        &self,
        scene: &Scene<'_>,
        expected: &Effective<'_>,
        meant: &Meant,
        directory: &Node,
    ) -> Option<Mode> {
        let now = directory.mode;
        let its_own = same(&scene.way.directories[scene.way.end].node, directory);
        let limit = expected.parent_max_mode.as_ref().filter(|_| its_own);
        let limited = |mode: Mode| match limit {
            Some(key) => mode.beyond(key.value.beyond(mode)),
            None => mode,
        };
        let sticky = |mode: Mode| Mode::from_st_mode(u32::from(mode.bits() | 0o1000));
        let allowed = limited(now);
        let narrower = [without(allowed, 0o002), without(allowed, 0o022)];
        let shared = limited(sticky(now));
        // In the directory of the service itself nobody else makes files of their own.
        let owner = scene.socket.uid.filter(|uid| !uid.is_root());
        let candidates = if owner.is_some() && directory.uid == owner {
            [allowed, narrower[0], narrower[1], shared]
        } else {
            [allowed, shared, narrower[0], narrower[1]]
        };
        candidates.into_iter().find(|&mode| {
            let changed = Changed::new(scene, directory, |it| it.set_mode(mode));
            let changed = changed.scene();
            let left = self.outsiders(&changed, meant, &|it| changed.replaces(it));
            let is_possible = mode != now && !scene.is_fixed(directory);
            is_possible && left.is_empty() && !self.opens(scene, &changed, expected)
        })
    }
}

/// The directory of the socket without what others have there, where it is the application's own:
/// nobody else's way leads through it.
fn without_others<'s>(
    scene: &'s Scene<'_>,
    does: &dyn Fn(&Scene<'_>) -> bool,
) -> Option<(Closing, Changed<'s>)> {
    let directory = &*scene.way.directories[scene.way.end].node;
    let socket = &scene.socket;
    let same_user = directory.uid == socket.uid && socket.uid.is_some_and(|uid| !uid.is_root());
    let same_group = directory.gid == socket.gid && socket.gid.is_some_and(|gid| !gid.is_root());
    let is_shared = directory.mode.bits() & 0o1002 != 0 || directory.mount_point;
    if is_shared || scene.is_fixed(directory) || !(same_user || same_group) {
        return None;
    }
    let mode = without(directory.mode, OTHERS);
    let closed = Changed::new(scene, directory, |it| it.set_mode(mode));
    let changed = closed.scene();
    let owner = socket.uid.map(|uid| Subject::user(uid, socket.gid));
    let serves = owner.is_none_or(|it| changed.connects(&it) || !scene.connects(&it));
    let is_done = mode != directory.mode && serves && does(&changed);
    drop(changed);
    is_done.then(|| (Closing::Directory(directory.path.clone(), mode), closed))
}

/// The entries of an ACL that let these in, where all of them are of one inode.
fn entries<'a>(scene: &'a Scene<'_>, subjects: &'a [Subject]) -> Option<(&'a Node, Vec<Class>)> {
    let mut found: Option<(&Node, Vec<Class>)> = None;
    for subject in subjects {
        for (node, by) in scene.ways_in(subject) {
            let By::Class(Grant { class, .. }) = by else {
                continue;
            };
            if !matches!(class, Class::User(_) | Class::Group(_)) {
                continue;
            }
            let (known, classes) = found.get_or_insert_with(|| (node, Vec::new()));
            if !same(known, node) {
                return None;
            }
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
    }
    found
}

/// What `setfacl -n -x` leaves. The mask stays as it is: made anew of what is left, it may be wider
/// than it was, and the others would have more than before.
fn take_entries(node: &mut Node, classes: &[Class]) {
    let Some(acl) = &mut node.acl else { return };
    acl.users
        .retain(|&(uid, _)| !classes.contains(&Class::User(uid)));
    acl.groups
        .retain(|&(gid, _)| !classes.contains(&Class::Group(gid)));
}

fn narrower(mode: Mode) -> Vec<Mode> {
    [0, OTHERS, ALL_BUT_OWNER]
        .map(|bits| without(mode, bits))
        .to_vec()
}

fn without(mode: Mode, bits: u16) -> Mode {
    mode.beyond(Mode::from_st_mode(u32::from(bits)))
}
