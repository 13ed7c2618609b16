//! Why a command is not run, and how that exits.

use std::fmt;

/// The exit statuses that are not the command's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Refused by a policy or for safety.
    Refused,
    /// A bad policy or option.
    Config,
    /// It failed before the start.
    Failed,
    /// The command is there and cannot be executed.
    CannotExecute,
    /// There is no such command.
    NotFound,
}

impl Status {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Status::Refused => 77,
            Status::Config => 78,
            Status::Failed => 125,
            Status::CannotExecute => 126,
            Status::NotFound => 127,
        }
    }
}

/// Why a command is not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// How that exits.
    pub status: Status,
    /// What was wanted, what is in the way, and what to do about it.
    pub why: String,
}

impl Refusal {
    /// With that status.
    pub fn new(status: Status, why: impl fmt::Display) -> Refusal {
        Refusal {
            status,
            why: why.to_string(),
        }
    }
}
