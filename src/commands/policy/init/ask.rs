//! Who may connect to a socket and who may replace it, in the words of a draft.

use std::collections::HashMap;
use std::path::PathBuf;

use super::seen::named;
use crate::access::{Passage, People, Who};
use crate::model::{Accounts, Gid, Mode, Socket, Subject, Trail, Uid};
use crate::policy::draft::{Principal, Replace};
use crate::sys::{accounts, way};

/// What there is to say of one socket.
#[derive(Debug, Clone, Default)]
pub(super) struct May {
    pub(super) is_open: bool,
    /// `None` where everyone may, or nobody can tell.
    pub(super) connect: Option<Vec<Principal>>,
    /// `None` where nobody can tell.
    pub(super) replace: Option<Replace>,
}

/// Sockets of which the answers are the same: those of a directory that differ in nothing that
/// counts.
type Alike = (PathBuf, Option<Uid>, Option<Gid>, Mode);

/// Answers, each worked out once.
#[derive(Debug, Default)]
pub(super) struct Asker {
    accounts: Option<Accounts>,
    known: HashMap<Alike, May>,
}

impl Asker {
    pub(super) fn ask(&mut self, socket: &Socket) -> May {
        let path = socket.resolved.as_deref().or(socket.name.as_path());
        let Some(trail) = path.and_then(|path| way::trace(path, None).ok()) else {
            // Its mode is all that is known of it.
            return May {
                is_open: socket.mode.is_some_and(|mode| mode.bits() & 0o002 != 0),
                ..May::default()
            };
        };
        let node = &trail.socket;
        let is_plain = node.acl.is_none()
            && !(node.immutable || node.append_only || node.mount_point || node.read_only);
        let directory = trail.way.directory(trail.way.end).path.clone();
        let alike = is_plain.then_some((directory, node.uid, node.gid, node.mode));
        if let Some(may) = alike.as_ref().and_then(|alike| self.known.get(alike)) {
            return may.clone();
        }
        let accounts = self.accounts.get_or_insert_with(accounts::list);
        let may = worked_out(&trail, accounts);
        if let Some(alike) = alike {
            self.known.insert(alike, may.clone());
        }
        may
    }
}

fn worked_out(trail: &Trail, accounts: &Accounts) -> May {
    let people = People::new(accounts, trail);
    let passage = |subject: &Subject| Passage::of(subject, &trail.way);
    let connect = people.who(|it| passage(it).connects(it, &trail.socket));
    let replace = people.who(|it| passage(it).replaces(it, &trail.way, &trail.socket));
    let owner = trail.socket.uid;
    May {
        is_open: connect.everyone,
        connect: (!connect.everyone).then(|| principals(&people, &connect, owner)),
        replace: Some(if replace.everyone {
            Replace::Everyone
        } else {
            Replace::By(principals(&people, &replace, owner))
        }),
    }
}

/// The groups, and the users who are in none of them, besides root and the owner.
fn principals(people: &People, who: &Who, owner: Option<Uid>) -> Vec<Principal> {
    let groups = who.groups.iter().map(|gid| {
        let name = people.groups.get(gid).cloned().flatten();
        Principal::Group(named(name, gid.as_raw()))
    });
    let users = who.users.iter().map(|&index| &people.all[index]);
    let users = users.filter(|person| {
        let subject = &person.subject;
        let is_member = subject.gids.iter().any(|gid| who.groups.contains(gid));
        subject.uid != Uid::ROOT && Some(subject.uid) != owner && !is_member
    });
    let users = users.map(|it| Principal::User(named(it.name.clone(), it.subject.uid.as_raw())));
    let mut principals: Vec<Principal> = groups.chain(users).collect();
    principals.sort();
    principals.dedup();
    principals
}
