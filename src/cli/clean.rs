//! `sockctl clean`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::{Documented, Example, duration};

/// Remove socket files that are stale, and only those.
///
/// A file is removed only if the kernel says that no socket is bound to it. What is live, and
/// what is no socket, is refused; what is missing is fine.
#[derive(Debug, Clone, Args)]
pub struct Clean {
    /// Socket files, and with -R directories
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,

    /// Clean everything below a directory; what is live there stays
    #[arg(short = 'R', long)]
    pub recursive: bool,

    /// Only what nobody has touched for that long: 30m, 12h, 7d
    #[arg(long, value_name = "DUR", value_parser = duration::parse)]
    pub older_than: Option<Duration>,
}

impl Clean {
    /// What to clean.
    ///
    /// # Errors
    /// What is wrong with the words of the command line.
    pub fn paths(&self) -> Result<&[PathBuf], String> {
        super::operands::checked(&self.paths)?;
        Ok(&self.paths)
    }
}

impl Documented for Clean {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl clean /run/app/app.sock",
            "Remove it if nobody is bound to it, and say who is otherwise",
        ),
        Example::new(
            "sockctl clean -R --older-than 7d /tmp",
            "All that is stale below /tmp and that nobody has touched for a week",
        ),
        Example::new("sockctl clean -n -R /run", "Say what would be removed"),
    ];
}
