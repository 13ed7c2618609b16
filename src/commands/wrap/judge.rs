//! Holds the sockets of a wrapped command against the policy.

use std::num::NonZeroUsize;

use crate::change::own::Own;
use crate::judge;
use crate::model::{Action, Finding, Outcome, Report, Severity, SocketName};
use crate::observe::{self, walk};
use crate::policy::Policy;
use crate::sys::names::SystemNames;
use crate::wrap::bound::{Judge, Violation};
use crate::wrap::{Refusal, Status};

use super::super::clock::Stopwatch;
use super::super::context::Context;
use super::super::mend::Mender;
use super::super::{audit, policies};
use crate::cli::Aspect;

/// Reads the policy when there is a socket to be judged, and forgets it when there will be none
/// for a while.
pub(super) struct PolicyJudge<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) names: &'a SystemNames,
    /// What was read already.
    pub(super) policy: Option<Policy>,
}

impl PolicyJudge<'_> {
    fn policy(&mut self) -> Result<&Policy, Refusal> {
        let policy = match self.policy.take() {
            Some(policy) => policy,
            None => policies::load(self.context)
                .map_err(|error| Refusal::new(Status::Config, format_args!("{error:#}")))?,
        };
        Ok(self.policy.insert(policy))
    }

    /// What an audit of the path finds, where it still leads to that file.
    fn audit(&mut self, own: &Own) -> Result<Option<Report>, Refusal> {
        let names = self.names;
        let policy = self.policy()?;
        let roots = [own.path().to_owned()];
        let needs = policy.needs();
        let request = observe::Request {
            walk: walk::Request {
                roots: &roots,
                defaults: false,
                one_file_system: false,
                exclude: &[],
                jobs: Some(NonZeroUsize::MIN),
                parents: needs.parent,
            },
            abstract_names: false,
            all_netns: false,
            beyond_roots: false,
            holders: false,
            jobs: Some(NonZeroUsize::MIN),
        };
        let mut survey = observe::survey(&request, &walk::Progress::default());
        survey.sockets.retain(|it| it.inode == Some(own.inode()));
        let Some(socket) = survey.sockets.first_mut() else {
            return Ok(None);
        };
        if judge::asks_for_listener(&audit::expected(policy, socket)) {
            let note = observe::name_holders([socket], Some(NonZeroUsize::MIN));
            survey.notes.extend(note);
        }
        let today = Stopwatch::start();
        Ok(Some(audit::judged(policy, survey, names, today.day())))
    }
}

impl Judge for PolicyJudge<'_> {
    fn judge(&mut self, own: &Own) -> Result<Vec<Violation>, Refusal> {
        let Some(report) = self.audit(own)? else {
            return Ok(Vec::new());
        };
        let name = SocketName::Path(own.path().to_owned());
        let grave = |finding: &&Finding| {
            finding.severity >= Severity::High
                && finding.waived.is_none()
                && finding.subject == name
        };
        Ok(report.findings.iter().filter(grave).map(words).collect())
    }

    fn mend(&mut self, own: &Own) -> Result<Vec<Action>, Refusal> {
        let Some(report) = self.audit(own)? else {
            return Ok(Vec::new());
        };
        let names = self.names;
        let today = Stopwatch::start();
        let mender = Mender {
            policy: self.policy()?,
            names,
            dry_run: false,
            today: today.day(),
            acts_on: &|aspect, _| aspect != Aspect::Stale,
            remove: &|_| Outcome::Refused("it is in use".to_owned()),
        };
        Ok(mender.mend(&report))
    }

    fn rest(&mut self) {
        self.policy = None;
    }
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
    }
}
