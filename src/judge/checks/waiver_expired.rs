//! # What it says
//!
//! The last day of a waiver (`until`, in UTC, included) is over. It waives nothing any more, so what
//! it covered counts again. It is judged where the waiver's paths can lie below the audited
//! directories.
//!
//! # Why it matters
//!
//! Somebody decided to live with a finding until that day. Either it has been mended, and the waiver
//! can go, or the decision has to be taken again. A waiver that goes on for ever is a hole that
//! everybody has forgotten.
//!
//! # Example
//!
//! ```console
//! /run/legacy.sock
//!   medium  waiver-expired  the waiver for stale ended on 2026-03-01: ticket 9
//! ```
//!
//! # How to mend it
//!
//! Mend what it covered and delete the waiver, or give it a new `until` with a reason that still holds.
//!
//! # References
//!
//! - sockctl(1), waivers of a policy

use crate::judge::case::{Check, Judge, Waiving, plain};
use crate::judge::reach;
use crate::model::{Code, Finding};

pub(super) const CHECK: Check = Check {
    code: Code::WaiverExpired,
    judge: Judge::Waiver(judge),
};

fn judge(waiving: &Waiving<'_>, findings: &mut Vec<Finding>) {
    let waiver = waiving.waiver;
    let (true, Some(until)) = (waiving.expired, &waiver.until) else {
        return;
    };
    let concerns = |pattern: &&crate::model::Pattern| {
        reach::is_abstract(pattern) || reach::may_reach(pattern, waiving.survey)
    };
    let Some(pattern) = waiver.paths.iter().find(concerns) else {
        return;
    };
    let message = format!(
        "the waiver for {} ended on {until}: {}",
        waiver.finding, waiver.reason
    );
    findings.push(Finding {
        actual: Some(until.clone()),
        source: Some(waiver.place.clone()),
        ..plain(CHECK.code, reach::subject(pattern), message)
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::Fixture;
    use crate::model::Severity;

    fn wide() -> Fixture {
        Fixture::too_wide()
    }

    #[test]
    fn its_last_day_counts_and_the_next_does_not() {
        wide()
            .waiver("mode-too-wide", "/run/app/*", Some("2026-06-15"))
            .exactly(&[]);
        let expired = wide().waiver("mode-too-wide", "/run/app/*", Some("2026-06-14"));
        expired.exactly(&["mode-too-wide", "waiver-expired"]);
    }

    #[test]
    fn it_is_said_where_the_audit_looked() {
        let expired = |path: &str| Fixture::new().waiver("stale", path, Some("2020-01-01"));
        let found = expired("/run/legacy.sock").only("waiver-expired");
        assert_eq!(found.severity, Severity::Medium);
        assert_eq!(
            found.message,
            "the waiver for stale ended on 2020-01-01: ticket 4711"
        );
        assert_eq!(found.source.unwrap().to_string(), "test.yaml:9");
        expired("/srv/legacy.sock").nothing();
        expired("@legacy").only("waiver-expired");
    }
}
