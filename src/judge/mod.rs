//! Holds facts against expectations: a survey and the rules go in, findings come out.
//!
//! Pure: nothing is looked at but through [`Names`]. One file for each finding code in
//! `checks/`; what two of them need stands beside them.

mod case;
mod checks;
mod fix;
#[cfg(test)]
mod fixture;
mod listener;
mod ownership;
mod page;
pub mod policy_test;
mod reach;
mod waivers;

use std::cmp::Reverse;

pub use case::Required;
use case::{Case, Judge, Waiving, Whole};
use waivers::Waivers;

use crate::model::{Code, Finding, Names, Socket, Survey};
use crate::policy::{Effective, Rule, Waiver};

/// All that an audit is judged by.
pub struct Input<'a> {
    /// What was found on the host.
    pub survey: &'a Survey,
    /// What is expected of a socket; asked once for each.
    pub expected: &'a dyn Fn(&Socket) -> Effective<'a>,
    /// The patterns under which there has to be a socket.
    pub required: &'a [Required<'a>],
    /// Findings that somebody has decided to live with.
    pub waivers: &'a [Waiver],
    /// `YYYY-MM-DD`, UTC.
    pub today: &'a str,
    /// Asked for a name only where a socket needs it. The same one is asked for again and again,
    /// so the answers should be remembered.
    pub names: &'a dyn Names,
}

/// The outcome, as [`crate::model::Report`] wants it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// For each socket of the survey, in the same order: the ids of the rules that speak of it.
    pub rules: Vec<Vec<String>>,
    /// The worst first, then by path, then by code; waived ones among them.
    pub findings: Vec<Finding>,
}

/// Judges everything that this version judges.
pub fn audit(input: &Input<'_>) -> Judgement {
    let mut waivers = Waivers::new(input.waivers, input.today);
    let mut rules = Vec::with_capacity(input.survey.sockets.len());
    let mut findings = Vec::new();
    for socket in &input.survey.sockets {
        let expected = (input.expected)(socket);
        rules.push(expected.rules.iter().map(|rule| rule.id.clone()).collect());
        let first = findings.len();
        judge_socket(socket, &expected, input.names, &mut findings);
        for finding in &mut findings[first..] {
            waivers.cover(finding, socket.resolved.as_deref());
        }
    }
    let first = findings.len();
    judge_whole(input, &mut findings);
    for finding in &mut findings[first..] {
        waivers.cover(finding, None);
    }
    judge_waivers(&waivers, input.survey, &mut findings);
    findings.sort_by(|a, b| {
        let rank = |finding: &Finding| (Reverse(finding.severity), finding.code);
        let ((severity_a, code_a), (severity_b, code_b)) = (rank(a), rank(b));
        severity_a
            .cmp(&severity_b)
            .then_with(|| a.subject.cmp(&b.subject))
            .then_with(|| code_a.cmp(&code_b))
    });
    Judgement { rules, findings }
}

/// Whether this version judges a code at all.
pub fn is_judged(code: Code) -> bool {
    checks::check(code).is_some()
}

/// The published page of a code, Markdown; `None` where this version does not judge it.
pub fn page(code: Code) -> Option<&'static str> {
    checks::page(code)
}

/// The keys that these rules set and that this version does not judge, in the manual's order.
/// `world` is among them though it is judged of abstract names.
pub fn keys_not_judged<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> Vec<&'static str> {
    let mut set = [false; 4];
    for rule in rules {
        let keys = &rule.keys;
        set[0] |= keys.acl.is_some();
        set[1] |= keys.world.is_some();
        set[2] |= keys.connect.is_some();
        set[3] |= keys.replace.is_some();
    }
    let names = ["acl", "world", "connect", "replace"];
    names
        .into_iter()
        .zip(set)
        .filter_map(|(name, is_set)| is_set.then_some(name))
        .collect()
}

fn judges() -> impl Iterator<Item = &'static Judge> {
    Code::ALL
        .iter()
        .filter_map(|&code| checks::check(code))
        .map(|check| &check.judge)
}

fn judge_socket(
    socket: &Socket,
    expected: &Effective<'_>,
    names: &dyn Names,
    findings: &mut Vec<Finding>,
) {
    let case = Case::new(socket, expected, names);
    for judge in judges() {
        if let Judge::Socket(judge) = judge {
            judge(&case, findings);
        }
    }
}

fn judge_whole(input: &Input<'_>, findings: &mut Vec<Finding>) {
    let whole = Whole {
        survey: input.survey,
        required: input.required,
    };
    for judge in judges() {
        if let Judge::Audit(judge) = judge {
            judge(&whole, findings);
        }
    }
}

fn judge_waivers(waivers: &Waivers<'_>, survey: &Survey, findings: &mut Vec<Finding>) {
    for (waiver, state) in waivers.states() {
        let waiving = Waiving {
            waiver,
            survey,
            expired: state.expired,
            used: state.used,
        };
        for judge in judges() {
            if let Judge::Waiver(judge) = judge {
                judge(&waiving, findings);
            }
        }
    }
}
