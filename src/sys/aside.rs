//! Names inside one open directory: moved without replacing anything, and removed.

use std::ffi::{CStr, CString};
use std::hash::{BuildHasher, RandomState};

use rustix::fs::{AtFlags, RenameFlags};

use super::dir::{Dir, Failure};

/// The longest name of most file systems, in bytes.
const NAME_MAX: usize = 255;

/// What stands between the name and the random part.
const MARK: &[u8] = b".sockctl-";

/// Digits of the random part.
const DIGITS: usize = 8;

/// Gives what is called `from` the name `to`; fails with [`Failure::is_taken`] where something
/// has that name. Both are names in `dir`.
pub fn rename(dir: &Dir, from: &CStr, to: &CStr) -> Result<(), Failure> {
    Ok(rustix::fs::renameat_with(
        dir,
        from,
        dir,
        to,
        RenameFlags::NOREPLACE,
    )?)
}

/// Removes a name that leads to no directory.
pub fn unlink(dir: &Dir, name: &CStr) -> Result<(), Failure> {
    Ok(rustix::fs::unlinkat(dir, name, AtFlags::empty())?)
}

/// Removes an empty directory.
pub fn remove_directory(dir: &Dir, name: &CStr) -> Result<(), Failure> {
    Ok(rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR)?)
}

/// A hidden name beside `name`, which nobody has chosen before: `.NAME.sockctl-1f0c5a9e`. A name
/// that would become too long is cut.
pub fn name_beside(name: &CStr) -> CString {
    let random = RandomState::new().hash_one(name.to_bytes());
    let digits = format!("{:0DIGITS$x}", random & 0xffff_ffff);
    let mut aside = stem(name);
    aside.extend_from_slice(digits.as_bytes());
    // There is no NUL in a name, nor in what was added.
    CString::new(aside).unwrap_or_default()
}

/// Whether `other` is a name that [`name_beside`] gives for `name`.
pub fn is_beside(name: &CStr, other: &CStr) -> bool {
    other
        .to_bytes()
        .strip_prefix(stem(name).as_slice())
        .is_some_and(|rest| {
            let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            rest.len() == DIGITS && rest.iter().all(hex)
        })
}

fn stem(name: &CStr) -> Vec<u8> {
    let room = NAME_MAX - 1 - MARK.len() - DIGITS;
    let name = name.to_bytes();
    let mut stem = Vec::with_capacity(NAME_MAX);
    stem.push(b'.');
    stem.extend_from_slice(&name[..name.len().min(room)]);
    stem.extend_from_slice(MARK);
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beside_are_hidden_new_and_known_again() {
        let (first, second) = (name_beside(c"a.sock"), name_beside(c"a.sock"));
        assert_ne!(first, second);
        assert!(first.to_bytes().starts_with(b".a.sock.sockctl-"));
        assert!(is_beside(c"a.sock", &first) && is_beside(c"a.sock", &second));
        assert!(!is_beside(c"b.sock", &first));
        for other in [c".a.sock.sockctl-", c".a.sock.sockctl-1234567", c"a.sock"] {
            assert!(!is_beside(c"a.sock", other), "{other:?}");
        }
        assert!(!is_beside(c"a.sock", c".a.sock.sockctl-../etc/x"));
    }

    #[test]
    fn long_names_are_cut() {
        let long = CString::new("x".repeat(255)).unwrap();
        let aside = name_beside(&long);
        assert_eq!(aside.to_bytes().len(), 255);
        assert!(is_beside(&long, &aside));
    }

    #[test]
    fn nothing_is_replaced() {
        let place = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            std::fs::write(place.path().join(name), name).unwrap();
        }
        let dir = Dir::open(place.path()).unwrap();
        assert!(rename(&dir, c"a", c"b").unwrap_err().is_taken());
        rename(&dir, c"a", c"c").unwrap();
        assert!(unlink(&dir, c"a").unwrap_err().is_missing());
        unlink(&dir, c"c").unwrap();
        assert_eq!(std::fs::read(place.path().join("b")).unwrap(), b"b");
    }
}
