//! JSON lines: one object a line, each with its `kind`; the summary comes last.

use std::io::{self, Write as _};
use std::sync::Arc;

use serde::Serialize;

use super::json::{
    ActionJson, FindingJson, Head, SocketJson, SummaryDocument, SummaryJson, Tail, write_compact,
};
use crate::model::{Action, Names, Report, Run, Summary, Survey};

/// Writes `audit -f jsonl`: the sockets, the findings, and a `summary` with everything else.
pub fn audit(
    out: &mut dyn io::Write,
    run: &Run,
    report: &Report,
    summary: &Summary,
    names: &dyn Names,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    for (index, socket) in report.survey.sockets.iter().enumerate() {
        let rules = report.rules.get(index).map(Arc::as_ref);
        line(
            &mut out,
            &Line::Socket(SocketJson::new(socket, rules, names)),
        )?;
    }
    for finding in &report.findings {
        line(&mut out, &Line::Finding(FindingJson::new(finding)))?;
    }
    let last = AuditSummary {
        head: Head::new(run, &report.survey),
        policies: &report.policies,
        summary: SummaryJson::new(summary),
        tail: Tail::new(&report.survey),
        not_judged: &report.not_judged,
    };
    line(&mut out, &Line::Summary(last))?;
    out.flush()
}

/// Writes `audit --summary -f jsonl`: the `summary` alone, with a count for each code.
pub fn audit_summary(
    out: &mut dyn io::Write,
    run: &Run,
    report: &Report,
    summary: &Summary,
) -> io::Result<()> {
    let summary = SummaryDocument::new(run, report, summary);
    line(out, &Line::SummaryAlone(summary))?;
    out.flush()
}

/// Writes `apply -f jsonl`: what was done, and then the audit after it.
pub fn apply(
    out: &mut dyn io::Write,
    run: &Run,
    (report, summary): (&Report, &Summary),
    actions: &[Action],
    names: &dyn Names,
) -> io::Result<()> {
    for action in actions {
        line(out, &Line::Action(ActionJson::new(action)))?;
    }
    audit(out, run, report, summary, names)
}

/// Writes what a command that changes sockets has done, and a `summary` with everything else.
pub fn actions(
    out: &mut dyn io::Write,
    run: &Run,
    survey: &Survey,
    actions: &[Action],
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    for action in actions {
        line(&mut out, &Line::Action(ActionJson::new(action)))?;
    }
    let last = ListSummary {
        head: Head::new(run, survey),
        tail: Tail::new(survey),
    };
    line(&mut out, &Line::ListSummary(last))?;
    out.flush()
}

/// Writes `list -f jsonl`: the sockets, and a `summary` with everything else.
pub fn list(
    out: &mut dyn io::Write,
    run: &Run,
    survey: &Survey,
    names: &dyn Names,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    for socket in &survey.sockets {
        line(
            &mut out,
            &Line::Socket(SocketJson::new(socket, None, names)),
        )?;
    }
    let last = ListSummary {
        head: Head::new(run, survey),
        tail: Tail::new(survey),
    };
    line(&mut out, &Line::ListSummary(last))?;
    out.flush()
}

fn line(out: &mut (impl io::Write + ?Sized), line: &Line<'_>) -> io::Result<()> {
    write_compact(&mut *out, line)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    Socket(SocketJson<'a>),
    Finding(FindingJson<'a>),
    Action(ActionJson<'a>),
    Summary(AuditSummary<'a>),
    #[serde(rename = "summary")]
    SummaryAlone(SummaryDocument<'a>),
    #[serde(rename = "summary")]
    ListSummary(ListSummary<'a>),
}

#[derive(Serialize)]
struct AuditSummary<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    policies: &'a [String],
    summary: SummaryJson,
    #[serde(flatten)]
    tail: Tail<'a>,
    not_judged: &'a [String],
}

#[derive(Serialize)]
struct ListSummary<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    tail: Tail<'a>,
}
