//! How long ago an inode was last touched in any way.

use std::os::fd::AsFd;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, StatxFlags, StatxTimestamp};

use super::dir::{Failure, Pinned};

/// The time since the latest of birth, change, modification and access, as far as the file
/// system keeps them: the age that systemd-tmpfiles goes by. Zero for a time in the future.
///
/// A listener's clients move the time of access, so what was in use lately is young.
pub fn untouched_for(pinned: &Pinned) -> Result<Duration, Failure> {
    const TIMES: StatxFlags = StatxFlags::BTIME
        .union(StatxFlags::CTIME)
        .union(StatxFlags::MTIME)
        .union(StatxFlags::ATIME);
    let stat = rustix::fs::statx(pinned.as_fd(), c"", AtFlags::EMPTY_PATH, TIMES)?;
    let times = [
        (StatxFlags::BTIME, stat.stx_btime),
        (StatxFlags::CTIME, stat.stx_ctime),
        (StatxFlags::MTIME, stat.stx_mtime),
        (StatxFlags::ATIME, stat.stx_atime),
    ];
    let kept = StatxFlags::from_bits_retain(stat.stx_mask);
    let latest = times
        .into_iter()
        .filter(|(which, _)| kept.contains(*which))
        .map(|(_, time)| since_epoch(time))
        .max()
        .unwrap_or_default();
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Ok(now.saturating_sub(latest))
}

/// Times before 1970 count as 1970.
fn since_epoch(time: StatxTimestamp) -> Duration {
    u64::try_from(time.tv_sec).map_or(Duration::ZERO, |seconds| {
        Duration::new(seconds, time.tv_nsec)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, Timespec, Timestamps, utimensat};

    use super::*;

    #[test]
    fn the_latest_of_all_times_counts() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        let old = Timespec {
            tv_sec: 1_000_000_000,
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: old,
            last_modification: old,
        };
        utimensat(CWD, &path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
        // That was a change, and it was just now.
        let age = untouched_for(&Pinned::open(&path).unwrap()).unwrap();
        assert!(age < Duration::from_secs(60), "{age:?}");
    }
}
