//! Whether we run as a command of a unit of the service manager, and what it passed to us:
//! systemd.exec(5), sd_listen_fds(3).

use std::ffi::OsStr;

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
