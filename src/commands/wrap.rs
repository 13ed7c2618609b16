//! `sockctl wrap -- COMMAND`

mod foresee;
mod judge;
mod judging;
mod spots;

use std::time::Duration;

use crate::cli::{self, CommonFormat, Wrap};
use crate::model::{CapSet, Signal};
use crate::output::{human, json};
use crate::sys::limits;
use crate::sys::names::SystemNames;
use crate::sys::signals;
use crate::wrap::bound::{self, Keeper, LooksFor, Made, OnViolation};
use crate::wrap::exec::{Unstarted, exec, reserve};
use crate::wrap::host::Facts;
use crate::wrap::outline::outline;
use crate::wrap::parent::{Ending, Outcome, Supervision};
use crate::wrap::request::{Groups, Request, Stay};
use crate::wrap::sockets::Sockets;
use crate::wrap::{Plan, Refusal, Status, host, parent, plan, sockets};

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::logging;
use super::policies;
use super::told::say_on_stderr;
use judge::{About, PolicyJudge};
use spots::{Place, Spot};

/// How long a command may take to be ready.
const READY_TIMEOUT: Duration = Duration::from_secs(30);

/// Whoever wraps commands tells apart by these what to do next.
pub(super) fn exit_of(error: &anyhow::Error) -> Exit {
    let status = match error.downcast_ref::<Refusal>() {
        Some(refusal) => refusal.status,
        None if error.is::<UsageError>() => Status::Config,
        None => Status::Failed,
    };
    Exit::Wrap(status.code())
}

/// Returns once the command has ended, or was not started.
pub(super) fn run(context: &Context<'_>, arguments: &Wrap) -> anyhow::Result<Exit> {
    let only_explain = arguments.explain || context.global.dry_run;
    if !only_explain && context.global.output.is_some() {
        let why = "--output: wrap has no results but its plan; add -n to have that written";
        return Err(UsageError(why.to_owned()).into());
    }
    let names = SystemNames::default();
    let (request, about) = request(context, arguments, &names)?;
    let facts = host::gather(&request, &names)?;
    let plan = plan(&request, &facts)?;
    if about.is_none() {
        check_policy(context, &plan)?;
    }
    if only_explain {
        let mut judge = PolicyJudge::new(context, &names, about);
        return explain(context, (&plan, &facts), &mut judge, &names);
    }
    limits::raise_open_files();
    say_on_stderr(&bound::clear(&plan.expect, false, &names)?);
    let reserved = match plan.supervision {
        Some(_) => parent::spare()?,
        None => reserve(&plan)?,
    };
    let made = sockets::make(&plan.sockets, false, &names)?;
    say_on_stderr(&made.changes);
    let mut judge = PolicyJudge::new(context, &names, about);
    let own = match looked_after(&plan, &made, &mut judge) {
        Ok(own) => own,
        Err(refusal) => {
            drop(reserved);
            say_on_stderr(&made.release());
            return Err(refusal.into());
        }
    };
    if let (Some(supervision), Some(keeping)) = (&plan.supervision, &plan.keeping) {
        let search = keeping.search(&plan.expect);
        let keeper = Keeper::new(keeping.rules, search, own, Box::new(judge), &names);
        logging::never_wait();
        let (outcome, changes) = parent::run(&plan, supervision, made, keeper, reserved);
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

/// The files of these sockets, once nothing speaks against who gets to them; none where nobody
/// stays who would look after them.
fn looked_after(
    plan: &Plan,
    made: &Sockets,
    judge: &mut PolicyJudge<'_>,
) -> Result<Vec<Made>, Refusal> {
    let on_violation = plan.keeping.map(|keeping| keeping.rules.on_violation);
    for held in &made.held {
        judge.admit(held, on_violation)?;
    }
    match plan.supervision {
        Some(_) => made.own(),
        None => Ok(Vec::new()),
    }
}

/// Of a command without sockets of its own: a mistake in what its sockets will be held against is
/// not to end a server that already runs, and who names a policy wants to know that it is wrong.
fn check_policy(context: &Context<'_>, plan: &Plan) -> anyhow::Result<()> {
    let looks_for = plan.keeping.map(|keeping| keeping.looks_for);
    if looks_for == Some(LooksFor::Anything) {
        policies::load_about(context, &[])?;
        return Ok(());
    }
    policies::check_named(context)
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
    (plan, facts): (&Plan, &Facts),
    judge: &mut PolicyJudge<'_>,
    names: &SystemNames,
) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let mut changes = bound::clear(&plan.expect, true, names)?;
    changes.extend(sockets::make(&plan.sockets, true, names)?.changes);
    say_on_stderr(&changes);
    foresee::foresee(plan, judge)?;
    let outline = outline(plan, facts, changes.actions, names);
    let run = stopwatch.stop();
    context.results.write(|out| match context.format() {
        CommonFormat::Json => json::plan::write(out, &run, &outline, names),
        CommonFormat::Jsonl => json::plan::write_lines(out, &run, &outline, names),
        CommonFormat::Human => human::plan::write(out, &outline, names, context.style()),
    })?;
    Ok(Exit::Done)
}

/// What was typed, and of sockets what their policy says besides; and that policy, which is read
/// here only where there are any.
fn request(
    context: &Context<'_>,
    arguments: &Wrap,
    names: &SystemNames,
) -> anyhow::Result<(Request, Option<About>)> {
    let to_listen: anyhow::Result<Vec<Spot>> =
        arguments.listen.iter().map(Spot::to_listen).collect();
    let to_expect: anyhow::Result<Vec<Spot>> = arguments
        .expect
        .iter()
        .map(|it| Spot::to_expect(it))
        .collect();
    let (to_listen, to_expect) = (to_listen?, to_expect?);
    let mut request = typed(arguments);
    if to_listen.is_empty() && to_expect.is_empty() {
        return Ok((request, None));
    }
    let spots = to_listen.iter().chain(&to_expect);
    let about = About::load(context, spots.flat_map(Spot::paths))?;
    let judged = |spots: Vec<Spot>| -> Vec<Place<'_>> {
        let judged = spots.into_iter().map(|spot| spot.judged(about.policy()));
        judged.collect()
    };
    let (to_listen, to_expect) = (judged(to_listen), judged(to_expect));
    if request.user.is_none() {
        let mut places = to_listen.iter().chain(&to_expect);
        request.user = places.try_fold(None, |user, place| place.same_user(user))?;
    }
    for (place, spec) in to_listen.into_iter().zip(&arguments.listen) {
        let listen = place.listen(spec, request.user.as_ref(), names)?;
        request.listen.push(listen);
    }
    request.expect = to_expect.into_iter().map(Place::expect).collect();
    Ok((request, Some(about)))
}

/// What was typed of all but sockets.
fn typed(arguments: &Wrap) -> Request {
    Request {
        command: arguments.command.clone(),
        user: arguments.user.clone(),
        groups: match arguments.groups() {
            Some(groups) => Groups::Only(groups.to_vec()),
            None if arguments.init_groups => Groups::Init,
            None => Groups::Usual,
        },
        keep_caps: arguments.keep_caps.unwrap_or(CapSet::EMPTY),
        keep_bounding: arguments.keep_bounding,
        allow_new_privs: arguments.allow_new_privs,
        listen: Vec::new(),
        expect: Vec::new(),
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
            on_violation: match arguments.on_violation {
                cli::OnViolation::Refuse => OnViolation::Refuse,
                cli::OnViolation::Fix => OnViolation::Fix,
                cli::OnViolation::Log => OnViolation::Log,
                cli::OnViolation::Stop => OnViolation::Stop,
            },
            keep: arguments.keep,
        }),
    }
}
