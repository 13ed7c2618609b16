//! What a socket is called.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// A path in the file system, or a name in the network namespace's abstract space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SocketName {
    /// A socket file; absolute wherever the kernel lets us know.
    Path(PathBuf),
    /// Any bytes, NUL included, without the NUL that the kernel puts in front.
    Abstract(Vec<u8>),
}

impl SocketName {
    /// Whether it is a path that goes up again (`..`): its text does not tell where that is.
    pub fn goes_up(&self) -> bool {
        let path = self.as_path();
        path.is_some_and(|path| path.components().any(|it| it == Component::ParentDir))
    }

    /// The path, if it is one.
    pub fn as_path(&self) -> Option<&Path> {
        match self {
            SocketName::Path(path) => Some(path),
            SocketName::Abstract(_) => None,
        }
    }

    /// The bytes as people write them: the path, or `@` and the abstract name.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            SocketName::Path(path) => path.as_os_str().as_bytes().to_vec(),
            SocketName::Abstract(name) => [b"@", name.as_slice()].concat(),
        }
    }
}

impl From<&OsStr> for SocketName {
    fn from(path: &OsStr) -> Self {
        SocketName::Path(PathBuf::from(path))
    }
}
