//! What is worth saying about one process.

use std::ffi::{CStr, OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use rustix::fs::{Mode, OFlags};

use super::ProcessDir;
use crate::model::{Process, Uid};

/// Fails with `ESRCH` or `ENOENT` where the process is gone.
pub(super) fn read(process: &ProcessDir) -> io::Result<Process> {
    let status = contents(process, c"status")?;
    let mut comm = contents(process, c"comm")?;
    if comm.last() == Some(&b'\n') {
        comm.pop();
    }
    Ok(Process {
        pid: process.pid,
        uid: effective_uid(&status).ok_or(io::ErrorKind::InvalidData)?,
        exe: link(process, c"exe").ok(),
        comm: String::from_utf8_lossy(&comm).into_owned(),
        unit: contents(process, c"cgroup")
            .ok()
            .and_then(|lines| unit(&lines)),
    })
}

/// Where a link of the process leads, without the ` (deleted)` that the kernel appends.
pub(super) fn link(process: &ProcessDir, name: &CStr) -> io::Result<PathBuf> {
    let target = rustix::fs::readlinkat(&process.dir, name, Vec::new())?.into_bytes();
    let path = target.strip_suffix(b" (deleted)").unwrap_or(&target);
    Ok(PathBuf::from(OsString::from_vec(path.to_vec())))
}

pub(super) fn contents(process: &ProcessDir, name: &CStr) -> io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&process.dir, name, flags, Mode::empty())?;
    let mut bytes = Vec::with_capacity(2048);
    File::from(file).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The second number of the line `Uid:`. The name in the first line has its newlines escaped.
fn effective_uid(status: &[u8]) -> Option<Uid> {
    let line = status
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.strip_prefix(b"Uid:"))?;
    let text = std::str::from_utf8(line).ok()?;
    text.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The innermost unit of /proc/PID/cgroup, cgroups(7): of the unified hierarchy, else of the
/// service manager's own one (`name=systemd`).
fn unit(lines: &[u8]) -> Option<String> {
    let path_of = |controllers: &[u8]| {
        let mut fields = lines
            .split(|&byte| byte == b'\n')
            .map(|line| line.splitn(3, |&byte| byte == b':').skip(1));
        fields.find_map(|mut rest| (rest.next()? == controllers).then(|| rest.next()).flatten())
    };
    [b"".as_slice(), b"name=systemd"]
        .into_iter()
        .filter_map(path_of)
        .find_map(innermost_unit)
}

fn innermost_unit(path: &[u8]) -> Option<String> {
    const SUFFIXES: [&str; 5] = [".service", ".socket", ".scope", ".mount", ".swap"];
    let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
    path.rsplit(|&byte| byte == b'/').find_map(|component| {
        let name = OsStr::from_bytes(component).to_str()?;
        // The service manager puts a `_` before names that could be taken for the kernel's own.
        let name = name.strip_prefix('_').unwrap_or(name);
        let is_unit = SUFFIXES
            .iter()
            .any(|suffix| name.len() > suffix.len() && name.ends_with(suffix));
        is_unit.then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn the_innermost_unit_is_named() {
        let cases: [(&[u8], Option<&str>); 8] = [
            (b"0::/system.slice/app.service\n", Some("app.service")),
            (
                b"0::/system.slice/app.service/worker/1\n",
                Some("app.service"),
            ),
            (
                b"0::/user.slice/user-1.slice/user@1.service/app.slice/a\\x2db.scope\n",
                Some("a\\x2db.scope"),
            ),
            (b"0::/init.scope (deleted)\n", Some("init.scope")),
            (
                b"12:cpu:/x.service\n1:name=systemd:/system.slice/_cpu.service\n0::/\n",
                Some("cpu.service"),
            ),
            (b"0::/system.slice\n", None),
            (b"0::/.service\n", None),
            (b"4:cpu,cpuacct:/x.service\nrubbish\n:\n", None),
        ];
        for (lines, expected) in cases {
            let text = String::from_utf8_lossy(lines);
            assert_eq!(unit(lines).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_effective_user_is_the_second_number() {
        let status = b"Name:\tUid:\\n\nUmask:\t0022\nUid:\t1000\t33\t5\t6\nGid:\t1\t2\t3\t4\n";
        assert_eq!(effective_uid(status), Uid::new(33));
        assert_eq!(effective_uid(b"Uid:\t7\n"), None);
        assert_eq!(effective_uid(b""), None);
    }

    #[test]
    fn this_process_is_described() {
        let proc = super::super::open_proc().unwrap();
        let pid = std::process::id();
        let process = ProcessDir::open(proc.as_fd(), pid).unwrap();
        let details = process.details().unwrap();
        assert_eq!(details.pid, pid);
        assert_eq!(details.uid.as_raw(), rustix::process::geteuid().as_raw());
        assert_eq!(details.exe, std::env::current_exe().ok());
    }
}
