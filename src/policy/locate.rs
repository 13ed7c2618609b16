//! Which policy files are read, by what was asked for.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::model::Problem;

use super::files::{FileProblem, Files};

/// Read where nothing else is asked for; files of the second mask those of the first.
const DIRECTORIES: [&str; 2] = ["/usr/lib/sockctl/policy.d", "/etc/sockctl/policy.d"];
/// Read after them.
const LAST: &str = "/etc/sockctl/policy.yaml";

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// `-p`, in order: files, directories, or `builtin:NAME`.
    pub explicit: Vec<PathBuf>,
    /// `$SOCKCTL_POLICY`, colon-separated; counts where nothing is explicit.
    pub env: Option<OsString>,
    /// Whether `builtin:default` comes first.
    pub builtin: bool,
}

/// The files to read, in order, and what cannot be found.
pub(super) fn locate(sources: &Sources, files: &dyn Files) -> (Vec<PathBuf>, Vec<Problem>) {
    if !sources.explicit.is_empty() {
        return named(&sources.explicit, files);
    }
    match sources.env.as_deref().filter(|value| !value.is_empty()) {
        Some(value) => {
            let paths: Vec<PathBuf> = value
                .as_bytes()
                .split(|&byte| byte == b':')
                .filter(|part| !part.is_empty())
                .map(|part| PathBuf::from(std::ffi::OsStr::from_bytes(part)))
                .collect();
            if paths.is_empty() {
                let problem = Problem::of_file("$SOCKCTL_POLICY", "it names no policy");
                let help = "give it the path of one, or unset it";
                return (Vec::new(), vec![problem.with_help(help)]);
            }
            named(&join_builtin(paths), files)
        }
        None => defaults(files),
    }
}

/// `builtin:web` in a list separated by colons has been torn apart.
fn join_builtin(paths: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut joined = Vec::with_capacity(paths.len());
    let mut paths = paths.into_iter();
    while let Some(path) = paths.next() {
        if path == Path::new("builtin")
            && let Some(name) = paths.next()
        {
            let mut whole = OsString::from(super::builtin::PREFIX);
            whole.push(name);
            joined.push(PathBuf::from(whole));
        } else {
            joined.push(path);
        }
    }
    joined
}

/// Each is a file or a directory, and has to be there.
fn named(paths: &[PathBuf], files: &dyn Files) -> (Vec<PathBuf>, Vec<Problem>) {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        if path
            .as_os_str()
            .as_bytes()
            .starts_with(super::builtin::PREFIX.as_bytes())
        {
            found.push(path.clone());
            continue;
        }
        match files.list_yaml(path) {
            Ok(Some(listed)) if listed.is_empty() => {
                let problem =
                    Problem::of_file(display(path), "the directory holds no `*.yaml` file");
                problems.push(problem.with_help("a policy that is not there holds for nothing"));
            }
            Ok(Some(listed)) => found.extend(listed),
            Ok(None) => found.push(path.clone()),
            Err(error) => problems.push(unreadable(path, &error)),
        }
    }
    (found, problems)
}

/// Those of the system, as far as they exist.
fn defaults(files: &dyn Files) -> (Vec<PathBuf>, Vec<Problem>) {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut problems = Vec::new();
    for directory in DIRECTORIES {
        let directory = Path::new(directory);
        match files.list_yaml(directory) {
            Ok(Some(listed)) => {
                found.retain(|known| {
                    !listed
                        .iter()
                        .any(|path| path.file_name() == known.file_name())
                });
                found.extend(listed);
            }
            // Somebody has put something there, and means it to be read.
            Ok(None) | Err(FileProblem::Missing) if files.exists(directory) => {
                let what = "it is no directory, and leads to none";
                problems.push(Problem::of_file(display(directory), what));
            }
            Ok(None) | Err(FileProblem::Missing) => {}
            Err(error) => problems.push(unreadable(directory, &error)),
        }
    }
    if files.exists(Path::new(LAST)) {
        found.push(PathBuf::from(LAST));
    }
    (found, problems)
}

pub(super) fn unreadable(path: &Path, error: &FileProblem) -> Problem {
    let problem = Problem::of_file(display(path), format!("cannot read the policy: {error}"));
    match error {
        FileProblem::Missing => {
            problem.with_help(meant(path).unwrap_or_else(|| {
                "`sockctl policy list` shows those that need no file".to_owned()
            }))
        }
        FileProblem::Untrusted { .. } => {
            problem.with_help("mend its owner and mode, or insist with `--trust-policy`")
        }
        _ => problem,
    }
}

/// The help for the name of a policy inside the program, without what tells it from a file.
pub(super) fn meant(path: &Path) -> Option<String> {
    let builtin = super::builtin::get(path.to_str()?)?;
    let prefix = super::builtin::PREFIX;
    Some(format!("did you mean `{prefix}{}`?", builtin.name))
}

pub(super) fn display(path: &Path) -> String {
    path.display().to_string()
}
