//! A file that appears under its name when it is whole, and not before.
//!
//! It is written without any name (open(2), `O_TMPFILE`), so that nothing is left behind whatever
//! ends the program; where the file system cannot do that, under a hidden name beside it. Then it
//! is brought to the disk, and renamed over what has its name (rename(2)).

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};

use rustix::fs::{AtFlags, CWD, Gid, Mode, OFlags};
use rustix::io::Errno;

use super::aside;
use super::dir::{Dir, Facts, Failure, Kind};

/// What a new file lets people do, less the umask.
const READABLE: Mode = Mode::from_raw_mode(0o644);
/// The bits that are kept of a file that is replaced.
const PERMISSIONS: u32 = 0o777;
const OF_GROUP: u32 = 0o070;
/// How often a name that nobody has is looked for.
const TRIES: usize = 16;

/// A file in the making. Dropped before [`NewFile::publish`], it was never there.
#[derive(Debug)]
pub struct NewFile {
    dir: Dir,
    name: CString,
    file: File,
    /// Its hidden name, as long as it has one.
    hidden: Option<CString>,
}

impl NewFile {
    /// Begins the file that is to be called `name` in `dir`. It gets mode and group of the regular
    /// file of ours that it is to replace, else 0644 less the umask. What belongs to others passes
    /// nothing on: they could have chosen it.
    ///
    /// # Errors
    ///
    /// As openat(2), fchown(2) and fchmod(2) have them.
    pub fn begin(dir: Dir, name: &CStr) -> Result<NewFile, Failure> {
        let replaced = match dir.facts_of(name) {
            Ok(facts) => Some(facts).filter(is_ours),
            Err(failure) if failure.is_missing() => None,
            Err(failure) => return Err(failure),
        };
        let (file, hidden) = match unnamed(&dir) {
            Some(file) => (file, None),
            None => named(&dir, name).map(|(file, name)| (file, Some(name)))?,
        };
        let new = NewFile {
            dir,
            name: name.to_owned(),
            file,
            hidden,
        };
        if let Some(replaced) = replaced {
            new.resemble(&replaced)?;
        }
        Ok(new)
    }

    /// Mode and group, before there is anything in it to read. A group that we may not give it
    /// takes its bits along.
    fn resemble(&self, replaced: &Facts) -> Result<(), Failure> {
        let mut mode = u32::from(replaced.mode.bits()) & PERMISSIONS;
        let now = Facts::from(rustix::fs::fstat(&self.file)?);
        if now.gid != replaced.gid {
            let group = replaced.gid.map(|gid| Gid::from_raw(gid.as_raw()));
            match rustix::fs::fchown(&self.file, None, group) {
                Ok(()) => {}
                Err(Errno::PERM) => mode &= !OF_GROUP,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(rustix::fs::fchmod(&self.file, Mode::from_raw_mode(mode))?)
    }

    /// Brings it to the disk and gives it its name, in place of whatever has that name.
    ///
    /// # Errors
    ///
    /// Then what had that name is still there.
    pub fn publish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        let hidden = match self.hidden.take() {
            Some(hidden) => hidden,
            None => self.link()?,
        };
        let hidden = self.hidden.insert(hidden);
        rustix::fs::renameat(&self.dir, hidden.as_c_str(), &self.dir, &self.name)?;
        self.hidden = None;
        // It is there now, whatever comes; not every file system can do this for a directory.
        if let Err(errno) = rustix::fs::fsync(&self.dir)
            && errno != Errno::INVAL
        {
            let failure = Failure::from(errno);
            tracing::warn!("its directory could not be brought to the disk: {failure}");
        }
        Ok(())
    }

    /// Gives an unnamed file a hidden name: a link replaces nothing, so it cannot have its own at
    /// once.
    fn link(&self) -> rustix::io::Result<CString> {
        let itself = itself(&self.file);
        in_some_name(&self.name, |hidden| {
            rustix::fs::linkat(CWD, &itself, &self.dir, hidden, AtFlags::SYMLINK_FOLLOW)
        })
        .map(|((), hidden)| hidden)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(hidden) = &self.hidden
            && let Err(failure) = aside::unlink(&self.dir, hidden)
        {
            let hidden = hidden.to_string_lossy();
            tracing::warn!("{hidden:?} could not be removed: {failure}");
        }
    }
}

fn is_ours(facts: &Facts) -> bool {
    let us = rustix::process::geteuid().as_raw();
    facts.kind == Kind::Regular && facts.uid.is_some_and(|uid| uid.as_raw() == us)
}

/// `None` where there is no such thing, or a name could not be given to it later.
fn unnamed(dir: &Dir) -> Option<File> {
    let how = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::openat(dir, c".", how, READABLE).ok()?);
    let is_reachable = rustix::fs::stat(itself(&file)).is_ok();
    is_reachable.then_some(file)
}

fn named(dir: &Dir, name: &CStr) -> Result<(File, CString), Failure> {
    let how = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::WRONLY | OFlags::CLOEXEC;
    let (fd, hidden) = in_some_name(name, |hidden| {
        rustix::fs::openat(dir, hidden, how, READABLE)
    })?;
    Ok((File::from(fd), hidden))
}

/// Does it with a hidden name beside `name` that nobody has.
fn in_some_name<T>(
    name: &CStr,
    mut attempt: impl FnMut(&CStr) -> rustix::io::Result<T>,
) -> rustix::io::Result<(T, CString)> {
    let mut outcome = Err(Errno::EXIST);
    for _ in 0..TRIES {
        let hidden = aside::name_beside(name);
        outcome = attempt(&hidden).map(|done| (done, hidden));
        if !matches!(outcome, Err(Errno::EXIST | Errno::INTR)) {
            break;
        }
    }
    outcome
}

fn itself(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn begin(directory: &Path) -> NewFile {
        NewFile::begin(Dir::open(directory).unwrap(), c"report").unwrap()
    }

    fn begin_with_a_name(directory: &Path) -> NewFile {
        let dir = Dir::open(directory).unwrap();
        let (file, hidden) = named(&dir, c"report").unwrap();
        NewFile {
            dir,
            name: c"report".to_owned(),
            file,
            hidden: Some(hidden),
        }
    }

    #[test]
    fn it_is_there_when_it_is_whole() {
        for begin in [begin, begin_with_a_name] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("report");
            std::fs::write(&path, "old").unwrap();
            let mut file = begin(directory.path());
            file.write_all(b"new").unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"old");
            file.publish().unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"new");
            assert_eq!(names(directory.path()), ["report"]);
        }
    }

    #[test]
    fn given_up_it_was_never_there() {
        for begin in [begin, begin_with_a_name] {
            let directory = tempfile::tempdir().unwrap();
            begin(directory.path()).write_all(b"new").unwrap();
            assert!(names(directory.path()).is_empty());
        }
    }

    #[test]
    fn it_has_the_mode_of_what_it_replaces() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report");
        for mode in [0o600, 0o664, 0o640] {
            std::fs::write(&path, "old").unwrap();
            let permissions = std::fs::Permissions::from_mode(mode | 0o4000);
            File::open(&path)
                .unwrap()
                .set_permissions(permissions)
                .unwrap();
            begin(directory.path()).publish().unwrap();
            let found = File::open(&path).unwrap().metadata().unwrap();
            assert_eq!(found.permissions().mode() & 0o7777, mode);
        }
    }
}
