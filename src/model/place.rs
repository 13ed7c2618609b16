//! Where in a policy something was said.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A file (or `builtin:NAME`) and a line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// As the user named it; `builtin:NAME` for what is inside the program.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
