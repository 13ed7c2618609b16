//! `sockctl completions SHELL`

use crate::cli::{self, Completions};

use super::context::Context;
use super::exit::Exit;

pub(super) fn run(context: &Context<'_>, arguments: &Completions) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut cli::definition(),
        "sockctl",
        &mut script,
    );
    context.results.write(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}
