//! `sockctl audit [PATH...]`

use crate::cli::{Audit, Format};
use crate::judge;
use crate::model::{Report, Survey, Verdict};
use crate::observe::{self, walk};
use crate::output::{human, json, jsonl};
use crate::policy::Policy;
use crate::sys::names::SystemNames;

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::Exit;
use super::results::Results;
use super::{policies, progress, roots};

pub(super) fn run(context: &Context<'_>, arguments: &Audit) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let policy = policies::load(context)?;
    let mut survey = look(context, arguments, &policy);
    name_holders(arguments, &policy, &mut survey);
    let names = SystemNames::new();
    let report = judge::audit(&policy, survey, &names, stopwatch.day());
    let summary = report.summary(arguments.fail_on, arguments.allow_unreadable);
    let run = stopwatch.stop();
    Results::write(|out| match context.format() {
        Format::Json => json::audit(out, &run, &report, &summary, &names),
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
    Ok(match summary.verdict {
        Verdict::Fail => Exit::No,
        Verdict::Incomplete => Exit::Trouble,
        Verdict::Empty | Verdict::Pass => Exit::Done,
    })
}
