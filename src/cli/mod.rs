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
mod dashes;
pub mod duration;
mod examples;
mod explain;
mod generate;
mod global;
mod list;
mod operands;
mod policy;
mod policy_init;
mod probe;
mod reach;
mod wrap;

use std::ffi::OsString;
use std::mem::ManuallyDrop;

use clap::{ArgMatches, Args, FromArgMatches, ValueEnum as _};

pub use access::Access;
pub use apply::{Apply, Aspect};
pub use audit::Audit;
pub use chmod::Chmod;
pub use chown::Chown;
pub use clean::Clean;
pub use create::Create;
pub use dashes::misplaced;
pub use examples::{Documented, Example};
pub use explain::Explain;
pub use generate::{Completions, Man};
pub use global::{ColorChoice, CommonFormat, Format, Global, LogFormat};
pub use list::List;
pub use policy::{Policy, PolicyCheck, PolicyExplain, PolicyShow, PolicyTest};
pub use policy_init::PolicyInit;
pub use probe::Probe;
pub use wrap::{OnViolation, Wrap};

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
    /// `wrap`
    Wrap(Wrap),
    /// `policy ...`
    Policy(Policy),
    /// `explain`
    Explain(Explain),
    /// `completions`
    Completions(Completions),
    /// `man`
    Man(Man),
}

impl Command {
    /// The word that chooses it.
    pub const fn name(&self) -> &'static str {
        match self {
            Command::Audit(_) => "audit",
            Command::List(_) => "list",
            Command::Probe(_) => "probe",
            Command::Create(_) => "create",
            Command::Chmod(_) => "chmod",
            Command::Chown(_) => "chown",
            Command::Clean(_) => "clean",
            Command::Apply(_) => "apply",
            Command::Wrap(_) => "wrap",
            Command::Access(_) => "access",
            Command::Policy(_) => "policy",
            Command::Explain(_) => "explain",
            Command::Completions(_) => "completions",
            Command::Man(_) => "man",
        }
    }

    /// The formats that it has.
    pub fn formats(&self) -> &'static [Format] {
        match self {
            Command::Audit(_) => Format::value_variants(),
            Command::Completions(_) | Command::Man(_) => &[Format::Human],
            _ => &[Format::Human, Format::Json, Format::Jsonl],
        }
    }
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// What clap has to say, which includes the text of `--help` and `--version`.
pub fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    at_once(arguments).map_or_else(|| with_everything(arguments), Ok)
}

/// Of a line that begins with its command, that command alone is built, which takes half of the
/// time. What is wrong with a line, and whoever asks for help, is answered by the whole.
fn at_once(arguments: &[OsString]) -> Option<Cli> {
    let name = arguments.get(1)?.to_str()?;
    // To free it in its hundreds of pieces takes as long as to understand the line.
    let mut definition = ManuallyDrop::new(leaf_of_name(name)?);
    let matches = definition.try_get_matches_from_mut(&arguments[1..]);
    let mut matches = matches.ok()?;
    let mut global = Global::from_arg_matches_mut(&mut matches).ok()?;
    let command = command_of(name, &mut matches, &mut global).ok()?;
    Some(Cli { global, command })
}

fn with_everything(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut matches = definition().try_get_matches_from(arguments)?;
    let mut global = Global::from_arg_matches_mut(&mut matches)?;
    let command = chosen(&mut matches, &mut global)?;
    Ok(Cli { global, command })
}

/// Whether a command line, right or wrong, is one of `wrap`.
pub fn is_wrap(arguments: &[OsString]) -> bool {
    let matches = definition()
        .ignore_errors(true)
        .try_get_matches_from(arguments);
    matches.is_ok_and(|matches| matches.subcommand_name() == Some("wrap"))
}

fn chosen(matches: &mut ArgMatches, global: &mut Global) -> Result<Command, clap::Error> {
    let Some((name, mut matches)) = matches.remove_subcommand() else {
        return Err(definition().error(
            clap::error::ErrorKind::MissingSubcommand,
            "which command? `sockctl --help` lists them",
        ));
    };
    global.add(Global::from_arg_matches_mut(&mut matches)?);
    command_of(&name, &mut matches, global)
}

fn command_of(
    name: &str,
    matches: &mut ArgMatches,
    global: &mut Global,
) -> Result<Command, clap::Error> {
    Ok(match name {
        "audit" => Command::Audit(Audit::from_arg_matches_mut(matches)?),
        "list" => Command::List(List::from_arg_matches_mut(matches)?),
        "access" => Command::Access(Access::from_arg_matches_mut(matches)?),
        "probe" => Command::Probe(Probe::from_arg_matches_mut(matches)?),
        "create" => Command::Create(Create::from_arg_matches_mut(matches)?),
        "chmod" => Command::Chmod(Chmod::from_arg_matches_mut(matches)?),
        "chown" => Command::Chown(Chown::from_arg_matches_mut(matches)?),
        "clean" => Command::Clean(Clean::from_arg_matches_mut(matches)?),
        "apply" => Command::Apply(Apply::from_arg_matches_mut(matches)?),
        "wrap" => Command::Wrap(Wrap::from_arg_matches_mut(matches)?),
        "policy" => Command::Policy(policy::chosen(matches, global)?),
        "explain" => Command::Explain(Explain::from_arg_matches_mut(matches)?),
        "completions" => Command::Completions(Completions::from_arg_matches_mut(matches)?),
        _ => Command::Man(Man::from_arg_matches_mut(matches)?),
    })
}

/// A command without subcommands of its own, by its name alone.
fn leaf_of_name(name: &str) -> Option<clap::Command> {
    let command = clap::Command::new("sockctl");
    Some(match name {
        "audit" => taking::<Audit>(command),
        "list" => taking::<List>(command),
        "probe" => taking::<Probe>(command),
        "create" => taking::<Create>(command),
        "chmod" => taking::<Chmod>(command),
        "chown" => taking::<Chown>(command),
        "clean" => taking::<Clean>(command),
        "apply" => taking::<Apply>(command),
        "wrap" => taking::<Wrap>(command),
        _ => return None,
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
        .subcommand(leaf::<Wrap>(
            "wrap",
            "Run a command with no more rights than it needs",
        ))
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
    clap::Command::new(name)
        .about(about)
        .defer(|command| taking::<A>(command).after_help(examples::as_help(A::EXAMPLES)))
}

/// With its own arguments and those of all commands.
fn taking<A: Args>(command: clap::Command) -> clap::Command {
    // What stands behind an option is its value, as getopt(3) has it: that -1 is no mode and no id
    // is then said by what reads modes and ids.
    let command = A::augment_args(command).mut_args(|arg| {
        let is_option = !arg.is_positional() && arg.get_action().takes_values();
        let is_first = arg.get_id() == "first";
        arg.allow_hyphen_values(is_option)
            .allow_negative_numbers(is_first)
    });
    Global::added_to(command)
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
        ["wrap"] => Wrap::EXAMPLES,
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
        parse(&words(line)).expect("a good command line")
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn a_command_alone_is_read_as_with_all_others() {
        let mut lines = vec!["sockctl wrap --exec -p a -v --user=7 -- x -v".to_owned()];
        let definition = definition();
        for name in definition.get_subcommands().map(clap::Command::get_name) {
            let examples = examples_of(&[name]).iter().map(|example| example.line);
            lines.extend(
                examples
                    .filter(|line| line.starts_with("sockctl"))
                    .map(str::to_owned),
            );
        }
        let mut at_once_of_all = 0;
        for line in &lines {
            let whole = with_everything(&words(line)).map(|cli| format!("{cli:?}"));
            if let Some(alone) = at_once(&words(line)) {
                at_once_of_all += 1;
                assert_eq!(format!("{alone:?}"), whole.expect(line), "{line}");
            }
        }
        assert!(at_once_of_all > 20, "{at_once_of_all}");
        for asked in [
            "sockctl wrap --help",
            "sockctl audit --bogus",
            "sockctl wrap",
        ] {
            assert!(at_once(&words(asked)).is_none(), "{asked}");
        }
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
