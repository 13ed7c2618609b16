//! Finding, reading and refusing policies.

use std::path::{Path, PathBuf};

use crate::model::Problem;
use crate::output::problem;
use crate::policy::{self, FileProblem, Files, Policy, SourceFile, Sources};
use crate::sys::host::SystemHost;
use crate::sys::policy_files::{self, ReadProblem, Trust};

use super::context::Context;
use super::exit::{UsageError, say};

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
    policy::load(&sources, &trusting(context), &SystemHost)
        .map_err(|problems| refused(context, &problems))
}

/// Says what is wrong with policies, and makes the error that ends the run.
pub(super) fn refused(context: &Context<'_>, problems: &[Problem]) -> anyhow::Error {
    say(render(context, problems).trim_end());
    let count = match problems.len() {
        1 => "an error".to_owned(),
        many => format!("{many} errors"),
    };
    UsageError(format!("the policy has {count}; nothing was looked at")).into()
}

/// Problems as they are shown on stderr.
pub(super) fn render(context: &Context<'_>, problems: &[Problem]) -> String {
    let color = context.colors(&std::io::stderr());
    problem::render(problems, color, context.style().width())
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
        policy_files::is_named(path)
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
