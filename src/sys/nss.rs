//! Entries of the user and group databases, through the C library: getpwnam_r(3), getgrnam_r(3),
//! getpwent_r(3), getgrent_r(3).

#![allow(unsafe_code)]

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use libc::{c_char, c_int};

/// A group of a hundred thousand members needs some megabytes; nobody needs more than this.
const LARGEST: usize = 64 * 1024 * 1024;

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

pub(super) fn user_by_name(name: &CStr) -> io::Result<Option<Entry>> {
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

pub(super) fn group_by_name(name: &CStr) -> io::Result<Option<Entry>> {
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
    }
}
