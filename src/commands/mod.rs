//! From a command line to an exit status: arguments, then a look at the host, then a report.

mod access;
mod apply;
mod audit;
mod changes;
mod chmod;
mod chown;
mod clean;
mod clock;
mod completions;
mod context;
mod create;
mod exit;
mod explain;
mod list;
mod logging;
mod man;
mod mend;
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

use crate::cli::{self, Command};
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
        Err(error) => {
            let exit = exit::of_clap(&error);
            return if exit == Exit::Usage && cli::is_wrap(&arguments) {
                Exit::Wrap(Status::Config.code())
            } else {
                exit
            };
        }
    };
    if let (Some(signals), false) = (signals, matches!(cli.command, Command::Wrap(_))) {
        signals.restore();
    }
    let context = match Context::new(&cli.global) {
        Ok(context) => context,
        Err(error) => return exit_of(&error),
    };
    let outcome = match &cli.command {
        Command::Audit(arguments) => audit::run(&context, arguments),
        Command::List(arguments) => list::run(&context, arguments),
        Command::Access(arguments) => access::run(&context, arguments),
        Command::Probe(arguments) => probe::run(&context, arguments),
        Command::Create(arguments) => create::run(&context, arguments),
        Command::Chmod(arguments) => chmod::run(&context, arguments),
        Command::Chown(arguments) => chown::run(&context, arguments),
        Command::Clean(arguments) => clean::run(&context, arguments),
        Command::Wrap(arguments) => return wrap::run(&context, arguments),
        Command::Apply(arguments) => apply::run(&context, arguments),
        Command::Policy(which) => policy::run(&context, which),
        Command::Explain(arguments) => explain::run(&context, arguments),
        Command::Completions(arguments) => completions::run(&context, arguments),
        Command::Man(arguments) => man::run(&context, arguments),
    };
    outcome.unwrap_or_else(|error| exit_of(&error))
}
