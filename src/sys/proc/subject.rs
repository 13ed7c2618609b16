//! What the kernel checks of a process: its ids, groups and capabilities, proc_pid_status(5).

use std::io;

use rustix::fs::AtFlags;

use super::{ProcessDir, details};
use crate::model::{Capabilities, Gid, KnownIds, Subject, Uid};

/// linux/capability.h
const DAC_OVERRIDE: u64 = 1 << 1;
const DAC_READ_SEARCH: u64 = 1 << 2;
const FOWNER: u64 = 1 << 3;

impl ProcessDir {
    /// As whom the kernel takes the process; `None` where it cannot connect to anything: a thread
    /// of the kernel, or a process that has ended and was not waited for.
    ///
    /// # Errors
    ///
    /// `ESRCH` or `ENOENT` where it is gone, and where what it shows cannot be read.
    pub fn subject(&self) -> io::Result<Option<Subject>> {
        let status = details::contents(self, c"status")?;
        if field(&status, "VmSize").is_none() {
            return Ok(None);
        }
        let mut subject = parse(&status).ok_or(io::ErrorKind::InvalidData)?;
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
            users: ranges(&users),
            groups: ranges(&groups),
        }))
    }

    /// Whether paths lead it where they lead us: the same mount namespace and root directory.
    ///
    /// # Errors
    ///
    /// `EACCES` without the right to look, `ESRCH` once it is gone.
    pub fn shares_our_view(&self) -> io::Result<bool> {
        let number = |path: &str| {
            let found = rustix::fs::statat(&self.dir, path, AtFlags::empty())?;
            Ok::<_, rustix::io::Errno>((found.st_dev, found.st_ino))
        };
        let ours = |path: &str| {
            let found = rustix::fs::stat(path)?;
            Ok::<_, rustix::io::Errno>((found.st_dev, found.st_ino))
        };
        Ok(number("ns/mnt")? == ours("/proc/self/ns/mnt")? && number("root")? == ours("/")?)
    }
}

fn parse(status: &[u8]) -> Option<Subject> {
    // The last of the four is what the file system checks.
    let last = |name| field(status, name)?.split_ascii_whitespace().nth(3);
    let uid: Uid = last("Uid")?.parse().ok()?;
    let gid: Gid = last("Gid")?.parse().ok()?;
    let others = field(status, "Groups")?.split_ascii_whitespace();
    let others: Result<Vec<Gid>, _> = others.map(str::parse).collect();
    let bits = u64::from_str_radix(field(status, "CapEff")?.trim(), 16).ok()?;
    let capabilities = Capabilities {
        dac_override: bits & DAC_OVERRIDE != 0,
        dac_read_search: bits & DAC_READ_SEARCH != 0,
        fowner: bits & FOWNER != 0,
        known: None,
    };
    let gids = others.ok()?.into_iter().chain([gid]);
    Some(Subject::new(uid, gids, capabilities))
}

/// The rest of the line that begins with that name. The process chose the first line, its name,
/// in which newlines are escaped.
fn field<'a>(status: &'a [u8], name: &str) -> Option<&'a str> {
    let mut lines = status.split(|&byte| byte == b'\n');
    let line = lines.find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b":"))?;
    str::from_utf8(line).ok()
}

/// `inside outside count`, user_namespaces(7): the outside ones, which are ours.
fn ranges(map: &[u8]) -> Vec<(u32, u32)> {
    let text = String::from_utf8_lossy(map);
    let range = |line: &str| {
        let mut numbers = line.split_ascii_whitespace().skip(1);
        let mut next = || numbers.next()?.parse().ok();
        Some((next()?, next()?))
    };
    text.lines().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::super::open_proc;
    use super::*;

    #[test]
    fn the_last_of_the_four_counts() {
        let status = b"Name:\tUid:\\n\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t30 20 \n\
            CapEff:\t000000000000000a\n";
        let subject = parse(status).unwrap();
        assert_eq!(subject.uid.as_raw(), 4);
        let gids: Vec<u32> = subject.gids.iter().map(|gid| gid.as_raw()).collect();
        assert_eq!(gids, [8, 20, 30]);
        let has = &subject.capabilities;
        assert!(has.dac_override && has.fowner && !has.dac_read_search);
        assert_eq!(parse(b"Uid:\t1\t2\t3\nGid:\t5\t6\t7\t8\n"), None);
        assert_eq!(parse(b""), None);
    }

    #[test]
    fn a_map_is_read_in_numbers_of_ours() {
        let map = b"         0     100000      65536\n     70000          5          1\n";
        assert_eq!(ranges(map), [(100_000, 65_536), (5, 1)]);
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
