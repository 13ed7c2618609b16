//! Who gets to a socket and to its place, as the checks are told.

use std::path::PathBuf;
use std::rc::Rc;

use super::granted::Granted;
use crate::access::Outsiders;
use crate::judge::roles::Meant;
use crate::model::{Mode, Uid};

/// Who gets to a socket, as far as the policy asks.
#[derive(Default)]
pub(in crate::judge) struct Verdict {
    /// Somebody who owns nothing and is in no group can connect.
    pub(in crate::judge) everyone: bool,
    /// What ends that, and keeps no one out who is meant to connect.
    pub(in crate::judge) closing: Option<Closing>,
    /// The one mode that the policy asks for would let somebody connect who is not meant to.
    pub(in crate::judge) is_contradicted: bool,
    /// What `connect` asks for.
    pub(in crate::judge) connect: Option<Connect>,
    /// What `acl: forbid` asks for.
    pub(in crate::judge) granted: Option<Granted>,
    /// What `replace` asks for.
    pub(in crate::judge) replace: Option<Replace>,
}

/// Who can connect and is not meant to, and the other way round.
pub(in crate::judge) struct Connect {
    pub(in crate::judge) meant: Rc<Meant>,
    pub(in crate::judge) outsiders: Outsiders,
    /// That with which there are no outsiders any more.
    pub(in crate::judge) closing: Option<Closing>,
    pub(in crate::judge) missing: Vec<Missing>,
    /// That with which nobody is missing.
    pub(in crate::judge) opening: Option<Opening>,
}

/// What lets somebody in.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::judge) enum Opening {
    /// Another mode of the socket.
    Mode(Mode),
    /// An entry of its ACL.
    Entry {
        /// `user:alice`, as setfacl(1) has it.
        who: String,
        bits: u16,
        /// The most that an entry gets from then on.
        mask: u16,
    },
}

/// What shuts somebody out.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::judge) enum Closing {
    /// Another mode of the socket.
    Mode(Mode),
    /// An ACL without these entries, `user:alice,group:web`; `None`: that of the socket.
    WithoutEntries(Option<PathBuf>, String),
    /// No ACL at all; `None`: at the socket.
    WithoutAcl(Option<PathBuf>),
    /// Another mode of a directory.
    Directory(PathBuf, Mode),
}

/// Somebody who is meant to connect and cannot.
pub(in crate::judge) struct Missing {
    pub(in crate::judge) uid: Uid,
    /// Where they are stopped; `None` at the socket itself.
    pub(in crate::judge) at: Option<PathBuf>,
    /// What they need there: `x`.
    pub(in crate::judge) need: &'static str,
    /// What decides there: `others: ---`.
    pub(in crate::judge) why: String,
    /// It is the only place, and an ACL entry would help.
    pub(in crate::judge) can_have_entry: bool,
}

/// Who can put something else there, and is not meant to.
pub(in crate::judge) struct Replace {
    pub(in crate::judge) meant: Rc<Meant>,
    pub(in crate::judge) outsiders: Outsiders,
    /// How the first of them does it.
    pub(in crate::judge) how: Option<How>,
}

/// A name that somebody can take away.
pub(in crate::judge) struct How {
    /// `None`: the socket itself.
    pub(in crate::judge) what: Option<PathBuf>,
    pub(in crate::judge) directory: PathBuf,
    /// What lets them: `others: rwx`.
    pub(in crate::judge) why: String,
    /// The mode of the directory with which nobody can any more.
    pub(in crate::judge) closing: Option<Mode>,
}
