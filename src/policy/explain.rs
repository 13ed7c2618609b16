//! What is expected of a path, as lines to show.

use super::effective::{Effective, Set};
use super::rule::{Liveness, ModeRule, OwnerAlternative, Presence, Rule};
use super::words::List;
use crate::model::{Code, Place, Severity, SocketName};

/// A key, its value in the words of policies, and who decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'p> {
    /// `mode`, `parent.owner`, `severity.stale` ...
    pub key: String,
    /// As a policy would have it.
    pub value: String,
    /// The rule that decided.
    pub rule: &'p Rule,
    /// Where it says so.
    pub place: Place,
}

impl<'p> Effective<'p> {
    /// Every key that some rule sets for `name`, in the order of the manual, then the severities
    /// that rules give to what these keys decide, each with the rule that says so.
    pub fn lines(&self, name: &SocketName) -> Vec<Line<'p>> {
        let mut lines = self.keys();
        for &code in Code::ALL {
            lines.extend(self.severities(code, name));
        }
        lines
    }

    fn keys(&self) -> Vec<Line<'p>> {
        let mut lines = Vec::new();
        put(&mut lines, "type", self.kind.as_ref(), ToString::to_string);
        if let Some(mode) = &self.mode {
            use ModeRule::{AtMost, Exactly};
            let (key, value) = match mode.value {
                Exactly(mode) => ("mode", mode),
                AtMost(mode) => ("max-mode", mode),
            };
            put(&mut lines, key, Some(mode), |_| value.to_string());
        }
        put(
            &mut lines,
            "owner",
            self.owner.as_ref(),
            ToString::to_string,
        );
        put(
            &mut lines,
            "parent.owner",
            self.parent_owner.as_ref(),
            ToString::to_string,
        );
        put(
            &mut lines,
            "parent.max-mode",
            self.parent_max_mode.as_ref(),
            ToString::to_string,
        );
        put(&mut lines, "acl", self.acl.as_ref(), ToString::to_string);
        put(
            &mut lines,
            "world",
            self.world.as_ref(),
            ToString::to_string,
        );
        put(&mut lines, "connect", self.connect.as_ref(), |roles| {
            List(roles).to_string()
        });
        put(&mut lines, "replace", self.replace.as_ref(), |roles| {
            List(roles).to_string()
        });
        put(
            &mut lines,
            "presence",
            self.presence.as_ref(),
            ToString::to_string,
        );
        put(
            &mut lines,
            "liveness",
            self.liveness.as_ref(),
            ToString::to_string,
        );
        put(
            &mut lines,
            "listener.user",
            self.listener_user.as_ref(),
            |users| List(users).to_string(),
        );
        put(
            &mut lines,
            "listener.exe",
            self.listener_exe.as_ref(),
            |globs| List(globs).to_string(),
        );
        put(
            &mut lines,
            "listener.unit",
            self.listener_unit.as_ref(),
            |globs| List(globs).to_string(),
        );
        lines
    }

    /// One line, unless several keys can decide on the code, and their rules differ.
    fn severities(&self, code: Code, name: &SocketName) -> Vec<Line<'p>> {
        let mut said: Vec<(&str, Set<'p, Severity>)> = Vec::new();
        for (key, decided_by) in self.deciders(code, name) {
            if let Some(set) = self.severity_said(code, decided_by)
                && said.iter().all(|(_, known)| *known != set)
            {
                said.push((key, set));
            }
        }
        let several = said.len() > 1;
        let lines = said.into_iter().map(|(key, set)| Line {
            key: if several {
                format!("severity.{code} ({key})")
            } else {
                format!("severity.{code}")
            },
            value: set.value.to_string(),
            rule: set.rule,
            place: set.place(),
        });
        lines.collect()
    }

    /// The keys that can give a finding, each with the rule that sets it; without a rule what
    /// needs no key.
    fn deciders(&self, code: Code, name: &SocketName) -> Vec<(&'static str, Option<&'p Rule>)> {
        let is_file = name.as_path().is_some();
        let world = by("world", self.world.as_ref());
        let owner = by("owner", self.owner.as_ref());
        let mode = by("mode", self.mode.as_ref());
        let presence = |wanted| {
            let set = self.presence.as_ref();
            by("presence", set.filter(|set| set.value == wanted))
        };
        let names = |part: fn(&OwnerAlternative) -> bool| {
            let set = self.owner.as_ref();
            by("owner", set.filter(|set| set.value.0.iter().any(part)))
        };
        let found = match code {
            Code::TypeMismatch => vec![by("type", self.kind.as_ref())],
            Code::ModeTooWide => vec![mode],
            Code::ModeMismatch => {
                let exactly = |set: &&Set<'_, _>| matches!(set.value, ModeRule::Exactly(_));
                vec![by("mode", self.mode.as_ref().filter(exactly))]
            }
            Code::OwnerMismatch => vec![names(|one| one.user.is_some())],
            Code::GroupMismatch => vec![names(|one| one.group.is_some())],
            Code::OwnerUnknown => {
                vec![owner, by("parent.owner", self.parent_owner.as_ref())]
            }
            Code::ParentModeTooWide => vec![by("parent", self.parent_max_mode.as_ref())],
            Code::ParentOwnerMismatch => vec![by("parent", self.parent_owner.as_ref())],
            Code::WorldConnectable if is_file => vec![world],
            Code::AbstractOpen if !is_file => vec![world],
            Code::AclGrants => vec![by("acl", self.acl.as_ref())],
            Code::AccessUnexpected | Code::AccessMissing => {
                vec![by("connect", self.connect.as_ref())]
            }
            Code::PathReplaceable => vec![by("replace", self.replace.as_ref())],
            Code::Stale => {
                let live = |set: &&Set<'_, _>| set.value == Liveness::Live;
                vec![by("liveness", self.liveness.as_ref().filter(live))]
            }
            Code::RequiredMissing => vec![presence(Presence::Required)],
            Code::ForbiddenPresent => vec![presence(Presence::Forbidden)],
            Code::ListenerMismatch => vec![
                by("listener.user", self.listener_user.as_ref()),
                by("listener.exe", self.listener_exe.as_ref()),
                by("listener.unit", self.listener_unit.as_ref()),
            ],
            Code::Ghost | Code::Saturated | Code::NotProbed => return vec![("", None)],
            // Each of the first two is of the other kind of socket; no rule speaks of the rest.
            Code::WorldConnectable
            | Code::AbstractOpen
            | Code::WaiverExpired
            | Code::WaiverUnused
            | Code::Unreadable => Vec::new(),
        };
        let set = found.into_iter().filter(|(_, rule)| rule.is_some());
        set.collect()
    }
}

fn by<'p, T>(key: &'static str, set: Option<&Set<'p, T>>) -> (&'static str, Option<&'p Rule>) {
    (key, set.map(|set| set.rule))
}

fn put<'p, T>(
    lines: &mut Vec<Line<'p>>,
    key: &str,
    set: Option<&Set<'p, T>>,
    show: impl FnOnce(&T) -> String,
) {
    if let Some(set) = set {
        lines.push(Line {
            key: key.to_owned(),
            value: show(&set.value),
            rule: set.rule,
            place: set.place(),
        });
    }
}
