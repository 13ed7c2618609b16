//! Finding, reading and refusing policies.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::model::{Grade, Problem};
use crate::output::problem;
use crate::policy::{self, FileProblem, Files, Policy, SourceFile, Sources};
use crate::sys::host::SystemHost;
use crate::sys::policy_files::{self, LARGEST, ReadProblem, Trust};

use super::clock;
use super::context::Context;
use super::exit::UsageError;
use super::logging::{self, RENDERED};
use super::plugin;

/// The policy that the global options ask for.
///
/// # Errors
///
/// What is wrong with it has been said when this fails.
pub(super) fn load(context: &Context<'_>) -> anyhow::Result<Policy> {
    load_with(context, |sources, files| {
        policy::load(sources, files, &SystemHost)
    })
}

/// The same of what is named here, and of nothing else.
///
/// # Errors
///
/// As [`load`].
pub(super) fn load_from(context: &Context<'_>, sources: &Sources) -> anyhow::Result<Policy> {
    policy::load(sources, &trusting(context), &SystemHost)
        .map_err(|problems| refused(context, &problems))
}

/// As [`load`], to be asked of nothing but these paths, which are absolute.
///
/// # Errors
///
/// As [`load`].
pub(super) fn load_about(context: &Context<'_>, paths: &[&Path]) -> anyhow::Result<Policy> {
    load_with(context, |sources, files| {
        policy::load_about(paths, sources, files, &SystemHost)
    })
}

fn load_with(
    context: &Context<'_>,
    load: impl FnOnce(&Sources, &PolicyFiles) -> Result<Policy, Vec<Problem>>,
) -> anyhow::Result<Policy> {
    let sources = Sources {
        explicit: context.global.policy.clone(),
        env: std::env::var_os("SOCKCTL_POLICY"),
        builtin: !context.global.no_builtin,
    };
    let started = Instant::now();
    let policy =
        load(&sources, &trusting(context)).map_err(|problems| refused(context, &problems))?;
    tracing::info!(
        policies = policy.sources.join(", "),
        rules = policy.rules.len(),
        ms = clock::ms_since(started),
        "policies loaded"
    );
    Ok(policy)
}

/// Reads the policies that were named, for a command that asks nothing of them: who names one
/// wants to know that it is wrong. Those of the host are not looked for.
///
/// # Errors
///
/// As [`load`].
pub(super) fn check_named(context: &Context<'_>) -> anyhow::Result<()> {
    let by_variable = std::env::var_os("SOCKCTL_POLICY").is_some_and(|value| !value.is_empty());
    if by_variable || !context.global.policy.is_empty() {
        load(context)?;
    }
    Ok(())
}

/// Says what is wrong with policies, and makes the error that ends the run.
pub(super) fn refused(context: &Context<'_>, problems: &[Problem]) -> anyhow::Error {
    tell(context, problems);
    let count = match problems.len() {
        1 => "an error".to_owned(),
        many => format!("{many} errors"),
    };
    let first = problems.iter().find(|problem| is_error(problem));
    // Whoever reads standard output alone has to learn it, too.
    let which = first
        .filter(|_| plugin::is_meant(context.global))
        .map(|problem| {
            let line = problem
                .line()
                .map_or_else(String::new, |line| format!(":{line}"));
            format!(" ({}{line}: {})", problem.file, problem.message)
        });
    let which = which.unwrap_or_default();
    UsageError(format!(
        "the policy has {count}{which}; nothing was looked at"
    ))
    .into()
}

/// Says what is wrong with policies on stderr: to people with the lines that are meant, to
/// machines one object a problem.
pub(super) fn tell(context: &Context<'_>, problems: &[Problem]) {
    if logging::is_json(context.global) {
        problems.iter().for_each(tell_machine);
        return;
    }
    let color = context.colors(std::io::stderr().is_terminal());
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
pub(super) fn trusting(context: &Context<'_>) -> PolicyFiles {
    PolicyFiles(trust(context))
}

/// The same for any file that decides what is found.
pub(super) fn trust(context: &Context<'_>) -> Trust {
    if context.global.trust_policy {
        Trust::anything()
    } else {
        Trust::for_this_process()
    }
}

/// Any file, since nothing is done by what it says.
pub(super) fn any() -> PolicyFiles {
    PolicyFiles(Trust::anything())
}

/// Any file, with a note of those that an audit by root would refuse.
pub(super) struct DoubtfulFiles {
    any: PolicyFiles,
    as_root: PolicyFiles,
    doubts: RefCell<BTreeMap<PathBuf, Problem>>,
}

/// Any file; what root would not believe is noted unless `--trust-policy` says that it does.
pub(super) fn any_with_doubts(context: &Context<'_>) -> DoubtfulFiles {
    DoubtfulFiles {
        any: any(),
        as_root: PolicyFiles(if context.global.trust_policy {
            Trust::anything()
        } else {
            Trust::as_if_root()
        }),
        doubts: RefCell::default(),
    }
}

impl DoubtfulFiles {
    /// A warning for each file or directory that somebody else can write to.
    pub(super) fn doubts(&self) -> Vec<Problem> {
        self.doubts.borrow().values().cloned().collect()
    }

    fn with<T>(
        &self,
        path: &Path,
        read: impl Fn(&PolicyFiles) -> Result<T, FileProblem>,
    ) -> Result<T, FileProblem> {
        let error = match read(&self.as_root) {
            Err(error) => error,
            done => return done,
        };
        if let FileProblem::Untrusted { path: place, .. } = &error {
            let name = path.display().to_string();
            let message = format!("audit would refuse this policy as root: {error}");
            let doubt = Problem {
                grade: Grade::Warning,
                ..Problem::of_file(name, message)
            };
            let doubt = doubt.with_help("mend its owner and mode, or insist with `--trust-policy`");
            let mut doubts = self.doubts.borrow_mut();
            doubts.entry(place.clone()).or_insert(doubt);
        }
        // Whether it can be read at all, the right way to ask is without any judgement.
        read(&self.any)
    }
}

impl Files for DoubtfulFiles {
    fn read(&self, path: &Path) -> Result<SourceFile, FileProblem> {
        self.with(path, |files| files.read(path))
    }

    fn list_yaml(&self, directory: &Path) -> Result<Option<Vec<PathBuf>>, FileProblem> {
        self.with(directory, |files| files.list_yaml(directory))
    }

    fn exists(&self, path: &Path) -> bool {
        self.any.exists(path)
    }
}

impl Files for PolicyFiles {
    fn read(&self, path: &Path) -> Result<SourceFile, FileProblem> {
        let (text, real) =
            policy_files::read_trusted(path, &self.0, LARGEST).map_err(translated)?;
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
        ReadProblem::TooLarge(_) => FileProblem::TooLarge,
        ReadProblem::NotUtf8(offset) => FileProblem::NotUtf8 { offset },
        ReadProblem::Untrusted { path, why } => FileProblem::Untrusted { path, why },
        ReadProblem::Io(_) => FileProblem::Io(problem.to_string()),
    }
}
