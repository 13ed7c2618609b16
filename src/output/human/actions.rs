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
    let rows: Vec<(&Action, String)> = actions
        .iter()
        .filter(|action| is_shown(action, verbose))
        .map(|action| (action, change(action)))
        .collect();
    let width = rows.iter().map(|(_, change)| change.width()).max();
    let width = width.unwrap_or_default().min(style.width() / 2);
    for (action, change) in rows {
        let (lead, tone) = match action.outcome {
            Outcome::Planned => ("would ", Tone::Warning),
            Outcome::AlreadySo | Outcome::Kept(_) => ("keep ", Tone::Faint),
            _ => ("", Tone::Good),
        };
        let word = format!("{lead}{:<6}", action.kind.as_str());
        let path = escape(action.path.as_os_str().as_encoded_bytes());
        let change = pad(&change, width);
        writeln!(out, "{}  {change}  {path}", style.paint(tone, word))?;
    }
    Ok(())
}

/// Whether there is a line for it.
pub fn is_shown(action: &Action, verbose: bool) -> bool {
    match action.outcome {
        Outcome::Done | Outcome::Planned => true,
        Outcome::AlreadySo | Outcome::Kept(_) => verbose,
        _ => false,
    }
}

/// Why an action was not done, with its path, for the diagnostics; `None` where nothing is to be
/// said.
pub fn complaint(action: &Action) -> Option<String> {
    let (how, why) = match &action.outcome {
        Outcome::Kept(why) => ("left as it is: ", why),
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

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::PathBuf;

    use super::*;

    fn action(name: &[u8], kind: ActionKind, words: [&str; 2], outcome: Outcome) -> Action {
        let word = |word: &str| (!word.is_empty()).then(|| word.to_owned());
        Action {
            path: PathBuf::from(OsStr::from_bytes(name)),
            kind,
            from: word(words[0]),
            to: word(words[1]),
            outcome,
        }
    }

    fn written(actions: &[Action], verbose: bool) -> String {
        let mut text = Vec::new();
        write(&mut text, actions, Style::new(false, None), verbose).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn what_was_done_is_aligned_and_escaped() {
        use ActionKind::{Acl, Chmod, Chown, Remove};
        let why = || "no such luck".to_owned();
        let actions = [
            action(b"/run/a", Chmod, ["0666", "0660"], Outcome::Done),
            action(
                b"/run/b\n\x1b\xff",
                Chown,
                ["root:root", "app:www"],
                Outcome::Done,
            ),
            action(b"/run/c", Acl, ["user:7:rw-", ""], Outcome::Planned),
            action(b"/run/d", Remove, ["stale", ""], Outcome::Done),
            action(b"/run/e", Chmod, ["0660", ""], Outcome::AlreadySo),
            action(b"/run/f", Chmod, ["0660", "0600"], Outcome::Failed(why())),
        ];
        let expected = "\
chmod   0666 -> 0660          /run/a
chown   root:root -> app:www  /run/b\\n\\x1b\\xff
would acl     user:7:rw- -> none    /run/c
remove  stale                 /run/d
";
        assert_eq!(written(&actions, false), expected);
        assert!(written(&actions, true).ends_with("keep chmod   0660                  /run/e\n"));
        let complaints: Vec<String> = actions.iter().filter_map(complaint).collect();
        assert_eq!(complaints, ["chmod /run/f: no such luck"]);
        let refused = action(b"/run/g", Chown, ["", ""], Outcome::Refused(why()));
        assert_eq!(
            complaint(&refused).unwrap(),
            "chown /run/g: refused: no such luck"
        );
    }
}
