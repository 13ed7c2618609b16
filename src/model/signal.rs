//! Signals by name and number: signal(7).

use std::fmt;
use std::str::FromStr;

/// A signal, from 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(u8);

/// In the order of their numbers, from 1 on, as asm-generic/signal.h has them; `sys::signals` sees
/// to it that they are those of the kernel that this is built for.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// Second names, which are read and not written.
const ALIASES: [(&str, Signal); 2] = [("POLL", Signal(29)), ("IOT", Signal(6))];

/// The first that a program may use (the C library keeps 32 and 33 for itself), and the last.
const REAL_TIME: (u8, u8) = (34, 64);

impl Signal {
    /// The terminal has hung up, or: read the configuration again.
    pub const HUP: Signal = Signal(1);
    /// ^C
    pub const INT: Signal = Signal(2);
    /// ^\
    pub const QUIT: Signal = Signal(3);
    /// Ends without a chance to do anything about it.
    pub const KILL: Signal = Signal(9);
    /// Of the program's own meaning.
    pub const USR1: Signal = Signal(10);
    /// Asks to end.
    pub const TERM: Signal = Signal(15);
    /// A child has ended, stopped or gone on.
    pub const CHLD: Signal = Signal(17);
    /// Go on.
    pub const CONT: Signal = Signal(18);
    /// Stops without a chance to do anything about it.
    pub const STOP: Signal = Signal(19);
    /// ^Z
    pub const TSTP: Signal = Signal(20);
    /// Stopped for reading from the terminal in the background.
    pub const TTIN: Signal = Signal(21);
    /// Stopped for writing to the terminal in the background.
    pub const TTOU: Signal = Signal(22);
    /// There is urgent data at a socket.
    pub const URG: Signal = Signal(23);
    /// The terminal's size has changed.
    pub const WINCH: Signal = Signal(28);

    /// `None` for a number that is no signal's.
    pub fn new(number: i32) -> Option<Signal> {
        match u8::try_from(number) {
            Ok(number @ 1..=64) => Some(Signal(number)),
            _ => None,
        }
    }

    /// The number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether it ends a program that does nothing about it.
    pub fn ends_by_default(self) -> bool {
        !matches!(
            self,
            Signal::CHLD
                | Signal::CONT
                | Signal::URG
                | Signal::WINCH
                | Signal::STOP
                | Signal::TSTP
                | Signal::TTIN
                | Signal::TTOU
        )
    }

    /// Whether a program can say what it does about it.
    pub fn can_be_caught(self) -> bool {
        !matches!(self, Signal::KILL | Signal::STOP)
    }
}

impl fmt::Display for Signal {
    /// `SIGTERM`, `SIGRTMIN+1`; 32 and 33, which have no name, as a number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(usize::from(self.0 - 1)) {
            Some(name) => write!(f, "SIG{name}"),
            None if self.0 == REAL_TIME.0 => f.write_str("SIGRTMIN"),
            None if self.0 == REAL_TIME.1 => f.write_str("SIGRTMAX"),
            None if self.0 > REAL_TIME.0 => write!(f, "SIGRTMIN+{}", self.0 - REAL_TIME.0),
            None => self.0.fmt(f),
        }
    }
}

/// The text is neither the name nor the number of a signal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no signal {0:?}; a name (TERM, SIGTERM, RTMIN+3) or a number from 1 to 64")]
pub struct UnknownSignal(String);

impl FromStr for Signal {
    type Err = UnknownSignal;

    /// A name in upper or lower case, with or without `SIG`, or a number.
    fn from_str(text: &str) -> Result<Signal, UnknownSignal> {
        let unknown = || UnknownSignal(text.to_owned());
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            return decimal(text).and_then(Signal::new).ok_or_else(unknown);
        }
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let named = (1..).zip(NAMES).find(|(_, named)| *named == name);
        let alias = || ALIASES.iter().find(|(alias, _)| *alias == name);
        named
            .map(|(number, _)| Signal(number))
            .or_else(|| Some(alias()?.1))
            .or_else(|| real_time(name))
            .ok_or_else(unknown)
    }
}

/// `RTMIN`, `RTMIN+3`, `RTMAX-1`
fn real_time(name: &str) -> Option<Signal> {
    let (first, last) = (i32::from(REAL_TIME.0), i32::from(REAL_TIME.1));
    let steps = |sign: char, rest: &str| match rest {
        "" => Some(0),
        rest => decimal(rest.strip_prefix(sign)?),
    };
    let number = match name.strip_prefix("RTMIN") {
        Some(rest) => first.checked_add(steps('+', rest)?)?,
        None => last.checked_sub(steps('-', name.strip_prefix("RTMAX")?)?)?,
    };
    if number < first {
        return None;
    }
    Signal::new(number)
}

/// Digits, and no zero before others.
fn decimal(text: &str) -> Option<i32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (text.len() == 1 || !text.starts_with('0')) {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        for (text, number) in [
            ("TERM", 15),
            ("SIGTERM", 15),
            ("sigterm", 15),
            ("term", 15),
            ("15", 15),
            ("1", 1),
            ("64", 64),
            ("32", 32),
            ("poll", 29),
            ("RTMIN", 34),
            ("SIGRTMIN+3", 37),
            ("rtmin+30", 64),
            ("RTMAX", 64),
            ("RTMAX-30", 34),
        ] {
            let signal: Signal = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(i32::from(signal.number()), number, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            " ",
            "SIG",
            "0",
            "65",
            "-1",
            "+1",
            "015",
            "15 ",
            " 15",
            "TERM ",
            "SIGSIGTERM",
            "TERMS",
            "RTMIN-1",
            "RTMIN+31",
            "RTMAX+1",
            "RTMAX-31",
            "RTMIN+",
            "RTMIN+01",
            "RT",
            "99999999999",
            "1x",
        ] {
            assert!(text.parse::<Signal>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn each_reads_its_own_name() {
        for number in (1..=64).filter(|number| ![32, 33].contains(number)) {
            let signal = Signal::new(number).unwrap();
            let name = signal.to_string();
            assert!(name.starts_with("SIG"), "{name}");
            assert_eq!(name.parse(), Ok(signal));
        }
        assert_eq!(Signal::new(0), None);
        assert_eq!(Signal::new(65), None);
    }
}
