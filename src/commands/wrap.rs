//! `sockctl wrap -- COMMAND`

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::change::create::fits;
use crate::change::name::Named;
use crate::cli::{Format, Wrap};
use crate::model::{
    Account, CapSet, Code, FdName, ListenSpec, Mode, Ownership, Severity, Signal, SocketName,
    SocketType, UserSpec,
};
use crate::output::escape::escape;
use crate::output::{human, json};
use crate::policy::rule::Permit;
use crate::policy::{Effective, Policy, Who};
use crate::sys::names::SystemNames;
use crate::sys::signals;
use crate::wrap::exec::{Unstarted, exec};
use crate::wrap::host::Facts;
use crate::wrap::outline::outline;
use crate::wrap::parent::{Ending, Outcome, Supervision};
use crate::wrap::request::{Groups, Listen, Request, Stay};
use crate::wrap::{Plan, Refusal, Status, host, parent, plan, sockets};

use super::chown::resolve;
use super::clock::Stopwatch;
use super::context::Context;
use super::create::real_path;
use super::exit::{Exit, UsageError, say_error};
use super::results::Results;
use super::told::say_on_stderr;
use super::{policies, wishes};

/// How long a command may take to be ready.
const READY_TIMEOUT: Duration = Duration::from_secs(30);

/// Returns only where the command was not started.
pub(super) fn run(context: &Context<'_>, arguments: &Wrap) -> Exit {
    match start(context, arguments) {
        Ok(exit) => exit,
        Err(error) => {
            say_error(&error);
            Exit::Wrap(status(&error).code())
        }
    }
}

/// Whoever wraps commands tells apart by these what to do next.
fn status(error: &anyhow::Error) -> Status {
    match error.downcast_ref::<Refusal>() {
        Some(refusal) => refusal.status,
        None if error.is::<UsageError>() => Status::Config,
        None => Status::Failed,
    }
}

fn start(context: &Context<'_>, arguments: &Wrap) -> anyhow::Result<Exit> {
    let names = SystemNames::default();
    let request = request(context, arguments, &names)?;
    let facts = host::gather(&request, &names)?;
    let plan = plan(&request, &facts)?;
    if arguments.explain || context.global.dry_run {
        return explain(context, &plan, &facts, &names);
    }
    let made = sockets::make(&plan.sockets, false, &names)?;
    say_on_stderr(&made.changes);
    if let Some(supervision) = &plan.supervision {
        let (outcome, changes) = parent::run(&plan, supervision, made);
        say_on_stderr(&changes);
        return end(outcome, supervision);
    }
    let (unstarted, changes) = exec(&plan, made);
    say_on_stderr(&changes);
    match unstarted {
        Unstarted::Refused(refusal) => Err(refusal.into()),
        Unstarted::Signal(number) => Ok(Exit::Wrap(128 + u8::try_from(number).unwrap_or(0))),
    }
}

/// As the command has ended.
fn end(outcome: Outcome, supervision: &Supervision) -> anyhow::Result<Exit> {
    match outcome {
        Outcome::As(Ending::Code(code)) => Ok(Exit::Wrap(code)),
        Outcome::As(Ending::Signal(signal)) => {
            if supervision.ends_by_signal {
                signals::die_by(signal);
            }
            Ok(Exit::Wrap(128 + signal.number()))
        }
        Outcome::Refused(refusal) => Err(refusal.into()),
    }
}

/// Says what would be done, and does nothing.
fn explain(
    context: &Context<'_>,
    plan: &Plan,
    facts: &Facts,
    names: &SystemNames,
) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let changes = sockets::make(&plan.sockets, true, names)?.changes;
    say_on_stderr(&changes);
    let outline = outline(plan, facts, changes.actions, names);
    let run = stopwatch.stop();
    Results::write(|out| match context.format() {
        Format::Json => json::plan::write(out, &run, &outline, names),
        Format::Jsonl => json::plan::write_lines(out, &run, &outline, names),
        Format::Human => human::plan::write(out, &outline, names, context.style()),
    })?;
    Ok(Exit::Done)
}

/// What was typed, and of sockets what their policy says besides.
fn request(
    context: &Context<'_>,
    arguments: &Wrap,
    names: &SystemNames,
) -> anyhow::Result<Request> {
    let mut listen = Vec::with_capacity(arguments.listen.len());
    let mut user = arguments.user.clone();
    if !arguments.listen.is_empty() {
        // Where no socket needs one, no policy is read.
        let sockets: anyhow::Result<Vec<Spot<'_>>> =
            arguments.listen.iter().map(Spot::new).collect();
        let sockets = sockets?;
        let paths: Vec<&Path> = sockets.iter().flat_map(Spot::paths).collect();
        let policy = policies::load_about(context, &paths)?;
        for spot in sockets {
            let maker = Maker::new(spot, &policy);
            if arguments.user.is_none() {
                user = one_user(user, maker.user(), &maker.spot.named)?;
            }
            listen.push(maker.listen(names)?);
        }
    }
    Ok(Request {
        command: arguments.command.clone(),
        user,
        groups: match arguments.groups() {
            Some(groups) => Groups::Only(groups.to_vec()),
            None if arguments.init_groups => Groups::Init,
            None => Groups::Usual,
        },
        keep_caps: arguments.keep_caps.unwrap_or(CapSet::EMPTY),
        keep_bounding: arguments.keep_bounding,
        allow_new_privs: arguments.allow_new_privs,
        listen,
        umask: arguments.umask,
        directory: arguments.chdir.clone(),
        variables: arguments.env(),
        clear_variables: arguments.clear_env,
        limits: arguments.rlimit.clone(),
        pass: arguments.pass_fd.clone(),
        stay: (!arguments.exec).then(|| Stay {
            stop_signal: arguments.stop_signal.unwrap_or(Signal::TERM),
            stop_timeout: arguments.stop_timeout,
            ready: arguments.ready.clone(),
            ready_timeout: arguments.ready_timeout.unwrap_or(READY_TIMEOUT),
        }),
    })
}

/// A place for a socket.
struct Spot<'a> {
    spec: &'a ListenSpec,
    named: Named,
    absolute: PathBuf,
    /// With the links of what is there resolved.
    real: Option<PathBuf>,
}

impl<'a> Spot<'a> {
    fn new(spec: &'a ListenSpec) -> anyhow::Result<Spot<'a>> {
        let wrong = |error: &dyn std::fmt::Display| {
            let path = escape(spec.path.as_os_str().as_encoded_bytes());
            UsageError(format!("--listen {path}: {error}"))
        };
        let named = Named::new(&spec.path).map_err(|error| wrong(&error))?;
        fits(&named).map_err(|error| wrong(&error))?;
        let absolute = std::path::absolute(&named.path)?;
        Ok(Spot {
            spec,
            named,
            real: real_path(&absolute),
            absolute,
        })
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        [Some(self.absolute.as_path()), self.real.as_deref()]
            .into_iter()
            .flatten()
    }
}

/// From what was typed of a socket to what is wanted there.
struct Maker<'a> {
    spot: Spot<'a>,
    expected: Effective<'a>,
}

impl<'a> Maker<'a> {
    fn new(spot: Spot<'a>, policy: &'a Policy) -> Maker<'a> {
        let name = SocketName::Path(spot.absolute.clone());
        Maker {
            expected: policy.effective(&name, spot.real.as_deref()),
            spot,
        }
    }

    /// Who its policy says is to listen on it, where that is one user.
    fn user(&self) -> Option<UserSpec> {
        let [who] = self.expected.listener_user.as_ref()?.value.as_slice() else {
            return None;
        };
        let user = match who {
            Who::Name(name) => name.parse().ok()?,
            Who::Id(id) => Account::Number(*id),
            Who::Range(..) | Who::Dynamic => return None,
        };
        Some(UserSpec { user, group: None })
    }

    fn listen(self, names: &SystemNames) -> anyhow::Result<Listen> {
        let (spec, expected) = (self.spot.spec, &self.expected);
        let private = Mode::from_st_mode(0o600);
        let acl_stays = expected.acl.as_ref();
        let mode = spec.mode.or_else(|| wishes::mode(expected, private));
        let kind = expected.kind.as_ref().map(|key| key.value);
        Ok(Listen {
            name: self.name(),
            kind: spec.kind.or(kind).unwrap_or(SocketType::Stream),
            mode: mode.unwrap_or(private),
            owner: self.owner(names)?,
            backlog: spec.backlog.unwrap_or_default(),
            limit: wishes::limit(expected).filter(|_| self.is_grave(Code::ModeTooWide)),
            keep_acl: acl_stays.is_some_and(|key| key.value == Permit::Allow),
            absolute: self.spot.absolute,
            named: self.spot.named,
        })
    }

    /// As given, else as the file is called, where that can be a name.
    fn name(&self) -> FdName {
        let given = self.spot.spec.name.clone();
        given.unwrap_or_else(|| FdName::new(self.spot.named.name.to_bytes()).unwrap_or_default())
    }

    fn owner(&self, names: &SystemNames) -> anyhow::Result<Ownership> {
        let given = self.spot.spec.owner.as_ref();
        let given = given.map(|spec| resolve(spec, names)).transpose()?;
        let given = given.unwrap_or_default();
        let of_policy = match &self.expected.owner {
            Some(key) if given.uid.is_none() || given.gid.is_none() => {
                wishes::owner_at_birth(&key.value, names).map_err(|troubles| {
                    let path = self.spot.named.path.display();
                    let why = format!("--listen {path}: {}", troubles.join("; "));
                    Refusal::new(Status::Failed, why)
                })?
            }
            _ => Ownership::default(),
        };
        Ok(Ownership {
            uid: given.uid.or(of_policy.uid),
            gid: given.gid.or(of_policy.gid),
        })
    }

    /// Whether such a finding is one for which nothing is started.
    fn is_grave(&self, code: Code) -> bool {
        let decider = self.expected.mode.as_ref().map(|key| key.rule);
        self.expected.severity(code, decider) >= Severity::High
    }
}

/// Sockets whose policies name different users need a word from whoever starts the command.
fn one_user(
    so_far: Option<UserSpec>,
    next: Option<UserSpec>,
    named: &Named,
) -> Result<Option<UserSpec>, Refusal> {
    match (so_far, next) {
        (Some(one), Some(other)) if one != other => Err(Refusal::new(
            Status::Refused,
            format_args!(
                "the policies of the sockets name {one} and, of {}, {other} (listener.user): \
                 write --user USER",
                named.path.display()
            ),
        )),
        (so_far, next) => Ok(so_far.or(next)),
    }
}
