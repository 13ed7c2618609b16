//! `sockctl apply PATH...`: audit, plan, do, and audit again.

mod left;

use crate::change::Target;
use crate::change::clean::{self, Cleaner};
use crate::change::name::Named;
use crate::cli::{Apply, CommonFormat};
use crate::model::{Action, Outcome, Report};
use crate::output::{human, json, jsonl};
use crate::policy::Rule;
use crate::sys::names::SystemNames;

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::mend::{Mended, Mender};
use super::{audit, policies, told, wishes};

pub(super) fn run(context: &Context<'_>, arguments: &Apply) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let policy = policies::load(context)?;
    let names = SystemNames::default();
    let request = arguments.audit().map_err(UsageError)?;
    let look = || {
        let survey = audit::look(context, &request, &policy);
        audit::judged(&policy, survey, &names, stopwatch.day(), request.reach.jobs)
    };
    let before = look();
    let dry_run = context.global.dry_run;
    let cleaner = Cleaner::new(
        clean::Request {
            older_than: None,
            dry_run,
        },
        &names,
    )?;
    let is_ours = |rule: &Rule| arguments.builtin_too || !wishes::is_builtin(rule);
    let mender = Mender {
        policy: &policy,
        names: &names,
        dry_run,
        today: stopwatch.day(),
        acts_on: &|aspect, rule| arguments.mends(aspect) && is_ours(rule),
        remove: &|target| remove(&cleaner, target),
    };
    let Mended { actions, planned } = mender.mend(&before);
    told::complain(&actions);
    let mut report = if dry_run {
        let mut survey = before.survey;
        for (number, socket) in planned {
            survey.sockets[number] = socket;
        }
        let day = stopwatch.day();
        let report = audit::judged(&policy, survey, &names, day, request.reach.jobs);
        left::without_removed(report, &actions)
    } else {
        look()
    };
    left::explain(&mut report, arguments);
    print(context, arguments, &stopwatch, &report, &actions, &names)?;
    let summary = report.summary(arguments.fail_on, arguments.allow_unreadable);
    let verdict = audit::exit_of(&summary);
    // An answer of "no" goes before what could not be done.
    Ok(match (verdict, told::exit_of(&actions)) {
        (Exit::No, _) | (_, Exit::No) => Exit::No,
        (Exit::Trouble, _) | (_, Exit::Trouble) => Exit::Trouble,
        _ => Exit::Done,
    })
}

fn print(
    context: &Context<'_>,
    arguments: &Apply,
    stopwatch: &Stopwatch,
    report: &Report,
    actions: &[Action],
    names: &SystemNames,
) -> anyhow::Result<()> {
    let run = stopwatch.stop();
    let summary = report.summary(arguments.fail_on, arguments.allow_unreadable);
    let both = (report, &summary);
    context.results.write(|out| match context.format() {
        CommonFormat::Json => json::apply(out, &run, both, actions, names),
        CommonFormat::Jsonl => jsonl::apply(out, &run, both, actions, names),
        CommonFormat::Human => {
            let (style, verbose) = (context.style(), context.global.verbose > 0);
            human::actions::write(out, actions, style, verbose)?;
            let is_shown = |action: &Action| human::actions::is_shown(action, verbose);
            if actions.iter().any(is_shown) {
                writeln!(out)?;
                if context.global.dry_run {
                    writeln!(out, "and then there would be:\n")?;
                }
            }
            let view = human::audit::View {
                report,
                summary: &summary,
                fail_on: arguments.fail_on,
                names,
                style,
                verbose,
            };
            human::audit::write(out, &view)
        }
    })
}

fn remove(cleaner: &Cleaner<'_>, target: &Target) -> Outcome {
    match Named::new(target.path()) {
        Ok(named) => cleaner.met(&named, target.facts().inode),
        Err(bad) => Outcome::Failed(bad.to_string()),
    }
}
