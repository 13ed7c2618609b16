//! What running a command would come to.

use std::io::{self, Write as _};
use std::path::Path;

use super::actions;
use super::wrap::wrap;
use crate::model::outline::{Outline, OutlineFd, OutlineValue};
use crate::model::shell::quote;
use crate::model::{CapSet, Credentials, Gid, Ids, Names, Uid};
use crate::output::escape::escape;
use crate::output::style::{Style, Tone};

/// Columns in front of what is said of a word.
const INDENT: usize = 21;

/// Writes the steps in order, and who and what the command would be.
pub fn write(
    out: &mut dyn io::Write,
    outline: &Outline,
    names: &dyn Names,
    style: Style,
) -> io::Result<()> {
    actions::write(out, &outline.actions, style, true)?;
    let mut page = Page {
        out: io::BufWriter::new(out),
        style,
    };
    page.heading("steps")?;
    for (number, step) in (1..).zip(&outline.steps) {
        let lead = format!("{number:>4}  {}", step.step);
        page.prose(&lead, &escape(step.what.as_bytes()))?;
    }
    page.heading("the command")?;
    let command = outline.command.iter();
    let command: Vec<String> = command.map(|word| quote(word.as_encoded_bytes())).collect();
    page.word("command", &command.join(" "))?;
    page.identity(&outline.identity, names)?;
    page.word("descriptors", "0, 1 and 2 as they are")?;
    for fd in &outline.descriptors {
        page.word("", &descriptor(fd))?;
    }
    for (name, value) in &outline.set {
        let value = match value {
            OutlineValue::Text(text) => escape(text.as_encoded_bytes()),
            OutlineValue::Pid => "<its pid>".into(),
        };
        let name = escape(name.as_encoded_bytes());
        page.word("variable", &format!("{name}={value}"))?;
    }
    for name in &outline.removed {
        page.word("no variable", &escape(name.as_encoded_bytes()))?;
    }
    page.out.flush()
}

struct Page<'a> {
    out: io::BufWriter<&'a mut dyn io::Write>,
    style: Style,
}

impl Page<'_> {
    fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", self.style.paint(Tone::Heading, text))
    }

    /// Something that is not broken into lines.
    fn word(&mut self, word: &str, text: &str) -> io::Result<()> {
        let lead = format!("      {word}");
        writeln!(self.out, "{lead:<INDENT$}{text}")
    }

    fn prose(&mut self, lead: &str, text: &str) -> io::Result<()> {
        let room = self.style.width().saturating_sub(INDENT);
        for (index, line) in wrap(text, room).iter().enumerate() {
            let lead = if index == 0 { lead } else { "" };
            writeln!(self.out, "{lead:<INDENT$}{line}")?;
        }
        Ok(())
    }

    fn identity(&mut self, who: &Credentials, names: &dyn Names) -> io::Result<()> {
        self.word("user", &ids(who.uids, |uid: Uid| user(uid, names)))?;
        self.word("group", &ids(who.gids, |gid: Gid| group(gid, names)))?;
        let groups: Vec<String> = who.groups.iter().map(|gid| group(*gid, names)).collect();
        let groups = if groups.is_empty() {
            "none".to_owned()
        } else {
            groups.join(", ")
        };
        self.prose("      groups", &groups)?;
        let caps = &who.caps;
        for (name, set) in [
            ("inheritable", caps.inheritable),
            ("permitted", caps.permitted),
            ("effective", caps.effective),
            ("bounding", caps.bounding),
            ("ambient", caps.ambient),
        ] {
            self.prose(&format!("      {name}"), &capabilities(set))?;
        }
        if who.securebits.0 != 0 {
            self.word("securebits", &format!("{:#x}", who.securebits.0))?;
        }
        self.word("no_new_privs", if who.no_new_privs { "yes" } else { "no" })
    }
}

fn ids<T: Copy + PartialEq>(ids: Ids<T>, words: impl Fn(T) -> String) -> String {
    if ids.are(ids.real) {
        return words(ids.real);
    }
    let (real, effective, saved) = (words(ids.real), words(ids.effective), words(ids.saved));
    format!("real {real}, effective {effective}, saved {saved}")
}

fn capabilities(set: CapSet) -> String {
    /// More than anybody counts at a glance.
    const MANY: usize = 8;
    let words = set.to_prose();
    match set.iter().count() {
        count if count > MANY => format!("{count} of them: {words}"),
        _ => words,
    }
}

fn user(uid: Uid, names: &dyn Names) -> String {
    match names.user_name(uid) {
        Some(name) => format!("{uid} ({})", escape(name.as_bytes())),
        None => uid.to_string(),
    }
}

fn group(gid: Gid, names: &dyn Names) -> String {
    match names.group_name(gid) {
        Some(name) => format!("{gid} ({})", escape(name.as_bytes())),
        None => gid.to_string(),
    }
}

fn descriptor(fd: &OutlineFd) -> String {
    let number = fd.number;
    let path = fd.path.as_deref().map(Path::as_os_str);
    let path = path.map(|path| escape(path.as_encoded_bytes()));
    match (&fd.name, path) {
        (Some(name), Some(path)) => {
            format!(
                "{number}: {path}, named {}",
                escape(name.as_encoded_bytes())
            )
        }
        (Some(name), None) => {
            let name = escape(name.as_encoded_bytes());
            format!("{number}: a socket that was passed to us, named {name}")
        }
        (None, _) => format!("{number} as it is"),
    }
}
