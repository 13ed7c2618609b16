//! On what ground a socket file stands: where the silent test proves nothing, nothing is removed.

use std::cell::OnceCell;
use std::os::fd::AsFd;

use crate::observe::walk::{is_in_store, is_remote};
use crate::sys::dir::{Dir, Failure};
use crate::sys::layers::Layers;
use crate::sys::mounts::{MountId, Table};

/// Why a refused connect proves nothing about a file in some directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ground {
    /// Somebody may listen on another host, or another kernel.
    #[error("its file system is a {0}: who is bound to it may be on another host")]
    Remote(String),
    /// Somebody may be bound to the same file as the overlay shows it.
    #[error("its directory is a layer of an overlay, where a live socket looks stale")]
    Layer,
    /// The same, by where container engines keep layers.
    #[error("its directory is in a container engine's store, where a live socket looks stale")]
    Store,
}

/// What is mounted, read when it is first asked for.
#[derive(Debug, Default)]
pub struct Grounds {
    layers: OnceCell<Layers>,
}

impl Grounds {
    /// Whether there is anything that makes the test worthless in that directory.
    pub fn of(&self, dir: &Dir) -> Result<Option<Ground>, Failure> {
        let mount = MountId::of(dir.as_fd())?;
        // Mounts come and go, and their numbers are given out again.
        let fs_type = Table::read()?
            .by_id(mount)
            .map(|mount| mount.fs_type.clone());
        if let Some(fs_type) = fs_type.filter(|fs_type| is_remote(fs_type)) {
            return Ok(Some(Ground::Remote(fs_type)));
        }
        if dir.real_path().is_ok_and(|real| is_in_store(&real)) {
            return Ok(Some(Ground::Store));
        }
        if self.layers.get().is_none() {
            // Nobody else has set it: a OnceCell belongs to one thread.
            drop(self.layers.set(Layers::read()?));
        }
        let in_layer = self.layers.get().is_some_and(|layers| layers.hold(dir));
        Ok(in_layer.then_some(Ground::Layer))
    }
}
