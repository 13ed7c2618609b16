//! On what ground a socket file stands: where the silent test proves nothing, nobody is called
//! stale, and nothing is removed.

use std::cell::OnceCell;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::walk::{is_in_store, is_remote};
use crate::model::{Socket, State};
use crate::sys::dir::{Dir, Failure};
use crate::sys::layers::{Layer, Layers};
use crate::sys::mounts::{Mount, MountId, Table};
use crate::sys::statmount::fs_type_of;

/// Why a refused connect proves nothing about a file in some directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ground {
    /// Somebody may listen on another host, or another kernel.
    #[error("its file system is a {0}: who is bound to it may be on another host")]
    Remote(String),
    /// Somebody may be bound to the same file as an overlay shows it.
    #[error("its directory is a layer of {}, where a live socket looks stale", overlay(.0.as_deref()))]
    Layer(Option<PathBuf>),
    /// The same, by where container engines keep layers.
    #[error("its directory is in a container engine's store, where a live socket looks stale")]
    Store,
}

fn overlay(mounted_at: Option<&Path>) -> String {
    match mounted_at {
        Some(point) => format!("the overlay mounted at {}", point.display()),
        None => "an overlay".to_owned(),
    }
}

/// What is mounted, read when it is first asked for.
#[derive(Debug, Default)]
pub struct Grounds {
    layers: OnceCell<Layers>,
}

impl Grounds {
    /// Whether there is anything that makes the test worthless in that directory.
    pub fn of(&self, dir: &Dir) -> Result<Option<Ground>, Failure> {
        if let Some(remote) = remote_below(dir)? {
            return Ok(Some(remote));
        }
        if dir.real_path().is_ok_and(|real| is_in_store(&real)) {
            return Ok(Some(Ground::Store));
        }
        Ok(self.layers()?.holding(dir).map(layer))
    }

    /// The same of a real path that was just walked. The directory is only opened where there are
    /// overlays. What cannot be looked at any more says nothing against the test.
    fn of_path(&self, mounts: &Table, directory: &Path) -> Option<Ground> {
        let mounted_at = |point: &Path| mounts.at(point.as_os_str().as_bytes()).last();
        if let Some(remote) = directory.ancestors().find_map(mounted_at).and_then(remote) {
            return Some(remote);
        }
        if is_in_store(directory) {
            return Some(Ground::Store);
        }
        let layers = self.layers().ok().filter(|layers| !layers.is_empty())?;
        layers.holding(&Dir::open(directory).ok()?).map(layer)
    }

    fn layers(&self) -> Result<&Layers, Failure> {
        if let Some(layers) = self.layers.get() {
            return Ok(layers);
        }
        let layers = Layers::read()?;
        Ok(self.layers.get_or_init(|| layers))
    }
}

/// Asks the kernel of this one mount, and reads all of them only where that tells too little.
fn remote_below(dir: &Dir) -> Result<Option<Ground>, Failure> {
    if fs_type_of(dir.as_fd()).is_some_and(|fs_type| !is_remote(&fs_type)) {
        return Ok(None);
    }
    let mount = MountId::of(dir.as_fd())?;
    // Mounts come and go, and their numbers are given out again.
    Ok(Table::read()?.by_id(mount).and_then(remote))
}

fn remote(mount: &Mount) -> Option<Ground> {
    is_remote(&mount.fs_type).then(|| Ground::Remote(mount.fs_type.clone()))
}

fn layer(layer: &Layer) -> Ground {
    Ground::Layer(layer.overlay.clone())
}

/// Takes back "stale" where a refused connect does not prove it.
pub(super) fn distrust<'a>(sockets: impl Iterator<Item = &'a mut Socket>) {
    let mut stale = sockets
        .filter(|socket| socket.state == State::Stale)
        .peekable();
    if stale.peek().is_none() {
        return;
    }
    // Without the list there is no ground that we know of.
    let Ok(mounts) = Table::read() else { return };
    let grounds = Grounds::default();
    // Files of one directory follow each other.
    let mut last: Option<(PathBuf, Option<Ground>)> = None;
    for socket in stale {
        let Some(directory) = socket.real_path().and_then(Path::parent) else {
            continue;
        };
        if last.as_ref().is_none_or(|(path, _)| path != directory) {
            let ground = grounds.of_path(&mounts, directory);
            last = Some((directory.to_owned(), ground));
        }
        if let Some((_, Some(ground))) = &last {
            socket.state = State::Unknown;
            let why = format!("nothing is bound to it here (ECONNREFUSED), but {ground}");
            socket.why = Some(why.into());
        }
    }
}
