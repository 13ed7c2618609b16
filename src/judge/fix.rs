//! The line to paste: the one place where commands that mend a finding are put together.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::access::{Closing, Opening};
use crate::access::rwx;
use crate::model::{Mode, Names, Ownership, shell};
use crate::policy::{Owner, Who};

/// Gives a socket file exactly this mode.
pub(super) fn chmod(mode: Mode, path: &Path) -> String {
    line("sockctl chmod", mode.to_string().as_bytes(), path)
}

/// The bits that are allowed. With no bit left for the group, which is the mask where there is an ACL,
/// the kernel does not ask that any more: whom an entry kept out has then what others have, which is
/// nothing.
pub(super) fn narrowed(mode: Mode, allowed: Mode, has_acl: bool) -> Mode {
    const GROUP: u16 = 0o070;
    let others = Mode::from_st_mode(0o007);
    let both = mode.common(allowed);
    if has_acl && mode.bits() & GROUP != 0 && both.bits() & GROUP == 0 {
        return both.beyond(others);
    }
    both
}

/// Gives a directory exactly this mode. GNU chmod leaves the set-id bits of a directory alone
/// unless five digits are given.
pub(super) fn chmod_directory(mode: Mode, path: &Path) -> String {
    line("chmod", format!("0{mode}").as_bytes(), path)
}

/// Gives a socket file of owner `now` to the one of the list that can be had.
pub(super) fn chown(
    owner: &Owner,
    now: Ownership,
    names: &dyn Names,
    path: &Path,
) -> Option<String> {
    let to = chown_operand(owner, now, names)?;
    Some(line("sockctl chown", to.as_bytes(), path))
}

/// The same for a directory. `-h`: a link that somebody puts there in the meantime is not
/// followed.
pub(super) fn chown_directory(
    owner: &Owner,
    now: Ownership,
    names: &dyn Names,
    path: &Path,
) -> Option<String> {
    let to = chown_operand(owner, now, names)?;
    Some(line("chown -h", to.as_bytes(), path))
}

/// Lets somebody in to a socket. The mask is said, or setfacl(1) would make it as wide as all
/// entries together.
pub(super) fn open(opening: &Opening, socket: &Path) -> String {
    match opening {
        Opening::Mode(mode) => chmod(*mode, socket),
        Opening::Entry { who, bits, mask } => {
            let entries = format!("{who}:{},m::{}", rwx(*bits), rwx(*mask));
            line("setfacl -m", entries.as_bytes(), socket)
        }
    }
}

/// Shows what would let a user in, or shut it out, and whom besides.
pub(super) fn ask(user: &str, path: &Path) -> String {
    line("sockctl access --user", user.as_bytes(), path)
}

/// Shuts out who should not be let in to a socket.
pub(super) fn close(closing: &Closing, socket: &Path) -> String {
    match closing {
        Closing::Mode(mode) => chmod(*mode, socket),
        // The mask stays: made anew, it would be as wide as all that is left.
        Closing::WithoutEntries(at, entries) => line(
            "setfacl -n -x",
            entries.as_bytes(),
            at.as_deref().unwrap_or(socket),
        ),
        Closing::WithoutAcl(at) => line("setfacl -b", b"", at.as_deref().unwrap_or(socket)),
        Closing::Directory(path, mode) => chmod_directory(*mode, path),
    }
}

/// Removes a stale socket file.
pub(super) fn clean(path: &Path) -> String {
    line("sockctl clean", b"", path)
}

/// `user`, `user:group` or `:group`; `None` where none can be had. What is within a range stays.
fn chown_operand(owner: &Owner, now: Ownership, names: &dyn Names) -> Option<String> {
    let chosen = owner.choose(now, names).ok()?.alternative;
    let part = |who: &Who| match who {
        Who::Name(name) => Some(name.clone()),
        Who::Id(id) => Some(id.to_string()),
        Who::Range(..) | Who::Dynamic => None,
    };
    let user = chosen.user.as_ref().and_then(part);
    match (user, chosen.group.as_ref().and_then(part)) {
        (user, None) => user,
        (None, Some(group)) => Some(format!(":{group}")),
        (Some(user), Some(group)) => Some(format!("{user}:{group}")),
    }
}

fn line(command: &str, operand: &[u8], path: &Path) -> String {
    let operands = [OsStr::from_bytes(operand), path.as_os_str()].map(OsStr::as_bytes);
    let operands = operands.iter().filter(|operand| !operand.is_empty());
    let mut words = vec![command.to_owned()];
    if operands.clone().any(|operand| operand.starts_with(b"-")) {
        words.push("--".to_owned());
    }
    words.extend(operands.map(|operand| shell::quote(operand)));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::fixture::TestNames;
    use crate::model::{Gid, Uid};
    use crate::policy::OwnerAlternative;

    #[test]
    fn lines_to_paste() {
        let mode: Mode = "0660".parse().unwrap();
        assert_eq!(
            chmod(mode, Path::new("/run/a.sock")),
            "sockctl chmod 0660 /run/a.sock"
        );
        assert_eq!(chmod(mode, Path::new("-R")), "sockctl chmod -- 0660 -R");
        assert_eq!(
            chmod(mode, Path::new("/run/a b\n")),
            r#"sockctl chmod 0660 "$(printf '/run/a b')${IFS#??}""#
        );
        assert_eq!(chmod_directory(mode, Path::new("/run")), "chmod 00660 /run");
        assert_eq!(
            clean(Path::new("/run/it's")),
            r"sockctl clean '/run/it'\''s'"
        );
    }

    #[test]
    fn owners_to_paste() {
        let path = Path::new("/run/a.sock");
        let name = |name: &str| Some(Who::Name(name.to_owned()));
        let by = |uid: u32, list: Vec<(Option<Who>, Option<Who>)>| {
            let now = Ownership {
                uid: Uid::new(uid),
                gid: Gid::new(0),
            };
            let list = list.into_iter();
            let list = list.map(|(user, group)| OwnerAlternative { user, group });
            let line = chown(&Owner(list.collect()), now, &TestNames, path)?;
            let words = line.strip_prefix("sockctl chown ");
            words?.strip_suffix(" /run/a.sock").map(str::to_owned)
        };
        let chown = |user, group| by(0, vec![(user, group)]);
        assert_eq!(chown(name("app"), None).unwrap(), "app");
        assert_eq!(chown(None, name("www")).unwrap(), ":www");
        assert_eq!(chown(name("app"), Some(Who::Id(33))).unwrap(), "app:33");
        assert_eq!(chown(Some(Who::Dynamic), None), None);
        assert_eq!(chown(None, Some(Who::Range(1, 2))), None);
        // What is within a range stays, and the first that exists is the one.
        let dynamic = by(61184, vec![(Some(Who::Dynamic), name("www"))]);
        assert_eq!(dynamic.unwrap(), ":www");
        let list = || vec![(name("nobody-here"), None), (name("app"), name("www"))];
        assert_eq!(by(0, list()).unwrap(), "app:www");
        assert_eq!(chown(name("nobody-here"), None), None);
        assert_eq!(chown(name("a b"), None), None);
    }
}
