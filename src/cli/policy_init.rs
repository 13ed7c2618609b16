//! `sockctl policy init`

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, Args, ValueHint};

use super::audit::jobs;
use super::{Documented, Example};
use crate::model::Pattern;

/// Write a policy that describes the sockets there now.
///
/// It says of each socket what is true of it: its type, mode, owner and directory, who may connect,
/// who may replace it, who listens. Sockets of a directory of which the same is true share a rule,
/// and names that differ in a number a pattern. An audit with that policy finds nothing; what is
/// open to everyone has `because: TODO`. It includes builtin:default and what -p names, and leaves
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

    /// Leave out what GLOB matches: the path, as given or real, or the name where GLOB has no slash
    #[arg(long, value_name = "GLOB", action = ArgAction::Append)]
    pub exclude: Vec<Pattern>,

    /// Do not enter other file systems
    #[arg(long)]
    pub one_file_system: bool,

    /// Look at N places at a time [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<NonZeroUsize>,
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
