//! The kernel's list, ready to be asked for a file or for an abstract name.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::super::kernel::{self, Index, Listing, is_bound_itself};
use crate::model::{Socket, SocketName, SocketType};
use crate::sys::diag::{Name, Row};

/// Finds sockets in a list.
pub(super) struct Finder<'a> {
    listing: &'a Listing,
    by_inode: Index<'a>,
    by_name: OnceCell<HashMap<&'a [u8], Vec<&'a Row>>>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(listing: &'a Listing) -> Finder<'a> {
        Finder {
            listing,
            by_inode: Index::new(listing),
            by_name: OnceCell::new(),
        }
    }

    /// The socket that is bound to the inode, or to the abstract name: not a session, which bears
    /// name and inode of its listener, too.
    pub(super) fn find(&self, socket: &Socket) -> Option<&'a Row> {
        let listed = match (&socket.name, socket.inode) {
            (SocketName::Abstract(name), _) => self.of_abstract(name, socket.kind),
            (SocketName::Path(path), Some(inode)) => match &socket.resolved {
                Some(real) => self.by_inode.find(inode, &[path, real]),
                None => self.by_inode.find(inode, &[path]),
            },
            (SocketName::Path(_), None) => None,
        };
        listed.filter(|listed| self.by_inode.is_bound_itself(listed))
    }

    /// A name may be bound once for each type.
    fn of_abstract(&self, name: &[u8], kind: Option<SocketType>) -> Option<&'a Row> {
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name: HashMap<&[u8], Vec<&Row>> = HashMap::new();
            for listed in &self.listing.sockets {
                if let Some(Name::Abstract(name)) = &listed.name
                    && is_bound_itself(listed)
                {
                    by_name.entry(name).or_default().push(listed);
                }
            }
            by_name
        });
        let named = by_name.get(name)?;
        let fits = |listed: &&&Row| kind.is_none() || listed.kind == kind;
        named.iter().find(fits).copied()
    }
}

/// The lists of the other network namespaces, as far as they can be entered.
pub(super) fn elsewhere() -> Listing {
    let mut listing = kernel::list(true);
    listing.sockets.retain(|listed| listed.netns.is_some());
    listing
}
