//! The users and groups of a host, listed.

use std::collections::HashMap;

use super::{Gid, Subject, Uid};

/// An entry of the user database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The login name.
    pub name: String,
    /// Its number; two names may have the same.
    pub uid: Uid,
    /// The primary group.
    pub gid: Gid,
}

/// An entry of the group database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its number.
    pub gid: Gid,
    /// Its members; those whose primary group it is need not be among them.
    pub members: Vec<String>,
}

/// Everybody that the name services list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// In the order of the databases.
    pub users: Vec<User>,
    /// In the order of the databases.
    pub groups: Vec<Group>,
    /// Why there may be more of them; `None` where these are all.
    pub incomplete: Option<String>,
}

impl Accounts {
    /// Each user as they log in: with the primary group and all others.
    pub fn subjects(&self) -> Vec<Subject> {
        let mut groups_of: HashMap<&str, Vec<Gid>> = HashMap::new();
        for group in &self.groups {
            for member in &group.members {
                groups_of.entry(member).or_default().push(group.gid);
            }
        }
        let gids_of = |user: &User| {
            let others = groups_of.get(user.name.as_str()).into_iter().flatten();
            others.copied().chain([user.gid]).collect::<Vec<_>>()
        };
        let users = self.users.iter();
        users
            .map(|user| Subject::user(user.uid, gids_of(user)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_primary_group_counts_as_the_others_do() {
        let uid = |raw| Uid::new(raw).unwrap();
        let gid = |raw| Gid::new(raw).unwrap();
        let user = |name: &str, number| User {
            name: name.to_owned(),
            uid: uid(number),
            gid: gid(7),
        };
        let accounts = Accounts {
            users: vec![user("root", 0), user("a", 1)],
            groups: vec![Group {
                name: "web".to_owned(),
                gid: gid(3),
                members: vec!["a".to_owned(), "gone".to_owned()],
            }],
            incomplete: None,
        };
        let subjects = accounts.subjects();
        assert_eq!(subjects[0].gids, [gid(7)]);
        assert!(subjects[0].capabilities.dac_override);
        assert_eq!(subjects[1].gids, [gid(3), gid(7)]);
        assert!(!subjects[1].capabilities.dac_override);
    }
}
