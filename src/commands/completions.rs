//! `sockctl completions SHELL`

use crate::cli::{self, Completions};

use super::context::Context;
use super::exit::Exit;
use super::results::Results;

pub(super) fn run(context: &Context<'_>, arguments: &Completions) -> anyhow::Result<Exit> {
    context.only_for_people("completions")?;
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut cli::definition(),
        "sockctl",
        &mut script,
    );
    Results::write(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}
