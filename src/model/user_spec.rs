//! Who a command is to be: `USER` or `USER:GROUP`, and nothing that other programs take for root.

use std::fmt;
use std::str::FromStr;

use super::account::{Account, BadAccount};

/// A user, and perhaps a group, by name or by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSpec {
    /// Who.
    pub user: Account,
    /// `None`: the one of the user's entry.
    pub group: Option<Account>,
}

impl fmt::Display for UserSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.user.fmt(f)?;
        match &self.group {
            Some(group) => write!(f, ":{group}"),
            None => Ok(()),
        }
    }
}

/// Why a text names no user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUserSpec {
    /// Nothing, or nothing in front of the colon. Other programs take that for root.
    #[error("it names no user; write USER or USER:GROUP")]
    NoUser,
    /// Nothing behind the colon.
    #[error("no group stands after the colon; write USER or USER:GROUP")]
    NoGroup,
    /// More than one colon.
    #[error("there is more than one colon; write USER or USER:GROUP")]
    Colons,
    /// What is no user or no group.
    #[error(transparent)]
    Account(#[from] BadAccount),
}

impl FromStr for UserSpec {
    type Err = BadUserSpec;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (user, group) = match text.split_once(':') {
            None => (text, None),
            Some((_, group)) if group.contains(':') => return Err(BadUserSpec::Colons),
            Some((user, group)) => (user, Some(group)),
        };
        match (user, group) {
            ("", _) => Err(BadUserSpec::NoUser),
            (_, Some("")) => Err(BadUserSpec::NoGroup),
            (user, group) => Ok(UserSpec {
                user: user.parse()?,
                group: group.map(str::parse).transpose()?,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Account, Option<Account>), BadUserSpec> {
        let spec: UserSpec = text.parse()?;
        assert_eq!(spec.to_string(), text);
        Ok((spec.user, spec.group))
    }

    #[test]
    fn names_and_numbers() {
        let name = |text: &str| Account::Name(text.to_owned());
        assert_eq!(read("app"), Ok((name("app"), None)));
        assert_eq!(read("0day"), Ok((name("0day"), None)));
        assert_eq!(read("0"), Ok((Account::Number(0), None)));
        assert_eq!(read("7:app"), Ok((Account::Number(7), Some(name("app")))));
        assert_eq!(read("app:7"), Ok((name("app"), Some(Account::Number(7)))));
        assert_eq!(read("CORP\\joe"), Ok((name("CORP\\joe"), None)));
    }

    #[test]
    fn what_other_programs_take_for_root_is_refused() {
        use BadUserSpec::{Account, Colons, NoGroup, NoUser};
        for (bad, why) in [
            ("", NoUser),
            (":", NoUser),
            (":root", NoUser),
            ("app:", NoGroup),
            ("::", Colons),
            ("app:app:app", Colons),
            (
                "4294967296",
                Account(BadAccount::Number(super::super::ids::BadId)),
            ),
            (" ", Account(BadAccount::Name)),
            ("-1", Account(BadAccount::Name)),
        ] {
            assert_eq!(bad.parse::<UserSpec>(), Err(why), "{bad:?}");
        }
    }
}
