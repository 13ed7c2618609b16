use std::time::Duration;

use super::*;
use crate::model::{HttpTarget, Lookup, ReadySpec, Signal};
use crate::wrap::fixture::{self, gid, listen};
use crate::wrap::plan::plan;
use crate::wrap::request::{Request, Stay};

struct NoNames;

impl Names for NoNames {
    fn user_id(&self, _: &str) -> Lookup<Uid> {
        Lookup::Unknown
    }
    fn group_id(&self, _: &str) -> Lookup<Gid> {
        Lookup::Unknown
    }
    fn user_name(&self, _: Uid) -> Option<String> {
        Some("app".to_owned())
    }
    fn group_name(&self, _: Gid) -> Option<String> {
        None
    }
}

#[test]
fn every_step_is_there_in_its_order() {
    let request = Request {
        listen: vec![listen("/run/a")],
        umask: "0027".parse().ok(),
        directory: Some("/srv".into()),
        keep_caps: "chown".parse().unwrap(),
        limits: vec!["core=0".parse().unwrap()],
        pass: vec!["9".parse().unwrap()],
        ..fixture::request()
    };
    let facts = Facts {
        person: Some(fixture::person()),
        groups: Some(vec![gid(33)]),
        limits: vec![fixture::facts().most_descriptors],
        variables: vec![
            ("SHELL".into(), "/bin/sh".into()),
            ("LISTEN_FDS".into(), "7".into()),
            ("LISTEN_PIDFDID".into(), "7".into()),
        ],
        ..fixture::facts()
    };
    let plan = plan(&request, &facts).unwrap();
    let outline = outline(&plan, &facts, Vec::new(), &NoNames);
    let words: Vec<&str> = outline.steps.iter().map(|it| it.step).collect();
    assert_eq!(
        words,
        [
            "umask",
            "setrlimit",
            "setgroups",
            "drop-bounding",
            "setresgid",
            "keep-caps",
            "setresuid",
            "capset",
            "raise-ambient",
            "no_new_privs",
            "verify",
            "setuid",
            "chdir",
            "listen",
            "close",
            "signals",
            "execve",
        ]
    );
    assert_eq!(outline.steps[6].what, "1000 (app)");
    assert_eq!(outline.steps[14].what, "all from 3 on but 3, 9");
    let numbers: Vec<String> = outline
        .descriptors
        .iter()
        .map(|fd| fd.number.to_string())
        .collect();
    assert_eq!(numbers, ["3", "9"]);
    let set: Vec<&OsString> = outline.set.iter().map(|(name, _)| name).collect();
    assert_eq!(
        set,
        [
            "HOME",
            "USER",
            "LOGNAME",
            "LISTEN_FDS",
            "LISTEN_PID",
            "LISTEN_FDNAMES"
        ]
    );
    assert_eq!(outline.removed, ["LISTEN_PIDFDID"]);
}

/// What is done behind a step of that name, or all where there is none.
fn steps_behind(word: &str, request: &Request, variables: &[(&str, &str)]) -> Vec<OutlineStep> {
    let owned = |(name, value): &(&str, &str)| (name.into(), value.into());
    let facts = Facts {
        person: Some(fixture::person()),
        groups: Some(vec![gid(33)]),
        variables: variables.iter().map(owned).collect(),
        ..fixture::facts()
    };
    let plan = plan(request, &facts).unwrap();
    let steps = outline(&plan, &facts, Vec::new(), &NoNames).steps;
    let begin = steps.iter().position(|it| it.step == word);
    steps
        .into_iter()
        .skip(begin.map_or(0, |at| at + 1))
        .collect()
}

fn words(steps: &[OutlineStep]) -> Vec<&'static str> {
    steps.iter().map(|it| it.step).collect()
}

fn what<'s>(steps: &'s [OutlineStep], word: &str) -> &'s str {
    let step = steps.iter().find(|it| it.step == word);
    step.map_or("", |it| it.what.as_str())
}

#[test]
fn who_stays_is_told_too() {
    let request = |stop_timeout| Request {
        listen: vec![listen("/run/a")],
        stay: Some(Stay {
            stop_signal: Signal::INT,
            stop_timeout,
            ..fixture::stay()
        }),
        ..fixture::stays()
    };
    let limited = steps_behind("", &request(Some(Duration::from_millis(2500))), &[]);
    assert_eq!(words(&limited)[..2], ["fork", "setpgid"]);
    assert_eq!(
        what(&limited, "fork"),
        "this process stays as the parent, with CAP_KILL"
    );
    assert_eq!(
        what(&limited, "stop"),
        "the command is asked to end with SIGINT, SIGKILL after 2.5s"
    );
    assert!(words(&limited).contains(&"pdeathsig"));
    let patient = steps_behind("", &request(None), &[]);
    assert!(what(&patient, "stop").ends_with("has patience"));
}

#[test]
fn what_becomes_of_sockets_is_told_where_we_stay() {
    let words = |request: &Request| words(&steps_behind("execve", request, &[]));
    let stays = fixture::stays();
    assert_eq!(
        words(&stays),
        ["find", "judge", "ready", "guard", "stop", "unlink"]
    );
    let expects = Request {
        expect: vec![fixture::expected("/run/a"), fixture::expected("/run/b")],
        stay: stays.stay.map(|stay| Stay { keep: true, ..stay }),
        ..fixture::stays()
    };
    assert_eq!(
        words(&expects),
        ["expect", "expect", "judge", "ready", "guard", "stop"]
    );
    let makes = Request {
        listen: vec![listen("/run/a")],
        ..fixture::stays()
    };
    assert_eq!(words(&makes), ["ready", "guard", "stop", "unlink"]);
}

#[test]
fn what_is_waited_for_and_who_is_told() {
    let said = |request: Request, ready: Option<ReadySpec>, variables: &[(&str, &str)]| {
        let stay = Stay {
            ready,
            ..fixture::stay()
        };
        let request = Request {
            stay: Some(stay),
            ..request
        };
        let steps = steps_behind("execve", &request, variables);
        let of_both = |it: &&OutlineStep| ["notify", "ready"].contains(&it.step);
        let said = steps.iter().filter(of_both);
        said.map(|it| format!("{}: {}", it.step, it.what))
            .collect::<Vec<String>>()
    };
    let makes = || Request {
        listen: vec![listen("/run/a")],
        ..fixture::stays()
    };
    assert_eq!(
        said(makes(), None, &[]),
        ["ready: when it has been executed"]
    );
    let http = ReadySpec::Http(HttpTarget::new("/x").unwrap());
    assert_eq!(
        said(makes(), Some(http), &[("NOTIFY_SOCKET", "@n")]),
        [
            "notify: the command speaks to a socket of ours (NOTIFY_SOCKET), and all of it but \
             MAINPID is passed on to @n",
            "ready: when GET /x is answered with 2xx or 3xx on /run/a, else it is stopped after 30s"
        ]
    );
    let expects = Request {
        expect: vec![fixture::expected("/run/a")],
        ..fixture::stays()
    };
    assert_eq!(
        said(expects, None, &[]),
        ["ready: when it listens on all that is expected, else it is stopped after 30s"]
    );
    assert_eq!(
        said(fixture::stays(), None, &[]),
        ["ready: when it listens on anything, or after 2s"]
    );
    assert_eq!(
        said(fixture::stays(), Some(ReadySpec::Listen), &[]),
        ["ready: when it listens on anything, else it is stopped after 30s"]
    );
}
