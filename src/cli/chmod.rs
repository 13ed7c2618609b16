//! `sockctl chmod`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::operands::value_and_paths;
use super::{Documented, Example};
use crate::model::ModeChange;

/// Set the mode of socket files.
///
/// MODE is octal, however it is written (660, 0660, 0o660), or symbolic as chmod(1) has it
/// (g+w, u=rw,go=). Only socket files are touched, and never through a link.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "sockctl chmod [OPTIONS] MODE PATH...\n       sockctl chmod [OPTIONS] --from-policy PATH..."
)]
pub struct Chmod {
    /// What to set
    #[arg(value_name = "MODE", required_unless_present = "from_policy")]
    first: Option<OsString>,

    /// Socket files, and with -R directories
    #[arg(
        value_name = "PATH",
        required_unless_present = "from_policy",
        value_hint = ValueHint::AnyPath
    )]
    rest: Vec<PathBuf>,

    /// Take the mode from the policy; what already is within a max-mode stays as it is
    #[arg(long)]
    pub from_policy: bool,

    /// Set it even if it is wider than the policy allows, or if the file has several names
    #[arg(long)]
    pub force: bool,

    /// Change every socket file below a directory, and pass over everything else
    #[arg(short = 'R', long)]
    pub recursive: bool,
}

impl Chmod {
    /// What to set, `None` for what the policy says, and of which files.
    ///
    /// # Errors
    /// What is wrong with the words of the command line.
    pub fn operands(&self) -> Result<(Option<ModeChange>, Vec<PathBuf>), String> {
        let first = self.first.as_deref();
        value_and_paths("MODE", self.from_policy, first, &self.rest)
    }
}

impl Documented for Chmod {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl chmod 0660 /run/app/app.sock",
            "The user and the group may connect, and nobody else",
        ),
        Example::new(
            "sockctl chmod -R o-rwx /run/app",
            "Shut others out of every socket below a directory",
        ),
        Example::new(
            "sockctl chmod --from-policy /run/app/app.sock",
            "The mode that the policy gives it",
        ),
        Example::new(
            "sockctl chmod -n -R --from-policy /run",
            "Only say what that would change",
        ),
    ];
}
