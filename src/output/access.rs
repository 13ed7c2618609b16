//! Words about access that more than one format uses: what decided, and the lines to paste.

mod notes;

pub(super) use notes::notes;

pub(super) use crate::access::rwx;
use crate::access::{self, Answer, By, Change, Fix, Report, Spot};
use crate::model::shell::quote;
use crate::model::{Gid, Names, Node, Trail, Uid};

/// Names of users and groups, by number where there is none. Not escaped.
pub(super) struct Called<'a>(pub(super) &'a dyn Names);

impl Called<'_> {
    pub(super) fn user(&self, uid: Uid) -> String {
        self.0.user_name(uid).unwrap_or_else(|| uid.to_string())
    }

    pub(super) fn group(&self, gid: Gid) -> String {
        self.0.group_name(gid).unwrap_or_else(|| gid.to_string())
    }

    /// `user:group` of an inode; `?` for an id that is none.
    pub(super) fn owner(&self, node: &Node) -> String {
        let user = node
            .uid
            .map_or_else(|| "?".to_owned(), |uid| self.user(uid));
        let group = node
            .gid
            .map_or_else(|| "?".to_owned(), |gid| self.group(gid));
        format!("{user}:{group}")
    }

    /// What decided a step: `group www-data: rw-`.
    pub(super) fn by(&self, by: By) -> String {
        access::called(by, self.0)
    }

    /// The lines that make a change.
    pub(super) fn commands(&self, fix: &Fix, answer: &Answer, trail: &Trail) -> Vec<String> {
        let user = asked(answer);
        // The path is that of the process.
        let root = match (answer.pid, &answer.elsewhere) {
            (Some(pid), Some(_)) => format!("/proc/{pid}/root"),
            _ => String::new(),
        };
        let changes = fix.changes.iter();
        changes
            .map(|change| self.command(*change, &user, trail, &root))
            .collect()
    }

    fn command(&self, change: Change, user: &str, trail: &Trail, root: &str) -> String {
        let word = |text: &str| quote(text.as_bytes());
        let path = |spot| {
            let node = match spot {
                Spot::Directory(number) => trail.way.directory(number),
                Spot::Socket => &trail.socket,
            };
            let path = node.path.as_os_str().as_encoded_bytes();
            quote(&[root.as_bytes(), path].concat())
        };
        // sockctl does not follow the links of other people's processes.
        let (chmod, chown) = if root.is_empty() {
            ("sockctl chmod", "sockctl chown")
        } else {
            ("chmod", "chown -h")
        };
        // One of its names may be that of somebody else: whoever pastes this has been told.
        let is_asked = trail.socket.links > 1 && root.is_empty();
        let insists = if is_asked { "--force " } else { "" };
        match change {
            Change::Join(gid) => {
                let group = access::unmistakable(self.group(gid), &gid);
                format!("usermod -aG {} {}", word(&group), word(user))
            }
            Change::Leave(gid) => {
                format!("gpasswd -d {} {}", word(user), word(&self.group(gid)))
            }
            Change::Entry {
                spot,
                uid,
                bits,
                mask,
            } => {
                let user = access::unmistakable(user.to_owned(), &uid);
                let entry = format!("u:{user}:{},m::{}", rwx(bits), rwx(mask));
                format!("setfacl -m {} {}", word(&entry), path(spot))
            }
            Change::Mode { spot, mode } => match spot {
                Spot::Socket => format!("{chmod} {insists}{mode} {}", path(spot)),
                Spot::Directory(_) => format!("chmod {mode} {}", path(spot)),
            },
            Change::Owner { spot, uid } => {
                let user = word(&self.user(uid));
                match spot {
                    Spot::Socket => format!("{chown} {insists}{user} {}", path(spot)),
                    Spot::Directory(_) => format!("chown {user} {}", path(spot)),
                }
            }
            Change::Group { spot, gid } => {
                let group = word(&self.group(gid));
                match spot {
                    Spot::Socket => format!("{chown} {insists}:{group} {}", path(spot)),
                    Spot::Directory(_) => format!("chgrp {group} {}", path(spot)),
                }
            }
        }
    }

    /// Who may replace the path after it, and could not before; the one asked about comes first.
    pub(super) fn replacing(&self, fix: &Fix, report: &Report, answer: &Answer) -> Vec<String> {
        let asked = (fix.replaces && !answer.replace).then(|| asked(answer));
        let everyone = fix.lets_replace.everyone.then(|| "everyone".to_owned());
        let others = self.people(report, &fix.lets_replace.users);
        asked.into_iter().chain(everyone).chain(others).collect()
    }

    /// What some of the people are called.
    pub(super) fn people(&self, report: &Report, indices: &[usize]) -> Vec<String> {
        let name = |&index: &usize| {
            let person = &report.people.all[index];
            let name = person.name.clone();
            name.unwrap_or_else(|| self.user(person.subject.uid))
        };
        indices.iter().map(name).collect()
    }

    /// What some groups are called.
    pub(super) fn groups(&self, gids: &[Gid]) -> Vec<String> {
        gids.iter().map(|&gid| self.group(gid)).collect()
    }
}

/// The name of the one asked about, else the number.
fn asked(answer: &Answer) -> String {
    let name = answer.user.clone();
    name.unwrap_or_else(|| answer.subject.uid.to_string())
}

#[cfg(test)]
mod tests;
