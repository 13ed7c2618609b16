//! What was changed, or would be.

use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::wrap::pad;
use crate::model::{Action, ActionKind, Outcome};
use crate::output::escape::{escape, escape_prose};
use crate::output::style::{Style, Tone};

/// Writes a line for each action that was done or is planned, and with `verbose` for those that
/// needed none: `chmod  0666 -> 0660  /run/app/a.sock`. What was not done is for
/// [`complaint`].
pub fn write(
    out: &mut dyn io::Write,
    actions: &[Action],
    style: Style,
    verbose: bool,
) -> io::Result<()> {
    let shown = |action: &&Action| match action.outcome {
        Outcome::Done | Outcome::Planned => true,
        Outcome::AlreadySo => verbose,
        _ => false,
    };
    let rows: Vec<(&Action, String)> = actions
        .iter()
        .filter(shown)
        .map(|action| (action, change(action)))
        .collect();
    let width = rows.iter().map(|(_, change)| change.width()).max();
    let width = width.unwrap_or_default().min(style.width() / 2);
    for (action, change) in rows {
        let (lead, tone) = match action.outcome {
            Outcome::Planned => ("would ", Tone::Warning),
            Outcome::AlreadySo => ("keep ", Tone::Faint),
            _ => ("", Tone::Good),
        };
        let word = format!("{lead}{:<6}", action.kind.as_str());
        let path = escape(action.path.as_os_str().as_encoded_bytes());
        let change = pad(&change, width);
        writeln!(out, "{}  {change}  {path}", style.paint(tone, word))?;
    }
    Ok(())
}

/// Why an action was not done, with its path, for the diagnostics; `None` where nothing is to be
/// said.
pub fn complaint(action: &Action) -> Option<String> {
    let (how, why) = match &action.outcome {
        Outcome::LeftOut(why) => ("left out: ", why),
        Outcome::Refused(why) => ("refused: ", why),
        Outcome::Failed(why) => ("", why),
        _ => return None,
    };
    Some(format!(
        "{} {}: {how}{}",
        action.kind.as_str(),
        escape(action.path.as_os_str().as_encoded_bytes()),
        escape_prose(why)
    ))
}

fn change(action: &Action) -> String {
    let shown = |word: &Option<String>| word.as_deref().map(escape_prose);
    match (shown(&action.from), shown(&action.to)) {
        (Some(from), Some(to)) => format!("{from} -> {to}"),
        (Some(from), None) if action.kind == ActionKind::Acl => format!("{from} -> none"),
        (Some(word), None) | (None, Some(word)) => word,
        (None, None) => String::new(),
    }
}
