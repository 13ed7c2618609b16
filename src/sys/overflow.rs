//! Ids that stand for those that our user namespace does not know (user_namespaces(7)): the kernel
//! shows 65534, or what /proc/sys/kernel/overflowuid and overflowgid say, for each of them.

use std::sync::OnceLock;

use crate::model::{Gid, Uid};

/// The owner of an inode; `None` where it can only be somebody whom our namespace does not know.
pub(super) fn user(shown: Option<Uid>) -> Option<Uid> {
    static STANDS_IN: OnceLock<Option<u32>> = OnceLock::new();
    let stands_in = || stand_in("/proc/sys/kernel/overflowuid", "/proc/self/uid_map");
    shown.filter(|uid| Some(uid.as_raw()) != *STANDS_IN.get_or_init(stands_in))
}

/// The same of its group.
pub(super) fn group(shown: Option<Gid>) -> Option<Gid> {
    static STANDS_IN: OnceLock<Option<u32>> = OnceLock::new();
    let stands_in = || stand_in("/proc/sys/kernel/overflowgid", "/proc/self/gid_map");
    shown.filter(|gid| Some(gid.as_raw()) != *STANDS_IN.get_or_init(stands_in))
}

/// `None` where that id is also somebody's in our namespace, and where /proc does not tell.
fn stand_in(setting: &str, map: &str) -> Option<u32> {
    let number = std::fs::read_to_string(setting).ok()?.trim().parse().ok()?;
    let map = std::fs::read_to_string(map).ok()?;
    (!is_mapped(number, &map)).then_some(number)
}

/// `inside outside count` on each line.
fn is_mapped(number: u32, map: &str) -> bool {
    map.lines().any(|line| {
        let mut numbers = line.split_ascii_whitespace().map(str::parse::<u32>);
        match (numbers.next(), numbers.nth(1)) {
            (Some(Ok(first)), Some(Ok(count))) => number >= first && number - first < count,
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_somebody_where_the_number_is_known() {
        assert!(is_mapped(65534, "         0          0 4294967295\n"));
        assert!(is_mapped(65534, "0 100000 65536\n"));
        assert!(!is_mapped(65534, "0 1000 1\n"));
        assert!(is_mapped(65534, "0 1000 1\n65534 7 1\n"));
        assert!(!is_mapped(65534, ""));
    }
}
