//! What is expected of one path, after all rules have spoken.

use super::rule::{Keys, Liveness, ModeRule, Owner, ParentMode, Permit, Presence, Rule, Who};
use crate::model::{Code, Pattern, Place, Severity, SocketType};

/// A key's value, and who decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set<'p, T> {
    /// With captures put in.
    pub value: T,
    /// The last rule that set the key.
    pub rule: &'p Rule,
    /// The line of the key in that rule's file.
    pub line: u32,
}

impl<T> Set<'_, T> {
    /// Where the key stands.
    pub fn place(&self) -> Place {
        Place {
            file: self.rule.place.file.clone(),
            line: self.line,
        }
    }
}

/// The expectations of one path. A key that is `None` is not checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effective<'p> {
    /// Every rule that speaks of the path, in the order loaded, after the last `reset`.
    pub rules: Vec<&'p Rule>,
    /// `type`
    pub kind: Option<Set<'p, SocketType>>,
    /// `mode` or `max-mode`
    pub mode: Option<Set<'p, ModeRule>>,
    /// `owner`
    pub owner: Option<Set<'p, Owner>>,
    /// `parent.owner`
    pub parent_owner: Option<Set<'p, Owner>>,
    /// `parent.max-mode`
    pub parent_max_mode: Option<Set<'p, ParentMode>>,
    /// `acl`
    pub acl: Option<Set<'p, Permit>>,
    /// `world`
    pub world: Option<Set<'p, Permit>>,
    /// `connect`
    pub connect: Option<Set<'p, &'p [String]>>,
    /// `replace`
    pub replace: Option<Set<'p, &'p [String]>>,
    /// `presence`
    pub presence: Option<Set<'p, Presence>>,
    /// `liveness`
    pub liveness: Option<Set<'p, Liveness>>,
    /// `listener.user`
    pub listener_user: Option<Set<'p, Vec<Who>>>,
    /// `listener.exe`
    pub listener_exe: Option<Set<'p, &'p [Pattern]>>,
    /// `listener.unit`
    pub listener_unit: Option<Set<'p, &'p [Pattern]>>,
}

impl<'p> Effective<'p> {
    /// The severity of a finding of kind `code`, decided by a key of `decided_by`, or by no key
    /// at all (ghost, saturated, not-probed).
    ///
    /// The last of these that says anything has its way: the rule that decided; a rule that
    /// sets nothing but severities, which can only mean what others decide; and, for a finding
    /// that no key decides, every rule that names the code.
    pub fn severity(&self, code: Code, decided_by: Option<&Rule>) -> Severity {
        self.severity_said(code, decided_by)
            .map_or(code.default_severity(), |said| said.value)
    }

    /// The same with the rule that says so, `None` where no rule says anything.
    pub fn severity_said(
        &self,
        code: Code,
        decided_by: Option<&Rule>,
    ) -> Option<Set<'p, Severity>> {
        let said = |rule: &&'p Rule| {
            let rule = *rule;
            let said = match decided_by {
                Some(decider) if std::ptr::eq(rule, decider) => rule.severity.of(code),
                _ if rule.keys == Keys::default() => rule.severity.of(code),
                Some(_) => None,
                None => rule.severity.by_code.get(code.as_str()),
            }?;
            Some(Set {
                value: said.value,
                rule,
                line: said.line,
            })
        };
        self.rules.iter().rev().find_map(said)
    }
}

/// Of whom it is asked whether they get to a socket file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asks {
    /// Everyone: `world`.
    pub everyone: bool,
    /// Anybody at all: `connect`, `acl`.
    pub connect: bool,
    /// Anybody at all, to put something else in its place: `replace`.
    pub replace: bool,
}

/// What has to be gathered so that the rules can be judged; nothing else is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Some rule speaks of the directory.
    pub parent: bool,
    /// Some rule speaks of the listener.
    pub holders: bool,
    /// Some rule speaks of who gets to a socket.
    pub access: bool,
}
