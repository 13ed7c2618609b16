//! The host and this process, as far as policies and the program ask for them.

use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD};

use super::dir::{Facts, Kind};
use crate::model::{Gid, Host, Inode, Ownership, Uid};

/// The host that the program runs on.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemHost;

impl Host for SystemHost {
    /// What may not be looked at does not exist as far as we can know.
    fn exists(&self, path: &Path) -> bool {
        rustix::fs::statat(CWD, path, AtFlags::NO_AUTOMOUNT).is_ok()
    }

    fn name(&self) -> String {
        rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned()
    }

    fn read_link(&self, path: &Path) -> Option<PathBuf> {
        let target = rustix::fs::readlink(path, Vec::new()).ok()?;
        Some(PathBuf::from(std::ffi::OsString::from_vec(
            target.into_bytes(),
        )))
    }

    fn directory(&self, path: &Path) -> Option<Inode> {
        let found = rustix::fs::statat(CWD, path, AtFlags::NO_AUTOMOUNT).ok()?;
        let facts = Facts::from(found);
        (facts.kind == Kind::Directory).then_some(facts.inode)
    }
}

/// Whether the program got rights from its file that its caller does not have: real and effective
/// ids differ.
///
/// `AT_SECURE` is not asked: the kernel also sets it at every SELinux transition, as that of a
/// service, where nobody has gained anything.
pub fn is_setuid() -> bool {
    rustix::process::getuid() != rustix::process::geteuid()
        || rustix::process::getgid() != rustix::process::getegid()
}

/// The effective user of this process.
pub fn effective_uid() -> Uid {
    // The kernel gives no process the id that is none.
    Uid::new(rustix::process::geteuid().as_raw()).unwrap_or(Uid::ROOT)
}

/// The effective user and group of this process.
pub fn ourselves() -> Ownership {
    Ownership {
        uid: Uid::new(rustix::process::geteuid().as_raw()),
        gid: Gid::new(rustix::process::getegid().as_raw()),
    }
}

/// The Linux security modules that are on and may forbid a connection that modes and ACLs allow.
pub fn security_modules() -> Vec<String> {
    const JUDGES: [&str; 4] = ["selinux", "apparmor", "smack", "tomoyo"];
    // The list is there only where securityfs is mounted.
    let listed = std::fs::read_to_string("/sys/kernel/security/lsm").unwrap_or_default();
    let says =
        |path, word| std::fs::read_to_string(path).is_ok_and(|text: String| text.trim() == word);
    let is_on = |name: &&str| {
        listed.trim().split(',').any(|module| module == *name)
            || match *name {
                "selinux" => says("/sys/fs/selinux/enforce", "1"),
                "apparmor" => says("/sys/module/apparmor/parameters/enabled", "Y"),
                _ => false,
            }
    };
    let names = JUDGES.into_iter().filter(is_on);
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_for_existence_and_read_one_step() {
        let place = tempfile::tempdir().unwrap();
        let (good, dead) = (place.path().join("good"), place.path().join("dead"));
        std::os::unix::fs::symlink("/", &good).unwrap();
        std::os::unix::fs::symlink("nowhere", &dead).unwrap();
        assert!(SystemHost.exists(&good) && !SystemHost.exists(&dead));
        assert_eq!(SystemHost.read_link(&dead), Some("nowhere".into()));
        assert_eq!(SystemHost.read_link(place.path()), None);
    }

    #[test]
    fn a_test_run_is_not_setuid() {
        assert!(!is_setuid());
        assert!(!SystemHost.name().is_empty());
    }
}
