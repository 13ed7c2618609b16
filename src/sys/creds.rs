//! Who this process is: read from the kernel, and changed, one system call at a time.
//!
//! Everything here acts on the calling thread alone, as the kernel has it, and nothing that
//! changes anything allocates, so it may be called between fork(2) and execve(2).

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Gid as RawGid, Uid as RawUid};
use rustix::thread;

use super::caps;
use super::dir::Failure;
use crate::model::{CapSet, Caps, Credentials, Gid, Ids, Uid};

/// Room for `/proc/thread-self/status`, so that it can be read where nothing may be allocated.
#[derive(Debug)]
pub struct StatusRoom(Vec<u8>);

impl StatusRoom {
    /// Room for that many supplementary groups.
    pub fn for_groups(count: usize) -> StatusRoom {
        /// Everything but the groups, with room to spare for what later kernels add.
        const REST: usize = 8 * 1024;
        /// Ten digits and a blank.
        const GROUP: usize = 11;
        StatusRoom(Vec::with_capacity(REST + GROUP * count))
    }

    /// Reads it anew. Fails with ENOBUFS where it is longer than the room.
    pub fn read(&mut self) -> Result<Status<'_>, Failure> {
        let how = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::open(c"/proc/thread-self/status", how, Mode::empty())?;
        self.0.clear();
        loop {
            if self.0.spare_capacity_mut().is_empty() {
                return Err(Errno::NOBUFS.into());
            }
            let read = rustix::io::retry_on_intr(|| {
                rustix::io::read(&file, rustix::buffer::spare_capacity(&mut self.0))
            });
            if read? == 0 {
                return Ok(Status::new(&self.0));
            }
        }
    }
}

/// What `/proc/thread-self/status` says, proc_pid_status(5). Each is what stands behind the name,
/// and empty where there is no such line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Status<'a> {
    uid: &'a [u8],
    gid: &'a [u8],
    groups: &'a [u8],
    inheritable: &'a [u8],
    permitted: &'a [u8],
    effective: &'a [u8],
    bounding: &'a [u8],
    ambient: &'a [u8],
    no_new_privs: &'a [u8],
    ignored: &'a [u8],
}

impl<'a> Status<'a> {
    fn new(text: &'a [u8]) -> Status<'a> {
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
                b"SigIgn" => status.ignored = value,
                b"CapInh" => status.inheritable = value,
                b"CapPrm" => status.permitted = value,
                b"CapEff" => status.effective = value,
                b"CapBnd" => status.bounding = value,
                b"CapAmb" => status.ambient = value,
                b"NoNewPrivs" => status.no_new_privs = value,
                _ => {}
            }
        }
        status
    }

    fn ids<T: Copy>(ids: &[u8], make: fn(u32) -> Option<T>) -> Option<(Ids<T>, T)> {
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

    fn groups(self) -> impl Iterator<Item = Option<Gid>> {
        numbers(self.groups).map(|number| Gid::new(number?))
    }

    fn caps(self) -> Option<Caps> {
        let set = |digits| bits(digits).map(CapSet::from_bits);
        Some(Caps {
            inheritable: set(self.inheritable)?,
            permitted: set(self.permitted)?,
            effective: set(self.effective)?,
            bounding: set(self.bounding)?,
            ambient: set(self.ambient)?,
        })
    }

    fn no_new_privs(self) -> Option<bool> {
        match self.no_new_privs {
            b"0" => Some(false),
            b"1" => Some(true),
            _ => None,
        }
    }

    /// The signals that are ignored, signal n in bit n - 1.
    pub fn ignored_signals(self) -> Option<u64> {
        bits(self.ignored)
    }

    /// All of it; `None` where the kernel does not say all.
    fn credentials(self) -> Option<Credentials> {
        let mut groups = self.groups().collect::<Option<Vec<_>>>()?;
        groups.sort_unstable();
        groups.dedup();
        Some(Credentials {
            uids: Status::ids(self.uid, Uid::new)?.0,
            gids: Status::ids(self.gid, Gid::new)?.0,
            groups,
            caps: self.caps()?,
            securebits: caps::securebits().ok()?,
            no_new_privs: self.no_new_privs()?,
        })
    }

    /// The first thing in which the kernel's word differs from what is expected; nothing is
    /// allocated.
    pub fn differs(self, expected: &Credentials) -> Option<Differs> {
        let same = |is: bool, what| (!is).then_some(what);
        let users = Status::ids(self.uid, Uid::new);
        let groups = Status::ids(self.gid, Gid::new);
        let supplementary = || {
            let mut found = self.groups();
            let all = expected
                .groups
                .iter()
                .all(|gid| found.next() == Some(Some(*gid)));
            all && found.next().is_none()
        };
        same(
            users == Some((expected.uids, expected.uids.effective)),
            Differs::Users,
        )
        .or(same(
            groups == Some((expected.gids, expected.gids.effective)),
            Differs::Groups,
        ))
        .or(same(supplementary(), Differs::Supplementary))
        .or(same(
            self.caps() == Some(expected.caps),
            Differs::Capabilities,
        ))
        .or(same(
            caps::securebits() == Ok(expected.securebits),
            Differs::Securebits,
        ))
        .or(same(
            self.no_new_privs() == Some(expected.no_new_privs),
            Differs::NoNewPrivs,
        ))
    }
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

/// Who this thread is, and which signals it ignores (signal n in bit n - 1).
pub fn own() -> Result<(Credentials, u64), Failure> {
    /// `NGROUPS_MAX` of linux/limits.h.
    const MOST_GROUPS: usize = 65_536;
    let mut room = StatusRoom::for_groups(64);
    let status = match room.read() {
        Err(failure) if failure.is_out_of_room() => {
            room = StatusRoom::for_groups(MOST_GROUPS);
            room.read()?
        }
        read => read?,
    };
    let all = status.credentials().zip(status.ignored_signals());
    all.ok_or_else(|| Errno::NODATA.into())
}

/// Groups as setgroups(2) takes them.
#[derive(Debug)]
pub struct RawGroups(Vec<RawGid>);

impl RawGroups {
    /// Allocates.
    pub fn new(groups: &[Gid]) -> RawGroups {
        let raw = |gid: &Gid| RawGid::from_raw(gid.as_raw());
        RawGroups(groups.iter().map(raw).collect())
    }
}

/// setgroups(2)
pub fn set_groups(groups: &RawGroups) -> Result<(), Failure> {
    Ok(thread::set_thread_groups(&groups.0)?)
}

/// Whether nobody may call setgroups(2) in our user namespace, whatever they have:
/// user_namespaces(7).
pub fn may_set_no_groups() -> bool {
    std::fs::read("/proc/self/setgroups").is_ok_and(|text| text.starts_with(b"deny"))
}

/// setresgid(2), all of them.
pub fn set_gids(gid: Gid) -> Result<(), Failure> {
    let raw = RawGid::from_raw(gid.as_raw());
    Ok(thread::set_thread_res_gid(raw, raw, raw)?)
}

/// setresuid(2), all of them.
pub fn set_uids(uid: Uid) -> Result<(), Failure> {
    let raw = RawUid::from_raw(uid.as_raw());
    Ok(thread::set_thread_res_uid(raw, raw, raw)?)
}

/// Tries to become root again: setuid(2). Whether it was let.
pub fn regains_root() -> bool {
    thread::set_thread_uid(RawUid::ROOT).is_ok()
}

/// Looks at files as that user and group, in a thread of its own: what /proc shows of their
/// processes alone is then seen without `CAP_SYS_PTRACE`. `None`: we cannot be them (that takes
/// `CAP_SETUID` and `CAP_SETGID`), or there is no thread left.
pub fn with_eyes_of<T: Send>(uid: Uid, gid: Gid, look: impl FnOnce() -> T + Send) -> Option<T> {
    use nix::unistd::{self, setfsgid, setfsuid};
    let become_them = || {
        // Both return what was before, whether they succeed or not: the second call asks.
        let group = unistd::Gid::from_raw(gid.as_raw());
        let user = unistd::Uid::from_raw(uid.as_raw());
        setfsgid(group);
        let in_group = setfsgid(group) == group;
        setfsuid(user);
        in_group && setfsuid(user) == user
    };
    std::thread::scope(|scope| {
        let look = || become_them().then(look);
        let thread = std::thread::Builder::new().spawn_scoped(scope, look).ok()?;
        let looked = thread.join();
        looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[cfg(test)]
#[allow(clippy::print_stdout)] // skipped tests say so by name
mod tests {
    use super::*;

    #[test]
    fn the_kernel_says_who_we_are() {
        let (own, _) = own().unwrap();
        assert_eq!(own.uids.real.as_raw(), rustix::process::getuid().as_raw());
        assert_eq!(
            own.gids.effective.as_raw(),
            rustix::process::getegid().as_raw()
        );
        let mut room = StatusRoom::for_groups(own.groups.len());
        let status = room.read().unwrap();
        assert_eq!(status.differs(&own), None);
        let twin = |change: fn(&mut Credentials)| {
            let mut twin = own.clone();
            change(&mut twin);
            status.differs(&twin)
        };
        let uid = |raw| Uid::new(raw).unwrap();
        assert_eq!(uid(7).as_raw(), 7);
        assert_eq!(
            twin(|it| it.uids.saved = Uid::new(it.uids.saved.as_raw() + 7).unwrap()),
            Some(Differs::Users)
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
            twin(|it| it.no_new_privs = !it.no_new_privs),
            Some(Differs::NoNewPrivs)
        );
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let mut room = StatusRoom(Vec::with_capacity(100));
        assert!(room.read().unwrap_err().is_out_of_room());
    }

    #[test]
    fn eyes_are_those_of_one_thread() {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: eyes_are_those_of_one_thread: needs root");
            return;
        }
        let place = tempfile::tempdir().unwrap();
        rustix::fs::chmod(place.path(), rustix::fs::Mode::RWXU).unwrap();
        let (uid, gid) = (Uid::new(65534).unwrap(), Gid::new(65534).unwrap());
        let ids = || {
            let mut room = StatusRoom::for_groups(64);
            let text = room.read().unwrap();
            (
                Status::ids(text.uid, Uid::new).unwrap().1,
                Status::ids(text.gid, Gid::new).unwrap().1,
                std::fs::read_dir(place.path()).is_ok(),
            )
        };
        assert_eq!(with_eyes_of(uid, gid, ids), Some((uid, gid, false)));
        let (own, _, sees) = ids();
        assert!(own.is_root() && sees);
    }
}
