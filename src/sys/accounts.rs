//! All users and groups that the name services list: getpwent_r(3), getgrent_r(3).

#![allow(unsafe_code)]

use std::io;
use std::sync::{Mutex, PoisonError};

use super::nss::{Entry, group_entry, next_entry, user_entry};
use super::{errno, users};
use crate::model::{Accounts, Gid, Group, Lookup, Subject, Uid, User};

/// The place in the lists belongs to the whole process.
static LISTING: Mutex<()> = Mutex::new(());

/// Services that list all they know (nsswitch.conf(5)). Others may know more than they list, or
/// list nothing at all.
const LISTED: [&str; 7] = [
    "files",
    "compat",
    "db",
    "systemd",
    "altfiles",
    "extrausers",
    "mymachines",
];

/// Lists everybody.
///
/// What failed, and a service that need not list all it knows, makes the list incomplete.
pub fn list() -> Accounts {
    let _alone = LISTING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut incomplete = unlisted_service();
    let mut note = |what: &str, outcome: io::Result<()>| {
        if let Err(error) = outcome {
            let why = format!(
                "the {what} cannot all be listed: {}",
                errno::describe(&error)
            );
            incomplete.get_or_insert(why);
        }
    };
    let mut users = Vec::new();
    note("users", each_user(|entry| users.extend(user(entry))));
    let mut groups = Vec::new();
    note("groups", each_group(|entry| groups.extend(group(entry))));
    Accounts {
        users,
        groups,
        incomplete,
    }
}

/// A user as they log in, by name, or by number where nobody has that name: with all groups that
/// any service puts them into. A number without an entry has no group.
pub fn log_in(word: &str) -> Lookup<(Option<String>, Subject)> {
    let number = word.parse::<Uid>().ok();
    let found = match (users::by_name(word), number) {
        (Lookup::Unknown, Some(number)) => users::by_uid(number),
        (found, _) => found,
    };
    match (found, number) {
        (Lookup::Found(entry), _) => match users::groups_of(&entry, entry.gid) {
            Ok(gids) => {
                let subject = Subject::user(entry.uid, gids);
                Lookup::Found((entry.name.into_string().ok(), subject))
            }
            Err(why) => Lookup::Failed(why),
        },
        (Lookup::Unknown, Some(number)) => Lookup::Found((None, Subject::user(number, []))),
        (Lookup::Unknown, None) => Lookup::Unknown,
        (Lookup::Failed(why), _) => Lookup::Failed(why),
    }
}

fn each_user(each: impl FnMut(Entry)) -> io::Result<()> {
    // SAFETY: the lock of `list` keeps all others from these calls.
    unsafe { libc::setpwent() };
    let outcome = next_entry(user_entry, each, |entry, buffer, length, found| {
        // SAFETY: all pointers are valid for the call, and `length` is that of the buffer.
        unsafe { libc::getpwent_r(entry, buffer, length, found) }
    });
    // SAFETY: as for setpwent.
    unsafe { libc::endpwent() };
    outcome
}

fn each_group(each: impl FnMut(Entry)) -> io::Result<()> {
    // SAFETY: as for setpwent.
    unsafe { libc::setgrent() };
    let outcome = next_entry(group_entry, each, |entry, buffer, length, found| {
        // SAFETY: as for getpwent_r.
        unsafe { libc::getgrent_r(entry, buffer, length, found) }
    });
    // SAFETY: as for setpwent.
    unsafe { libc::endgrent() };
    outcome
}

/// Names that are no text cannot be shown or given to any command.
fn user(entry: Entry) -> Option<User> {
    Some(User {
        name: String::from_utf8(entry.name).ok()?,
        uid: Uid::new(entry.id)?,
        gid: Gid::new(entry.gid)?,
    })
}

fn group(entry: Entry) -> Option<Group> {
    let members = entry.members.into_iter();
    Some(Group {
        name: String::from_utf8(entry.name).ok()?,
        gid: Gid::new(entry.id)?,
        members: members
            .filter_map(|name| String::from_utf8(name).ok())
            .collect(),
    })
}

fn unlisted_service() -> Option<String> {
    // Without the file the C library asks the files, and on some hosts a service of its own.
    let text = match std::fs::read_to_string("/etc/nsswitch.conf") {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => return Some(format!("/etc/nsswitch.conf: {}", errno::describe(&error))),
    };
    unlisted_in(&text).map(|service| {
        format!("the service {service} of /etc/nsswitch.conf need not list all that it knows")
    })
}

/// The first service for users or groups of nsswitch.conf(5) that need not list all it knows.
fn unlisted_in(text: &str) -> Option<&str> {
    let lines = text.lines().filter_map(|line| {
        let (database, services) = line.split('#').next()?.split_once(':')?;
        let asked = [
            "passwd",
            "group",
            "initgroups",
            "passwd_compat",
            "group_compat",
        ];
        asked.contains(&database.trim()).then_some(services)
    });
    lines
        .flat_map(str::split_ascii_whitespace)
        .filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()))
        // What stands in brackets may have several words, each with an `=`.
        .find(|word| !word.contains('=') && !LISTED.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_listed_and_logs_in() {
        let accounts = list();
        let root = accounts.users.iter().find(|user| user.name == "root");
        assert_eq!(root.unwrap().uid, Uid::ROOT);
        assert!(accounts.groups.iter().any(|group| group.gid == Gid::ROOT));
        assert_eq!(list(), accounts);
        for word in ["root", "0"] {
            let Lookup::Found((name, subject)) = log_in(word) else {
                panic!("{word}");
            };
            assert_eq!(name.as_deref(), Some("root"));
            assert!(subject.is_in(Gid::ROOT) && subject.capabilities.dac_override);
        }
    }

    #[test]
    fn what_nobody_is_called_is_a_number_or_unknown() {
        for word in ["no-such-user-here", "", "007", "-1", "4294967295", "a\0b"] {
            assert_eq!(log_in(word), Lookup::Unknown, "{word:?}");
        }
        let number = Subject::user(Uid::new(3_999_999_999).unwrap(), []);
        assert_eq!(log_in("3999999999"), Lookup::Found((None, number)));
    }

    #[test]
    fn services_that_keep_their_users_to_themselves_are_named() {
        let found = |text: &str| unlisted_in(text).map(str::to_owned);
        assert_eq!(
            found("passwd: files systemd\ngroup: files [SUCCESS=merge] systemd\n"),
            None
        );
        assert_eq!(found("passwd: files sss # ldap\n").as_deref(), Some("sss"));
        assert_eq!(found("group:\tcompat  ldap\n").as_deref(), Some("ldap"));
        assert_eq!(found("hosts: files dns\n# passwd: ldap\n"), None);
        assert_eq!(
            found("passwd: files [NOTFOUND=return UNAVAIL=continue] db\n"),
            None
        );
    }
}
