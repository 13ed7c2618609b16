//! `sockctl apply PATH...`: audit, plan, do, and audit again.

use std::collections::HashSet;
use std::path::Path;

use crate::change::Target;
use crate::change::clean::{self, Cleaner};
use crate::change::name::Named;
use crate::cli::{Apply, Format};
use crate::model::{Action, ActionKind, Code, Finding, Outcome, Report, Severity, Verdict};
use crate::output::{human, json, jsonl};
use crate::policy::Rule;
use crate::sys::names::SystemNames;

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::mend::Mender;
use super::results::Results;
use super::{audit, changes, policies, told, wishes};

pub(super) fn run(context: &Context<'_>, arguments: &Apply) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let policy = policies::load(context)?;
    let names = SystemNames::default();
    let request = arguments.audit().map_err(UsageError)?;
    let look = || {
        let survey = audit::look(context, &request, &policy);
        audit::judged(&policy, survey, &names, stopwatch.day())
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
    let actions = mender.mend(&before);
    changes::complain(&actions);
    let report = if dry_run { before } else { look() };
    print(context, arguments, &stopwatch, &report, &actions, &names)?;
    let summary = report.summary(arguments.fail_on, arguments.allow_unreadable);
    let verdict = match summary.verdict {
        Verdict::Fail if dry_run && !is_anything_left(&report, &actions, arguments.fail_on) => {
            Exit::Done
        }
        Verdict::Fail => Exit::No,
        Verdict::Incomplete => Exit::Trouble,
        Verdict::Empty | Verdict::Pass => Exit::Done,
    };
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
    Results::write(|out| match context.format() {
        Format::Json => json::apply(out, &run, both, actions, names),
        Format::Jsonl => jsonl::apply(out, &run, both, actions, names),
        Format::Human => {
            let (style, verbose) = (context.style(), context.global.verbose > 0);
            human::actions::write(out, actions, style, verbose)?;
            if context.global.dry_run {
                return human::places::write(out, &report.survey, &report.not_judged, style);
            }
            if !actions.is_empty() {
                writeln!(out)?;
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

/// Whether a finding that matters would still be there after what is planned.
fn is_anything_left(report: &Report, actions: &[Action], fail_on: Severity) -> bool {
    let planned: HashSet<(&Path, ActionKind)> = actions
        .iter()
        .filter(|action| action.outcome == Outcome::Planned)
        .map(|action| (action.path.as_path(), action.kind))
        .collect();
    let is_mended = |finding: &Finding| {
        let path = finding.subject.as_path();
        path.zip(kind_that_mends(finding.code))
            .is_some_and(|mended| planned.contains(&mended))
    };
    let counts = |finding: &&Finding| finding.waived.is_none() && finding.severity >= fail_on;
    report
        .findings
        .iter()
        .filter(counts)
        .any(|finding| !is_mended(finding))
}

fn kind_that_mends(code: Code) -> Option<ActionKind> {
    match code {
        Code::ModeTooWide | Code::ModeMismatch => Some(ActionKind::Chmod),
        Code::OwnerMismatch | Code::GroupMismatch => Some(ActionKind::Chown),
        Code::AclGrants => Some(ActionKind::Acl),
        Code::Stale => Some(ActionKind::Remove),
        _ => None,
    }
}
