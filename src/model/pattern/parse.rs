//! From the text of a glob to its steps.

use super::fault::{BadPattern, Fault};
use super::{Pattern, Step};

/// Longer than any path that the kernel takes in one piece.
const LONGEST: usize = 4096;
const MOST_CAPTURES: usize = 8;
const DEEPEST_BRACES: usize = 8;

pub(super) fn parse(text: &str) -> Result<Pattern, BadPattern> {
    let mut parser = Parser {
        text: text.as_bytes(),
        at: 0,
        removed: 0,
        literal: None,
        steps: Vec::new(),
        ranges: Vec::new(),
        names: Vec::new(),
    };
    if text.is_empty() {
        return Err(parser.fault(Fault::Empty, 0, 0));
    }
    if text.len() > LONGEST {
        return Err(parser.fault(Fault::TooLong, 0, text.len()));
    }
    if let Some(nul) = text.bytes().position(|byte| byte == 0) {
        return Err(parser.fault(Fault::Nul, nul, 1));
    }
    parser.sequence(0)?;
    parser.flush();
    let unescaped = (parser.removed > 0).then(|| unescape(text));
    Ok(Pattern {
        text: text.into(),
        unescaped,
        steps: parser.steps.into(),
        ranges: parser.ranges.into(),
        names: parser.names.iter().map(|name| name.place).collect(),
    })
}

/// Drops every backslash that escapes, wherever it stands, as the parser's offsets do.
fn unescape(text: &str) -> Box<[u8]> {
    let mut bytes = text.bytes();
    let mut unescaped = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        unescaped.push(if byte == b'\\' {
            bytes.next().unwrap_or(byte)
        } else {
            byte
        });
    }
    unescaped.into()
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    /// Backslashes passed so far.
    removed: usize,
    /// Where in the unescaped text the literal that is being read begins and ends.
    literal: Option<(usize, usize)>,
    steps: Vec<Step>,
    ranges: Vec<(u8, u8)>,
    names: Vec<Name<'t>>,
}

struct Name<'t> {
    text: &'t [u8],
    /// In the unescaped text.
    place: (u16, u16),
    /// In the text.
    offset: usize,
}

impl Parser<'_> {
    /// Reads up to the end, or within braces up to the `,` or `}` that ends an alternative.
    fn sequence(&mut self, braces: usize) -> Result<(), BadPattern> {
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b',' | b'}' if braces > 0 => return Ok(()),
                b'/' if braces > 0 => return Err(self.fault(Fault::SlashInBraces, self.at, 1)),
                b'*' => self.star(braces)?,
                b'?' => {
                    self.push(Step::One);
                    self.at += 1;
                }
                b'[' => self.class()?,
                b'{' => self.braces(braces)?,
                b'<' => self.capture(braces)?,
                b'\\' => {
                    if self.at + 1 == self.text.len() {
                        return Err(self.fault(Fault::TrailingBackslash, self.at, 1));
                    }
                    if braces > 0 && self.text[self.at + 1] == b'/' {
                        return Err(self.fault(Fault::SlashInBraces, self.at, 2));
                    }
                    self.removed += 1;
                    self.plain(self.at + 1);
                    self.at += 2;
                }
                _ => {
                    self.plain(self.at);
                    self.at += 1;
                }
            }
        }
        Ok(())
    }

    fn star(&mut self, braces: usize) -> Result<(), BadPattern> {
        let start = self.at;
        let count = self.text[start..]
            .iter()
            .take_while(|&&byte| byte == b'*')
            .count();
        self.at += count;
        if count == 1 {
            self.push(Step::Star);
            return Ok(());
        }
        if braces > 0 {
            return Err(self.fault(Fault::DeepInBraces, start, count));
        }
        let after_slash = start > 0 && self.text[start - 1] == b'/';
        let starts_component = start == 0 || after_slash;
        match self.text.get(self.at) {
            Some(b'/') if starts_component && count == 2 => {
                self.at += 1;
                // Of several in a row, one says it all.
                let rest = &self.text[self.at..];
                if rest != b"**" && !rest.starts_with(b"**/") {
                    self.push(Step::Components);
                }
            }
            None if after_slash && count == 2 => {
                self.flush();
                if let Some(Step::Literal { len, .. }) = self.steps.last_mut() {
                    *len -= 1;
                    if *len == 0 {
                        self.steps.pop();
                    }
                }
                self.steps.push(Step::Below);
            }
            _ => self.push(Step::Deep),
        }
        Ok(())
    }

    fn class(&mut self) -> Result<(), BadPattern> {
        let open = self.at;
        let first_range = self.ranges.len();
        let mut at = open + 1;
        let negated = self.text.get(at) == Some(&b'!');
        at += usize::from(negated);
        if self.text.get(at) == Some(&b'^') {
            return Err(self.fault(Fault::Caret, at, 1));
        }
        let first = at;
        loop {
            let byte = match self.text.get(at) {
                None => return Err(self.fault(Fault::OpenBracket, open, 1)),
                Some(b']') if at > first => break,
                Some(b'[') if self.text.get(at + 1) == Some(&b':') => {
                    return Err(self.fault(Fault::NamedClass, at, 2));
                }
                Some(_) => self.class_byte(&mut at, open)?,
            };
            let range_follows =
                self.text.get(at) == Some(&b'-') && !matches!(self.text.get(at + 1), Some(b']'));
            let last = if range_follows {
                at += 1;
                self.class_byte(&mut at, open)?
            } else {
                byte
            };
            if last < byte {
                return Err(self.fault(Fault::RangeOrder, at.saturating_sub(3), 3));
            }
            self.ranges.push((byte, last));
        }
        self.push(Step::Class {
            start: small(first_range),
            len: small(self.ranges.len() - first_range),
            negated,
        });
        self.at = at + 1;
        Ok(())
    }

    fn class_byte(&mut self, at: &mut usize, open: usize) -> Result<u8, BadPattern> {
        let mut byte = self.text.get(*at);
        if byte == Some(&b'\\') {
            *at += 1;
            self.removed += 1;
            byte = self.text.get(*at);
        }
        match byte {
            None => Err(self.fault(Fault::OpenBracket, open, 1)),
            Some(b'/') => Err(self.fault(Fault::SlashInClass, *at, 1)),
            Some(&byte) if !byte.is_ascii() => {
                let len = self.text[*at..]
                    .iter()
                    .skip(1)
                    .take_while(|&&next| next & 0xc0 == 0x80)
                    .count();
                Err(self.fault(Fault::WideInClass, *at, len + 1))
            }
            Some(&byte) => {
                *at += 1;
                Ok(byte)
            }
        }
    }

    fn braces(&mut self, outer: usize) -> Result<(), BadPattern> {
        let open = self.at;
        if outer == DEEPEST_BRACES {
            return Err(self.fault(Fault::DeepBraces, open, 1));
        }
        self.flush();
        let mut to_the_end = Vec::new();
        loop {
            self.at += 1;
            let split = self.steps.len();
            self.steps.push(Step::Split(0));
            self.sequence(outer + 1)?;
            self.flush();
            match self.text.get(self.at) {
                Some(b',') => {
                    to_the_end.push(self.steps.len());
                    self.steps.push(Step::Jump(0));
                    self.steps[split] = Step::Split(small(self.steps.len()));
                }
                Some(_) => {
                    // The last alternative has no other one to try.
                    self.steps[split] = Step::Jump(small(split + 1));
                    break;
                }
                None => return Err(self.fault(Fault::OpenBrace, open, 1)),
            }
        }
        self.at += 1;
        // The last alternative jumps too: a pattern that ends in braces does not end in a literal.
        to_the_end.push(self.steps.len());
        self.steps.push(Step::Jump(0));
        let end = small(self.steps.len());
        for step in to_the_end {
            self.steps[step] = Step::Jump(end);
        }
        Ok(())
    }

    fn capture(&mut self, braces: usize) -> Result<(), BadPattern> {
        let open = self.at;
        if braces > 0 {
            return Err(self.fault(Fault::CaptureInBraces, open, 1));
        }
        let Some(len) = self.text[open..].iter().position(|&byte| byte == b'>') else {
            return Err(self.fault(Fault::OpenCapture, open, 1));
        };
        let name = &self.text[open + 1..open + len];
        let well_formed = name.first().is_some_and(u8::is_ascii_alphabetic)
            && name
                .iter()
                .all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if !well_formed {
            return Err(self.fault(Fault::CaptureName, open, len + 1));
        }
        if let Some(index) = self.names.iter().position(|known| known.text == name) {
            let first = self.names[index].offset;
            if !self.has_component_of_its_own(first) {
                return Err(self.fault(Fault::LooseCapture, first, len + 1));
            }
            self.push(Step::Again(tiny(index)));
        } else {
            if self.names.len() == MOST_CAPTURES {
                return Err(self.fault(Fault::ManyCaptures, open, len + 1));
            }
            let index = tiny(self.names.len());
            for step in [Step::Open(index), Step::One, Step::Star, Step::Close(index)] {
                self.push(step);
            }
            self.names.push(Name {
                text: name,
                place: (small(open + 1 - self.removed), small(len - 1)),
                offset: open,
            });
        }
        self.at += len + 1;
        Ok(())
    }

    /// Whether nothing in the component of the capture at `offset` but the capture itself is
    /// special. What a capture that is used again stands for is then soon decided, and no
    /// name can make the matcher try very many values.
    fn has_component_of_its_own(&self, offset: usize) -> bool {
        let start = self.text[..offset]
            .iter()
            .rposition(|&byte| byte == b'/')
            .map_or(0, |slash| slash + 1);
        let end = self.text[offset..]
            .iter()
            .position(|&byte| byte == b'/')
            .map_or(self.text.len(), |slash| offset + slash);
        let special = self.text[start..end]
            .iter()
            .filter(|&&byte| matches!(byte, b'*' | b'?' | b'[' | b'{' | b'<'));
        special.count() == 1
    }

    fn push(&mut self, step: Step) {
        self.flush();
        self.steps.push(step);
    }

    /// The byte at `at` stands for itself.
    fn plain(&mut self, at: usize) {
        let place = at - self.removed;
        let start = self.literal.map_or(place, |(start, _)| start);
        self.literal = Some((start, place + 1));
    }

    /// Ends the literal that is being read, if any.
    fn flush(&mut self) {
        if let Some((start, end)) = self.literal.take() {
            self.steps.push(Step::Literal {
                start: small(start),
                len: small(end - start),
            });
        }
    }

    fn fault(&self, fault: Fault, offset: usize, len: usize) -> BadPattern {
        BadPattern {
            fault,
            offset: offset.min(self.text.len()),
            len,
        }
    }
}

fn small(number: usize) -> u16 {
    // The text has at most 4096 bytes, and no byte makes more than five steps.
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn tiny(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
