//! A made-up report in which everything occurs that an output has to cope with.

use crate::model::{
    Code, Finding, Gid, Inode, Lookup, Mode, Names, Place, Process, Report, Root, RuleIds, Run,
    Severity, SkipReason, Skipped, Socket, SocketName, SocketType, State, Survey, Uid, Unreadable,
    Waived,
};

pub(super) struct TestNames;

impl TestNames {
    fn name(id: u32) -> Option<String> {
        let names = [(0, "root"), (33, "www-data"), (1000, "app")];
        names
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, name)| (*name).to_owned())
    }
}

impl Names for TestNames {
    fn user_id(&self, _: &str) -> Lookup<Uid> {
        Lookup::Unknown
    }
    fn group_id(&self, _: &str) -> Lookup<Gid> {
        Lookup::Unknown
    }
    fn user_name(&self, uid: Uid) -> Option<String> {
        TestNames::name(uid.as_raw())
    }
    fn group_name(&self, gid: Gid) -> Option<String> {
        TestNames::name(gid.as_raw())
    }
}

pub(super) fn run() -> Run {
    Run {
        host: "web-1".to_owned(),
        time: "2026-11-22T14:30:00Z".to_owned(),
        duration_ms: 4,
    }
}

fn path(bytes: &[u8]) -> SocketName {
    use std::os::unix::ffi::OsStrExt as _;
    SocketName::from(std::ffi::OsStr::from_bytes(bytes))
}

fn file(name: &[u8], mode: &str, uid: u32, gid: u32, state: State, ino: u64) -> Socket {
    Socket {
        inode: Some(Inode { dev: 65024, ino }),
        mode: mode.parse::<Mode>().ok(),
        uid: Uid::new(uid),
        gid: Gid::new(gid),
        kind: (state != State::Stale).then_some(SocketType::Stream),
        state,
        ..Socket::named(path(name))
    }
}

fn held(socket: Socket, pid: u32, uid: u32, exe: &str) -> Socket {
    let process = Process {
        pid,
        uid: Uid::new(uid).unwrap(),
        exe: Some(exe.into()),
        comm: "app".to_owned(),
        unit: Some("app.service".to_owned()),
    };
    Socket {
        holders: vec![process.into()],
        holders_known: true,
        queue: Some(0),
        backlog: Some(128),
        ..socket
    }
}

fn sockets() -> Vec<Socket> {
    let mut foreign = file(
        b"/run/netns/pod.sock",
        "0600",
        4_000,
        4_000,
        State::Foreign,
        814,
    );
    foreign.netns = Some(4_026_532_008);
    let mut denied = file(b"/run/secret.sock", "0600", 0, 0, State::Denied, 815);
    denied.why = Some("connect: permission denied (EACCES)".into());
    denied.kind = None;
    let mut dgram = file(
        "/run/日本/ログ.sock".as_bytes(),
        "0666",
        1000,
        33,
        State::Live,
        816,
    );
    (dgram.kind, dgram.queue) = (Some(SocketType::Dgram), Some(0));
    let hostile = b"/run/evil\x1b[31m\n\xff name.sock";
    let long = b"/run/containers/storage/a-rather-long-name-of-a-directory/and-another/a.sock";
    let mut name = Socket::named(SocketName::Abstract(b"app\0control".to_vec()));
    (name.kind, name.state) = (Some(SocketType::Seqpacket), State::Live);
    vec![
        held(
            file(b"/run/app/a.sock", "0777", 0, 0, State::Live, 811),
            4121,
            0,
            "/usr/bin/app",
        ),
        held(
            file(long, "0660", 1000, 33, State::Saturated, 812),
            4122,
            1000,
            "/usr/bin/app",
        ),
        file(hostile, "0600", 1000, 1000, State::Stale, 813),
        file(b"/run/legacy.sock", "0666", 0, 0, State::Live, 817),
        foreign,
        denied,
        dgram,
        held(name, 4123, 1000, "/opt/app (copy)"),
    ]
}

fn place(line: u32) -> Place {
    Place {
        file: "site.yaml".into(),
        line,
    }
}

fn finding(code: Code, subject: SocketName, message: &str) -> Finding {
    Finding {
        code,
        severity: code.default_severity(),
        subject,
        message: message.to_owned(),
        actual: None,
        expected: None,
        rule: None,
        source: None,
        because: None,
        fix: None,
        waived: None,
    }
}

fn ruled(finding: Finding, because: Option<&str>, actual: &str, expected: &str) -> Finding {
    Finding {
        rule: Some("app".to_owned()),
        source: Some(place(12)),
        because: because.map(str::to_owned),
        actual: Some(actual.to_owned()),
        expected: Some(expected.to_owned()),
        ..finding
    }
}

fn findings() -> Vec<Finding> {
    let a = || path(b"/run/app/a.sock");
    let because = Some("the application trusts whoever connects, and runs what they send it");
    let chown = "sockctl chown service:appgroup /run/app/a.sock";
    let hostile = b"/run/evil\x1b[31m\n\xff name.sock";
    let long = b"/run/containers/storage/a-rather-long-name-of-a-directory/and-another/a.sock";
    vec![
        Finding {
            severity: Severity::Critical,
            fix: Some("sockctl chmod 0660 /run/app/a.sock".to_owned()),
            ..ruled(
                finding(Code::ModeTooWide, a(), "0777 is wider than 0660"),
                because,
                "0777",
                "0660",
            )
        },
        Finding {
            waived: Some(Waived {
                reason: "ticket 4711".to_owned(),
                until: Some("2027-03-01".to_owned()),
                source: place(40),
            }),
            fix: Some("sockctl chmod 0660 /run/legacy.sock".to_owned()),
            ..ruled(
                finding(
                    Code::ModeTooWide,
                    path(b"/run/legacy.sock"),
                    "0666 is wider than 0660",
                ),
                None,
                "0666",
                "0660",
            )
        },
        Finding {
            fix: Some(chown.to_owned()),
            ..ruled(
                finding(
                    Code::OwnerMismatch,
                    a(),
                    "it belongs to root, not to service",
                ),
                None,
                "root",
                "service",
            )
        },
        ruled(
            finding(
                Code::RequiredMissing,
                path(b"/run/app/*.ctl"),
                "no socket matches",
            ),
            None,
            "missing",
            "required",
        ),
        Finding {
            fix: Some(chown.to_owned()),
            ..ruled(
                finding(Code::GroupMismatch, a(), "its group is root, not appgroup"),
                None,
                "root",
                "appgroup",
            )
        },
        finding(
            Code::Saturated,
            path(long),
            "129 clients wait, and the backlog is 128",
        ),
        ruled(
            finding(
                Code::AbstractOpen,
                SocketName::Abstract(b"app\0control".to_vec()),
                "an abstract socket has no permissions: everyone here can connect",
            ),
            None,
            "allow",
            "forbid",
        ),
        Finding {
            fix: Some(
                r#"sockctl clean "$(printf '/run/evil\033[31m\n\377 name.sock')""#.to_owned(),
            ),
            ..ruled(
                finding(Code::Stale, path(hostile), "nothing is bound to it"),
                None,
                "stale",
                "live",
            )
        },
        finding(
            Code::NotProbed,
            path(b"/run/secret.sock"),
            "could not tell whether it is live: connect: permission denied (EACCES)",
        ),
        finding(
            Code::Unreadable,
            path(b"/run/private"),
            "cannot open the directory: Permission denied (EACCES)",
        ),
    ]
}

pub(super) fn report() -> Report {
    let survey = Survey {
        roots: vec![Root {
            given: "/run".into(),
            real: "/run".into(),
        }],
        sockets: sockets(),
        unreadable: vec![Unreadable {
            path: "/run/private".into(),
            why: "cannot open the directory: Permission denied (EACCES)".to_owned(),
        }],
        skipped: vec![
            Skipped {
                path: "/run/user/1000/doc".into(),
                reason: SkipReason::Mount("fuse.portal".to_owned()),
            },
            Skipped {
                path: "/run/containers/storage/overlay".into(),
                reason: SkipReason::ContainerStore,
            },
        ],
        directories: 12,
        entries: 340,
        abstract_names: true,
        notes: vec!["the processes of other users cannot be seen without root".to_owned()],
    };
    let rules = survey.sockets.iter().map(|socket| match socket.state {
        State::Foreign => RuleIds::default(),
        _ => ["baseline".to_owned(), "app".to_owned()].into(),
    });
    Report {
        rules: rules.collect(),
        findings: findings(),
        known: None,
        policies: vec!["builtin:default".to_owned(), "site.yaml".to_owned()],
        survey,
    }
}

/// An audit that found nothing to look at.
pub(super) fn empty() -> Report {
    Report {
        survey: Survey {
            roots: vec![Root {
                given: "/srv".into(),
                real: "/srv".into(),
            }],
            entries: 1,
            ..Survey::default()
        },
        rules: Vec::new(),
        findings: Vec::new(),
        known: None,
        policies: vec!["builtin:default".to_owned()],
    }
}
