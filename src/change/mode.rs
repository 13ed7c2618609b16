//! Modes: when a new one is refused.

use crate::model::{Mode, Outcome};

/// The widest mode that a policy allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// None but these bits.
    pub mode: Mode,
    /// It speaks of set-id and sticky too.
    pub special: bool,
    /// Which rule says so, and where: `app, site.yaml:12`.
    pub said_by: String,
}

impl Limit {
    /// Refuses what has a bit too many.
    pub fn check(&self, mode: Mode) -> Result<(), Outcome> {
        match self.objection(mode) {
            None => Ok(()),
            Some(why) => Err(Outcome::Refused(format!("{why}; --force insists"))),
        }
    }

    /// What speaks against a mode; `None`: nothing.
    pub fn objection(&self, mode: Mode) -> Option<String> {
        let beyond = self.beyond(mode);
        (!beyond.is_empty()).then(|| {
            format!(
                "{mode} is wider than {} ({}), the most that the policy allows ({})",
                self.mode,
                beyond.to_words(),
                self.said_by
            )
        })
    }

    /// The bits too many.
    pub fn beyond(&self, mode: Mode) -> Mode {
        let beyond = mode.beyond(self.mode);
        if self.special {
            beyond
        } else {
            beyond.without_special()
        }
    }

    /// What is left of a mode within the limit.
    pub fn applied_to(&self, mode: Mode) -> Mode {
        mode.beyond(self.beyond(mode))
    }
}
