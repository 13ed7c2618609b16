//! Removes a name only if it leads to the inode that was looked at.
//!
//! No system call removes a name on the condition that it still leads to a certain inode. So the
//! name is first changed to one that nobody else knows, which fails for nobody; then there is time
//! to look, and what turns out to be something else gets its name back. A name that has been taken
//! meanwhile is not taken back: then there are two, and that is for people to decide.

use std::ffi::{CStr, CString};
use std::path::Path;

use crate::model::Inode;
use crate::sys::aside::{name_beside, rename, unlink};
use crate::sys::dir::{Dir, Failure, Pinned};

/// What became of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is removed.
    Removed,
    /// There was no such name.
    Gone,
    /// It led to something else, which is where it was.
    Other,
    /// It led to something else, or could not be removed, and the name was taken by somebody
    /// when it was to be put back.
    KeptAside(CString),
    /// Nothing has changed.
    Failed(Failure),
}

/// What is said of [`Taken::KeptAside`] where something of ours was to be removed.
pub(super) fn kept_as(path: &Path) -> String {
    format!(
        "another file had been put there meanwhile, and when that was to get its name back there \
         was a third one: it is kept as {}",
        path.display()
    )
}

/// How often another name is tried when somebody has the one that was drawn.
const DRAWS: usize = 16;

/// Removes `name` from `dir` if `is_it` says so of what it leads to. The hidden name that it has
/// for a moment is made of `base`.
pub(super) fn take_away(
    dir: &Dir,
    name: &CStr,
    base: &CStr,
    is_it: impl FnOnce(&Pinned) -> bool,
) -> Taken {
    take_away_by(dir, name, base, |aside| Ok(is_it(&dir.pin(aside)?)))
}

/// The same for what is known by its number alone: no descriptor is needed, which there may be
/// none left for. The inode must not have been given up meanwhile, for its number may then be
/// another one's.
pub(super) fn take_away_inode(dir: &Dir, name: &CStr, base: &CStr, inode: Inode) -> Taken {
    take_away_by(dir, name, base, |aside| {
        Ok(dir.facts_of(aside)?.inode == inode)
    })
}

fn take_away_by(
    dir: &Dir,
    name: &CStr,
    base: &CStr,
    is_it: impl FnOnce(&CStr) -> Result<bool, Failure>,
) -> Taken {
    let aside = match move_aside(dir, name, base) {
        Ok(aside) => aside,
        Err(failure) if failure.is_missing() => return Taken::Gone,
        Err(failure) => return Taken::Failed(failure),
    };
    match is_it(&aside) {
        Ok(true) => match unlink(dir, &aside) {
            Ok(()) => Taken::Removed,
            Err(failure) if failure.is_missing() => Taken::Removed,
            Err(failure) => put_back(dir, aside, name, Taken::Failed(failure)),
        },
        Ok(false) => put_back(dir, aside, name, Taken::Other),
        Err(failure) if failure.is_missing() => Taken::Other,
        Err(failure) => put_back(dir, aside, name, Taken::Failed(failure)),
    }
}

fn move_aside(dir: &Dir, name: &CStr, base: &CStr) -> Result<CString, Failure> {
    let mut draws = 1;
    loop {
        let aside = name_beside(base);
        match rename(dir, name, &aside) {
            Err(failure) if failure.is_taken() && draws < DRAWS => draws += 1,
            outcome => return outcome.map(|()| aside),
        }
    }
}

fn put_back(dir: &Dir, aside: CString, name: &CStr, back: Taken) -> Taken {
    match rename(dir, &aside, name) {
        Ok(()) => back,
        // Another sockctl found it aside and has put it back.
        Err(failure) if failure.is_missing() => back,
        Err(_) => Taken::KeptAside(aside),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    use super::*;
    use crate::sys::dir::Buffer;

    fn names(dir: &Path) -> Vec<CString> {
        let mut names = Vec::new();
        let open = Dir::open(dir).unwrap();
        open.read(&mut Buffer::default(), |name, _| {
            names.push(name.to_owned());
        })
        .unwrap();
        names.sort();
        names
    }

    #[test]
    fn what_is_not_it_gets_its_name_back() {
        let place = tempfile::tempdir().unwrap();
        let dir = Dir::open(place.path()).unwrap();
        drop(UnixListener::bind(place.path().join("s")).unwrap());
        assert_eq!(take_away(&dir, c"s", c"s", |_| false), Taken::Other);
        assert_eq!(names(place.path()), [c"s".to_owned()]);
        assert_eq!(take_away(&dir, c"s", c"s", |_| true), Taken::Removed);
        assert_eq!(take_away(&dir, c"s", c"s", |_| true), Taken::Gone);
        assert!(names(place.path()).is_empty());
    }

    #[test]
    fn who_takes_the_name_meanwhile_keeps_it() {
        let place = tempfile::tempdir().unwrap();
        let dir = Dir::open(place.path()).unwrap();
        let path = place.path().join("s");
        let _first = UnixListener::bind(&path).unwrap();
        let mut second = None;
        let taken = take_away(&dir, c"s", c"s", |_| {
            second = Some(UnixListener::bind(&path).unwrap());
            false
        });
        let Taken::KeptAside(aside) = taken else {
            panic!("{taken:?}");
        };
        assert_eq!(names(place.path()), [aside, c"s".to_owned()]);
    }

    #[test]
    fn what_cannot_be_unlinked_gets_its_name_back() {
        let place = tempfile::tempdir().unwrap();
        let dir = Dir::open(place.path()).unwrap();
        std::fs::create_dir(place.path().join("d")).unwrap();
        let taken = take_away(&dir, c"d", c"d", |_| true);
        assert!(matches!(taken, Taken::Failed(_)), "{taken:?}");
        assert_eq!(names(place.path()), [c"d".to_owned()]);
    }
}
