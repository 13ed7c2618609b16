//! `sockctl list`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::reach::Reach;
use super::{Documented, Example};

/// Show every socket: type, state, mode, owner, queue, listener, path.
///
/// Without PATH: what is found in the default places, and every other socket that has a path
/// and that the kernel knows of.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
pub struct List {
    /// Where to look [default: everywhere the kernel knows of, and the places of audit]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Show abstract sockets too
    #[arg(long = "abstract")]
    pub abstract_names: bool,

    /// Ask every network namespace of this host
    #[arg(long)]
    pub all_netns: bool,

    /// Do not look for the processes
    #[arg(long)]
    pub no_holders: bool,

    /// How far it walks.
    #[command(flatten)]
    pub reach: Reach,
}

impl Documented for List {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl list",
            "Every socket with a path, and who listens on it",
        ),
        Example::new("sockctl list /run/php", "The sockets below one directory"),
        Example::new(
            "sockctl list --abstract --all-netns -f json",
            "Everything that the kernel knows, containers included, for a machine to read",
        ),
    ];
}
