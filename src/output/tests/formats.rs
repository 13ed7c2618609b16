use crate::model::{Code, Report, Severity, Summary};
use crate::output::audit::Audit;
use crate::output::fixture::{empty, report, run};
use crate::output::nagios::Service;
use crate::output::{junit, nagios, prometheus, sarif};

use super::text;

/// The report, after a comparison with a baseline that knew three findings more.
fn compared() -> Report {
    Report {
        known: Some(3),
        ..report()
    }
}

fn with<T>(report: &Report, fail_on: Severity, each: impl FnOnce(&Audit<'_>) -> T) -> T {
    let (run, allow_unreadable) = (run(), false);
    let summary: Summary = report.summary(fail_on, allow_unreadable);
    each(&Audit {
        run: &run,
        report,
        summary: &summary,
        fail_on,
        allow_unreadable,
    })
}

fn medium<T>(report: &Report, each: impl FnOnce(&Audit<'_>) -> T) -> T {
    with(report, Severity::Medium, each)
}

#[test]
fn audit_as_sarif() {
    let page = |code: Code| match code {
        Code::Stale => "# What it says\n\nNothing.\n",
        _ => "# What it says\n\nSomething.\n",
    };
    let text = medium(&compared(), |it| {
        text(|out| sarif::audit(out, it, &page, 1))
    });
    insta::assert_snapshot!(text);
}

#[test]
fn audit_as_junit() {
    insta::assert_snapshot!(medium(&report(), |it| text(|out| junit::audit(out, it))));
}

#[test]
fn audit_as_metrics() {
    insta::assert_snapshot!(medium(&compared(), |it| text(|out| prometheus::audit(
        out, it
    ))));
}

#[test]
fn audit_as_a_plugin() {
    let said = |report: &Report| medium(report, |it| text(|out| nagios::audit(out, it, true)));
    let mut incomplete = report();
    incomplete.findings.clear();
    let unknown = text(|out| nagios::unknown(out, "a | and\na line\u{1b}"));
    let all = [
        said(&compared()),
        said(&incomplete),
        said(&empty()),
        unknown,
    ];
    insta::assert_snapshot!(all.join("---\n"));
}

#[test]
fn what_a_plugin_ends_with() {
    let of = |report: &Report, fail_on| with(report, fail_on, Service::of).status();
    let mut report = report();
    assert_eq!(of(&report, Severity::Info), 2);
    assert_eq!(of(&report, Severity::Critical), 2);
    report.findings.retain(|it| it.severity <= Severity::Medium);
    assert_eq!(of(&report, Severity::Info), 1);
    assert_eq!(of(&report, Severity::Medium), 1);
    assert_eq!(of(&report, Severity::High), 3);
    report.survey.unreadable.clear();
    assert_eq!(of(&report, Severity::High), 0);
    assert_eq!(of(&empty(), Severity::Info), 0);
}
