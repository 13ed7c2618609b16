//! `sockctl policy init`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::reach::Reach;
use super::{Documented, Example};

/// Write a policy that describes the sockets there now.
///
/// It says of each socket what is true of it: its type, mode, owner and directory, who may connect,
/// who may replace it, who listens. Sockets of a directory of which the same is true share a rule,
/// and names that differ in a number a pattern. An audit with that policy finds nothing; what is
/// open to everyone has `because: TODO`. A group that lets in its members stays a group: who joins it
/// later is not found; name users instead where that is to be found. It includes builtin:default and what -p names, and leaves
/// out what these describe as it is. Policies of the host are not read.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
pub struct PolicyInit {
    /// Where to look [default: /run /tmp /var/tmp /var/lib /var/spool /dev/shm]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Describe the abstract sockets of this network namespace too
    #[arg(long = "abstract")]
    pub abstract_names: bool,

    /// Do not look for the processes, and say nothing of who listens
    #[arg(long)]
    pub no_holders: bool,

    /// How far it walks.
    #[command(flatten)]
    pub reach: Reach,
}

impl Documented for PolicyInit {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl policy init -o site.yaml",
            "A policy for this host, on top of builtin:default",
        ),
        Example::new(
            "sockctl policy init --no-builtin /srv/app",
            "Everything below one directory, on top of nothing",
        ),
        Example::new(
            "sockctl policy init -p site.yaml",
            "What site.yaml does not describe yet",
        ),
    ];
}
