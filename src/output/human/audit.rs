//! The report of an audit: what, where, why, and what to type.

mod close;
mod group;

use std::collections::HashMap;
use std::io::{self, Write as _};

use super::places;
use crate::model::{Code, Finding, Names, Report, Severity, Socket, SocketName, Summary};
use crate::output::style::Style;

/// All that is shown, and how.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The outcome.
    pub report: &'a Report,
    /// Its figures.
    pub summary: &'a Summary,
    /// The threshold that the verdict was made with.
    pub fail_on: Severity,
    /// For owners.
    pub names: &'a dyn Names,
    /// Colours and width.
    pub style: Style,
    /// Show findings that are waived, too.
    pub verbose: bool,
}

/// Writes the whole report: a paragraph for each socket, the worst first, and how it came out.
pub fn write(out: &mut dyn io::Write, view: &View<'_>) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let groups = grouped(view);
    let mut sockets: HashMap<&SocketName, Option<&Socket>> =
        groups.iter().map(|group| (group.subject, None)).collect();
    if !sockets.is_empty() {
        for socket in &view.report.survey.sockets {
            if let Some(first) = sockets.get_mut(&socket.name) {
                first.get_or_insert(socket);
            }
        }
    }
    let mut told = group::Told::new();
    for Group { subject, findings } in groups {
        let socket = sockets.get(subject).copied().flatten();
        group::write(&mut out, view, socket, &findings, &mut told)?;
        writeln!(out)?;
    }
    places::write(&mut out, &view.report.survey, view.style)?;
    close::figures(&mut out, view)?;
    out.flush()
}

/// Writes the counts for each severity and code, what makes them poorer, and the verdict.
pub fn write_summary(out: &mut dyn io::Write, view: &View<'_>) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    close::by_code(&mut out, view)?;
    places::notes(&mut out, &view.report.survey, view.style)?;
    close::figures(&mut out, view)?;
    out.flush()
}

/// Findings that speak of one name.
struct Group<'a> {
    subject: &'a SocketName,
    findings: Vec<&'a Finding>,
}

/// The findings by subject, in the order of the report: as the worst comes first there, the worst
/// socket comes first here. What is waived moves no socket up. Places that could not be read have
/// a list of their own.
fn grouped<'a>(view: &View<'a>) -> Vec<Group<'a>> {
    let mut places: HashMap<&SocketName, usize> = HashMap::new();
    let mut groups: Vec<Group<'a>> = Vec::new();
    let shown = |finding: &&Finding| finding.code != Code::Unreadable;
    let findings = || view.report.findings.iter().filter(shown);
    let counting = findings().filter(|finding| finding.waived.is_none());
    let waived = findings().filter(|finding| view.verbose && finding.waived.is_some());
    for finding in counting.chain(waived) {
        let subject = &finding.subject;
        let place = *places.entry(subject).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group {
                subject,
                findings: Vec::new(),
            });
        }
        groups[place].findings.push(finding);
    }
    groups
}
