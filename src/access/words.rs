//! What decides, in words.

use super::class::{By, Class};
use super::trail::Swap;
use crate::model::{Gid, Mode, Names, Node, Subject, Uid};

/// What decided a step: `group www-data: rw-`. Names that are not to be had are numbers.
pub fn called(by: By, names: &dyn Names) -> String {
    let user = |uid: Uid| names.user_name(uid).unwrap_or_else(|| uid.to_string());
    let group = |gid: Gid| names.group_name(gid).unwrap_or_else(|| gid.to_string());
    let grant = match by {
        By::Class(grant) => grant,
        By::Capability(name) => return name.to_owned(),
        By::Immutable => return "immutable (chattr +i)".to_owned(),
        By::AppendOnly => return "append only (chattr +a)".to_owned(),
        By::ReadOnly => return "read-only mount".to_owned(),
        By::MountPoint => return "mount point".to_owned(),
        By::Sticky => return "sticky bit".to_owned(),
        By::ProtectedLink => return "fs.protected_symlinks".to_owned(),
        By::Nobody => return "an owner or group that is no id".to_owned(),
        By::Nothing => return "nothing speaks against it".to_owned(),
    };
    let class = match grant.class {
        Class::Owner => "owner".to_owned(),
        Class::User(uid) => format!("ACL entry of user {}", user(uid)),
        Class::OwningGroup(gid) => format!("group {}", group(gid)),
        Class::Group(gid) => format!("ACL entry of group {}", group(gid)),
        Class::Others => "others".to_owned(),
    };
    match grant.mask {
        Some(mask) if grant.bits & !mask != 0 => {
            format!("{class}: {}, mask {}", rwx(grant.bits), rwx(mask))
        }
        _ => format!("{class}: {}", rwx(grant.bits)),
    }
}

/// What lets somebody put something else in the place of a name: `others: rwx, and it is theirs`.
pub fn swapped(swap: &Swap<'_>, subject: &Subject, names: &dyn Names) -> String {
    let by = called(swap.verdict.by, names);
    let is_sticky = swap.directory.mode.bits() & 0o1000 != 0;
    let owns = |node: &Node| node.uid == Some(subject.uid);
    if is_sticky && owns(swap.node) && !owns(swap.directory) {
        return format!("{by}, and it is theirs");
    }
    by
}

/// A name that setfacl(1) and usermod(8) cannot take for anything else, else the number: setfacl
/// reads `0x21` as 33, and a backslash as the beginning of an octal byte.
pub fn unmistakable(name: String, number: &impl ToString) -> String {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if begins && name.bytes().all(is_word) {
        return name;
    }
    number.to_string()
}

/// One digit of a mode: `rw-`.
pub fn rwx(bits: u16) -> String {
    Mode::from_st_mode(u32::from(bits)).to_ls('-')[7..].to_owned()
}
