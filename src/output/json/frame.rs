//! What every document begins and ends with, around what it is about.

use serde::Serialize;

use super::socket::Text;
use crate::model::{Report, Run, Severity, Summary, Survey};

/// The version of the schema.
const SCHEMA: u32 = 1;

/// A document about what was looked at.
#[derive(Serialize)]
pub(in crate::output) struct Framed<'a, B> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    body: B,
    #[serde(flatten)]
    tail: Tail<'a>,
}

impl<'a, B> Framed<'a, B> {
    pub(in crate::output) fn new(run: &'a Run, survey: &'a Survey, body: B) -> Framed<'a, B> {
        Framed {
            head: Head::new(run, survey),
            body,
            tail: Tail::new(survey),
        }
    }
}

/// A document about how it was judged.
#[derive(Serialize)]
pub(in crate::output) struct Audited<'a, B> {
    #[serde(flatten)]
    head: Head<'a>,
    policies: &'a [String],
    summary: SummaryJson,
    #[serde(flatten)]
    body: B,
    #[serde(flatten)]
    tail: Tail<'a>,
}

impl<'a, B> Audited<'a, B> {
    pub(in crate::output) fn new(
        run: &'a Run,
        report: &'a Report,
        summary: &Summary,
        body: B,
    ) -> Audited<'a, B> {
        Audited {
            head: Head::new(run, &report.survey),
            policies: &report.policies,
            summary: SummaryJson::new(summary),
            body,
            tail: Tail::new(&report.survey),
        }
    }
}

/// Nothing but the frame.
#[derive(Serialize)]
pub(in crate::output) struct Nothing {}

/// What ran, where and when.
#[derive(Serialize)]
pub(super) struct Head<'a> {
    schema: u32,
    sockctl: &'static str,
    host: &'a str,
    time: &'a str,
    duration_ms: u64,
    roots: Vec<String>,
}

impl<'a> Head<'a> {
    pub(super) fn new(run: &'a Run, survey: &Survey) -> Head<'a> {
        let given = |root: &crate::model::Root| root.given.to_string_lossy().into_owned();
        Head {
            schema: SCHEMA,
            sockctl: env!("CARGO_PKG_VERSION"),
            host: &run.host,
            time: &run.time,
            duration_ms: run.duration_ms,
            roots: survey.roots.iter().map(given).collect(),
        }
    }
}

/// The figures.
#[derive(Serialize)]
struct SummaryJson {
    sockets: usize,
    verdict: &'static str,
    waived: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<usize>,
    unreadable: usize,
    findings: BySeverity,
}

#[derive(Serialize)]
struct BySeverity {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
}

impl SummaryJson {
    fn new(summary: &Summary) -> SummaryJson {
        let count = |severity: Severity| summary.findings[severity as usize];
        SummaryJson {
            sockets: summary.sockets,
            verdict: summary.verdict.as_str(),
            waived: summary.waived,
            known: summary.known,
            unreadable: summary.unreadable,
            findings: BySeverity {
                critical: count(Severity::Critical),
                high: count(Severity::High),
                medium: count(Severity::Medium),
                low: count(Severity::Low),
                info: count(Severity::Info),
            },
        }
    }
}

/// What was not looked at, and what makes the answers poorer.
#[derive(Serialize)]
struct Tail<'a> {
    skipped: Vec<SkippedJson<'a>>,
    unreadable: Vec<UnreadableJson<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct SkippedJson<'a> {
    #[serde(flatten)]
    path: Text<'a>,
    reason: String,
}

#[derive(Serialize)]
struct UnreadableJson<'a> {
    #[serde(flatten)]
    path: Text<'a>,
    why: &'a str,
}

impl<'a> Tail<'a> {
    fn new(survey: &'a Survey) -> Tail<'a> {
        let skipped = survey.skipped.iter().map(|place| SkippedJson {
            path: Text::of_path(&place.path),
            reason: crate::output::words::skip_reason(&place.reason).into_owned(),
        });
        let unreadable = survey.unreadable.iter().map(|place| UnreadableJson {
            path: Text::of_path(&place.path),
            why: &place.why,
        });
        Tail {
            skipped: skipped.collect(),
            unreadable: unreadable.collect(),
            notes: &survey.notes,
        }
    }
}
