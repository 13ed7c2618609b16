//! Holds the sockets of a wrapped command against the policy.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::change::own::Own;
use crate::judge;
use crate::model::{Action, Code, Finding, Outcome, Report, Severity, SocketName};
use crate::observe::{self, walk};
use crate::policy::Policy;
use crate::sys::names::SystemNames;
use crate::wrap::bound::{Judge, Made, OnViolation, Verdict, Violation, say_actions};
use crate::wrap::{Refusal, Status};

use super::super::clock::Stopwatch;
use super::super::context::Context;
use super::super::create::real_path;
use super::super::mend::Mender;
use super::super::{audit, policies};
use crate::cli::Aspect;

/// What may speak of certain paths in the policy.
pub(super) struct About {
    paths: Vec<PathBuf>,
    policy: Policy,
}

impl About {
    pub(super) fn load<'p>(
        context: &Context<'_>,
        paths: impl Iterator<Item = &'p Path>,
    ) -> anyhow::Result<About> {
        let paths: Vec<&Path> = paths.collect();
        Ok(About {
            policy: policies::load_about(context, &paths)?,
            paths: paths.into_iter().map(Path::to_owned).collect(),
        })
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// Reads the policy when there is a socket to be judged, and forgets it when there will be none
/// for a while.
pub(super) struct PolicyJudge<'a> {
    context: &'a Context<'a>,
    names: &'a SystemNames,
    about: Option<About>,
}

impl<'a> PolicyJudge<'a> {
    /// With what was read already.
    pub(super) fn new(
        context: &'a Context<'a>,
        names: &'a SystemNames,
        about: Option<About>,
    ) -> PolicyJudge<'a> {
        PolicyJudge {
            context,
            names,
            about,
        }
    }

    fn about(&mut self, path: &Path) -> Result<&Policy, Refusal> {
        let real = real_path(path);
        let paths = [Some(path), real.as_deref()];
        let paths = || paths.into_iter().flatten();
        let knows = |about: &About| paths().all(|path| about.paths.iter().any(|it| it == path));
        let about = match self.about.take().filter(knows) {
            Some(about) => about,
            None => About::load(self.context, paths())
                .map_err(|error| Refusal::new(Status::Config, format_args!("{error:#}")))?,
        };
        Ok(self.about.insert(about).policy())
    }

    /// Whether the policy has a `connect` for the socket of that path, which is absolute.
    pub(super) fn says_who_connects(&mut self, path: &Path) -> Result<bool, Refusal> {
        let name = SocketName::Path(path.to_owned());
        let policy = self.about(path)?;
        let expected = policy.effective(&name, real_path(path).as_deref());
        Ok(expected.connect.is_some())
    }

    /// Makes sure, before the command is started, that those whom the policy's `connect` names get
    /// to the sockets that were made for it.
    pub(super) fn let_in(&mut self, made: &[Made], by: OnViolation) -> Result<(), Refusal> {
        for Made { own, .. } in made {
            if !self.says_who_connects(own.path())? {
                continue;
            }
            let path = own.path().display();
            let mut mended = false;
            loop {
                let missing = self.violations(own, |code| code == Code::AccessMissing)?;
                match by.decide(&missing, false, mended) {
                    Verdict::Fine => break,
                    Verdict::Log => {
                        for violation in &missing {
                            tracing::warn!("{path}: {}", violation.what);
                        }
                        break;
                    }
                    Verdict::Mend => say_actions(&self.mend(own)?),
                    Verdict::Stop => {
                        let what: Vec<&str> = missing.iter().map(|it| &*it.what).collect();
                        let what = what.join(", ");
                        let why = format_args!("{path}: {what}; the command is not started");
                        return Err(Refusal::new(Status::Refused, why));
                    }
                }
                mended = true;
            }
        }
        Ok(())
    }

    /// What speaks against a file, of what is asked for.
    fn violations(
        &mut self,
        own: &Own,
        asked: impl Fn(Code) -> bool,
    ) -> Result<Vec<Violation>, Refusal> {
        let Some(report) = self.audit(own)? else {
            return Ok(Vec::new());
        };
        for place in &report.survey.unreadable {
            tracing::warn!("{}: {}", place.path.display(), place.why);
        }
        let name = SocketName::Path(own.path().to_owned());
        let grave = |finding: &&Finding| {
            asked(finding.code)
                && is_grave(finding)
                && finding.waived.is_none()
                && finding.subject == name
        };
        Ok(report.findings.iter().filter(grave).map(words).collect())
    }

    /// What an audit of the path finds, where it still leads to that file.
    fn audit(&mut self, own: &Own) -> Result<Option<Report>, Refusal> {
        let names = self.names;
        let policy = self.about(own.path())?;
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
            let note = observe::name_holders([&mut *socket], Some(NonZeroUsize::MIN));
            survey.notes.extend(note);
            // We keep what we have made, and serve nobody. The command may be hidden from us.
            socket.holders.retain(|it| it.pid != std::process::id());
            socket.holders_known &= !socket.holders.is_empty();
        }
        audit::look_at_access(policy, &mut survey, Some(NonZeroUsize::MIN));
        let today = Stopwatch::start();
        Ok(Some(audit::judged(
            policy,
            survey,
            names,
            today.day(),
            Some(NonZeroUsize::MIN),
        )))
    }
}

impl Judge for PolicyJudge<'_> {
    fn judge(&mut self, own: &Own) -> Result<Vec<Violation>, Refusal> {
        self.violations(own, |_| true)
    }

    fn mend(&mut self, own: &Own) -> Result<Vec<Action>, Refusal> {
        let Some(report) = self.audit(own)? else {
            return Ok(Vec::new());
        };
        let names = self.names;
        let today = Stopwatch::start();
        let mender = Mender {
            policy: self.about(own.path())?,
            names,
            dry_run: false,
            today: today.day(),
            acts_on: &|aspect, _| aspect != Aspect::Stale,
            remove: &|_| Outcome::Refused("it is in use".to_owned()),
        };
        Ok(mender.mend(&report).actions)
    }

    fn rest(&mut self) {
        self.about = None;
    }
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
    }
}
