//! `sockctl list [PATH...]`

use std::time::Instant;

use crate::cli::{CommonFormat, List};
use crate::model::Survey;
use crate::observe::{self, walk};
use crate::output::{human, json, jsonl};
use crate::sys::names::SystemNames;

use super::clock::{self, Stopwatch};
use super::context::Context;
use super::exit::Exit;
use super::{policies, progress, roots};

pub(super) fn run(context: &Context<'_>, arguments: &List) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    policies::check_named(context)?;
    let survey = look(context, arguments);
    let names = SystemNames::default();
    let run = stopwatch.stop();
    context.results.write(|out| match context.format() {
        CommonFormat::Json => json::list(out, &run, &survey, &names),
        CommonFormat::Jsonl => jsonl::list(out, &run, &survey, &names),
        CommonFormat::Human => {
            human::list::write(out, &survey, &names, context.style())?;
            human::places::write(out, &survey, context.style())
        }
    })?;
    Ok(if survey.unreadable.is_empty() {
        Exit::Done
    } else {
        Exit::Trouble
    })
}

fn look(context: &Context<'_>, arguments: &List) -> Survey {
    let request = observe::Request {
        walk: walk::Request {
            roots: &roots::or_default(&arguments.paths),
            defaults: arguments.paths.is_empty(),
            one_file_system: arguments.reach.one_file_system,
            exclude: &roots::left_out(&arguments.reach.exclude),
            jobs: arguments.reach.jobs,
            parents: false,
            acls: true,
        },
        abstract_names: arguments.abstract_names,
        all_netns: arguments.all_netns,
        beyond_roots: arguments.paths.is_empty(),
        holders: !arguments.no_holders,
        jobs: arguments.reach.jobs,
    };
    let started = Instant::now();
    let survey = progress::shown(context.is_quiet(), |it| observe::survey(&request, it));
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
