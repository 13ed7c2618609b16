//! Which rules may speak of certain sockets, told without reading them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::model::{Host, Inode};

/// The sockets of which alone a policy will be asked.
pub struct About<'a> {
    paths: &'a [&'a Path],
    /// Every directory on their way.
    directories: Vec<Inode>,
    host: &'a dyn Host,
}

impl<'a> About<'a> {
    /// By absolute paths: as they were given, and with the links of their directories resolved.
    pub fn new(paths: &'a [&'a Path], host: &'a dyn Host) -> About<'a> {
        let mut ways: Vec<&Path> = Vec::new();
        for directory in paths.iter().flat_map(|path| path.ancestors().skip(1)) {
            if !ways.contains(&directory) {
                ways.push(directory);
            }
        }
        let inodes = ways
            .iter()
            .filter_map(|directory| host.directory(directory));
        let directories = inodes.collect();
        About {
            paths,
            directories,
            host,
        }
    }

    /// Whether a pattern may match one of them, all of whose matches end like `end`, behind a name
    /// that begins like `name`, wherever it is. It may say so of one that does not.
    pub(crate) fn may_be_named(&self, name: &[u8], end: &[u8]) -> bool {
        let fits = |path: &&Path| {
            let path = path.as_os_str().as_bytes();
            path.ends_with(end)
                && path
                    .split(|&byte| byte == b'/')
                    .any(|it| it.starts_with(name))
        };
        self.paths.iter().any(fits)
    }

    /// Whether one of them lies below `directory`, through whatever links.
    pub(crate) fn is_on_the_way(&self, directory: &[u8]) -> bool {
        // Of what is anywhere, and of abstract names, there is nothing to look at.
        !directory.starts_with(b"/")
            || (self.host)
                .directory(Path::new(OsStr::from_bytes(directory)))
                .is_some_and(|it| self.directories.contains(&it))
    }
}
