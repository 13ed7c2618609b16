//! Descriptors by number.

use std::fmt;
use std::str::FromStr;

/// The number of a descriptor of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FdNumber(u32);

impl FdNumber {
    /// The first one that is neither standard input, output nor error; where descriptors begin
    /// that are passed on, sd_listen_fds(3).
    pub const FIRST: FdNumber = FdNumber(3);

    /// Standard input, output and error.
    pub const STANDARD: [FdNumber; 3] = [FdNumber(0), FdNumber(1), FdNumber(2)];

    /// That many numbers further on; `None` beyond the highest one that there can be.
    pub fn plus(self, count: usize) -> Option<FdNumber> {
        let number = u32::try_from(count).ok()?.checked_add(self.0)?;
        (number <= i32::MAX.unsigned_abs()).then_some(FdNumber(number))
    }

    /// How many there are below it.
    pub fn count(self) -> u64 {
        self.0.into()
    }

    /// As the kernel counts them.
    pub const fn as_raw(self) -> i32 {
        self.0.cast_signed()
    }
}

impl fmt::Display for FdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is no number of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a descriptor is a number from 0 to 2147483647, without signs or blanks")]
pub struct BadFdNumber;

impl FromStr for FdNumber {
    type Err = BadFdNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u32>() {
            Ok(number) if digits && number <= i32::MAX.unsigned_abs() => Ok(FdNumber(number)),
            _ => Err(BadFdNumber),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_range() {
        assert_eq!("3".parse(), Ok(FdNumber::FIRST));
        assert_eq!("2147483647".parse::<FdNumber>().unwrap().plus(1), None);
        for bad in ["", "-1", "+3", " 3", "2147483648", "0x3"] {
            assert_eq!(bad.parse::<FdNumber>(), Err(BadFdNumber), "{bad:?}");
        }
    }
}
