//! Users and groups by name and number, through the C library and so through every name service
//! of the host: getpwnam_r(3), getgrnam_r(3).

use std::collections::HashMap;
use std::ffi::CString;
use std::hash::Hash;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::errno;
use super::members::{Listed, Passwd};
use super::nss::{Entry, group_by_id, group_by_name, user_by_id, user_by_name};
use crate::model::{Gid, Lookup, Members, Names, Uid};

/// The host's name services. Each answer is remembered, failures too: what did not answer once
/// may keep us waiting again.
#[derive(Debug, Default)]
pub struct SystemNames {
    users: Mutex<HashMap<String, Lookup<Uid>>>,
    groups: Mutex<HashMap<String, Lookup<Gid>>>,
    user_names: Mutex<HashMap<Uid, Option<String>>>,
    group_names: Mutex<HashMap<Gid, Option<String>>>,
    members: Mutex<HashMap<Gid, Lookup<Vec<Uid>>>>,
    groups_of: Mutex<HashMap<Uid, Lookup<Vec<Gid>>>>,
    passwd: Passwd,
    listed: Listed,
}

impl Names for SystemNames {
    fn user_id(&self, name: &str) -> Lookup<Uid> {
        remember(&self.users, name.to_owned(), |name| {
            let Ok(name) = CString::new(name.as_bytes()) else {
                return Lookup::Unknown;
            };
            id(user_by_name(&name), |user| Uid::new(user.id))
        })
    }

    fn group_id(&self, name: &str) -> Lookup<Gid> {
        remember(&self.groups, name.to_owned(), |name| {
            let Ok(name) = CString::new(name.as_bytes()) else {
                return Lookup::Unknown;
            };
            id(group_by_name(&name), |group| Gid::new(group.id))
        })
    }

    fn user_name(&self, uid: Uid) -> Option<String> {
        remember(&self.user_names, uid, |uid| {
            String::from_utf8(user_by_id(uid.as_raw()).ok()??.name).ok()
        })
    }

    fn group_name(&self, gid: Gid) -> Option<String> {
        remember(&self.group_names, gid, |gid| {
            String::from_utf8(group_by_id(gid.as_raw()).ok()??.name).ok()
        })
    }
}

impl Members for SystemNames {
    fn members(&self, gid: Gid) -> Lookup<Vec<Uid>> {
        remember(&self.members, gid, |gid| self.passwd.members(*gid))
    }

    fn groups_of(&self, uid: Uid) -> Lookup<Vec<Gid>> {
        remember(&self.groups_of, uid, |uid| {
            let asked = lock(&self.groups_of).len();
            self.listed.groups_of(*uid, asked, &self.passwd)
        })
    }
}

/// The lock is not held while the name services are asked: they may take their time.
fn remember<K: Hash + Eq + Clone, V: Clone>(
    known: &Mutex<HashMap<K, V>>,
    key: K,
    ask: impl FnOnce(&K) -> V,
) -> V {
    if let Some(answer) = lock(known).get(&key) {
        return answer.clone();
    }
    let answer = ask(&key);
    lock(known).insert(key, answer.clone());
    answer
}

fn lock<T>(known: &Mutex<T>) -> MutexGuard<'_, T> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

fn id<T>(entry: io::Result<Option<Entry>>, number: impl FnOnce(&Entry) -> Option<T>) -> Lookup<T> {
    match entry {
        Ok(None) => Lookup::Unknown,
        Ok(Some(entry)) => match number(&entry) {
            Some(id) => Lookup::Found(id),
            None => Lookup::Failed(format!("its number, {}, is no id", entry.id)),
        },
        Err(error) => Lookup::Failed(errno::describe(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_found_both_ways() {
        let names = SystemNames::default();
        assert_eq!(names.user_id("root"), Lookup::Found(Uid::ROOT));
        assert_eq!(names.group_id("root"), Lookup::Found(Gid::ROOT));
        for _ in 0..2 {
            assert_eq!(names.user_name(Uid::ROOT).as_deref(), Some("root"));
            assert_eq!(names.group_name(Gid::ROOT).as_deref(), Some("root"));
        }
    }

    #[test]
    fn what_nobody_is_called_is_unknown_and_no_failure() {
        let names = SystemNames::default();
        for name in ["", "no-such-name-here", "a\0b", "ro:ot", "0"] {
            assert_eq!(names.user_id(name), Lookup::Unknown, "{name:?}");
            assert_eq!(names.group_id(name), Lookup::Unknown, "{name:?}");
        }
        let nobody = 3_999_999_999;
        assert_eq!(names.user_name(Uid::new(nobody).unwrap()), None);
        assert_eq!(names.group_name(Gid::new(nobody).unwrap()), None);
    }

    #[test]
    fn a_service_that_fails_is_no_service_that_does_not_know() {
        let failed = io::Error::from_raw_os_error(libc::EIO);
        let failed: Lookup<u32> = id(Err(failed), |_| None);
        assert_eq!(failed, Lookup::Failed("I/O error (EIO)".to_owned()));
    }
}
