//! What is proposed is made, and then really tried.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use sockctl::access::{self, Change, Fix, People, Spot};
use sockctl::model::{Accounts, Gid, Group, Subject, Trail, Uid, User as Account};
use sockctl::sys::way;

use crate::agrees::in_a_place_of_its_own;
use crate::random::Random;
use crate::tree::{Tree, chmod};
use crate::user::{EVERYBODY, Identity, Job, User, connects_in};
use crate::{skipped_without_root, skipped_without_setfacl};

fn accounts() -> Accounts {
    let mut members: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let users = EVERYBODY.iter().map(|identity| {
        let name = format!("u{}", identity.uid);
        for &gid in identity.gids {
            members.entry(gid).or_default().push(name.clone());
        }
        Account {
            name,
            uid: Uid::new(identity.uid).expect("a user"),
            gid: Gid::new(identity.gids[0]).expect("a group"),
        }
    });
    let users = users.collect();
    let groups = members.into_iter().map(|(gid, members)| Group {
        name: format!("g{gid}"),
        gid: Gid::new(gid).expect("a group"),
        members,
    });
    Accounts {
        users,
        groups: groups.collect(),
        incomplete: None,
    }
}

#[test]
fn the_first_proposal_turns_the_answer_and_names_all_it_lets_in() {
    let test = "the_first_proposal_turns_the_answer_and_names_all_it_lets_in";
    if skipped_without_root(test) || skipped_without_setfacl(test) {
        return;
    }
    in_a_place_of_its_own(|place| {
        let users: Vec<User> = EVERYBODY.into_iter().map(User::start).collect();
        let mut counts = BTreeMap::new();
        for number in 0..150 {
            for asked in 1..users.len() {
                let what = one(place, number, &users, asked);
                *counts.entry(what).or_insert(0) += 1;
            }
        }
        println!("{counts:?}");
        for wanted in ["let in", "shut out"] {
            assert!(
                counts.get(wanted).is_some_and(|&count| count > 100),
                "{counts:?}"
            );
        }
        let none = counts.get("nothing to propose").copied().unwrap_or(0);
        assert!(none * 8 < 150 * (users.len() - 1), "{counts:?}");
    });
}

/// One user and one tree, made anew each time.
fn one(place: &Path, number: u64, users: &[User], asked: usize) -> &'static str {
    let tree = Tree::random(place, number, &mut Random::new(number));
    let trail = way::trace(&tree.path, None).expect("a socket");
    let people = People::new(&accounts(), &trail);
    let identity = users[asked].identity;
    let subject = identity.subject();
    let fixes = access::fixes(&subject, &trail, &people);
    let connects = || users.iter().map(|user| gets_in(user, &tree.path));
    let before: Vec<bool> = connects().collect();
    let Some(fix) = fixes.first() else {
        return "nothing to propose";
    };
    for change in &fix.changes {
        make(*change, &trail);
    }
    let after: Vec<bool> = connects().collect();
    let who = || format!("tree {number}, user {}: {fix:#?} {trail:#?}", identity.uid);
    let theirs = theirs(identity, fix, &tree.path);
    assert_ne!(theirs, before[asked], "{}", who());
    let lets_in = named(&fix.lets_in.users, &people);
    let shuts_out = named(&fix.shuts_out.users, &people);
    for (index, user) in users.iter().enumerate().filter(|it| it.0 != asked) {
        let subject = user.identity.subject();
        let is_let_in = after[index] && !before[index];
        assert_eq!(is_let_in, lets_in.contains(&subject.uid), "{}", who());
        let is_shut_out = before[index] && !after[index];
        assert_eq!(is_shut_out, shuts_out.contains(&subject.uid), "{}", who());
    }
    if theirs { "let in" } else { "shut out" }
}

fn gets_in(user: &User, path: &Path) -> bool {
    let outcome = user.tries(Job {
        path: path.to_owned(),
        names: Vec::new(),
        unlink: None,
    });
    outcome.connects
}

fn named(indices: &[usize], people: &People) -> Vec<Uid> {
    let uids = indices.iter().map(|&index| people.all[index].subject.uid);
    uids.collect()
}

/// Whether the user that it is about gets in now, with the groups that it gives and takes.
fn theirs(identity: Identity, fix: &Fix, path: &Path) -> bool {
    let start: Subject = identity.subject();
    let last = fix
        .changes
        .iter()
        .fold(start, |subject, change| match change {
            Change::Join(gid) => subject.joined(*gid),
            Change::Leave(gid) => subject.without(*gid),
            _ => subject,
        });
    let gids: Vec<u32> = last.gids.iter().map(|gid| gid.as_raw()).collect();
    connects_in(identity, &gids, path)
}

/// As the commands that are printed do it.
fn make(change: Change, trail: &Trail) {
    let path = |spot| match spot {
        Spot::Directory(number) => trail.way.directory(number).path.as_path(),
        Spot::Socket => trail.socket.path.as_path(),
    };
    match change {
        Change::Join(_) | Change::Leave(_) => {}
        Change::Entry {
            spot,
            uid,
            bits,
            mask,
        } => {
            let entry = format!("u:{uid}:{bits:o},m::{mask:o}");
            let mut setfacl = Command::new("setfacl");
            let done = setfacl.arg("-m").arg(entry).arg(path(spot)).status();
            assert!(done.expect("setfacl").success());
        }
        Change::Mode { spot, mode } => chmod(path(spot), mode.bits()),
        Change::Owner { spot, uid } => {
            let uid = Some(uid.as_raw());
            std::os::unix::fs::lchown(path(spot), uid, None).expect("chown");
        }
        Change::Group { spot, gid } => {
            let gid = Some(gid.as_raw());
            std::os::unix::fs::lchown(path(spot), None, gid).expect("chgrp");
        }
    }
}
