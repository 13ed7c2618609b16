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
        let counts: Vec<usize> = fixes.iter().map(|fix| fix.lets_in.len()).collect();
        assert!(counts.is_sorted());
    }
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
