//! From a path to what is wanted there: what was typed, then what the policy says.

use std::path::{Path, PathBuf};

use crate::change::changes::Changes;
use crate::change::create::{Existing, Found, Parents, Request};
use crate::change::mode::Limit;
use crate::change::name::Named;
use crate::change::owner::words;
use crate::cli::Create;
use crate::model::{Backlog, Mode, Outcome, Ownership, SocketName, SocketType};
use crate::policy::rule::{ModeRule, Permit, Presence};
use crate::policy::{Effective, Owner, Policy, Set, real_directory};
use crate::sys::host::SystemHost;
use crate::sys::names::SystemNames;

use super::super::chown::resolve;
use super::super::context::Context;
use super::super::{policies, wishes};

/// What was typed, and the policy.
pub(super) struct Wanted<'a> {
    arguments: &'a Create,
    owner: Option<Ownership>,
    policy: Policy,
    names: &'a SystemNames,
}

/// Who may connect to a socket of which nobody says anything: its owner.
const PRIVATE: u32 = 0o600;

/// The widest that a directory is made without being told.
const USUAL_DIRECTORY: u32 = 0o755;

impl<'a> Wanted<'a> {
    pub(super) fn new(
        context: &Context<'_>,
        arguments: &'a Create,
        names: &'a SystemNames,
    ) -> anyhow::Result<Wanted<'a>> {
        let owner = arguments.owner.as_ref();
        Ok(Wanted {
            owner: owner.map(|spec| resolve(spec, names)).transpose()?,
            policy: policies::load(context)?,
            names,
            arguments,
        })
    }

    /// By the path as given, and by where it really is as far as that is there already.
    pub(super) fn expected(&self, named: &Named) -> Result<Effective<'_>, Outcome> {
        let given = std::path::absolute(&named.path)
            .map_err(|error| Outcome::Failed(format!("cannot tell where that is: {error}")))?;
        let real = real_path(&given);
        let name = SocketName::Path(given);
        Ok(self.policy.effective(&name, real.as_deref()))
    }

    /// What is to be made, unless the policy forbids it.
    pub(super) fn request(
        &self,
        named: Named,
        expected: &Effective<'_>,
    ) -> Result<Request, Outcome> {
        let arguments = self.arguments;
        if !arguments.force {
            self.refuse(expected)?;
        }
        let owner = match self.owner {
            Some(owner) => owner,
            None => self.owner_of(expected.owner.as_ref(), "--owner names one")?,
        };
        let parents = match arguments.parents() {
            Some(mode) => Some(Parents {
                mode: self.directory_mode(mode, expected)?,
                owner: self.owner_of(expected.parent_owner.as_ref(), "make the directory first")?,
            }),
            None => None,
        };
        let acl_is_allowed = |key: &Set<'_, Permit>| key.value == Permit::Allow;
        Ok(Request {
            kind: self.kind(expected),
            mode: self.mode(expected),
            owner,
            limit: (!arguments.force)
                .then(|| wishes::limit(expected))
                .flatten(),
            keep_acl: expected.acl.as_ref().is_some_and(acl_is_allowed),
            parents,
            without_parents: "--parents makes it",
            existing: Existing {
                if_absent: arguments.if_absent,
                replace_stale: arguments.replace_stale,
            },
            listen: arguments.hold.then(Backlog::default),
            named,
        })
    }

    fn kind(&self, expected: &Effective<'_>) -> SocketType {
        let said = expected.kind.as_ref().map(|key| key.value);
        self.arguments.kind.or(said).unwrap_or(SocketType::Stream)
    }

    fn mode(&self, expected: &Effective<'_>) -> Mode {
        let private = Mode::from_st_mode(PRIVATE);
        let said = || wishes::mode(expected, private);
        self.arguments.mode.or_else(said).unwrap_or(private)
    }

    /// The first owner of the policy's list that can be had.
    fn owner_of(
        &self,
        key: Option<&Set<'_, Owner>>,
        otherwise: &str,
    ) -> Result<Ownership, Outcome> {
        let Some(key) = key else {
            return Ok(Ownership::default());
        };
        wishes::owner_at_birth(&key.value, self.names).map_err(|troubles| {
            let (troubles, said_by) = (troubles.join("; "), wishes::said_by(key));
            Outcome::Failed(format!("{troubles} ({said_by}); {otherwise}"))
        })
    }

    /// What was typed against what the policy says; too many bits are for the plan to refuse.
    fn refuse(&self, expected: &Effective<'_>) -> Result<(), Outcome> {
        let refused = |what: String, said_by: String| {
            Err(Outcome::Refused(format!(
                "{what} ({said_by}); --force insists"
            )))
        };
        if let Some(key) = &expected.presence
            && key.value == Presence::Forbidden
        {
            let what = "the policy forbids a socket there".to_owned();
            return refused(what, wishes::said_by(key));
        }
        if let (Some(kind), Some(key)) = (self.arguments.kind, &expected.kind)
            && kind != key.value
        {
            let what = format!("the policy wants a {} socket there, not {kind}", key.value);
            return refused(what, wishes::said_by(key));
        }
        if let (Some(owner), Some(key)) = (self.owner, &expected.owner) {
            let owner = wishes::at_birth(owner);
            if !wishes::fits(&key.value, owner, self.names) {
                let what = format!(
                    "{} is not an owner that the policy allows",
                    words(owner, self.names)
                );
                return refused(what, wishes::said_by(key));
            }
        }
        Ok(())
    }

    fn directory_mode(
        &self,
        asked: Option<Mode>,
        expected: &Effective<'_>,
    ) -> Result<Option<Mode>, Outcome> {
        let limit = wishes::directory_limit(expected);
        match (asked, limit) {
            (Some(mode), _) if self.arguments.force => Ok(Some(mode)),
            (Some(mode), Some(limit)) => limit.check(mode).map(|()| Some(mode)),
            (Some(mode), None) if is_open_to_swaps(mode) => Err(Outcome::Refused(format!(
                "in a directory of mode {mode} everybody can replace the socket by one of theirs; \
                 --force insists"
            ))),
            (None, Some(limit)) => Ok(Some(limit.applied_to(Mode::from_st_mode(USUAL_DIRECTORY)))),
            (asked, None) => Ok(asked),
        }
    }

    /// Warns where what was left as it is differs from what would have been made.
    pub(super) fn hold_against(
        &self,
        found: &Found,
        expected: &Effective<'_>,
        changes: &mut Changes,
    ) {
        let differences = self.differences(found, expected);
        let (false, Some(action)) = (differences.is_empty(), changes.actions.last_mut()) else {
            return;
        };
        let why = format!("it is there already, and {}", differences.join("; "));
        let path = action.path.clone();
        changes.notes.push((path, format!("left as it is: {why}")));
        action.outcome = Outcome::Kept(why);
    }

    fn differences(&self, found: &Found, expected: &Effective<'_>) -> Vec<String> {
        let mut differences = Vec::new();
        let kind = self.kind(expected);
        if let Some(is) = found.kind.filter(|&is| is != kind) {
            differences.push(format!("it is a {is} socket, not {kind}"));
        }
        let (is, mode) = (found.mode, self.mode(expected));
        let exactly = |key: &Set<'_, ModeRule>| matches!(key.value, ModeRule::Exactly(_));
        if self.arguments.mode.is_some() || expected.mode.as_ref().is_some_and(exactly) {
            if is != mode {
                differences.push(format!("its mode is {is}, not {mode}"));
            }
        } else {
            let limit = wishes::limit(expected).unwrap_or(Limit {
                mode: Mode::from_st_mode(PRIVATE),
                special: true,
                said_by: String::new(),
            });
            let beyond = limit.beyond(is);
            if !beyond.is_empty() {
                let beyond = beyond.to_words();
                differences.push(format!(
                    "its mode {is} is wider than {} ({beyond})",
                    limit.mode
                ));
            }
        }
        let belongs = || format!("it belongs to {}", words(found.owner, self.names));
        match (self.owner, &expected.owner) {
            (Some(asked), _) if !has(found.owner, asked) => {
                differences.push(format!(
                    "{}, not to {}",
                    belongs(),
                    words(asked, self.names)
                ));
            }
            (None, Some(key)) if !wishes::fits(&key.value, found.owner, self.names) => {
                let said_by = wishes::said_by(key);
                differences.push(format!("{}, which is not as {said_by} has it", belongs()));
            }
            _ => {}
        }
        differences
    }
}

/// Whether it belongs to whom was asked for.
fn has(owner: Ownership, asked: Ownership) -> bool {
    (asked.uid.is_none() || asked.uid == owner.uid)
        && (asked.gid.is_none() || asked.gid == owner.gid)
}

/// Whether everybody may take away what others have put there.
fn is_open_to_swaps(mode: Mode) -> bool {
    mode.bits() & 0o1002 == 0o0002
}

/// With the links of its directory resolved, those that lead to what is not there yet among them.
pub(in super::super) fn real_path(given: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(given).ok()?;
    Some(real_directory(path.parent()?, &SystemHost).join(path.file_name()?))
}
