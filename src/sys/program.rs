//! The file behind the name of a command: execvp(3).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::dir::{Failure, Kind, Pinned};

/// A file that can be executed, as far as that can be told beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// For execve(2).
    pub path: PathBuf,
}

/// Why there is nothing to execute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoProgram {
    /// None of the directories of `$PATH` has it.
    #[error("{}: there is no such command in {}", .0.display(), .1.display())]
    NotInPath(PathBuf, PathBuf),
    /// The path leads to nothing.
    #[error("{}: there is no such file: {why}", path.display())]
    Missing {
        /// As it was given.
        path: PathBuf,
        /// What the kernel said.
        why: Failure,
    },
    /// It is there, and nothing to execute.
    #[error("{}: cannot be executed: {why}", path.display())]
    Unfit {
        /// Where.
        path: PathBuf,
        /// What it is.
        why: String,
    },
}

impl NoProgram {
    /// Whether nothing was found, not even what cannot be executed.
    pub fn is_missing(&self) -> bool {
        !matches!(self, NoProgram::Unfit { .. })
    }
}

/// What execvp(3) takes where there is no `$PATH`, and where the administrator's programs are.
const USUAL: &str = "/usr/local/bin:/usr/bin:/bin";

/// Finds the file of a command: by its path where that has a slash, else in the directories of
/// `path`, which are those of `$PATH`.
pub fn find(name: &OsStr, path: Option<&OsStr>) -> Result<Program, NoProgram> {
    if name.as_bytes().contains(&b'/') {
        return look(Path::new(name)).map_err(|why| match why {
            Unfit::Missing(why) => NoProgram::Missing {
                path: name.into(),
                why,
            },
            Unfit::There(why) => NoProgram::Unfit {
                path: name.into(),
                why,
            },
        });
    }
    let path = path.unwrap_or(OsStr::new(USUAL));
    let mut unfit = None;
    let directories = path.as_bytes().split(|&byte| byte == b':');
    for directory in directories.filter(|_| !name.is_empty()) {
        let directory: &[u8] = if directory.is_empty() {
            b"."
        } else {
            directory
        };
        let file = Path::new(OsStr::from_bytes(directory)).join(name);
        match look(&file) {
            Ok(program) => return Ok(program),
            Err(Unfit::There(why)) if unfit.is_none() => {
                unfit = Some(NoProgram::Unfit { path: file, why });
            }
            Err(_) => {}
        }
    }
    Err(unfit.unwrap_or_else(|| NoProgram::NotInPath(name.into(), path.into())))
}

enum Unfit {
    Missing(Failure),
    There(String),
}

fn look(path: &Path) -> Result<Program, Unfit> {
    let failed = |failure: Failure| {
        if failure.is_gone() {
            Unfit::Missing(failure)
        } else {
            Unfit::There(failure.to_string())
        }
    };
    let pinned = Pinned::open(path).map_err(failed)?;
    let facts = pinned.facts().map_err(failed)?;
    match facts.kind {
        Kind::Regular if facts.mode.bits() & 0o111 != 0 => Ok(Program {
            path: path.to_owned(),
        }),
        Kind::Regular => {
            let why = format!("its mode, {}, lets nobody execute it", facts.mode);
            Err(Unfit::There(why))
        }
        kind => Err(Unfit::There(format!("it is a {}", kind.as_str()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_by_path_and_in_path() {
        let path = |name: &str, path: Option<&str>| {
            find(OsStr::new(name), path.map(OsStr::new)).map(|program| program.path)
        };
        assert_eq!(path("/bin/sh", None), Ok("/bin/sh".into()));
        assert_eq!(path("sh", Some("/nowhere:/bin")), Ok("/bin/sh".into()));
        assert_eq!(path("sh", None), Ok("/usr/bin/sh".into()));
        assert!(path("sh", Some("/nowhere")).unwrap_err().is_missing());
        assert!(path("", Some("/bin")).unwrap_err().is_missing());
        assert!(path("/nowhere/sh", None).unwrap_err().is_missing());
        assert!(!path("/etc", None).unwrap_err().is_missing());
        assert!(!path("/etc/passwd", None).unwrap_err().is_missing());
        assert!(
            !path("passwd", Some("/etc:/nowhere"))
                .unwrap_err()
                .is_missing()
        );
    }
}
