//! `sockctl audit`

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::reach::Reach;
use super::{Documented, Example};
use crate::model::Severity;

/// Hold every socket against the policy.
///
/// Walks directories and holds every socket file in them against the policy. Mounts of fuse,
/// autofs, network and overlay file systems and the stores of container engines are skipped,
/// and listed as skipped, unless they are named.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools)] // flags of a command line
pub struct Audit {
    /// Where to look [default: /run /tmp /var/tmp /var/lib /var/spool /dev/shm]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Exit with 1 when a finding is at least this severe
    #[arg(long, value_name = "SEV", default_value = "medium", value_parser = severity)]
    pub fail_on: Severity,

    /// Judge the abstract sockets of this network namespace too
    #[arg(long = "abstract")]
    pub abstract_names: bool,

    /// How far it walks.
    #[command(flatten)]
    pub reach: Reach,

    /// Name the processes that hold each socket, also where no policy asks for them
    #[arg(long)]
    pub holders: bool,

    /// Report only what is new against an earlier report of -f json
    ///
    /// New is what has another code, path or actual value than any finding there. What is known
    /// is counted, and nothing else.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,

    /// Print the counts and the verdict only
    #[arg(long)]
    pub summary: bool,

    /// Do not fail because of places that could not be looked at
    #[arg(long)]
    pub allow_unreadable: bool,
}

pub(super) fn severity(text: &str) -> Result<Severity, String> {
    text.parse()
        .map_err(|error: crate::model::severity::UnknownSeverity| error.to_string())
}

impl Documented for Audit {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl audit /run",
            "Hold the sockets below /run against the policies of this host",
        ),
        Example::new(
            "sockctl audit --fail-on high -f json > report.json",
            "The default places, for a machine to read; only high and critical findings fail",
        ),
        Example::new(
            "sockctl audit -p site.yaml --no-builtin /srv/app",
            "Only what site.yaml says, and nothing else",
        ),
        Example::new(
            "sockctl audit --baseline report.json",
            "Only what is new since then",
        ),
        Example::new(
            "sockctl audit -f sarif -o audit.sarif",
            "For code scanning; a file that is whole or not there",
        ),
        Example::new(
            "sockctl audit --abstract --holders",
            "Abstract sockets too, and the process behind each socket",
        ),
    ];
}
