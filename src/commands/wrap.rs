//! `sockctl wrap -- COMMAND`

mod judge;

use std::path::{Path, PathBuf};

use crate::change::create::fits;
use crate::change::name::Named;
use crate::cli::{self, Format, Wrap};
use crate::model::{
    Account, CapSet, Code, FdName, ListenSpec, Mode, Ownership, Severity, Signal, SocketName,
    SocketType, UserSpec,
};
use crate::output::escape::escape;
use crate::output::{human, json};
use crate::policy::rule::{ModeRule, Permit};
use crate::policy::{Effective, Policy, Who};
use crate::sys::names::SystemNames;
use crate::sys::signals;
use crate::wrap::bound::{self, Expected, Keeper, OnViolation};
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
use judge::PolicyJudge;

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
    let (request, policy) = request(context, arguments, &names)?;
    let facts = host::gather(&request, &names)?;
    let plan = plan(&request, &facts)?;
    if arguments.explain || context.global.dry_run {
        return explain(context, &plan, &facts, &names);
    }
    say_on_stderr(&bound::clear(&plan.expect, false, &names)?);
    let made = sockets::make(&plan.sockets, false, &names)?;
    say_on_stderr(&made.changes);
    if let (Some(supervision), Some(keeping)) = (&plan.supervision, &plan.keeping) {
        let judge = PolicyJudge {
            context,
            names: &names,
            policy,
        };
        let search = keeping.search(&plan.expect);
        let keeper = Keeper::new(keeping.rules, search, made.own(), Box::new(judge), &names);
        let (outcome, changes) = parent::run(&plan, supervision, made, keeper);
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
    let mut changes = bound::clear(&plan.expect, true, names)?;
    changes.extend(sockets::make(&plan.sockets, true, names)?.changes);
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
) -> anyhow::Result<(Request, Option<Policy>)> {
    let mut listen = Vec::with_capacity(arguments.listen.len());
    let mut expect = Vec::with_capacity(arguments.expect.len());
    let mut user = arguments.user.clone();
    // Where no socket needs one, no policy is read.
    let has_sockets = !(arguments.listen.is_empty() && arguments.expect.is_empty());
    let policy = has_sockets.then(|| policies::load(context)).transpose()?;
    if let Some(policy) = &policy {
        let mut one_of = |place: &Place<'_>| -> Result<(), Refusal> {
            if arguments.user.is_none() {
                user = one_user(user.take(), place.user(), &place.named)?;
            }
            Ok(())
        };
        for spec in &arguments.listen {
            let maker = Maker::new(spec, policy)?;
            one_of(&maker.place)?;
            listen.push(maker.listen(names)?);
        }
        for path in &arguments.expect {
            let place = Place::new("--expect", path, policy)?;
            one_of(&place)?;
            expect.push(place.expect());
        }
    }
    let request = Request {
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
        expect,
        umask: arguments.umask,
        directory: arguments.chdir.clone(),
        variables: arguments.env(),
        clear_variables: arguments.clear_env,
        limits: arguments.rlimit.clone(),
        pass: arguments.pass_fd.clone(),
        stay: (!arguments.exec).then(|| Stay {
            stop_signal: arguments.stop_signal.unwrap_or(Signal::TERM),
            stop_timeout: arguments.stop_timeout,
            on_violation: match arguments.on_violation {
                cli::OnViolation::Refuse => OnViolation::Refuse,
                cli::OnViolation::Fix => OnViolation::Fix,
                cli::OnViolation::Log => OnViolation::Log,
                cli::OnViolation::Stop => OnViolation::Stop,
            },
            keep: arguments.keep,
        }),
    };
    Ok((request, policy))
}

/// A path of a socket, and what its policy says.
struct Place<'a> {
    named: Named,
    absolute: PathBuf,
    expected: Effective<'a>,
}

impl<'a> Place<'a> {
    fn new(option: &str, path: &Path, policy: &'a Policy) -> anyhow::Result<Place<'a>> {
        let named = Named::new(path).map_err(|error| wrong(option, path, &error))?;
        let absolute = std::path::absolute(&named.path)?;
        let real = real_path(&absolute);
        let name = SocketName::Path(absolute.clone());
        Ok(Place {
            named,
            expected: policy.effective(&name, real.as_deref()),
            absolute,
        })
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

    fn expect(self) -> Expected {
        Expected {
            shared: self.is_shared(),
            named: self.named,
            absolute: self.absolute,
        }
    }

    /// Whether its policy lets the group or others connect. What holds for every socket of which
    /// nothing more is known lets nobody in.
    fn is_shared(&self) -> bool {
        let others = Mode::from_st_mode(0o022);
        self.expected.mode.as_ref().is_some_and(|key| {
            let (ModeRule::Exactly(mode) | ModeRule::AtMost(mode)) = key.value;
            let only_owner = mode.beyond(others) == mode;
            !only_owner && !wishes::is_baseline(key.rule)
        })
    }
}

fn wrong(option: &str, path: &Path, error: &dyn std::fmt::Display) -> UsageError {
    let path = escape(path.as_os_str().as_encoded_bytes());
    UsageError(format!("{option} {path}: {error}"))
}

/// From what was typed of a socket to what is wanted there.
struct Maker<'a> {
    spec: &'a ListenSpec,
    place: Place<'a>,
}

impl<'a> Maker<'a> {
    fn new(spec: &'a ListenSpec, policy: &'a Policy) -> anyhow::Result<Maker<'a>> {
        let place = Place::new("--listen", &spec.path, policy)?;
        fits(&place.named).map_err(|error| wrong("--listen", &spec.path, &error))?;
        Ok(Maker { spec, place })
    }

    fn listen(self, names: &SystemNames) -> anyhow::Result<Listen> {
        let Maker { spec, place } = &self;
        let expected = &place.expected;
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
            absolute: self.place.absolute,
            named: self.place.named,
        })
    }

    /// As given, else as the file is called, where that can be a name.
    fn name(&self) -> FdName {
        let given = self.spec.name.clone();
        given.unwrap_or_else(|| FdName::new(self.place.named.name.to_bytes()).unwrap_or_default())
    }

    fn owner(&self, names: &SystemNames) -> anyhow::Result<Ownership> {
        let given = self.spec.owner.as_ref();
        let given = given.map(|spec| resolve(spec, names)).transpose()?;
        let given = given.unwrap_or_default();
        let of_policy = match &self.place.expected.owner {
            Some(key) if given.uid.is_none() || given.gid.is_none() => {
                wishes::definite(&key.value, names).map_err(|troubles| {
                    let path = self.place.named.path.display();
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
        let expected = &self.place.expected;
        let decider = expected.mode.as_ref().map(|key| key.rule);
        expected.severity(code, decider) >= Severity::High
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
