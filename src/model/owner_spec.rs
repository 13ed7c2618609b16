//! What `chown` is told: `USER`, `USER:GROUP` or `:GROUP`, and nothing that is only nearly so.

use std::fmt;
use std::str::FromStr;

use super::account::{Account, BadAccount, Unresolved};
use super::host::Names;
use super::ids::{Gid, Uid};

/// A user, a group, or both, by name or by number. What is not named stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerSpec {
    user: Option<Account>,
    group: Option<Account>,
}

/// A user, a group, or both, by number. At least one is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ownership {
    /// `None`: it stays as it is.
    pub uid: Option<Uid>,
    /// `None`: it stays as it is.
    pub gid: Option<Gid>,
}

impl OwnerSpec {
    /// Whether a user is named.
    pub const fn has_user(&self) -> bool {
        self.user.is_some()
    }

    /// Whether a group is named.
    pub const fn has_group(&self) -> bool {
        self.group.is_some()
    }

    /// Looks the names up. Numbers need no entry.
    pub fn resolve(&self, names: &dyn Names) -> Result<Ownership, Unresolved> {
        let uid = self.user.as_ref().map(|user| user.uid(names));
        let gid = self.group.as_ref().map(|group| group.gid(names));
        Ok(Ownership {
            uid: uid.transpose()?,
            gid: gid.transpose()?,
        })
    }
}

impl fmt::Display for OwnerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            user.fmt(f)?;
        }
        if let Some(group) = &self.group {
            write!(f, ":{group}")?;
        }
        Ok(())
    }
}

/// Why a text names neither a user nor a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadOwnerSpec {
    /// Nothing, or a colon alone. Other programs take that for root, or for "no change".
    #[error("it names nobody; write USER, USER:GROUP or :GROUP")]
    Nobody,
    /// `USER:`, which some programs take for the user's own group and others for nothing.
    #[error("no group stands after the colon; write USER or USER:GROUP")]
    NoGroup,
    /// More than one colon.
    #[error("there is more than one colon; write USER, USER:GROUP or :GROUP")]
    Colons,
    /// What is no user or no group.
    #[error(transparent)]
    Account(#[from] BadAccount),
}

impl FromStr for OwnerSpec {
    type Err = BadOwnerSpec;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (user, group) = match text.split_once(':') {
            None => (text, None),
            Some((_, group)) if group.contains(':') => return Err(BadOwnerSpec::Colons),
            Some((user, group)) => (user, Some(group)),
        };
        match (user, group) {
            ("", None | Some("")) => return Err(BadOwnerSpec::Nobody),
            (_, Some("")) => return Err(BadOwnerSpec::NoGroup),
            _ => {}
        }
        let user = (!user.is_empty()).then(|| user.parse()).transpose()?;
        let group = group.map(str::parse).transpose()?;
        Ok(OwnerSpec { user, group })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Lookup;

    struct Table;

    impl Names for Table {
        fn user_id(&self, name: &str) -> Lookup<Uid> {
            match name {
                "app" => "1000".parse().map_or(Lookup::Unknown, Lookup::Found),
                "0day" => "1001".parse().map_or(Lookup::Unknown, Lookup::Found),
                "slow" => Lookup::Failed("timed out".to_owned()),
                _ => Lookup::Unknown,
            }
        }

        fn group_id(&self, name: &str) -> Lookup<Gid> {
            match name {
                "domain users" => "2000".parse().map_or(Lookup::Unknown, Lookup::Found),
                // A trap: digits are never looked up.
                "77" => "0".parse().map_or(Lookup::Unknown, Lookup::Found),
                _ => Lookup::Unknown,
            }
        }

        fn user_name(&self, _: Uid) -> Option<String> {
            None
        }

        fn group_name(&self, _: Gid) -> Option<String> {
            None
        }
    }

    fn resolved(text: &str) -> Result<(Option<u32>, Option<u32>), Unresolved> {
        let spec: OwnerSpec = text.parse().unwrap();
        assert_eq!(spec.to_string(), text);
        let owner = spec.resolve(&Table)?;
        Ok((owner.uid.map(Uid::as_raw), owner.gid.map(Gid::as_raw)))
    }

    #[test]
    fn users_groups_names_and_numbers() {
        assert_eq!(resolved("app"), Ok((Some(1000), None)));
        assert_eq!(resolved("app:77"), Ok((Some(1000), Some(77))));
        assert_eq!(resolved(":domain users"), Ok((None, Some(2000))));
        assert_eq!(resolved("0:4294967294"), Ok((Some(0), Some(4_294_967_294))));
        assert_eq!(resolved("0day"), Ok((Some(1001), None)));
    }

    #[test]
    fn unknown_and_unanswered_are_two_things() {
        let unknown = resolved("nobody-here").unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "there is no user \"nobody-here\" on this host"
        );
        assert!(matches!(resolved("slow"), Err(Unresolved::Failed { .. })));
        assert!(matches!(
            resolved("app:ghosts"),
            Err(Unresolved::Unknown { what: "group", .. })
        ));
    }

    #[test]
    fn what_is_not_exactly_a_name_or_a_number_is_refused() {
        for bad in [
            "",
            ":",
            "app:",
            "::",
            "a:b:c",
            " 5",
            "5 ",
            "+5",
            "-1",
            "007",
            "4294967295",
            "4294967296",
            "app: 5",
            ":+5",
            "app:-1",
            ":007",
            "app:4294967296",
            "a\nb",
            "a/b",
            " app",
            "app ",
            "99999999999999999999",
            "\u{a0}app",
        ] {
            assert!(bad.parse::<OwnerSpec>().is_err(), "{bad:?}");
        }
    }
}
