//! # What it says
//!
//! A waiver covers no finding of this audit. It is judged where the audit saw everything that the
//! waiver could cover.
//!
//! # Why it matters
//!
//! What it was written for has been mended or has gone, and the next socket at that path would be
//! waived without anybody having decided so. Or its glob has a typing error.
//!
//! # Example
//!
//! ```console
//! /run/legacy.sock
//!   info  waiver-unused  nothing needs the waiver for stale: ticket 4711
//! ```
//!
//! # How to mend it
//!
//! Delete the waiver, or correct its paths.
//!
//! # References
//!
//! - sockctl(1), waivers of a policy

use crate::judge::case::{Check, Judge, Waiving, plain};
use crate::judge::reach;
use crate::model::{Code, Finding};

pub(super) const CHECK: Check = Check {
    code: Code::WaiverUnused,
    judge: Judge::Waiver(judge),
};

fn judge(waiving: &Waiving<'_>, findings: &mut Vec<Finding>) {
    let waiver = waiving.waiver;
    if waiving.used || waiving.expired {
        return;
    }
    let sees = |pattern| reach::saw_all_of(pattern, waiving.survey);
    let Some(first) = waiver
        .paths
        .first()
        .filter(|_| waiver.paths.iter().all(sees))
    else {
        return;
    };
    let message = format!(
        "nothing needs the waiver for {}: {}",
        waiver.finding, waiver.reason
    );
    findings.push(Finding {
        source: Some(waiver.place.clone()),
        ..plain(CHECK.code, reach::subject(first), message)
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::Fixture;
    use crate::model::{SkipReason, Skipped};

    #[test]
    fn nothing_needs_it() {
        let found = Fixture::new()
            .waiver("stale", "/run/*.sock", None)
            .only("waiver-unused");
        assert_eq!(
            found.message,
            "nothing needs the waiver for stale: ticket 4711"
        );
        Fixture::too_wide()
            .waiver("mode-too-wide", "/run/app/*", None)
            .exactly(&[]);
    }

    #[test]
    fn only_where_all_of_it_was_seen() {
        Fixture::new().waiver("stale", "/srv/*", None).nothing();
        Fixture::new().waiver("stale", "@name", None).nothing();
        let skipped = Fixture::new().survey(|survey| {
            survey.skipped.push(Skipped {
                path: "/run/mount".into(),
                reason: SkipReason::OtherFileSystem,
            });
        });
        skipped.waiver("stale", "/run/**", None).nothing();
    }
}
