//! Who is told to get in without being meant to is who really does: everybody on the host is
//! asked one by one, and the answer is the same.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::model::{Accounts, Group, Lookup, Members, Names, User};

/// Users 10 to 15 and groups 20 to 25 have entries; 16 and 26 have none.
const USERS: std::ops::Range<u32> = 10..16;
const GROUPS: std::ops::Range<u32> = 20..26;

struct Host(Accounts);

impl Names for Host {
    fn user_id(&self, _: &str) -> Lookup<Uid> {
        Lookup::Unknown
    }
    fn group_id(&self, _: &str) -> Lookup<Gid> {
        Lookup::Unknown
    }
    fn user_name(&self, _: Uid) -> Option<String> {
        None
    }
    fn group_name(&self, _: Gid) -> Option<String> {
        None
    }
}

impl Members for Host {
    fn members(&self, gid: Gid) -> Lookup<Vec<Uid>> {
        let all = self.0.subjects().into_iter();
        let within = all.filter(|it| it.is_in(gid)).map(|it| it.uid);
        let within: BTreeSet<Uid> = within.collect();
        let is_listed = self.0.groups.iter().any(|group| group.gid == gid);
        if within.is_empty() && !is_listed {
            return Lookup::Unknown;
        }
        Lookup::Found(within.into_iter().collect())
    }

    fn groups_of(&self, uid: Uid) -> Lookup<Vec<Gid>> {
        let all = self.0.subjects();
        let found = all.into_iter().find(|it| it.uid == uid);
        Lookup::Found(found.map(|it| it.gids).unwrap_or_default())
    }
}

fn accounts() -> impl Strategy<Value = Accounts> {
    let primary = prop::collection::vec(GROUPS, USERS.len());
    let members = prop::collection::vec(prop::collection::vec(USERS, 0..4), GROUPS.len());
    (primary, members).prop_map(|(primary, members)| {
        let user = |(number, group): (u32, u32)| User {
            name: number.to_string(),
            uid: uid(number),
            gid: gid(group),
        };
        let group = |(number, members): (u32, Vec<u32>)| Group {
            name: number.to_string(),
            gid: gid(number),
            members: members.iter().map(u32::to_string).collect(),
        };
        Accounts {
            users: USERS.zip(primary).map(user).chain([user((0, 0))]).collect(),
            groups: GROUPS
                .zip(members)
                .map(group)
                .chain([group((0, Vec::new()))])
                .collect(),
            incomplete: None,
        }
    })
}

fn entries() -> impl Strategy<Value = Option<Acl>> {
    let users = prop::collection::btree_map(10..17_u32, 0..8_u16, 0..3);
    let groups = prop::collection::btree_map(20..27_u32, 0..8_u16, 0..3);
    let acl = (users, groups, 0..8_u16).prop_map(|(users, groups, group)| Acl {
        group,
        mask: Some(7),
        users: users
            .into_iter()
            .map(|(id, bits)| (uid(id), bits))
            .collect(),
        groups: groups
            .into_iter()
            .map(|(id, bits)| (gid(id), bits))
            .collect(),
    });
    prop::option::weighted(0.4, acl)
}

/// Mode, owner, group and ACL; the modes are mostly such as there are.
fn rights() -> impl Strategy<Value = (u32, u32, u32, Option<Acl>)> {
    let mode = prop_oneof![
        0..0o2000_u32,
        prop::sample::select(vec![
            0o755, 0o750, 0o700, 0o1777, 0o775, 0o660, 0o666, 0o606
        ]),
    ];
    let user = prop_oneof![Just(0), 10..17_u32];
    let group = prop_oneof![Just(0), 20..27_u32];
    (mode, user, group, entries())
}

fn with_rights(path: &str, (mode, user, group, acl): (u32, u32, u32, Option<Acl>)) -> Node {
    let mut node = node(path, mode, user, group);
    node.acl = acl;
    // The group's bits are the mask.
    node.set_mode(node.mode);
    node
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn they_are_those_who_get_in_when_everybody_is_asked(
        accounts in accounts(),
        directory in rights(),
        above in rights(),
        socket in rights(),
        users in prop::collection::btree_set(10..17_u32, 0..3),
        groups in prop::collection::btree_set(20..27_u32, 0..2),
        replaces in any::<bool>(),
    ) {
        let mut trail = trail(
            with_rights("/app", directory),
            with_rights("/app/a.sock", socket),
        );
        trail.way.directories[0].node = with_rights("/", above).into();
        let insiders = Insiders {
            uids: users.into_iter().map(uid).collect(),
            gids: groups.into_iter().map(gid).collect(),
        };
        let may = |subject: &Subject| {
            let (connects, swaps) = answer(subject, &trail);
            if replaces { swaps } else { connects }
        };
        let people = People::new(&accounts, &trail);
        let is_meant = |subject: &Subject| {
            subject.uid.is_root()
                || insiders.uids.contains(&subject.uid)
                || insiders.gids.iter().any(|&gid| subject.is_in(gid))
        };
        let subjects = people.all.iter().map(|person| &person.subject);
        let expected: BTreeSet<Uid> = subjects
            .filter(|it| may(it) && !is_meant(it))
            .map(|it| it.uid)
            .collect();
        let everyone = may(&people.stranger());

        let named = Named::on(&trail.way, &trail.socket);
        let host = Host(accounts);
        let found = outsiders(&named, &may, &insiders, &host);
        prop_assert_eq!(found.everyone, everyone);
        if everyone {
            return Ok(());
        }
        let members = found.groups.iter().flat_map(|(_, members)| members);
        let told: BTreeSet<Uid> = found.users.iter().chain(members).copied().collect();
        prop_assert_eq!(told, expected, "{:?}", found);
        for (set, members) in &found.groups {
            if members.is_empty() {
                prop_assert_eq!(set.len(), 1);
                prop_assert!(matches!(host.members(set[0]),
                    Lookup::Unknown) || host.members(set[0]) == Lookup::Found(Vec::new()));
                prop_assert!(may(&named.stranger(set.clone())));
            }
        }
    }
}

/// More groups than all sets of which can be asked for.
#[test]
fn with_very_many_groups_their_members_are_asked() {
    let acl = Acl {
        group: 0,
        mask: Some(6),
        users: Vec::new(),
        groups: (30..50).map(|raw| (gid(raw), 6)).collect(),
    };
    let trail = with_acl(0o660, acl);
    let accounts = Accounts {
        users: vec![User {
            name: "a".to_owned(),
            uid: uid(11),
            gid: gid(11),
        }],
        groups: vec![Group {
            name: "g".to_owned(),
            gid: gid(42),
            members: vec!["a".to_owned()],
        }],
        incomplete: None,
    };
    let named = Named::on(&trail.way, &trail.socket);
    let may = |it: &Subject| answer(it, &trail).0;
    let found = outsiders(&named, &may, &Insiders::default(), &Host(accounts));
    let filled: Vec<_> = found.groups.iter().filter(|it| !it.1.is_empty()).collect();
    assert_eq!(filled, [&(vec![gid(42)], vec![uid(11)])]);
    assert_eq!(found.groups.len(), 20, "the others are empty: {found:?}");
    assert_eq!(found.users, [uid(10)], "the owner");
}

/// Whoever owns a socket says how many groups its ACL names, and is not to hold anybody up by it.
#[test]
fn many_entries_take_no_more_than_a_question_or_two_each() {
    const MANY: u32 = 2_000;
    let mut socket = node("/app/a.sock", 0o660, 10, 20);
    socket.acl = Some(Acl {
        groups: (100..100 + MANY).map(|number| (gid(number), 6)).collect(),
        mask: Some(7),
        ..Acl::default()
    });
    let trail = trail(node("/app", 0o755, 0, 0), socket);
    let named = Named::on(&trail.way, &trail.socket);
    let asked = std::cell::Cell::new(0);
    let may = |subject: &Subject| {
        asked.set(asked.get() + 1);
        answer(subject, &trail).0
    };
    let host = Host(Accounts::default());
    let found = outsiders(&named, &may, &Insiders::default(), &host);
    assert_eq!(found.groups.len(), MANY as usize);
    assert!(asked.get() < 4 * MANY, "{}", asked.get());
}
