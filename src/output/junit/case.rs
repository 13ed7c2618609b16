//! What is a case, and how it came out.

use std::collections::HashMap;

use crate::model::{Code, Finding, Severity, SocketName, Waived};
use crate::output::audit::Audit;
use crate::output::escape::{escape, escape_prose};
use crate::output::words::count;

/// A name, and all that is said of it.
pub(super) struct Case<'a> {
    pub(super) subject: SocketName,
    findings: Vec<&'a Finding>,
    fail_on: Severity,
    /// What there is instead of an answer.
    instead: Option<Outcome>,
}

/// How it came out.
#[derive(Clone)]
pub(super) enum Outcome {
    Passed,
    /// Somebody decided so, and why.
    Skipped(String),
    Failed {
        /// The code of the worst finding.
        kind: &'static str,
        message: String,
        text: String,
    },
    /// It could not be looked at.
    Unknown(String),
}

/// Every socket, then what else findings speak of, then places that could not be looked at.
pub(super) fn cases<'a>(audit: &Audit<'a>) -> Vec<Case<'a>> {
    let (report, fail_on) = (audit.report, audit.fail_on);
    let mut cases = Vec::new();
    let mut places: HashMap<&'a SocketName, usize> = HashMap::new();
    let sockets = report
        .survey
        .sockets
        .iter()
        .map(|socket| (&socket.name, None));
    // They come as places, too, whatever a waiver or the baseline says.
    let told = |finding: &&Finding| finding.code != Code::Unreadable;
    let findings = report.findings.iter().filter(told);
    let findings = findings.map(|finding| (&finding.subject, Some(finding)));
    for (subject, finding) in sockets.chain(findings) {
        let place = *places.entry(subject).or_insert(cases.len());
        if place == cases.len() {
            cases.push(Case {
                subject: subject.clone(),
                findings: Vec::new(),
                fail_on,
                instead: None,
            });
        }
        cases[place].findings.extend(finding);
    }
    cases.extend(report.survey.unreadable.iter().map(|place| {
        let why = escape_prose(&place.why);
        Case {
            subject: SocketName::Path(place.path.clone()),
            findings: Vec::new(),
            fail_on,
            instead: Some(if audit.allow_unreadable {
                Outcome::Skipped(why)
            } else {
                Outcome::Unknown(why)
            }),
        }
    }));
    cases
}

impl Case<'_> {
    /// For a report that has no other.
    pub(super) fn of_nothing() -> Self {
        Case {
            subject: SocketName::Path("any".into()),
            findings: Vec::new(),
            fail_on: Severity::Info,
            instead: Some(Outcome::Skipped("no socket found".to_owned())),
        }
    }

    pub(super) fn name(&self) -> String {
        escape(&self.subject.to_bytes()).into_owned()
    }

    pub(super) fn outcome(&self) -> Outcome {
        if let Some(instead) = &self.instead {
            return instead.clone();
        }
        let (failing, _) = self.sorted();
        if let Some(worst) = failing.first() {
            let message = match failing.len() {
                1 => escape_prose(&worst.message),
                more => {
                    let codes: Vec<&str> = failing.iter().map(|it| it.code.as_str()).collect();
                    format!(
                        "{}: {}",
                        count(more, "finding", "findings"),
                        codes.join(", ")
                    )
                }
            };
            let text: Vec<String> = failing.iter().map(|finding| told(finding)).collect();
            return Outcome::Failed {
                kind: worst.code.as_str(),
                message,
                text: text.join("\n"),
            };
        }
        let serious = self
            .findings
            .iter()
            .filter(|it| it.severity >= self.fail_on);
        match serious.clone().find_map(|it| it.waived.as_ref()) {
            Some(waived) => Outcome::Skipped(waiver(waived)),
            None => Outcome::Passed,
        }
    }

    /// What does not make it fail, a line each.
    pub(super) fn asides(&self) -> Vec<String> {
        let (_, others) = self.sorted();
        others.into_iter().map(told).collect()
    }

    /// What makes it fail, the worst first, and the rest.
    fn sorted(&self) -> (Vec<&Finding>, Vec<&Finding>) {
        let fails = |it: &&Finding| it.waived.is_none() && it.severity >= self.fail_on;
        self.findings.iter().copied().partition(fails)
    }
}

/// `high mode-too-wide: 0777 is wider than 0660`, then the rule and the line to paste.
fn told(finding: &Finding) -> String {
    let (severity, code) = (finding.severity, finding.code);
    let mut text = format!("{severity} {code}: {}", escape_prose(&finding.message));
    let source = finding.source.as_ref().map(ToString::to_string);
    match (&finding.rule, source) {
        (Some(rule), Some(source)) => text += &escape_prose(&format!("; rule {rule} ({source})")),
        (Some(rule), None) => text += &escape_prose(&format!("; rule {rule}")),
        (None, Some(source)) => text += &escape_prose(&format!("; {source}")),
        (None, None) => {}
    }
    if let Some(because) = &finding.because {
        text = format!("{text}: {}", escape_prose(because));
    }
    if let Some(waived) = &finding.waived {
        return format!("{text}; {}", waiver(waived));
    }
    match &finding.fix {
        // It is quoted for the shell, and shows nothing that acts.
        Some(fix) => format!("{text}\n  try: {fix}"),
        None => text,
    }
}

fn waiver(waived: &Waived) -> String {
    let until = waived.until.as_ref();
    let until = until
        .map(|until| format!(" until {until}"))
        .unwrap_or_default();
    escape_prose(&format!(
        "waived{until} ({}): {}",
        waived.source, waived.reason
    ))
}
