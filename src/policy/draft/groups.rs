//! Which sockets share a rule, and the patterns that it names them by.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::{Shape, literal};
use super::{DraftRule, Facts, Ground, Sighting};
use crate::model::Pattern;

/// From so many entries on, a rule names a private directory as a whole.
const CROWD: usize = 4;
/// Entries of a list; the language takes twice as many.
const LONGEST: usize = 500;

/// The directories of sockets, without numbers, and what is to be said of those in them.
type Groups<'a> = BTreeMap<(Shape<'a>, &'a Facts), Vec<&'a Sighting>>;

/// The rules, sorted by what they name first.
pub(super) fn rules<'a>(sightings: &'a [Sighting], ground: &Ground) -> Vec<DraftRule<'a>> {
    let mut groups = Groups::new();
    for sighting in sightings {
        let directory = Shape::of(directory(&sighting.name)).kind();
        groups
            .entry((directory, &sighting.facts))
            .or_default()
            .push(sighting);
    }
    let names = sightings.iter().map(|it| it.name.as_slice());
    let all: Vec<&[u8]> = names
        .chain(ground.described.iter().map(Vec::as_slice))
        .collect();
    let mut members: Vec<(&Facts, Vec<&Sighting>)> = groups
        .into_iter()
        .map(|((_, facts), members)| (facts, members))
        .collect();
    members.sort_by_key(|(_, members)| &members[0].name);
    let mut ids = Ids(ground.ids.clone());
    let mut rules = Vec::new();
    for (facts, members) in members {
        let paths = patterns(&members, &all);
        for paths in paths.chunks(LONGEST) {
            rules.push(DraftRule {
                id: ids.new_one(&members),
                paths: paths.to_vec(),
                facts,
            });
        }
    }
    rules
}

/// `/run/app` of `/run/app/a.sock`; of an abstract name, too.
fn directory(name: &[u8]) -> &[u8] {
    let slash = name.iter().rposition(|&byte| byte == b'/');
    &name[..slash.unwrap_or(0)]
}

/// Patterns that match these, and none of the others.
fn patterns(members: &[&Sighting], all: &[&[u8]]) -> Vec<String> {
    let own: BTreeSet<&[u8]> = members.iter().map(|it| it.name.as_slice()).collect();
    let is_exact = |pattern: &String| {
        pattern.parse::<Pattern>().is_ok_and(|pattern| {
            let mut others = all.iter().filter(|name| !own.contains(*name));
            !others.any(|name| pattern.matches(name))
        })
    };
    let mut kinds: BTreeMap<Shape<'_>, Vec<&[u8]>> = BTreeMap::new();
    for name in &own {
        kinds.entry(Shape::of(name).kind()).or_default().push(name);
    }
    let mut patterns = Vec::new();
    for names in kinds.into_values() {
        let shapes: Vec<Shape<'_>> = names.iter().map(|name| Shape::of(name)).collect();
        let shared = Some(Shape::pattern(&shapes)).filter(|it| names.len() > 1 && is_exact(it));
        match shared {
            Some(shared) => patterns.push(shared),
            None => patterns.extend(names.into_iter().map(literal)),
        }
    }
    patterns.sort();
    if let Some(whole) = whole_directory(members, patterns.len()).filter(is_exact) {
        return vec![whole];
    }
    patterns
}

/// `/run/app/*`, where that is what somebody would write.
fn whole_directory(members: &[&Sighting], entries: usize) -> Option<String> {
    let first = directory(&members[0].name);
    let is_meant =
        |it: &&Sighting| it.is_private_place && !it.facts.is_open && directory(&it.name) == first;
    let is_whole = entries >= CROWD && members.iter().all(is_meant);
    is_whole.then(|| format!("{}/*", literal(first)))
}

/// Ids, each given out once.
struct Ids(BTreeSet<String>);

impl Ids {
    /// After the path of a single socket, else after the directory.
    fn new_one(&mut self, members: &[&Sighting]) -> String {
        let name = &members[0].name;
        let name = match members {
            [_] => name,
            _ => directory(name),
        };
        let stem = as_id(name);
        let numbered = (2..).map(|number| format!("{stem}-{number}"));
        let mut candidates = std::iter::once(stem.clone()).chain(numbered);
        let free = candidates.find(|id| !self.0.contains(id));
        let id = free.unwrap_or_default();
        self.0.insert(id.clone());
        id
    }
}

/// The text with nothing in it that an id cannot have.
fn as_id(name: &[u8]) -> String {
    let (prefix, name) = match name {
        [b'@', name @ ..] => ("abstract/", name),
        [] => ("abstract", name),
        _ => ("", name),
    };
    let parts = name.split(|&byte| byte == b'/');
    let parts = parts.filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(as_word).collect();
    format!("{prefix}{}", parts.join("/"))
        .trim_end_matches('/')
        .to_owned()
}

/// The text with nothing in it that a word of the language cannot have.
pub(super) fn as_word(text: &[u8]) -> String {
    let plain = |&byte: &u8| {
        let is_plain = byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        char::from(if is_plain { byte } else { b'-' })
    };
    text.iter().map(plain).collect()
}
