//! `sockctl create PATH...`

use std::path::{Path, PathBuf};

use crate::change::changes::Changes;
use crate::change::create::{Creator, Existing, Held, Parents, Request, fits, release, serve};
use crate::change::mode::Limit;
use crate::change::name::Named;
use crate::change::plan::no_step;
use crate::cli::Create;
use crate::model::{ActionKind, Backlog, Mode, Outcome, Ownership, SocketName, SocketType};
use crate::policy::rule::Permit;
use crate::policy::{Effective, Policy};
use crate::sys::dir::Dir;
use crate::sys::limits;
use crate::sys::names::SystemNames;
use crate::sys::signals::EndSignals;

use super::chown::resolve;
use super::clock::Stopwatch;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::told::{exit_of, say_on_stderr, tell};
use super::{policies, wishes};

pub(super) fn run(context: &Context<'_>, arguments: &Create) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let mut targets = Vec::with_capacity(arguments.paths.len());
    for path in &arguments.paths {
        targets.push(target(path)?);
    }
    let names = SystemNames::default();
    let owner = arguments.owner.as_ref();
    let maker = Maker {
        owner: owner.map(|spec| resolve(spec, &names)).transpose()?,
        policy: policies::load(context)?,
        names: &names,
        arguments,
    };
    // A signal that comes from here on waits until there is somebody to remove what was made.
    let signals = if arguments.hold && !context.global.dry_run {
        limits::raise_open_files();
        Some(EndSignals::block()?)
    } else {
        None
    };
    let creator = Creator::new(&names, context.global.dry_run)?;
    let mut changes = Changes::default();
    let mut held = Vec::new();
    for named in targets {
        let path = named.path.clone();
        match maker.request(named) {
            Ok(request) => {
                let created = creator.create(&request);
                changes.extend(created.changes);
                held.extend(created.held);
            }
            Err(outcome) => changes
                .actions
                .push(no_step(&path, ActionKind::Create, outcome)),
        }
    }
    let told = tell(context, &stopwatch, &arguments.paths, &changes);
    let exit = exit_of(&changes.actions);
    match signals {
        Some(signals) if told.is_ok() => keep(held, exit, &signals),
        Some(_) => {
            say_on_stderr(&release(held));
            told.map(|()| exit)
        }
        None => told.map(|()| exit),
    }
}

/// Before anything is looked at.
fn target(path: &Path) -> Result<Named, UsageError> {
    let wrong = |error: &dyn std::fmt::Display| {
        UsageError(format!(
            "{}: {error}",
            crate::output::escape::escape(path.as_os_str().as_encoded_bytes())
        ))
    };
    let named = Named::new(path).map_err(|error| wrong(&error))?;
    fits(&named).map_err(|error| wrong(&error))?;
    Ok(named)
}

/// Where one of them could not be made none is kept: whoever waits for them all would wait for
/// ever.
fn keep(held: Vec<Held>, exit: Exit, signals: &EndSignals) -> anyhow::Result<Exit> {
    let trouble = if exit == Exit::Done && !held.is_empty() {
        serve(&held, signals).err()
    } else {
        None
    };
    let changes = release(held);
    say_on_stderr(&changes);
    if let Some(trouble) = trouble {
        return Err(anyhow::Error::new(trouble).context("cannot wait for clients"));
    }
    Ok(match exit_of(&changes.actions) {
        Exit::Done => exit,
        trouble if exit == Exit::Done => trouble,
        _ => exit,
    })
}

/// From a path to what is wanted there: what was typed, then what the policy says.
struct Maker<'a> {
    arguments: &'a Create,
    owner: Option<Ownership>,
    policy: Policy,
    names: &'a SystemNames,
}

/// Who may connect to a socket of which nobody says anything: its owner.
const PRIVATE: u32 = 0o600;

/// The widest that a directory is made without being told.
const USUAL_DIRECTORY: u32 = 0o755;

impl Maker<'_> {
    fn request(&self, named: Named) -> Result<Request, Outcome> {
        let arguments = self.arguments;
        let expected = self.expected(&named)?;
        let private = Mode::from_st_mode(PRIVATE);
        let mode = arguments
            .mode
            .or_else(|| wishes::mode(&expected, private))
            .unwrap_or(private);
        let of_policy = |key: &Option<crate::policy::Set<'_, _>>| match key {
            Some(key) => wishes::definite(&key.value, self.names)
                .map_err(|troubles| Outcome::Failed(troubles.join("; "))),
            None => Ok(Ownership::default()),
        };
        let owner = match self.owner {
            Some(owner) => owner,
            None => of_policy(&expected.owner)?,
        };
        let parents = match arguments.parents() {
            Some(mode) => Some(Parents {
                mode: self.directory_mode(mode, &expected)?,
                owner: of_policy(&expected.parent_owner)?,
            }),
            None => None,
        };
        let kind = expected.kind.as_ref().map(|key| key.value);
        let acl_is_allowed = |key: &crate::policy::Set<'_, Permit>| key.value == Permit::Allow;
        Ok(Request {
            kind: arguments.kind.or(kind).unwrap_or(SocketType::Stream),
            mode,
            owner,
            limit: (!arguments.force)
                .then(|| wishes::limit(&expected))
                .flatten(),
            keep_acl: expected.acl.as_ref().is_some_and(acl_is_allowed),
            parents,
            existing: Existing {
                if_absent: arguments.if_absent,
                replace_stale: arguments.replace_stale,
            },
            listen: arguments.hold.then(Backlog::default),
            named,
        })
    }

    fn directory_mode(
        &self,
        asked: Option<Mode>,
        expected: &Effective<'_>,
    ) -> Result<Option<Mode>, Outcome> {
        let Some(key) = &expected.parent_max_mode else {
            return Ok(asked);
        };
        let special = if key.value.special { 0 } else { 0o7000 };
        let max = u32::from(key.value.max.bits()) | special;
        let limit = Limit {
            mode: Mode::from_st_mode(max),
            said_by: wishes::said_by(key),
        };
        match asked {
            Some(mode) if self.arguments.force => Ok(Some(mode)),
            Some(mode) => limit.check(mode).map(|()| Some(mode)),
            None => Ok(Some(limit.applied_to(Mode::from_st_mode(USUAL_DIRECTORY)))),
        }
    }

    /// By the path as given, and by where it really is as far as that is there already.
    fn expected(&self, named: &Named) -> Result<Effective<'_>, Outcome> {
        let given = std::path::absolute(&named.path)
            .map_err(|error| Outcome::Failed(format!("cannot tell where that is: {error}")))?;
        let real = real_path(&given);
        let name = SocketName::Path(given);
        Ok(self.policy.effective(&name, real.as_deref()))
    }
}

/// With the links of what is there resolved.
pub(super) fn real_path(given: &Path) -> Option<PathBuf> {
    given.ancestors().skip(1).find_map(|above| {
        let real = Dir::open(above).ok()?.real_path().ok()?;
        Some(real.join(given.strip_prefix(above).ok()?))
    })
}
