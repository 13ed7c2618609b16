//! `sockctl policy init [PATH...]`: looks, drafts, and holds what is there against the draft.

mod ask;
mod proof;
mod seen;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::bail;
use serde_json::json;

use crate::cli::{CommonFormat, PolicyInit};
use crate::commands::clock::Stopwatch;
use crate::commands::context::Context;
use crate::commands::exit::{Exit, UsageError};
use crate::commands::{audit, policies, progress, roots, told};
use crate::model::{Code, Finding, Report, SocketName, Survey};
use crate::observe::{self, walk};
use crate::output::escape::{escape, escape_prose};
use crate::policy::builtin::PREFIX;
use crate::policy::draft::{self, Draft, Ground};
use crate::policy::{Policy, Sources};
use crate::sys::names::SystemNames;

pub(super) fn run(context: &Context<'_>, arguments: &PolicyInit) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let sources = Sources {
        builtin: !context.global.no_builtin,
        ..super::only(&context.global.policy)
    };
    let policy = policies::load_from(context, &sources)?;
    let include = includes(context, &policy)?;
    let names = SystemNames::default();
    let survey = look(context, arguments);
    let judged = |policy: &Policy, mut survey: Survey| {
        audit::look_at_access(policy, &mut survey, arguments.reach.jobs);
        audit::judged(
            policy,
            survey,
            &names,
            stopwatch.day(),
            arguments.reach.jobs,
        )
    };
    let report = judged(&policy, survey);
    told::complain_of_places(&report.survey);
    if report.survey.roots.is_empty() {
        bail!("none of the places could be looked at, so no policy is written");
    }
    let seen = seen::Seen::new(&report, &policy, &names);
    let ground = Ground {
        heading: heading(&report, seen.described.len()),
        include,
        described: seen.described,
        ids: policy.rules.iter().map(|rule| rule.id.clone()).collect(),
        roles: policy.roles.keys().cloned().collect(),
    };
    let (sockets, described) = (report.survey.sockets.len(), ground.described.len());
    let draft = draft::draft(seen.sightings, &ground);
    let proof = judged(&proof::policy(context, &sources, &draft)?, report.survey);
    print(context, &draft, (sockets, described))?;
    tell_what_stays(&proof.findings);
    let is_whole = proof.survey.unreadable.is_empty();
    Ok(if is_whole { Exit::Done } else { Exit::Trouble })
}

/// What was loaded, as the draft has to name it, wherever it comes to stand.
fn includes(context: &Context<'_>, policy: &Policy) -> anyhow::Result<Vec<String>> {
    let output = context.global.output.as_deref().map(real);
    let include = |name: &String| {
        let path = Path::new(name);
        if name.starts_with(PREFIX) {
            Ok(name.clone())
        } else if output.as_deref() == Some(&real(path)) {
            let why = "-o would replace a policy that the new one includes; write it elsewhere";
            Err(UsageError(why.to_owned()).into())
        } else {
            Ok(roots::absolute(path).display().to_string())
        }
    };
    policy.sources.iter().map(include).collect()
}

fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| roots::absolute(path))
}

fn look(context: &Context<'_>, arguments: &PolicyInit) -> Survey {
    let request = observe::Request {
        walk: walk::Request {
            roots: &roots::or_default(&arguments.paths),
            defaults: arguments.paths.is_empty(),
            one_file_system: arguments.reach.one_file_system,
            exclude: &roots::left_out(&arguments.reach.exclude),
            jobs: arguments.reach.jobs,
            parents: true,
            acls: true,
        },
        abstract_names: arguments.abstract_names,
        all_netns: false,
        beyond_roots: false,
        holders: !arguments.no_holders,
        jobs: arguments.reach.jobs,
    };
    progress::shown(context.is_quiet(), |it| observe::survey(&request, it))
}

fn heading(report: &Report, described: usize) -> Vec<String> {
    let roots = report.survey.roots.iter();
    let roots = roots.map(|root| escape(root.given.as_os_str().as_encoded_bytes()).into_owned());
    let roots: Vec<String> = roots.collect();
    let mut heading = vec![
        format!("What sockctl policy init found in {}.", roots.join(" ")),
        "Say why where it says TODO. What has to be there: presence: required.".to_owned(),
    ];
    if described > 0 {
        let sockets = super::check::counted(described, "socket");
        heading.push(format!("What is included describes {sockets} more."));
    }
    heading
}

fn print(
    context: &Context<'_>,
    draft: &Draft,
    (sockets, described): (usize, usize),
) -> anyhow::Result<()> {
    if sockets == 0 {
        tracing::warn!("no socket was found, so the policy has no rule");
    }
    match context.format() {
        CommonFormat::Human => context.print(&draft.text),
        CommonFormat::Json | CommonFormat::Jsonl => context.print_json(&json!({
            "schema": 1,
            "sockets": sockets,
            "described": described,
            "rules": draft.rules,
            "text": draft.text,
        })),
    }
}

/// What an audit will find all the same: faults of the moment, which no policy describes.
fn tell_what_stays(findings: &[Finding]) {
    let stays = |finding: &&Finding| finding.waived.is_none() && !says_nothing(finding.code);
    let told: BTreeSet<(&SocketName, Code)> = findings
        .iter()
        .filter(stays)
        .map(|finding| (&finding.subject, finding.code))
        .collect();
    for (subject, code) in told {
        let path = escape(&subject.to_bytes()).into_owned();
        let why = escape_prose("no policy describes it, and an audit will find it");
        tracing::warn!("{path}: {code}: {why}");
    }
}

/// What is no fault of the socket, or is said already.
fn says_nothing(code: Code) -> bool {
    matches!(
        code,
        Code::NotProbed | Code::Unreadable | Code::WaiverUnused
    )
}
