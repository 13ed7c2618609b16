//! How a command ends, and how it says why.

use std::io::Write as _;

use crate::output::escape::escape_lines;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; nothing speaks against it.
    Done,
    /// The answer is no.
    No,
    /// Wrong usage or an invalid policy; nothing was looked at or changed.
    Usage,
    /// It could not be done, or not all of it could be looked at.
    Trouble,
    /// `wrap` has statuses of its own, and those of what it runs.
    Wrap(u8),
}

impl Exit {
    /// The number.
    pub fn status(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::No => 1,
            Exit::Usage => 2,
            Exit::Trouble => 3,
            Exit::Wrap(status) => status,
        }
    }
}

/// An error of the one who called: it ends in [`Exit::Usage`], all others in [`Exit::Trouble`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

/// Says what went wrong, and chooses the status.
pub(super) fn exit_of(error: &anyhow::Error) -> Exit {
    say_error(error);
    if error.is::<UsageError>() {
        Exit::Usage
    } else {
        Exit::Trouble
    }
}

/// Says what went wrong.
pub(super) fn say_error(error: &anyhow::Error) {
    tracing::error!("{error:#}");
}

/// Help and version go to stdout and are no errors; everything else clap says is.
pub(super) fn of_clap(error: &clap::Error) -> Exit {
    use clap::error::ErrorKind;
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match error.print() {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                say(&format!(
                    "sockctl: cannot write to standard output: {error}"
                ));
                Exit::Trouble
            }
            _ => Exit::Done,
        },
        _ => {
            if let Some(what) = is_empty(error) {
                say(&format!("sockctl: a {what} is empty"));
                return Exit::Usage;
            }
            // It quotes arguments, which may come from anywhere.
            say(escape_lines(&error.render().to_string()).trim_end_matches('\n'));
            Exit::Usage
        }
    }
}

/// What has no value though there is a word for it: clap says then that the word is missing.
fn is_empty(error: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let is_empty = error.kind() == ErrorKind::InvalidValue
        && said(ContextKind::InvalidValue).is_none_or(str::is_empty)
        && error.get(ContextKind::ValidValue).is_none_or(is_none_valid);
    let name = said(ContextKind::InvalidArg).filter(|_| is_empty)?;
    let name = name.split(['<', '[']).nth(1)?;
    Some(name.trim_end_matches(['.', '>', ']']).to_owned())
}

fn is_none_valid(valid: &clap::error::ContextValue) -> bool {
    matches!(valid, clap::error::ContextValue::Strings(valid) if valid.is_empty())
}

/// A line on stderr. There is nowhere left to say that stderr is gone.
pub(super) fn say(line: &str) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}
