//! Where to look when nobody says where.

use std::path::PathBuf;

const DEFAULT_ROOTS: [&str; 6] = [
    "/run",
    "/tmp",
    "/var/tmp",
    "/var/lib",
    "/var/spool",
    "/dev/shm",
];

/// The paths given, or the places where sockets are usually kept.
pub(super) fn or_default(given: &[PathBuf]) -> Vec<PathBuf> {
    if given.is_empty() {
        DEFAULT_ROOTS.iter().map(PathBuf::from).collect()
    } else {
        given.to_vec()
    }
}
