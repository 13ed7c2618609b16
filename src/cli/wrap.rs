//! `sockctl wrap`

use std::ffi::OsString;

use clap::{Args, ValueHint};

use super::{Documented, Example};
use crate::model::{Account, CapSet, UserSpec};

/// Run a command with no more rights than it needs.
///
/// Everything that can fail is tried before anything is changed. After the rights are dropped the
/// identity is read back from the kernel and compared, and regaining root is tried and must fail:
/// else nothing is executed.
#[derive(Debug, Clone, Args)]
// Flags of a command line.
#[allow(clippy::struct_excessive_bools)]
pub struct Wrap {
    /// The command, and its arguments
    #[arg(
        value_name = "COMMAND",
        required = true,
        last = true,
        value_hint = ValueHint::CommandWithArguments
    )]
    pub command: Vec<OsString>,

    /// Become the command: nothing stays resident
    #[arg(long, required = true)]
    pub exec: bool,

    /// Who to be, by name or number; a number without an entry needs a group
    #[arg(long, value_name = "USER[:GROUP]", value_parser = user)]
    pub user: Option<UserSpec>,

    /// Exactly these supplementary groups; '' for none
    #[arg(long, value_name = "GROUP,...", value_parser = groups, conflicts_with = "init_groups")]
    groups: Option<Accounts>,

    /// The supplementary groups of the user [default]
    #[arg(long)]
    pub init_groups: bool,

    /// Capabilities to keep in all five sets, or all; all others go, from the bounding set too
    #[arg(long, value_name = "CAP,...", value_parser = capabilities)]
    pub keep_caps: Option<CapSet>,

    /// Leave the bounding set as it is, for a command whose children need it
    #[arg(long)]
    pub keep_bounding: bool,

    /// Do not set no_new_privs, so that what it executes may have more rights
    #[arg(long)]
    pub allow_new_privs: bool,
}

/// Several, in one argument.
#[derive(Debug, Clone)]
struct Accounts(Vec<Account>);

impl Wrap {
    /// The groups that are named.
    pub fn groups(&self) -> Option<&[Account]> {
        self.groups.as_ref().map(|groups| groups.0.as_slice())
    }
}

fn user(text: &str) -> Result<UserSpec, String> {
    text.parse()
        .map_err(|error: crate::model::user_spec::BadUserSpec| error.to_string())
}

fn groups(text: &str) -> Result<Accounts, String> {
    if text.is_empty() {
        return Ok(Accounts(Vec::new()));
    }
    let groups: Result<Vec<Account>, _> = text.split(',').map(str::parse).collect();
    groups
        .map(Accounts)
        .map_err(|error: crate::model::account::BadAccount| error.to_string())
}

fn capabilities(text: &str) -> Result<CapSet, String> {
    text.parse()
        .map_err(|error: crate::model::capability::UnknownCapability| error.to_string())
}

impl Documented for Wrap {
    const EXAMPLES: &'static [Example] = &[Example::new(
        "sockctl wrap --exec --user app -- /usr/bin/app --serve",
        "Become app, for good, and then the command",
    )];
}
