mod everybody;
mod outsiders;

use super::*;
use crate::model::{
    Acl, Capabilities, Directory, Found, Gid, IdRanges, KnownIds, Node, Step, Subject, Trail, Uid,
    Way,
};

fn uid(raw: u32) -> Uid {
    Uid::new(raw).unwrap()
}

fn gid(raw: u32) -> Gid {
    Gid::new(raw).unwrap()
}

fn node(path: &str, mode: u32, user: u32, group: u32) -> Node {
    Node::plain(path, mode, user, group)
}

/// `/app/a.sock`, with these modes and root as the owner of the root directory.
fn trail(directory: Node, socket: Node) -> Trail {
    let root = Directory {
        node: node("/", 0o755, 0, 0).into(),
        parent: None,
    };
    let below = Directory {
        node: directory.into(),
        parent: Some(0),
    };
    let step = Step {
        within: 0,
        name: "app".into(),
        found: Found::Directory(1),
    };
    Trail {
        way: Way {
            directories: vec![root, below],
            steps: vec![step.into()],
            end: 1,
            protected_symlinks: true,
        },
        name: "a.sock".into(),
        socket,
    }
}

fn open_to(mode: u32, subject: &Subject) -> (bool, bool) {
    let trail = trail(node("/app", 0o755, 0, 0), node("/app/a.sock", mode, 10, 20));
    answer(subject, &trail)
}

fn user(number: u32, groups: &[u32]) -> Subject {
    Subject::user(uid(number), groups.iter().map(|&raw| gid(raw)))
}

#[test]
fn the_first_class_that_fits_decides() {
    let (owner, member, other) = (user(10, &[10]), user(11, &[20]), user(11, &[11]));
    for (mode, expected) in [
        (0o600, [true, false, false]),
        (0o060, [false, true, false]),
        (0o606, [true, false, true]),
        (0o066, [false, true, true]),
        (0o222, [true, true, true]),
        (0o755, [true, false, false]),
        (0o555, [false, false, false]),
    ] {
        let found = [&owner, &member, &other].map(|it| open_to(mode, it).0);
        assert_eq!(found, expected, "{mode:o}");
        assert!(open_to(mode, &user(0, &[0])).0);
    }
}

fn with_acl(mode: u32, acl: Acl) -> Trail {
    let mut socket = node("/app/a.sock", mode, 10, 20);
    socket.acl = Some(acl);
    trail(node("/app", 0o755, 0, 0), socket)
}

#[test]
fn entries_are_asked_in_the_order_of_the_kernel() {
    let acl = Acl {
        group: 0,
        mask: Some(6),
        users: vec![(uid(11), 4)],
        groups: vec![(gid(30), 2), (gid(31), 4)],
    };
    let trail = with_acl(0o666, acl);
    let may = |subject: Subject| answer(&subject, &trail).0;
    assert!(!may(user(11, &[30])), "a named user before any group");
    assert!(may(user(12, &[31, 30])), "one of the groups is enough");
    assert!(
        !may(user(12, &[31])),
        "not others, once a group has matched"
    );
    assert!(!may(user(12, &[20])), "the owning group, before the mask");
    assert!(may(user(12, &[])), "others");
}

#[test]
fn an_empty_mask_makes_the_kernel_forget_the_entries() {
    let acl = Acl {
        group: 6,
        mask: Some(0),
        users: vec![(uid(11), 6)],
        groups: vec![(gid(30), 0)],
    };
    let open = with_acl(0o606, acl.clone());
    assert!(answer(&user(11, &[]), &open).0);
    assert!(answer(&user(12, &[30]), &open).0);
    assert!(!answer(&user(12, &[20]), &open).0);
    assert!(!answer(&user(11, &[]), &with_acl(0o600, acl)).0);
}

#[test]
fn replacing_takes_the_directory_and_minds_the_sticky_bit() {
    let of = |mode, owner: u32, it: &Subject| {
        let directory = node("/app", mode, owner, 50);
        answer(it, &trail(directory, node("/app/a.sock", 0o600, 10, 20))).1
    };
    let other = user(12, &[]);
    assert!(of(0o777, 0, &other));
    assert!(!of(0o1777, 0, &other));
    assert!(of(0o1777, 0, &user(10, &[])), "their own file");
    assert!(of(0o1777, 12, &other), "their own directory");
    assert!(!of(0o776, 0, &other), "w without x");
    assert!(of(0o770, 0, &user(12, &[50])));
    let mut fowner = other.clone();
    fowner.capabilities.fowner = true;
    assert!(of(0o1777, 0, &fowner));
}

#[test]
fn what_stops_even_root() {
    type Bend = fn(&mut Trail);
    fn each(trail: &mut Trail, bend: fn(&mut Node)) {
        for directory in &mut trail.way.directories {
            bend(std::sync::Arc::make_mut(&mut directory.node));
        }
    }
    let root = user(0, &[0]);
    let cases: [(Bend, (bool, bool)); 6] = [
        (|_| {}, (true, true)),
        (|it| it.socket.immutable = true, (false, true)),
        (|it| it.socket.mount_point = true, (true, true)),
        (|it| each(it, |node| node.read_only = true), (true, false)),
        (|it| each(it, |node| node.immutable = true), (true, false)),
        (|it| each(it, |node| node.append_only = true), (true, false)),
    ];
    for (bend, expected) in cases {
        let mut trail = trail(node("/app", 0o755, 0, 0), node("/app/a.sock", 0o600, 0, 0));
        bend(&mut trail);
        assert_eq!(answer(&root, &trail), expected, "{trail:#?}");
    }
}

#[test]
fn capabilities_end_where_the_user_namespace_ends() {
    let mut capabilities = Capabilities::full();
    capabilities.known = Some(KnownIds {
        users: IdRanges(vec![(10, 1)]),
        groups: IdRanges(vec![(20, 1)]),
    });
    let inside = Subject::new(uid(100_000), [], capabilities);
    assert!(open_to(0o600, &inside).0);
    let foreign = trail(
        node("/app", 0o700, 0, 0),
        node("/app/a.sock", 0o666, 10, 20),
    );
    assert!(!answer(&inside, &foreign).0);
}

#[test]
fn a_link_in_a_sticky_directory_is_followed_for_its_owner() {
    let with_link = |trailing| {
        let mut trail = trail(node("/app", 0o1777, 0, 0), node("/a.sock", 0o666, 0, 0));
        let step = Step {
            within: 1,
            name: "link".into(),
            found: Found::Link {
                node: node("/app/link", 0o777, 11, 11),
                target: "/a.sock".into(),
                trailing,
            },
        };
        trail.way.steps.push(step.into());
        trail.way.end = 0;
        trail
    };
    for (who, expected) in [(0, false), (11, true), (12, false)] {
        assert_eq!(
            answer(&user(who, &[]), &with_link(true)).0,
            expected,
            "{who}"
        );
        assert!(answer(&user(who, &[]), &with_link(false)).0, "{who}");
    }
    assert!(
        answer(&user(11, &[]), &with_link(true)).1,
        "it is their link"
    );
    assert!(!answer(&user(12, &[]), &with_link(true)).1);
}
