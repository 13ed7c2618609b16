//! JSON: one document, one socket or finding a line. The field names are part of the interface.

pub mod access;
mod action;
mod finding;
mod frame;
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
use frame::Head;
use layout::OneItemALine;
use safe::Safe;
use socket::Sockets;

pub(super) use action::ActionJson;
pub(super) use finding::FindingJson;
pub(super) use frame::{Audited, Framed, Nothing};
pub(super) use socket::SocketJson;

pub use safe::{write_compact, write_pretty};

/// Writes an object on a line of its own.
pub(super) fn write_line(
    out: &mut (impl io::Write + ?Sized),
    object: &impl Serialize,
) -> io::Result<()> {
    write_compact(&mut *out, object)?;
    out.write_all(b"\n")
}

/// Writes `audit -f json`.
pub fn audit(
    out: &mut dyn io::Write,
    run: &Run,
    report: &Report,
    summary: &Summary,
    names: &dyn Names,
) -> io::Result<()> {
    let body = Judged::new(report, None, names);
    write(out, &Audited::new(run, report, summary, body))
}

/// Writes `audit --summary -f json`: as `audit`, with a count for each code in place of the
/// sockets and the findings.
pub fn audit_summary(
    out: &mut dyn io::Write,
    run: &Run,
    report: &Report,
    summary: &Summary,
) -> io::Result<()> {
    write(
        out,
        &Audited::new(run, report, summary, Counted::new(report)),
    )
}

/// Writes `apply -f json`: what was done, and the audit after it.
pub fn apply(
    out: &mut dyn io::Write,
    run: &Run,
    (report, summary): (&Report, &Summary),
    actions: &[Action],
    names: &dyn Names,
) -> io::Result<()> {
    let body = Judged::new(report, Some(actions), names);
    write(out, &Audited::new(run, report, summary, body))
}

/// Writes what a command that changes sockets has done. `survey` has the roots as they were
/// named, and what could not be looked at.
pub fn actions(
    out: &mut dyn io::Write,
    run: &Run,
    survey: &Survey,
    actions: &[Action],
) -> io::Result<()> {
    let actions = Actions(actions);
    write(out, &Framed::new(run, survey, Changed { actions }))
}

/// Writes `list -f json`. `rules` and `listener` are null where nobody asked.
pub fn list(
    out: &mut dyn io::Write,
    run: &Run,
    survey: &Survey,
    names: &dyn Names,
) -> io::Result<()> {
    let sockets = Sockets {
        all: &survey.sockets,
        rules: None,
        names,
    };
    write(out, &Framed::new(run, survey, Listed { sockets }))
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

/// The body of an audit.
#[derive(Serialize)]
struct Judged<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    actions: Option<Actions<'a>>,
    sockets: Sockets<'a>,
    findings: Findings<'a>,
}

impl<'a> Judged<'a> {
    fn new(report: &'a Report, actions: Option<&'a [Action]>, names: &'a dyn Names) -> Judged<'a> {
        Judged {
            actions: actions.map(Actions),
            sockets: Sockets {
                all: &report.survey.sockets,
                rules: Some(&report.rules),
                names,
            },
            findings: Findings(&report.findings),
        }
    }
}

/// The body of the summary of an audit.
#[derive(Serialize)]
pub(super) struct Counted {
    codes: Vec<CodeJson>,
}

#[derive(Serialize)]
struct CodeJson {
    code: Code,
    severity: Severity,
    count: usize,
}

impl Counted {
    pub(super) fn new(report: &Report) -> Counted {
        let codes = report.counts().into_iter();
        let codes = codes.map(|(severity, code, count)| CodeJson {
            code,
            severity,
            count,
        });
        Counted {
            codes: codes.collect(),
        }
    }
}

#[derive(Serialize)]
struct Changed<'a> {
    actions: Actions<'a>,
}

#[derive(Serialize)]
struct Listed<'a> {
    sockets: Sockets<'a>,
}
