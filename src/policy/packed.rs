//! A policy inside the program, as the build writes it: each rule by itself, with what tells
//! whether it is worth unpacking.

use std::borrow::Cow;

use postcard::{from_bytes, take_from_bytes, to_stdvec};
use serde::{Deserialize, Serialize};

use super::about::About;
use super::rule::{Document, Rule};
use crate::model::Pattern;

/// A document.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Packed<'a> {
    /// All but its rules.
    head: &'a [u8],
    /// Each a [`PackedRule`], one after the other: none is set up that is passed over.
    rules: &'a [u8],
}

#[derive(Debug, Serialize, Deserialize)]
struct PackedRule<'a> {
    /// Each a [`PackedPath`], one after the other.
    paths: &'a [u8],
    rule: &'a [u8],
}

/// What can be told of a pattern.
#[derive(Debug, Serialize, Deserialize)]
struct PackedPath<'a> {
    /// Everything that it matches is below this directory, or below where links lead from there.
    #[serde(borrow)]
    directory: Cow<'a, [u8]>,
    /// Everything that it matches ends like this, wherever links in front of it lead.
    end: &'a [u8],
}

impl Packed<'_> {
    /// The bytes of a document.
    #[allow(dead_code)] // the build does it
    pub(crate) fn pack(document: &Document) -> postcard::Result<Vec<u8>> {
        let head = to_stdvec(&Document {
            rules: Vec::new(),
            ..document.clone()
        })?;
        let mut rules = Vec::new();
        for rule in &document.rules {
            let mut paths = Vec::new();
            for path in &rule.paths {
                paths.extend(to_stdvec(&PackedPath::new(path))?);
            }
            rules.extend(to_stdvec(&PackedRule {
                paths: &paths,
                rule: &to_stdvec(rule)?,
            })?);
        }
        to_stdvec(&Packed {
            head: &head,
            rules: &rules,
        })
    }

    /// The document with all its rules, or with those only that may speak of one of these paths.
    pub(crate) fn unpack(bytes: &[u8], about: Option<&About<'_>>) -> postcard::Result<Document> {
        let packed: Packed<'_> = from_bytes(bytes)?;
        let mut document: Document = from_bytes(packed.head)?;
        let mut rest = packed.rules;
        while !rest.is_empty() {
            let (packed, after): (PackedRule<'_>, _) = take_from_bytes(rest)?;
            rest = after;
            if packed.may_speak(about)? {
                let rule: Rule = from_bytes(packed.rule)?;
                document.rules.push(rule);
            }
        }
        Ok(document)
    }
}

impl PackedRule<'_> {
    fn may_speak(&self, about: Option<&About<'_>>) -> postcard::Result<bool> {
        let Some(about) = about else {
            return Ok(true);
        };
        let mut rest = self.paths;
        while !rest.is_empty() {
            let (path, after): (PackedPath<'_>, _) = take_from_bytes(rest)?;
            rest = after;
            if about.may_match(&path.directory, path.end) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl PackedPath<'_> {
    fn new(pattern: &Pattern) -> PackedPath<'_> {
        let suffix = pattern.literal_suffix();
        let slash = suffix.iter().rposition(|&byte| byte == b'/');
        PackedPath {
            directory: Cow::Owned(pattern.literal_directory().0),
            end: &suffix[slash.unwrap_or(0)..],
        }
    }
}
