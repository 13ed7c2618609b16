//! Users and groups by number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($name:ident, $what:literal) => {
        #[doc = concat!("The number of a ", $what, ". Never 4294967295, which the kernel takes for \"no change\".")]
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(u32);

        impl $name {
            #[doc = concat!("The ", $what, " root.")]
            pub const ROOT: $name = $name(0);

            /// `None` for 4294967295, which is no id.
            pub const fn new(raw: u32) -> Option<$name> {
                if raw == u32::MAX { None } else { Some($name(raw)) }
            }

            /// The number that the kernel uses.
            pub const fn as_raw(self) -> u32 {
                self.0
            }

            /// Whether it is root's.
            pub const fn is_root(self) -> bool {
                self.0 == 0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse_id(text).map($name)
            }
        }
    };
}

id!(Uid, "user");
id!(Gid, "group");

/// The text is not exactly a number from 0 to 4294967294: no sign, no blank, no leading zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is a number from 0 to 4294967294, without signs, blanks or leading zeros")]
pub struct BadId;

fn parse_id(text: &str) -> Result<u32, BadId> {
    let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if !digits_only || leading_zero {
        return Err(BadId);
    }
    match text.parse::<u32>() {
        Ok(raw) if raw != u32::MAX => Ok(raw),
        _ => Err(BadId),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_numbers_in_range_are_ids() {
        assert_eq!("0".parse(), Ok(Uid::ROOT));
        assert_eq!(
            "4294967294".parse::<Uid>().map(Uid::as_raw),
            Ok(4_294_967_294)
        );
        for bad in [
            "",
            " ",
            " 5",
            "5 ",
            "+5",
            "-1",
            "007",
            "0x5",
            "4294967295",
            "4294967296",
            "٣",
        ] {
            assert_eq!(bad.parse::<Gid>(), Err(BadId), "{bad:?}");
        }
    }
}
