//! Users and groups by name and number, through the C library and so through every name service
//! of the host: getpwnam_r(3), getgrnam_r(3).

#![allow(unsafe_code)]

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::hash::Hash;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::{c_char, c_int};

use super::errno;
use super::members::{Listed, Passwd};
use crate::model::{Gid, Lookup, Members, Names, Uid};

/// A group of a hundred thousand members needs some megabytes; nobody needs more than this.
const LARGEST: usize = 64 * 1024 * 1024;

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

/// An entry of the user or group database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) id: u32,
    /// The group itself, or the primary group of a user.
    pub(super) gid: u32,
    /// Of a group; those whose own group it is are not among them.
    pub(super) members: Vec<Vec<u8>>,
}

fn user_by_name(name: &CStr) -> io::Result<Option<Entry>> {
    look_up(user_entry, |entry, buffer, length, found| {
        // SAFETY: all pointers are valid for the call, and `length` is that of the buffer.
        unsafe { libc::getpwnam_r(name.as_ptr(), entry, buffer, length, found) }
    })
}

pub(super) fn user_by_id(uid: u32) -> io::Result<Option<Entry>> {
    look_up(user_entry, |entry, buffer, length, found| {
        // SAFETY: as above.
        unsafe { libc::getpwuid_r(uid, entry, buffer, length, found) }
    })
}

fn group_by_name(name: &CStr) -> io::Result<Option<Entry>> {
    look_up(group_entry, |entry, buffer, length, found| {
        // SAFETY: as above.
        unsafe { libc::getgrnam_r(name.as_ptr(), entry, buffer, length, found) }
    })
}

pub(super) fn group_by_id(gid: u32) -> io::Result<Option<Entry>> {
    look_up(group_entry, |entry, buffer, length, found| {
        // SAFETY: as above.
        unsafe { libc::getgrgid_r(gid, entry, buffer, length, found) }
    })
}

/// Calls one of the `get*_r` with a buffer that grows until the entry fits.
pub(super) fn look_up<T, E>(
    convert: fn(&T) -> E,
    call: impl Fn(*mut T, *mut c_char, usize, *mut *mut T) -> c_int,
) -> io::Result<Option<E>> {
    look_up_in(&mut vec![0; 1024], convert, call)
}

/// Hands every entry of a database to `each`, with one of the `get*ent_r`.
pub(super) fn next_entry<T>(
    convert: fn(&T) -> Entry,
    mut each: impl FnMut(Entry),
    call: impl Fn(*mut T, *mut c_char, usize, *mut *mut T) -> c_int,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    while let Some(entry) = look_up_in(&mut buffer, convert, &call)? {
        each(entry);
    }
    Ok(())
}

fn look_up_in<T, E>(
    buffer: &mut Vec<c_char>,
    convert: fn(&T) -> E,
    call: impl Fn(*mut T, *mut c_char, usize, *mut *mut T) -> c_int,
) -> io::Result<Option<E>> {
    loop {
        let mut entry = MaybeUninit::<T>::uninit();
        let mut found = ptr::null_mut();
        let code = call(
            entry.as_mut_ptr(),
            buffer.as_mut_ptr(),
            buffer.len(),
            &raw mut found,
        );
        match code {
            0 if found.is_null() => return Ok(None),
            0 => {
                // SAFETY: with 0 and a result, the entry has been filled in; what it points to is
                // in the buffer, which lives until the end of this arm.
                let entry = unsafe { entry.assume_init_ref() };
                return Ok(Some(convert(entry)));
            }
            // Some name services say "none" in these words, against the manual.
            libc::ENOENT | libc::ESRCH => return Ok(None),
            libc::EINTR => {}
            libc::ERANGE if buffer.len() < LARGEST => buffer.resize(buffer.len() * 4, 0),
            code => return Err(io::Error::from_raw_os_error(code)),
        }
    }
}

pub(super) fn user_entry(user: &libc::passwd) -> Entry {
    Entry {
        name: bytes(user.pw_name),
        id: user.pw_uid,
        gid: user.pw_gid,
        members: Vec::new(),
    }
}

pub(super) fn group_entry(group: &libc::group) -> Entry {
    let mut members = Vec::new();
    let mut next = group.gr_mem;
    while !next.is_null() {
        // SAFETY: `gr_mem` is an array that ends with a null pointer, not yet reached.
        let member = unsafe { *next };
        if member.is_null() {
            break;
        }
        members.push(bytes(member));
        // SAFETY: this element was not the last one.
        next = unsafe { next.add(1) };
    }
    Entry {
        name: bytes(group.gr_name),
        id: group.gr_gid,
        gid: group.gr_gid,
        members,
    }
}

pub(super) fn bytes(text: *const c_char) -> Vec<u8> {
    if text.is_null() {
        return Vec::new();
    }
    // SAFETY: the strings of an entry end with a NUL.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
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
    fn the_buffer_grows_until_the_entry_fits_and_codes_are_told_apart() {
        #[allow(clippy::trivially_copy_pass_by_ref)] // as those for real entries
        fn convert(id: &u32) -> Entry {
            Entry {
                name: Vec::new(),
                id: *id,
                gid: 0,
                members: Vec::new(),
            }
        }
        let needs = 5_000_000;
        let entry = look_up(convert, |entry, _, length, found| {
            if length < needs {
                return libc::ERANGE;
            }
            // SAFETY: both pointers are those of `look_up`.
            unsafe { entry.write(7) };
            // SAFETY: as above.
            unsafe { found.write(entry) };
            0
        });
        assert_eq!(entry.unwrap().unwrap().id, 7);
        let with = |code| look_up(convert, |_, _, _, _| code);
        assert_eq!(with(0).unwrap(), None);
        assert_eq!(with(libc::ENOENT).unwrap(), None);
        assert_eq!(with(libc::EIO).unwrap_err().raw_os_error(), Some(libc::EIO));
        assert!(with(libc::ERANGE).is_err());
        let failed: Lookup<u32> = id(with(libc::EIO), |_| None);
        assert_eq!(failed, Lookup::Failed("I/O error (EIO)".to_owned()));
    }
}
