//! `sockctl create`

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::{Documented, Example};
use crate::model::{Mode, OwnerSpec, SocketType};

/// Make a socket file that is right from birth.
///
/// Nobody else can connect at any instant before mode, owner and ACL are as they should be. What
/// is not given is as the policy says; without one the mode is 0600 and the type is stream.
/// Without --hold nothing listens on it: it is a placeholder, and stale by definition.
#[derive(Debug, Clone, Args)]
// Flags of a command line, one of which may be absent, bare, or have a value.
#[allow(clippy::struct_excessive_bools, clippy::option_option)]
pub struct Create {
    /// Where; nothing may be there
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::FilePath)]
    paths: Vec<PathBuf>,

    /// stream, dgram or seqpacket [default: the policy's, else stream]
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    pub kind: Option<SocketType>,

    /// Its permission bits [default: the policy's, else 0600]
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub mode: Option<Mode>,

    /// Its user, its group, or both [default: the policy's, else as the kernel makes it]
    #[arg(long, value_name = "USER[:GROUP]", value_parser = owner)]
    pub owner: Option<OwnerSpec>,

    /// Make missing directories too, the last one of this mode [default: the policy's, else 0755]
    #[arg(
        long,
        value_name = "MODE",
        num_args = 0..=1,
        require_equals = true,
        value_parser = mode
    )]
    parents: Option<Option<Mode>>,

    /// Remove a file first to which nothing is bound
    #[arg(long)]
    pub replace_stale: bool,

    /// Leave a socket file that is there as it is; with --replace-stale one that is in use
    #[arg(long)]
    pub if_absent: bool,

    /// Keep it listening, accept and close; end and remove it on TERM, INT or HUP
    #[arg(long)]
    pub hold: bool,

    /// Make it even if the policy has it otherwise, or everybody could replace it
    #[arg(long)]
    pub force: bool,
}

impl Create {
    /// Where, each of them once.
    ///
    /// # Errors
    /// What is wrong with the words of the command line.
    pub fn paths(&self) -> Result<&[PathBuf], String> {
        super::operands::checked(&self.paths)?;
        super::operands::each_once(&self.paths)?;
        if self.parents == Some(None) {
            let words = self.paths.iter().map(PathBuf::as_path);
            let is_mode = |word: &str| mode(word).is_ok();
            super::operands::no_value_of("--parents", is_mode, words.map(Path::as_os_str))?;
        }
        Ok(&self.paths)
    }

    /// Whether directories are made, and of which mode.
    #[allow(clippy::option_option)] // as above
    pub fn parents(&self) -> Option<Option<Mode>> {
        self.parents
    }
}

fn kind(text: &str) -> Result<SocketType, String> {
    text.parse()
        .map_err(|error: crate::model::socket::UnknownSocketType| error.to_string())
}

fn mode(text: &str) -> Result<Mode, String> {
    text.parse()
        .map_err(|error: crate::model::mode::BadMode| error.to_string())
}

fn owner(text: &str) -> Result<OwnerSpec, String> {
    text.parse::<OwnerSpec>().map_err(|error| error.to_string())
}

impl Documented for Create {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl create --hold --mode 0660 --owner app:www-data /run/app/app.sock",
            "A listener in the foreground that accepts and closes, for a test",
        ),
        Example::new(
            "sockctl create /run/app/app.sock",
            "A file as the policy wants it; nothing listens on it",
        ),
        Example::new(
            "sockctl create -n --parents=0750 --replace-stale /run/app/app.sock",
            "Say what would be done",
        ),
    ];
}
