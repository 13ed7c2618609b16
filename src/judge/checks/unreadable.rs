//! # What it says
//!
//! A place that should have been looked at could not be. Sockets there, if there are any, have
//! not been judged.
//!
//! # Why it matters
//!
//! An unreadable place is never fine: what is in it is not known. The audit ends with status 3
//! (unless `--allow-unreadable` is given), so that nobody takes it for a pass.
//!
//! # Example
//!
//! ```console
//! /run/app
//!   info  unreadable  cannot open the directory: Permission denied (EACCES)
//! ```
//!
//! # How to mend it
//!
//! Run the audit as root. If the place is not meant to be looked at, leave it out with `--exclude`.
//!
//! # References
//!
//! - open(2), path_resolution(7)

use crate::judge::case::{Check, Judge, Whole, plain};
use crate::model::{Code, Finding, SocketName};

pub(super) const CHECK: Check = Check {
    code: Code::Unreadable,
    judge: Judge::Audit(judge),
};

fn judge(whole: &Whole<'_>, findings: &mut Vec<Finding>) {
    findings.extend(whole.survey.unreadable.iter().map(|place| {
        plain(
            CHECK.code,
            SocketName::Path(place.path.clone()),
            place.why.clone(),
        )
    }));
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::Fixture;
    use crate::model::{SocketName, Unreadable};

    #[test]
    fn each_place_is_said() {
        let blind = Fixture::new().survey(|survey| {
            survey.unreadable.push(Unreadable {
                path: "/run/secret".into(),
                why: "cannot open the directory: Permission denied (EACCES)".to_owned(),
            });
        });
        let found = blind.only("unreadable");
        assert_eq!(found.subject, SocketName::Path("/run/secret".into()));
        assert_eq!(
            found.message,
            "cannot open the directory: Permission denied (EACCES)"
        );
        Fixture::new().nothing();
    }
}
