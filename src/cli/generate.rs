//! `sockctl completions` and `sockctl man`

use std::path::PathBuf;

use clap::{Args, ValueHint};
use clap_complete::Shell;

use super::{Documented, Example};

/// Print the completions for a shell.
#[derive(Debug, Clone, Args)]
pub struct Completions {
    /// Which one
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Print the manual page sockctl(1), or write all pages below a directory.
#[derive(Debug, Clone, Args)]
pub struct Man {
    /// Write every page into man1 and man5 of this directory
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub directory: Option<PathBuf>,
}

impl Documented for Completions {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl completions bash > /usr/share/bash-completion/completions/sockctl",
            "For every bash of this host",
        ),
        Example::new(
            "sockctl completions fish > ~/.config/fish/completions/sockctl.fish",
            "For one's own fish",
        ),
    ];
}

impl Documented for Man {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl man | man -l -",
            "Read the manual without installing it",
        ),
        Example::new("sockctl man /usr/local/share/man", "Install every page"),
    ];
}
