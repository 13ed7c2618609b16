//! Random places for a socket.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, IFlags, Mode, OFlags};
use rustix::mount::{MountFlags, UnmountFlags};

use crate::random::Random;

/// Owners and groups, those of the users who try among them.
const IDS: [u32; 5] = [0, 1, 33, 34, 65534];
const MODES: [u16; 12] = [
    0o755, 0o755, 0o711, 0o750, 0o700, 0o770, 0o777, 0o1777, 0o1775, 0o3770, 0o1757, 0o733,
];
const SOCKET_MODES: [u16; 8] = [0o600, 0o660, 0o666, 0o606, 0o066, 0o222, 0o755, 0o620];

/// A socket file, the way to it, and what has to be taken back.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) top: PathBuf,
    /// As it is given; links may be on the way, and at its end.
    pub(crate) path: PathBuf,
    /// Where it really is.
    pub(crate) real: PathBuf,
    mounted: Option<PathBuf>,
    flagged: Option<PathBuf>,
}

impl Tree {
    /// Below `place`, on which nothing else is done.
    pub(crate) fn random(place: &Path, number: u64, random: &mut Random) -> Tree {
        let top = place.join(format!("t{number}"));
        fs::create_dir(&top).expect("mkdir");
        give(&top, 0, 0);
        chmod(&top, 0o755);
        let mut directories = vec![top.clone()];
        for level in 0..=random.below(3) {
            let directory = directories[level].join(format!("d{level}"));
            fs::create_dir(&directory).expect("mkdir");
            directories.push(directory);
        }
        let last = directories.last().expect("at least the top");
        let real = last.join("s");
        let mut path = real.clone();
        if random.percent(30) {
            path = with_link(&directories, &real, random);
        }
        rustix::fs::mknodat(CWD, &real, FileType::Socket, Mode::empty(), 0).expect("mknod");
        dress(&real, random.one_of(&SOCKET_MODES), random);
        for directory in &directories[1..] {
            dress(directory, random.one_of(&MODES), random);
        }
        let mut one = || directories[1 + random.below(directories.len() - 1)].clone();
        let (mount, flag) = (one(), one());
        let flags = [IFlags::IMMUTABLE, IFlags::APPEND];
        let flagged = random.percent(6).then(|| {
            set_flags(&flag, random.one_of(&flags));
            flag
        });
        let mounted = random.percent(4).then(|| mount_on_itself(mount, random));
        Tree {
            top,
            path,
            real,
            mounted,
            flagged,
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(mounted) = &self.mounted {
            rustix::mount::unmount(mounted, UnmountFlags::DETACH).expect("umount");
        }
        if let Some(flagged) = &self.flagged {
            set_flags(flagged, IFlags::empty());
        }
        // What cannot be removed now goes with the whole place.
        drop(fs::remove_dir_all(&self.top));
    }
}

/// A link to one of the directories or to the socket, somewhere in the tree; and the path by it.
fn with_link(directories: &[PathBuf], real: &Path, random: &mut Random) -> PathBuf {
    let holder = random.below(directories.len());
    let link = directories[holder].join("l");
    let to = if random.percent(40) {
        real
    } else {
        &directories[random.below(directories.len())]
    };
    let up = "../".repeat(holder);
    let below = to.strip_prefix(&directories[0]).expect("in the tree");
    let target = match random.below(2) {
        0 => to.to_owned(),
        _ => Path::new("./").join(up).join(below),
    };
    symlink(target, &link).expect("symlink");
    give(&link, random.one_of(&IDS), random.one_of(&IDS));
    match real.strip_prefix(to) {
        Ok(rest) if rest.as_os_str().is_empty() => link,
        Ok(rest) => link.join(rest),
        Err(_) => unreachable!("the socket is below all of them"),
    }
}

/// Owner, group, mode, and now and then an ACL.
fn dress(path: &Path, mode: u16, random: &mut Random) {
    give(path, random.one_of(&IDS), random.one_of(&IDS));
    let mode = if random.percent(10) {
        random.bits(0o10000)
    } else {
        mode
    };
    chmod(path, mode);
    if random.percent(35) {
        let value = random_acl(mode, random);
        set_acl(path, c"system.posix_acl_access", &value);
        if random.percent(30) {
            // The group bits are the mask: entries sleep, or wake.
            chmod(path, random.bits(0o1000));
        }
    }
    if path.is_dir() && random.percent(15) {
        let value = random_acl(random.bits(0o1000), random);
        set_acl(path, c"system.posix_acl_default", &value);
    }
}

pub(crate) fn set_acl(path: &Path, name: &std::ffi::CStr, value: &[u8]) {
    let flags = rustix::fs::XattrFlags::empty();
    rustix::fs::setxattr(path, name, value, flags).expect("an ACL");
}

/// The bytes of an ACL, in the order that the kernel asks for.
fn random_acl(mode: u16, random: &mut Random) -> Vec<u8> {
    let mut entries: Vec<(u16, u16, u32)> = vec![(0x01, (mode >> 6) & 7, u32::MAX)];
    let mut named = |tag, entries: &mut Vec<_>| {
        for id in IDS {
            if random.percent(25) {
                entries.push((tag, random.bits(8), id));
            }
        }
    };
    named(0x02, &mut entries);
    let mut groups = Vec::new();
    named(0x08, &mut groups);
    entries.push((0x04, random.bits(8), u32::MAX));
    entries.extend(groups);
    entries.push((0x10, random.bits(8), u32::MAX));
    entries.push((0x20, mode & 7, u32::MAX));
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, bits, id) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

fn mount_on_itself(directory: PathBuf, random: &mut Random) -> PathBuf {
    rustix::mount::mount_bind(&directory, &directory).expect("a bind mount");
    if random.percent(60) {
        let flags = MountFlags::BIND | MountFlags::RDONLY;
        rustix::mount::mount_remount(&directory, flags, c"").expect("a read-only mount");
    }
    directory
}

fn set_flags(directory: &Path, flags: IFlags) {
    let how = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(directory, how, Mode::empty()).expect("a directory");
    rustix::fs::ioctl_setflags(opened, flags).expect("chattr");
}

pub(crate) fn give(path: &Path, uid: u32, gid: u32) {
    std::os::unix::fs::lchown(path, Some(uid), Some(gid)).expect("chown");
}

pub(crate) fn chmod(path: &Path, mode: u16) {
    let mode = Mode::from_raw_mode(u32::from(mode));
    rustix::fs::chmod(path, mode).expect("chmod");
}
