//! `sockctl audit [PATH...]`

use std::num::NonZeroUsize;
use std::time::Instant;

use crate::cli::{Audit, Format};
use crate::judge::{self, Judgement};
use crate::model::{Members, Report, Socket, Summary, Survey, Verdict};
use crate::observe::{self, Gaze, walk};
use crate::output::nagios::{self, Service};
use crate::output::{self, human, json, jsonl, junit, prometheus, sarif};
use crate::policy::{self, Effective, Policy};
use crate::sys::names::SystemNames;

use super::clock::{self, Stopwatch};
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::{baseline, policies, progress, roots};

pub(super) fn run(context: &Context<'_>, arguments: &Audit) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    refuse_summary(arguments, context.global.format())?;
    let policy = policies::load(context)?;
    let baseline = arguments.baseline.as_deref();
    let baseline = baseline.map(|path| baseline::read(context, path));
    let baseline = baseline.transpose()?;
    let names = SystemNames::default();
    let survey = look(context, arguments, &policy);
    let mut report = judged(
        &policy,
        survey,
        &names,
        stopwatch.day(),
        arguments.reach.jobs,
    );
    report.known = baseline.map(|baseline| baseline.take_known(&mut report.findings));
    let summary = report.summary(arguments.fail_on, arguments.allow_unreadable);
    let run = stopwatch.stop();
    let view = output::audit::Audit {
        run: &run,
        report: &report,
        summary: &summary,
        fail_on: arguments.fail_on,
        allow_unreadable: arguments.allow_unreadable,
    };
    let exit = exit_of(&summary);
    let format = context.global.format();
    context.results.write(|out| match format {
        Format::Sarif => sarif::audit(out, &view, &judge::page, exit.status()),
        Format::Junit => junit::audit(out, &view),
        Format::Prometheus => prometheus::audit(out, &view),
        Format::Nagios => nagios::audit(out, &view, !arguments.summary),
        Format::Json if arguments.summary => json::audit_summary(out, &run, &report, &summary),
        Format::Json => json::audit(out, &run, &report, &summary, &names),
        Format::Jsonl if arguments.summary => jsonl::audit_summary(out, &run, &report, &summary),
        Format::Jsonl => jsonl::audit(out, &run, &report, &summary, &names),
        Format::Human => {
            let view = human::audit::View {
                report: &report,
                summary: &summary,
                fail_on: arguments.fail_on,
                names: &names,
                style: context.style(),
                verbose: context.global.verbose > 0,
            };
            if arguments.summary {
                human::audit::write_summary(out, &view)
            } else {
                human::audit::write(out, &view)
            }
        }
    })?;
    let exit = match format {
        Format::Nagios => Exit::Plugin(Service::of(&view)),
        _ => exit,
    };
    // The process ends now: taking thousands of sockets apart would only cost time.
    std::mem::forget(report);
    Ok(exit)
}

/// What an audit that came out so ends with.
pub(super) fn exit_of(summary: &Summary) -> Exit {
    match summary.verdict {
        Verdict::Fail => Exit::No,
        Verdict::Incomplete => Exit::Trouble,
        Verdict::Empty | Verdict::Pass => Exit::Done,
    }
}

/// Formats that list everything, or nothing but figures, have no other form.
fn refuse_summary(arguments: &Audit, format: Format) -> Result<(), UsageError> {
    match format {
        Format::Sarif | Format::Junit | Format::Prometheus if arguments.summary => {
            let format = format.as_str();
            Err(UsageError(format!("-f {format} has no --summary")))
        }
        _ => Ok(()),
    }
}

/// Gathers what the policy needs, and no more unless it is asked for.
pub(super) fn look(context: &Context<'_>, arguments: &Audit, policy: &Policy) -> Survey {
    let started = Instant::now();
    let needs = policy.needs();
    let request = observe::Request {
        walk: walk::Request {
            roots: &roots::or_default(&arguments.paths),
            defaults: arguments.paths.is_empty(),
            one_file_system: arguments.reach.one_file_system,
            exclude: &roots::left_out(&arguments.reach.exclude),
            jobs: arguments.reach.jobs,
            parents: needs.parent,
            acls: needs.access,
        },
        abstract_names: arguments.abstract_names,
        all_netns: false,
        beyond_roots: false,
        holders: arguments.holders,
        jobs: arguments.reach.jobs,
    };
    let mut survey = progress::shown(context.is_quiet(), |it| observe::survey(&request, it));
    if needs.holders && !arguments.holders {
        let asked = |socket: &&mut Socket| judge::asks_for_listener(&expected(policy, socket));
        let sockets = survey.sockets.iter_mut().filter(asked);
        let note = observe::name_holders(sockets, arguments.reach.jobs);
        survey.notes.extend(note);
    }
    look_at_access(policy, &mut survey, arguments.reach.jobs);
    tracing::info!(
        directories = survey.directories,
        entries = survey.entries,
        sockets = survey.sockets.len(),
        unreadable = survey.unreadable.len(),
        ms = clock::ms_since(started),
        "roots walked"
    );
    survey
}

/// Looks at how one gets to the sockets of which a rule asks that.
pub(super) fn look_at_access(policy: &Policy, survey: &mut Survey, jobs: Option<NonZeroUsize>) {
    if !policy.needs().access {
        return;
    }
    let started = Instant::now();
    let asked = |socket: &Socket| {
        let (name, resolved) = (&socket.name, socket.resolved.as_deref());
        let is_open = socket.mode.is_some_and(|mode| mode.bits() & 0o002 != 0);
        if policy.asks_of_anybody(name, resolved) {
            Some(Gaze::Everybody)
        } else {
            let asks_of_everyone = is_open && policy.asks(name, resolved, true).everyone;
            asks_of_everyone.then_some(Gaze::Stranger)
        }
    };
    let connects = |socket: &Socket| {
        let asks = policy.asks(&socket.name, socket.resolved.as_deref(), false);
        asks.connect
    };
    let unreadable = observe::approach(&mut survey.sockets, (asked, connects), jobs);
    survey.unreadable.extend(unreadable);
    tracing::debug!(ms = clock::ms_since(started), "ways looked at");
}

pub(super) fn expected<'p>(policy: &'p Policy, socket: &Socket) -> Effective<'p> {
    policy.effective(&socket.name, socket.resolved.as_deref())
}

pub(super) fn judged(
    policy: &Policy,
    survey: Survey,
    names: &dyn Members,
    today: &str,
    jobs: Option<NonZeroUsize>,
) -> Report {
    let started = Instant::now();
    let Judgement { rules, findings } = judgement(policy, &survey, names, today, jobs);
    tracing::info!(
        sockets = rules.len(),
        findings = findings.len(),
        ms = clock::ms_since(started),
        "sockets judged"
    );
    Report {
        known: None,
        rules,
        findings,
        policies: policy.sources.clone(),
        survey,
    }
}

/// What a policy says to a survey.
pub(super) fn judgement(
    policy: &Policy,
    survey: &Survey,
    names: &dyn Members,
    today: &str,
    jobs: Option<NonZeroUsize>,
) -> Judgement {
    let required = policy.required();
    let required: Vec<judge::Required<'_>> = required.iter().map(asked_for).collect();
    judge::audit(&judge::Input {
        survey,
        expected: &|socket| expected(policy, socket),
        required: &required,
        waivers: &policy.waivers,
        today,
        names,
        roles: &policy.roles,
        jobs,
    })
}

fn asked_for<'p>(required: &'p policy::Required<'p>) -> judge::Required<'p> {
    judge::Required {
        pattern: required.pattern,
        resolved: required.resolved,
        expected: &required.effective,
    }
}
