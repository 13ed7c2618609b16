//! From a command line to an exit status: arguments, then a look at the host, then a report.

mod access;
mod apply;
mod audit;
mod baseline;
mod changes;
mod chmod;
mod chown;
mod clean;
mod clock;
mod completions;
mod context;
mod create;
mod destination;
mod exit;
mod explain;
mod list;
mod logging;
mod man;
mod mend;
mod planned;
mod plugin;
mod policies;
mod policy;
mod probe;
mod progress;
mod results;
mod roots;
mod told;
mod wishes;
mod wrap;

use std::ffi::OsString;

pub use exit::Exit;
use exit::{exit_of, say};

use crate::cli::{self, Cli, Command};
use crate::sys::signals;
use crate::wrap::Status;
use context::Context;

/// Runs a whole command line, the program's name first, and says how to exit.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // What a command is wrapped for is not to be lost on the way to it. Which command it is, is
    // known only later.
    let signals = arguments
        .iter()
        .any(|argument| argument == "wrap")
        .then(signals::keep_all_back);
    if crate::sys::host::is_setuid() {
        say(
            "sockctl: runs with the rights of another user than its caller; it is not made to be setuid",
        );
        return Exit::Usage;
    }
    let cli = match cli::parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => return misread(&arguments, error),
    };
    if let (Some(signals), false) = (signals, matches!(cli.command, Command::Wrap(_))) {
        signals.restore();
    }
    done(&cli).unwrap_or_else(|error| match exit_of(&error) {
        _ if plugin::is_plugin(&cli) => plugin::unknown(&format!("{error:#}")),
        _ if matches!(cli.command, Command::Wrap(_)) => wrap::exit_of(&error),
        exit => exit,
    })
}

/// The command line could not be understood, which has been said on stderr.
fn misread(arguments: &[OsString], error: clap::Error) -> Exit {
    if error.use_stderr() && cli::is_wrap(arguments) {
        return misread_wrap(arguments, error);
    }
    match exit::of_clap(&error) {
        Exit::Usage if plugin::looks_like_plugin(arguments) => {
            let why = error.to_string();
            let why = why.lines().next().unwrap_or_default();
            plugin::unknown(why.trim_start_matches("error: "))
        }
        exit => exit,
    }
}

fn misread_wrap(arguments: &[OsString], mut error: clap::Error) -> Exit {
    if let Some(why) = cli::misplaced(arguments, &error) {
        say(&format!("sockctl: {why}"));
    } else {
        // What clap proposes for a value would make a command of the unknown option.
        error.remove(clap::error::ContextKind::Suggested);
        exit::of_clap(&error);
    }
    Exit::Wrap(Status::Config.code())
}

fn done(cli: &Cli) -> anyhow::Result<Exit> {
    let context = Context::new(cli)?;
    let exit = match &cli.command {
        Command::Audit(arguments) => audit::run(&context, arguments),
        Command::List(arguments) => list::run(&context, arguments),
        Command::Access(arguments) => access::run(&context, arguments),
        Command::Probe(arguments) => probe::run(&context, arguments),
        Command::Create(arguments) => create::run(&context, arguments),
        Command::Chmod(arguments) => chmod::run(&context, arguments),
        Command::Chown(arguments) => chown::run(&context, arguments),
        Command::Clean(arguments) => clean::run(&context, arguments),
        Command::Wrap(arguments) => wrap::run(&context, arguments),
        Command::Apply(arguments) => apply::run(&context, arguments),
        Command::Policy(which) => policy::run(&context, which),
        Command::Explain(arguments) => explain::run(&context, arguments),
        Command::Completions(arguments) => completions::run(&context, arguments),
        Command::Man(arguments) => man::run(&context, arguments),
    }?;
    context.results.finish()?;
    Ok(exit)
}
