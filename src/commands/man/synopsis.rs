//! How a command is typed: every option of its own with what it takes, in as many lines as the
//! command has forms.

use clap::{Arg, ArgAction, Command};
use roff::{Inline, Roff, bold, italic, roman};

/// The heading below which options stand that every command takes.
const GLOBAL: &str = "Global options";

/// Appends the section to a page. `words` choose the command.
pub(super) fn render(roff: &mut Roff, command: &Command, words: &[&str]) {
    let name = std::iter::once("sockctl").chain(words.iter().copied());
    let name = name.collect::<Vec<_>>().join(" ");
    roff.control("SH", ["SYNOPSIS"]);
    let forms = forms(command, &name);
    let all = forms.join(" ");
    let is_shown = |arg: &&Arg| is_own(arg) && !is_operand(arg, &all);
    for (number, operands) in forms.iter().enumerate() {
        if number > 0 {
            roff.control("br", []);
        }
        let mut line = vec![bold(name.as_str())];
        for option in command.get_arguments().filter(is_shown) {
            line.push(roman(" "));
            line.extend(of_option(option));
        }
        line.extend([roman(" ["), italic("GLOBAL OPTION"), roman("]...")]);
        for operand in operands.split_whitespace() {
            line.push(roman(" "));
            line.extend(of_operand(operand));
        }
        roff.text(line);
    }
}

/// What stands behind the options, in each of the ways to call it.
fn forms(command: &Command, name: &str) -> Vec<String> {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:");
    let forms = usage.lines().map(|line| {
        let line = line.trim();
        let rest = line.strip_prefix(name).unwrap_or(line);
        rest.replace("[OPTIONS]", "").replace(['<', '>'], "")
    });
    forms.collect()
}

fn is_own(arg: &Arg) -> bool {
    let is_flag = !arg.is_positional() && arg.get_help_heading() != Some(GLOBAL);
    let is_help = matches!(arg.get_action(), ArgAction::Help | ArgAction::Version);
    is_flag && !is_help
}

/// Whether one of the forms says where it stands.
fn is_operand(arg: &Arg, forms: &str) -> bool {
    let mut words = forms.split_whitespace();
    words.any(|word| {
        word.strip_prefix("--")
            .is_some_and(|it| Some(it) == arg.get_long())
    })
}

/// `[--mode MODE]`, `[--wait[=DUR]]`, `[-R]`
fn of_option(arg: &Arg) -> Vec<Inline> {
    let flag = match (arg.get_short(), arg.get_long()) {
        (Some(short), _) => format!("-{short}"),
        (None, long) => format!("--{}", long.unwrap_or_default()),
    };
    let mut words = vec![roman("["), bold(flag)];
    if arg.get_action().takes_values() {
        let value = arg.get_value_names().unwrap_or_default().join(" ");
        let may_be_bare = arg
            .get_num_args()
            .is_some_and(|many| many.min_values() == 0);
        let (before, after) = match (may_be_bare, arg.is_require_equals_set()) {
            (true, _) => ("[=", "]"),
            (false, true) => ("=", ""),
            (false, false) => (" ", ""),
        };
        words.extend([roman(before), italic(value), roman(after)]);
    }
    let again = match arg.get_action() {
        ArgAction::Append | ArgAction::Count => "]...",
        _ => "]",
    };
    words.push(roman(again));
    words
}

/// `PATH...`, `[PATH]...`, `--from-policy`
fn of_operand(operand: &str) -> Vec<Inline> {
    let name = operand.trim_matches(['[', ']', '.']);
    if name.starts_with('-') {
        return vec![bold(operand)];
    }
    match operand.split_once(name) {
        Some((before, after)) => vec![roman(before), italic(name), roman(after)],
        None => vec![roman(operand)],
    }
}
