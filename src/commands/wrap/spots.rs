//! Where the sockets of a wrapped command are to be, and what their policy says of them.

use std::path::{Path, PathBuf};

use crate::change::create::fits;
use crate::change::name::Named;
use crate::model::account::Unresolved;
use crate::model::{
    Account, Code, FdName, ListenSpec, Mode, OwnerSpec, Ownership, Severity, SocketName,
    SocketType, UserSpec,
};
use crate::output::escape::escape;
use crate::policy::rule::{ModeRule, Permit};
use crate::policy::{Effective, Policy, Who};
use crate::sys::host::ourselves;
use crate::sys::names::SystemNames;
use crate::wrap::bound::Expected;
use crate::wrap::request::Listen;
use crate::wrap::{Refusal, Status, host};

use super::super::create::real_path;
use super::super::exit::UsageError;
use super::super::wishes;

/// A place for a socket.
pub(super) struct Spot {
    named: Named,
    absolute: PathBuf,
    /// With the links of what is there resolved.
    real: Option<PathBuf>,
}

impl Spot {
    /// Of `--listen`, which has to have room in an address.
    pub(super) fn to_listen(spec: &ListenSpec) -> anyhow::Result<Spot> {
        let spot = Spot::new("--listen", &spec.path)?;
        fits(&spot.named).map_err(|error| wrong("--listen", &spec.path, &error))?;
        Ok(spot)
    }

    /// Of `--expect`.
    pub(super) fn to_expect(path: &Path) -> anyhow::Result<Spot> {
        Spot::new("--expect", path)
    }

    fn new(option: &str, path: &Path) -> anyhow::Result<Spot> {
        let named = Named::new(path).map_err(|error| wrong(option, path, &error))?;
        let absolute = std::path::absolute(&named.path)?;
        Ok(Spot {
            named,
            real: real_path(&absolute),
            absolute,
        })
    }

    /// All that a policy may call it.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        [Some(self.absolute.as_path()), self.real.as_deref()]
            .into_iter()
            .flatten()
    }

    /// What the policy says of it.
    pub(super) fn judged(self, policy: &Policy) -> Place<'_> {
        let name = SocketName::Path(self.absolute.clone());
        Place {
            expected: policy.effective(&name, self.real.as_deref()),
            spot: self,
        }
    }
}

fn wrong(option: &str, path: &Path, error: &dyn std::fmt::Display) -> UsageError {
    let path = escape(path.as_os_str().as_encoded_bytes());
    UsageError(format!("{option} {path}: {error}"))
}

/// Who owns what nobody says anything of: whoever the command is to be.
fn whose(user: Option<&UserSpec>, names: &SystemNames) -> Result<Ownership, Refusal> {
    let Some(user) = user else {
        return Ok(ourselves());
    };
    let person = host::person(user, names)?;
    Ok(Ownership {
        uid: Some(person.uid),
        gid: Some(person.gid),
    })
}

/// A place, and what its policy says.
pub(super) struct Place<'a> {
    spot: Spot,
    expected: Effective<'a>,
}

impl Place<'_> {
    /// Who its policy says is to listen on it, where that is one user.
    fn user(&self) -> Option<UserSpec> {
        let [who] = self.expected.listener_user.as_ref()?.value.as_slice() else {
            return None;
        };
        let user = match who {
            Who::Name(name) => name.parse().ok()?,
            Who::Id(id) => Account::Number(*id),
            Who::Range(..) | Who::Dynamic => return None,
        };
        Some(UserSpec { user, group: None })
    }

    /// Adds its user to those of the places before it. Sockets whose policies name different users
    /// need a word from whoever starts the command.
    pub(super) fn same_user(&self, so_far: Option<UserSpec>) -> Result<Option<UserSpec>, Refusal> {
        match (so_far, self.user()) {
            (Some(one), Some(other)) if one != other => Err(Refusal::new(
                Status::Refused,
                format_args!(
                    "the policies of the sockets name {one} and, of {}, {other} (listener.user): \
                     write --user USER",
                    self.spot.named.path.display()
                ),
            )),
            (so_far, next) => Ok(so_far.or(next)),
        }
    }

    /// A socket that the command is to bind there.
    pub(super) fn expect(self) -> Expected {
        Expected {
            shared: self.is_shared(),
            named: self.spot.named,
            absolute: self.spot.absolute,
        }
    }

    /// Whether its policy lets the group or others connect. What holds for every socket of which
    /// nothing more is known lets nobody in.
    fn is_shared(&self) -> bool {
        let others = Mode::from_st_mode(0o022);
        self.expected.mode.as_ref().is_some_and(|key| {
            let (ModeRule::Exactly(mode) | ModeRule::AtMost(mode)) = key.value;
            let is_private = mode.beyond(others) == mode;
            !is_private && !wishes::is_baseline(key.rule)
        })
    }

    /// A socket that is to be made there for that user, from what was typed and what the policy
    /// says.
    pub(super) fn listen(
        self,
        spec: &ListenSpec,
        user: Option<&UserSpec>,
        names: &SystemNames,
    ) -> anyhow::Result<Listen> {
        let expected = &self.expected;
        let private = Mode::from_st_mode(0o600);
        let acl_stays = expected.acl.as_ref();
        let mode = spec.mode.or_else(|| wishes::mode(expected, private));
        let kind = expected.kind.as_ref().map(|key| key.value);
        Ok(Listen {
            name: self.name(spec),
            kind: spec.kind.or(kind).unwrap_or(SocketType::Stream),
            mode: mode.unwrap_or(private),
            owner: self.owner(spec, user, names)?,
            backlog: spec.backlog.unwrap_or_default(),
            limit: wishes::limit(expected).filter(|_| self.is_grave(Code::ModeTooWide)),
            keep_acl: acl_stays.is_some_and(|key| key.value == Permit::Allow),
            absolute: self.spot.absolute,
            named: self.spot.named,
        })
    }

    /// As given, else as the file is called, where that can be a name.
    fn name(&self, spec: &ListenSpec) -> FdName {
        let given = spec.name.clone();
        given.unwrap_or_else(|| FdName::new(self.spot.named.name.to_bytes()).unwrap_or_default())
    }

    fn owner(
        &self,
        spec: &ListenSpec,
        user: Option<&UserSpec>,
        names: &SystemNames,
    ) -> anyhow::Result<Ownership> {
        let given = spec.owner.as_ref();
        let given = given
            .map(|owner| self.given_owner(owner, names))
            .transpose()?;
        let given = given.unwrap_or_default();
        let of_policy = match &self.expected.owner {
            Some(key) if given.uid.is_none() || given.gid.is_none() => {
                let whom = whose(user, names)?;
                wishes::owner_for(&key.value, whom, names).map_err(|troubles| {
                    let path = self.spot.named.path.display();
                    let (why, said_by) = (troubles.join("; "), wishes::said_by(key));
                    let why = format!("--listen {path}: {why} ({said_by}); owner= names one");
                    Refusal::new(Status::Failed, why)
                })?
            }
            _ => Ownership::default(),
        };
        Ok(Ownership {
            uid: given.uid.or(of_policy.uid),
            gid: given.gid.or(of_policy.gid),
        })
    }

    fn given_owner(&self, owner: &OwnerSpec, names: &SystemNames) -> anyhow::Result<Ownership> {
        owner.resolve(names).map_err(|error| {
            let path = self.spot.named.path.display();
            let why = format!("--listen {path}: owner={owner}: {error}");
            match error {
                Unresolved::Unknown { .. } => UsageError(why).into(),
                Unresolved::Failed { .. } => Refusal::new(Status::Failed, why).into(),
            }
        })
    }

    /// Whether such a finding is one for which nothing is started.
    fn is_grave(&self, code: Code) -> bool {
        let decider = self.expected.mode.as_ref().map(|key| key.rule);
        self.expected.severity(code, decider) >= Severity::High
    }
}
