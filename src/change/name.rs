//! From a path that somebody typed to a name in a directory.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::way::{self, Unfit};
use crate::sys::dir::Dir;

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The path as it was given.
    pub path: PathBuf,
    /// Its directory part; `.` where it has none.
    pub parent: PathBuf,
    /// Its last component.
    pub name: CString,
}

/// Why a path names no file. Nothing has been looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// Nothing.
    #[error("an empty path names nothing")]
    Empty,
    /// It ends in a slash, `.` or `..`.
    #[error("it names a directory and not a file in one")]
    Directory,
    /// It holds a NUL.
    #[error("no path has a NUL in it")]
    Nul,
}

impl Named {
    /// Takes the path apart.
    pub fn new(path: &Path) -> Result<Named, BadPath> {
        let bytes = path.as_os_str().as_bytes();
        let cut = bytes
            .iter()
            .rposition(|&byte| byte == b'/')
            .map(|at| at + 1);
        let (parent, name) = bytes.split_at(cut.unwrap_or(0));
        match name {
            _ if bytes.is_empty() => return Err(BadPath::Empty),
            b"" | b"." | b".." => return Err(BadPath::Directory),
            _ if bytes.contains(&0) => return Err(BadPath::Nul),
            _ => {}
        }
        let parent = if parent.is_empty() { b"." } else { parent };
        Ok(Named {
            path: path.to_owned(),
            parent: PathBuf::from(OsStr::from_bytes(parent)),
            name: CString::new(name).map_err(|_| BadPath::Nul)?,
        })
    }

    /// Opens its directory.
    pub fn open_parent(&self) -> Result<Dir, Unfit> {
        way::directory(&self.parent)
    }

    /// The path of another name in the same directory.
    pub fn beside(&self, name: &CStr) -> PathBuf {
        self.path.with_file_name(OsStr::from_bytes(name.to_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str) -> Result<(String, String), BadPath> {
        let named = Named::new(Path::new(path))?;
        let name = named.name.to_str().unwrap().to_owned();
        Ok((named.parent.to_str().unwrap().to_owned(), name))
    }

    #[test]
    fn directory_and_name() {
        let expect = |parent: &str, name: &str| Ok((parent.to_owned(), name.to_owned()));
        assert_eq!(named("/run/a.sock"), expect("/run/", "a.sock"));
        assert_eq!(named("a.sock"), expect(".", "a.sock"));
        assert_eq!(named("./-"), expect("./", "-"));
        assert_eq!(named("/x"), expect("/", "x"));
    }

    #[test]
    fn what_names_no_file() {
        assert_eq!(named(""), Err(BadPath::Empty));
        for directory in ["/", "/run/", ".", "..", "a/..", "/run/."] {
            assert_eq!(named(directory), Err(BadPath::Directory), "{directory}");
        }
        assert_eq!(named("/a\0b"), Err(BadPath::Nul));
    }
}
