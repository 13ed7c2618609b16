//! `sockctl chown USER[:GROUP] PATH...`

use crate::change::{Target, Wish, owner};
use crate::cli::Chown;
use crate::model::account::Unresolved;
use crate::model::{ActionKind, Outcome, OwnerSpec, Ownership};
use crate::policy::Policy;
use crate::sys::names::SystemNames;

use super::changes::{self, Job};
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::{policies, wishes};

pub(super) fn run(context: &Context<'_>, arguments: &Chown) -> anyhow::Result<Exit> {
    let (spec, paths) = arguments.operands().map_err(UsageError)?;
    let names = SystemNames::default();
    let asked = spec
        .as_ref()
        .map(|spec| resolve(spec, &names))
        .transpose()?;
    let asks_policy = arguments.from_policy || !arguments.force;
    let policy = if asks_policy {
        Some(policies::load(context)?)
    } else {
        policies::check_named(context)?;
        None
    };
    let request = Request {
        asked,
        policy,
        names: &names,
        force: arguments.force,
    };
    let job = Job {
        context,
        kind: ActionKind::Chown,
        recursive: arguments.recursive,
        names: &names,
        wish: &|target| request.wish(target),
        unsaid: "no policy says whose it should be; name an owner",
        note: &note,
    };
    changes::run(&job, &paths)
}

/// Before anything is looked at: a name that nobody has is wrong usage.
pub(super) fn resolve(spec: &OwnerSpec, names: &SystemNames) -> anyhow::Result<Ownership> {
    spec.resolve(names).map_err(|error| match error {
        Unresolved::Unknown { .. } => UsageError(error.to_string()).into(),
        Unresolved::Failed { .. } => error.into(),
    })
}

struct Request<'a> {
    /// `None`: what the policy says.
    asked: Option<Ownership>,
    /// `None` where it is not asked.
    policy: Option<Policy>,
    names: &'a SystemNames,
    force: bool,
}

impl Request<'_> {
    fn wish(&self, target: &Target) -> Result<Option<Wish>, Outcome> {
        let policy = self.policy.as_ref();
        let expected = policy
            .map(|policy| changes::expected(policy, target))
            .transpose()?;
        let key = expected.and_then(|expected| expected.owner);
        let now = target.owner();
        let owner = match (self.asked, &key) {
            (Some(asked), _) => Ownership {
                uid: asked.uid.or(now.uid),
                gid: asked.gid.or(now.gid),
            },
            (None, Some(key)) => wishes::owner(&key.value, now, self.names)
                .map_err(|troubles| Outcome::Failed(troubles.join("; ")))?,
            (None, None) => return Ok(None),
        };
        if !self.force {
            if let Some(key) = &key
                && !wishes::fits(&key.value, owner, self.names)
            {
                return Err(Outcome::Refused(format!(
                    "{} is not an owner that the policy allows ({}); --force insists",
                    owner::words(owner, self.names),
                    wishes::said_by(key)
                )));
            }
            owner::refuse_links(target, "--force insists")?;
        }
        Ok(Some(Wish {
            owner,
            ..Wish::default()
        }))
    }
}

/// The kernel takes more than the owner.
fn note(target: &Target, wish: &Wish) -> Option<String> {
    let mode = target.facts().mode;
    let loses = wish.owner != target.owner() && mode.bits() & 0o6000 != 0;
    loses.then(|| format!("set-id bits, as in {mode}, go when the owner changes (chown(2))"))
}
