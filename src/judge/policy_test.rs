//! Runs the `tests:` of policies: facts from the text, no host needed.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Judge, Required, Whole, judge_socket, judges, reach};
use crate::model::{
    Code, Finding, Gid, Lookup, Mode, Names, Parent, Place, Process, Root, Socket, SocketName,
    State, Survey, Uid,
};
use crate::policy::Effective;
use crate::policy::rule::{Presence, Test, TestDirectory, TestListener};

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
    /// Codes that it expects and that this version does not judge; they are not compared.
    pub not_judged: Vec<String>,
}

impl Outcome {
    /// Everything that could be compared is as expected.
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
pub fn run(test: &Test, expected: Effective<'_>) -> Outcome {
    let names = TextNames::default();
    let found: BTreeSet<&str> = judge(test, expected, &names)
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    let (judged, not_judged): (BTreeSet<&str>, BTreeSet<&str>) = test
        .expect
        .iter()
        .map(String::as_str)
        .partition(|code| code.parse::<Code>().map_or(true, Code::is_judged));
    let words =
        |codes: &mut dyn Iterator<Item = &&str>| codes.map(|&code| code.to_owned()).collect();
    Outcome {
        name: test.name.clone(),
        place: test.place.clone(),
        missing: words(&mut judged.difference(&found)),
        surplus: words(&mut found.difference(&judged)),
        not_judged: words(&mut not_judged.iter()),
    }
}

fn judge(test: &Test, mut expected: Effective<'_>, names: &TextNames) -> Vec<Finding> {
    let socket = socket(test, names);
    let mut findings = Vec::new();
    if socket.state == State::Missing {
        judge_missing(&socket.name, &expected, &mut findings);
        return findings;
    }
    let listener = test.socket.listener.clone().unwrap_or_default();
    forget_what_is_not_given(&listener, &mut expected);
    judge_socket(&socket, &expected, names, &mut findings);
    findings
}

/// A key that asks for a fact that the test does not give.
fn forget_what_is_not_given(listener: &TestListener, expected: &mut Effective<'_>) {
    if listener.user.is_none() {
        expected.listener_user = None;
    }
    if listener.exe.is_none() {
        expected.listener_exe = None;
    }
    if listener.unit.is_none() {
        expected.listener_unit = None;
    }
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
    if let Some((user, group)) = &facts.owner {
        socket.uid = Uid::new(names.id(user));
        socket.gid = group.as_ref().and_then(|group| Gid::new(names.id(group)));
    }
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
    socket.parent = socket
        .name
        .as_path()
        .and_then(Path::parent)
        .map(|directory| parent(test.directories.get(directory), names));
    socket
}

/// A directory that the test does not speak of is root's, 0755.
fn parent(given: Option<&TestDirectory>, names: &TextNames) -> Parent {
    let Some(TestDirectory {
        mode,
        owner: (user, group),
    }) = given
    else {
        return Parent {
            mode: Mode::from_st_mode(0o755),
            uid: Uid::ROOT,
            gid: Gid::ROOT,
        };
    };
    let group = group.as_ref().unwrap_or(user);
    Parent {
        mode: *mode,
        uid: Uid::new(names.id(user)).unwrap_or(Uid::ROOT),
        gid: Gid::new(names.id(group)).unwrap_or(Gid::ROOT),
    }
}

/// Names are compared as text: each gets a number of its own the first time it is seen. A text that
/// is a number stays that number, and `root` is 0.
#[derive(Debug, Default)]
struct TextNames {
    seen: Mutex<Vec<String>>,
}

impl TextNames {
    /// Above every id that hosts give out, so that no number in a policy means a name.
    const FIRST: u32 = 4_000_000_000;

    fn id(&self, text: &str) -> u32 {
        if text == "root" {
            return 0;
        }
        if let Ok(id) = text.parse::<Uid>() {
            return id.as_raw();
        }
        let mut seen = self.seen();
        let index = seen
            .iter()
            .position(|name| name == text)
            .unwrap_or_else(|| {
                seen.push(text.to_owned());
                seen.len() - 1
            });
        // A test has a handful of names.
        u32::try_from(index).map_or(Self::FIRST, |index| Self::FIRST.saturating_add(index))
    }

    fn seen(&self) -> MutexGuard<'_, Vec<String>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self, id: u32) -> Option<String> {
        if id == 0 {
            return Some("root".to_owned());
        }
        let index = usize::try_from(id.checked_sub(Self::FIRST)?).ok()?;
        self.seen().get(index).cloned()
    }
}

impl Names for TextNames {
    fn user_id(&self, name: &str) -> Lookup<Uid> {
        Uid::new(self.id(name)).map_or(Lookup::Unknown, Lookup::Found)
    }

    fn group_id(&self, name: &str) -> Lookup<Gid> {
        Gid::new(self.id(name)).map_or(Lookup::Unknown, Lookup::Found)
    }

    fn user_name(&self, uid: Uid) -> Option<String> {
        self.name(uid.as_raw())
    }

    fn group_name(&self, gid: Gid) -> Option<String> {
        self.name(gid.as_raw())
    }
}

#[cfg(test)]
#[path = "policy_test/tests.rs"]
mod tests;
