//! What is left when all of a plan is done, and why.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::cli::{Apply, Aspect};
use crate::model::{Action, ActionKind, Code, Finding, Outcome, Report};
use crate::policy::builtin;

/// The report without what it says of files that are to be removed.
pub(super) fn without_removed(mut report: Report, actions: &[Action]) -> Report {
    let removed: HashSet<&Path> = actions
        .iter()
        .filter(|it| it.kind == ActionKind::Remove && it.outcome == Outcome::Planned)
        .map(|action| action.path.as_path())
        .collect();
    let stays = |finding: &Finding| {
        !finding
            .subject
            .as_path()
            .is_some_and(|it| removed.contains(it))
    };
    report.findings.retain(stays);
    report
}

/// Adds notes on findings that are left because nobody asked for them to be mended.
pub(super) fn explain(report: &mut Report, arguments: &Apply) {
    let (mut of_builtin, mut others) = (0, BTreeMap::new());
    for finding in report.findings.iter().filter(|it| it.waived.is_none()) {
        match aspect_of(finding.code) {
            Some(_) if is_builtin(finding) && !arguments.builtin_too => of_builtin += 1,
            Some(aspect) if !arguments.mends(aspect) => {
                *others.entry(aspect.as_str()).or_insert(0) += 1;
            }
            _ => {}
        }
    }
    if of_builtin > 0 {
        report.survey.notes.push(format!(
            "{of_builtin} of the findings left are of rules inside the program, which are acted \
             upon with --builtin-too only"
        ));
    }
    for (aspect, number) in others {
        report.survey.notes.push(format!(
            "{number} of the findings left would be for --only {aspect}, which was not asked for"
        ));
    }
}

fn is_builtin(finding: &Finding) -> bool {
    let source = finding.source.as_ref();
    source.is_some_and(|place| place.file.starts_with(builtin::PREFIX))
}

/// What mends it, if anything here does.
fn aspect_of(code: Code) -> Option<Aspect> {
    match code {
        Code::ModeTooWide | Code::ModeMismatch => Some(Aspect::Mode),
        Code::OwnerMismatch | Code::GroupMismatch => Some(Aspect::Owner),
        Code::AclGrants => Some(Aspect::Acl),
        Code::Stale => Some(Aspect::Stale),
        _ => None,
    }
}
