//! Which rules may speak of certain sockets, told without reading them.

use std::cell::RefCell;
use std::collections::HashMap;
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
    /// Whether a directory is on the way; many rules are of one.
    known: RefCell<HashMap<Vec<u8>, bool>>,
}

impl<'a> About<'a> {
    /// By absolute paths: as they were given, and with the links of their directories resolved.
    pub fn new(paths: &'a [&'a Path], host: &'a dyn Host) -> About<'a> {
        let mut directories = Vec::new();
        for directory in paths.iter().flat_map(|path| path.ancestors().skip(1)) {
            if let Some(inode) = host.directory(directory)
                && !directories.contains(&inode)
            {
                directories.push(inode);
            }
        }
        About {
            paths,
            directories,
            host,
            known: RefCell::default(),
        }
    }

    /// Whether a pattern may match one of them, all of whose matches end like `end` and lie below
    /// `directory`, through whatever links, by a name there that begins like `name`. It may say so
    /// of one that does not.
    pub(crate) fn may_match(&self, directory: &[u8], name: &[u8], end: &[u8]) -> bool {
        let fits = |path: &&Path| {
            let path = path.as_os_str().as_bytes();
            path.ends_with(end)
                && path
                    .split(|&byte| byte == b'/')
                    .any(|it| it.starts_with(name))
        };
        self.paths.iter().any(fits) && self.is_on_the_way(directory)
    }

    fn is_on_the_way(&self, directory: &[u8]) -> bool {
        // Of what is anywhere, and of abstract names, there is nothing to look at.
        if !directory.starts_with(b"/") {
            return true;
        }
        if let Some(&known) = self.known.borrow().get(directory) {
            return known;
        }
        let found = self.host.directory(Path::new(OsStr::from_bytes(directory)));
        let is = found.is_some_and(|it| self.directories.contains(&it));
        self.known.borrow_mut().insert(directory.to_vec(), is);
        is
    }
}
