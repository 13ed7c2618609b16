//! What shuts somebody out, and nobody who is meant to get in: modes, and ACLs without an entry.
//! Tried on the facts first.

use std::sync::Arc;

use super::verdict::Closing;
use super::{Access, Scene};
use crate::access::{self, By, Class, Grant, Outsiders};
use crate::judge::roles::Meant;
use crate::model::{Mode, Node, Subject, Way};
use crate::policy::Effective;
use crate::policy::rule::ModeRule;

const OTHERS: u16 = 0o007;
const ALL_BUT_OWNER: u16 = 0o077;

impl Access<'_> {
    /// The first thing with which `is_closed`: the mode of the policy, or where it leaves that
    /// open, less of what is there; the ACL entries gone that let them in; the application's own
    /// directory closed. Never a mode of which the policy would ask another one.
    pub(super) fn closing(
        &self,
        scene: &Scene<'_>,
        expected: &Effective<'_>,
        meant: Option<&Meant>,
        outsiders: &Outsiders,
        is_closed: impl Fn(&Scene<'_>) -> bool,
    ) -> Option<Closing> {
        let missing = |scene: &Scene<'_>| meant.map_or(0, |meant| self.missing(scene, meant).len());
        let before = missing(scene);
        let does = |changed: &Scene<'_>| is_closed(changed) && missing(changed) <= before;
        let now = scene.socket.mode;
        let modes = match expected.mode.as_ref().map(|key| key.value) {
            Some(ModeRule::Exactly(mode)) => vec![mode],
            Some(ModeRule::AtMost(mode)) => narrower(now.beyond(now.beyond(mode))),
            None => narrower(now),
        };
        let mut modes = modes.into_iter().filter(|&mode| mode != now);
        if let Some(mode) = modes.find(|&mode| does(&scene.with_mode(mode))) {
            return Some(Closing::Mode(mode));
        }
        self.without_entries(scene, outsiders, &does)
            .or_else(|| without_others(scene, &does))
    }

    /// The ACL entries of one inode that let them in.
    fn without_entries(
        &self,
        scene: &Scene<'_>,
        outsiders: &Outsiders,
        does: &dyn Fn(&Scene<'_>) -> bool,
    ) -> Option<Closing> {
        let mut found: Option<(&Node, Vec<Class>)> = None;
        let subjects = self.subjects(scene, outsiders);
        for subject in subjects.iter().filter(|it| scene.connects(it)) {
            for check in access::checks(subject, scene.way, &scene.socket) {
                let By::Class(Grant { class, .. }) = check.verdict.by else {
                    continue;
                };
                if !matches!(class, Class::User(_) | Class::Group(_)) {
                    continue;
                }
                let (node, classes) = found.get_or_insert_with(|| (check.node, Vec::new()));
                if !same(node, check.node) {
                    return None;
                }
                if !classes.contains(&class) {
                    classes.push(class);
                }
            }
        }
        let (node, classes) = found?;
        let is_closed = if scene.is_the_socket(node) {
            let mut socket = scene.socket.clone();
            take_entries(&mut socket, &classes);
            does(&Scene::new(scene.way, socket))
        } else {
            let way = with_changed(scene.way, node, |it| take_entries(it, &classes));
            does(&Scene::new(&way, scene.socket.clone()))
        };
        let words = classes.iter().filter_map(|&class| self.entry_of(class));
        let words: Vec<String> = words.collect();
        is_closed.then(|| Closing::WithoutEntries(scene.path_of(node), words.join(",")))
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
        let its_own = same(&scene.way.directories[scene.way.end].node, directory);
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
            let way = with_changed(scene.way, directory, |it| it.set_mode(mode));
            let changed = Scene::new(&way, scene.socket.clone());
            let left = self.outsiders(&changed, meant, &|it| changed.replaces(it));
            mode != now && left.is_empty()
        })
    }
}

/// The directory of the socket without what others have there, where it is the application's own:
/// nobody else's way leads through it.
fn without_others(scene: &Scene<'_>, does: &dyn Fn(&Scene<'_>) -> bool) -> Option<Closing> {
    let directory = &*scene.way.directories[scene.way.end].node;
    let socket = &scene.socket;
    let same_user = directory.uid == socket.uid && socket.uid.is_some_and(|uid| !uid.is_root());
    let same_group = directory.gid == socket.gid && socket.gid.is_some_and(|gid| !gid.is_root());
    let is_shared = directory.mode.bits() & 0o1002 != 0 || directory.mount_point;
    if is_shared || !(same_user || same_group) {
        return None;
    }
    let mode = without(directory.mode, OTHERS);
    let way = with_changed(scene.way, directory, |it| it.set_mode(mode));
    let changed = Scene::new(&way, socket.clone());
    let owner = socket.uid.map(|uid| Subject::user(uid, socket.gid));
    let serves = owner.is_none_or(|it| changed.connects(&it) || !scene.connects(&it));
    (mode != directory.mode && serves && does(&changed))
        .then(|| Closing::Directory(directory.path.clone(), mode))
}

fn same(a: &Node, b: &Node) -> bool {
    a.inode == b.inode && a.path == b.path
}

fn with_changed(way: &Way, node: &Node, change: impl Fn(&mut Node)) -> Way {
    let mut way = way.clone();
    for at in way.directories.iter_mut().filter(|at| same(&at.node, node)) {
        change(Arc::make_mut(&mut at.node));
    }
    way
}

/// What setfacl -x leaves: the mask is then all that those have who are under it.
fn take_entries(node: &mut Node, classes: &[Class]) {
    let Some(acl) = &mut node.acl else { return };
    acl.users
        .retain(|&(uid, _)| !classes.contains(&Class::User(uid)));
    acl.groups
        .retain(|&(gid, _)| !classes.contains(&Class::Group(gid)));
    let named = acl
        .users
        .iter()
        .map(|it| it.1)
        .chain(acl.groups.iter().map(|it| it.1));
    let mask = named.fold(acl.group, |all, bits| all | bits);
    acl.mask = Some(mask);
    let mode = (node.mode.bits() & !0o070) | (mask << 3);
    node.mode = Mode::from_st_mode(u32::from(mode));
}

fn narrower(mode: Mode) -> Vec<Mode> {
    [0, OTHERS, ALL_BUT_OWNER]
        .map(|bits| without(mode, bits))
        .to_vec()
}

fn without(mode: Mode, bits: u16) -> Mode {
    mode.beyond(Mode::from_st_mode(u32::from(bits)))
}
