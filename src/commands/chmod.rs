//! `sockctl chmod MODE PATH...`

use crate::change::{Target, Wish, acl, owner};
use crate::cli::Chmod;
use crate::model::{ActionKind, Mode, ModeChange, Names, Outcome};
use crate::policy::Policy;
use crate::sys::names::SystemNames;
use crate::sys::perm;

use super::changes::{self, Job};
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::{policies, wishes};

pub(super) fn run(context: &Context<'_>, arguments: &Chmod) -> anyhow::Result<Exit> {
    let (change, paths) = arguments.operands().map_err(UsageError)?;
    let asks_policy = arguments.from_policy || !arguments.force;
    let policy = if asks_policy {
        Some(policies::load(context)?)
    } else {
        policies::check_named(context)?;
        None
    };
    let request = Request {
        change,
        umask: perm::umask(),
        policy,
        force: arguments.force,
    };
    let names = SystemNames::default();
    let job = Job {
        context,
        kind: ActionKind::Chmod,
        recursive: arguments.recursive,
        names: &names,
        wish: &|target| request.wish(target),
        unsaid: "no policy says which mode it should have; name one",
        note: &|target, wish| note(target, wish, &names),
    };
    changes::run(&job, &paths)
}

struct Request {
    /// `None`: what the policy says.
    change: Option<ModeChange>,
    umask: Mode,
    /// `None` where it is not asked.
    policy: Option<Policy>,
    force: bool,
}

impl Request {
    fn wish(&self, target: &Target) -> Result<Option<Wish>, Outcome> {
        let now = target.facts().mode;
        let policy = self.policy.as_ref();
        let expected = policy
            .map(|policy| changes::expected(policy, target))
            .transpose()?;
        let mode = match &self.change {
            Some(change) => Some(change.apply(now, self.umask)),
            None => expected
                .as_ref()
                .and_then(|expected| wishes::mode(expected, now)),
        };
        let Some(mode) = mode else { return Ok(None) };
        if !self.force {
            // What takes bits away and gives none is never too wide.
            if !mode.beyond(now).is_empty()
                && let Some(limit) = expected.as_ref().and_then(wishes::limit)
            {
                limit.check(mode)?;
            }
            owner::refuse_links(target, "--force insists")?;
        }
        Ok(Some(Wish {
            mode: Some(mode),
            ..Wish::default()
        }))
    }
}

/// With an ACL the mode is not what it looks like.
fn note(target: &Target, wish: &Wish, names: &dyn Names) -> Option<String> {
    match target.acl() {
        Ok(None) => None,
        Ok(Some(found)) => Some(acl::note(wish.mode?, &found, names)),
        Err(failure) => Some(format!(
            "whether it has an ACL could not be seen: {failure}"
        )),
    }
}
