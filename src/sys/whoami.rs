//! Who the calling thread is, asked of the kernel call by call: getresuid(2), getgroups(2),
//! capget(2), prctl(2).
//!
//! Its status in /proc says the same, and costs several times as much: it is made anew for each
//! process. The C library is not asked, which others may have put themselves in front of
//! (fakeroot(1)). What compares allocates nothing, so it may be called between fork(2) and execve(2).

#![allow(unsafe_code)]

use rustix::io::Errno;
use rustix::thread::{self, CapabilitySet};

use super::caps;
use super::dir::Failure;
use crate::model::{CapSet, Caps, Credentials, Gid, Ids, Uid};

/// Who this thread is. Whom file systems take it for is not asked: execve(2) and every change of
/// users make that the effective one.
pub fn own() -> Result<Credentials, Failure> {
    let mut room = GroupRoom::new(0);
    let groups = room.read()?.iter().map(|&raw| Gid::new(raw));
    let mut groups: Vec<Gid> = groups.collect::<Option<_>>().ok_or(Errno::NODATA)?;
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
    let same_groups = groups.is_some_and(|found| are_those(found, &expected.groups));
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

/// The kernel keeps a group twice that it was given twice, or that has no number in our user
/// namespace. `expected` has each once, in ascending order.
fn are_those(found: &[libc::gid_t], expected: &[Gid]) -> bool {
    let once = found.chunk_by(|a, b| a == b).map(|same| same[0]);
    once.eq(expected.iter().map(|gid| gid.as_raw()))
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
    /// For as many as are expected, and as many as there are now.
    pub fn new(expected: usize) -> GroupRoom {
        // SAFETY: asked for none, the kernel writes nothing and says how many there are.
        let now = unsafe { libc::syscall(GETGROUPS, 0, std::ptr::null_mut::<libc::gid_t>()) };
        // Whoever may not ask is told so when it is read.
        GroupRoom(vec![0; expected.max(checked(now).unwrap_or(0))])
    }

    /// Those of this thread, in ascending order. Fails with EINVAL where there are more than there is
    /// room for.
    fn read(&mut self) -> rustix::io::Result<&[libc::gid_t]> {
        // SAFETY: there is room for so many. Asked for none, the kernel writes nothing and says how
        // many there are.
        let count = unsafe { libc::syscall(GETGROUPS, self.0.len(), self.0.as_mut_ptr()) };
        let found = self.0.get_mut(..checked(count)?).ok_or(Errno::INVAL)?;
        found.sort_unstable();
        Ok(found)
    }
}

fn uids() -> rustix::io::Result<Ids<Uid>> {
    ids(GETRESUID, Uid::new)
}

fn gids() -> rustix::io::Result<Ids<Gid>> {
    ids(GETRESGID, Gid::new)
}

fn ids<T>(call: libc::c_long, make: fn(u32) -> Option<T>) -> rustix::io::Result<Ids<T>> {
    let [mut real, mut effective, mut saved] = [0_u32; 3];
    // SAFETY: the kernel writes a number to each of these three.
    checked(unsafe { libc::syscall(call, &raw mut real, &raw mut effective, &raw mut saved) })?;
    let ids = || {
        Some(Ids {
            real: make(real)?,
            effective: make(effective)?,
            saved: make(saved)?,
        })
    };
    ids().ok_or(Errno::NODATA)
}

fn checked(outcome: libc::c_long) -> rustix::io::Result<usize> {
    usize::try_from(outcome).map_err(|_| {
        let error = std::io::Error::last_os_error();
        Errno::from_io_error(&error).unwrap_or(Errno::IO)
    })
}

// Where numbers of 16 bits came first, the calls that know those of 32 have other names.
#[cfg(not(any(target_arch = "x86", target_arch = "arm")))]
use libc::{SYS_getgroups as GETGROUPS, SYS_getresgid as GETRESGID, SYS_getresuid as GETRESUID};
#[cfg(any(target_arch = "x86", target_arch = "arm"))]
use libc::{
    SYS_getgroups32 as GETGROUPS, SYS_getresgid32 as GETRESGID, SYS_getresuid32 as GETRESUID,
};

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
        let mut groups: Vec<Gid> = status.groups().collect::<Option<_>>().unwrap();
        groups.sort_unstable();
        groups.dedup();
        assert_eq!(own.groups, groups);
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

    #[test]
    fn a_group_that_is_there_twice_is_one() {
        let expected = [7, 9].map(|gid| Gid::new(gid).unwrap());
        assert!(are_those(&[7, 9], &expected) && are_those(&[7, 7, 9, 9, 9], &expected));
        assert!(!are_those(&[7, 7], &expected) && !are_those(&[7, 8, 9], &expected));
        assert!(are_those(&[], &[]) && !are_those(&[], &expected));
    }
}
