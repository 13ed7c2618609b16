//! What a plan has to know of the host and of ourselves. Nothing is changed here, and nothing is
//! looked up that the request does not need.

use std::ffi::OsString;

use super::refusal::{Refusal, Status};
use super::request::{Groups, Request};
use crate::model::account::Unresolved;
use crate::model::{Account, Capability, Credentials, Gid, Lookup, Names, Uid, UserSpec};
use crate::sys::creds;
use crate::sys::program::{self, Program};
use crate::sys::users::{self, UserEntry};

/// What a plan has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Who we are.
    pub own: Credentials,
    /// The signals that we ignore, signal n in bit n - 1.
    pub ignored_signals: u64,
    /// Who the command is to be; `None`: nobody is named.
    pub person: Option<Person>,
    /// Supplementary groups that are asked for; `None`: those that we have.
    pub groups: Option<Vec<Gid>>,
    /// What is to be executed.
    pub program: Program,
    /// Our environment.
    pub variables: Vec<(OsString, OsString)>,
}

/// A user that was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The number.
    pub uid: Uid,
    /// The group that was named with it, or that of the entry.
    pub gid: Gid,
    /// `None`: there is no entry of that number.
    pub entry: Option<UserEntry>,
}

/// Looks at what the request needs.
pub fn gather(request: &Request, names: &dyn Names) -> Result<Facts, Refusal> {
    let (own, ignored_signals) = creds::own().map_err(|why| {
        Refusal::new(
            Status::Failed,
            format_args!("cannot read who this process is from /proc/thread-self/status: {why}"),
        )
    })?;
    let person = match &request.user {
        Some(spec) => Some(person(spec, names)?),
        None => None,
    };
    let groups = groups(request, person.as_ref(), &own, names)?;
    let variables: Vec<_> = std::env::vars_os().collect();
    let program = find(request, &variables)?;
    Ok(Facts {
        own,
        ignored_signals,
        person,
        groups,
        program,
        variables,
    })
}

fn person(spec: &UserSpec, names: &dyn Names) -> Result<Person, Refusal> {
    let found = match &spec.user {
        Account::Name(name) => users::by_name(name),
        Account::Number(raw) => match Uid::new(*raw) {
            Some(uid) => users::by_uid(uid),
            None => Lookup::Unknown,
        },
    };
    let entry = match found {
        Lookup::Found(entry) => Some(entry),
        Lookup::Unknown => None,
        Lookup::Failed(why) => {
            let user = &spec.user;
            let why = format!("the user {user} could not be looked up: {why}");
            return Err(Refusal::new(Status::Failed, why));
        }
    };
    let uid = match &entry {
        Some(entry) => entry.uid,
        None => spec.user.uid(names).map_err(unresolved)?,
    };
    let gid = match (&spec.group, &entry) {
        (Some(group), _) => group.gid(names).map_err(unresolved)?,
        (None, Some(entry)) => entry.gid,
        (None, None) => {
            let why = format!(
                "user {uid} has no entry on this host, and so no group: write --user {uid}:GROUP"
            );
            return Err(Refusal::new(Status::Config, why));
        }
    };
    Ok(Person { uid, gid, entry })
}

fn unresolved(error: Unresolved) -> Refusal {
    let status = match error {
        Unresolved::Unknown { .. } => Status::Config,
        Unresolved::Failed { .. } => Status::Failed,
    };
    Refusal::new(status, error)
}

/// Who is not able to set groups, and was not told to, keeps those that they have.
fn groups(
    request: &Request,
    person: Option<&Person>,
    own: &Credentials,
    names: &dyn Names,
) -> Result<Option<Vec<Gid>>, Refusal> {
    let able = own.caps.effective.has(Capability::SETGID);
    match (&request.groups, person) {
        (Groups::Only(groups), _) => {
            let groups: Result<Vec<Gid>, Unresolved> =
                groups.iter().map(|group| group.gid(names)).collect();
            let mut groups = groups.map_err(unresolved)?;
            groups.sort_unstable();
            groups.dedup();
            Ok(Some(groups))
        }
        (Groups::Init, None) => Err(Refusal::new(
            Status::Config,
            "--init-groups means the groups of a user: write --user USER",
        )),
        (Groups::Usual, None) => Ok(None),
        (Groups::Usual, Some(person)) if !able && own.uids.are(person.uid) => Ok(None),
        (Groups::Usual | Groups::Init, Some(person)) => match &person.entry {
            None => Ok(Some(vec![person.gid])),
            Some(entry) => match users::groups_of(entry, person.gid) {
                Ok(groups) => Ok(Some(groups)),
                Err(why) => {
                    let name = entry.name.to_string_lossy();
                    let why = format!("cannot find out the groups of {name}: {why}");
                    Err(Refusal::new(Status::Failed, why))
                }
            },
        },
    }
}

fn find(request: &Request, variables: &[(OsString, OsString)]) -> Result<Program, Refusal> {
    let name = request
        .command
        .first()
        .map(OsString::as_os_str)
        .unwrap_or_default();
    let path = variables.iter().find(|(name, _)| name == "PATH");
    let path = path.map(|(_, value)| value.as_os_str());
    program::find(name, path).map_err(|error| {
        let status = if error.is_missing() {
            Status::NotFound
        } else {
            Status::CannotExecute
        };
        Refusal::new(status, error)
    })
}
