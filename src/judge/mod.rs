//! Holds facts against expectations: a survey and the rules go in, findings come out.
//!
//! Pure: nothing is looked at but through [`crate::model::Members`]. One file for each finding code in
//! `checks/`; what two of them need stands beside them.

mod access;
pub mod baseline;
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
mod roles;
mod waivers;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use access::Access;
pub use case::Required;
use case::{Case, Judge, Waiving, Whole};
use waivers::Waivers;

use crate::model::{Code, Finding, Members, RuleIds, Socket, Survey, in_shares};
use crate::policy::rule::Role;
use crate::policy::{Effective, Rule, Waiver};

/// All that an audit is judged by.
pub struct Input<'a> {
    /// What was found on the host.
    pub survey: &'a Survey,
    /// What is expected of a socket; asked once for each.
    pub expected: &'a (dyn Fn(&Socket) -> Effective<'a> + Sync),
    /// The patterns under which there has to be a socket.
    pub required: &'a [Required<'a>],
    /// Findings that somebody has decided to live with.
    pub waivers: &'a [Waiver],
    /// `YYYY-MM-DD`, UTC.
    pub today: &'a str,
    /// Asked for a name only where a socket needs it. The same one is asked for again and again,
    /// so the answers should be remembered.
    pub names: &'a dyn Members,
    /// Whom `connect` and `replace` speak of, by name.
    pub roles: &'a BTreeMap<String, Role>,
    /// How many threads at most judge; `None` for as many as there are processors for us.
    pub jobs: Option<NonZeroUsize>,
}

/// The outcome, as [`crate::model::Report`] wants it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// For each socket of the survey, in the same order: the ids of the rules that speak of it.
    pub rules: Vec<RuleIds>,
    /// The worst first, then by path, then by code; waived ones among them.
    pub findings: Vec<Finding>,
}

/// Judges everything.
pub fn audit(input: &Input<'_>) -> Judgement {
    let sockets = &input.survey.sockets;
    let mut waivers = Waivers::new(input.waivers, input.today);
    let mut rules = Vec::with_capacity(sockets.len());
    let mut findings = Vec::new();
    for share in in_shares(sockets, input.jobs, |share| judge_share(share, input)) {
        let first = rules.len();
        rules.extend(share.rules);
        for (index, mut finding) in share.findings {
            waivers.cover(&mut finding, sockets[first + index].resolved.as_deref());
            findings.push(finding);
        }
    }
    let first = findings.len();
    judge_whole(input, &mut findings);
    for finding in &mut findings[first..] {
        waivers.cover(finding, None);
    }
    judge_waivers(&waivers, input.survey, &mut findings);
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.subject.cmp(&b.subject))
            .then_with(|| a.code.cmp(&b.code))
    });
    Judgement { rules, findings }
}

/// The published page of a code, Markdown.
pub fn page(code: Code) -> &'static str {
    checks::page(code)
}

/// Whether somebody asks who listens.
pub fn asks_for_listener(expected: &Effective<'_>) -> bool {
    expected.listener_user.is_some()
        || expected.listener_exe.is_some()
        || expected.listener_unit.is_some()
}

fn judges() -> impl Iterator<Item = &'static Judge> {
    Code::ALL.iter().map(|&code| &checks::check(code).judge)
}

fn judges_of_sockets() -> Vec<fn(&Case<'_>, &mut Vec<Finding>)> {
    let of_sockets = judges().filter_map(|judge| match judge {
        Judge::Socket(judge) => Some(*judge),
        Judge::Audit(_) | Judge::Waiver(_) => None,
    });
    of_sockets.collect()
}

/// What some of the sockets are found to be.
#[derive(Default)]
struct Share {
    rules: Vec<RuleIds>,
    /// Each with the number of its socket.
    findings: Vec<(usize, Finding)>,
}

fn judge_share(sockets: &[Socket], input: &Input<'_>) -> Share {
    let mut share = Share::default();
    let mut last: Option<(Vec<&Rule>, RuleIds)> = None;
    let mut findings = Vec::new();
    let access = Access::new(input.roles, input.names);
    let judges = judges_of_sockets();
    for (index, socket) in sockets.iter().enumerate() {
        let expected = (input.expected)(socket);
        let case = Case::new(socket, &expected, &access);
        for judge in &judges {
            judge(&case, &mut findings);
        }
        share
            .findings
            .extend(findings.drain(..).map(|finding| (index, finding)));
        let ids = match last.take() {
            Some((rules, ids)) if same(&rules, &expected.rules) => ids,
            _ => expected.rules.iter().map(|rule| rule.id.clone()).collect(),
        };
        share.rules.push(Arc::clone(&ids));
        last = Some((expected.rules, ids));
    }
    share
}

fn same(a: &[&Rule], b: &[&Rule]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| std::ptr::eq(*a, *b))
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

#[cfg(test)]
mod tests {
    use super::fixture::{Fixture, at, mode, owner, uid};

    use crate::model::{SocketName, State};

    #[test]
    fn the_worst_comes_first_then_the_path() {
        let fixture = Fixture::too_wide()
            .fact(|socket| socket.uid = uid(0))
            .key(|keys| keys.owner = at(owner(&["app"])))
            .survey(|survey| {
                let mut second = survey.sockets[0].clone();
                second.name = SocketName::Path("/run/a.sock".into());
                (second.mode, second.state) = (Some(mode("0600")), State::Saturated);
                survey.sockets.push(second);
            });
        let findings = fixture.findings();
        let order: Vec<_> = findings
            .iter()
            .map(|finding| (finding.code.as_str(), finding.subject.as_path().unwrap()))
            .map(|(code, path)| (code, path.to_str().unwrap()))
            .collect();
        assert_eq!(
            order,
            [
                ("owner-mismatch", "/run/a.sock"),
                ("mode-too-wide", "/run/app/a.sock"),
                ("owner-mismatch", "/run/app/a.sock"),
                ("saturated", "/run/a.sock"),
                ("mode-mismatch", "/run/a.sock"),
            ]
        );
    }

    #[test]
    fn a_waiver_covers_the_real_path_too_and_only_its_code() {
        let linked = || {
            Fixture::too_wide().fact(|socket| {
                socket.name = SocketName::Path("/run/link/a.sock".into());
                socket.resolved = Some("/run/app/a.sock".into());
            })
        };
        for path in ["/run/link/*", "/run/app/*"] {
            let findings = linked().waiver("mode-too-wide", path, None).findings();
            assert_eq!(findings.len(), 1, "{findings:#?}");
            let waived = findings[0].waived.as_ref().unwrap();
            assert_eq!(waived.reason, "ticket 4711");
        }
        let other = linked().waiver("stale", "/run/app/*", None);
        other.exactly(&["mode-too-wide", "waiver-unused"]);
    }

    #[test]
    fn a_waiver_covers_what_is_missing() {
        let missing = Fixture::empty().required("/run/app/*.sock");
        missing
            .waiver("required-missing", "/run/app/*.sock", None)
            .nothing();
    }
}
