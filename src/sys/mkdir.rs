//! A directory of our own: made, and proven to be the one that was made.

use std::ffi::CStr;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Mode as OpenMode, OFlags, StatxFlags};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use super::dir::{Dir, Failure};
use crate::model::{Gid, Mode, Uid};

/// Why a directory was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMade {
    /// Something has that name.
    #[error("something is there already")]
    Taken,
    /// What has the name now is not what was made: somebody put it there meanwhile.
    #[error("somebody else put another directory there meanwhile")]
    Swapped,
    /// A call failed.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl From<Errno> for NotMade {
    fn from(errno: Errno) -> NotMade {
        NotMade::Failed(errno.into())
    }
}

/// Makes the directory `name` in `dir` with the mode 0700 and opens it. `steady`: nobody but us
/// and root can put something else there meanwhile.
///
/// Elsewhere the proof is its time of birth: it is our own and not older than this call, so
/// nobody can have had it ready.
pub fn make(dir: &Dir, name: &CStr, steady: bool) -> Result<Dir, NotMade> {
    // File systems stamp with the clock that ticks coarsely.
    let began = clock_gettime(ClockId::RealtimeCoarse);
    match rustix::fs::mkdirat(dir, name, OpenMode::RWXU) {
        Err(Errno::EXIST) => return Err(NotMade::Taken),
        outcome => outcome?,
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(dir, name, flags, OpenMode::empty());
    let made = match opened {
        Err(Errno::LOOP | Errno::NOTDIR | Errno::NOENT) => return Err(NotMade::Swapped),
        opened => opened?,
    };
    let which = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    let stat = rustix::fs::statx(made.as_fd(), c"", AtFlags::EMPTY_PATH, which)?;
    let has_birth = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::BTIME);
    let born = (stat.stx_btime.tv_sec, i64::from(stat.stx_btime.tv_nsec));
    let is_new = has_birth && born >= (began.tv_sec, began.tv_nsec);
    let is_ours = stat.stx_uid == rustix::process::geteuid().as_raw();
    if is_ours && (is_new || steady) {
        Ok(Dir::from_fd(made))
    } else {
        Err(NotMade::Swapped)
    }
}

/// Gives the open directory its owner, then its mode, and makes sure that both took.
pub fn dress(dir: &Dir, uid: Option<Uid>, gid: Option<Gid>, mode: Mode) -> Result<(), Failure> {
    let uid = uid.map(|uid| rustix::process::Uid::from_raw(uid.as_raw()));
    let gid = gid.map(|gid| rustix::process::Gid::from_raw(gid.as_raw()));
    if uid.is_some() || gid.is_some() {
        rustix::fs::fchown(dir, uid, gid)?;
    }
    rustix::fs::fchmod(dir, OpenMode::from_bits_retain(mode.bits().into()))?;
    let stat = rustix::fs::fstat(dir)?;
    let owned = uid.is_none_or(|uid| uid.as_raw() == stat.st_uid)
        && gid.is_none_or(|gid| gid.as_raw() == stat.st_gid);
    if owned && Mode::from_st_mode(stat.st_mode) == mode {
        Ok(())
    } else {
        // The file system took the calls and did something else.
        Err(Errno::OPNOTSUPP.into())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_closed_until_it_is_dressed() {
        let place = tempfile::tempdir().unwrap();
        let dir = Dir::open(place.path()).unwrap();
        let path = place.path().join("d");
        let bits = || path.symlink_metadata().unwrap().permissions().mode() & 0o7777;
        let made = make(&dir, c"d", false).unwrap();
        assert_eq!(bits() & 0o077, 0);
        dress(&made, None, None, "2775".parse().unwrap()).unwrap();
        assert_eq!(bits(), 0o2775);
        assert_eq!(make(&dir, c"d", true).unwrap_err(), NotMade::Taken);
    }
}
