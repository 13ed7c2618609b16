//! What is asked for.

use std::ffi::OsString;

use crate::model::{Account, CapSet, UserSpec};

/// Everything that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The command and its arguments; never empty.
    pub command: Vec<OsString>,
    /// Who to be; `None`: whoever we are, unless that is root.
    pub user: Option<UserSpec>,
    /// In which supplementary groups.
    pub groups: Groups,
    /// Which capabilities to keep, in all five sets. The full set stands for all that we have.
    pub keep_caps: CapSet,
    /// Whether the bounding set stays.
    pub keep_bounding: bool,
    /// Whether what it executes may give it more rights.
    pub allow_new_privs: bool,
}

/// Supplementary groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Groups {
    /// Those of the user, if we are able to set them; else they stay.
    #[default]
    Usual,
    /// Those of the user.
    Init,
    /// Exactly these.
    Only(Vec<Account>),
}
