//! Whose files root believes: those that nobody can write to but root and, under sudo(8), the one
//! who called it, who could have typed anything as root anyway.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Stat, StatVfsMountFlags};
use rustix::io::Errno;

use super::{ReadProblem, open_directory};
use crate::model::{Gid, Uid};
use crate::sys::{nss, way};

/// As many links as the kernel follows.
const MOST_LINKS: usize = 40;

/// Whether files are judged before they are believed, and who may own them besides root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust(Option<Friends>);

/// What is done with a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It is read, or something of a certain name in it.
    Named,
    /// Everything is read that is in it.
    Listed,
}

/// Who may write besides root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Friends {
    user: Option<Uid>,
    /// A group that has no member but that user.
    group: Option<Gid>,
}

impl Trust {
    /// Any file is believed.
    pub fn anything() -> Trust {
        Trust(None)
    }

    /// The rule for this process: for root, [`Trust`] as described; for others none, since they
    /// can do no more than the writer of the file could.
    ///
    /// `SUDO_UID` and `SUDO_GID` are believed only because root alone can have set them.
    pub fn for_this_process() -> Trust {
        if rustix::process::geteuid().is_root() {
            Trust::root_under(std::env::var_os("SUDO_UID"), std::env::var_os("SUDO_GID"))
        } else {
            Trust::anything()
        }
    }

    /// The rule that would hold if this process were root's: for others than root as if they had
    /// called it by way of sudo(8).
    pub fn as_if_root() -> Trust {
        let user = rustix::process::getuid();
        if user.is_root() {
            return Trust::for_this_process();
        }
        let group = rustix::process::getgid();
        Trust::root_under(
            Some(user.as_raw().to_string()),
            Some(group.as_raw().to_string()),
        )
    }

    fn root_under(uid: Option<impl AsRef<OsStr>>, gid: Option<impl AsRef<OsStr>>) -> Trust {
        let user: Option<Uid> = uid.and_then(|uid| uid.as_ref().to_str()?.parse().ok());
        let group: Option<Gid> = gid.and_then(|gid| gid.as_ref().to_str()?.parse().ok());
        Trust(Some(Friends {
            user,
            group: group.filter(|&group| user.is_some_and(|user| is_private(user, group))),
        }))
    }

    /// Judges the way that a path names, and not where it ends: whoever can turn it chooses among
    /// all files that are believed. What is not there is for the opening to say.
    ///
    /// # Errors
    ///
    /// As [`Trust::judge`].
    pub(super) fn judge_way_to(&self, path: &Path) -> Result<(), ReadProblem> {
        let Some(friends) = &self.0 else {
            return Ok(());
        };
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let above = path.parent().filter(|above| !above.as_os_str().is_empty());
            let Ok(way) = way::to(above.unwrap_or(Path::new("."))) else {
                return Ok(());
            };
            if let Some(link) = way.foreign.iter().find(|link| !friends.are(link.uid)) {
                return Err(turned_by(link.path.clone(), link.uid));
            }
            // Under sudo(8) a way through what is the caller's own is as good as typed.
            if let (Some(place), None) = (way.unsteady, friends.user) {
                let why = "somebody else can put another one there".to_owned();
                return Err(ReadProblem::Untrusted { path: place, why });
            }
            let how = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
            let is_link = |stat: &Stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
            match rustix::fs::statat(CWD, &path, how) {
                Ok(stat) if is_link(&stat) => {
                    let owner = Uid::new(stat.st_uid);
                    if owner != Some(Uid::ROOT) && !friends.are(owner) {
                        return Err(turned_by(path, owner));
                    }
                    let target = rustix::fs::readlink(&path, Vec::new())?.into_bytes();
                    path.pop();
                    path.push(OsStr::from_bytes(&target));
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Judges an open file or directory, and every directory of `real`, its resolved path.
    ///
    /// # Errors
    ///
    /// `Untrusted` with the first place that somebody else can write to; `Io`, where it cannot be
    /// told.
    pub(super) fn judge(&self, file: BorrowedFd<'_>, real: &Path) -> Result<(), ReadProblem> {
        self.judge_as(Use::Named, file, real)
    }

    /// The same for a directory of which everything is read that is in it: there a name that
    /// somebody adds is as bad as one that they change.
    ///
    /// # Errors
    ///
    /// As [`Trust::judge`].
    pub(super) fn judge_listed(&self, dir: BorrowedFd<'_>, real: &Path) -> Result<(), ReadProblem> {
        self.judge_as(Use::Listed, dir, real)
    }

    fn judge_as(&self, used: Use, file: BorrowedFd<'_>, real: &Path) -> Result<(), ReadProblem> {
        let Some(friends) = &self.0 else {
            return Ok(());
        };
        let found = rustix::fs::fstat(file)?;
        friends.judge_one(used, file, &found, real)?;
        let (dir, mut path) = friends.judge_way(real)?;
        let Some(name) = real.file_name() else {
            // The root directory was judged as the end of the way to it.
            return Ok(());
        };
        // The way was judged by name; only if it leads to this file was it this file's.
        path.push(name);
        let how = AtFlags::SYMLINK_NOFOLLOW;
        let same = rustix::fs::statat(&dir, name, how)
            .is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (found.st_dev, found.st_ino));
        if same {
            Ok(())
        } else {
            let why = "it was moved or replaced while it was looked at".to_owned();
            Err(ReadProblem::Untrusted { path, why })
        }
    }
}

fn turned_by(path: PathBuf, owner: Option<Uid>) -> ReadProblem {
    let owner = owner.map_or("nobody".to_owned(), |uid| format!("user {uid}"));
    let why = format!("{owner} owns this link, and can let it lead anywhere");
    ReadProblem::Untrusted { path, why }
}

impl Friends {
    fn are(&self, owner: Option<Uid>) -> bool {
        owner.is_some() && owner == self.user
    }

    /// Every directory above `real`, from the root down; the last of them, opened.
    fn judge_way(&self, real: &Path) -> Result<(OwnedFd, PathBuf), ReadProblem> {
        let mut path = PathBuf::from("/");
        let mut dir = open_directory(CWD, path.as_os_str())?;
        self.judge_one(Use::Named, dir.as_fd(), &rustix::fs::fstat(&dir)?, &path)?;
        for component in real.parent().into_iter().flat_map(Path::components) {
            let Component::Normal(name) = component else {
                continue;
            };
            path.push(name);
            dir = open_directory(dir.as_fd(), name)?;
            self.judge_one(Use::Named, dir.as_fd(), &rustix::fs::fstat(&dir)?, &path)?;
        }
        Ok((dir, path))
    }

    fn judge_one(
        &self,
        used: Use,
        file: BorrowedFd<'_>,
        stat: &Stat,
        path: &Path,
    ) -> Result<(), ReadProblem> {
        let Some(why) = self.writable_by(used, stat, || has_acl(file))? else {
            return Ok(());
        };
        // Where nobody can write, it does not matter who would be allowed to.
        if rustix::fs::fstatvfs(file)?
            .f_flag
            .contains(StatVfsMountFlags::RDONLY)
        {
            return Ok(());
        }
        Err(ReadProblem::Untrusted {
            path: path.to_owned(),
            why,
        })
    }

    /// Who else can write to it, and by what; `None`: nobody.
    fn writable_by(
        &self,
        used: Use,
        stat: &Stat,
        has_acl: impl FnOnce() -> io::Result<bool>,
    ) -> io::Result<Option<String>> {
        let uid = stat.st_uid;
        let owned = uid == 0 || self.user.is_some_and(|user| user.as_raw() == uid);
        if !owned {
            return Ok(Some(format!("user {uid} owns it")));
        }
        let is_dir = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        if used == Use::Named && is_dir && uid == 0 && stat.st_mode & 0o1000 != 0 {
            // Others can add names of their own, and cannot touch those of root.
            return Ok(None);
        }
        if stat.st_mode & 0o002 != 0 {
            return Ok(Some("everyone can write to it".to_owned()));
        }
        if stat.st_mode & 0o020 == 0 {
            return Ok(None);
        }
        // With an ACL these bits are its mask, and entries that grant nothing need no mask.
        if has_acl()? {
            return Ok(Some("its ACL lets others write to it".to_owned()));
        }
        let gid = stat.st_gid;
        let private = gid == 0 || self.group.is_some_and(|group| group.as_raw() == gid);
        Ok((!private).then(|| format!("group {gid} can write to it")))
    }
}

fn has_acl(file: BorrowedFd<'_>) -> io::Result<bool> {
    match rustix::fs::fgetxattr_query(file, c"system.posix_acl_access") {
        Ok(length) => Ok(length > 0),
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// The user's own group: of the same name, with no other member.
fn is_private(user: Uid, group: Gid) -> bool {
    let (Ok(Some(user)), Ok(Some(group))) = (
        nss::user_by_id(user.as_raw()),
        nss::group_by_id(group.as_raw()),
    ) else {
        return false;
    };
    user.name == group.name && group.members.iter().all(|member| *member == user.name)
}

#[cfg(test)]
impl Trust {
    /// As root, called by this user by way of sudo, with this private group.
    pub(super) fn root_for(user: Option<u32>, group: Option<u32>) -> Trust {
        Trust(Some(Friends {
            user: user.and_then(Uid::new),
            group: group.and_then(Gid::new),
        }))
    }

    pub(super) fn root_with_environment(uid: &str, gid: &str) -> Trust {
        Trust::root_under(Some(uid), Some(gid))
    }
}
