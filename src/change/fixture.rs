//! Sockets to change, for the tests of this tier.

use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::model::{Gid, Lookup, Mode, Names, Outcome, Ownership, Uid};
use crate::sys::perm;

use super::target::Target;
use super::{How, Plan, Wish};

/// Nobody has a name.
pub(super) struct Numbers;

impl Names for Numbers {
    fn user_id(&self, _: &str) -> Lookup<Uid> {
        Lookup::Unknown
    }

    fn group_id(&self, _: &str) -> Lookup<Gid> {
        Lookup::Unknown
    }

    fn user_name(&self, _: Uid) -> Option<String> {
        None
    }

    fn group_name(&self, _: Gid) -> Option<String> {
        None
    }
}

pub(super) const HOW: How<'static> = How {
    dry_run: false,
    names: &Numbers,
    remove: &|_| Outcome::Refused("not here".to_owned()),
};

/// A directory with one live socket.
pub(super) struct Place {
    pub(super) directory: tempfile::TempDir,
    _listener: UnixListener,
}

impl Place {
    pub(super) fn with(mode: u32) -> Place {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("a.sock")).unwrap();
        let place = Place {
            directory,
            _listener: listener,
        };
        perm::chmod(place.target().pinned(), bits(mode)).unwrap();
        place
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.path().join("a.sock")
    }

    pub(super) fn target(&self) -> Rc<Target> {
        look(&self.path())
    }

    pub(super) fn mode(&self) -> String {
        self.target().facts().mode.to_string()
    }

    /// Runs setfacl; `false` where there are no ACLs.
    pub(super) fn set_acl(&self, entries: &str) -> bool {
        std::process::Command::new("setfacl")
            .args(["-m", entries])
            .arg(self.path())
            .status()
            .is_ok_and(|status| status.success())
    }
}

pub(super) fn look(path: &Path) -> Rc<Target> {
    Rc::new(Target::look(path).unwrap())
}

pub(super) fn bits(mode: u32) -> Mode {
    Mode::from_st_mode(mode)
}

pub(super) fn ids(uid: u32, gid: u32) -> Ownership {
    Ownership {
        uid: Uid::new(uid),
        gid: Gid::new(gid),
    }
}

pub(super) fn planned(target: &Rc<Target>, wish: &Wish) -> Plan {
    let mut plan = Plan::default();
    let acl = target.acl().unwrap();
    plan.add(target, acl.as_ref(), wish, &Numbers);
    plan
}

pub(super) fn is_root(test: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped: {test}: needs root");
    }
    is_root
}
