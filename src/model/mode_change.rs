//! What `chmod` is told: a mode, or changes to the mode that is there.

use std::fmt;
use std::str::FromStr;

use super::mode::{BadMode, Mode};

/// A mode in octal, or clauses such as `g+w,o=`. Applied to a mode it gives another one, by the
/// rules of chmod(1) for what is no directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeChange {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Absolute(Mode),
    Clauses(Vec<Clause>),
}

/// One operator with what it acts on: `g+w` is one, `u=rw-x` are two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Clause {
    /// The bits of those named; `None` where nobody is, which leaves the umask a say.
    who: Option<u16>,
    operator: Operator,
    bits: Bits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Set,
    Add,
    Remove,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bits {
    /// As written, for all three classes.
    These(u16),
    /// `X` among them: `x` too, if anybody has it.
    TheseAndX(u16),
    /// What this class has.
    CopyOf(u16),
    /// Written in octal: nothing else is spared, and the umask has no say.
    Number(u16),
}

const READ: u16 = 0o444;
const WRITE: u16 = 0o222;
const EXECUTE: u16 = 0o111;
const USER: u16 = 0o4700;
const GROUP: u16 = 0o2070;
const OTHERS: u16 = 0o1007;

impl ModeChange {
    /// The mode that comes of `from`. `umask` is asked where a clause names nobody: `+w` gives
    /// `w` only to those whom the umask would let have it.
    pub fn apply(&self, from: Mode, umask: Mode) -> Mode {
        match &self.kind {
            Kind::Absolute(mode) => *mode,
            Kind::Clauses(clauses) => {
                let bits = clauses
                    .iter()
                    .fold(from.bits(), |mode, clause| clause.apply(mode, umask.bits()));
                Mode::from_st_mode(u32::from(bits))
            }
        }
    }

    /// Whether the outcome depends on the mode that is there, or on the umask.
    pub const fn is_relative(&self) -> bool {
        matches!(self.kind, Kind::Clauses(_))
    }
}

impl Clause {
    fn apply(self, mode: u16, umask: u16) -> u16 {
        let (bits, is_number) = match self.bits {
            Bits::Number(bits) => (bits, true),
            Bits::TheseAndX(bits) if mode & EXECUTE != 0 => (bits | EXECUTE, false),
            Bits::These(bits) | Bits::TheseAndX(bits) => (bits, false),
            Bits::CopyOf(class) => (spread(mode & class), false),
        };
        let affected = if is_number {
            Mode::MASK
        } else {
            self.who.unwrap_or(!umask & Mode::MASK)
        };
        let bits = bits & affected;
        match self.operator {
            Operator::Add => mode | bits,
            Operator::Remove => mode & !bits,
            // `=` without anybody named clears what the umask would hide, too.
            Operator::Set => (mode & !self.who.unwrap_or(Mode::MASK)) | bits,
        }
    }
}

/// The r, w and x of one class, given to all three.
fn spread(class: u16) -> u16 {
    [READ, WRITE, EXECUTE]
        .into_iter()
        .filter(|bit| class & bit != 0)
        .fold(0, |all, bit| all | bit)
}

impl fmt::Display for ModeChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Why a text is neither a mode nor a change to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadModeChange {
    /// It begins like an octal mode.
    #[error(transparent)]
    Octal(#[from] BadMode),
    /// Nothing, or a clause without an operator.
    #[error("a mode is octal (0660) or symbolic (u=rw,g+w,o=)")]
    Shape,
    /// Before the operator.
    #[error("a clause begins with those it speaks of: u, g, o or a")]
    Who,
    /// After the operator.
    #[error("after =, + or - stand letters of rwxXst, or one of u, g, o to copy from")]
    Permissions,
    /// `u=770`
    #[error("an octal number stands for everybody, so u, g, o and a have no place before it")]
    NumberForSome,
    /// `+022w`
    #[error("after an octal number the clause ends")]
    AfterNumber,
    /// `-1`, which chmod(1) takes for "without the bits of 1".
    #[error("a mode is no negative number; to remove bits write g-w or a-x")]
    Negative,
}

impl FromStr for ModeChange {
    type Err = BadModeChange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let first = text.bytes().next().ok_or(BadModeChange::Shape)?;
        let kind = if first.is_ascii_digit() {
            Kind::Absolute(text.parse()?)
        } else if first == b'-' && text.len() > 1 && text[1..].bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadModeChange::Negative);
        } else {
            let mut clauses = Vec::new();
            for clause in text.split(',') {
                parse_clause(clause, &mut clauses)?;
            }
            Kind::Clauses(clauses)
        };
        Ok(ModeChange {
            text: text.to_owned(),
            kind,
        })
    }
}

impl From<Mode> for ModeChange {
    fn from(mode: Mode) -> ModeChange {
        ModeChange {
            text: mode.to_string(),
            kind: Kind::Absolute(mode),
        }
    }
}

const OPERATORS: [char; 3] = ['=', '+', '-'];

/// `[ugoa...]` and then one or more of an operator and its bits.
fn parse_clause(text: &str, clauses: &mut Vec<Clause>) -> Result<(), BadModeChange> {
    let begin = text.find(OPERATORS).ok_or(BadModeChange::Shape)?;
    let (named, mut rest) = text.split_at(begin);
    let mut who = None;
    for class in named.bytes() {
        let bits = match class {
            b'u' => USER,
            b'g' => GROUP,
            b'o' => OTHERS,
            b'a' => Mode::MASK,
            _ => return Err(BadModeChange::Who),
        };
        who = Some(who.unwrap_or(0) | bits);
    }
    while let Some(sign) = rest.bytes().next() {
        let operator = match sign {
            b'=' => Operator::Set,
            b'+' => Operator::Add,
            _ => Operator::Remove,
        };
        let end = rest[1..].find(OPERATORS).map_or(rest.len(), |at| at + 1);
        let bits = parse_bits(&rest[1..end])?;
        if matches!(bits, Bits::Number(_)) {
            if who.is_some() {
                return Err(BadModeChange::NumberForSome);
            }
            if end != rest.len() {
                return Err(BadModeChange::AfterNumber);
            }
        }
        clauses.push(Clause {
            who,
            operator,
            bits,
        });
        rest = &rest[end..];
    }
    Ok(())
}

fn parse_bits(text: &str) -> Result<Bits, BadModeChange> {
    match text {
        "u" => return Ok(Bits::CopyOf(0o700)),
        "g" => return Ok(Bits::CopyOf(0o070)),
        "o" => return Ok(Bits::CopyOf(0o007)),
        _ if text.starts_with(|first: char| first.is_ascii_digit()) => {
            return Ok(Bits::Number(text.parse::<Mode>()?.bits()));
        }
        _ => {}
    }
    let (mut bits, mut x_if_any) = (0, false);
    for letter in text.bytes() {
        match letter {
            b'r' => bits |= READ,
            b'w' => bits |= WRITE,
            b'x' => bits |= EXECUTE,
            b's' => bits |= 0o6000,
            b't' => bits |= 0o1000,
            b'X' => x_if_any = true,
            _ => return Err(BadModeChange::Permissions),
        }
    }
    Ok(if x_if_any {
        Bits::TheseAndX(bits)
    } else {
        Bits::These(bits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(bits: u16) -> Mode {
        Mode::from_st_mode(u32::from(bits))
    }

    fn applied(text: &str, from: u16, umask: u16) -> u16 {
        let change: ModeChange = text.parse().unwrap();
        change.apply(mode(from), mode(umask)).bits()
    }

    #[test]
    fn octal_stands_for_itself() {
        for text in ["660", "0660", "0o660", "00660"] {
            assert_eq!(applied(text, 0o7777, 0o777), 0o660, "{text}");
        }
    }

    #[test]
    fn clauses_change_what_is_there() {
        for (text, from, to) in [
            ("g+w", 0o600, 0o620),
            ("a-x", 0o777, 0o666),
            ("u=rw,go=", 0o777, 0o600),
            ("u=rw,go=", 0o7777, 0o600),
            ("a+X", 0o600, 0o600),
            ("a+X", 0o610, 0o711),
            ("go=u", 0o640, 0o666),
            ("u=g", 0o660, 0o660),
            ("g=o,o=", 0o604, 0o640),
            ("u+s,g+s,o+t", 0o600, 0o7600),
            ("u+t,o+s", 0o600, 0o600),
            ("a=", 0o7777, 0),
            ("u+r-w=x", 0o600, 0o100),
            ("ug=rw,o=r,o-r", 0, 0o660),
        ] {
            assert_eq!(applied(text, from, 0o022), to, "{text}");
        }
    }

    #[test]
    fn the_umask_has_a_say_where_nobody_is_named() {
        assert_eq!(applied("+w", 0o400, 0o022), 0o600);
        assert_eq!(applied("=rw", 0o777, 0o027), 0o640);
        assert_eq!(applied("-w", 0o666, 0o022), 0o466);
        assert_eq!(applied("a-w", 0o666, 0o022), 0o444);
        assert_eq!(applied("=0666", 0o7000, 0o077), 0o666);
        assert_eq!(applied("+0002,-0400", 0o400, 0o777), 0o002);
    }

    #[test]
    fn what_is_neither_is_refused() {
        for bad in [
            "", "-1x", "u", "rw", "u=rw,", ",u=r", "u=gr", "u=770", "z+r", "u+q", "0888", "17777",
            "0x1b0", " 660", "-1", "-022", "+022+w", "u =r", "+", "u=\u{e9}", "+8",
        ] {
            let parsed = bad.parse::<ModeChange>();
            // A lone operator changes nothing, and chmod(1) takes it, too.
            assert_eq!(parsed.is_ok(), bad == "+", "{bad:?}");
        }
    }
}
