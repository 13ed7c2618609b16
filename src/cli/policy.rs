//! `sockctl policy ...`

use std::path::PathBuf;

use clap::{ArgMatches, Args, FromArgMatches, ValueHint};

use super::{Documented, Example, Global, PolicyInit, leaf};

/// What to do with policies.
#[derive(Debug, Clone)]
pub enum Policy {
    /// `check`
    Check(PolicyCheck),
    /// `explain`
    Explain(PolicyExplain),
    /// `show`
    Show(PolicyShow),
    /// `list`
    List,
    /// `init`
    Init(PolicyInit),
    /// `test`
    Test(PolicyTest),
    /// `schema`
    Schema,
}

/// Read policies as strictly as can be, and say everything that is wrong with them.
#[derive(Debug, Clone, Args)]
pub struct PolicyCheck {
    /// A policy file, or a directory of *.yaml
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
}

/// Say which rules match a path, and which rule each effective key came from.
#[derive(Debug, Clone, Args)]
pub struct PolicyExplain {
    /// A path, which need not exist, or @NAME for an abstract socket
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
}

/// Print a policy that is inside the program.
#[derive(Debug, Clone, Args)]
pub struct PolicyShow {
    /// Its name, with or without builtin: in front
    #[arg(value_name = "NAME", default_value = "default")]
    pub name: String,
}

/// Run the tests that stand in policies.
#[derive(Debug, Clone, Args)]
pub struct PolicyTest {
    /// A policy file, or a directory of *.yaml
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
}

/// List the policies that are inside the program.
#[derive(Debug, Clone, Args)]
struct PolicyList {}

/// Print the JSON Schema of a policy file, for editors.
#[derive(Debug, Clone, Args)]
struct PolicySchema {}

pub(super) fn definition() -> clap::Command {
    clap::Command::new("policy")
        .about("Read, explain and test policies")
        .defer(|command| {
            let command = command
                .subcommand_required(true)
                .arg_required_else_help(true)
                .disable_help_subcommand(true)
                .subcommand(leaf::<PolicyCheck>(
                    "check",
                    "Say everything that is wrong with a policy",
                ))
                .subcommand(leaf::<PolicyExplain>(
                    "explain",
                    "Say which rules speak of a path",
                ))
                .subcommand(leaf::<PolicyShow>(
                    "show",
                    "Print a policy that is inside the program",
                ))
                .subcommand(leaf::<PolicyList>(
                    "list",
                    "List the policies inside the program",
                ))
                .subcommand(leaf::<PolicyInit>(
                    "init",
                    "Write a policy that describes the sockets there now",
                ))
                .subcommand(leaf::<PolicyTest>(
                    "test",
                    "Run the tests that stand in policies",
                ))
                .subcommand(leaf::<PolicySchema>(
                    "schema",
                    "Print the JSON Schema of a policy",
                ));
            Global::added_to(command)
        })
}

pub(super) fn chosen(matches: &mut ArgMatches, global: &mut Global) -> Result<Policy, clap::Error> {
    let Some((name, mut matches)) = matches.remove_subcommand() else {
        return Err(super::definition().error(
            clap::error::ErrorKind::MissingSubcommand,
            "which one? `sockctl policy --help` lists them",
        ));
    };
    global.add(Global::from_arg_matches_mut(&mut matches)?);
    Ok(match name.as_str() {
        "check" => Policy::Check(PolicyCheck::from_arg_matches_mut(&mut matches)?),
        "explain" => Policy::Explain(PolicyExplain::from_arg_matches_mut(&mut matches)?),
        "show" => Policy::Show(PolicyShow::from_arg_matches_mut(&mut matches)?),
        "list" => Policy::List,
        "init" => Policy::Init(PolicyInit::from_arg_matches_mut(&mut matches)?),
        "test" => Policy::Test(PolicyTest::from_arg_matches_mut(&mut matches)?),
        _ => Policy::Schema,
    })
}

pub(super) fn examples_of(name: &str) -> &'static [Example] {
    match name {
        "check" => PolicyCheck::EXAMPLES,
        "explain" => PolicyExplain::EXAMPLES,
        "show" => PolicyShow::EXAMPLES,
        "list" => PolicyList::EXAMPLES,
        "init" => PolicyInit::EXAMPLES,
        "test" => PolicyTest::EXAMPLES,
        "schema" => PolicySchema::EXAMPLES,
        _ => &[],
    }
}

impl Documented for PolicyCheck {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl policy check site.yaml",
            "Every error with its place",
        ),
        Example::new(
            "sockctl policy check /etc/sockctl/policy.d",
            "Every *.yaml of a directory",
        ),
    ];
}

impl Documented for PolicyExplain {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl policy explain /run/docker.sock",
            "Which rules speak of docker's socket",
        ),
        Example::new(
            "sockctl policy explain @multipathd",
            "The same for an abstract socket",
        ),
    ];
}

impl Documented for PolicyShow {
    const EXAMPLES: &'static [Example] = &[Example::new(
        "sockctl policy show containers",
        "The rules for container engines, as YAML",
    )];
}

impl Documented for PolicyList {
    const EXAMPLES: &'static [Example] = &[Example::new(
        "sockctl policy list",
        "The names that include: builtin:NAME can take",
    )];
}

impl Documented for PolicyTest {
    const EXAMPLES: &'static [Example] = &[Example::new(
        "sockctl policy test site.yaml",
        "Run what stands below its tests:",
    )];
}

impl Documented for PolicySchema {
    const EXAMPLES: &'static [Example] = &[Example::new(
        "sockctl policy schema > sockctl.schema.json",
        "For the YAML language server of an editor",
    )];
}
