//! `sockctl wrap -- COMMAND`

use crate::cli::Wrap;
use crate::sys::names::SystemNames;
use crate::wrap::launch::Launch;
use crate::wrap::request::{Groups, Request};
use crate::wrap::{Refusal, Status, host, plan};

use super::context::Context;
use super::exit::{Exit, UsageError, say_error};

/// Returns only where the command was not started.
pub(super) fn run(context: &Context<'_>, arguments: &Wrap) -> Exit {
    match start(context, arguments) {
        Ok(exit) => exit,
        Err(error) => {
            say_error(&error);
            Exit::Wrap(status(&error).code())
        }
    }
}

/// Whoever wraps commands tells apart by these what to do next.
fn status(error: &anyhow::Error) -> Status {
    match error.downcast_ref::<Refusal>() {
        Some(refusal) => refusal.status,
        None if error.is::<UsageError>() => Status::Config,
        None => Status::Failed,
    }
}

fn start(_context: &Context<'_>, arguments: &Wrap) -> anyhow::Result<Exit> {
    let request = request(arguments);
    let names = SystemNames::default();
    let facts = host::gather(&request, &names)?;
    let plan = plan(&request, &facts)?;
    let mut launch =
        Launch::prepare(&plan.start).map_err(|error| Refusal::new(Status::Config, error))?;
    Err(launch.run().refusal(&plan.start).into())
}

fn request(arguments: &Wrap) -> Request {
    Request {
        command: arguments.command.clone(),
        user: arguments.user.clone(),
        groups: match arguments.groups() {
            Some(groups) => Groups::Only(groups.to_vec()),
            None if arguments.init_groups => Groups::Init,
            None => Groups::Usual,
        },
        keep_caps: arguments.keep_caps.unwrap_or_default(),
        keep_bounding: arguments.keep_bounding,
        allow_new_privs: arguments.allow_new_privs,
    }
}
