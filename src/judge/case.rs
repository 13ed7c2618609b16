//! What a check is given, and what it hands back.

use std::cell::OnceCell;
use std::path::Path;
use std::rc::Rc;

use super::access::{Access, Verdict, listed, user};
use super::fix;
use super::listener::{self, Listener};
use super::ownership::{self, Ownership, Wrong};
use super::roles::Meant;
use crate::access::Outsiders;
use crate::model::{self, Code, Finding, Names, Pattern, Socket, SocketName, Survey};
use crate::policy::{Effective, Owner, Rule, Set, Waiver};

/// A check: the code it finds, and how it judges.
pub(super) struct Check {
    pub(super) code: Code,
    pub(super) judge: Judge,
}

/// What a check looks at.
pub(super) enum Judge {
    /// One socket at a time.
    Socket(fn(&Case<'_>, &mut Vec<Finding>)),
    /// The audit as a whole, once.
    Audit(fn(&Whole<'_>, &mut Vec<Finding>)),
    /// One waiver at a time, when everything else has been judged.
    Waiver(fn(&Waiving<'_>, &mut Vec<Finding>)),
}

/// One socket, and what is expected of it.
pub(super) struct Case<'a> {
    pub(super) socket: &'a Socket,
    pub(super) expected: &'a Effective<'a>,
    pub(super) names: &'a dyn Names,
    access: &'a Access<'a>,
    verdict: OnceCell<Option<Rc<Verdict>>>,
    ownership: OnceCell<Option<Ownership>>,
    listener: OnceCell<Listener>,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        socket: &'a Socket,
        expected: &'a Effective<'a>,
        access: &'a Access<'a>,
    ) -> Case<'a> {
        Case {
            socket,
            expected,
            names: access.members,
            access,
            verdict: OnceCell::new(),
            ownership: OnceCell::new(),
            listener: OnceCell::new(),
        }
    }

    /// How the file's owner compares with `owner`; `None` where one of the two is not known.
    pub(super) fn ownership(&self) -> Option<&Ownership> {
        self.ownership
            .get_or_init(|| {
                let owner = &self.expected.owner.as_ref()?.value;
                ownership::compare(owner, self.socket.uid, self.socket.gid, self.names)
            })
            .as_ref()
    }

    /// Who gets to it, and who to its place; `None` where the way to it was not looked at.
    pub(super) fn access(&self) -> Option<&Verdict> {
        let verdict = || self.access.of(self.socket, self.expected);
        self.verdict.get_or_init(verdict).as_deref()
    }

    /// Root, the owner of the file and those meant, in words.
    pub(super) fn meant(&self, meant: &Meant) -> String {
        let owner = self.socket.uid.filter(|uid| !uid.is_root());
        let owner = owner.map(|uid| user(uid, self.names));
        let mut words = vec!["root".to_owned()];
        for word in owner.into_iter().chain(meant.words.iter().cloned()) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        listed(&words)
    }

    /// What leaves open whether these are meant, to be said behind everything else: names that could
    /// not be looked up.
    pub(super) fn doubt(outsiders: &Outsiders, meant: &Meant) -> String {
        if outsiders.everyone || meant.unsure.is_empty() {
            return String::new();
        }
        let why = meant.unsure.join("; ");
        format!("; it cannot be told whether they are meant: {why}")
    }

    /// How the processes that hold the socket compare with `listener`.
    pub(super) fn listener(&self) -> &Listener {
        self.listener
            .get_or_init(|| listener::compare(self.socket, self.expected, self.names))
    }

    /// The line that gives the file to whom the policy wants.
    pub(super) fn chown(&self, owner: &Owner) -> Option<String> {
        let now = model::Ownership {
            uid: self.socket.uid,
            gid: self.socket.gid,
        };
        fix::chown(owner, now, self.names, self.path()?)
    }

    /// The path of the socket file as it was found.
    pub(super) fn path(&self) -> Option<&Path> {
        self.socket.name.as_path()
    }

    /// A finding that a key decides.
    pub(super) fn broken<T>(&self, code: Code, key: &Set<'_, T>, message: String) -> Finding {
        decided(code, self.socket.name.clone(), self.expected, key, message)
    }

    /// A finding that `owner` decides, where another user or group is there than those expected.
    pub(super) fn misowned(
        &self,
        code: Code,
        side: impl FnOnce(&Ownership) -> Option<&Wrong>,
        message: impl FnOnce(&Wrong) -> String,
    ) -> Option<Finding> {
        let key = self.expected.owner.as_ref()?;
        let wrong = self.ownership().and_then(side)?;
        Some(Finding {
            actual: Some(wrong.actual.clone()),
            expected: Some(wrong.expected.clone()),
            fix: self.chown(&key.value),
            ..self.broken(code, key, message(wrong))
        })
    }

    /// A finding that needs no key.
    pub(super) fn noticed(&self, code: Code, message: String) -> Finding {
        Finding {
            severity: self.expected.severity(code, None),
            ..plain(code, self.socket.name.clone(), message)
        }
    }
}

/// The audit as a whole.
pub(super) struct Whole<'a> {
    pub(super) survey: &'a Survey,
    pub(super) required: &'a [Required<'a>],
}

/// A pattern under which there has to be a socket.
#[derive(Debug, Clone, Copy)]
pub struct Required<'p> {
    /// One of the rule's paths.
    pub pattern: &'p Pattern,
    /// The same through the links of this host, where that differs.
    pub resolved: Option<&'p Pattern>,
    /// What is expected there; `presence` says which rule decided.
    pub expected: &'p Effective<'p>,
}

impl<'p> Required<'p> {
    /// The pattern, as written and through links.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &'p Pattern> {
        [Some(self.pattern), self.resolved].into_iter().flatten()
    }

    /// The pattern of the places where its sockets really are.
    pub(super) fn real(&self) -> &'p Pattern {
        self.resolved.unwrap_or(self.pattern)
    }
}

/// A waiver, and what became of it.
pub(super) struct Waiving<'a> {
    pub(super) waiver: &'a Waiver,
    pub(super) survey: &'a Survey,
    /// Its last day is over.
    pub(super) expired: bool,
    /// It covers a finding.
    pub(super) used: bool,
}

/// A finding that a key decides.
pub(super) fn decided<T>(
    code: Code,
    subject: SocketName,
    expected: &Effective<'_>,
    key: &Set<'_, T>,
    message: String,
) -> Finding {
    Finding {
        severity: expected.severity(code, Some(key.rule)),
        rule: Some(key.rule.id.clone()),
        source: Some(key.place()),
        because: reason(code, key.rule),
        ..plain(code, subject, message)
    }
}

/// Why the rule says so. A reason speaks of who may connect where the rule does, and is none for
/// what else it asks of a socket.
fn reason(code: Code, rule: &Rule) -> Option<String> {
    let because = rule.because.as_ref()?;
    (code.is_about_access() || !rule.keys.are_about_access()).then(|| because.clone())
}

/// A finding of which no rule speaks.
pub(super) fn plain(code: Code, subject: SocketName, message: String) -> Finding {
    Finding {
        code,
        severity: code.default_severity(),
        subject,
        message,
        actual: None,
        expected: None,
        rule: None,
        source: None,
        because: None,
        fix: None,
        waived: None,
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at};
    use crate::model::State;
    use crate::policy::rule::Liveness;

    #[test]
    fn a_reason_stands_where_it_speaks_of_what_was_found() {
        let dead = |fixture: Fixture| {
            fixture
                .because("whoever connects is trusted")
                .fact(|socket| socket.state = State::Stale)
                .key(|keys| keys.liveness = at(Liveness::Live))
        };
        let alone = dead(Fixture::new()).only("stale");
        assert!(alone.because.is_some(), "it can speak of nothing else");
        let both = dead(Fixture::too_wide()).exactly(&["mode-too-wide", "stale"]);
        let explained: Vec<bool> = both.iter().map(|it| it.because.is_some()).collect();
        assert_eq!(explained, [true, false]);
    }
}
