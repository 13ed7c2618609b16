//! Metrics in the text format of Prometheus, for a textfile collector.
//!
//! No name of the host is a label: the number of series does not depend on what there is, nor on
//! what strangers call it. What is there to be counted is there with a 0 too, so that an alert ends
//! when its cause does.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io;

use jiff::Timestamp;

use super::audit::Audit;
use crate::model::{Code, Severity, State, Verdict};

/// Writes `audit -f prometheus`, in one piece.
pub fn audit(out: &mut dyn io::Write, audit: &Audit<'_>) -> io::Result<()> {
    let mut text = String::new();
    metrics(&mut text, audit).map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn metrics(text: &mut String, audit: &Audit<'_>) -> fmt::Result {
    let (summary, survey) = (audit.summary, &audit.report.survey);
    describe(text, "build_info", "The version of sockctl that ran.")?;
    let version = env!("CARGO_PKG_VERSION");
    writeln!(text, "sockctl_build_info{{version=\"{version}\"}} 1")?;

    let name = "audit_sockets";
    describe(text, name, "Sockets that were looked at, by state.")?;
    for state in State::ALL {
        let of_state = survey.sockets.iter().filter(|socket| socket.state == state);
        let number = of_state.count();
        writeln!(text, "sockctl_{name}{{state=\"{state}\"}} {number}")?;
    }
    findings(text, audit)?;
    for (name, number, help) in [
        (
            "audit_waived_findings",
            Some(summary.waived),
            "Findings that a waiver covers.",
        ),
        (
            "audit_known_findings",
            summary.known,
            "Findings that the baseline has too.",
        ),
        (
            "audit_unmatched_sockets",
            Some(summary.unmatched),
            "Sockets of which no rule speaks.",
        ),
        (
            "audit_unreadable_places",
            Some(summary.unreadable),
            "Places that could not be looked at.",
        ),
        (
            "audit_skipped_places",
            Some(survey.skipped.len()),
            "Places that were left out on purpose.",
        ),
    ] {
        if let Some(number) = number {
            gauge(text, name, help, number)?;
        }
    }
    let name = "audit_verdict";
    describe(
        text,
        name,
        "How the audit came out: 1 for the verdict that holds.",
    )?;
    for verdict in Verdict::ALL {
        let word = verdict.as_str();
        let holds = u8::from(summary.verdict == verdict);
        writeln!(text, "sockctl_{name}{{verdict=\"{word}\"}} {holds}")?;
    }
    let seconds = Seconds(audit.run.duration_ms);
    gauge(
        text,
        "audit_duration_seconds",
        "How long the audit took.",
        seconds,
    )?;
    if let Ok(began) = audit.run.time.parse::<Timestamp>() {
        let help = "When the audit began, in seconds since 1970.";
        gauge(
            text,
            "audit_last_run_timestamp_seconds",
            help,
            began.as_second(),
        )?;
    }
    Ok(())
}

/// One series for each code at its own severity, and for others at which there is something.
fn findings(text: &mut String, audit: &Audit<'_>) -> fmt::Result {
    let name = "audit_findings";
    describe(
        text,
        name,
        "Findings that neither a waiver nor the baseline covers.",
    )?;
    let mut series: BTreeMap<(Code, Severity), usize> = Code::ALL
        .iter()
        .map(|&code| ((code, code.default_severity()), 0))
        .collect();
    for (severity, code, number) in audit.report.counts() {
        series.insert((code, severity), number);
    }
    for ((code, severity), number) in series {
        let labels = format_args!("code=\"{code}\",severity=\"{severity}\"");
        writeln!(text, "sockctl_{name}{{{labels}}} {number}")?;
    }
    Ok(())
}

fn gauge(text: &mut String, name: &str, help: &str, value: impl fmt::Display) -> fmt::Result {
    describe(text, name, help)?;
    writeln!(text, "sockctl_{name} {value}")
}

fn describe(text: &mut String, name: &str, help: &str) -> fmt::Result {
    writeln!(text, "# HELP sockctl_{name} {help}")?;
    writeln!(text, "# TYPE sockctl_{name} gauge")
}

/// Milliseconds, shown as seconds.
pub(super) struct Seconds(pub(super) u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}
