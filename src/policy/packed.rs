//! A policy inside the program, as the build writes it: each rule by itself, with what tells
//! whether it is worth unpacking.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::about::About;
use super::rule::{Document, Rule};
use crate::model::Pattern;

/// A document.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Packed<'a> {
    /// All but its rules.
    head: &'a [u8],
    #[serde(borrow)]
    rules: Vec<PackedRule<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct PackedRule<'a> {
    #[serde(borrow)]
    paths: Vec<PackedPath<'a>>,
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
        let head = postcard::to_stdvec(&Document {
            rules: Vec::new(),
            ..document.clone()
        })?;
        let rules: postcard::Result<Vec<Vec<u8>>> =
            document.rules.iter().map(postcard::to_stdvec).collect();
        let rules = rules?;
        let packed = document.rules.iter().zip(&rules);
        postcard::to_stdvec(&Packed {
            head: &head,
            rules: packed
                .map(|(rule, bytes)| PackedRule {
                    paths: rule.paths.iter().map(PackedPath::new).collect(),
                    rule: bytes,
                })
                .collect(),
        })
    }

    /// The document with all its rules, or with those only that may speak of one of these paths.
    pub(crate) fn unpack(bytes: &[u8], about: Option<&About<'_>>) -> postcard::Result<Document> {
        let packed: Packed<'_> = postcard::from_bytes(bytes)?;
        let mut document: Document = postcard::from_bytes(packed.head)?;
        let rules = packed.rules.iter().filter(|rule| rule.may_speak(about));
        let rules: postcard::Result<Vec<Rule>> =
            rules.map(|rule| postcard::from_bytes(rule.rule)).collect();
        document.rules = rules?;
        Ok(document)
    }
}

impl PackedRule<'_> {
    fn may_speak(&self, about: Option<&About<'_>>) -> bool {
        about.is_none_or(|about| {
            let mut paths = self.paths.iter();
            paths.any(|path| about.may_match(&path.directory, path.end))
        })
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
