//! The default policy with all that it includes, as the build writes it for those who ask of
//! certain sockets only: what tells which rules may speak of them is read first, and of the rules
//! no others.
//!
//! It is a part of what starting a server costs, so nothing is decoded that need not be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::about::About;
use super::rule::{Document, Rule};
use crate::model::Pattern;

/// What is written.
#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    /// What can be told of the patterns of each directory, as [`written`].
    hints: &'a [u8],
    /// One after the other.
    rules: &'a [u8],
    /// Each behind its name.
    #[serde(borrow)]
    roles: Vec<(&'a str, &'a [u8])>,
    /// A [`Document`] with the waivers alone.
    waivers: &'a [u8],
}

/// The bytes of documents that are loaded one after the other.
#[allow(dead_code)] // the build does it
pub(crate) fn pack(documents: &[&Document]) -> postcard::Result<Vec<u8>> {
    let mut rules = Vec::new();
    let mut hints = Directories::new();
    let mut by_role = BTreeMap::new();
    let mut waivers = Document::default();
    for document in documents {
        for rule in &document.rules {
            for pattern in &rule.paths {
                let (directory, hint) = Hint::of(pattern);
                hints
                    .entry(directory)
                    .or_default()
                    .push((hint, rules.len()));
            }
            rules.extend(postcard::to_stdvec(rule)?);
        }
        for (name, role) in &document.roles {
            by_role.insert(name, postcard::to_stdvec(role)?);
        }
        waivers.waivers.extend(document.waivers.clone());
    }
    postcard::to_stdvec(&Packed {
        hints: &written(&hints),
        rules: &rules,
        roles: by_role
            .iter()
            .map(|(name, role)| (name.as_str(), &**role))
            .collect(),
        waivers: &postcard::to_stdvec(&waivers)?,
    })
}

/// All of it that may speak of certain sockets, and the roles that it names, as if it were one
/// document without a name.
pub(crate) fn unpack(bytes: &[u8], about: &About<'_>) -> postcard::Result<Document> {
    let packed: Packed<'_> = postcard::from_bytes(bytes)?;
    let mut document: Document = postcard::from_bytes(packed.waivers)?;
    for rule in wanted(packed.hints, about) {
        let rule: Rule = postcard::from_bytes(&packed.rules[rule..])?;
        document.rules.push(rule);
    }
    for (name, role) in packed.roles {
        if document.rules.iter().any(|rule| rule.keys.name_role(name)) {
            document
                .roles
                .insert(name.to_owned(), postcard::from_bytes(role)?);
        }
    }
    Ok(document)
}

/// What can be told of a pattern besides its directory, in or below which everything is that it
/// matches, or below where links lead from there.
struct Hint {
    /// The name of everything that it matches, in that directory, begins like this.
    name: Vec<u8>,
    /// Everything that it matches ends like this, wherever links in front of it lead.
    end: Vec<u8>,
}

/// The patterns of each directory, with where the rule begins.
type Directories = BTreeMap<Vec<u8>, Vec<(Hint, usize)>>;

impl Hint {
    fn of(pattern: &Pattern) -> (Vec<u8>, Hint) {
        let suffix = pattern.literal_suffix();
        let slash = suffix.iter().rposition(|&byte| byte == b'/');
        let (directory, _) = pattern.literal_directory();
        let name = pattern.literal_prefix().get(directory.len() + 1..);
        let hint = Hint {
            name: name.unwrap_or_default().to_vec(),
            end: suffix[slash.unwrap_or(0)..].to_vec(),
        };
        (directory, hint)
    }
}

/// Texts behind their lengths, and numbers of two bytes: how many patterns a directory has, and
/// where the rule of a pattern begins.
fn written(directories: &Directories) -> Vec<u8> {
    fn text(bytes: &mut Vec<u8>, text: &[u8]) {
        bytes.push(u8::try_from(text.len()).expect("no pattern inside the program is that long"));
        bytes.extend(text);
    }
    fn number(bytes: &mut Vec<u8>, number: usize) {
        let number = u16::try_from(number).expect("the rules inside the program are below 64 KiB");
        bytes.extend(number.to_le_bytes());
    }
    let mut bytes = Vec::new();
    for (directory, hints) in directories {
        text(&mut bytes, directory);
        number(&mut bytes, hints.len());
        for (hint, rule) in hints {
            text(&mut bytes, &hint.name);
            text(&mut bytes, &hint.end);
            number(&mut bytes, *rule);
        }
    }
    bytes
}

/// Where the rules begin that may speak of those sockets, in their order.
fn wanted(hints: &[u8], about: &About<'_>) -> Vec<usize> {
    let mut hints = Hints(hints);
    let mut wanted = Vec::new();
    while !hints.0.is_empty() {
        let directory = hints.text();
        let before = wanted.len();
        for _ in 0..hints.number() {
            let (name, end) = (hints.text(), hints.text());
            let rule = hints.number();
            if about.may_be_named(name, end) {
                wanted.push(rule);
            }
        }
        if wanted.len() > before && !about.is_on_the_way(directory) {
            wanted.truncate(before);
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    wanted
}

/// What [`written`] made.
struct Hints<'a>(&'a [u8]);

impl<'a> Hints<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn text(&mut self) -> &'a [u8] {
        let length = self.take(1)[0];
        self.take(usize::from(length))
    }

    fn number(&mut self) -> usize {
        let bytes = self.take(2);
        usize::from(u16::from_le_bytes([bytes[0], bytes[1]]))
    }
}
