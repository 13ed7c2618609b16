//! Who this process is, changed one system call at a time.
//!
//! Everything here acts on the calling thread alone, as the kernel has it, and nothing that
//! changes anything allocates, so it may be called between fork(2) and execve(2).

use rustix::process::{Gid as RawGid, Uid as RawUid};
use rustix::thread;

use super::dir::Failure;
use crate::model::{Gid, Uid};

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
    fn eyes_are_those_of_one_thread() {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: eyes_are_those_of_one_thread: needs root");
            return;
        }
        let place = tempfile::tempdir().unwrap();
        rustix::fs::chmod(place.path(), rustix::fs::Mode::RWXU).unwrap();
        let (uid, gid) = (Uid::new(65534).unwrap(), Gid::new(65534).unwrap());
        let ids = || {
            let text = std::fs::read_to_string("/proc/thread-self/status").unwrap();
            let of_files = |name: &str| {
                let line = text.lines().find(|line| line.starts_with(name)).unwrap();
                line.rsplit('\t').next().unwrap().to_owned()
            };
            let sees = std::fs::read_dir(place.path()).is_ok();
            (of_files("Uid:"), of_files("Gid:"), sees)
        };
        let theirs = ("65534".to_owned(), "65534".to_owned(), false);
        assert_eq!(with_eyes_of(uid, gid, ids), Some(theirs));
        let (own, _, sees) = ids();
        assert!(own == "0" && sees);
    }
}
