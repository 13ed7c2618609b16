//! What is never entered unless it is named: kinds of file systems, and containers' stores.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What becomes of a mount that the walk meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Its sockets are sockets of this host: it is walked.
    Local,
    /// Its layers are somewhere else, or it is the root of a container.
    Layered,
    /// A server or another program answers for it, perhaps never; what is bound to a socket there
    /// may be on another host.
    Remote,
    /// The kernel's own; nobody binds a socket there.
    Kernel,
}

impl Class {
    /// Of a file system type as mountinfo names it (`fuse.sshfs`).
    pub(super) fn of(fs_type: &str) -> Class {
        let (family, _) = fs_type.split_once('.').unwrap_or((fs_type, ""));
        if LAYERED.contains(&family) {
            Class::Layered
        } else if REMOTE.contains(&family) {
            Class::Remote
        } else if KERNEL.contains(&family) {
            Class::Kernel
        } else {
            Class::Local
        }
    }
}

/// Whether a server or another program answers for a file system of that type, so that what is
/// bound to a socket there may be out of this kernel's sight.
pub fn is_remote(fs_type: &str) -> bool {
    Class::of(fs_type) == Class::Remote
}

/// Whether the real path is in a container engine's store.
pub fn is_in_store(path: &Path) -> bool {
    let in_snapshots = |engine: &&str| {
        let below = path.strip_prefix(engine).ok();
        let first = below.and_then(|below| below.iter().next());
        first.is_some_and(|name| name.as_bytes().starts_with(SNAPSHOTTER))
    };
    STORES.iter().any(|store| path.starts_with(store)) || CONTAINERD.iter().any(in_snapshots)
}

const LAYERED: &[&str] = &["aufs", "overlay", "overlayfs", "unionfs"];

const REMOTE: &[&str] = &[
    "9p", "acfs", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "fuse", "fuseblk", "gfs2",
    "gpfs", "lustre", "ncp", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs",
    "pvfs2", "shfs", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "wekafs",
];

const KERNEL: &[&str] = &[
    "binder",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "cpuset",
    "debugfs",
    "devpts",
    "efivarfs",
    "functionfs",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "nfsd",
    "nsfs",
    "proc",
    "pstore",
    "resctrl",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "smackfs",
    "sysfs",
    "tracefs",
    "usbfs",
];

/// Where container engines keep images and layers. Below an overlay a live socket looks stale,
/// and there are as many copies of every file as there are images.
pub(super) const STORES: &[&str] = &[
    "/var/lib/containers/storage/overlay",
    "/var/lib/containers/storage/overlay-images",
    "/var/lib/containers/storage/overlay-layers",
    "/var/lib/containers/storage/vfs",
    "/var/lib/containers/storage/vfs-images",
    "/var/lib/containers/storage/vfs-layers",
    "/var/lib/docker/aufs",
    "/var/lib/docker/btrfs",
    "/var/lib/docker/devicemapper",
    "/var/lib/docker/fuse-overlayfs",
    "/var/lib/docker/image",
    "/var/lib/docker/overlay",
    "/var/lib/docker/overlay2",
    "/var/lib/docker/vfs",
    "/var/lib/docker/zfs",
];

/// Where containerd keeps its own, each snapshotter in a directory that begins with
/// [`SNAPSHOTTER`].
pub(super) const CONTAINERD: &[&str] = &[
    "/var/lib/containerd",
    "/var/lib/rancher/k3s/agent/containerd",
    "/var/lib/rancher/rke2/agent/containerd",
];

/// How the name of a snapshotter's directory begins.
pub(super) const SNAPSHOTTER: &[u8] = b"io.containerd.snapshotter.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_a_store_is_known_by_its_path() {
        let store = |path| is_in_store(Path::new(path));
        assert!(store("/var/lib/docker/overlay2/x/diff/run/s"));
        assert!(store(
            "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs"
        ));
        assert!(!store("/var/lib/containerd/io.containerd.grpc.v1.cri/s"));
        assert!(!store("/var/lib/docker/volumes/x/_data/s"));
    }

    #[test]
    fn a_subtype_is_of_its_family() {
        assert_eq!(Class::of("fuse.sshfs"), Class::Remote);
        assert_eq!(Class::of("fuseblk"), Class::Remote);
        assert_eq!(Class::of("fusectl"), Class::Kernel);
        assert_eq!(Class::of("overlay"), Class::Layered);
        for local in ["ext4", "tmpfs", "btrfs", "xfs", "zfs", "devtmpfs", "ramfs"] {
            assert_eq!(Class::of(local), Class::Local, "{local}");
        }
    }
}
