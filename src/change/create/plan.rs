//! From what is asked for and what is there to steps. Pure.

use std::path::PathBuf;

use super::Request;
use crate::model::{Inode, Outcome};
use crate::sys::dir::Kind;

/// What to do about what is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Existing {
    /// A socket file is left as it is, and that is no error.
    pub if_absent: bool,
    /// A dead one is removed first. With `if_absent`: a dead one counts as absent.
    pub replace_stale: bool,
}

/// What has the name now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum There {
    /// Nothing.
    Nothing,
    /// A socket file that is proven dead.
    Stale,
    /// One to which somebody is bound.
    Live(Inode),
    /// One that must not, or cannot, be removed; why.
    Untouchable(Outcome),
    /// Something else.
    Other(Kind),
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// These, in order.
    Do(Vec<Step>),
    /// Nothing: it is as it was asked for.
    Leave,
    /// Nothing: somebody is bound to that inode. Who, is still to be found out.
    Refuse(Inode),
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A directory is made.
    MakeDirectory {
        /// Which.
        path: PathBuf,
        /// It is the one that the socket file is in.
        own: bool,
    },
    /// The dead one is removed.
    RemoveStale,
    /// The socket file is made.
    Make,
}

/// Plans. The error is what becomes of the whole request.
pub fn plan(request: &Request, missing: &[PathBuf], there: &There) -> Result<Plan, Outcome> {
    // Before anything is looked at: of something that is there anyway nobody makes it wider.
    if let Some(limit) = &request.limit {
        limit.check(request.mode)?;
    }
    if let (Some(first), None) = (missing.first(), request.parents) {
        return Err(Outcome::Failed(format!(
            "there is no directory {}: No such file or directory (ENOENT); --parents makes it",
            first.display()
        )));
    }
    let mut steps = Vec::with_capacity(missing.len() + 2);
    for (index, path) in missing.iter().enumerate() {
        steps.push(Step::MakeDirectory {
            path: path.clone(),
            own: index + 1 == missing.len(),
        });
    }
    let existing = request.existing;
    match there {
        There::Nothing => {}
        There::Stale if existing.replace_stale => steps.push(Step::RemoveStale),
        There::Other(kind) => {
            return Err(Outcome::Refused(format!(
                "a {} is there, and only a stale socket file is ever replaced",
                kind.as_str()
            )));
        }
        There::Stale | There::Live(_) | There::Untouchable(_) if existing.if_absent => {
            return Ok(Plan::Leave);
        }
        There::Stale => {
            return Err(Outcome::Refused(
                "a stale socket file is there; --replace-stale replaces it".to_owned(),
            ));
        }
        There::Live(inode) => return Ok(Plan::Refuse(*inode)),
        There::Untouchable(outcome) if existing.replace_stale => return Err(outcome.clone()),
        There::Untouchable(_) => {
            return Err(Outcome::Refused("a socket file is there".to_owned()));
        }
    }
    steps.push(Step::Make);
    Ok(Plan::Do(steps))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Parents;
    use super::*;
    use crate::change::mode::Limit;
    use crate::change::name::Named;
    use crate::model::{Ownership, SocketType};

    fn request(if_absent: bool, replace_stale: bool) -> Request {
        Request {
            named: Named::new(Path::new("/run/a/s")).unwrap(),
            kind: SocketType::Stream,
            mode: "0660".parse().unwrap(),
            owner: Ownership::default(),
            limit: None,
            keep_acl: false,
            parents: None,
            existing: Existing {
                if_absent,
                replace_stale,
            },
            listen: None,
        }
    }

    fn word(outcome: &Result<Plan, Outcome>) -> &'static str {
        match outcome {
            Ok(Plan::Leave) => "leave",
            Ok(Plan::Do(steps)) if steps.as_slice() == [Step::Make] => "make",
            Ok(Plan::Do(steps)) if steps.as_slice() == [Step::RemoveStale, Step::Make] => "replace",
            Ok(Plan::Do(_)) => "more",
            Ok(Plan::Refuse(_)) | Err(Outcome::Refused(_)) => "no",
            Err(_) => "trouble",
        }
    }

    #[test]
    fn what_is_there_and_what_was_asked_for() {
        let denied = There::Untouchable(Outcome::Failed("denied".to_owned()));
        let zero = There::Untouchable(Outcome::Refused("0000".to_owned()));
        let live = There::Live(Inode { dev: 1, ino: 1 });
        let table = [
            // what is there; plain, --if-absent, --replace-stale, both
            (There::Nothing, ["make", "make", "make", "make"]),
            (There::Stale, ["no", "leave", "replace", "replace"]),
            (live, ["no", "leave", "no", "leave"]),
            (denied, ["no", "leave", "trouble", "leave"]),
            (zero, ["no", "leave", "no", "leave"]),
            (There::Other(Kind::Regular), ["no", "no", "no", "no"]),
        ];
        let options = [(false, false), (true, false), (false, true), (true, true)];
        for (there, expected) in table {
            for ((if_absent, replace_stale), expected) in options.into_iter().zip(expected) {
                let planned = plan(&request(if_absent, replace_stale), &[], &there);
                assert_eq!(word(&planned), expected, "{there:?} {planned:?}");
            }
        }
    }

    #[test]
    fn wider_than_the_policy_is_refused_bit_by_bit() {
        let with = |mode: &str, max: &str| {
            let request = Request {
                mode: mode.parse().unwrap(),
                limit: Some(Limit {
                    mode: max.parse().unwrap(),
                    said_by: "app, site.yaml:3".to_owned(),
                }),
                ..request(false, false)
            };
            word(&plan(&request, &[], &There::Nothing))
        };
        assert_eq!(with("0660", "0660"), "make");
        assert_eq!(with("0606", "0660"), "no");
        assert_eq!(with("0222", "0777"), "make");
    }

    #[test]
    fn directories_are_made_only_when_asked_for() {
        let missing = [PathBuf::from("/run/a"), PathBuf::from("/run/a/b")];
        assert_eq!(
            word(&plan(&request(false, false), &missing, &There::Nothing)),
            "trouble"
        );
        let asked = Request {
            parents: Some(Parents::default()),
            ..request(false, false)
        };
        let Ok(Plan::Do(steps)) = plan(&asked, &missing, &There::Nothing) else {
            panic!("nothing planned");
        };
        let [first, second] = missing;
        let expected = [
            Step::MakeDirectory {
                path: first,
                own: false,
            },
            Step::MakeDirectory {
                path: second,
                own: true,
            },
            Step::Make,
        ];
        assert_eq!(steps, expected);
    }
}
