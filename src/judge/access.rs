//! Who gets to a socket, and who to its place: what the checks of `world`, `acl`, `connect` and
//! `replace` have in common.
//!
//! Sockets of one directory that have the same owner and mode, and of which the same is expected,
//! are open to the same people: that is worked out once.

mod closing;
mod granted;
mod opening;
mod scene;
mod verdict;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::roles::Meant;
use crate::access::{self, By, Outsiders};
use crate::model::{FileAcl, Gid, Lookup, Members, Mode, Socket, Subject, Uid};
use crate::policy::Effective;
use crate::policy::rule::{ModeRule, ParentMode, Permit, Role};
pub(super) use granted::Entry;
use scene::Changed;
pub(super) use scene::Scene;
use verdict::Replace;
pub(super) use verdict::{Closing, Connect, How, Missing, Opening, Verdict};
use words::MOST;
pub(super) use words::{listed, user, who};

/// Works out who gets where, and remembers it.
pub(super) struct Access<'a> {
    roles: &'a BTreeMap<String, Role>,
    pub(super) members: &'a dyn Members,
    meant: RefCell<HashMap<Place, Rc<Meant>>>,
    known: RefCell<Known>,
}

/// What is known of the sockets of one directory.
#[derive(Default)]
struct Known {
    way: usize,
    /// The one that was asked for last, as it mostly is again.
    last: Option<(Key, Rc<Verdict>)>,
    verdicts: HashMap<Key, Rc<Verdict>>,
}

/// Where a list of a policy stands in memory: the same list is always the same one.
type Place = (usize, usize);

/// All that a verdict hangs on, besides the way and the ACL.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    uid: Option<Uid>,
    gid: Option<Gid>,
    mode: Mode,
    flags: [bool; 4],
    forbids_acl: bool,
    wanted: Option<(bool, Mode)>,
    around: Option<ParentMode>,
    connect: Option<Place>,
    replace: Option<Place>,
}

impl<'a> Access<'a> {
    pub(super) fn new(roles: &'a BTreeMap<String, Role>, members: &'a dyn Members) -> Access<'a> {
        Access {
            roles,
            members,
            meant: RefCell::default(),
            known: RefCell::default(),
        }
    }

    /// Of a socket to which the way was looked at.
    pub(super) fn of(&self, socket: &Socket, expected: &Effective<'_>) -> Option<Rc<Verdict>> {
        let way = socket.way.as_ref()?;
        let judge = || {
            let scene = Scene::new(way, socket.met()?);
            Some(Rc::new(self.verdict(&scene, expected)))
        };
        if socket.acl.more().is_some() {
            return judge();
        }
        let key = Key {
            uid: socket.uid,
            gid: socket.gid,
            mode: socket.mode?,
            flags: [
                socket.acl != FileAcl::Unkept,
                socket.attributes.immutable,
                socket.attributes.append_only,
                socket.attributes.mount_point,
            ],
            forbids_acl: forbids_acl(expected),
            wanted: expected.mode.as_ref().map(|key| match key.value {
                ModeRule::Exactly(mode) => (true, mode),
                ModeRule::AtMost(mode) => (false, mode),
            }),
            around: expected.parent_max_mode.as_ref().map(|key| key.value),
            connect: expected.connect.as_ref().map(|key| place(key.value)),
            replace: expected.replace.as_ref().map(|key| place(key.value)),
        };
        let way = std::sync::Arc::as_ptr(way).addr();
        let mut known = self.known.borrow_mut();
        if known.way != way {
            *known = Known {
                way,
                ..Known::default()
            };
        }
        if let Some((_, verdict)) = known.last.as_ref().filter(|last| last.0 == key) {
            return Some(Rc::clone(verdict));
        }
        let verdict = if let Some(verdict) = known.verdicts.get(&key) {
            Rc::clone(verdict)
        } else {
            let verdict = judge()?;
            known.verdicts.insert(key.clone(), Rc::clone(&verdict));
            verdict
        };
        known.last = Some((key, Rc::clone(&verdict)));
        Some(verdict)
    }

    fn verdict(&self, scene: &Scene<'_>, expected: &Effective<'_>) -> Verdict {
        let everyone = scene.connects(&scene.named.stranger([]));
        let meant = expected.connect.as_ref().map(|key| self.meant(key.value));
        let connect = meant.as_ref().map(|meant| Connect {
            outsiders: self.outsiders(scene, meant, &|it| scene.connects(it)),
            missing: self.missing(scene, meant),
            closing: None,
            opening: None,
            meant: Rc::clone(meant),
        });
        let mut verdict = Verdict {
            everyone,
            is_contradicted: self.is_contradicted(scene, expected),
            connect,
            ..Verdict::default()
        };
        if everyone {
            let everyone = Outsiders {
                everyone: true,
                ..Outsiders::default()
            };
            let closing = self.closing(scene, expected, meant.as_deref(), &everyone, |scene| {
                !scene.connects(&scene.named.stranger([]))
            });
            verdict.closing = closing.map(|it| it.0);
        }
        if let (Some(connect), Some(meant)) = (&mut verdict.connect, &meant) {
            let outsiders = &connect.outsiders;
            let closing = (!outsiders.is_empty()).then(|| {
                self.closing(scene, expected, Some(meant), outsiders, |scene| {
                    let left = self.outsiders(scene, meant, &|it| scene.connects(it));
                    left.is_empty()
                })
            });
            // What opens goes on from what closes: one line is not to undo the other.
            let (closing, changed) = closing.flatten().unzip();
            if !connect.missing.is_empty() {
                let closed = changed.as_ref().map(Changed::scene);
                connect.opening = self.opening(scene, closed.as_ref(), expected, meant);
            }
            connect.closing = closing;
        }
        if forbids_acl(expected) {
            verdict.granted = self.granted(scene, expected);
        }
        verdict.replace = expected
            .replace
            .as_ref()
            .map(|key| self.replace(scene, expected, &self.meant(key.value)));
        verdict
    }

    fn meant(&self, list: &[String]) -> Rc<Meant> {
        let mut meant = self.meant.borrow_mut();
        let meant = meant
            .entry(place(list))
            .or_insert_with(|| Rc::new(Meant::by(list, self.roles, self.members)));
        Rc::clone(meant)
    }

    /// Those besides root, the owner of the socket and those meant.
    fn outsiders(
        &self,
        scene: &Scene<'_>,
        meant: &Meant,
        may: &dyn Fn(&Subject) -> bool,
    ) -> Outsiders {
        let mut insiders = meant.insiders.clone();
        insiders.uids.extend(scene.socket.uid);
        access::outsiders(&scene.named, may, &insiders, self.members)
    }

    fn groups_of(&self, uid: Uid) -> Vec<Gid> {
        match self.members.groups_of(uid) {
            Lookup::Found(gids) => gids,
            Lookup::Unknown | Lookup::Failed(_) => Vec::new(),
        }
    }

    /// Users of the roles, and members of their groups, who cannot connect.
    fn missing(&self, scene: &Scene<'_>, meant: &Meant) -> Vec<Missing> {
        let mut uids = meant.users.clone();
        for &gid in &meant.groups {
            if let Lookup::Found(members) = self.members.members(gid) {
                uids.extend(members);
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        uids.retain(|uid| seen.insert(*uid));
        let missing = uids.into_iter().filter_map(|uid| {
            let subject = Subject::user(uid, self.groups_of(uid));
            self.stopped(scene, &subject)
        });
        missing.collect()
    }

    fn stopped(&self, scene: &Scene<'_>, subject: &Subject) -> Option<Missing> {
        let mut noes = access::checks(subject, scene.way, &scene.socket)
            .filter(|check| !check.verdict.allowed);
        let first = noes.next()?;
        let is_mode = matches!(first.verdict.by, By::Class(_));
        Some(Missing {
            uid: subject.uid,
            at: scene.path_of(first.node),
            need: first.need.as_str(),
            why: access::called(first.verdict.by, self.members),
            can_have_entry: is_mode && first.node.keeps_acls && noes.next().is_none(),
        })
    }

    fn replace(&self, scene: &Scene<'_>, expected: &Effective<'_>, meant: &Rc<Meant>) -> Replace {
        // Whom the ACL of the socket itself names has nothing to do with it.
        let mut socket = scene.socket.clone();
        socket.acl = None;
        let scene = &Scene::new(scene.way, socket);
        let outsiders = self.outsiders(scene, meant, &|it| scene.replaces(it));
        let subject = self.first_of(scene, &outsiders, |it| scene.replaces(it));
        Replace {
            how: subject.and_then(|subject| self.how(scene, expected, meant, &subject)),
            meant: Rc::clone(meant),
            outsiders,
        }
    }

    /// One of them who really may.
    fn first_of(
        &self,
        scene: &Scene<'_>,
        outsiders: &Outsiders,
        may: impl Fn(&Subject) -> bool,
    ) -> Option<Subject> {
        let mut all = self.subjects(scene, outsiders).into_iter();
        all.find(may)
    }

    /// Each kind of them, as the kernel takes them.
    fn subjects(&self, scene: &Scene<'_>, outsiders: &Outsiders) -> Vec<Subject> {
        let everyone = outsiders.everyone.then(|| scene.named.stranger([]));
        let user = |&uid: &Uid| Subject::user(uid, self.groups_of(uid));
        let users = outsiders.users.iter().map(user);
        let members = outsiders.groups.iter();
        let members = members.flat_map(|(_, who)| who.iter().take(MOST)).map(user);
        let groups = outsiders
            .groups
            .iter()
            .map(|(set, _)| scene.named.stranger(set.iter().copied()));
        let unknown = outsiders
            .unknown
            .iter()
            .map(|(gid, _)| scene.named.stranger([*gid]));
        let all = everyone.into_iter().chain(users).chain(groups);
        all.chain(members).chain(unknown).collect()
    }

    fn how(
        &self,
        scene: &Scene<'_>,
        expected: &Effective<'_>,
        meant: &Meant,
        subject: &Subject,
    ) -> Option<How> {
        let swap =
            access::swaps(subject, scene.way, &scene.socket).find(|swap| swap.verdict.allowed)?;
        Some(How {
            what: scene.path_of(swap.node),
            directory: swap.directory.path.clone(),
            why: access::swapped(&swap, subject, self.members),
            closing: self.closing_directory(scene, expected, meant, swap.directory),
        })
    }
}

fn forbids_acl(expected: &Effective<'_>) -> bool {
    let acl = expected.acl.as_ref();
    acl.is_some_and(|key| key.value == Permit::Forbid)
}

fn place(list: &[String]) -> Place {
    (list.as_ptr().addr(), list.len())
}
