//! What is expected of a path, as lines to show.

use super::effective::{Effective, Set};
use super::rule::Rule;
use super::words::List;
use crate::model::Place;

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
    /// Every key that some rule sets, in the order of the manual, then the severities, each
    /// with the rule that says so.
    pub fn lines(&self) -> Vec<Line<'p>> {
        let mut lines = Vec::new();
        put(&mut lines, "type", self.kind.as_ref(), ToString::to_string);
        if let Some(mode) = &self.mode {
            use super::rule::ModeRule::{AtMost, Exactly};
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
        for rule in &self.rules {
            let codes = rule.severity.by_code.iter();
            let by_code = codes.map(|(code, severity)| (format!("severity.{code}"), severity));
            let all = rule.severity.all.iter();
            for (key, severity) in all.map(|all| ("severity".to_owned(), all)).chain(by_code) {
                lines.push(Line {
                    key,
                    value: severity.to_string(),
                    rule,
                    place: rule.place.clone(),
                });
            }
        }
        lines
    }
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
