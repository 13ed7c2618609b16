//! What stands in the status of a process, proc_pid_status(5). Nothing is allocated.

use crate::model::{CapSet, Gid, Ids};

/// What the kernel says of a process, proc_pid_status(5). Each is what stands behind the name,
/// and empty where there is no such line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Status<'a> {
    pub(super) uid: &'a [u8],
    pub(super) gid: &'a [u8],
    groups: &'a [u8],
    effective: &'a [u8],
    memory: &'a [u8],
}

impl<'a> Status<'a> {
    pub(super) fn new(text: &'a [u8]) -> Status<'a> {
        let mut status = Status::default();
        for line in text.split(|&byte| byte == b'\n') {
            let Some(colon) = line.iter().position(|&byte| byte == b':') else {
                continue;
            };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            match name {
                b"Uid" => status.uid = value,
                b"Gid" => status.gid = value,
                b"Groups" => status.groups = value,
                b"VmSize" => status.memory = value,
                b"CapEff" => status.effective = value,
                _ => {}
            }
        }
        status
    }

    pub(super) fn groups(self) -> impl Iterator<Item = Option<Gid>> {
        numbers(self.groups).map(|number| Gid::new(number?))
    }

    /// The capabilities that count now.
    pub(super) fn effective(self) -> Option<CapSet> {
        bits(self.effective).map(CapSet::from_bits)
    }

    /// Whether it has memory: threads of the kernel have none, and processes that have ended.
    pub(super) fn has_memory(self) -> bool {
        !self.memory.is_empty()
    }
}

/// The real, the effective and the saved one of four, and the last, which is what file systems
/// check.
pub(super) fn ids<T: Copy>(ids: &[u8], make: fn(u32) -> Option<T>) -> Option<(Ids<T>, T)> {
    let mut ids = numbers(ids);
    let mut next = || make(ids.next()??);
    let (real, effective, saved) = (next()?, next()?, next()?);
    let ids = Ids {
        real,
        effective,
        saved,
    };
    Some((ids, next()?))
}

fn numbers(words: &[u8]) -> impl Iterator<Item = Option<u32>> {
    let words = words
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    words.map(|word| str::from_utf8(word).ok()?.parse().ok())
}

fn bits(digits: &[u8]) -> Option<u64> {
    u64::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}
