//! What can be typed. Help, man pages and completions are made from this one definition.
//!
//! Each subcommand is built only when it is the chosen one, for a hook that runs sockctl on
//! every start pays for every argument that clap has to set up.

mod access;
mod apply;
mod audit;
mod chmod;
mod chown;
mod clean;
mod create;
pub mod duration;
mod examples;
mod explain;
mod generate;
mod global;
mod list;
mod operands;
mod policy;
mod probe;

use std::ffi::OsString;

use clap::{ArgMatches, Args, FromArgMatches};

pub use access::Access;
pub use apply::{Apply, Aspect};
pub use audit::Audit;
pub use chmod::Chmod;
pub use chown::Chown;
pub use clean::Clean;
pub use create::Create;
pub use examples::{Documented, Example};
pub use explain::Explain;
pub use generate::{Completions, Man};
pub use global::{ColorChoice, Format, Global, LogFormat};
pub use list::List;
pub use policy::{Policy, PolicyCheck, PolicyExplain, PolicyShow, PolicyTest};
pub use probe::Probe;

/// A command line, understood.
#[derive(Debug, Clone)]
pub struct Cli {
    /// From before and after the command, added up.
    pub global: Global,
    /// What to do.
    pub command: Command,
}

/// What to do.
#[derive(Debug, Clone)]
pub enum Command {
    /// `audit`
    Audit(Audit),
    /// `list`
    List(List),
    /// `access`
    Access(Access),
    /// `probe`
    Probe(Probe),
    /// `create`
    Create(Create),
    /// `chmod`
    Chmod(Chmod),
    /// `chown`
    Chown(Chown),
    /// `clean`
    Clean(Clean),
    /// `apply`
    Apply(Apply),
    /// `policy ...`
    Policy(Policy),
    /// `explain`
    Explain(Explain),
    /// `completions`
    Completions(Completions),
    /// `man`
    Man(Man),
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// What clap has to say, which includes the text of `--help` and `--version`.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let matches = definition().try_get_matches_from(arguments)?;
    let mut global = Global::from_arg_matches(&matches)?;
    let command = chosen(&matches, &mut global)?;
    Ok(Cli { global, command })
}

fn chosen(matches: &ArgMatches, global: &mut Global) -> Result<Command, clap::Error> {
    let Some((name, matches)) = matches.subcommand() else {
        return Err(definition().error(
            clap::error::ErrorKind::MissingSubcommand,
            "which command? `sockctl --help` lists them",
        ));
    };
    global.add(Global::from_arg_matches(matches)?);
    Ok(match name {
        "audit" => Command::Audit(Audit::from_arg_matches(matches)?),
        "list" => Command::List(List::from_arg_matches(matches)?),
        "access" => Command::Access(Access::from_arg_matches(matches)?),
        "probe" => Command::Probe(Probe::from_arg_matches(matches)?),
        "create" => Command::Create(Create::from_arg_matches(matches)?),
        "chmod" => Command::Chmod(Chmod::from_arg_matches(matches)?),
        "chown" => Command::Chown(Chown::from_arg_matches(matches)?),
        "clean" => Command::Clean(Clean::from_arg_matches(matches)?),
        "apply" => Command::Apply(Apply::from_arg_matches(matches)?),
        "policy" => Command::Policy(policy::chosen(matches, global)?),
        "explain" => Command::Explain(Explain::from_arg_matches(matches)?),
        "completions" => Command::Completions(Completions::from_arg_matches(matches)?),
        _ => Command::Man(Man::from_arg_matches(matches)?),
    })
}

/// The whole definition, its subcommands not yet built.
pub fn definition() -> clap::Command {
    let command = clap::Command::new("sockctl")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Lifecycle and permissions of Unix domain sockets")
        .long_about(
            "Lifecycle and permissions of Unix domain sockets.\n\n\
             Whoever may connect to a socket often owns the service behind it. sockctl finds \
             every socket of a host, says whether anybody is there, and holds its mode, owner \
             and place against policies.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(leaf::<Audit>(
            "audit",
            "Hold every socket against the policy",
        ))
        .subcommand(leaf::<List>(
            "list",
            "Show every socket: state, mode, owner, listener",
        ))
        .subcommand(leaf::<Access>(
            "access",
            "Say who may connect to a socket, and who may replace it",
        ))
        .subcommand(leaf::<Probe>(
            "probe",
            "Test whether sockets are live, as a client would",
        ))
        .subcommand(leaf::<Create>(
            "create",
            "Make a socket file that is right from birth",
        ))
        .subcommand(leaf::<Chmod>("chmod", "Set the mode of socket files"))
        .subcommand(leaf::<Chown>(
            "chown",
            "Set the user and the group of socket files",
        ))
        .subcommand(leaf::<Clean>("clean", "Remove socket files that are stale"))
        .subcommand(leaf::<Apply>("apply", "Mend what an audit finds"))
        .subcommand(policy::definition())
        .subcommand(leaf::<Explain>(
            "explain",
            "Say what a finding means and how to mend it",
        ))
        .subcommand(leaf::<Completions>(
            "completions",
            "Print the completions for a shell",
        ))
        .subcommand(leaf::<Man>(
            "man",
            "Print the manual page, or write all of them",
        ));
    Global::added_to(command)
}

/// A command without subcommands of its own.
fn leaf<A: Args + Documented>(name: &'static str, about: &'static str) -> clap::Command {
    clap::Command::new(name).about(about).defer(|command| {
        let command = A::augment_args(command)
            // What stands behind an option is its value, as getopt(3) has it: that -1 is no mode
            // and no id is then said by what reads modes and ids.
            .mut_args(|arg| {
                let is_option = !arg.is_positional() && arg.get_action().takes_values();
                let is_first = arg.get_id() == "first";
                arg.allow_hyphen_values(is_option)
                    .allow_negative_numbers(is_first)
            })
            .after_help(examples::as_help(A::EXAMPLES));
        Global::added_to(command)
    })
}

/// The examples of a command, by the words that choose it (`["policy", "check"]`).
pub fn examples_of(words: &[&str]) -> &'static [Example] {
    match words {
        ["audit"] => Audit::EXAMPLES,
        ["list"] => List::EXAMPLES,
        ["access"] => Access::EXAMPLES,
        ["probe"] => Probe::EXAMPLES,
        ["create"] => Create::EXAMPLES,
        ["clean"] => Clean::EXAMPLES,
        ["chmod"] => Chmod::EXAMPLES,
        ["chown"] => Chown::EXAMPLES,
        ["apply"] => Apply::EXAMPLES,
        ["explain"] => Explain::EXAMPLES,
        ["completions"] => Completions::EXAMPLES,
        ["man"] => Man::EXAMPLES,
        ["policy", name] => policy::examples_of(name),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Cli {
        parse(line.split(' ').map(OsString::from)).expect("a good command line")
    }

    #[test]
    fn the_definition_is_sound() {
        let mut command = definition();
        command.build();
        command.debug_assert();
    }

    #[test]
    fn global_options_before_and_after_the_command_add_up() {
        let cli = parsed("sockctl -p a -v audit -p b -v /run");
        assert_eq!(cli.global.policy, ["a", "b"].map(std::path::PathBuf::from));
        assert_eq!(cli.global.verbose, 2);
        let cli = parsed("sockctl -p a policy -p b explain -p c /run/x.sock");
        assert_eq!(
            cli.global.policy,
            ["a", "b", "c"].map(std::path::PathBuf::from)
        );
    }

    #[test]
    fn of_two_formats_the_later_one_counts() {
        assert_eq!(
            parsed("sockctl -f json audit").global.format(),
            Format::Json
        );
        assert_eq!(
            parsed("sockctl -f json audit -f jsonl").global.format(),
            Format::Jsonl
        );
        assert_eq!(parsed("sockctl audit").global.format(), Format::Human);
    }
}
