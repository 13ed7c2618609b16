//! Runs the `tests:` of policies: facts from the text, no host needed.

mod names;
mod way;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use super::access::Access;
use super::{Case, Judge, Required, Whole, judges, judges_of_sockets, reach};
use crate::model::{
    Finding, Gid, Parent, Place, Process, Root, Socket, SocketName, State, Survey, Uid,
};
use crate::policy::Effective;
use crate::policy::rule::{Presence, Role, Test, TestDirectory, TestSocket};
use names::TextNames;

/// What became of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// As the policy calls it.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Codes that it expects and that were not found.
    pub missing: Vec<String>,
    /// Codes that were found and that it does not expect.
    pub surplus: Vec<String>,
    /// What an audit would say of these: `access-missing: www cannot connect`.
    pub said: Vec<String>,
}

impl Outcome {
    /// Everything is as expected.
    pub fn passed(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty()
    }
}

/// The name of a test's socket, to ask for what is expected of it.
pub fn name(test: &Test) -> SocketName {
    match test.socket.path.as_os_str().as_bytes() {
        [b'@', name @ ..] => SocketName::Abstract(name.to_vec()),
        _ => SocketName::Path(test.socket.path.clone()),
    }
}

/// Runs one test. `expected` is what the policies say of [`name`]. Waivers are left out: a test
/// speaks of rules.
///
/// A fact that the test does not give is not judged; a socket whose state it does not give is live.
pub fn run(test: &Test, expected: Effective<'_>, roles: &BTreeMap<String, Role>) -> Outcome {
    let names = TextNames::of(test, roles);
    let findings = judge(test, expected, roles, &names);
    let codes = findings.iter().map(|finding| finding.code.as_str());
    let found: BTreeSet<&str> = codes.collect();
    let expected: BTreeSet<&str> = test.expect.iter().map(String::as_str).collect();
    let words =
        |codes: &mut dyn Iterator<Item = &&str>| codes.map(|&code| code.to_owned()).collect();
    Outcome {
        name: test.name.clone(),
        place: test.place.clone(),
        missing: words(&mut expected.difference(&found)),
        surplus: words(&mut found.difference(&expected)),
        said: findings
            .iter()
            .filter(|finding| !expected.contains(finding.code.as_str()))
            .map(|finding| format!("{}: {}", finding.code, finding.message))
            .collect(),
    }
}

fn judge(
    test: &Test,
    mut expected: Effective<'_>,
    roles: &BTreeMap<String, Role>,
    names: &TextNames,
) -> Vec<Finding> {
    let socket = socket(test, names);
    let mut findings = Vec::new();
    if socket.state == State::Missing {
        judge_missing(&socket.name, &expected, &mut findings);
        return findings;
    }
    forget_what_is_not_given(&test.socket, &mut expected);
    let access = Access::new(roles, names);
    let case = Case::new(&socket, &expected, &access);
    for judge in judges_of_sockets() {
        judge(&case, &mut findings);
    }
    findings
}

/// A key that asks for a fact that the test does not give.
fn forget_what_is_not_given(socket: &TestSocket, expected: &mut Effective<'_>) {
    let listener = socket.listener.clone().unwrap_or_default();
    if listener.user.is_none() {
        expected.listener_user = None;
    }
    if listener.exe.is_none() {
        expected.listener_exe = None;
    }
    if listener.unit.is_none() {
        expected.listener_unit = None;
    }
    let has_user = socket.owner.is_some();
    let has_group = socket.owner.as_ref().is_some_and(|owner| owner.1.is_some());
    if !has_user {
        (expected.owner, expected.replace) = (None, None);
    }
    if !has_group {
        for one in expected.owner.iter_mut().flat_map(|key| &mut key.value.0) {
            one.group = None;
        }
    }
    if socket.mode.is_none() || !has_group {
        (expected.connect, expected.acl) = (None, None);
    }
    if socket.mode.is_none() {
        expected.world = expected.world.take().filter(|_| is_abstract(socket));
    }
}

fn is_abstract(socket: &TestSocket) -> bool {
    socket.path.as_os_str().as_bytes().starts_with(b"@")
}

/// A host on which everything was looked at and nothing was found.
fn judge_missing(name: &SocketName, expected: &Effective<'_>, findings: &mut Vec<Finding>) {
    let Some(presence) = expected.presence.as_ref() else {
        return;
    };
    let required: Vec<Required<'_>> = presence
        .rule
        .paths
        .iter()
        .filter(|pattern| {
            presence.value == Presence::Required && reach::matches(pattern, name, None)
        })
        .map(|pattern| Required {
            pattern,
            resolved: None,
            expected,
        })
        .collect();
    let root = Root {
        given: "/".into(),
        real: "/".into(),
    };
    let survey = Survey {
        roots: vec![root],
        abstract_names: true,
        ..Survey::default()
    };
    let whole = Whole {
        survey: &survey,
        required: &required,
    };
    for judge in judges() {
        if let Judge::Audit(judge) = judge {
            judge(&whole, findings);
        }
    }
}

fn socket(test: &Test, names: &TextNames) -> Socket {
    let facts = &test.socket;
    let mut socket = Socket::named(name(test));
    socket.mode = facts.mode;
    socket.kind = facts.kind;
    socket.state = match &facts.state {
        Some(word) => word.parse().unwrap_or(State::Unknown),
        None => State::Live,
    };
    // What is not given is not judged, but whoever goes the way meets some owner.
    let (user, group) = match &facts.owner {
        Some((user, group)) => (user.as_str(), group.as_deref().unwrap_or(user)),
        None => ("root", "root"),
    };
    socket.uid = Uid::new(names.id(user));
    socket.gid = Gid::new(names.id(group));
    if let Some(listener) = &facts.listener {
        socket.holders_known = true;
        socket.holders = vec![Arc::new(Process {
            pid: 2,
            uid: Uid::new(listener.user.as_ref().map_or(0, |user| names.id(user)))
                .unwrap_or(Uid::ROOT),
            exe: listener.exe.clone(),
            comm: String::new(),
            unit: listener.unit.clone(),
        })];
    }
    let path = socket.name.as_path();
    let directory = path.and_then(|path| test.directories.get(path.parent()?));
    socket.parent = directory.map(|directory| parent(directory, names));
    socket.acl = way::file_acl(test, names);
    socket.way = path
        .and_then(Path::parent)
        .map(|directory| way::way(test, directory, names).into());
    socket
}

fn parent(directory: &TestDirectory, names: &TextNames) -> Parent {
    let (uid, gid) = names.owner(&directory.owner);
    Parent {
        mode: directory.mode,
        uid,
        gid,
    }
}

#[cfg(test)]
#[path = "policy_test/tests.rs"]
mod tests;
