//! The YAML of a draft: one way to write each thing, so that two drafts can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::groups::as_word;
use super::{DraftRule, Facts, Ground, Principal, Replace};
use crate::model::untrusted::is_showable;
use crate::policy::rule::{Liveness, Permit, Presence};

const OPEN: &str = "TODO # everyone may connect: say why, or close it";
const ANY: &str = "# nothing is bound to it now; `sockctl clean` removes what is left over";
const ACL: &str = "# an ACL lets somebody in: see `sockctl access`";

pub(super) fn write(rules: &[DraftRule<'_>], ground: &Ground) -> String {
    let mut text = String::new();
    for line in &ground.heading {
        push(&mut text, format_args!("# {}", comment(line)));
    }
    push(&mut text, format_args!("version: 1"));
    if !ground.include.is_empty() {
        let include = list(ground.include.iter().map(String::as_str));
        push(&mut text, format_args!("include: {include}"));
    }
    let cast = Roles::new(rules, ground);
    cast.write(&mut text);
    if rules.is_empty() {
        push(&mut text, format_args!("\nrules: []"));
    } else {
        push(&mut text, format_args!("\nrules:"));
    }
    for (number, rule) in rules.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        write_rule(&mut text, rule, &cast);
    }
    write_waivers(&mut text, rules);
    text
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Nothing is lost here: a String takes whatever it is given.
    writeln!(text, "{line}").unwrap_or_default();
}

fn write_rule(text: &mut String, rule: &DraftRule<'_>, roles: &Roles<'_>) {
    let Facts {
        kind,
        mode,
        owner,
        parent,
        connect,
        replace,
        listener,
        ..
    } = rule.facts;
    push(text, format_args!("  - id: {}", scalar(&rule.id)));
    write_paths(text, "    ", &rule.paths);
    let mut key = |key: &str, value: &str| push(text, format_args!("    {key}: {value}"));
    if let Some(kind) = kind {
        key("type", kind.as_str());
    }
    if let Some(mode) = mode {
        key("mode", &mode.to_string());
    }
    if let Some(owner) = owner {
        key("owner", &scalar(owner));
    }
    if let Some((owner, mode)) = parent {
        let owner = scalar(owner);
        key("parent", &format!("{{ owner: {owner}, max-mode: {mode} }}"));
    }
    if rule.facts.is_forbidden {
        key("presence", Presence::Optional.as_str());
    }
    if rule.facts.has_acl {
        key("acl", &format!("{} {ACL}", Permit::Allow));
    }
    let world = if rule.facts.is_open {
        Permit::Allow
    } else {
        Permit::Forbid
    };
    key("world", world.as_str());
    if let Some(connect) = connect {
        key("connect", &roles.list(connect));
    }
    match replace {
        Some(Replace::By(who)) => key("replace", &roles.list(who)),
        Some(Replace::Everyone) => key("replace", "[]"),
        None => {}
    }
    if rule.facts.is_stale {
        key("liveness", &format!("{} {ANY}", Liveness::Any));
    }
    if let Some(user) = listener {
        key("listener", &format!("{{ user: {} }}", scalar(user)));
    }
    if rule.facts.is_open {
        key("because", OPEN);
    }
}

fn write_paths(text: &mut String, indent: &str, paths: &[String]) {
    if let [path] = paths {
        push(text, format_args!("{indent}paths: [{}]", quoted(path)));
        return;
    }
    push(text, format_args!("{indent}paths:"));
    for path in paths {
        push(text, format_args!("{indent}  - {}", quoted(path)));
    }
}

/// What no key can say: that everybody may replace a socket.
fn write_waivers(text: &mut String, rules: &[DraftRule<'_>]) {
    let is_anybodys = |rule: &&DraftRule<'_>| rule.facts.replace == Some(Replace::Everyone);
    let rules: Vec<&DraftRule<'_>> = rules.iter().filter(is_anybodys).collect();
    if rules.is_empty() {
        return;
    }
    push(text, format_args!("\nwaivers:"));
    for rule in rules {
        push(text, format_args!("  - finding: path-replaceable"));
        write_paths(text, "    ", &rule.paths);
        let reason = "TODO # everyone may replace it: say why, or close the directory";
        push(text, format_args!("    reason: {reason}"));
    }
}

/// The roles that rules name: one for each user and each group.
struct Roles<'a>(BTreeMap<&'a Principal, String>);

impl<'a> Roles<'a> {
    fn new(rules: &[DraftRule<'a>], ground: &Ground) -> Roles<'a> {
        let mut principals = BTreeSet::new();
        for rule in rules {
            principals.extend(rule.facts.connect.iter().flatten());
            if let Some(Replace::By(who)) = &rule.facts.replace {
                principals.extend(who);
            }
        }
        let mut taken = ground.roles.clone();
        let mut by_principal = BTreeMap::new();
        // Groups come first, and a user of the same name is told apart.
        for principal in principals {
            let (name, other) = match principal {
                Principal::Group(name) => (as_word(name.as_bytes()), "group"),
                Principal::User(name) => (as_word(name.as_bytes()), "user"),
            };
            let numbered = (2..).map(|number| format!("{name}-{other}-{number}"));
            let mut names = [name.clone(), format!("{name}-{other}")]
                .into_iter()
                .chain(numbered);
            let free = names.find(|name| !taken.contains(name)).unwrap_or_default();
            taken.insert(free.clone());
            by_principal.insert(principal, free);
        }
        Roles(by_principal)
    }

    fn write(&self, text: &mut String) {
        if self.0.is_empty() {
            return;
        }
        push(text, format_args!("\nroles:"));
        let mut roles: Vec<_> = self.0.iter().collect();
        roles.sort_by_key(|(_, name)| *name);
        for (principal, role) in roles {
            let (key, name) = match principal {
                Principal::Group(name) => ("groups", name),
                Principal::User(name) => ("users", name),
            };
            let (role, name) = (scalar(role), scalar(name));
            push(text, format_args!("  {role}: {{ {key}: [{name}] }}"));
        }
    }

    fn list(&self, who: &[Principal]) -> String {
        let names = who.iter().filter_map(|it| self.0.get(it));
        list(names.map(String::as_str))
    }
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.map(scalar).collect();
    format!("[{}]", texts.join(", "))
}

/// A comment has no line of its own: what stands in it stays in it.
fn comment(text: &str) -> String {
    let shown = |character: char| match character {
        character if is_showable(character) => character,
        _ => '?',
    };
    text.chars().map(shown).collect()
}

/// A text as it is where every reader of YAML takes it for one, else quoted.
fn scalar(text: &str) -> String {
    let begins = |first: char| first.is_ascii_alphabetic() || "_/".contains(first);
    let plain = |character: char| character.is_ascii_alphanumeric() || "_./:-".contains(character);
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_plain = text.starts_with(begins)
        && text.chars().all(plain)
        && !text.ends_with(':')
        && !words.contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A text in double quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if is_showable(character) => quoted.push(character),
            '\0'..='\u{ff}' => {
                write!(quoted, "\\x{:02X}", u32::from(character)).unwrap_or_default();
            }
            _ => write!(quoted, "\\U{:08X}", u32::from(character)).unwrap_or_default(),
        }
    }
    quoted.push('"');
    quoted
}
