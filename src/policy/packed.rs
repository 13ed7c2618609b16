//! A policy inside the program, as the build writes it: each rule by itself, with what tells
//! whether it is worth unpacking.

use serde::Serialize;

use super::about::About;
use super::rule::{Document, Rule};
use crate::model::Pattern;

/// A document, as it is written. It is read piece by piece, and nothing is kept of what is not
/// wanted.
#[derive(Serialize)]
struct Packed {
    /// All but its rules.
    head: Vec<u8>,
    rules: Vec<PackedRule>,
}

#[derive(Serialize)]
struct PackedRule {
    paths: Vec<PackedPath>,
    rule: Vec<u8>,
}

/// What can be told of a pattern.
#[derive(Serialize)]
struct PackedPath {
    /// Everything that it matches is below this directory, or below where links lead from there.
    directory: Vec<u8>,
    /// The name of everything that it matches, in that directory, begins like this.
    name: Vec<u8>,
    /// Everything that it matches ends like this, wherever links in front of it lead.
    end: Vec<u8>,
}

/// The bytes of a document.
#[allow(dead_code)] // the build does it
pub(crate) fn pack(document: &Document) -> postcard::Result<Vec<u8>> {
    let pack_rule = |rule: &Rule| {
        Ok(PackedRule {
            paths: rule.paths.iter().map(PackedPath::new).collect(),
            rule: postcard::to_stdvec(rule)?,
        })
    };
    let rules: postcard::Result<_> = document.rules.iter().map(pack_rule).collect();
    postcard::to_stdvec(&Packed {
        head: postcard::to_stdvec(&Document {
            rules: Vec::new(),
            ..document.clone()
        })?,
        rules: rules?,
    })
}

/// The document with all its rules, or with those only that may speak of one of these paths.
pub(crate) fn unpack(bytes: &[u8], about: Option<&About<'_>>) -> postcard::Result<Document> {
    let mut bytes = bytes;
    let mut document: Document = postcard::from_bytes(take(&mut bytes)?)?;
    for _ in 0..take::<usize>(&mut bytes)? {
        let mut may_speak = about.is_none();
        for _ in 0..take::<usize>(&mut bytes)? {
            let (directory, name, end): (&[u8], &[u8], &[u8]) = take(&mut bytes)?;
            may_speak = may_speak || about.is_some_and(|it| it.may_match(directory, name, end));
        }
        let rule: &[u8] = take(&mut bytes)?;
        if may_speak {
            document.rules.push(postcard::from_bytes(rule)?);
        }
    }
    Ok(document)
}

fn take<'a, T: serde::Deserialize<'a>>(bytes: &mut &'a [u8]) -> postcard::Result<T> {
    let (taken, rest) = postcard::take_from_bytes(bytes)?;
    *bytes = rest;
    Ok(taken)
}

impl PackedPath {
    fn new(pattern: &Pattern) -> PackedPath {
        let suffix = pattern.literal_suffix();
        let slash = suffix.iter().rposition(|&byte| byte == b'/');
        let (directory, _) = pattern.literal_directory();
        let name = pattern.literal_prefix().get(directory.len() + 1..);
        PackedPath {
            name: name.unwrap_or_default().to_vec(),
            directory,
            end: suffix[slash.unwrap_or(0)..].to_vec(),
        }
    }
}
