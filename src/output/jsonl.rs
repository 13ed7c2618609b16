//! JSON lines: one object a line, each with its `kind`; the summary comes last.

use std::io::{self, Write as _};
use std::sync::Arc;

use serde::Serialize;

use super::json::{
    ActionJson, Audited, Counted, FindingJson, Framed, Nothing, SocketJson, write_line,
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
        write_line(
            &mut out,
            &Line::Socket(SocketJson::new(socket, rules, names)),
        )?;
    }
    for finding in &report.findings {
        write_line(&mut out, &Line::Finding(FindingJson::new(finding)))?;
    }
    let last = Audited::new(run, report, summary, Nothing {});
    write_line(&mut out, &Line::Verdict(last))?;
    out.flush()
}

/// Writes `audit --summary -f jsonl`: the `summary` alone, with a count for each code.
pub fn audit_summary(
    out: &mut dyn io::Write,
    run: &Run,
    report: &Report,
    summary: &Summary,
) -> io::Result<()> {
    let alone = Audited::new(run, report, summary, Counted::new(report));
    write_line(out, &Line::Counts(alone))?;
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
        write_line(out, &Line::Action(ActionJson::new(action)))?;
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
        write_line(&mut out, &Line::Action(ActionJson::new(action)))?;
    }
    let last = Framed::new(run, survey, Nothing {});
    write_line(&mut out, &Line::Rest(last))?;
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
        write_line(
            &mut out,
            &Line::Socket(SocketJson::new(socket, None, names)),
        )?;
    }
    let last = Framed::new(run, survey, Nothing {});
    write_line(&mut out, &Line::Rest(last))?;
    out.flush()
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    Socket(SocketJson<'a>),
    Finding(FindingJson<'a>),
    Action(ActionJson<'a>),
    #[serde(rename = "summary")]
    Verdict(Audited<'a, Nothing>),
    #[serde(rename = "summary")]
    Counts(Audited<'a, Counted>),
    #[serde(rename = "summary")]
    Rest(Framed<'a, Nothing>),
}
