//! `sockctl audit [PATH...]`

use std::time::Instant;

use crate::cli::{Audit, Format};
use crate::judge;
use crate::model::{Report, Run, Survey, Verdict};
use crate::observe::{self, holders, walk};
use crate::output::{human, json, jsonl};
use crate::policy::Policy;
use crate::sys::names::SystemNames;

use super::context::Context;
use super::exit::Exit;
use super::results::Results;
use super::{clock, policies, progress, roots};

pub(super) fn run(context: &Context<'_>, arguments: &Audit) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let time = clock::now();
    let policy = policies::load(context)?;
    let mut survey = look(context, arguments, &policy);
    name_holders(arguments, &policy, &mut survey);
    let names = SystemNames::new();
    let report = judge::audit(&policy, survey, &names, &clock::today(&time));
    let run = Run { host: sys_name(), time, duration_ms: clock::millis(started.elapsed()) };
    print(context, arguments, &run, &report, &names)?;
    let summary = report.summary(arguments.fail_on, arguments.allow_unreadable);
    Ok(match summary.verdict {
        Verdict::Fail => Exit::No,
        Verdict::Incomplete => Exit::Trouble,
        Verdict::Empty | Verdict::Pass => Exit::Done,
    })
}
