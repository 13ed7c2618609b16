//! Which patterns may match a path, without trying them all.
//!
//! A literal path is found by its hash. Any other pattern is found by what every match of it
//! begins or ends with, or by what one of its components begins with: whichever it shares with
//! the fewest other patterns. A few passes over the path make all the hashes that are looked up.
//! So a thousand rules cost a path little more than ten.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::model::Pattern;
use crate::model::pattern::Component;

/// The end of a chain.
const NONE: u32 = u32::MAX;

/// Patterns by number, in a table by hash; those of one hash are a chain.
#[derive(Debug, Default)]
pub(super) struct Index {
    table: Table,
    /// Which lengths the beginnings and ends have by which patterns are found.
    prefixes: Lengths,
    suffixes: Lengths,
    /// The same for each component, counted from the start and from the end.
    from_start: Vec<Lengths>,
    from_end: Vec<Lengths>,
    /// For each pattern, the next one of its chain.
    next: Vec<u32>,
}

type Table = HashMap<u64, u32, BuildHasherDefault<AsItIs>>;

/// For every length that occurs, which of 64 kinds of hashes do.
type Lengths = Vec<u64>;

/// By what a pattern can be found.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Exact,
    Prefix,
    Suffix,
    Part(Component),
}

/// The hash of some bytes, salted with their kind, and their length.
#[derive(Debug, Clone, Copy)]
struct Key {
    kind: Kind,
    hash: u64,
    length: usize,
}

/// The beginning of a component.
struct Part {
    /// Slashes before it and behind it.
    from_start: usize,
    to_end: usize,
    length: usize,
    hash: u64,
}

impl Part {
    fn go_on(&mut self, byte: u8) {
        if byte == b'/' {
            (self.from_start, self.to_end) = (self.from_start + 1, self.to_end - 1);
            (self.length, self.hash) = (0, START);
        } else {
            (self.length, self.hash) = (self.length + 1, step(self.hash, byte));
        }
    }
}

impl Index {
    /// Over patterns that are numbered as they come.
    pub(super) fn new<'p>(patterns: impl Iterator<Item = &'p Pattern> + Clone) -> Index {
        let mut shared = Table::default();
        for pattern in patterns.clone() {
            each_key(pattern, |key| *shared.entry(key.hash).or_default() += 1);
        }
        let mut index = Index::default();
        for (number, pattern) in (0..).zip(patterns) {
            let mut rarest: Option<(u32, Key)> = None;
            each_key(pattern, |key| {
                let sharing = shared.get(&key.hash).copied().unwrap_or_default();
                if rarest.is_none_or(|(fewest, _)| sharing < fewest) {
                    rarest = Some((sharing, key));
                }
            });
            let chained = rarest.and_then(|(_, key)| {
                index.note(key);
                index.table.insert(key.hash, number)
            });
            index.next.push(chained.unwrap_or(NONE));
        }
        index
    }

    fn note(&mut self, key: Key) {
        let lengths = match key.kind {
            Kind::Exact => return,
            Kind::Prefix => &mut self.prefixes,
            Kind::Suffix => &mut self.suffixes,
            Kind::Part(Component::FromStart(number)) => grown(&mut self.from_start, number),
            Kind::Part(Component::FromEnd(number)) => grown(&mut self.from_end, number),
        };
        *grown(lengths, key.length) |= bit(key.hash ^ key.kind.salt());
    }

    /// Calls `each` with the number of every pattern that may match, in no order.
    pub(super) fn candidates(&self, path: &[u8], mut each: impl FnMut(u32)) {
        let whole = self.forwards(path, &mut each);
        self.walk(whole ^ Kind::Exact.salt(), &mut each);
        let mut end = START;
        self.look_up(&self.suffixes, 0, end, Kind::Suffix, &mut each);
        let longest = self.suffixes.len().saturating_sub(1);
        for (length, &byte) in (1..).zip(path.iter().rev().take(longest)) {
            end = step(end, byte);
            self.look_up(&self.suffixes, length, end, Kind::Suffix, &mut each);
        }
    }

    /// Every beginning of the path and of each of its components. The hash of it all.
    fn forwards(&self, path: &[u8], each: &mut impl FnMut(u32)) -> u64 {
        let mut whole = START;
        let mut part = Part {
            from_start: 0,
            to_end: path.split(|&byte| byte == b'/').count() - 1,
            length: 0,
            hash: START,
        };
        self.look_up(&self.prefixes, 0, whole, Kind::Prefix, each);
        self.look_up_part(&part, each);
        for (length, &byte) in (1..).zip(path) {
            whole = step(whole, byte);
            part.go_on(byte);
            self.look_up(&self.prefixes, length, whole, Kind::Prefix, each);
            self.look_up_part(&part, each);
        }
        whole
    }

    #[inline]
    fn look_up_part(&self, part: &Part, each: &mut impl FnMut(u32)) {
        if let Some(wanted) = self.from_start.get(part.from_start) {
            let kind = Kind::Part(Component::FromStart(part.from_start));
            self.look_up(wanted, part.length, part.hash, kind, each);
        }
        if let Some(wanted) = self.from_end.get(part.to_end) {
            let kind = Kind::Part(Component::FromEnd(part.to_end));
            self.look_up(wanted, part.length, part.hash, kind, each);
        }
    }

    /// Nearly every one is ruled out at once, without the table.
    #[inline]
    fn look_up(
        &self,
        wanted: &Lengths,
        length: usize,
        hash: u64,
        kind: Kind,
        each: &mut impl FnMut(u32),
    ) {
        if wanted
            .get(length)
            .is_some_and(|wanted| wanted & bit(hash) != 0)
        {
            self.walk(hash ^ kind.salt(), each);
        }
    }

    #[inline(never)]
    fn walk(&self, hash: u64, each: &mut impl FnMut(u32)) {
        let first = self.table.get(&hash).copied();
        let mut at = first.unwrap_or(NONE);
        while at != NONE {
            each(at);
            at = self.next[at as usize];
        }
    }
}

/// The one of 64 bits that stands for a hash: most lookups end here.
fn bit(hash: u64) -> u64 {
    1 << ((hash ^ (hash >> 32)) % 64)
}

/// At least one.
fn each_key(pattern: &Pattern, mut each: impl FnMut(Key)) {
    let mut key = |kind: Kind, hash: u64, length| {
        each(Key {
            kind,
            hash: hash ^ kind.salt(),
            length,
        });
    };
    if let Some(literal) = pattern.literal() {
        key(Kind::Exact, hash(literal.iter()), literal.len());
        return;
    }
    let (prefix, suffix) = (pattern.literal_prefix(), pattern.literal_suffix());
    key(Kind::Prefix, hash(prefix.iter()), prefix.len());
    if !suffix.is_empty() {
        key(Kind::Suffix, hash(suffix.iter().rev()), suffix.len());
    }
    pattern.each_literal_component(|component, part| {
        key(Kind::Part(component), hash(part.iter()), part.len());
    });
}

/// The element of that number, made if need be.
fn grown<T: Default>(list: &mut Vec<T>, number: usize) -> &mut T {
    if list.len() <= number {
        list.resize_with(number + 1, T::default);
    }
    &mut list[number]
}

impl Kind {
    /// Keeps the hashes of one kind apart from those of the others.
    fn salt(self) -> u64 {
        let number = match self {
            Kind::Exact => 0,
            Kind::Prefix => 1,
            Kind::Suffix => 2,
            Kind::Part(Component::FromStart(number)) => 4 + 2 * number,
            Kind::Part(Component::FromEnd(number)) => 5 + 2 * number,
        };
        (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// FNV-1a: it can be carried on byte by byte. Paths that are made to collide cost a chain and no
/// more, for only policies fill the table.
const START: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(PRIME)
}

fn hash<'b>(bytes: impl Iterator<Item = &'b u8>) -> u64 {
    bytes.fold(START, |hash, &byte| step(hash, byte))
}

/// The keys are hashes already.
#[derive(Debug, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes.iter());
    }

    fn write_u64(&mut self, hash: u64) {
        // The table takes its tag bits from the top, which FNV mixes least.
        self.0 = hash ^ hash.rotate_left(32);
    }
}
