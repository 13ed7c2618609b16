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
use super::status::{Status, ids};
use crate::model::{Credentials, Gid, Uid};

/// Room for the `status` of the calling thread in /proc, so that it can be read where nothing may
/// be allocated.
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
        // Of the only thread there is, or the first one, the shorter way says the same.
        let path = if thread::gettid() == rustix::process::getpid() {
            c"/proc/self/status"
        } else {
            c"/proc/thread-self/status"
        };
        let file = rustix::fs::open(path, how, Mode::empty())?;
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

impl Status<'_> {
    /// All of it; `None` where the kernel does not say all.
    fn credentials(self) -> Option<Credentials> {
        let mut groups = self.groups().collect::<Option<Vec<_>>>()?;
        groups.sort_unstable();
        groups.dedup();
        Some(Credentials {
            uids: ids(self.uid, Uid::new)?.0,
            gids: ids(self.gid, Gid::new)?.0,
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
        let users = ids(self.uid, Uid::new);
        let groups = ids(self.gid, Gid::new);
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
    use crate::model::CapSet;

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
                ids(text.uid, Uid::new).unwrap().1,
                ids(text.gid, Gid::new).unwrap().1,
                std::fs::read_dir(place.path()).is_ok(),
            )
        };
        assert_eq!(with_eyes_of(uid, gid, ids), Some((uid, gid, false)));
        let (own, _, sees) = ids();
        assert!(own.is_root() && sees);
    }
}
