//! Who asks the kernel for something: a user as they log in, or a process as it runs.

use super::{Gid, Uid};

/// A user with all groups, or a process with its real ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The user that the kernel checks (of a process: its file system uid).
    pub uid: Uid,
    /// The group that is checked, and all others; sorted.
    pub gids: Vec<Gid>,
    /// What it may do against the modes.
    pub capabilities: Capabilities,
}

/// The capabilities that files ask for, capabilities(7), and where they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // bits of the kernel's
pub struct Capabilities {
    /// CAP_DAC_OVERRIDE: modes and ACLs stop nobody.
    pub dac_override: bool,
    /// CAP_DAC_READ_SEARCH: every directory can be searched.
    pub dac_read_search: bool,
    /// CAP_FOWNER: the sticky bit stops nobody.
    pub fowner: bool,
    /// The ids that its user namespace knows, in numbers of ours: capabilities reach no file
    /// whose owner or group is another. `None`: all of them.
    pub known: Option<KnownIds>,
}

/// The ids that a user namespace maps, user_namespaces(7), in numbers of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownIds {
    /// Users: the first of each range, and how many.
    pub users: Vec<(u32, u32)>,
    /// Groups likewise.
    pub groups: Vec<(u32, u32)>,
}

impl Subject {
    /// A user, with no capability unless it is root.
    pub fn user(uid: Uid, gids: impl IntoIterator<Item = Gid>) -> Subject {
        let capabilities = if uid.is_root() {
            Capabilities::full()
        } else {
            Capabilities::default()
        };
        Subject::new(uid, gids, capabilities)
    }

    /// Anybody; the groups may come in any order.
    pub fn new(
        uid: Uid,
        gids: impl IntoIterator<Item = Gid>,
        capabilities: Capabilities,
    ) -> Subject {
        let mut gids: Vec<Gid> = gids.into_iter().collect();
        gids.sort_unstable();
        gids.dedup();
        Subject {
            uid,
            gids,
            capabilities,
        }
    }

    /// Whether it is in that group.
    pub fn is_in(&self, gid: Gid) -> bool {
        self.gids.binary_search(&gid).is_ok()
    }

    /// The same subject in one more group.
    pub fn joined(&self, gid: Gid) -> Subject {
        let gids = self.gids.iter().copied().chain([gid]);
        Subject::new(self.uid, gids, self.capabilities.clone())
    }

    /// The same subject without that group.
    pub fn without(&self, gid: Gid) -> Subject {
        let gids = self.gids.iter().copied().filter(|&it| it != gid);
        Subject::new(self.uid, gids, self.capabilities.clone())
    }
}

impl Capabilities {
    /// Those of root in the first user namespace.
    pub const fn full() -> Capabilities {
        Capabilities {
            dac_override: true,
            dac_read_search: true,
            fowner: true,
            known: None,
        }
    }

    /// Whether they hold for files of this owner and group (the kernel's
    /// `privileged_wrt_inode_uidgid`); `None` is an id that is none.
    pub fn reach(&self, uid: Option<Uid>, gid: Option<Gid>) -> bool {
        let Some(known) = &self.known else {
            return true;
        };
        let within = |ranges: &[(u32, u32)], id: u32| {
            ranges
                .iter()
                .any(|&(first, count)| id >= first && id - first < count)
        };
        uid.is_some_and(|uid| within(&known.users, uid.as_raw()))
            && gid.is_some_and(|gid| within(&known.groups, gid.as_raw()))
    }
}
