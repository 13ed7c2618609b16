//! One page: what clap knows of a command, then what it cannot know.

use clap_mangen::Man;
use roff::{Roff, bold, roman};

use super::markup;
use super::tidy::tidy;
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
const EVERY_COMMAND: &str = include_str!("text/every-command.txt");
/// Of every command that has no statuses of its own.
const EXIT_STATUS: &str = include_str!("text/exit-status.txt");
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
    let mut synopsis = Vec::new();
    man.render_synopsis_section(&mut synopsis)?;
    source.extend(with_repetitions(command, synopsis));
    man.render_description_section(&mut source)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut source)?;
    }
    man.render_options_section(&mut source)?;
    let mut roff = Roff::new();
    markup::render(&mut roff, text_of(words));
    if !command.has_subcommands() || words.is_empty() {
        if words.as_slice() != ["wrap"] {
            markup::render(&mut roff, EXIT_STATUS);
        }
        markup::render(&mut roff, EVERY_COMMAND);
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

/// The synopsis with dots after the operands that may be repeated, which go missing on the way.
fn with_repetitions(command: &clap::Command, synopsis: Vec<u8>) -> Vec<u8> {
    let Ok(mut text) = String::from_utf8(synopsis.clone()) else {
        return synopsis;
    };
    for operand in command.get_positionals() {
        let is_repeated = operand
            .get_num_args()
            .is_some_and(|number| number.max_values() > 1);
        let names = operand.get_value_names().unwrap_or_default().join(" ");
        let name = format!("\\fI{names}\\fR");
        if let Some(at) = text.rfind(&name).filter(|_| is_repeated) {
            let after = at + name.len();
            if text[after..].starts_with([']', '>']) {
                text.insert_str(after + 1, "...");
            }
        }
    }
    text.into_bytes()
}

/// What clap cannot know of a command.
fn text_of(words: &[&str]) -> &'static str {
    match words {
        [] => include_str!("text/sockctl.txt"),
        ["audit"] => include_str!("text/audit.txt"),
        ["list"] => include_str!("text/list.txt"),
        ["probe"] => include_str!("text/probe.txt"),
        ["create"] => include_str!("text/create.txt"),
        ["clean"] => include_str!("text/clean.txt"),
        ["chmod"] => include_str!("text/chmod.txt"),
        ["chown"] => include_str!("text/chown.txt"),
        ["wrap"] => include_str!("text/wrap.txt"),
        ["apply"] => include_str!("text/apply.txt"),
        ["policy", "test"] => include_str!("text/policy-test.txt"),
        _ => "",
    }
}

fn examples(roff: &mut Roff, examples: &[Example]) {
    if examples.is_empty() {
        return;
    }
    roff.control("SH", ["EXAMPLES"]);
    for example in examples {
        roff.control("TP", []);
        roff.text([bold(example.line)]);
        roff.text([roman(format!("{}.", example.says))]);
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
