//! Options that every command takes, before its name or after it.

use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{ArgAction, Args, ValueEnum, ValueHint};

/// Options that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win
    ///
    /// Without it: $SOCKCTL_POLICY (separated by colons), else /usr/lib/sockctl/policy.d/*.yaml,
    /// /etc/sockctl/policy.d/*.yaml (a file there masks one of the same name before it) and
    /// /etc/sockctl/policy.yaml where they exist, on top of builtin:default.
    #[arg(short, long, value_name = "PATH", action = ArgAction::Append)]
    pub policy: Vec<PathBuf>,

    /// Leave builtin:default out
    #[arg(long)]
    pub no_builtin: bool,

    /// Take policy files that others than root can write to
    #[arg(long)]
    pub trust_policy: bool,

    /// Say what would be changed, and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,

    /// How to print results [default: human]
    #[arg(short, long, value_name = "FMT", value_enum, overrides_with = "format")]
    pub format: Option<Format>,

    /// Write results to FILE, which is there when it is whole, and not to standard output
    ///
    /// It is written beside it and renamed, so that nobody ever reads half of it, and a run that
    /// fails leaves the old one. It keeps the mode of the file that it replaces. A FIFO and
    /// /dev/stdout are written to as they are; - is standard output.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, overrides_with = "output")]
    pub output: Option<PathBuf>,

    /// When to colour [default: auto]
    #[arg(long, value_name = "WHEN", value_enum, overrides_with = "color")]
    pub color: Option<ColorChoice>,

    /// Say less on stderr; twice: nothing
    #[arg(short, long, action = ArgAction::Count)]
    pub quiet: u8,

    /// Say more on stderr, and show waived findings; may be repeated
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// How to write diagnostics on stderr [default: text]
    #[arg(long, value_name = "FMT", value_enum, overrides_with = "log_format")]
    pub log_format: Option<LogFormat>,
}

impl Global {
    /// A command that takes these too, and still speaks of itself in its help.
    pub(super) fn added_to(command: clap::Command) -> clap::Command {
        let about = command.get_about().cloned();
        let long_about = command.get_long_about().cloned();
        Global::augment_args(command)
            .about(Resettable::from(about))
            .long_about(Resettable::from(long_about))
    }

    /// Adds what stood further to the right on the command line.
    pub fn add(&mut self, right: Global) {
        self.policy.extend(right.policy);
        self.no_builtin |= right.no_builtin;
        self.trust_policy |= right.trust_policy;
        self.dry_run |= right.dry_run;
        self.format = right.format.or(self.format);
        self.output = right.output.or(self.output.take());
        self.color = right.color.or(self.color);
        self.quiet = self.quiet.saturating_add(right.quiet);
        self.verbose = self.verbose.saturating_add(right.verbose);
        self.log_format = right.log_format.or(self.log_format);
    }

    /// The format asked for, or the default.
    pub fn format(&self) -> Format {
        self.format.unwrap_or(Format::Human)
    }
}

/// How to print results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// SARIF 2.1.0, for code scanning (audit)
    Sarif,
    /// JUnit XML, for CI servers (audit)
    Junit,
    /// Metrics, for a textfile collector (audit)
    Prometheus,
    /// A line and an exit status as monitoring plugins have them (audit)
    Nagios,
}

impl Format {
    /// `None`: only an audit has it.
    pub fn common(self) -> Option<CommonFormat> {
        match self {
            Format::Human => Some(CommonFormat::Human),
            Format::Json => Some(CommonFormat::Json),
            Format::Jsonl => Some(CommonFormat::Jsonl),
            Format::Sarif | Format::Junit | Format::Prometheus | Format::Nagios => None,
        }
    }

    /// The word that is typed for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Sarif => "sarif",
            Format::Junit => "junit",
            Format::Prometheus => "prometheus",
            Format::Nagios => "nagios",
        }
    }
}

/// The formats of every command that reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommonFormat {
    /// For people
    Human,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How to write diagnostics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}
