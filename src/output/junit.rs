//! JUnit's XML, as CI servers read it.
//!
//! A case is a socket, or another name of which a finding speaks: it stays the same case when it
//! is mended, and turns green. A suite is a place where the audit began.

mod case;

use std::io::{self, Write};

use super::audit::Audit;
use super::escape::escape;
use super::prometheus::Seconds;
use crate::model::{SocketName, Verdict};
use case::{Case, Outcome};

/// Writes `audit -f junit`.
pub fn audit(out: &mut dyn Write, audit: &Audit<'_>) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let suites = suites(audit);
    let all: Vec<&Case<'_>> = suites.iter().flat_map(|suite| &suite.cases).collect();
    let seconds = Seconds(audit.run.duration_ms);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="sockctl audit" {} time="{seconds}">"#,
        counts(all.iter().copied())
    )?;
    for suite in &suites {
        write_suite(&mut out, audit, suite)?;
    }
    writeln!(out, "</testsuites>")?;
    out.flush()
}

struct Suite<'a> {
    name: String,
    cases: Vec<Case<'a>>,
}

/// One for each root, in their order, then what lies below none; none of them without a case.
fn suites<'a>(audit: &Audit<'a>) -> Vec<Suite<'a>> {
    let roots = &audit.report.survey.roots;
    let mut suites: Vec<Suite<'a>> = Vec::with_capacity(roots.len() + 2);
    for root in roots {
        suites.push(Suite {
            name: escape(root.given.as_os_str().as_encoded_bytes()).into_owned(),
            cases: Vec::new(),
        });
    }
    for name in ["abstract names", "elsewhere"] {
        suites.push(Suite {
            name: name.to_owned(),
            cases: Vec::new(),
        });
    }
    for case in case::cases(audit) {
        let index = match &case.subject {
            SocketName::Abstract(_) => roots.len(),
            SocketName::Path(path) => {
                let around = |index: &usize| path.starts_with(&roots[*index].given);
                let depth = |index: &usize| roots[*index].given.components().count();
                let deepest = (0..roots.len()).filter(around).max_by_key(depth);
                deepest.unwrap_or(roots.len() + 1)
            }
        };
        suites[index].cases.push(case);
    }
    suites.retain(|suite| !suite.cases.is_empty());
    if audit.summary.verdict == Verdict::Empty {
        // A report without a case would pass for one in which all is well.
        suites.push(Suite {
            name: "sockets".to_owned(),
            cases: vec![Case::of_nothing()],
        });
    }
    suites
}

fn write_suite(out: &mut impl Write, audit: &Audit<'_>, suite: &Suite<'_>) -> io::Result<()> {
    // Readers take no time zone here; it is UTC.
    let time = audit.run.time.trim_end_matches('Z');
    writeln!(
        out,
        r#"  <testsuite name="{}" hostname="{}" timestamp="{time}" {} time="0">"#,
        quoted(&suite.name),
        quoted(&escape(audit.run.host.as_bytes())),
        counts(suite.cases.iter())
    )?;
    writeln!(out, "    <properties>")?;
    let known = audit.summary.known.map(|known| known.to_string());
    for (name, value) in [
        ("verdict", Some(audit.summary.verdict.as_str())),
        ("fail-on", Some(audit.fail_on.as_str())),
        ("known", known.as_deref()),
    ] {
        if let Some(value) = value {
            writeln!(out, r#"      <property name="{name}" value="{value}"/>"#)?;
        }
    }
    writeln!(out, "    </properties>")?;
    let class = quoted(&suite.name);
    for case in &suite.cases {
        write_case(out, &class, case)?;
    }
    writeln!(out, "  </testsuite>")
}

fn write_case(out: &mut impl Write, class: &str, case: &Case<'_>) -> io::Result<()> {
    let name = quoted(&case.name());
    write!(
        out,
        r#"    <testcase classname="{class}" name="{name}" time="0""#
    )?;
    let (outcome, asides) = (case.outcome(), case.asides());
    if matches!(outcome, Outcome::Passed) && asides.is_empty() {
        return writeln!(out, "/>");
    }
    writeln!(out, ">")?;
    match outcome {
        Outcome::Passed => {}
        Outcome::Skipped(why) => writeln!(out, r#"      <skipped message="{}"/>"#, quoted(&why))?,
        Outcome::Failed {
            kind,
            message,
            text,
        } => {
            let (kind, message, text) = (quoted(kind), quoted(&message), quoted(&text));
            writeln!(
                out,
                r#"      <failure type="{kind}" message="{message}">{text}</failure>"#
            )?;
        }
        Outcome::Unknown(why) => {
            let message = quoted(&why);
            writeln!(
                out,
                r#"      <error type="unreadable" message="{message}">{message}</error>"#
            )?;
        }
    }
    if !asides.is_empty() {
        writeln!(
            out,
            "      <system-out>{}</system-out>",
            quoted(&asides.join("\n"))
        )?;
    }
    writeln!(out, "    </testcase>")
}

/// The attributes with the figures.
fn counts<'c, 'a: 'c>(cases: impl Iterator<Item = &'c Case<'a>>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.outcome() {
            Outcome::Passed => {}
            Outcome::Failed { .. } => failures += 1,
            Outcome::Unknown(_) => errors += 1,
            Outcome::Skipped(_) => skipped += 1,
        }
    }
    format!(r#"tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}""#)
}

/// Text in which nothing is markup. It has been escaped for people before, so that there is no
/// character in it that XML 1.0 does not have (section 2.2).
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => quoted.push_str("&amp;"),
            '<' => quoted.push_str("&lt;"),
            '>' => quoted.push_str("&gt;"),
            '"' => quoted.push_str("&quot;"),
            '\'' => quoted.push_str("&apos;"),
            _ => quoted.push(character),
        }
    }
    quoted
}
