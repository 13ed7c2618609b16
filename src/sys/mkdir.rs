//! A directory of our own: made, proven to be the one that was made, and given its name only when
//! it is as it should be.

use std::ffi::CStr;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Mode as OpenMode, OFlags, StatxFlags};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use super::aside::{is_beside, name_beside, remove_directory, rename};
use super::dir::{Buffer, Dir, Failure, Kind};
use crate::model::{Gid, Mode, Uid};

/// What a directory is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// `None`: as the kernel makes it.
    pub uid: Option<Uid>,
    /// `None`: as the kernel makes it.
    pub gid: Option<Gid>,
    /// All twelve bits.
    pub mode: Mode,
}

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

/// Makes the directory `name` in `dir` and opens it. Until it is as it should be it has a hidden
/// name: whoever is killed meanwhile leaves none that is only half right. `steady`: nobody but us
/// and root can put something else there meanwhile.
///
/// Elsewhere the proof is its time of birth: it is our own and not older than this call, so
/// nobody can have had it ready.
pub fn make(dir: &Dir, name: &CStr, steady: bool, wish: Wish) -> Result<Dir, NotMade> {
    let hidden = name_beside(name);
    let made = make_closed(dir, &hidden, steady)?;
    let outcome = dress(&made, wish).map_err(NotMade::Failed).and_then(|()| {
        match rename(dir, &hidden, name) {
            Ok(()) => {}
            Err(failure) if failure.is_taken() => return Err(NotMade::Taken),
            Err(failure) => return Err(failure.into()),
        }
        if dir.pin(name)?.facts()?.inode == made.facts()?.inode {
            Ok(())
        } else {
            Err(NotMade::Swapped)
        }
    });
    match outcome {
        Ok(()) => Ok(made),
        Err(why) => {
            // What matters is why it was not made; a leftover is swept by the next run.
            match remove_directory(dir, &hidden) {
                Ok(()) | Err(_) => Err(why),
            }
        }
    }
}

/// Removes what runs that were killed have left of the directory `name`. Who calls it has the lock
/// of `dir`, so that nobody else is at work. One that is not empty stays.
pub fn sweep(dir: &Dir, name: &CStr) -> Result<(), Failure> {
    let mut left = Vec::new();
    let again = dir.enter_mounted(c".")?;
    again.read(&mut Buffer::default(), |other, kind| {
        if matches!(kind, Kind::Directory | Kind::Unknown) && is_beside(name, other) {
            left.push(other.to_owned());
        }
    })?;
    for other in left {
        match remove_directory(dir, &other) {
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// With the mode 0700 and proven to be ours.
fn make_closed(dir: &Dir, name: &CStr, steady: bool) -> Result<Dir, NotMade> {
    // File systems stamp with the clock that ticks coarsely.
    let began = clock_gettime(ClockId::RealtimeCoarse);
    rustix::fs::mkdirat(dir, name, OpenMode::RWXU)?;
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

/// Gives the open directory its owner, then its mode, and makes sure that both took. ACLs that it
/// has inherited would let others in, there and to all that is made there later.
fn dress(dir: &Dir, wish: Wish) -> Result<(), Failure> {
    let uid = wish
        .uid
        .map(|uid| rustix::process::Uid::from_raw(uid.as_raw()));
    let gid = wish
        .gid
        .map(|gid| rustix::process::Gid::from_raw(gid.as_raw()));
    if uid.is_some() || gid.is_some() {
        rustix::fs::fchown(dir, uid, gid)?;
    }
    for acl in [c"system.posix_acl_default", c"system.posix_acl_access"] {
        match rustix::fs::fremovexattr(dir, acl) {
            Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    rustix::fs::fchmod(dir, OpenMode::from_bits_retain(wish.mode.bits().into()))?;
    let stat = rustix::fs::fstat(dir)?;
    let owned = uid.is_none_or(|uid| uid.as_raw() == stat.st_uid)
        && gid.is_none_or(|gid| gid.as_raw() == stat.st_gid);
    if owned && Mode::from_st_mode(stat.st_mode) == wish.mode {
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

    fn names(path: &std::path::Path) -> usize {
        std::fs::read_dir(path).unwrap().count()
    }

    #[test]
    fn it_has_its_name_only_when_it_is_as_it_should_be() {
        let place = tempfile::tempdir().unwrap();
        let dir = Dir::open(place.path()).unwrap();
        let path = place.path().join("d");
        let wish = Wish {
            uid: None,
            gid: None,
            mode: "2775".parse().unwrap(),
        };
        make(&dir, c"d", false, wish).unwrap();
        let bits = path.symlink_metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!(bits, 0o2775);
        assert_eq!(make(&dir, c"d", true, wish).unwrap_err(), NotMade::Taken);
        assert_eq!(names(place.path()), 1, "nothing is left of the second");
    }

    #[test]
    fn empty_leftovers_are_swept() {
        let place = tempfile::tempdir().unwrap();
        let dir = Dir::open(place.path()).unwrap();
        for name in [
            ".d.sockctl-00000000",
            ".d.sockctl-11111111/x",
            ".e.sockctl-00000000",
        ] {
            std::fs::create_dir_all(place.path().join(name)).unwrap();
        }
        sweep(&dir, c"d").unwrap();
        assert!(!place.path().join(".d.sockctl-00000000").exists());
        assert_eq!(names(place.path()), 2);
    }
}
