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
    /// Its users.
    pub users: IdRanges,
    /// Its groups.
    pub groups: IdRanges,
}

/// Ranges of ids: the first of each, and how many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdRanges(pub Vec<(u32, u32)>);

impl IdRanges {
    /// The outside ones, which are ours, of `inside outside count` on each line of uid_map or
    /// gid_map, user_namespaces(7).
    pub fn of_map(map: &[u8]) -> IdRanges {
        let text = String::from_utf8_lossy(map);
        let range = |line: &str| {
            let mut numbers = line.split_ascii_whitespace().skip(1);
            let mut next = || numbers.next()?.parse().ok();
            Some((next()?, next()?))
        };
        IdRanges(text.lines().filter_map(range).collect())
    }

    /// Every id.
    pub fn all() -> IdRanges {
        IdRanges(Vec::from([(0, u32::MAX)]))
    }

    /// Whether it is in one of them.
    pub fn contain(&self, id: u32) -> bool {
        let mut ranges = self.0.iter();
        ranges.any(|&(first, count)| id >= first && id - first < count)
    }
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
        let (Some(uid), Some(gid)) = (uid, gid) else {
            return false;
        };
        self.known.as_ref().is_none_or(|known| {
            known.users.contain(uid.as_raw()) && known.groups.contain(gid.as_raw())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_read_in_numbers_of_ours() {
        let map = b"         0     100000      65536\n     70000          5          1\n";
        let ids = IdRanges::of_map(map);
        assert_eq!(ids, IdRanges(vec![(100_000, 65_536), (5, 1)]));
        for (id, is_there) in [(5, true), (4, false), (6, false), (100_000, true)] {
            assert_eq!(ids.contain(id), is_there, "{id}");
        }
        assert!(ids.contain(165_535) && !ids.contain(165_536) && !ids.contain(0));
        assert!(!IdRanges::of_map(b"").contain(0), "none is set yet");
        let everybody = IdRanges::of_map(b"         0          0 4294967295\n");
        assert_eq!(everybody, IdRanges::all());
        assert!(everybody.contain(0) && everybody.contain(u32::MAX - 1));
    }
}
