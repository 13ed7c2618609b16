//! Permission bits, and every way to write them in a policy.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The twelve permission bits of an inode: set-id, sticky, and rwx for user, group and others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mode(u16);

impl Mode {
    /// All twelve bits.
    pub const MASK: u16 = 0o7777;

    /// The permission bits of a `st_mode`; the file type is dropped.
    #[allow(clippy::cast_possible_truncation)] // masked to twelve bits
    pub const fn from_st_mode(st_mode: u32) -> Mode {
        Mode((st_mode & Mode::MASK as u32) as u16)
    }

    /// The bits as a number.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The bits set here that `allowed` does not have, compared bit by bit.
    pub const fn beyond(self, allowed: Mode) -> Mode {
        Mode(self.0 & !allowed.0)
    }

    /// The bits that both have.
    pub const fn common(self, other: Mode) -> Mode {
        Mode(self.0 & other.0)
    }

    /// No bit is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a `w` is among the bits: the only permission that lets anybody connect.
    pub const fn has_write(self) -> bool {
        self.0 & 0o222 != 0
    }

    /// The rwx bits alone, without set-id and sticky.
    pub const fn without_special(self) -> Mode {
        Mode(self.0 & 0o777)
    }

    /// Which bits these are, for people: `rw for the group, w for others, sticky`.
    pub fn to_words(self) -> String {
        let mut words = Vec::new();
        for (shift, who) in [(6, "the user"), (3, "the group"), (0, "others")] {
            let letters = [(4, 'r'), (2, 'w'), (1, 'x')];
            let has = |(bit, _): &(u16, char)| (self.0 >> shift) & bit != 0;
            let letters: String = letters.iter().filter(|it| has(it)).map(|it| it.1).collect();
            if !letters.is_empty() {
                words.push(format!("{letters} for {who}"));
            }
        }
        let special = [
            (0o4000, "set-user-id"),
            (0o2000, "set-group-id"),
            (0o1000, "sticky"),
        ];
        let special = special.into_iter().filter(|(bit, _)| self.0 & bit != 0);
        words.extend(special.map(|(_, word)| word.to_owned()));
        words.join(", ")
    }

    /// Ten characters as `ls -l` shows them, with `kind` in front (`s` for a socket).
    pub fn to_ls(self, kind: char) -> String {
        let mut text = String::with_capacity(10);
        text.push(kind);
        let special = [(0o4000, 's', 'S'), (0o2000, 's', 'S'), (0o1000, 't', 'T')];
        for (class, (bit, with_x, without_x)) in special.into_iter().enumerate() {
            let rwx = (self.0 >> (6 - 3 * class)) & 7;
            text.push(if rwx & 4 != 0 { 'r' } else { '-' });
            text.push(if rwx & 2 != 0 { 'w' } else { '-' });
            text.push(match (self.0 & bit != 0, rwx & 1 != 0) {
                (true, true) => with_x,
                (true, false) => without_x,
                (false, true) => 'x',
                (false, false) => '-',
            });
        }
        text
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// Why a text is no mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMode {
    /// Nothing, or something that is neither digits nor clauses.
    #[error("a mode is octal (0660) or symbolic (u=rw,g=rw,o=)")]
    Shape,
    /// An 8, a 9, or a digit of another script.
    #[error("a mode is octal: its digits are 0 to 7")]
    NotOctal,
    /// More than twelve bits.
    #[error("a mode has at most four octal digits (0 to 7777)")]
    TooLarge,
    /// `g+w` and `g-w` need a mode to start from.
    #[error("this mode stands alone, so each clause sets (u=rw), and none adds or removes")]
    Relative,
}

impl FromStr for Mode {
    type Err = BadMode;

    /// Octal however it is written (`660`, `0660`, `0o660`), or symbolic with `=` only
    /// (`u=rw,g=rw,o=`); what a symbolic mode does not name has no bits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let first = text.bytes().next().ok_or(BadMode::Shape)?;
        if first.is_ascii_digit() {
            parse_octal(text)
        } else {
            parse_symbolic(text)
        }
    }
}

fn parse_octal(text: &str) -> Result<Mode, BadMode> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(BadMode::Shape);
    }
    if !digits.bytes().all(|byte| byte < b'8') {
        return Err(BadMode::NotOctal);
    }
    let significant = digits.trim_start_matches('0');
    if significant.len() > 4 || digits.len() > 5 {
        return Err(BadMode::TooLarge);
    }
    u16::from_str_radix(digits, 8)
        .map(Mode)
        .map_err(|_| BadMode::TooLarge)
}

fn parse_symbolic(text: &str) -> Result<Mode, BadMode> {
    let mut mode = 0;
    for clause in text.split(',') {
        let Some((who, permissions)) = clause.split_once('=') else {
            let has_digits = clause.bytes().any(|byte| byte.is_ascii_digit());
            let relative = clause.contains(['+', '-']) && !has_digits;
            return Err(if relative {
                BadMode::Relative
            } else {
                BadMode::Shape
            });
        };
        let (user, group, others) = parse_who(who)?;
        let classes = [(user, 6, 0o4000), (group, 3, 0o2000), (others, 0, 0)];
        let rwx = parse_rwx(permissions)?;
        for (_, shift, set_id) in classes.into_iter().filter(|class| class.0) {
            mode &= !((7 << shift) | set_id);
            mode |= rwx << shift;
            if permissions.contains('s') {
                mode |= set_id;
            }
        }
        if permissions.contains('t') {
            mode |= 0o1000;
        }
    }
    Ok(Mode(mode))
}

fn parse_who(who: &str) -> Result<(bool, bool, bool), BadMode> {
    if !who.bytes().all(|byte| b"ugoa".contains(&byte)) {
        return Err(BadMode::Shape);
    }
    let all = who.is_empty() || who.contains('a');
    Ok((
        all || who.contains('u'),
        all || who.contains('g'),
        all || who.contains('o'),
    ))
}

fn parse_rwx(permissions: &str) -> Result<u16, BadMode> {
    let mut rwx = 0;
    for byte in permissions.bytes() {
        rwx |= match byte {
            b'r' => 4,
            b'w' => 2,
            b'x' => 1,
            b's' | b't' => 0,
            b'+' | b'-' => return Err(BadMode::Relative),
            _ => return Err(BadMode::Shape),
        };
    }
    Ok(rwx)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(text: &str) -> Result<u16, BadMode> {
        text.parse::<Mode>().map(Mode::bits)
    }

    #[test]
    fn octal_however_it_is_written() {
        for text in ["660", "0660", "0o660", "00660"] {
            assert_eq!(mode(text), Ok(0o660), "{text}");
        }
        assert_eq!(mode("0"), Ok(0));
        assert_eq!(mode("7777"), Ok(0o7777));
        assert_eq!(mode("02775"), Ok(0o2775));
    }

    #[test]
    fn symbolic_sets_what_it_names() {
        assert_eq!(mode("u=rw,g=rw,o="), Ok(0o660));
        assert_eq!(mode("a=rw"), Ok(0o666));
        assert_eq!(mode("u=rwx,g=rxs,o=rx"), Ok(0o2755));
        assert_eq!(mode("=rwxt"), Ok(0o1777));
        assert_eq!(mode("u=rw,u=r"), Ok(0o400));
    }

    #[test]
    fn what_cannot_be_a_mode_is_refused() {
        assert_eq!(mode("0888"), Err(BadMode::NotOctal));
        assert_eq!(mode("07777777"), Err(BadMode::TooLarge));
        assert_eq!(mode("17777"), Err(BadMode::TooLarge));
        assert_eq!(mode("g+w"), Err(BadMode::Relative));
        for bad in [
            "", "-1", "+5", " 660", "0x1b0", "0o", "rw", "u=rwq", "z=r", "u=rw,", "6 60",
        ] {
            assert!(mode(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn shown_as_ls_shows_it() {
        assert_eq!(Mode(0o1777).to_ls('d'), "drwxrwxrwt");
        assert_eq!(Mode(0o2660).to_ls('s'), "srw-rwS---");
        assert_eq!(Mode(0o4755).to_ls('s'), "srwsr-xr-x");
    }
}
