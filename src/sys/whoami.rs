//! Who the calling thread is, asked of the kernel call by call: getresuid(2), getgroups(2),
//! capget(2), prctl(2).
//!
//! Its status in /proc says the same, and costs several times as much: each process asks for it
//! for the first time. What compares allocates nothing, so it may be called between fork(2) and
//! execve(2).

#![allow(unsafe_code)]

use rustix::io::Errno;
use rustix::thread::{self, CapabilitySet};

use super::caps;
use super::dir::Failure;
use crate::model::{CapSet, Caps, Credentials, Gid, Ids, Uid};

/// Who this thread is. Whom file systems take it for is not asked: execve(2) and every change of
/// users make that the effective one.
pub fn own() -> Result<Credentials, Failure> {
    let mut room = GroupRoom::for_all()?;
    let groups = room.read()?.iter().map(|&raw| Gid::new(raw));
    let mut groups: Vec<Gid> = groups.collect::<Option<_>>().ok_or(Errno::NODATA)?;
    groups.sort_unstable();
    groups.dedup();
    Ok(Credentials {
        uids: uids()?,
        gids: gids()?,
        groups,
        caps: caps_of_thread()?,
        securebits: caps::securebits()?,
        no_new_privs: thread::no_new_privs()?,
    })
}

/// The first thing in which the kernel's word differs from what is expected; nothing is allocated.
pub fn differs(expected: &Credentials, room: &mut GroupRoom) -> Result<Option<Differs>, Failure> {
    let groups = match room.read() {
        // There are more than are expected.
        Err(Errno::INVAL) => None,
        read => Some(read?),
    };
    let expected_groups = expected.groups.iter().map(|gid| gid.as_raw());
    let same_groups = groups.is_some_and(|it| it.iter().copied().eq(expected_groups));
    let same = [
        (uids()? == expected.uids, Differs::Users),
        (gids()? == expected.gids, Differs::Groups),
        (same_groups, Differs::Supplementary),
        (caps_of_thread()? == expected.caps, Differs::Capabilities),
        (
            caps::securebits()? == expected.securebits,
            Differs::Securebits,
        ),
        (
            thread::no_new_privs()? == expected.no_new_privs,
            Differs::NoNewPrivs,
        ),
    ];
    Ok(same.iter().find(|(is, _)| !is).map(|(_, what)| *what))
}

/// In what a process is not who it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each is the name of what differs
pub enum Differs {
    Users,
    Groups,
    Supplementary,
    Capabilities,
    Securebits,
    NoNewPrivs,
}

/// Room for supplementary groups, so that they can be asked for where nothing may be allocated.
#[derive(Debug)]
pub struct GroupRoom(Vec<libc::gid_t>);

impl GroupRoom {
    /// For that many, and no more.
    pub fn new(count: usize) -> GroupRoom {
        GroupRoom(vec![0; count])
    }

    fn for_all() -> rustix::io::Result<GroupRoom> {
        // SAFETY: asked for none, the kernel writes nothing and says how many there are.
        let count = unsafe { libc::getgroups(0, std::ptr::null_mut()) };
        let count = usize::try_from(count).map_err(|_| last_error())?;
        Ok(GroupRoom::new(count))
    }

    /// Those of this thread. Fails with EINVAL where there are more than there is room for.
    fn read(&mut self) -> rustix::io::Result<&[libc::gid_t]> {
        let Ok(room) = libc::c_int::try_from(self.0.len()) else {
            return Err(Errno::INVAL);
        };
        // SAFETY: there is room for so many. Asked for none, the kernel writes nothing and says how
        // many there are.
        let count = unsafe { libc::getgroups(room, self.0.as_mut_ptr()) };
        let count = usize::try_from(count).map_err(|_| last_error())?;
        self.0.get(..count).ok_or(Errno::INVAL)
    }
}

fn uids() -> rustix::io::Result<Ids<Uid>> {
    let [mut real, mut effective, mut saved] = [0; 3];
    // SAFETY: the kernel writes to these three.
    let outcome = unsafe { libc::getresuid(&raw mut real, &raw mut effective, &raw mut saved) };
    ids(outcome, [real, effective, saved].map(Uid::new))
}

fn gids() -> rustix::io::Result<Ids<Gid>> {
    let [mut real, mut effective, mut saved] = [0; 3];
    // SAFETY: the kernel writes to these three.
    let outcome = unsafe { libc::getresgid(&raw mut real, &raw mut effective, &raw mut saved) };
    ids(outcome, [real, effective, saved].map(Gid::new))
}

fn ids<T>(outcome: libc::c_int, found: [Option<T>; 3]) -> rustix::io::Result<Ids<T>> {
    if outcome != 0 {
        return Err(last_error());
    }
    match found {
        [Some(real), Some(effective), Some(saved)] => Ok(Ids {
            real,
            effective,
            saved,
        }),
        _ => Err(Errno::NODATA),
    }
}

fn caps_of_thread() -> rustix::io::Result<Caps> {
    let sets = thread::capabilities(None)?;
    let among = |candidates: u64, has: fn(CapabilitySet) -> rustix::io::Result<bool>| {
        let mut found = 0;
        let mut left = candidates;
        while left != 0 {
            let lowest = left & left.wrapping_neg();
            match has(CapabilitySet::from_bits_retain(lowest)) {
                Ok(true) => found |= lowest,
                Ok(false) => {}
                // There is none of that number, and none behind it.
                Err(Errno::INVAL) => break,
                Err(errno) => return Err(errno),
            }
            left ^= lowest;
        }
        Ok(CapSet::from_bits(found))
    };
    // What is not both permitted and inheritable is never ambient: capabilities(7).
    let maybe_ambient = sets.permitted & sets.inheritable;
    Ok(Caps {
        inheritable: CapSet::from_bits(sets.inheritable.bits()),
        permitted: CapSet::from_bits(sets.permitted.bits()),
        effective: CapSet::from_bits(sets.effective.bits()),
        bounding: among(u64::MAX, thread::capability_is_in_bounding_set)?,
        ambient: among(maybe_ambient.bits(), thread::capability_is_in_ambient_set)?,
    })
}

fn last_error() -> Errno {
    let error = std::io::Error::last_os_error();
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::status::{Status, ids};

    #[test]
    fn the_calls_say_what_proc_says() {
        let text = std::fs::read("/proc/thread-self/status").unwrap();
        let status = Status::new(&text);
        let own = own().unwrap();
        assert_eq!(own.uids, ids(status.uid, Uid::new).unwrap().0);
        assert_eq!(own.gids, ids(status.gid, Gid::new).unwrap().0);
        let line = |name: &str| {
            let text = str::from_utf8(&text).unwrap();
            let value = text.lines().find_map(|line| line.strip_prefix(name));
            u64::from_str_radix(value.unwrap().trim(), 16).unwrap()
        };
        let names = ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"];
        let [inheritable, permitted, effective, bounding, ambient] =
            names.map(|name| CapSet::from_bits(line(name)));
        let caps = Caps {
            inheritable,
            permitted,
            effective,
            bounding,
            ambient,
        };
        assert_eq!(own.caps, caps);
        assert_eq!(own.no_new_privs, line("NoNewPrivs:") == 1);
        let groups: Option<Vec<Gid>> = status.groups().collect();
        assert_eq!(Some(&own.groups), groups.as_ref());
    }

    #[test]
    fn the_first_difference_is_told() {
        let own = own().unwrap();
        let differs = |credentials: &Credentials| {
            differs(credentials, &mut GroupRoom::new(credentials.groups.len())).unwrap()
        };
        assert_eq!(differs(&own), None);
        let twin = |change: fn(&mut Credentials)| {
            let mut twin = own.clone();
            change(&mut twin);
            differs(&twin)
        };
        assert_eq!(
            twin(|it| it.uids.saved = Uid::new(it.uids.saved.as_raw() + 7).unwrap()),
            Some(Differs::Users)
        );
        assert_eq!(
            twin(|it| it.gids.real = Gid::new(it.gids.real.as_raw() + 7).unwrap()),
            Some(Differs::Groups)
        );
        assert_eq!(
            twin(|it| it.groups.push(Gid::new(4_000_000_000).unwrap())),
            Some(Differs::Supplementary)
        );
        assert_eq!(
            twin(|it| it.caps.ambient = CapSet::from_bits(1 << 63)),
            Some(Differs::Capabilities)
        );
        assert_eq!(
            twin(|it| it.caps.bounding = CapSet::from_bits(1 << 63)),
            Some(Differs::Capabilities)
        );
        assert_eq!(twin(|it| it.securebits.0 ^= 1), Some(Differs::Securebits));
        assert_eq!(
            twin(|it| it.no_new_privs = !it.no_new_privs),
            Some(Differs::NoNewPrivs)
        );
    }
}
