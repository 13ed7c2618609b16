//! Makes socket files that are right from birth: nobody else can connect at any instant before
//! mode, owner and ACL are as they should be.
//!
//! ```text
//! creator  the recipe, from a request to what became of it
//! plan     from what is asked for and what is there to steps; pure
//! parents  directories that are missing
//! place    the directory, and the name that the kernel will list
//! make     bind, pin, prove, give away, open, look again, listen
//! hold     keeps them listening until a signal comes
//! ```

mod creator;
mod hold;
mod make;
mod parents;
mod place;
mod plan;

use std::path::Path;

pub use creator::Creator;
pub use hold::{Held, release, serve, undo};
pub use plan::{Existing, Found, Life, Plan, Step, There, plan};

use super::changes::Changes;
use super::mode::Limit;
use super::name::{BadPath, Named};
use super::way::{self, Unfit};
use crate::model::{Backlog, Mode, Outcome, Ownership, SocketType};
use crate::sys::bind::LONGEST;

/// One socket file that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where.
    pub named: Named,
    /// Its type.
    pub kind: SocketType,
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner; what is not said is as the kernel makes it.
    pub owner: Ownership,
    /// More bits than the policy allows are refused.
    pub limit: Option<Limit>,
    /// Entries that it inherits from its directory's default ACL stay.
    pub keep_acl: bool,
    /// Make directories that are missing.
    pub parents: Option<Parents>,
    /// What to do about what is there already.
    pub existing: Existing,
    /// Let clients in, as many waiting as that; `None`: let nobody in.
    pub listen: Option<Backlog>,
}

/// The directory that a socket file is in, where it has to be made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parents {
    /// Its permission bits; `None`: as those of the directories above it, 0755 less the umask.
    pub mode: Option<Mode>,
    /// Its owner; what is not said is us.
    pub owner: Ownership,
}

/// What became of a request.
#[derive(Debug, Default)]
pub struct Created {
    /// What was done.
    pub changes: Changes,
    /// The socket, which lives as long as this; `None` where none was made.
    pub held: Option<Held>,
    /// What was there already and was left as it is.
    pub left: Option<Found>,
}

/// What is said of a name for which an address has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a socket's own name has at most {LONGEST} bytes, whatever its directory; this has {0}")]
pub struct NameTooLong(usize);

/// Whether the name of the file has room in an address. A socket that is bound under another
/// name and then renamed would be listed under a wrong one for ever, so there is no way round.
pub fn fits(named: &Named) -> Result<(), NameTooLong> {
    match named.name.to_bytes().len() {
        length if length > LONGEST => Err(NameTooLong(length)),
        _ => Ok(()),
    }
}

/// What becomes of a path that names no file.
pub fn no_file(path: &Path, bad: BadPath) -> Outcome {
    match way::directory(path) {
        _ if bad != BadPath::Directory => Outcome::Refused(bad.to_string()),
        Ok(_) => Outcome::Refused("it is a directory; name a file in it".to_owned()),
        Err(Unfit::Missing) => Outcome::Refused(bad.to_string()),
        Err(unfit) => unfit.into(),
    }
}
