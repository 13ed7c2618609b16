//! Whether overlays are mounted in other mount namespaces, without a look at the processes in them:
//! `ioctl_nsfs(2)`, Linux 6.12.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use libc::Ioctl;

use super::filter;
use super::statmount::{Namespace, checked, has_overlay};

/// Whether it is certain that no other namespace has an overlay mounted. Older kernels do not
/// tell, none tells whoever lacks `CAP_SYS_ADMIN` on the host, and below a filter none is asked.
pub fn certainly_no_overlay() -> bool {
    !filter::is_there() && matches!(any_overlay(), Ok(false))
}

fn any_overlay() -> io::Result<bool> {
    let own = File::open("/proc/thread-self/ns/mnt")?;
    Ok(any_overlay_from(&own, NEXT)? || any_overlay_from(&own, PREVIOUS)?)
}

/// Of the namespaces on one side of ours; they have an order.
fn any_overlay_from(own: &File, direction: Ioctl) -> io::Result<bool> {
    let mut last: Option<OwnedFd> = None;
    loop {
        let from = last.as_ref().map_or(own.as_raw_fd(), AsRawFd::as_raw_fd);
        let Some((namespace, id)) = neighbour(from, direction)? else {
            return Ok(false);
        };
        if has_overlay(Namespace::Other(id))? {
            return Ok(true);
        }
        last = Some(namespace);
    }
}

/// `None`: ours is the last one.
fn neighbour(namespace: RawFd, direction: Ioctl) -> io::Result<Option<(OwnedFd, u64)>> {
    let mut about = About::default();
    // SAFETY: the kernel writes as much as the number of the call says, the size of `About`.
    let fd = unsafe { libc::ioctl(namespace, direction, &raw mut about) };
    match checked(fd.into()) {
        // SAFETY: the descriptor is new, and nobody else knows of it.
        Ok(_) => Ok(Some((unsafe { OwnedFd::from_raw_fd(fd) }, about.id))),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `NS_MNT_GET_NEXT` and `NS_MNT_GET_PREV`: `_IOR(0xb7, 11 and 12, struct mnt_ns_info)`.
const NEXT: Ioctl = libc::_IOR::<About>(0xb7, 11);
const PREVIOUS: Ioctl = libc::_IOR::<About>(0xb7, 12);

/// `struct mnt_ns_info`
#[repr(C)]
#[derive(Default)]
struct About {
    size: u32,
    mounts: u32,
    id: u64,
}

#[cfg(test)]
mod tests {
    // Skipped tests say so by name.
    #![allow(clippy::print_stdout)]

    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_layout_is_that_of_the_kernel() {
        assert_eq!(size_of::<About>(), 16);
        assert_eq!((NEXT, PREVIOUS), (0x8010_b70b, 0x8010_b70c));
    }

    /// In a namespace of its own, of which it says so.
    const SCRIPT: &str = "cd \"$1\" && mkdir lower upper work merged &&
        mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged &&
        echo mounted && read -r over";

    #[test]
    fn an_overlay_of_another_namespace_is_seen() {
        if let Err(error) = any_overlay() {
            println!("skipped: an_overlay_of_another_namespace_is_seen: {error}");
            return;
        }
        let place = tempfile::tempdir().unwrap();
        // Not everything can be the upper directory of an overlay.
        let mut there = Command::new("unshare")
            .args(["--mount", "sh", "-c", SCRIPT, "sh"])
            .arg(place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let output = there.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut said).unwrap();
        if said.is_empty() {
            println!("skipped: an_overlay_of_another_namespace_is_seen: cannot mount one");
        } else {
            assert!(any_overlay().unwrap());
            assert!(!certainly_no_overlay());
        }
        drop(there.stdin.take());
        there.wait().unwrap();
    }
}
