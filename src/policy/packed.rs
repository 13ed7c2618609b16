//! A policy inside the program, as the build writes it: each rule by itself, with what tells
//! whether it is worth unpacking.

use serde::{Deserialize, Serialize};

use super::rule::{Document, Rule};

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
    /// For each of its paths, how everything ends that it matches, wherever links in front of the
    /// last component lead.
    #[serde(borrow)]
    ends: Vec<&'a [u8]>,
    rule: &'a [u8],
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
                    ends: rule
                        .paths
                        .iter()
                        .map(|path| end(path.literal_suffix()))
                        .collect(),
                    rule: bytes,
                })
                .collect(),
        })
    }

    /// The document with all its rules, or with those only that may speak of one of these paths.
    pub(crate) fn unpack(bytes: &[u8], about: Option<&[&[u8]]>) -> postcard::Result<Document> {
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
    fn may_speak(&self, about: Option<&[&[u8]]>) -> bool {
        let Some(paths) = about else {
            return true;
        };
        let mut ends = self.ends.iter();
        ends.any(|end| paths.iter().any(|path| path.ends_with(end)))
    }
}

/// From the last slash on.
fn end(suffix: &[u8]) -> &[u8] {
    let slash = suffix.iter().rposition(|&byte| byte == b'/');
    &suffix[slash.unwrap_or(0)..]
}
