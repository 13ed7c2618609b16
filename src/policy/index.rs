//! Which patterns may match a path, without trying them all.
//!
//! A literal path is found by its hash. Any other pattern is found by the hash of what every
//! match of it begins with, or of the last component, whichever fewer patterns share; one pass
//! over the path makes the hashes of all its beginnings. So a thousand rules cost a path
//! little more than ten.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::model::Pattern;

/// The end of a chain.
const NONE: u32 = u32::MAX;

/// Patterns by number, in tables by hash; those of one hash are a chain.
#[derive(Debug, Default)]
pub(super) struct Index {
    exact: Table,
    by_name: Table,
    by_prefix: Table,
    /// Whether any pattern in `by_prefix` has a prefix of this length.
    lengths: Vec<bool>,
    /// For each pattern, the next one of its chain.
    next: Vec<u32>,
}

type Table = HashMap<u64, u32, BuildHasherDefault<AsItIs>>;

impl Index {
    /// Over patterns that are numbered as they come.
    pub(super) fn new<'p>(patterns: impl Iterator<Item = &'p Pattern> + Clone) -> Index {
        let mut shared: HashMap<u64, u32, BuildHasherDefault<AsItIs>> = HashMap::default();
        for pattern in patterns
            .clone()
            .filter(|pattern| pattern.literal().is_none())
        {
            for hash in [Some(prefix_of(pattern)), name_of(pattern)]
                .into_iter()
                .flatten()
            {
                *shared.entry(hash).or_default() += 1;
            }
        }
        let mut index = Index::default();
        for (number, pattern) in (0..).zip(patterns) {
            let (table, hash) = match (pattern.literal(), name_of(pattern)) {
                (Some(literal), _) => (&mut index.exact, hash(literal)),
                (None, Some(name)) if shared.get(&name) < shared.get(&prefix_of(pattern)) => {
                    (&mut index.by_name, name)
                }
                _ => {
                    let length = pattern.literal_prefix().len();
                    if index.lengths.len() <= length {
                        index.lengths.resize(length + 1, false);
                    }
                    index.lengths[length] = true;
                    (&mut index.by_prefix, prefix_of(pattern))
                }
            };
            index.next.push(table.insert(hash, number).unwrap_or(NONE));
        }
        index
    }

    /// Calls `each` with the number of every pattern that may match, in no order.
    pub(super) fn candidates(&self, path: &[u8], mut each: impl FnMut(u32)) {
        let mut rolling = START;
        let mut lengths = self.lengths.iter();
        if lengths.next() == Some(&true) {
            self.chain(&self.by_prefix, rolling, &mut each);
        }
        for &byte in path {
            rolling = step(rolling, byte);
            if lengths.next() == Some(&true) {
                self.chain(&self.by_prefix, rolling, &mut each);
            }
        }
        self.chain(&self.exact, rolling, &mut each);
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
        self.chain(&self.by_name, hash_name(name), &mut each);
    }

    fn chain(&self, table: &Table, hash: u64, each: &mut impl FnMut(u32)) {
        let mut at = table.get(&hash).copied().unwrap_or(NONE);
        while at != NONE {
            each(at);
            at = self.next[at as usize];
        }
    }
}

fn prefix_of(pattern: &Pattern) -> u64 {
    hash(pattern.literal_prefix())
}

fn name_of(pattern: &Pattern) -> Option<u64> {
    pattern.literal_basename().map(hash_name)
}

/// FNV-1a: it can be carried on byte by byte. Names that are made to collide cost their chain
/// and no more, for only policies fill the tables.
const START: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(PRIME)
}

fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(START, |hash, &byte| step(hash, byte))
}

/// Apart from that of a prefix of the same bytes, so that one table can count both.
fn hash_name(name: &[u8]) -> u64 {
    !hash(name)
}

/// The keys are hashes already.
#[derive(Debug, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        // The table takes its seven tag bits from the top, and FNV mixes those least.
        self.0 = hash ^ hash.rotate_left(32);
    }
}
