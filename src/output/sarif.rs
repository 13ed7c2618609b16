//! SARIF 2.1.0 (OASIS), with what GitHub's code scanning wants of it.
//!
//! A name of the host stands where SARIF has a place for it, and as bytes in percent-encoding; in
//! sentences it is escaped as it is for people.

mod location;
mod rule;
mod text;

use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use super::audit::Audit;
use super::json::write_pretty;
use super::words::skip_reason;
use crate::model::{Code, Finding, Place, Severity, Verdict, Waived};
use location::{BASE, Location, base, uri_of};
use rule::Rule;
use text::Text;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Gives the published page of a code, Markdown.
pub type Pages<'a> = &'a dyn Fn(Code) -> &'static str;

/// Writes `audit -f sarif`. `exit` is the status that the run ends with.
pub fn audit(
    out: &mut dyn io::Write,
    audit: &Audit<'_>,
    pages: Pages<'_>,
    exit: u8,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let document = Document {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run::new(audit, pages, exit)],
    };
    write_pretty(&mut out, &document)?;
    io::Write::write_all(&mut out, b"\n")?;
    io::Write::flush(&mut out)
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    automation_details: Value,
    invocations: [Invocation<'a>; 1],
    original_uri_base_ids: Value,
    column_kind: &'static str,
    results: Vec<Outcome<'a>>,
    properties: Value,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

impl<'a> Run<'a> {
    fn new(audit: &Audit<'a>, pages: Pages<'_>, exit: u8) -> Run<'a> {
        let codes = Code::ALL.to_vec();
        let rules = codes.iter().map(|&code| Rule::new(code, pages(code)));
        let version = env!("CARGO_PKG_VERSION");
        let (report, summary) = (audit.report, audit.summary);
        let is_new = report.known.is_some();
        let host = text::shown(audit.run.host.as_bytes());
        Run {
            tool: Tool {
                driver: Driver {
                    name: "sockctl",
                    version,
                    semantic_version: version,
                    rules: rules.collect(),
                },
            },
            // What stands before the last slash keeps the runs of one host apart from others'.
            automation_details: json!({ "id": format!("sockctl-audit/{host}/") }),
            invocations: [Invocation::new(audit, exit)],
            original_uri_base_ids: json!({ BASE: base() }),
            column_kind: "utf16CodeUnits",
            results: report
                .findings
                .iter()
                .map(|finding| Outcome::new(finding, &codes, is_new))
                .collect(),
            properties: json!({
                "sockets": summary.sockets,
                "verdict": summary.verdict.as_str(),
                "failOn": audit.fail_on,
                "waived": summary.waived,
                "known": summary.known,
                "unreadable": summary.unreadable,
                "durationMs": audit.run.duration_ms,
            }),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    exit_code: u8,
    exit_code_description: &'static str,
    start_time_utc: &'a str,
    machine: String,
    tool_execution_notifications: Vec<Notification>,
}

impl<'a> Invocation<'a> {
    fn new(audit: &Audit<'a>, exit: u8) -> Invocation<'a> {
        Invocation {
            execution_successful: audit.summary.verdict != Verdict::Incomplete,
            exit_code: exit,
            exit_code_description: audit.summary.verdict.as_str(),
            start_time_utc: &audit.run.time,
            machine: text::shown(audit.run.host.as_bytes()),
            tool_execution_notifications: notifications(audit),
        }
    }
}

/// What was not looked at, and what makes the answers poorer.
fn notifications(audit: &Audit<'_>) -> Vec<Notification> {
    let survey = &audit.report.survey;
    let unreadable = survey.unreadable.iter().map(|place| Notification {
        level: if audit.allow_unreadable {
            "note"
        } else {
            "error"
        },
        message: Text::plain(&place.why),
        locations: vec![Location::of_path(&place.path)],
    });
    let skipped = survey.skipped.iter().map(|place| Notification {
        level: "note",
        message: Text::plain(&format!("skipped: {}", skip_reason(&place.reason))),
        locations: vec![Location::of_path(&place.path)],
    });
    let notes = survey.notes.iter().map(|note| Notification {
        level: "warning",
        message: Text::plain(note),
        locations: Vec::new(),
    });
    let nothing = (audit.summary.sockets == 0).then(|| Notification {
        level: "warning",
        message: Text::plain("no socket found: there was nothing to judge"),
        locations: Vec::new(),
    });
    unreadable
        .chain(skipped)
        .chain(notes)
        .chain(nothing)
        .collect()
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

/// What SARIF calls a result.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    suppressions: Vec<Suppression>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
struct Properties<'a> {
    severity: Severity,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<&'static str>,
    actual: Option<&'a str>,
    expected: Option<&'a str>,
    rule: Option<&'a str>,
    because: Option<&'a str>,
    fix: Option<&'a str>,
}

impl<'a> Outcome<'a> {
    fn new(finding: &'a Finding, codes: &[Code], is_new: bool) -> Outcome<'a> {
        let mut message = finding.message.clone();
        // A line to paste is no good where anything in it is written otherwise.
        if let Some(fix) = finding.fix.as_ref().filter(|fix| text::prose(fix) == **fix) {
            message = format!("{message}; try: {fix}");
        }
        let source = finding.source.as_ref();
        let related = source.and_then(|place| said_at(place, "the rule"));
        let fingerprint = fingerprint(finding);
        Outcome {
            rule_id: finding.code,
            rule_index: codes.iter().position(|&code| code == finding.code),
            level: rule::level(finding.severity),
            message: Text::plain(&message),
            locations: [Location::of_name(&finding.subject)],
            related_locations: related.into_iter().collect(),
            partial_fingerprints: json!({
                "sockctl/v1": fingerprint,
                // The only one that GitHub goes by; it can be any text.
                "primaryLocationLineHash": fingerprint,
            }),
            // What is waived was not compared.
            baseline_state: (is_new && finding.waived.is_none()).then_some("new"),
            suppressions: finding.waived.iter().map(Suppression::new).collect(),
            properties: Properties {
                severity: finding.severity,
                security_severity: rule::security_severity(finding.code, finding.severity),
                actual: finding.actual.as_deref(),
                expected: finding.expected.as_deref(),
                rule: finding.rule.as_deref(),
                because: finding.because.as_deref(),
                fix: finding.fix.as_deref(),
            },
        }
    }
}

/// The same for the same fault from run to run, whatever else changes, and for no other: not a
/// hash, for which somebody could find a second name.
fn fingerprint(finding: &Finding) -> String {
    let subject = uri_of(&finding.subject.to_bytes());
    let rule = finding.rule.as_deref().unwrap_or_default();
    format!("{}:{subject}:{}", finding.code, uri_of(rule.as_bytes()))
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
}

impl Suppression {
    fn new(waived: &Waived) -> Suppression {
        let until = waived.until.as_ref();
        let until = until
            .map(|until| format!(" (until {until})"))
            .unwrap_or_default();
        Suppression {
            kind: "external",
            status: "accepted",
            justification: text::prose(&format!("{}{until}", waived.reason)),
            location: said_at(&waived.source, "the waiver"),
        }
    }
}

/// A line of a policy; what is inside the program is in no file.
fn said_at(place: &Place, what: &str) -> Option<Location> {
    let is_inside = place.file.starts_with("builtin:");
    (!is_inside).then(|| Location::of_line(place, what))
}
