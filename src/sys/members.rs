//! Who is in which group: getgrgid_r(3), getgrouplist(3), and /etc/passwd, which lists whose
//! primary group a group is. No directory service is asked for all that it knows.
//!
//! One question reads /etc/group as a whole, so ten thousand of them take many seconds. Where all
//! services list all they know, many questions are answered from the lists, read once.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::sync::OnceLock;

use super::nss::{Entry, group_by_id};
use super::users::UserEntry;
use super::{accounts, errno, users};
use crate::model::{Gid, Lookup, Uid};

/// The users of this host's own file, passwd(5), read once.
#[derive(Debug, Default)]
pub(super) struct Passwd(OnceLock<File>);

#[derive(Debug, Default)]
struct File {
    by_name: HashMap<Vec<u8>, Uid>,
    by_group: HashMap<Gid, Vec<Uid>>,
    /// In the order of the file; nearly everybody has one.
    names: HashMap<Uid, Vec<Vec<u8>>>,
}

impl Passwd {
    fn file(&self) -> &File {
        self.0
            .get_or_init(|| File::parse(&fs::read("/etc/passwd").unwrap_or_default()))
    }

    /// Everybody in that group, in ascending order. Those of a directory service whose primary
    /// group it is are only found where they are called as the group is, or have its number.
    pub(super) fn members(&self, gid: Gid) -> Lookup<Vec<Uid>> {
        let entry = match group_by_id(gid.as_raw()) {
            Ok(entry) => entry,
            Err(error) => return Lookup::Failed(errno::describe(&error)),
        };
        let file = self.file();
        let primary = file.by_group.get(&gid).into_iter().flatten();
        let mut uids: BTreeSet<Uid> = primary.copied().collect();
        let Some(entry) = entry else {
            return if uids.is_empty() {
                Lookup::Unknown
            } else {
                Lookup::Found(uids.into_iter().collect())
            };
        };
        if let Err(why) = self.add_listed(&entry, &mut uids) {
            return Lookup::Failed(why);
        }
        let its_own = String::from_utf8(entry.name).ok();
        let its_own = its_own.map(|name| users::by_name(&name));
        let of_number = Uid::new(gid.as_raw()).map(users::by_uid);
        for found in [its_own, of_number].into_iter().flatten() {
            if let Lookup::Found(user) = found
                && user.gid == gid
            {
                uids.insert(user.uid);
            }
        }
        Lookup::Found(uids.into_iter().collect())
    }

    fn add_listed(&self, entry: &Entry, uids: &mut BTreeSet<Uid>) -> Result<(), String> {
        for name in &entry.members {
            if let Some(uid) = self.file().by_name.get(name) {
                uids.insert(*uid);
                continue;
            }
            // A name that is no text is nobody's who logs in.
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            match users::by_name(name) {
                Lookup::Found(user) => drop(uids.insert(user.uid)),
                Lookup::Unknown => {}
                Lookup::Failed(why) => return Err(format!("{name}: {why}")),
            }
        }
        Ok(())
    }
}

/// So many users are asked for one by one before everybody is listed.
const ONE_BY_ONE: usize = 64;

/// In which groups each user of the lists is; read once, and only where they tell all.
#[derive(Debug, Default)]
pub(super) struct Listed(OnceLock<HashMap<Uid, Vec<Gid>>>);

impl Listed {
    /// The groups of a user as they log in, when so many were asked for before; none for a number
    /// without an entry. Of whom the lists do not know, the name services are asked.
    ///
    /// Who has several names may log in by each of them: the groups are those of all.
    pub(super) fn groups_of(&self, uid: Uid, before: usize, passwd: &Passwd) -> Lookup<Vec<Gid>> {
        let lists = (before >= ONE_BY_ONE).then(|| self.0.get_or_init(read));
        match lists.and_then(|lists| lists.get(&uid)) {
            Some(gids) => Lookup::Found(gids.clone()),
            None => groups_of(uid, passwd),
        }
    }
}

fn read() -> HashMap<Uid, Vec<Gid>> {
    let accounts = accounts::list();
    let mut groups = HashMap::new();
    if accounts.incomplete.is_none() {
        for subject in accounts.subjects() {
            let known: &mut Vec<Gid> = groups.entry(subject.uid).or_default();
            known.extend(subject.gids);
            known.sort_unstable();
            known.dedup();
        }
    }
    groups
}

fn groups_of(uid: Uid, passwd: &Passwd) -> Lookup<Vec<Gid>> {
    let mut gids = match as_logged_in(users::by_uid(uid)) {
        Lookup::Found(gids) => gids,
        other => return other,
    };
    let names = passwd.file().names.get(&uid).map(Vec::as_slice);
    let texts = names.filter(|names| names.len() > 1).into_iter().flatten();
    for name in texts.filter_map(|name| std::str::from_utf8(name).ok()) {
        match as_logged_in(users::by_name(name)) {
            Lookup::Found(more) => gids.extend(more),
            Lookup::Unknown => {}
            failed @ Lookup::Failed(_) => return failed,
        }
    }
    gids.sort_unstable();
    gids.dedup();
    Lookup::Found(gids)
}

/// None where there is no such entry.
fn as_logged_in(found: Lookup<UserEntry>) -> Lookup<Vec<Gid>> {
    match found {
        Lookup::Found(user) => match users::groups_of(&user, user.gid) {
            Ok(gids) => Lookup::Found(gids),
            Err(why) => Lookup::Failed(why),
        },
        Lookup::Unknown => Lookup::Found(Vec::new()),
        Lookup::Failed(why) => Lookup::Failed(why),
    }
}

impl File {
    /// `name:password:uid:gid:...`; lines that are none are left out, as the C library does.
    fn parse(text: &[u8]) -> File {
        let mut file = File::default();
        for line in text.split(|&byte| byte == b'\n') {
            let mut fields = line.split(|&byte| byte == b':');
            let (Some(name), Some(_), Some(uid), Some(gid)) =
                (fields.next(), fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<u32>().ok();
            let (Some(uid), Some(gid)) = (
                number(uid).and_then(Uid::new),
                number(gid).and_then(Gid::new),
            ) else {
                continue;
            };
            if name.is_empty() || matches!(name[0], b'#' | b'+' | b'-') {
                continue;
            }
            // The first of a name counts.
            if !file.by_name.contains_key(name) {
                file.by_name.insert(name.to_vec(), uid);
                file.names.entry(uid).or_default().push(name.to_vec());
            }
            file.by_group.entry(gid).or_default().push(uid);
        }
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_users_are_left_out() {
        let file = File::parse(
            b"root:x:0:0:root:/root:/bin/sh\n# a:x:1:0\n+nis:x:1:0\nb:x:2\nc:x:-1:0:\nd:x:4:0\nd:x:5:7\n\n",
        );
        let gid = |raw| Gid::new(raw).unwrap();
        let uid = |raw| Uid::new(raw).unwrap();
        assert_eq!(file.by_group[&gid(0)], [uid(0), uid(4)]);
        assert_eq!(file.by_name[b"d".as_slice()], uid(4));
        assert_eq!(file.by_name.len(), 2);
    }

    #[test]
    fn root_is_in_its_own_group_and_both_ways_agree() {
        let passwd = Passwd::default();
        let Lookup::Found(members) = passwd.members(Gid::ROOT) else {
            panic!("no group 0");
        };
        assert!(members.contains(&Uid::ROOT));
        for uid in members {
            let Lookup::Found(groups) = groups_of(uid, &passwd) else {
                panic!("{uid}");
            };
            assert!(groups.contains(&Gid::ROOT), "{uid}");
        }
        let nobody = Uid::new(3_999_999_999).unwrap();
        assert_eq!(groups_of(nobody, &passwd), Lookup::Found(Vec::new()));
        let nothing = Gid::new(3_999_999_999).unwrap();
        assert_eq!(passwd.members(nothing), Lookup::Unknown);
    }

    #[test]
    fn the_lists_say_what_the_services_say_of_each() {
        let (listed, passwd) = (Listed::default(), Passwd::default());
        let all = read();
        assert!(all.contains_key(&Uid::ROOT));
        let nobody = Uid::new(3_999_999_999).unwrap();
        for uid in all.into_keys().chain([nobody]) {
            let by_list = listed.groups_of(uid, ONE_BY_ONE, &passwd);
            assert_eq!(by_list, groups_of(uid, &passwd), "{uid}");
        }
    }
}
