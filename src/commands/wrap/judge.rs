//! Holds the sockets of a wrapped command against the policy.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::change::create::Held;
use crate::change::own::Own;
use crate::judge;
use crate::model::{
    Action, ActionKind, Code, Mode, Outcome, Report, Socket, SocketName, State, Survey,
};
use crate::observe::{self, walk};
use crate::policy::Policy;
use crate::sys::names::SystemNames;
use crate::wrap::bound::{
    Judge, OnViolation, Verdict, Violation, say_actions, way_out, way_out_unmended,
};
use crate::wrap::{Refusal, Status};

use super::super::clock::Stopwatch;
use super::super::context::Context;
use super::super::create::real_path;
use super::super::mend::Mender;
use super::super::roots::absolute;
use super::super::{audit, policies};
use super::judging::{Judging, is_of_access, not_started};
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

    /// With the policy that speaks of a path, which is absolute.
    pub(super) fn judging(&mut self, path: &Path) -> Result<Judging<'_>, Refusal> {
        let names = self.names;
        let policy = self.about(path)?;
        Ok(Judging { policy, names })
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

    /// Whether the policy asks who gets to the socket of that path, which is absolute, or to its
    /// place.
    pub(super) fn asks_who_gets_there(&mut self, path: &Path, mode: Mode) -> Result<bool, Refusal> {
        let name = SocketName::Path(path.to_owned());
        let is_open = mode.bits() & 0o002 != 0;
        let policy = self.about(path)?;
        let asks = policy.asks(&name, real_path(path).as_deref(), is_open);
        Ok(asks.everyone || asks.connect || asks.replace)
    }

    /// Holds a socket that was made for the command against what the policy says of who gets to it
    /// and to its place, before it is started; `by`: what `--on-violation` says, where there can be
    /// one.
    pub(super) fn admit(&mut self, held: &Held, by: Option<OnViolation>) -> Result<(), Refusal> {
        let path = absolute(held.path());
        let mut mended = false;
        loop {
            let Some(report) = self.glance(&path, held)? else {
                return Ok(());
            };
            let violations = self.violations(&path, report, is_of_access)?;
            let refused = match by.unwrap_or_default().decide(&violations, false, mended) {
                Verdict::Fine => return Ok(()),
                verdict => verdict == Verdict::Stop,
            };
            if refused {
                let how = if mended {
                    way_out_unmended(&violations)
                } else {
                    way_out(&violations, by.is_some())
                };
                return Err(not_started(&path, &violations, &how));
            }
            for violation in &violations {
                tracing::warn!("{}: {}", path.display(), violation.what);
            }
            let (Some(OnViolation::Fix), Ok(own)) = (by, held.own()) else {
                return Ok(());
            };
            say_actions(&self.mend(&own)?);
            mended = true;
        }
    }

    /// What speaks against a file, of what is asked for.
    fn violations(
        &mut self,
        path: &Path,
        report: Report,
        asked: impl Fn(Code) -> bool,
    ) -> Result<Vec<Violation>, Refusal> {
        for place in &report.survey.unreadable {
            tracing::warn!("{}: {}", place.path.display(), place.why);
        }
        if report.findings.is_empty() {
            return Ok(Vec::new());
        }
        let judging = self.judging(path)?;
        let (policy, names) = (judging.policy, judging.names);
        let today = Stopwatch::start();
        let mended = |report: &Report| -> Vec<ActionKind> {
            let planned = mender(policy, names, today.day(), true).mend(report);
            let planned = planned.actions.into_iter();
            let planned = planned.filter(|it| it.outcome == Outcome::Planned);
            planned.map(|it| it.kind).collect()
        };
        Ok(judging.violations(path, report, asked, mended))
    }

    /// What there is to say of who gets to a socket that we have just made, of which everything
    /// else is known; `None` where it is not there any more.
    fn glance(&mut self, path: &Path, held: &Held) -> Result<Option<Report>, Refusal> {
        let names = self.names;
        let policy = match &self.about {
            // It was read for this path a moment ago.
            Some(about) if about.paths.iter().any(|it| it == path) => &about.policy,
            _ => self.about(path)?,
        };
        if !policy.needs().access {
            return Ok(None);
        }
        let failed = |failure| {
            let why = format!("{}: cannot look at it: {failure}", path.display());
            Refusal::new(Status::Failed, why)
        };
        let Some((seen, acl)) = held.look().map_err(failed)? else {
            return Ok(None);
        };
        let mut survey = Survey {
            sockets: vec![Socket {
                resolved: real_path(path).filter(|real| real != path),
                inode: Some(seen.facts.inode),
                mode: Some(seen.facts.mode),
                uid: seen.facts.uid,
                gid: seen.facts.gid,
                attributes: seen.attributes,
                acl,
                state: State::Live,
                ..Socket::named(SocketName::Path(path.to_owned()))
            }],
            ..Survey::default()
        };
        audit::look_at_access(policy, &mut survey, Some(NonZeroUsize::MIN));
        Ok(Some(Judging { policy, names }.judged(survey)))
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
                acls: needs.access,
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
        Ok(Some(Judging { policy, names }.judged(survey)))
    }
}

impl Judge for PolicyJudge<'_> {
    fn judge(&mut self, own: &Own) -> Result<Vec<Violation>, Refusal> {
        match self.audit(own)? {
            Some(report) => self.violations(own.path(), report, |_| true),
            None => Ok(Vec::new()),
        }
    }

    fn mend(&mut self, own: &Own) -> Result<Vec<Action>, Refusal> {
        let Some(report) = self.audit(own)? else {
            return Ok(Vec::new());
        };
        let names = self.names;
        let today = Stopwatch::start();
        let policy = self.about(own.path())?;
        Ok(mender(policy, names, today.day(), false)
            .mend(&report)
            .actions)
    }

    fn rest(&mut self) {
        self.about = None;
    }
}

/// What mends a socket that is in use.
fn mender<'a>(
    policy: &'a Policy,
    names: &'a SystemNames,
    today: &'a str,
    dry_run: bool,
) -> Mender<'a> {
    Mender {
        policy,
        names,
        dry_run,
        today,
        acts_on: &|aspect, _| aspect != Aspect::Stale,
        remove: &|_| Outcome::Refused("it is in use".to_owned()),
    }
}
