//! Modes: when a new one is refused.

use super::plan::common;
use crate::model::{Mode, Outcome};

/// The widest mode that a policy allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// None but these bits.
    pub mode: Mode,
    /// Which rule says so, and where: `app, site.yaml:12`.
    pub said_by: String,
}

impl Limit {
    /// Refuses what has a bit too many.
    pub fn check(&self, mode: Mode) -> Result<(), Outcome> {
        if mode.beyond(self.mode).is_empty() {
            return Ok(());
        }
        Err(Outcome::Refused(format!(
            "{mode} is wider than {}, which the policy allows ({}); --force insists",
            self.mode, self.said_by
        )))
    }

    /// What is left of a mode within the limit.
    pub fn applied_to(&self, mode: Mode) -> Mode {
        common(mode, self.mode)
    }
}
