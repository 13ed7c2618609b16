//! A line, an exit status and figures, as monitoring plugins have them
//! (Nagios Plugins Development Guidelines; Monitoring Plugins).
//!
//! A `|` begins the figures wherever it stands, so no name may hold one.

use std::io;

use super::audit::Audit;
use super::escape::{escape, escape_prose};
use super::prometheus::Seconds;
use super::words::count;
use crate::model::{Finding, Severity, Verdict};

/// Bytes that the output has at most; agents cut it somewhere beyond, and some in the middle of a
/// character.
const LONGEST: usize = 4000;
/// Of one line, in characters.
const WIDEST: usize = 300;

/// The state of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Nothing to do.
    Ok,
    /// Findings, of medium severity at most.
    Warning,
    /// Findings of high severity and above.
    Critical,
    /// It could not be told.
    Unknown,
}

impl Service {
    /// What an audit says. What is below the threshold says nothing.
    pub fn of(audit: &Audit<'_>) -> Service {
        match audit.summary.verdict {
            Verdict::Fail => match audit.failing().next() {
                Some(worst) if worst.severity >= Severity::High => Service::Critical,
                _ => Service::Warning,
            },
            Verdict::Incomplete => Service::Unknown,
            Verdict::Empty | Verdict::Pass => Service::Ok,
        }
    }

    /// The exit status that goes with it.
    pub const fn status(self) -> u8 {
        match self {
            Service::Ok => 0,
            Service::Warning => 1,
            Service::Critical => 2,
            Service::Unknown => 3,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Service::Ok => "OK",
            Service::Warning => "WARNING",
            Service::Critical => "CRITICAL",
            Service::Unknown => "UNKNOWN",
        }
    }
}

/// Writes `audit -f nagios`; with `is_long`, a line for each finding that makes it fail and each
/// place that makes it incomplete, as far as there is room.
pub fn audit(out: &mut dyn io::Write, audit: &Audit<'_>, is_long: bool) -> io::Result<()> {
    let state = Service::of(audit).as_str();
    let mut text = format!(
        "SOCKCTL {state} - {} | {}\n",
        sentence(audit),
        figures(audit)
    );
    let lines = if is_long { lines(audit) } else { Vec::new() };
    for (index, line) in lines.iter().enumerate() {
        let left = lines.len() - index;
        let rest = format!("and {left} more: sockctl audit lists them\n");
        if text.len() + line.len() + 1 + rest.len() > LONGEST {
            text += &rest;
            break;
        }
        text += line;
        text.push('\n');
    }
    out.write_all(text.as_bytes())
}

/// Writes why there is no answer.
pub fn unknown(out: &mut dyn io::Write, why: &str) -> io::Result<()> {
    let state = Service::Unknown.as_str();
    writeln!(out, "SOCKCTL {state} - {}", fit(&escape_prose(why)))
}

fn sentence(audit: &Audit<'_>) -> String {
    let (summary, fail_on) = (audit.summary, audit.fail_on);
    let sockets = count(summary.sockets, "socket", "sockets");
    match summary.verdict {
        Verdict::Fail => {
            let findings = count(audit.failing().count(), "finding", "findings");
            let worst = audit.failing().next().map(named).unwrap_or_default();
            let sentence = format!("{findings} at {fail_on} or above in {sockets}: {worst}");
            fit(&sentence)
        }
        Verdict::Incomplete => {
            let places = count(summary.unreadable, "place", "places");
            format!("{places} could not be looked at, {sockets}, nothing at {fail_on} or above")
        }
        Verdict::Empty => "no socket found".to_owned(),
        Verdict::Pass => format!("{sockets}, nothing at {fail_on} or above"),
    }
}

/// `'label'=value;warn;crit;min;max`, all that count with the least that there can be.
fn figures(audit: &Audit<'_>) -> String {
    let summary = audit.summary;
    let mut figures = vec![format!("sockets={};;;0", summary.sockets)];
    for severity in Severity::ALL.into_iter().rev() {
        let number = summary.findings[severity as usize];
        figures.push(format!("{severity}={number};;;0"));
    }
    figures.push(format!("waived={};;;0", summary.waived));
    figures.extend(summary.known.map(|known| format!("known={known};;;0")));
    figures.push(format!("unreadable={};;;0", summary.unreadable));
    figures.push(format!("time={}s;;;0", Seconds(audit.run.duration_ms)));
    figures.join(" ")
}

fn lines(audit: &Audit<'_>) -> Vec<String> {
    let finding = |finding: &Finding| {
        let message = escape_prose(&finding.message);
        fit(&format!(
            "{} {}: {message}",
            finding.severity,
            named(finding)
        ))
    };
    let failing = audit.failing().map(finding);
    let missed = audit.missed().iter().map(|place| {
        let path = escape(place.path.as_os_str().as_encoded_bytes());
        fit(&format!("unreadable {path}: {}", escape_prose(&place.why)))
    });
    failing.chain(missed).collect()
}

/// `mode-too-wide /run/app/a.sock`
fn named(finding: &Finding) -> String {
    format!("{} {}", finding.code, escape(&finding.subject.to_bytes()))
}

/// Without a `|`, and cut where it is too long.
fn fit(text: &str) -> String {
    let mut fitting: String = text.chars().take(WIDEST).collect();
    if fitting.len() < text.len() {
        fitting.push_str("...");
    }
    fitting.replace('|', r"\x7c")
}
