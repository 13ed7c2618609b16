//! What surprises, in sentences. Not escaped.

use super::{Called, rwx};
use crate::access::{self, Note, Report, Whose};
use crate::model::Names;

/// One sentence each, without a full stop.
pub(in crate::output) fn notes(report: &Report, names: &dyn Names) -> Vec<String> {
    let notes = access::notes(&report.trail, &report.connect.who, &report.replace.who);
    let called = Called(names);
    let notes = notes.iter().map(|note| sentence(note, report, &called));
    let stale = report.is_stale.then(|| {
        "nobody is bound to it now (it is stale): who may connect is refused all the same"
            .to_owned()
    });
    stale.into_iter().chain(notes).collect()
}

fn sentence(note: &Note<'_>, report: &Report, called: &Called<'_>) -> String {
    match note {
        Note::Sleeping { path, whose, bits } => format!(
            "the ACL of {} has {} for {}, which its mask holds back: the next chmod that gives \
             the group w lets them in",
            path.display(),
            rwx(*bits),
            whose_word(*whose, called)
        ),
        Note::Unasked { path } => format!(
            "the mode of {} gives the group nothing, and then the kernel does not ask the ACL: \
             whom it names has what others have",
            path.display()
        ),
        Note::ShutOut { path, whose } => format!(
            "others may write to {}, and {} may not: the first class that fits decides",
            path.display(),
            whose_word(*whose, called)
        ),
        Note::ReplacesOnly { everyone: true, .. } => {
            "everyone who cannot connect can put a socket of their own in its place".to_owned()
        }
        Note::ReplacesOnly { users, groups, .. } => {
            let users = called.people(report, users);
            let groups = called.groups(groups);
            let groups = groups.iter().map(|group| format!("group {group}"));
            let all: Vec<String> = users.into_iter().chain(groups).collect();
            format!(
                "cannot connect, and can put a socket of their own in its place: {}",
                all.join(", ")
            )
        }
        Note::OtherNames { path, names } => format!(
            "{} has {names} names (hard links), and another one may be easier to come to",
            path.display()
        ),
        Note::ReadOnlyMount { path } => format!(
            "the mount of {} is read-only here: who may replace it is another question where its \
             file system is mounted otherwise",
            path.display()
        ),
        Note::MountPoint { path } => format!(
            "{} is a mount point, which keeps its name here alone: whoever may write to the \
             directory it is in can rename it from a mount namespace of their own",
            path.display()
        ),
        Note::OwnerCould { path, uid } => format!(
            "{} owns {} and can change its mode at any time",
            called.user(*uid),
            path.display()
        ),
    }
}

fn whose_word(whose: Whose, called: &Called<'_>) -> String {
    match whose {
        Whose::User(uid) => format!("user {}", called.user(uid)),
        Whose::Group(gid) => format!("group {}", called.group(gid)),
    }
}
