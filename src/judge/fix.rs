//! The line to paste: the one place where commands that mend a finding are put together.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::model::{Mode, shell};
use crate::policy::{Owner, OwnerAlternative, Who, check_name};

/// Gives a socket file exactly this mode.
pub(super) fn chmod(mode: Mode, path: &Path) -> String {
    line("sockctl chmod", mode.to_string().as_bytes(), path)
}

/// Gives a directory exactly this mode. GNU chmod leaves the set-id bits of a directory alone
/// unless five digits are given.
pub(super) fn chmod_directory(mode: Mode, path: &Path) -> String {
    line("chmod", format!("0{mode}").as_bytes(), path)
}

/// Gives a socket file to the first owner of the list that is one and not a range of them.
pub(super) fn chown(owner: &Owner, path: &Path) -> Option<String> {
    let to = owner.0.iter().find_map(chown_operand)?;
    Some(line("sockctl chown", to.as_bytes(), path))
}

/// The same for a directory. `-h`: a link that somebody puts there in the meantime is not
/// followed.
pub(super) fn chown_directory(owner: &Owner, path: &Path) -> Option<String> {
    let to = owner.0.iter().find_map(chown_operand)?;
    Some(line("chown -h", to.as_bytes(), path))
}

/// Removes a stale socket file.
pub(super) fn clean(path: &Path) -> String {
    line("sockctl clean", b"", path)
}

/// `user`, `user:group` or `:group`; `None` where one of them is a range.
fn chown_operand(owner: &OwnerAlternative) -> Option<String> {
    let part = |who: &Who| match who {
        // What a path says is pasted only where it can be a name.
        Who::Name(name) => check_name(name).is_ok().then(|| name.clone()),
        Who::Id(id) => Some(id.to_string()),
        Who::Range(..) | Who::Dynamic => None,
    };
    match (&owner.user, &owner.group) {
        (None, None) => None,
        (Some(user), None) => part(user),
        (None, Some(group)) => Some(format!(":{}", part(group)?)),
        (Some(user), Some(group)) => Some(format!("{}:{}", part(user)?, part(group)?)),
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

    fn owner(user: Option<Who>, group: Option<Who>) -> Owner {
        Owner(vec![OwnerAlternative { user, group }])
    }

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
            r"sockctl chmod 0660 $'/run/a b\n'"
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
        let chown = |user, group| chown(&owner(user, group), path);
        assert_eq!(
            chown(name("app"), None).unwrap(),
            "sockctl chown app /run/a.sock"
        );
        assert_eq!(
            chown(None, name("www")).unwrap(),
            "sockctl chown :www /run/a.sock"
        );
        assert_eq!(
            chown(name("app"), Some(Who::Id(33))).unwrap(),
            "sockctl chown app:33 /run/a.sock"
        );
        assert_eq!(chown(Some(Who::Dynamic), None), None);
        assert_eq!(chown(None, Some(Who::Range(1, 2))), None);
    }
}
