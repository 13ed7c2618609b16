//! Examples, for the help and the manual page of each command.

/// A command line, and what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// To be typed as it is.
    pub line: &'static str,
    /// In one sentence without a full stop.
    pub says: &'static str,
}

impl Example {
    pub(super) const fn new(line: &'static str, says: &'static str) -> Example {
        Example { line, says }
    }
}

/// A command that shows how it is used.
pub trait Documented {
    /// The most common use first.
    const EXAMPLES: &'static [Example];
}

/// As they stand at the end of `--help`.
pub(super) fn as_help(examples: &[Example]) -> String {
    let mut help = String::from("Examples:");
    for example in examples {
        help.push_str("\n  ");
        help.push_str(example.line);
        help.push_str("\n      ");
        help.push_str(example.says);
    }
    help
}
