//! Modes: when a new one is refused, and what an ACL makes of it.

use super::plan::common;
use crate::model::{Mode, Outcome};
use crate::sys::acl::Acl;

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

/// What has to be said of a mode where there is an ACL too.
pub fn note_of_acl(mode: Mode, acl: &Acl) -> String {
    let mask = (mode.bits() >> 3) & 7;
    format!(
        "it has an ACL, so the group digit of {mode} is not what its group has, but the most that \
         {} and its group ({}) can have; setfacl -b removes the ACL",
        acl.named(mask),
        rwx(acl.group & mask)
    )
}

fn rwx(bits: u16) -> String {
    Mode::from_st_mode(u32::from(bits)).to_ls('s')[7..].to_owned()
}
