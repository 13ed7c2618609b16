//! What is wrong with a policy, and exactly where.

use std::ops::Range;
use std::sync::Arc;

/// Where in a text something stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mark {
    /// Counted from 1.
    pub line: u32,
    /// In characters, counted from 1.
    pub column: u32,
    /// In bytes of the text.
    pub span: Range<usize>,
}

/// Whether a policy can be used all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It can.
    Warning,
    /// It cannot.
    Error,
}

/// One thing that is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad.
    pub grade: Grade,
    /// As the user named it; `builtin:NAME` for what is inside the program.
    pub file: Arc<str>,
    /// Where, and the whole text; `None` where the file as a whole is meant.
    pub mark: Option<(Mark, Arc<str>)>,
    /// One line, without a full stop. May hold any character of the file.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Problem {
    /// An error about a file as a whole.
    pub fn of_file(file: impl Into<Arc<str>>, message: impl Into<String>) -> Problem {
        Problem {
            grade: Grade::Error,
            file: file.into(),
            mark: None,
            message: message.into(),
            help: None,
        }
    }

    /// The line, where there is one.
    pub fn line(&self) -> Option<u32> {
        self.mark.as_ref().map(|(mark, _)| mark.line)
    }

    /// The same with a word on what to write instead.
    pub fn with_help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }
}
