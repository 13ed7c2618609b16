//! Which sockets need a rule, and what it is to say.

use std::collections::BTreeSet;
use std::path::Path;

use super::ask::Asker;
use crate::commands::{audit, roots};
use crate::model::{Code, Gid, Mode, Names, Report, Socket, SocketName, State, Uid};
use crate::policy::draft::{Facts, Sighting};
use crate::policy::words::DYNAMIC_IDS;
use crate::policy::{Effective, Policy, Presence, Rule, check_name};

/// What an audit found, divided.
pub(super) struct Seen {
    /// Those that need a rule.
    pub(super) sightings: Vec<Sighting>,
    /// Those that the policy describes as they are.
    pub(super) described: Vec<Vec<u8>>,
}

impl Seen {
    pub(super) fn new(report: &Report, policy: &Policy, names: &dyn Names) -> Seen {
        let findings = report.findings.iter();
        let at_odds: BTreeSet<&SocketName> = findings
            .filter(|finding| finding.waived.is_none() && is_lasting(finding.code))
            .map(|finding| &finding.subject)
            .collect();
        let findings = report.findings.iter();
        let let_in_by_acl: BTreeSet<&SocketName> = findings
            .filter(|finding| finding.code == Code::AclGrants)
            .map(|finding| &finding.subject)
            .collect();
        let mut asker = Asker::default();
        let (mut sightings, mut described) = (Vec::new(), Vec::new());
        for socket in &report.survey.sockets {
            let name = name_of(socket);
            let expected = audit::expected(policy, socket);
            let is_file = matches!(socket.name, SocketName::Path(_));
            // Of a ghost there is nothing to describe.
            if is_file && socket.mode.is_none() {
                continue;
            }
            if expected.rules.iter().any(|rule| is_about_it(rule))
                && !at_odds.contains(&socket.name)
            {
                described.push(name);
                continue;
            }
            sightings.push(Sighting {
                facts: Facts {
                    has_acl: let_in_by_acl.contains(&socket.name),
                    ..facts(socket, &expected, names, &mut asker)
                },
                is_private_place: is_private_place(socket),
                name,
            });
        }
        Seen {
            sightings,
            described,
        }
    }
}

/// The path that an audit of any root knows it by.
fn name_of(socket: &Socket) -> Vec<u8> {
    match &socket.resolved {
        Some(path) => SocketName::Path(path.clone()).to_bytes(),
        None => socket.name.to_bytes(),
    }
}

/// What will be found tomorrow, too.
fn is_lasting(code: Code) -> bool {
    !matches!(
        code,
        Code::NotProbed | Code::Unreadable | Code::Ghost | Code::Saturated
    )
}

/// A rule for everything is about nothing.
fn is_about_it(rule: &Rule) -> bool {
    let is_for_all = |text: &str| matches!(text, "/**" | "@**" | "**");
    !rule.paths.iter().all(|path| is_for_all(path.as_str()))
}

fn is_private_place(socket: &Socket) -> bool {
    let is_closed = |mode: Mode| mode.bits() & 0o002 == 0;
    let path = socket.resolved.as_deref().or(socket.name.as_path());
    let directory = path.and_then(Path::parent);
    socket.parent.is_some_and(|parent| is_closed(parent.mode))
        && directory.is_some_and(|directory| !roots::is_common(directory))
}

fn facts(socket: &Socket, expected: &Effective<'_>, names: &dyn Names, asker: &mut Asker) -> Facts {
    let presence = expected.presence.as_ref().map(|set| set.value);
    let facts = Facts {
        kind: socket.kind,
        is_forbidden: presence == Some(Presence::Forbidden),
        is_stale: socket.state == State::Stale,
        listener: listener(socket, names),
        ..Facts::default()
    };
    if matches!(socket.name, SocketName::Abstract(_)) {
        return Facts {
            is_open: true,
            ..facts
        };
    }
    let owner = socket.uid.zip(socket.gid);
    let parent = socket.parent;
    let may = asker.ask(socket);
    Facts {
        mode: socket.mode,
        owner: owner.map(|(uid, gid)| pair(uid, gid, names)),
        parent: parent.map(|it| (user_word(it.uid, names), it.mode)),
        is_open: may.is_open,
        connect: may.connect,
        replace: may.replace,
        ..facts
    }
}

fn pair(uid: Uid, gid: Gid, names: &dyn Names) -> String {
    let group = if DYNAMIC_IDS.contains(&gid.as_raw()) {
        "dynamic".to_owned()
    } else {
        named(names.group_name(gid), gid.as_raw())
    };
    format!("{}:{group}", user_word(uid, names))
}

fn user_word(uid: Uid, names: &dyn Names) -> String {
    if DYNAMIC_IDS.contains(&uid.as_raw()) {
        return "dynamic".to_owned();
    }
    named(names.user_name(uid), uid.as_raw())
}

/// The name where a policy can say it, else the number.
pub(super) fn named(name: Option<String>, id: u32) -> String {
    let name = name.filter(|name| check_name(name).is_ok());
    name.unwrap_or_else(|| id.to_string())
}

/// Who listens, where that is a user with a name and will be the same after a restart.
fn listener(socket: &Socket, names: &dyn Names) -> Option<String> {
    if !matches!(socket.state, State::Live | State::Saturated) {
        return None;
    }
    let process = socket.listener()?;
    // Process 1 is last, so it is alone: it may hand the socket to a service of any user.
    if process.pid == 1 || DYNAMIC_IDS.contains(&process.uid.as_raw()) {
        return None;
    }
    let name = names.user_name(process.uid)?;
    check_name(&name).is_ok().then_some(name)
}
