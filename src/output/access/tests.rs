use std::io;
use std::sync::Arc;

use crate::access::{self, Answer, May, People, Report};
use crate::model::untrusted::is_showable;
use crate::model::{
    Accounts, Acl, Directory, Found, Gid, Group, Node, Process, Step, Subject, Trail, Uid, User,
    Way,
};
use crate::output::fixture::{TestNames, run};
use crate::output::style::Style;
use crate::output::{human, json};

fn node(path: &str, mode: u32, user: u32, group: u32) -> Node {
    Node::plain(path, mode, user, group)
}

/// `/run/link -> app`, and a socket with an ACL and a name that must not reach a terminal.
fn trail() -> Trail {
    let directory = |node: Node, parent| Directory {
        node: node.into(),
        parent,
    };
    let mut socket = node("/run/app/\u{1b}[31m.sock", 0o620, 1000, 1000);
    socket.acl = Some(Acl {
        group: 6,
        mask: Some(2),
        users: vec![(Uid::new(4000).unwrap(), 4)],
        groups: Vec::new(),
    });
    socket.links = 2;
    let step = |within, name: &str, found| {
        Arc::new(Step {
            within,
            name: name.into(),
            found,
        })
    };
    let link = Found::Link {
        node: node("/run/link", 0o777, 0, 0),
        target: "app".into(),
        trailing: false,
    };
    Trail {
        way: Way {
            directories: vec![
                directory(node("/", 0o755, 0, 0), None),
                directory(node("/run", 0o755, 0, 0), Some(0)),
                directory(node("/run/app", 0o775, 1000, 33), Some(1)),
            ],
            steps: vec![
                step(0, "run", Found::Directory(1)),
                step(1, "link", link),
                step(1, "app", Found::Directory(2)),
            ],
            end: 2,
            protected_symlinks: true,
        },
        name: "\u{1b}[31m.sock".into(),
        socket,
    }
}

fn report(asked: &[u32]) -> Report {
    let trail = trail();
    let user = |name: &str, number: u32| User {
        name: name.to_owned(),
        uid: Uid::new(number).unwrap(),
        gid: Gid::new(number).unwrap(),
    };
    let group = |name: &str, number: u32| Group {
        name: name.to_owned(),
        gid: Gid::new(number).unwrap(),
        members: Vec::new(),
    };
    let accounts = Accounts {
        users: vec![user("root", 0), user("www-data", 33), user("app", 1000)],
        groups: vec![group("www-data", 33), group("app", 1000)],
        incomplete: None,
    };
    let people = People::new(&accounts, &trail);
    let process = Arc::new(Process {
        pid: 4121,
        uid: Uid::new(1000).unwrap(),
        exe: Some("/usr/bin/app".into()),
        comm: "app".to_owned(),
        unit: None,
    });
    let answer = |&number: &u32| {
        let number = Uid::new(number).unwrap();
        let person = people.all.iter().find(|it| it.subject.uid == number);
        let subject: Subject = person.unwrap().subject.clone();
        let (connect, replace) = access::answer(&subject, &trail);
        Answer {
            user: person.unwrap().name.clone(),
            pid: None,
            elsewhere: None,
            connect,
            replace,
            fixes: access::fixes(&subject, &trail, &people),
            subject,
        }
    };
    Report {
        given: "/run/link/\u{1b}[31m.sock".into(),
        connect: May {
            who: people.who(|it| access::answer(it, &trail).0),
            processes: Some(vec![process]),
        },
        replace: May {
            who: people.who(|it| access::answer(it, &trail).1),
            processes: Some(Vec::new()),
        },
        unknown: vec![77],
        incomplete: Some("the service sss need not list all that it knows".to_owned()),
        is_stale: false,
        modules: vec!["selinux".to_owned()],
        answers: asked.iter().map(answer).collect(),
        trail,
        people,
    }
}

fn text(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let is_fit = |character| character == '\n' || is_showable(character);
    assert!(text.chars().all(is_fit), "{text:?}");
    text
}

fn people_told(asked: &[u32]) -> String {
    let style = Style::new(false, None);
    text(|out| human::access::write(out, &report(asked), &TestNames, style))
}

#[test]
fn everybody_for_people() {
    insta::assert_snapshot!(people_told(&[]));
}

#[test]
fn two_users_for_people() {
    insta::assert_snapshot!(people_told(&[33, 1000, 4000]));
}

#[test]
fn one_user_as_json() {
    let report = report(&[33]);
    insta::assert_snapshot!(text(|out| json::access::write(
        out,
        &run(),
        &report,
        &TestNames
    )));
}

#[test]
fn one_user_as_lines() {
    let report = report(&[33]);
    let lines = text(|out| json::access::write_lines(out, &run(), &report, &TestNames));
    let kinds = lines.lines().map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        value["kind"].as_str().unwrap().to_owned()
    });
    assert_eq!(kinds.collect::<Vec<_>>(), ["access", "answer", "summary"]);
}
