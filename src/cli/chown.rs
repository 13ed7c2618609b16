//! `sockctl chown`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::operands::value_and_paths;
use super::{Documented, Example};
use crate::model::OwnerSpec;

/// Set the user and the group of socket files.
///
/// OWNER is USER, USER:GROUP or :GROUP, each a name or a number; what is not named stays as it
/// is. A word of digits alone is a number, even where a name of that kind exists. Only socket
/// files are touched, and never through a link.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "sockctl chown [OPTIONS] USER[:GROUP] PATH...\n       sockctl chown [OPTIONS] --from-policy PATH..."
)]
pub struct Chown {
    /// Whom to give them to: USER, USER:GROUP or :GROUP
    #[arg(value_name = "OWNER", required_unless_present = "from_policy")]
    first: Option<OsString>,

    /// Socket files, and with -R directories
    #[arg(
        value_name = "PATH",
        required_unless_present = "from_policy",
        value_hint = ValueHint::AnyPath
    )]
    rest: Vec<PathBuf>,

    /// Take the owner from the policy: of several, the first that can be had
    #[arg(long)]
    pub from_policy: bool,

    /// Set it even if the policy says otherwise, or if the file has several names
    #[arg(long)]
    pub force: bool,

    /// Change every socket file below a directory, and pass over everything else
    #[arg(short = 'R', long)]
    pub recursive: bool,
}

impl Chown {
    /// Whom to give them to, `None` for what the policy says, and which files.
    ///
    /// # Errors
    /// What is wrong with the words of the command line.
    pub fn operands(&self) -> Result<(Option<OwnerSpec>, Vec<PathBuf>), String> {
        let first = self.first.as_deref();
        value_and_paths("OWNER", self.from_policy, first, &self.rest)
    }
}

impl Documented for Chown {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl chown app:www-data /run/app/app.sock",
            "The web server's group gets in with a mode of 0660",
        ),
        Example::new(
            "sockctl chown :www-data /run/app/app.sock",
            "The group alone; the user stays",
        ),
        Example::new(
            "sockctl chown --from-policy /run/app/app.sock",
            "The owner that the policy gives it",
        ),
    ];
}
