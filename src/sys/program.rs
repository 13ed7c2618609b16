//! The file behind the name of a command: execvp(3).

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;

use super::dir::{Failure, Kind, Pinned};
use crate::model::CapSet;

/// A file that can be executed, as far as that can be told beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// For execve(2), in the directory that the command is to have.
    pub path: PathBuf,
    /// What the file that the kernel loads, which is not that of a script, demands to be given.
    pub caps: Option<FileCaps>,
}

/// Capabilities of a file, where execve(2) fails unless it can give them all: those with the
/// effective bit, capabilities(7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCaps {
    /// Which file.
    pub path: PathBuf,
    /// Given as far as they are in the bounding set.
    pub permitted: CapSet,
    /// Given as far as they are in the process's inheritable set.
    pub inheritable: CapSet,
}

impl FileCaps {
    /// Those that the file demands and a process with these two sets is not given.
    pub fn denied(&self, bounding: CapSet, inheritable: CapSet) -> CapSet {
        let given = self.permitted.and(bounding);
        let given = given.or(self.inheritable.and(inheritable));
        self.permitted.without(given)
    }
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
/// `path`, which are those of `$PATH`. What is relative is so to `directory`.
pub fn find(
    name: &OsStr,
    path: Option<&OsStr>,
    directory: Option<&Path>,
) -> Result<Program, NoProgram> {
    let at = |file: &Path| match directory {
        Some(directory) => directory.join(file),
        None => file.to_owned(),
    };
    let found = |file: &Path, caps| Program {
        path: file.to_owned(),
        caps,
    };
    if name.as_bytes().contains(&b'/') {
        let file = Path::new(name);
        return match look(&at(file)) {
            Ok(caps) => Ok(found(file, caps)),
            Err(Unfit::Missing(why)) => Err(NoProgram::Missing {
                path: file.to_owned(),
                why,
            }),
            Err(Unfit::There(why)) => Err(NoProgram::Unfit {
                path: file.to_owned(),
                why,
            }),
        };
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
        match look(&at(&file)) {
            Ok(caps) => return Ok(found(&file, caps)),
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

/// As many interpreters of interpreters as the kernel follows (`exec_binprm()` in fs/exec.c).
const MOST_SCRIPTS: usize = 5;

fn look(path: &Path) -> Result<Option<FileCaps>, Unfit> {
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
        Kind::Regular if facts.mode.bits() & 0o111 != 0 => {}
        Kind::Regular => {
            let why = format!("its mode, {}, lets nobody execute it", facts.mode);
            return Err(Unfit::There(why));
        }
        kind => return Err(Unfit::There(format!("it is a {}", kind.as_str()))),
    }
    drop(pinned);
    let mut loaded = path.to_owned();
    for _ in 0..MOST_SCRIPTS {
        match interpreter(&loaded) {
            Some(interpreter) => loaded = interpreter,
            None => break,
        }
    }
    if loaded.is_absolute()
        && loaded != path
        && let Err(failure) = Pinned::open(&loaded)
    {
        let why = format!("its interpreter is {}: {failure}", loaded.display());
        return Err(Unfit::There(why));
    }
    Ok(file_caps(&loaded))
}

/// What stands behind `#!`; `None` where the file is no script or may not be read.
fn interpreter(path: &Path) -> Option<PathBuf> {
    /// `BINPRM_BUF_SIZE` of linux/binfmts.h: as much of a file as the kernel looks at.
    const LOOKED_AT: usize = 256;
    let mut head = [0; LOOKED_AT];
    let length = File::open(path).ok()?.read(&mut head).ok()?;
    let line = head[..length].strip_prefix(b"#!")?;
    let line = line.split(|&byte| byte == b'\n').next()?;
    let mut words = line.split(|byte| b" \t\0".contains(byte));
    let word = words.find(|word| !word.is_empty())?;
    Some(PathBuf::from(OsStr::from_bytes(word)))
}

/// `security.capability`, `struct vfs_cap_data` of linux/capability.h. What cannot be read is for
/// execve(2) to say.
fn file_caps(path: &Path) -> Option<FileCaps> {
    let mut room = [0; 24];
    let length = rustix::fs::getxattr(path, c"security.capability", &mut room).ok()?;
    let mut words = room[..length]
        .as_chunks::<4>()
        .0
        .iter()
        .map(|word| u64::from(u32::from_le_bytes(*word)));
    let magic = words.next()?;
    let pairs = match magic >> 24 {
        1 => 1,
        2 => 2,
        // With the root of another user namespace, who is nobody here: the kernel passes it over.
        _ => return None,
    };
    let is_effective = magic & 1 != 0;
    if !is_effective || is_on_nosuid(path) {
        return None;
    }
    let (mut permitted, mut inheritable) = (0, 0);
    for pair in 0..pairs {
        permitted |= words.next()? << (32 * pair);
        inheritable |= words.next()? << (32 * pair);
    }
    Some(FileCaps {
        path: path.to_owned(),
        permitted: CapSet::from_bits(permitted),
        inheritable: CapSet::from_bits(inheritable),
    })
}

/// There the kernel does not look at them.
fn is_on_nosuid(path: &Path) -> bool {
    let mount = rustix::fs::statvfs(path);
    mount.is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::NOSUID))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn path(name: &str, path: Option<&str>) -> Result<PathBuf, NoProgram> {
        let found = find(OsStr::new(name), path.map(OsStr::new), None);
        found.map(|program| program.path)
    }

    #[test]
    fn found_by_path_and_in_path() {
        assert_eq!(path("/bin/sh", None), Ok("/bin/sh".into()));
        assert_eq!(path("sh", Some("/nowhere:/bin")), Ok("/bin/sh".into()));
        assert_eq!(path("sh", None), Ok("/usr/bin/sh".into()));
        assert!(path("sh", Some("/nowhere")).unwrap_err().is_missing());
        assert!(path("", Some("/bin")).unwrap_err().is_missing());
        assert!(path("/nowhere/sh", None).unwrap_err().is_missing());
        assert!(!path("/etc", None).unwrap_err().is_missing());
        assert!(!path("/etc/passwd", None).unwrap_err().is_missing());
        let unfit = path("passwd", Some("/etc:/nowhere")).unwrap_err();
        assert!(!unfit.is_missing());
    }

    #[test]
    fn relative_to_the_directory_that_the_command_will_have() {
        let within = |name: &str, path: &str| {
            let directory = Some(Path::new("/bin"));
            let found = find(OsStr::new(name), Some(OsStr::new(path)), directory);
            found.map(|program| program.path)
        };
        assert_eq!(within("./sh", "/nowhere"), Ok("./sh".into()));
        assert_eq!(within("sh", "/nowhere:"), Ok("./sh".into()));
        assert!(within("sh", "/nowhere").is_err());
    }

    #[test]
    #[allow(clippy::disallowed_methods)] // a file of the test
    fn of_a_script_the_interpreter_counts() {
        let place = tempfile::tempdir().unwrap();
        let script = |name: &str, text: &str| {
            let path = place.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
            path.to_str().unwrap().to_owned()
        };
        assert!(path(&script("good", "#!/bin/sh\n"), None).is_ok());
        assert!(path(&script("spaced", "#! \t/bin/sh -e\n"), None).is_ok());
        let dead = path(&script("dead", "#!/nowhere/sh\n"), None).unwrap_err();
        assert!(!dead.is_missing());
        assert!(
            dead.to_string().contains("its interpreter is /nowhere/sh"),
            "{dead}"
        );
        let nested = script(
            "nested",
            &format!("#!{}\n", place.path().join("dead").display()),
        );
        assert!(path(&nested, None).is_err());
        // Of itself, for ever: the kernel says what it thinks of that.
        let itself = place.path().join("itself");
        let itself = script("itself", &format!("#!{}\n", itself.display()));
        assert!(path(&itself, None).is_ok());
    }

    #[test]
    fn what_is_denied_is_what_no_set_gives() {
        let set = |text: &str| text.parse::<CapSet>().unwrap();
        let caps = FileCaps {
            path: "/x".into(),
            permitted: set("net_raw,chown"),
            inheritable: set("chown"),
        };
        assert_eq!(
            caps.denied(CapSet::EMPTY, CapSet::EMPTY),
            set("net_raw,chown")
        );
        assert_eq!(caps.denied(set("net_raw"), CapSet::EMPTY), set("chown"));
        assert_eq!(caps.denied(set("net_raw"), set("chown")), CapSet::EMPTY);
    }
}
