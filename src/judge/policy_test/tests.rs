use std::collections::BTreeMap;

use super::*;
use crate::judge::fixture::{Fixture, at, mode, owner};
use crate::model::SocketType;
use crate::policy::Who;
use crate::policy::rule::{ModeRule, ParentMode, Permit, TestListener, TestSocket};

fn test(path: &str, expect: &[&str]) -> Test {
    Test {
        name: "a test".to_owned(),
        place: Place {
            file: "test.yaml".into(),
            line: 30,
        },
        socket: TestSocket {
            path: path.into(),
            mode: None,
            owner: None,
            kind: None,
            state: None,
            listener: None,
            acl: Vec::new(),
        },
        directories: BTreeMap::new(),
        groups: BTreeMap::new(),
        expect: expect.iter().map(|&code| code.to_owned()).collect(),
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// The rule of the contract's example.
fn app() -> Fixture {
    Fixture::new().key(|keys| {
        keys.kind = at(SocketType::Stream);
        keys.mode = at(ModeRule::Exactly(mode("0660")));
        keys.owner = at(owner(&["service:appgroup"]));
        keys.parent_owner = at(owner(&["root"]));
        keys.parent_max_mode = at(ParentMode {
            max: mode("0755"),
            special: false,
        });
        keys.world = at(Permit::Forbid);
        keys.presence = at(Presence::Required);
        keys.listener_user = at(vec![Who::Name(text("service"))]);
    })
}

fn example(expect: &[&str]) -> Test {
    let mut test = test("/run/app/a.sock", expect);
    test.socket.mode = Some(mode("0777"));
    test.socket.owner = Some((text("root"), Some(text("root"))));
    test.socket.kind = Some(SocketType::Stream);
    test
}

#[test]
fn a_world_writable_socket_is_refused() {
    let fixture = app();
    let expect = [
        "mode-too-wide",
        "owner-mismatch",
        "group-mismatch",
        "world-connectable",
    ];
    let outcome = run(&example(&expect), fixture.effective(), fixture.roles());
    assert!(outcome.passed(), "{outcome:?}");
}

#[test]
fn the_set_is_exact() {
    let fixture = app();
    let outcome = run(
        &example(&["mode-too-wide", "stale"]),
        fixture.effective(),
        fixture.roles(),
    );
    assert!(!outcome.passed());
    assert_eq!(outcome.missing, ["stale"]);
    assert_eq!(
        outcome.surplus,
        ["group-mismatch", "owner-mismatch", "world-connectable"]
    );
    let everyone = "world-connectable: everyone can connect: ";
    let says = |said: &&String| said.starts_with(everyone);
    assert_eq!(outcome.said.iter().filter(says).count(), 1, "{outcome:?}");
    assert_eq!(outcome.said.len(), 3);
}

#[test]
fn names_are_text_and_numbers_are_numbers() {
    let fixture = app();
    let mut right = test("/run/app/a.sock", &[]);
    right.socket.owner = Some((text("service"), Some(text("appgroup"))));
    assert!(run(&right, fixture.effective(), fixture.roles()).passed());

    let numeric = Fixture::new().key(|keys| keys.owner = at(owner(&["1000-2000:0"])));
    right.socket.owner = Some((text("1500"), Some(text("root"))));
    assert!(run(&right, numeric.effective(), numeric.roles()).passed());
    right.socket.owner = Some((text("2001"), None));
    let outcome = run(&right, numeric.effective(), numeric.roles());
    assert_eq!(outcome.surplus, ["owner-mismatch"]);
}

#[test]
fn directories_not_given_are_roots() {
    let fixture = app();
    let mut in_tmp = test(
        "/tmp/app/a.sock",
        &["parent-mode-too-wide", "parent-owner-mismatch"],
    );
    let directory = TestDirectory {
        mode: mode("0777"),
        owner: (text("mallory"), None),
        acl: Vec::new(),
    };
    in_tmp.directories.insert("/tmp/app".into(), directory);
    assert!(run(&in_tmp, fixture.effective(), fixture.roles()).passed());
    in_tmp.directories.clear();
    let outcome = run(&in_tmp, fixture.effective(), fixture.roles());
    assert_eq!(
        outcome.missing,
        ["parent-mode-too-wide", "parent-owner-mismatch"]
    );
}

#[test]
fn a_listener_is_judged_where_it_is_given() {
    let fixture = app().key(|keys| {
        keys.listener_exe = at(vec!["/usr/bin/app*".parse().unwrap()]);
    });
    let mut listening = test("/run/app/a.sock", &["listener-mismatch"]);
    let user = |name: &str| TestListener {
        user: Some(text(name)),
        ..TestListener::default()
    };
    listening.socket.listener = Some(user("root"));
    assert!(run(&listening, fixture.effective(), fixture.roles()).passed());
    listening.socket.listener = Some(user("service"));
    listening.expect.clear();
    assert!(run(&listening, fixture.effective(), fixture.roles()).passed());
}

#[test]
fn a_socket_that_is_not_there() {
    let fixture = app().path("/run/app/*.sock");
    let mut missing = test("/run/app/a.sock", &["required-missing"]);
    missing.socket.state = Some(text("missing"));
    let outcome = run(&missing, fixture.effective(), fixture.roles());
    assert!(outcome.passed(), "{outcome:?}");

    let optional = fixture.key(|keys| keys.presence = at(Presence::Optional));
    let outcome = run(&missing, optional.effective(), optional.roles());
    assert_eq!(outcome.missing, ["required-missing"]);
}

#[test]
fn abstract_names_are_written_with_an_at() {
    let fixture = Fixture::new().key(|keys| keys.world = at(Permit::Forbid));
    assert!(
        run(
            &test("@app", &["abstract-open"]),
            fixture.effective(),
            fixture.roles()
        )
        .passed()
    );
    assert!(
        run(
            &test("/run/@app", &[]),
            fixture.effective(),
            fixture.roles()
        )
        .passed()
    );
}
