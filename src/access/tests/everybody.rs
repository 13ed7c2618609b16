//! A host with some users.

use super::*;
use crate::model::{Accounts, Group, User};

fn host() -> Accounts {
    let user = |name: &str, number: u32, group: u32| User {
        name: name.to_owned(),
        uid: uid(number),
        gid: gid(group),
    };
    let group = |name: &str, number: u32, members: &[&str]| Group {
        name: name.to_owned(),
        gid: gid(number),
        members: members.iter().map(|&it| it.to_owned()).collect(),
    };
    Accounts {
        users: vec![
            user("root", 0, 0),
            user("app", 10, 20),
            user("web", 33, 33),
            user("deploy", 34, 34),
        ],
        groups: vec![group("appgroup", 20, &["deploy"]), group("web", 33, &[])],
        incomplete: None,
    }
}

#[test]
fn everybody_is_asked() {
    let names = |people: &People, users: &[usize]| {
        let names = users.iter().map(|&it| people.all[it].name.clone());
        names.map(Option::unwrap).collect::<Vec<_>>()
    };
    let connect = |mode| {
        let trail = trail(node("/app", 0o755, 0, 0), node("/app/a.sock", mode, 10, 20));
        let people = People::new(&host(), &trail);
        let who = people.who(|it| answer(it, &trail).0);
        (people, who)
    };
    let (people, who) = connect(0o660);
    assert!(!who.everyone);
    assert_eq!(names(&people, &who.users), ["root", "app", "deploy"]);
    assert_eq!(who.groups, [gid(20)]);
    let (people, who) = connect(0o606);
    assert!(who.everyone && who.users.is_empty());
    assert_eq!(names(&people, &who.except_users), ["deploy"]);
    assert_eq!(who.except_groups, [gid(20)]);
}

#[test]
fn the_least_change_comes_first_and_turns_the_answer() {
    for (mode, dir_mode, who) in [
        (0o660, 0o755, 33),
        (0o600, 0o700, 33),
        (0o606, 0o755, 34),
        (0o666, 0o755, 33),
        (0o660, 0o750, 34),
        (0o060, 0o755, 10),
        (0o600, 0o755, 10),
    ] {
        let directory = node("/app", dir_mode, 0, 50);
        let trail = trail(directory, node("/app/a.sock", mode, 10, 20));
        let people = People::new(&host(), &trail);
        let subject = people.all.iter().find(|it| it.subject.uid == uid(who));
        let subject = &subject.unwrap().subject;
        let fixes = fixes(subject, &trail, &people);
        assert!(!fixes.is_empty(), "{mode:o} {who}");
        assert!(fixes[0].lets_in.is_empty(), "{mode:o} {who} {fixes:#?}");
        let counts: Vec<usize> = fixes.iter().map(|fix| fix.lets_in.users.len()).collect();
        assert!(counts.is_sorted());
    }
}

#[test]
fn what_opens_a_socket_to_all_is_not_proposed() {
    // Their class comes first, and 0666 would let them in.
    for (mode, subject) in [(0o606, user(11, &[20])), (0o066, user(10, &[10]))] {
        let mut socket = node("/app/a.sock", mode, 10, 20);
        socket.keeps_acls = false;
        let trail = trail(node("/app", 0o755, 0, 0), socket);
        let fixes = fixes(&subject, &trail, &People::new(&host(), &trail));
        let of_mode = |change: &Change| match change {
            Change::Mode { mode, .. } => Some(*mode),
            _ => None,
        };
        let modes: Vec<_> = { fixes.iter() }
            .flat_map(|fix| fix.changes.iter().filter_map(of_mode))
            .collect();
        assert_eq!(modes, ["0660".parse().unwrap()], "{fixes:#?}");
    }
}

#[test]
fn who_may_then_replace_it_is_told_and_comes_last() {
    let trail = trail(
        node("/app", 0o770, 10, 20),
        node("/app/a.sock", 0o660, 10, 20),
    );
    let people = People::new(&host(), &trail);
    let fixes = fixes(&user(33, &[33]), &trail, &people);
    let joins: Vec<bool> = fixes
        .iter()
        .map(|fix| fix.changes.contains(&Change::Join(gid(20))))
        .collect();
    assert_eq!(joins.first(), Some(&false), "{fixes:#?}");
    assert!(joins.contains(&true), "{fixes:#?}");
    for (fix, joins) in fixes.iter().zip(joins) {
        assert_eq!(fix.replaces, joins, "{fix:#?}");
        assert!(fix.lets_replace.is_empty());
    }
}

#[test]
fn a_wider_mask_that_wakes_the_right_to_replace_is_told() {
    let mut directory = node("/app", 0o760, 0, 0);
    directory.acl = Some(Acl {
        group: 0,
        mask: Some(6),
        users: vec![(uid(34), 7)],
        groups: Vec::new(),
    });
    let trail = trail(directory, node("/app/a.sock", 0o666, 10, 20));
    let people = People::new(&host(), &trail);
    let fixes = fixes(&user(33, &[33]), &trail, &people);
    let told = fixes[0].lets_replace.users.iter();
    let told: Vec<Uid> = told.map(|&it| people.all[it].subject.uid).collect();
    assert_eq!(told, [uid(34)], "{fixes:#?}");
}

#[test]
fn groups_of_a_process_are_held_against_those_of_its_user() {
    let trail = trail(
        node("/app", 0o755, 0, 0),
        node("/app/a.sock", 0o660, 10, 20),
    );
    let people = People::new(&host(), &trail);
    let changes = |subject: &Subject| {
        let fixes = fixes(subject, &trail, &people);
        assert!(!fixes.is_empty());
        let changes = fixes.into_iter().flat_map(|fix| fix.changes);
        changes.collect::<Vec<_>>()
    };
    assert!(changes(&user(34, &[34, 20])).contains(&Change::Leave(gid(20))));
    assert!(!changes(&user(33, &[33, 20])).contains(&Change::Leave(gid(20))));
    assert!(changes(&user(33, &[33])).contains(&Change::Join(gid(20))));
    assert!(!changes(&user(34, &[34])).contains(&Change::Join(gid(20))));
    assert!(!changes(&user(10, &[])).contains(&Change::Join(gid(20))));
}

#[test]
fn whoever_is_shut_out_and_may_still_replace_is_told() {
    let own = trail(
        node("/app", 0o755, 33, 0),
        node("/app/a.sock", 0o666, 10, 20),
    );
    let people = People::new(&host(), &own);
    let fixes = fixes(&user(33, &[33]), &own, &people);
    assert!(fixes[0].replaces, "{fixes:#?}");
}

#[test]
fn a_closed_directory_of_root_can_shut_somebody_out() {
    let durable = |mode| {
        let trail = trail(
            node("/app", mode, 0, 33),
            node("/app/a.sock", 0o666, 10, 20),
        );
        let people = People::new(&host(), &trail);
        let fixes = fixes(&user(33, &[33]), &trail, &people);
        fixes.iter().any(|fix| fix.durable)
    };
    assert!(durable(0o750));
    assert!(!durable(0o755), "everybody goes through it");
}

#[test]
fn root_cannot_be_shut_out() {
    let trail = trail(
        node("/app", 0o755, 0, 0),
        node("/app/a.sock", 0o660, 10, 20),
    );
    let people = People::new(&host(), &trail);
    assert_eq!(fixes(&user(0, &[0]), &trail, &people), []);
}

#[test]
fn what_surprises_is_said() {
    let said = |trail: &Trail| {
        let people = People::new(&host(), trail);
        let connect = people.who(|it| answer(it, trail).0);
        let replace = people.who(|it| answer(it, trail).1);
        format!("{:?}", notes(trail, &connect, &replace))
    };
    let plain = |dir_mode, mode| {
        let socket = node("/app/a.sock", mode, 10, 20);
        said(&trail(node("/app", dir_mode, 0, 33), socket))
    };
    assert_eq!(plain(0o755, 0o660), "[]");
    assert!(plain(0o755, 0o606).contains("ShutOut"));
    assert!(plain(0o755, 0o060).contains("OwnerCould"));
    assert!(plain(0o775, 0o600).contains("ReplacesOnly"));
    assert!(plain(0o777, 0o600).contains("ReplacesOnly"));
    let mut named_twice = trail(
        node("/app", 0o755, 0, 0),
        node("/app/a.sock", 0o600, 10, 20),
    );
    named_twice.socket.links = 2;
    assert!(said(&named_twice).contains("OtherNames"));
    let acl = Acl {
        group: 0,
        mask: Some(0),
        users: vec![(uid(33), 6)],
        groups: Vec::new(),
    };
    assert!(said(&with_acl(0o600, acl)).contains("Sleeping"));
}
