//! From what is asked for and what is there to steps. Pure.

use std::path::PathBuf;

use super::Request;
use crate::change::owner::words;
use crate::model::{Inode, Mode, Names, Outcome, Ownership, SocketType};
use crate::sys::dir::Kind;

/// What to do about what is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Existing {
    /// A socket file is left as it is, and that is no error, unless it was to be held.
    pub if_absent: bool,
    /// A dead one is removed first. With `if_absent`: a dead one counts as absent.
    pub replace_stale: bool,
}

/// What has the name now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum There {
    /// Nothing.
    Nothing,
    /// A socket file.
    Socket(Found),
    /// Something else.
    Other(Kind),
}

/// A socket file that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Whether it may go.
    pub life: Life,
    /// Which one.
    pub inode: Inode,
    /// Where the kernel tells; never of a dead one.
    pub kind: Option<SocketType>,
    /// Its permission bits.
    pub mode: Mode,
    /// Whose it is.
    pub owner: Ownership,
}

impl There {
    /// As reports have it; `None` where nothing is there.
    pub fn words(&self, names: &dyn Names) -> Option<String> {
        match self {
            There::Nothing => None,
            There::Socket(found) => Some(found.words(names)),
            There::Other(kind) => Some(kind.as_str().to_owned()),
        }
    }
}

impl Found {
    /// As reports have it: `dgram 0775 root:root`, `stale 0600 app:app`.
    pub fn words(&self, names: &dyn Names) -> String {
        let what = match (&self.life, self.kind) {
            (Life::Stale, _) => "stale",
            (_, Some(kind)) => kind.as_str(),
            (_, None) => "",
        };
        let words = format!("{what} {} {}", self.mode, words(self.owner, names));
        words.trim_start().to_owned()
    }
}

/// What is known of the life of a socket file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Life {
    /// It is proven dead.
    Stale,
    /// Somebody is bound to it.
    Live,
    /// It must not, or cannot, be removed; why.
    Untouchable(Outcome),
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// These, in order.
    Do(Vec<Step>),
    /// Nothing: what is there was to be left.
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
        There::Other(kind) => {
            return Err(Outcome::Refused(format!(
                "a {} is there, and only a stale socket file is ever replaced",
                kind.as_str()
            )));
        }
        There::Socket(found) => match &found.life {
            Life::Stale if existing.replace_stale => steps.push(Step::RemoveStale),
            // What is there cannot be held, so that there is no leaving it.
            _ if existing.if_absent && request.listen.is_none() => return Ok(Plan::Leave),
            Life::Stale => {
                return Err(Outcome::Refused(format!(
                    "a stale socket file is there{}; --replace-stale replaces it",
                    not_held(request)
                )));
            }
            Life::Live => return Ok(Plan::Refuse(found.inode)),
            Life::Untouchable(outcome) if existing.replace_stale => return Err(outcome.clone()),
            Life::Untouchable(_) => {
                return Err(Outcome::Refused(format!(
                    "a socket file is there{}",
                    not_held(request)
                )));
            }
        },
    }
    steps.push(Step::Make);
    Ok(Plan::Do(steps))
}

fn not_held(request: &Request) -> &'static str {
    if request.listen.is_some() && request.existing.if_absent {
        ", so nothing is held"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Parents;
    use super::*;
    use crate::change::mode::Limit;
    use crate::change::name::Named;
    use crate::model::Backlog;

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
        let socket = |life| {
            There::Socket(Found {
                life,
                inode: Inode { dev: 1, ino: 1 },
                kind: None,
                mode: "0600".parse().unwrap(),
                owner: Ownership::default(),
            })
        };
        let denied = socket(Life::Untouchable(Outcome::Failed("denied".to_owned())));
        let zero = socket(Life::Untouchable(Outcome::Refused("0000".to_owned())));
        let (live, stale) = (socket(Life::Live), socket(Life::Stale));
        let table = [
            // what is there; plain, --if-absent, --replace-stale, both
            (There::Nothing, ["make", "make", "make", "make"]),
            (stale, ["no", "leave", "replace", "replace"]),
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
                let held = Request {
                    listen: Some(Backlog::default()),
                    ..request(if_absent, replace_stale)
                };
                let expected = if expected == "leave" { "no" } else { expected };
                let planned = word(&plan(&held, &[], &there));
                let trouble = replace_stale && planned == "trouble";
                assert!(planned == expected || trouble, "{there:?} {planned:?}");
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
                    special: true,
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
