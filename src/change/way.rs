//! Where a path that somebody named leads to: the same for every command.
//!
//! Links are followed on the way, and at its end never. A link of somebody who is neither root nor
//! us is followed only to what is theirs: they could point it at anything, and what they cannot
//! change themselves is not to be changed for them.

use std::path::{Path, PathBuf};

use crate::model::{Outcome, Uid};
use crate::sys::dir::{Dir, Failure, Kind};
use crate::sys::rights::{self, Attempt};
use crate::sys::way::{self, Broken, Link, Reached, Way, astray};

/// Why a path is nothing for us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Nothing is there.
    #[error("there is nothing of that name: No such file or directory (ENOENT)")]
    Missing,
    /// It is a directory, and was not asked for as one.
    #[error("it is a directory; -R is for what is in it")]
    Directory,
    /// Something else is there; only socket files are touched.
    #[error("it is no socket but a {0}, and only socket files are touched")]
    NotASocket(&'static str),
    /// Somebody's link on the way leads to what is not theirs.
    #[error(
        "the link {} on the way belongs to user {}, and what it leads to does not; \
         name the path without links",
        link.display(),
        user_number(*uid)
    )]
    Foreign {
        /// The link.
        link: PathBuf,
        /// Whose it is; `None` for 4294967295, which is no user.
        uid: Option<Uid>,
    },
    /// The way ends there.
    #[error(
        "no right to search {}: Permission denied (EACCES){}",
        directory.display(),
        rights::hint(Attempt::Pass, *failure)
    )]
    Shut {
        /// The directory that does not let us go further.
        directory: PathBuf,
        /// What the kernel said.
        failure: Failure,
    },
    /// It cannot be looked at.
    #[error(
        "cannot look at {}: {failure}{}",
        at.display(),
        rights::hint(Attempt::Pass, *failure)
    )]
    Failed {
        /// The path, or a directory on the way.
        at: PathBuf,
        /// What the kernel said.
        failure: Failure,
    },
}

fn user_number(uid: Option<Uid>) -> u32 {
    uid.map_or(u32::MAX, Uid::as_raw)
}

impl From<Unfit> for Outcome {
    fn from(unfit: Unfit) -> Outcome {
        let why = unfit.to_string();
        match unfit {
            Unfit::Directory | Unfit::NotASocket(_) | Unfit::Foreign { .. } => {
                Outcome::Refused(why)
            }
            Unfit::Missing | Unfit::Shut { .. } | Unfit::Failed { .. } => Outcome::Failed(why),
        }
    }
}

impl From<Broken> for Unfit {
    fn from(Broken { at, failure }: Broken) -> Unfit {
        if failure.is_missing() {
            Unfit::Missing
        } else if failure.is_denied() {
            let directory = at;
            Unfit::Shut { directory, failure }
        } else {
            Unfit::Failed { at, failure }
        }
    }
}

impl Unfit {
    /// What has that name is neither a directory nor a socket file.
    pub fn of_kind(kind: Kind) -> Unfit {
        match kind {
            Kind::Directory => Unfit::Directory,
            kind => Unfit::NotASocket(kind.as_str()),
        }
    }

    /// Something on the way, or at its end, is no directory.
    pub fn is_not_a_directory(&self) -> bool {
        matches!(self, Unfit::Failed { failure, .. } if failure.is_not_a_directory())
    }
}

/// Pins what `path` leads to, with the links that are followed only if it is theirs.
pub(super) fn reach(path: &Path) -> Result<Reached, Unfit> {
    Ok(way::reach(path)?)
}

/// Goes to the directory `path`, as far as it is there: it is to be changed.
pub(super) fn to(path: &Path) -> Result<Way, Unfit> {
    let way = way::to(path)?;
    if !way.foreign.is_empty() {
        refuse_links(&way.foreign, way.owner()?)?;
    }
    Ok(way)
}

/// Refuses links that belong to somebody else than what they lead to.
pub(super) fn refuse_links(links: &[Link], owner: Option<Uid>) -> Result<(), Unfit> {
    match astray(links, owner) {
        None => Ok(()),
        Some(link) => Err(Unfit::Foreign {
            link: link.path.clone(),
            uid: link.uid,
        }),
    }
}

/// Opens the directory `path`, the whole of which is there.
pub fn directory(path: &Path) -> Result<Dir, Unfit> {
    let way = to(path)?;
    if way.missing.is_empty() {
        open(&way)
    } else {
        Err(Unfit::Missing)
    }
}

/// Opens the last directory of a way that is there.
pub(super) fn open(way: &Way) -> Result<Dir, Unfit> {
    way.open().map_err(|failure| Unfit::Failed {
        at: way.path.clone(),
        failure,
    })
}
