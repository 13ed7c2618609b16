//! Finding, reading and refusing policies.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::model::Problem;
use crate::model::problem::Grade;
use crate::output::problem;
use crate::policy::{self, FileProblem, Files, Policy, SourceFile, Sources};
use crate::sys::host::SystemHost;
use crate::sys::policy_files::{self, ReadProblem, Trust};

use super::clock;
use super::context::Context;
use super::exit::UsageError;
use super::logging::{self, RENDERED};

/// The policy that the global options ask for.
///
/// # Errors
///
/// What is wrong with it has been said when this fails.
pub(super) fn load(context: &Context<'_>) -> anyhow::Result<Policy> {
    let sources = Sources {
        explicit: context.global.policy.clone(),
        env: std::env::var_os("SOCKCTL_POLICY"),
        builtin: !context.global.no_builtin,
    };
    let started = Instant::now();
    let policy = policy::load(&sources, &trusting(context), &SystemHost)
        .map_err(|problems| refused(context, &problems))?;
    tracing::info!(
        policies = policy.sources.join(", "),
        rules = policy.rules.len(),
        ms = clock::ms_since(started),
        "policies loaded"
    );
    Ok(policy)
}

/// Says what is wrong with policies, and makes the error that ends the run.
pub(super) fn refused(context: &Context<'_>, problems: &[Problem]) -> anyhow::Error {
    tell(context, problems);
    let count = match problems.len() {
        1 => "an error".to_owned(),
        many => format!("{many} errors"),
    };
    UsageError(format!("the policy has {count}; nothing was looked at")).into()
}

/// Says what is wrong with policies on stderr: to people with the lines that are meant, to
/// machines one object a problem.
pub(super) fn tell(context: &Context<'_>, problems: &[Problem]) {
    if logging::is_json(context.global) {
        problems.iter().for_each(tell_machine);
        return;
    }
    let color = context.colors(&std::io::stderr());
    let text = problem::render(problems, color, context.style().width());
    let text = text.trim_end();
    if problems.iter().any(is_error) {
        tracing::error!(target: RENDERED, "{text}");
    } else if !problems.is_empty() {
        tracing::warn!(target: RENDERED, "{text}");
    }
}

fn tell_machine(problem: &Problem) {
    let mark = problem.mark.as_ref().map(|(mark, _)| mark);
    let (line, column) = (mark.map(|mark| mark.line), mark.map(|mark| mark.column));
    let (file, help) = (&*problem.file, problem.help.as_deref());
    if is_error(problem) {
        tracing::error!(file, line, column, help, "{}", problem.message);
    } else {
        tracing::warn!(file, line, column, help, "{}", problem.message);
    }
}

fn is_error(problem: &Problem) -> bool {
    problem.grade == Grade::Error
}

/// Policy files, with the rule of whom root believes.
pub(super) struct PolicyFiles(Trust);

/// As the global options and our rights demand.
fn trusting(context: &Context<'_>) -> PolicyFiles {
    PolicyFiles(if context.global.trust_policy {
        Trust::anything()
    } else {
        Trust::for_this_process()
    })
}

/// Any file, since nothing is done by what it says.
pub(super) fn any() -> PolicyFiles {
    PolicyFiles(Trust::anything())
}

impl Files for PolicyFiles {
    fn read(&self, path: &Path) -> Result<SourceFile, FileProblem> {
        let (text, real) = policy_files::read_trusted(path, &self.0).map_err(translated)?;
        Ok(SourceFile { text, real })
    }

    fn list_yaml(&self, directory: &Path) -> Result<Option<Vec<PathBuf>>, FileProblem> {
        policy_files::list_yaml(directory, &self.0).map_err(translated)
    }

    fn exists(&self, path: &Path) -> bool {
        use crate::model::Host as _;
        SystemHost.exists(path)
    }
}

fn translated(problem: ReadProblem) -> FileProblem {
    match problem {
        ReadProblem::Missing => FileProblem::Missing,
        ReadProblem::NotAFile(what) => FileProblem::NotAFile(what.to_owned()),
        ReadProblem::TooLarge => FileProblem::TooLarge,
        ReadProblem::NotUtf8(offset) => FileProblem::NotUtf8 { offset },
        ReadProblem::Untrusted { path, why } => FileProblem::Untrusted { path, why },
        ReadProblem::Io(_) => FileProblem::Io(problem.to_string()),
    }
}
