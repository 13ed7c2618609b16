//! `sockctl access`

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, ValueHint};

use super::{Documented, Example};

/// Say who may connect to a socket, and who may replace it.
///
/// The answer is the kernel's: through the mode, the ACL and every directory and link on the
/// way. With --user or --pid it is yes or no, with the step that decides and the least change
/// that would turn it.
#[derive(Debug, Clone, Args)]
pub struct Access {
    /// The socket
    #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
    path: PathBuf,

    /// Answer for this user, by name or number; may be repeated
    #[arg(long = "user", value_name = "NAME", action = ArgAction::Append, value_hint = ValueHint::Username)]
    pub users: Vec<String>,

    /// Answer for a process that runs, with its groups and capabilities, and where the path
    /// leads it
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(u32).range(1..))]
    pub pid: Option<u32>,
}

impl Access {
    /// Which socket.
    ///
    /// # Errors
    /// What is wrong with the words of the command line.
    pub fn path(&self) -> Result<&Path, String> {
        super::operands::checked(std::slice::from_ref(&self.path))?;
        Ok(&self.path)
    }
}

impl Documented for Access {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl access /run/app/app.sock",
            "Everybody who may connect, and everybody who may put another socket there",
        ),
        Example::new(
            "sockctl access --user www-data /run/app/app.sock",
            "Yes (0) or no (1), which step decides, and what would turn the answer",
        ),
        Example::new(
            "sockctl access --pid 4121 -f json /run/app/app.sock",
            "The same for a process as it runs, for a machine to read",
        ),
    ];
}
