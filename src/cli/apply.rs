//! `sockctl apply`

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum, ValueHint};

use super::reach::Reach;
use super::{Audit, Documented, Example};
use crate::model::Severity;

/// Mend what an audit finds.
///
/// Holds every socket against the policy, makes a plan of what would mend it (mode, owner, ACL),
/// does it, and holds every socket against the policy again. Only what your own policies say is
/// acted upon, and nothing that a waiver covers.
#[derive(Debug, Clone, Args)]
pub struct Apply {
    /// Where to look
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// What to mend [default: mode,owner,acl]
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',', action = ArgAction::Append)]
    only: Vec<Aspect>,

    /// Act upon the rules inside the program too
    #[arg(long)]
    pub builtin_too: bool,

    /// Exit with 1 when a finding that is left is at least this severe
    #[arg(long, value_name = "SEV", default_value = "medium", value_parser = super::audit::severity)]
    pub fail_on: Severity,

    /// How far it walks.
    #[command(flatten)]
    pub reach: Reach,

    /// Do not fail because of places that could not be looked at
    #[arg(long)]
    pub allow_unreadable: bool,
}

/// What of a socket file can be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Aspect {
    /// Its permission bits
    Mode,
    /// Its user and group
    Owner,
    /// Its ACL, where the policy forbids one
    Acl,
    /// The file itself, where nothing is bound to it
    Stale,
}

impl Aspect {
    /// The word for `--only`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Aspect::Mode => "mode",
            Aspect::Owner => "owner",
            Aspect::Acl => "acl",
            Aspect::Stale => "stale",
        }
    }
}

impl Apply {
    /// Whether this is to be mended. Stale files only where that was asked for.
    pub fn mends(&self, aspect: Aspect) -> bool {
        if self.only.is_empty() {
            aspect != Aspect::Stale
        } else {
            self.only.contains(&aspect)
        }
    }

    /// The audit before and after.
    ///
    /// # Errors
    /// What is wrong with the words of the command line.
    pub fn audit(&self) -> Result<Audit, String> {
        super::operands::checked(&self.paths)?;
        Ok(Audit {
            paths: self.paths.clone(),
            fail_on: self.fail_on,
            abstract_names: false,
            reach: self.reach.clone(),
            holders: false,
            baseline: None,
            summary: false,
            allow_unreadable: self.allow_unreadable,
        })
    }
}

impl Documented for Apply {
    const EXAMPLES: &'static [Example] = &[
        Example::new("sockctl apply -n /run", "Say what would be changed"),
        Example::new(
            "sockctl apply -p site.yaml /run/app",
            "Do it, by the rules of site.yaml",
        ),
        Example::new(
            "sockctl apply --only mode,stale /run/app",
            "Modes, and files that nobody is bound to; no owner",
        ),
    ];
}
