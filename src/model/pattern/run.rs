//! Matching: backtracking that never tries the same step at the same byte twice.
//!
//! So the time is bounded by the product of both lengths, whatever the pattern and the text;
//! only a capture that is used again begins anew for each value that it may have, and the
//! parser makes sure that these are few.

use super::{Pattern, Step};

/// Steps times bytes up to which the notes fit on the stack.
const SMALL_WORDS: usize = 32;

/// The values of a pattern's captures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captures<'p, 't> {
    pairs: Vec<(&'p str, &'t [u8])>,
}

impl<'p, 't> Captures<'p, 't> {
    /// What the capture of that name stands for.
    pub fn get(&self, name: &str) -> Option<&'t [u8]> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Names and values in the order written.
    pub fn iter(&self) -> impl Iterator<Item = (&'p str, &'t [u8])> + '_ {
        self.pairs.iter().copied()
    }
}

pub(super) fn matches(pattern: &Pattern, text: &[u8]) -> bool {
    match *pattern.steps {
        [Step::Below] => return is_below(text, 0),
        [Step::Literal { start, len }, Step::Below] => {
            let prefix = pattern.slice(start, len);
            return text.starts_with(prefix) && is_below(text, prefix.len());
        }
        _ => {}
    }
    // Cheap, and it refuses most of what does not match. To compare nothing is dear, though: vector
    // units look at where it would be, and an empty slice is nowhere.
    let (prefix, suffix) = (pattern.literal_prefix(), pattern.literal_suffix());
    (prefix.is_empty() || text.starts_with(prefix))
        && (suffix.is_empty() || text.ends_with(suffix))
        && Run::new(pattern, text).from(0, 0)
}

pub(super) fn captures<'p, 't>(pattern: &'p Pattern, text: &'t [u8]) -> Option<Captures<'p, 't>> {
    let mut run = Run::new(pattern, text);
    run.from(0, 0).then(|| Captures {
        pairs: pattern
            .capture_names()
            .zip(run.slots)
            .map(|(name, (start, end))| (name, &text[start..end]))
            .collect(),
    })
}

/// Whether all from there on is nothing, or below it.
fn is_below(text: &[u8], at: usize) -> bool {
    matches!(text.get(at), None | Some(b'/'))
}

struct Run<'p, 't> {
    pattern: &'p Pattern,
    text: &'t [u8],
    /// First byte of each capture, and the one after its last. What a failed attempt left here
    /// is written again before it is read, for every way to the end passes all captures.
    slots: [(usize, usize); 8],
}

impl<'p, 't> Run<'p, 't> {
    fn new(pattern: &'p Pattern, text: &'t [u8]) -> Self {
        Run {
            pattern,
            text,
            slots: [(0, 0); 8],
        }
    }

    /// Whether the steps from `step` on fit the text from `at` on.
    fn from(&mut self, step: usize, at: usize) -> bool {
        let bits = (self.pattern.steps.len() + 1) * (self.text.len() + 1);
        let words = bits.div_ceil(64);
        if words <= SMALL_WORDS {
            self.search(step, at, &mut [0; SMALL_WORDS])
        } else {
            self.search(step, at, &mut vec![0; words])
        }
    }

    fn search(&mut self, step: usize, at: usize, seen: &mut [u64]) -> bool {
        let mut alternatives = Vec::new();
        let mut next = Some((step, at));
        while let Some((step, at)) = next {
            let Some(&instruction) = self.pattern.steps.get(step) else {
                if at == self.text.len() {
                    return true;
                }
                next = alternatives.pop();
                continue;
            };
            next = if is_first_visit(seen, step * (self.text.len() + 1) + at) {
                match instruction {
                    Step::Below if is_below(self.text, at) => return true,
                    // With this value, what failed with another one may fit.
                    Step::Close(capture) if self.is_used_again(capture) => {
                        self.slots[usize::from(capture)].1 = at;
                        if self.from(step + 1, at) {
                            return true;
                        }
                        None
                    }
                    _ => self.one(instruction, step, at, &mut alternatives),
                }
            } else {
                None
            };
            next = next.or_else(|| alternatives.pop());
        }
        false
    }

    /// Takes one step; `None` where it does not fit.
    fn one(
        &mut self,
        instruction: Step,
        step: usize,
        at: usize,
        alternatives: &mut Vec<(usize, usize)>,
    ) -> Option<(usize, usize)> {
        let byte = self.text.get(at).copied();
        let within = byte.filter(|&byte| byte != b'/');
        match instruction {
            Step::Literal { start, len } => {
                let literal = self.pattern.slice(start, len);
                self.text[at..]
                    .starts_with(literal)
                    .then(|| (step + 1, at + literal.len()))
            }
            Step::One => within.map(|_| (step + 1, at + 1)),
            Step::Class {
                start,
                len,
                negated,
            } => {
                let first = usize::from(start);
                let ranges = &self.pattern.ranges[first..first + usize::from(len)];
                within
                    .filter(|byte| {
                        let listed = ranges
                            .iter()
                            .any(|(first, last)| (first..=last).contains(&byte));
                        listed != negated
                    })
                    .map(|_| (step + 1, at + 1))
            }
            Step::Star | Step::Deep => {
                let more = if instruction == Step::Deep {
                    byte
                } else {
                    within
                };
                if more.is_some() {
                    alternatives.push((step + 1, at));
                    Some((step, at + 1))
                } else {
                    Some((step + 1, at))
                }
            }
            Step::Components => {
                let slash = self.text[at..].iter().position(|&byte| byte == b'/');
                if let Some(slash) = slash {
                    alternatives.push((step, at + slash + 1));
                }
                Some((step + 1, at))
            }
            Step::Split(other) => {
                alternatives.push((usize::from(other), at));
                Some((step + 1, at))
            }
            Step::Jump(to) => Some((usize::from(to), at)),
            Step::Open(capture) => {
                self.slots[usize::from(capture)].0 = at;
                Some((step + 1, at))
            }
            Step::Close(capture) => {
                self.slots[usize::from(capture)].1 = at;
                Some((step + 1, at))
            }
            Step::Again(capture) => {
                let (start, end) = self.slots[usize::from(capture)];
                let value = &self.text[start..end];
                self.text[at..]
                    .starts_with(value)
                    .then(|| (step + 1, at + value.len()))
            }
            Step::Below => None,
        }
    }

    fn is_used_again(&self, capture: u8) -> bool {
        self.pattern.steps.contains(&Step::Again(capture))
    }
}

fn is_first_visit(seen: &mut [u64], bit: usize) -> bool {
    let word = &mut seen[bit / 64];
    let mask = 1 << (bit % 64);
    let first = *word & mask == 0;
    *word |= mask;
    first
}
