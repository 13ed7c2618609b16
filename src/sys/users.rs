//! What a user's entry says beyond the number, and in which groups they are: getpwnam_r(3),
//! getgrouplist(3), through every name service of the host.

#![allow(unsafe_code)]

use std::ffi::{CString, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::errno;
use super::nss::{bytes, look_up};
use crate::model::{Gid, Lookup, Uid};

/// An entry of the user database, passwd(5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEntry {
    /// The login name.
    pub name: OsString,
    /// The number.
    pub uid: Uid,
    /// The user's own group.
    pub gid: Gid,
    /// The home directory; may be empty.
    pub home: OsString,
    /// The shell; empty for `/bin/sh`.
    pub shell: OsString,
}

/// The entry of that name.
pub fn by_name(name: &str) -> Lookup<UserEntry> {
    let Ok(name) = CString::new(name) else {
        return Lookup::Unknown;
    };
    answer(look_up(entry, |found, buffer, length, result| {
        // SAFETY: all pointers are valid for the call, and `length` is that of the buffer.
        unsafe { libc::getpwnam_r(name.as_ptr(), found, buffer, length, result) }
    }))
}

/// The entry of that number; the first one where there are several.
pub fn by_uid(uid: Uid) -> Lookup<UserEntry> {
    answer(look_up(entry, |found, buffer, length, result| {
        // SAFETY: as above.
        unsafe { libc::getpwuid_r(uid.as_raw(), found, buffer, length, result) }
    }))
}

fn entry(user: &libc::passwd) -> Result<UserEntry, u32> {
    let text = |text| OsString::from_vec(bytes(text));
    Ok(UserEntry {
        name: text(user.pw_name),
        uid: Uid::new(user.pw_uid).ok_or(user.pw_uid)?,
        gid: Gid::new(user.pw_gid).ok_or(user.pw_gid)?,
        home: text(user.pw_dir),
        shell: text(user.pw_shell),
    })
}

fn answer(found: io::Result<Option<Result<UserEntry, u32>>>) -> Lookup<UserEntry> {
    match found {
        Ok(None) => Lookup::Unknown,
        Ok(Some(Ok(entry))) => Lookup::Found(entry),
        Ok(Some(Err(number))) => Lookup::Failed(format!("{number}, which its entry has, is no id")),
        Err(error) => Lookup::Failed(errno::describe(&error)),
    }
}

/// The groups of a user, the one given among them, in ascending order, each once.
pub fn groups_of(user: &UserEntry, gid: Gid) -> Result<Vec<Gid>, String> {
    /// `NGROUPS_MAX` of linux/limits.h.
    const MOST: usize = 65_536;
    let name = CString::new(user.name.as_bytes()).map_err(|_| "a name with a NUL".to_owned())?;
    let mut groups: Vec<libc::gid_t> = vec![0; 64];
    loop {
        let mut count = libc::c_int::try_from(groups.len()).unwrap_or(libc::c_int::MAX);
        // SAFETY: the name ends with a NUL, and `count` is the room behind the pointer.
        let outcome = unsafe {
            libc::getgrouplist(
                name.as_ptr(),
                gid.as_raw(),
                groups.as_mut_ptr(),
                &raw mut count,
            )
        };
        let found = usize::try_from(count).unwrap_or(0);
        if outcome >= 0 {
            groups.truncate(found);
            break;
        }
        if groups.len() >= MOST {
            return Err(format!(
                "more than {MOST} groups, which no process can have"
            ));
        }
        groups.resize(found.clamp(groups.len() * 2, MOST), 0);
    }
    let groups: Option<Vec<Gid>> = groups.into_iter().map(Gid::new).collect();
    let mut groups = groups.ok_or("4294967295 is among them, which is no id")?;
    groups.sort_unstable();
    groups.dedup();
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_an_entry_and_a_group() {
        let Lookup::Found(root) = by_name("root") else {
            panic!("no root");
        };
        assert_eq!(root.uid, Uid::ROOT);
        assert_eq!(by_uid(Uid::ROOT), Lookup::Found(root.clone()));
        let gid = Gid::new(4_000_000_001).unwrap();
        let groups = groups_of(&root, gid).unwrap();
        assert!(groups.contains(&gid), "{groups:?}");
        assert!(groups.is_sorted());
    }

    #[test]
    fn nobody_is_called_that() {
        assert_eq!(by_name("no-such-user-here"), Lookup::Unknown);
        assert_eq!(by_uid(Uid::new(3_999_999_999).unwrap()), Lookup::Unknown);
    }
}
