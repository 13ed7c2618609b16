//! `sockctl policy ...`

mod check;
mod explain;
mod init;
mod show;
mod test;

use std::path::PathBuf;

use crate::cli::Policy;
use crate::policy::Sources;

use super::context::Context;
use super::exit::Exit;

pub(super) fn run(context: &Context<'_>, which: &Policy) -> anyhow::Result<Exit> {
    match which {
        Policy::Check(arguments) => check::run(context, arguments),
        Policy::Explain(arguments) => explain::run(context, arguments),
        Policy::Show(arguments) => show::one(context, arguments),
        Policy::List => show::all(context),
        Policy::Init(arguments) => init::run(context, arguments),
        Policy::Test(arguments) => test::run(context, arguments),
        Policy::Schema => show::schema(context),
    }
}

/// These files and what they include, and nothing that nobody named.
fn only(files: &[PathBuf]) -> Sources {
    Sources {
        explicit: files.to_vec(),
        env: None,
        builtin: false,
    }
}
