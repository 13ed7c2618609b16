//! The layers of overlays, where a live socket answers as a stale one: whoever bound it did so in
//! the merged view, on an inode of the overlay's own.

use std::path::{Path, PathBuf};

use crate::model::{Probed, State};
use crate::sys::mounts::Table;

/// Takes back "stale" of what is in the layer of an overlay that we know of.
pub(super) fn distrust(probed: &mut [Probed]) {
    let stale = |probed: &&mut Probed| probed.socket.state == State::Stale;
    let mut stale = probed.iter_mut().filter(stale).peekable();
    if stale.peek().is_none() {
        return;
    }
    // Without the list there is no overlay that we know of.
    let layers = Table::read().map_or_else(|_| Vec::new(), |table| layers_of(&table));
    for probed in stale {
        let socket = &mut probed.socket;
        let Some(real) = socket.real_path() else {
            continue;
        };
        if let Some((_, merged)) = layers.iter().find(|(layer, _)| real.starts_with(layer)) {
            socket.why = Some(format!(
                "nothing is bound to it here (ECONNREFUSED), but it is in a layer of the overlay \
                 mounted at {}, where a live socket answers so, too: test it there",
                merged.display()
            ));
            socket.state = State::Unknown;
        }
    }
}

fn layers_of(table: &Table) -> Vec<(PathBuf, PathBuf)> {
    let path = |bytes: &[u8]| -> PathBuf {
        use std::os::unix::ffi::OsStrExt;
        std::ffi::OsStr::from_bytes(bytes).into()
    };
    let mut layers = Vec::new();
    for mount in table.iter() {
        for layer in mount.layers.iter().map(|layer| path(layer)) {
            // An overlay of the whole system says nothing about any one place in it.
            if layer != Path::new("/") {
                layers.push((layer, path(&mount.point)));
            }
        }
    }
    layers
}
