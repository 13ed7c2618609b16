//! The outcome of an audit, complete enough for every output format.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Code, Finding, Severity, Survey};

/// What ran, where and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The host's name.
    pub host: String,
    /// When it began, RFC 3339, UTC, whole seconds.
    pub time: String,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
}

/// The ids of the rules that speak of a socket. Neighbours mostly have the same.
pub type RuleIds = Arc<[String]>;

/// An audit from end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was found on the host.
    pub survey: Survey,
    /// For each socket of the survey, in the same order: the ids of the rules that speak of it.
    pub rules: Vec<RuleIds>,
    /// The worst first, then by path; waived ones among them.
    pub findings: Vec<Finding>,
    /// Findings that the baseline has too, and that are not among these; `None` without one.
    pub known: Option<usize>,
    /// What was loaded, in order: `builtin:default`, then files as they were named.
    pub policies: Vec<String>,
}

/// The figures of a [`Report`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// Sockets looked at, abstract ones included.
    pub sockets: usize,
    /// Of these, the ones of which no rule speaks.
    pub unmatched: usize,
    /// In a word.
    pub verdict: Verdict,
    /// Findings that a waiver covers; they are counted nowhere else.
    pub waived: usize,
    /// Findings that were known by the baseline; they are counted nowhere else. `None` without one.
    pub known: Option<usize>,
    /// Places that could not be looked at.
    pub unreadable: usize,
    /// Findings by severity, indexed by `Severity as usize`.
    pub findings: [usize; Severity::ALL.len()],
}

/// The outcome in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There are findings at or above the threshold.
    Fail,
    /// None, but not everything could be looked at.
    Incomplete,
    /// None, for there was no socket.
    Empty,
    /// None.
    Pass,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Verdict; 4] = [
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Empty,
        Verdict::Incomplete,
    ];

    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Fail => "fail",
            Verdict::Incomplete => "incomplete",
            Verdict::Empty => "empty",
            Verdict::Pass => "pass",
        }
    }
}

impl Report {
    /// How many findings there are of each severity and code, waived ones left out: the worst
    /// first, then in the order of the codes.
    pub fn counts(&self) -> Vec<(Severity, Code, usize)> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            if finding.waived.is_none() {
                *counts
                    .entry((Reverse(finding.severity), finding.code))
                    .or_insert(0) += 1;
            }
        }
        let counts = counts.into_iter();
        counts
            .map(|((Reverse(severity), code), count)| (severity, code, count))
            .collect()
    }

    /// Counts, with `fail_on` as the threshold. Places that could not be looked at do not make
    /// the verdict `incomplete` where `allow_unreadable` says so.
    pub fn summary(&self, fail_on: Severity, allow_unreadable: bool) -> Summary {
        let mut findings = [0; Severity::ALL.len()];
        let mut failed = false;
        for finding in self
            .findings
            .iter()
            .filter(|finding| finding.waived.is_none())
        {
            findings[finding.severity as usize] += 1;
            failed |= finding.severity >= fail_on;
        }
        let unreadable = self.survey.unreadable.len();
        let verdict = if failed {
            Verdict::Fail
        } else if unreadable > 0 && !allow_unreadable {
            Verdict::Incomplete
        } else if self.survey.sockets.is_empty() {
            Verdict::Empty
        } else {
            Verdict::Pass
        };
        Summary {
            sockets: self.survey.sockets.len(),
            unmatched: self.rules.iter().filter(|rules| rules.is_empty()).count(),
            verdict,
            waived: self
                .findings
                .iter()
                .filter(|finding| finding.waived.is_some())
                .count(),
            known: self.known,
            unreadable,
            findings,
        }
    }
}
