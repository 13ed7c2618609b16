//! JSON: one document, one socket or finding a line. The field names are part of the interface.

mod action;
mod finding;
mod layout;
pub mod plan;
pub mod probe;
mod safe;
mod socket;

use std::io;

use serde::Serialize;
use serde_json::Serializer;

use crate::model::{Action, Code, Names, Report, Run, Severity, Summary, Survey};
use action::Actions;
use finding::Findings;
use layout::OneItemALine;
use safe::Safe;
use socket::{Sockets, Text};

pub(super) use action::ActionJson;
pub(super) use finding::FindingJson;
pub(super) use socket::SocketJson;

pub use safe::{write_compact, write_pretty};

/// The version of the schema.
const SCHEMA: u32 = 1;

/// Writes `audit -f json`.
pub fn audit(
    out: &mut dyn io::Write,
    run: &Run,
    report: &Report,
    summary: &Summary,
    names: &dyn Names,
) -> io::Result<()> {
    write(out, &AuditDocument::new(run, report, summary, names, None))
}

/// Writes `audit --summary -f json`: as `audit`, with a count for each code in place of the
/// sockets and the findings.
pub fn audit_summary(
    out: &mut dyn io::Write,
    run: &Run,
    report: &Report,
    summary: &Summary,
) -> io::Result<()> {
    write(out, &SummaryDocument::new(run, report, summary))
}

/// Writes `apply -f json`: what was done, and the audit after it.
pub fn apply(
    out: &mut dyn io::Write,
    run: &Run,
    (report, summary): (&Report, &Summary),
    actions: &[Action],
    names: &dyn Names,
) -> io::Result<()> {
    let document = AuditDocument::new(run, report, summary, names, Some(actions));
    write(out, &document)
}

/// Writes what a command that changes sockets has done. `survey` has the roots as they were
/// named, and what could not be looked at.
pub fn actions(
    out: &mut dyn io::Write,
    run: &Run,
    survey: &Survey,
    actions: &[Action],
) -> io::Result<()> {
    let document = ActionsDocument {
        head: Head::new(run, survey),
        actions: Actions(actions),
        tail: Tail::new(survey),
    };
    write(out, &document)
}

/// Writes `list -f json`. `rules` and `listener` are null where nobody asked.
pub fn list(
    out: &mut dyn io::Write,
    run: &Run,
    survey: &Survey,
    names: &dyn Names,
) -> io::Result<()> {
    let document = ListDocument {
        head: Head::new(run, survey),
        sockets: Sockets {
            all: &survey.sockets,
            rules: None,
            names,
        },
        tail: Tail::new(survey),
    };
    write(out, &document)
}

fn write(out: &mut dyn io::Write, document: &impl Serialize) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    document.serialize(&mut Serializer::with_formatter(
        &mut out,
        Safe(OneItemALine::default()),
    ))?;
    io::Write::write_all(&mut out, b"\n")?;
    io::Write::flush(&mut out)
}

#[derive(Serialize)]
struct AuditDocument<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    policies: &'a [String],
    summary: SummaryJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Actions<'a>>,
    sockets: Sockets<'a>,
    findings: Findings<'a>,
    #[serde(flatten)]
    tail: Tail<'a>,
    not_judged: &'a [String],
}

impl<'a> AuditDocument<'a> {
    fn new(
        run: &'a Run,
        report: &'a Report,
        summary: &Summary,
        names: &'a dyn Names,
        actions: Option<&'a [Action]>,
    ) -> AuditDocument<'a> {
        let survey = &report.survey;
        AuditDocument {
            head: Head::new(run, survey),
            policies: &report.policies,
            summary: SummaryJson::new(summary),
            actions: actions.map(Actions),
            sockets: Sockets {
                all: &survey.sockets,
                rules: Some(&report.rules),
                names,
            },
            findings: Findings(&report.findings),
            tail: Tail::new(survey),
            not_judged: &report.not_judged,
        }
    }
}

/// What an audit comes to.
#[derive(Serialize)]
pub(super) struct SummaryDocument<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    policies: &'a [String],
    summary: SummaryJson,
    codes: Vec<CodeJson>,
    #[serde(flatten)]
    tail: Tail<'a>,
    not_judged: &'a [String],
}

#[derive(Serialize)]
struct CodeJson {
    code: Code,
    severity: Severity,
    count: usize,
}

impl<'a> SummaryDocument<'a> {
    pub(super) fn new(run: &'a Run, report: &'a Report, summary: &Summary) -> SummaryDocument<'a> {
        let codes = report.counts().into_iter();
        let codes = codes.map(|(severity, code, count)| CodeJson {
            code,
            severity,
            count,
        });
        SummaryDocument {
            head: Head::new(run, &report.survey),
            policies: &report.policies,
            summary: SummaryJson::new(summary),
            codes: codes.collect(),
            tail: Tail::new(&report.survey),
            not_judged: &report.not_judged,
        }
    }
}

#[derive(Serialize)]
struct ActionsDocument<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    actions: Actions<'a>,
    #[serde(flatten)]
    tail: Tail<'a>,
}

#[derive(Serialize)]
struct ListDocument<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    sockets: Sockets<'a>,
    #[serde(flatten)]
    tail: Tail<'a>,
}

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
pub(super) struct SummaryJson {
    sockets: usize,
    verdict: &'static str,
    waived: usize,
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
    pub(super) fn new(summary: &Summary) -> SummaryJson {
        let count = |severity: Severity| summary.findings[severity as usize];
        SummaryJson {
            sockets: summary.sockets,
            verdict: summary.verdict.as_str(),
            waived: summary.waived,
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
pub(super) struct Tail<'a> {
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
    pub(super) fn new(survey: &'a Survey) -> Tail<'a> {
        let skipped = survey.skipped.iter().map(|place| SkippedJson {
            path: Text::of_path(&place.path),
            reason: super::words::skip_reason(&place.reason).into_owned(),
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
