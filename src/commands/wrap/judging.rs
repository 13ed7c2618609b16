//! What an audit says against a socket of a wrapped command, and what of it counts.

use std::num::NonZeroUsize;
use std::path::Path;

use crate::model::{
    ActionKind, Code, FileAcl, Finding, Ownership, Report, Severity, SocketName, Survey,
};
use crate::policy::Policy;
use crate::sys::names::SystemNames;
use crate::wrap::bound::Violation;
use crate::wrap::{Refusal, Status};

use super::super::clock::Stopwatch;
use super::super::{audit, wishes};

/// Holds what was seen against a policy.
pub(super) struct Judging<'a> {
    pub(super) policy: &'a Policy,
    pub(super) names: &'a SystemNames,
}

impl Judging<'_> {
    pub(super) fn judged(&self, survey: Survey) -> Report {
        let today = Stopwatch::start();
        let jobs = Some(NonZeroUsize::MIN);
        audit::judged(self.policy, survey, self.names, today.day(), jobs)
    }

    /// What speaks against the socket of that path, of what is asked for; `mended`: what would be
    /// changed to mend what an audit has found.
    pub(super) fn violations(
        &self,
        path: &Path,
        report: Report,
        asked: impl Fn(Code) -> bool,
        mended: impl FnOnce(&Report) -> Vec<ActionKind>,
    ) -> Vec<Violation> {
        let name = SocketName::Path(path.to_owned());
        let grave = |finding: &&Finding| {
            asked(finding.code)
                && is_grave(finding)
                && finding.waived.is_none()
                && finding.subject == name
        };
        let grave = |report: &Report| -> Vec<Finding> {
            report.findings.iter().filter(grave).cloned().collect()
        };
        let found = grave(&report);
        if found.is_empty() {
            return Vec::new();
        }
        let changed = mended(&report);
        let left = grave(&self.after(report.survey, &changed));
        let violations = found.iter().map(|finding| Violation {
            mends: left.iter().all(|it| it.code != finding.code),
            ..words(finding)
        });
        violations.collect()
    }

    /// What an audit would find if that had been changed as the policy says.
    fn after(&self, mut survey: Survey, changed: &[ActionKind]) -> Report {
        for socket in &mut survey.sockets {
            let expected = audit::expected(self.policy, socket);
            if changed.contains(&ActionKind::Chown)
                && let Some(key) = &expected.owner
            {
                let now = Ownership {
                    uid: socket.uid,
                    gid: socket.gid,
                };
                let owner = wishes::owner(&key.value, now, self.names).unwrap_or(now);
                (socket.uid, socket.gid) = (owner.uid, owner.gid);
            }
            if changed.contains(&ActionKind::Acl) {
                socket.acl = FileAcl::Plain;
            }
            if changed.contains(&ActionKind::Chmod) {
                let mode = socket.mode.and_then(|mode| wishes::mode(&expected, mode));
                socket.mode = mode.or(socket.mode);
            }
        }
        self.judged(survey)
    }
}

/// The refusal of a command for the sake of a socket that it was to get.
pub(super) fn not_started(path: &Path, violations: &[Violation], how: &str) -> Refusal {
    let what: Vec<&str> = violations.iter().map(|it| &*it.what).collect();
    let (path, what) = (path.display(), what.join(", "));
    let why = format_args!("{path}: {what}; the command is not started{how}");
    Refusal::new(Status::Refused, why)
}

/// Whether it says who gets to a socket or to its place. Of sockets that the command gets the
/// rest is as was asked for, or is not known before it runs.
pub(super) fn is_of_access(code: Code) -> bool {
    matches!(
        code,
        Code::WorldConnectable
            | Code::AclGrants
            | Code::AccessUnexpected
            | Code::AccessMissing
            | Code::PathReplaceable
    )
}

/// A server to which those do not get for whom it is there is not ready, unless a rule says that
/// this does not matter much.
fn is_grave(finding: &Finding) -> bool {
    let least = match finding.code {
        Code::AccessMissing => Severity::Medium,
        _ => Severity::High,
    };
    finding.severity >= least
}

fn words(finding: &Finding) -> Violation {
    let Finding {
        code,
        severity,
        message,
        ..
    } = finding;
    let rule = [
        finding.rule.clone(),
        finding.source.as_ref().map(ToString::to_string),
    ];
    let rule: Vec<String> = rule.into_iter().flatten().collect();
    let rule = match rule.as_slice() {
        [] => String::new(),
        rule => format!(" ({})", rule.join(", ")),
    };
    Violation {
        what: format!("{code}, {severity}: {message}{rule}"),
        fix: finding.fix.clone(),
        mends: false,
    }
}
