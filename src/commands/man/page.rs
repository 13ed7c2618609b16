//! One page: what clap knows of a command, then what it cannot know.

use clap_mangen::Man;
use roff::{Roff, roman};

use super::tidy::tidy;
use super::{markup, synopsis};
use crate::cli::{self, Example};

/// A page, ready to be written.
pub(super) struct Page {
    /// `sockctl-audit`
    pub(super) title: String,
    /// 1 for commands, 5 for files.
    pub(super) section: u8,
    /// Its source.
    pub(super) roff: String,
}

/// The day on which the texts were last gone over; it stands at the foot of every page.
const DATE: &str = "2026-11-22";
const EXIT_STATUS: &str = include_str!("text/exit-status.txt");
const ENVIRONMENT: &str = include_str!("text/environment.txt");
const JSON_OF_CHANGES: &str = include_str!("text/json-of-changes.txt");
const POLICY_LANGUAGE: &str = include_str!("text/sockctl-policy.5.txt");

/// Every page, that of the whole program first.
pub(super) fn pages(mut definition: clap::Command) -> std::io::Result<Vec<Page>> {
    definition = definition.disable_help_subcommand(true);
    definition.build();
    let mut pages = Vec::new();
    of_command(&definition, &mut Vec::new(), &mut pages)?;
    pages.push(policy_language());
    Ok(pages)
}

fn of_command<'a>(
    command: &'a clap::Command,
    words: &mut Vec<&'a str>,
    pages: &mut Vec<Page>,
) -> std::io::Result<()> {
    let title = std::iter::once("sockctl")
        .chain(words.iter().copied())
        .collect::<Vec<_>>();
    let title = title.join("-");
    let mut source = Vec::new();
    let man = Man::new(command.clone().display_name(&title))
        .title(title.to_uppercase())
        .date(DATE)
        .source(concat!("sockctl ", env!("CARGO_PKG_VERSION")))
        .manual("Unix domain sockets");
    man.render_title(&mut source)?;
    man.render_name_section(&mut source)?;
    let mut synopsis = Roff::new();
    synopsis::render(&mut synopsis, command, words);
    source.extend(synopsis.render().into_bytes());
    man.render_description_section(&mut source)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut source)?;
    }
    man.render_options_section(&mut source)?;
    let mut roff = Roff::new();
    let text = text_of(words);
    markup::render(&mut roff, text);
    if changes_sockets(words) {
        markup::render(&mut roff, JSON_OF_CHANGES);
    }
    if !command.has_subcommands() || words.is_empty() {
        // A page has one of them: its own goes before that of every command.
        if !text.lines().any(|line| line == "# EXIT STATUS") {
            markup::render(&mut roff, EXIT_STATUS);
        }
        markup::render(&mut roff, ENVIRONMENT);
    }
    examples(&mut roff, cli::examples_of(words));
    see_also(&mut roff, command, words);
    source.extend(roff.render().into_bytes());
    pages.push(Page {
        title,
        section: 1,
        roff: tidy(&String::from_utf8_lossy(&source)),
    });
    for subcommand in command.get_subcommands() {
        words.push(subcommand.get_name());
        of_command(subcommand, words, pages)?;
        words.pop();
    }
    Ok(())
}

/// What clap cannot know of a command.
fn text_of(words: &[&str]) -> &'static str {
    match words {
        [] => include_str!("text/sockctl.txt"),
        ["audit"] => include_str!("text/audit.txt"),
        ["list"] => include_str!("text/list.txt"),
        ["access"] => include_str!("text/access.txt"),
        ["probe"] => include_str!("text/probe.txt"),
        ["create"] => include_str!("text/create.txt"),
        ["clean"] => include_str!("text/clean.txt"),
        ["chmod"] => include_str!("text/chmod.txt"),
        ["chown"] => include_str!("text/chown.txt"),
        ["wrap"] => include_str!("text/wrap.txt"),
        ["apply"] => include_str!("text/apply.txt"),
        ["policy", "init"] => include_str!("text/policy-init.txt"),
        ["policy", "test"] => include_str!("text/policy-test.txt"),
        _ => "",
    }
}

/// Whether a command tells what it has changed in the way of all of those.
fn changes_sockets(words: &[&str]) -> bool {
    matches!(words, ["create" | "chmod" | "chown" | "clean"])
}

fn examples(roff: &mut Roff, examples: &[Example]) {
    if examples.is_empty() {
        return;
    }
    roff.control("SH", ["EXAMPLES"]);
    for (number, example) in examples.iter().enumerate() {
        if number > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(format!("{}.", example.says))]);
        let lines = markup::folded(example.line);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        markup::verbatim(roff, &lines);
    }
}

fn see_also(roff: &mut Roff, command: &clap::Command, words: &[&str]) {
    let mut pages = Vec::new();
    if let Some((_, above)) = words.split_last() {
        let above = std::iter::once("sockctl")
            .chain(above.iter().copied())
            .collect::<Vec<_>>();
        pages.push(format!("{}(1)", above.join("-")));
    }
    for subcommand in command.get_subcommands() {
        let below = ["sockctl"].iter().chain(words).copied();
        let below = below.chain(std::iter::once(subcommand.get_name()));
        pages.push(format!("{}(1)", below.collect::<Vec<_>>().join("-")));
    }
    pages.extend(["sockctl-policy(5)", "unix(7)"].map(String::from));
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(pages.join(", "))]);
}

fn policy_language() -> Page {
    let mut roff = Roff::new();
    let source = concat!("sockctl ", env!("CARGO_PKG_VERSION"));
    roff.control(
        "TH",
        ["SOCKCTL-POLICY", "5", DATE, source, "Unix domain sockets"],
    );
    markup::render(&mut roff, POLICY_LANGUAGE);
    Page {
        title: "sockctl-policy".to_owned(),
        section: 5,
        roff: tidy(&roff.to_roff()),
    }
}
