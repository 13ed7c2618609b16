//! Whether we run as a command of a unit of the service manager, and what it passed to us:
//! systemd.exec(5), sd_listen_fds(3).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use rustix::process::{PidfdFlags, getpid, pidfd_open};

use super::fds;
use crate::model::{FdName, FdNumber};

/// Whether this process, or the shell that started it, is a command of a unit.
///
/// `INVOCATION_ID` alone is inherited by everything below a unit, a terminal of the desktop
/// included; `SYSTEMD_EXEC_PID` (systemd 248) says which process the manager started.
pub fn is_command_of_unit() -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if set("INVOCATION_ID").is_none() {
        return false;
    }
    set("SYSTEMD_EXEC_PID").is_none_or(|value| {
        let own = rustix::process::getpid();
        let parent = rustix::process::getppid();
        let is = |pid: rustix::process::Pid| value == pid.as_raw_pid().to_string().as_str();
        is(own) || parent.is_some_and(is)
    })
}

/// Whether the service manager passed us that socket (`socket:[N]` in /proc).
pub fn was_passed(number: u32) -> bool {
    let var = |name| std::env::var_os(name);
    let own = rustix::process::getpid().as_raw_pid().to_string();
    if var("LISTEN_PID").as_deref() != Some(OsStr::new(&own)) {
        return false;
    }
    let count: u32 = var("LISTEN_FDS")
        .and_then(|count| count.to_str()?.parse().ok())
        .unwrap_or(0);
    let wanted = format!("socket:[{number}]");
    // Nobody has more than the limit of descriptors, whatever the variable says.
    (3..3 + count.min(1 << 20)).any(|fd| {
        std::fs::read_link(format!("/proc/self/fd/{fd}"))
            .is_ok_and(|target| target.as_os_str() == wanted.as_str())
    })
}

/// Descriptors that were passed to this process, sd_listen_fds(3): from 3 on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passed {
    /// How many.
    pub count: usize,
    /// Their names, as many as there are.
    pub names: Vec<OsString>,
}

/// Why it cannot be told which were passed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPassed {
    /// The variable is no number.
    #[error("LISTEN_PID is this process, and LISTEN_FDS is no number: {0:?}")]
    Count(OsString),
    /// It is not open.
    #[error("LISTEN_FDS says that {count} descriptors were passed, and {missing} is not open")]
    Closed {
        /// How many there should be.
        count: usize,
        /// The first that is not there.
        missing: FdNumber,
    },
}

/// What was passed to this process; nothing where the variables speak of another one.
pub fn passed() -> Result<Passed, BadPassed> {
    let var = |name| std::env::var_os(name);
    let own = rustix::process::getpid().as_raw_pid().to_string();
    if var("LISTEN_PID").as_deref() != Some(OsStr::new(&own)) {
        return Ok(Passed::default());
    }
    if let Some(id) = var("LISTEN_PIDFDID").filter(|id| !id.is_empty())
        && own_pidfd_id().is_some_and(|own| id != own.to_string().as_str())
    {
        return Ok(Passed::default());
    }
    let Some(text) = var("LISTEN_FDS") else {
        return Ok(Passed::default());
    };
    let digits = text.as_bytes().iter().all(u8::is_ascii_digit);
    let count = text.to_str().and_then(|text| text.parse().ok());
    let Some(count) = count.filter(|_| digits) else {
        return Err(BadPassed::Count(text));
    };
    let numbers = (0..count).map_while(|index| FdNumber::FIRST.plus(index));
    if let Some(missing) = { numbers }.find(|number| !fds::is_open(*number)) {
        return Err(BadPassed::Closed { count, missing });
    }
    let names = var("LISTEN_FDNAMES").unwrap_or_default();
    let names = names.as_bytes().split(|&byte| byte == b':');
    let mut names: Vec<OsString> = names
        .take(count)
        .map(|name| OsString::from_vec(name.to_vec()))
        .collect();
    names.resize(count, FdName::UNKNOWN.into());
    for name in names.iter_mut().filter(|name| name.is_empty()) {
        *name = FdName::UNKNOWN.into();
    }
    Ok(Passed { count, names })
}

/// The number by which a pidfd of ours is told from those of all other processes since the boot
/// (Linux 6.9).
fn own_pidfd_id() -> Option<u64> {
    let pidfd = pidfd_open(getpid(), PidfdFlags::empty()).ok()?;
    Some(rustix::fs::fstat(pidfd).ok()?.st_ino)
}
