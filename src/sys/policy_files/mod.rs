//! Reading policy files: bounded, never hanging, and as root only what nobody else can write to.

mod trust;

use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir};
use rustix::io::Errno;

use super::errno;

pub use trust::Trust;

/// The largest policy file that is read, in bytes.
pub const LARGEST: u64 = MIB;
const MIB: u64 = 1024 * 1024;

/// Why a policy file or directory was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadProblem {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// A directory, or what could keep us waiting for ever.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// Longer than that many bytes.
    #[error("it is larger than {} MiB", .0 / MIB)]
    TooLarge(u64),
    /// At that byte, counted from 0.
    #[error("it is not UTF-8: byte {0} is the first that is not")]
    NotUtf8(usize),
    /// Somebody else could have written it.
    #[error("{}: {why}", .path.display())]
    Untrusted {
        /// The file itself or the directory on its way that somebody can write to.
        path: PathBuf,
        /// Who, and by what.
        why: String,
    },
    /// A system call failed.
    #[error("{}", errno::describe(.0))]
    Io(#[from] io::Error),
}

impl From<Errno> for ReadProblem {
    fn from(errno: Errno) -> ReadProblem {
        if errno == Errno::NOENT {
            ReadProblem::Missing
        } else {
            ReadProblem::Io(errno.into())
        }
    }
}

/// The text of a file of at most `largest` bytes, and its path with every link resolved.
///
/// What is judged is the file that is read, not what the path leads to a moment later.
///
/// # Errors
///
/// [`ReadProblem`]; nothing is read of what is refused.
pub fn read_trusted(
    path: &Path,
    trust: &Trust,
    largest: u64,
) -> Result<(String, PathBuf), ReadProblem> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Err(Errno::NXIO) => return Err(ReadProblem::NotAFile("a socket or a device")),
        opened => opened?,
    };
    let stat = rustix::fs::fstat(&file)?;
    if let Some(word) = not_a_file(FileType::from_raw_mode(stat.st_mode)) {
        return Err(ReadProblem::NotAFile(word));
    }
    if u64::try_from(stat.st_size).is_ok_and(|size| size > largest) {
        return Err(ReadProblem::TooLarge(largest));
    }
    let real = real_path(file.as_fd())?;
    trust.judge(file.as_fd(), &real)?;
    trust.judge_way_to(path)?;
    let mut bytes = Vec::new();
    // Files of /proc say that they are empty.
    File::from(file).take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        return Err(ReadProblem::TooLarge(largest));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| ReadProblem::NotUtf8(error.utf8_error().valid_up_to()))?;
    Ok((text, real))
}

/// The `*.yaml` of a directory, sorted by name, without hidden ones; `None` where the path leads
/// to no directory.
///
/// # Errors
///
/// [`ReadProblem`]
pub fn list_yaml(path: &Path, trust: &Trust) -> Result<Option<Vec<PathBuf>>, ReadProblem> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let dir = match rustix::fs::open(path, flags, Mode::empty()) {
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        opened => opened?,
    };
    trust.judge_listed(dir.as_fd(), &real_path(dir.as_fd())?)?;
    trust.judge_way_to(path)?;
    let mut names = Vec::new();
    let mut buffer = vec![MaybeUninit::uninit(); 8192];
    let mut entries = RawDir::new(&dir, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name.ends_with(b".yaml") && !name.starts_with(b".") {
            names.push(name.to_vec());
        }
    }
    names.sort();
    let path_of = |name: Vec<u8>| path.join(std::ffi::OsStr::from_bytes(&name));
    Ok(Some(names.into_iter().map(path_of).collect()))
}

/// Whether there is anything of that name, or a link on the way to it that leads nowhere. What
/// may not be looked at is there.
pub fn is_named(path: &Path) -> bool {
    let at = |path: &Path, flags: AtFlags| {
        let flags = flags | AtFlags::NO_AUTOMOUNT;
        rustix::fs::statat(CWD, path, flags).map(|_| ())
    };
    let is_there = |path: &Path| at(path, AtFlags::SYMLINK_NOFOLLOW) != Err(Errno::NOENT);
    let leads_nowhere =
        |path: &&Path| !path.as_os_str().is_empty() && at(path, AtFlags::empty()).is_err();
    // The lowest directory that is named is the one that decides.
    let mut above = path.ancestors().skip(1).take_while(leads_nowhere);
    is_there(path) || above.any(is_there)
}

fn not_a_file(file_type: FileType) -> Option<&'static str> {
    match file_type {
        FileType::RegularFile => None,
        FileType::Directory => Some("a directory"),
        FileType::Fifo => Some("a FIFO"),
        FileType::Socket => Some("a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => Some("a device"),
        FileType::Symlink | FileType::Unknown => Some("something else"),
    }
}

/// With every link resolved, as the kernel knows it now.
fn real_path(file: BorrowedFd<'_>) -> Result<PathBuf, ReadProblem> {
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    let target = rustix::fs::readlink(link, Vec::new())
        .map_err(|errno| ReadProblem::Io(errno.into()))?
        .into_bytes();
    Ok(PathBuf::from(std::ffi::OsString::from_vec(target)))
}

fn open_directory(at: BorrowedFd<'_>, name: &std::ffi::OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty())
}

#[cfg(test)]
mod tests;
