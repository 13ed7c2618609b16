//! The kernel's list of sockets, ready to be asked for one file or one abstract name.

use std::collections::HashMap;
use std::path::Path;

use crate::model::{Inode, SocketName, SocketType};
use crate::sys::diag::{Dump, Name, Row};

/// The rows of one list that a client could get to: not the sessions, which bear the name of
/// their listener, too.
pub(super) struct List {
    rows: Vec<Row>,
    by_inode: HashMap<(u64, u32), usize>,
    by_number: HashMap<u32, Vec<usize>>,
    by_name: HashMap<Vec<u8>, usize>,
}

impl List {
    pub(super) fn of(dump: Dump) -> List {
        let mut rows = dump.rows;
        rows.retain(is_bound_to_serve);
        let mut list = List {
            by_inode: HashMap::with_capacity(rows.len()),
            by_number: HashMap::with_capacity(rows.len()),
            by_name: HashMap::new(),
            rows: Vec::new(),
        };
        for (place, row) in rows.iter().enumerate() {
            // Where a name was unlinked and bound again, each socket has its own inode.
            if let Some((dev, number)) = row.vfs {
                list.by_inode.insert((dev, number), place);
                list.by_number.entry(number).or_default().push(place);
            }
            if let Some(Name::Abstract(name)) = &row.name {
                list.by_name.insert(name.clone(), place);
            }
        }
        list.rows = rows;
        list
    }

    /// The socket that is bound to the inode, or has the abstract name.
    pub(super) fn find(
        &self,
        name: &SocketName,
        real: Option<&Path>,
        inode: Option<Inode>,
    ) -> Option<&Row> {
        match (name, inode) {
            (SocketName::Abstract(name), _) => Some(&self.rows[*self.by_name.get(name)?]),
            (SocketName::Path(_), Some(inode)) => self.of_inode(inode, real),
            _ => None,
        }
    }

    /// Joined by device and inode. Overlays and btrfs show another device to stat(2) than the
    /// kernel's list has: there the number of the inode counts, when the last component of the
    /// name that was bound is the one looked for.
    fn of_inode(&self, inode: Inode, real: Option<&Path>) -> Option<&Row> {
        #[allow(clippy::cast_possible_truncation)] // the list has the low 32 bits
        let number = inode.ino as u32;
        if let Some(&place) = self.by_inode.get(&(inode.dev, number)) {
            return Some(&self.rows[place]);
        }
        let wanted = real?.file_name()?;
        let mut alike = self.by_number.get(&number)?.iter().filter(|&&place| {
            let name = match &self.rows[place].name {
                Some(Name::Path(path)) => path.as_slice(),
                _ => return false,
            };
            name.rsplit(|&byte| byte == b'/').next() == Some(wanted.as_encoded_bytes())
        });
        match (alike.next(), alike.next()) {
            (Some(&place), None) => Some(&self.rows[place]),
            _ => None,
        }
    }
}

/// An accepted connection is in the list with name and inode of its listener; it is connected,
/// and only a datagram socket that is connected still takes from others.
fn is_bound_to_serve(row: &Row) -> bool {
    !row.is_connected() || row.kind == Some(SocketType::Dgram)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ino: u32, state: u8, name: &str, vfs: (u64, u32)) -> Row {
        Row {
            ino,
            kind: Some(SocketType::Stream),
            state,
            name: Some(Name::Path(name.as_bytes().to_vec())),
            vfs: Some(vfs),
            peer: None,
            rqueue: None,
            wqueue: None,
            uid: None,
            shutdown: 0,
        }
    }

    fn found(rows: &[Row], path: &str, dev: u64, ino: u64) -> Option<u32> {
        let list = List::of(Dump {
            rows: rows.to_vec(),
            ..Dump::default()
        });
        let name = SocketName::Path(path.into());
        let inode = Some(Inode { dev, ino });
        list.find(&name, Some(Path::new(path)), inode)
            .map(|row| row.ino)
    }

    #[test]
    fn the_inode_counts_whatever_the_name_says() {
        let rows = [row(1, 10, "/old", (8, 5)), row(2, 10, "/a", (8, 6))];
        assert_eq!(found(&rows, "/a", 8, 5), Some(1));
        assert_eq!(found(&rows, "/a", 8, 7), None);
        // Only the low half of the number is in the list.
        assert_eq!(found(&rows, "/a", 8, (9 << 32) + 6), Some(2));
    }

    #[test]
    fn a_session_is_no_listener() {
        let rows = [row(1, 1, "/a", (8, 5))];
        assert_eq!(found(&rows, "/a", 8, 5), None);
    }

    #[test]
    fn on_another_device_number_and_name_have_to_fit() {
        let rows = [row(1, 10, "/merged/a", (40, 5)), row(2, 10, "b", (41, 5))];
        assert_eq!(found(&rows, "/merged/a", 8, 5), Some(1));
        assert_eq!(found(&rows, "/merged/b", 8, 5), Some(2));
        assert_eq!(found(&rows, "/merged/c", 8, 5), None);
    }
}
