//! Sockets in the abstract name space, unix(7): no file, no permissions.

use std::collections::BTreeMap;

use super::kernel::Listing;
use super::state;
use crate::model::{Socket, SocketName, SocketType, Uid, Unreadable};
use crate::sys::diag::{Name, Row};

/// Of our own namespace, where the kernel's list could not be had: there is no other way to them.
pub(super) fn unseen(listing: &Listing) -> Option<Unreadable> {
    let why = listing.missing.clone()?;
    Some(Unreadable {
        path: "abstract sockets".into(),
        why,
    })
}

/// Those that others can reach: listeners, and datagram sockets that are not tied to one peer.
/// One for each name, type and network namespace, though a name may be bound once for each type.
pub(super) fn find(listing: &Listing) -> Vec<Socket> {
    let mut found: BTreeMap<_, &Row> = BTreeMap::new();
    for listed in &listing.sockets {
        if let Some(Name::Abstract(name)) = &listed.name
            && can_be_reached(listed)
        {
            let key = (name.as_slice(), listed.kind, listed.netns);
            found.entry(key).or_insert(listed);
        }
    }
    found
        .into_iter()
        .map(|((name, ..), listed)| {
            let mut socket = Socket::named(SocketName::Abstract(name.to_vec()));
            socket.uid = listed.uid.and_then(Uid::new);
            state::of_row(&mut socket, listed);
            socket
        })
        .collect()
}

/// Whether others can connect or send to it.
pub(super) fn can_be_reached(row: &Row) -> bool {
    row.is_listening() || (row.kind == Some(SocketType::Dgram) && row.peer.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_list_they_are_unseen_and_not_none() {
        let mut listing = Listing {
            missing: Some("no such luck".to_owned()),
            ..Listing::default()
        };
        let unseen_then = unseen(&listing).unwrap();
        assert_eq!(unseen_then.path.to_str(), Some("abstract sockets"));
        assert_eq!(unseen_then.why, "no such luck");
        listing.missing = None;
        assert_eq!(unseen(&listing), None);
    }
}
