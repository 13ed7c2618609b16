//! What the kernel checks of a process: its ids, groups and capabilities, proc_pid_status(5).

use std::io;

use rustix::fs::AtFlags;

use super::{ProcessDir, details};
use crate::model::{Capabilities, Capability, Gid, IdRanges, KnownIds, Subject, Uid};
use crate::sys::status::{Status, ids};

impl ProcessDir {
    /// As whom the kernel takes the process; `None` where it cannot connect to anything: a thread
    /// of the kernel, or a process that has ended and was not waited for.
    ///
    /// # Errors
    ///
    /// `ESRCH` or `ENOENT` where it is gone, and where what it shows cannot be read.
    pub fn subject(&self) -> io::Result<Option<Subject>> {
        let status = details::contents(self, c"status")?;
        let status = Status::new(&status);
        if !status.has_memory() {
            return Ok(None);
        }
        let mut subject = subject_of(status).ok_or(io::ErrorKind::InvalidData)?;
        let has = &mut subject.capabilities;
        if has.dac_override || has.dac_read_search || has.fowner {
            has.known = self.known_ids()?;
        }
        Ok(Some(subject))
    }

    /// The ids that its user namespace knows; `None` where it is ours.
    fn known_ids(&self) -> io::Result<Option<KnownIds>> {
        let read = |name| details::contents(self, name);
        let (users, groups) = (read(c"uid_map")?, read(c"gid_map")?);
        let is_ours = users == std::fs::read("/proc/self/uid_map")?
            && groups == std::fs::read("/proc/self/gid_map")?;
        Ok((!is_ours).then(|| KnownIds {
            users: IdRanges::of_map(&users),
            groups: IdRanges::of_map(&groups),
        }))
    }

    /// Whether paths lead it where they lead us: the same mount namespace and root directory.
    ///
    /// # Errors
    ///
    /// `EACCES` without the right to look, `ESRCH` once it is gone.
    pub fn shares_our_view(&self) -> io::Result<bool> {
        let namespace = rustix::fs::statat(&self.dir, c"ns/mnt", AtFlags::empty())?;
        let ours = rustix::fs::stat(c"/proc/self/ns/mnt")?;
        if (namespace.st_dev, namespace.st_ino) != (ours.st_dev, ours.st_ino) {
            return Ok(false);
        }
        // First by its words, for its file system may be one that does not answer; and a directory
        // may be mounted in more than one place. To whoever has a root directory of their own, what
        // lies outside of it may read as `/` too.
        let root = rustix::fs::readlinkat(&self.dir, c"root", Vec::new())?;
        if root.as_bytes() != b"/" {
            return Ok(false);
        }
        let (root, ours) = (
            rustix::fs::statat(&self.dir, c"root", AtFlags::empty())?,
            rustix::fs::stat(c"/")?,
        );
        Ok((root.st_dev, root.st_ino) == (ours.st_dev, ours.st_ino))
    }
}

fn subject_of(status: Status<'_>) -> Option<Subject> {
    // The last of the four is what the file system checks.
    let (_, uid) = ids(status.uid, Uid::new)?;
    let (_, gid) = ids(status.gid, Gid::new)?;
    let others = status.groups().collect::<Option<Vec<Gid>>>()?;
    let has = status.effective()?;
    let capabilities = Capabilities {
        dac_override: has.has(Capability::DAC_OVERRIDE),
        dac_read_search: has.has(Capability::DAC_READ_SEARCH),
        fowner: has.has(Capability::FOWNER),
        known: None,
    };
    Some(Subject::new(
        uid,
        others.into_iter().chain([gid]),
        capabilities,
    ))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::super::open_proc;
    use super::*;

    fn parsed(status: &[u8]) -> Option<Subject> {
        subject_of(Status::new(status))
    }

    #[test]
    fn the_last_of_the_four_counts() {
        let status = b"Name:\tUid:\\n\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t30 20 \n\
            CapEff:\t000000000000000a\n";
        let subject = parsed(status).unwrap();
        assert_eq!(subject.uid.as_raw(), 4);
        let gids: Vec<u32> = subject.gids.iter().map(|gid| gid.as_raw()).collect();
        assert_eq!(gids, [8, 20, 30]);
        let has = &subject.capabilities;
        assert!(has.dac_override && has.fowner && !has.dac_read_search);
        assert_eq!(parsed(b"Uid:\t1\t2\t3\nGid:\t5\t6\t7\t8\n"), None);
        assert_eq!(parsed(b""), None);
    }

    #[test]
    fn this_process_is_what_the_kernel_says_of_it() {
        let proc = open_proc().unwrap();
        let process = ProcessDir::open(proc.as_fd(), std::process::id()).unwrap();
        let subject = process.subject().unwrap().unwrap();
        assert_eq!(subject.uid.as_raw(), rustix::process::geteuid().as_raw());
        assert_eq!(subject.capabilities.known, None);
        assert!(process.shares_our_view().unwrap());
    }
}
