//! What a plan has to know of the host and of ourselves. Nothing is changed here, and nothing is
//! looked up that the request does not need.

use std::ffi::{OsStr, OsString};

use super::refusal::{Refusal, Status};
use super::request::{Groups, Request};
use crate::model::account::Unresolved;
use crate::model::{
    Account, Bounds, Capability, Credentials, FdNumber, Gid, Lookup, Names, ReadySpec, Resource,
    SocketName, SocketType, Uid, UserSpec,
};
use crate::sys::dir::{self, Dir};
use crate::sys::program::{self, Program};
use crate::sys::unit::{self, Passed};
use crate::sys::users::{self, UserEntry};
use crate::sys::{fds, limits, signals, whoami};

/// What says as whom the command runs.
const WHOM: &str = "--user, or else listener.user of the policy";

/// What a plan has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Our pid.
    pub pid: u32,
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
    /// The sockets that were passed to us.
    pub passed: Passed,
    /// Which of them are Unix sockets with a name, where it is asked for: they are to be tested.
    pub passed_sockets: Vec<(SocketName, SocketType)>,
    /// The limits that are asked for, in that order, as they hold now.
    pub limits: Vec<Bounds>,
    /// How many descriptors there may be.
    pub most_descriptors: Bounds,
    /// Descriptors that are asked for and not open.
    pub closed: Vec<FdNumber>,
    /// The directories of the sockets that are to be made, and of those that are expected, in that
    /// order; `None` of one that could not be looked at.
    pub places: Vec<Option<dir::Facts>>,
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
    // Before anything of ours takes the number of one that is not open.
    let is_closed = |number: &FdNumber| !fds::is_open(*number);
    let closed = request.pass.iter().copied().filter(is_closed).collect();
    let passed = unit::passed().map_err(|why| Refusal::new(Status::Failed, why))?;
    let unasked = |why| {
        let why = format_args!("cannot ask the kernel who this process is: {why}");
        Refusal::new(Status::Failed, why)
    };
    let own = whoami::own().map_err(unasked)?;
    let ignored_signals = signals::ignored().map_err(unasked)?;
    let person = match &request.user {
        Some(spec) => Some(person(spec, names)?),
        None => None,
    };
    let groups = groups(request, person.as_ref(), &own, names)?;
    let variables: Vec<_> = std::env::vars_os().collect();
    look_at_directory(request)?;
    let program = find(request, &variables)?;
    let limits = request.limits.iter();
    Ok(Facts {
        pid: std::process::id(),
        own,
        ignored_signals,
        person,
        groups,
        program,
        variables,
        passed_sockets: passed_sockets(request, &passed),
        passed,
        limits: limits.map(|limit| limits::get(limit.resource)).collect(),
        most_descriptors: limits::get(Resource::Nofile),
        closed,
        places: places(request),
    })
}

fn passed_sockets(request: &Request, passed: &Passed) -> Vec<(SocketName, SocketType)> {
    let ready = request.stay.as_ref().and_then(|stay| stay.ready.as_ref());
    if !ready.is_some_and(ReadySpec::tests) {
        return Vec::new();
    }
    let numbers = (0..passed.count).filter_map(|index| FdNumber::FIRST.plus(index));
    numbers.filter_map(fds::unix_socket).collect()
}

/// Who that is.
pub fn person(spec: &UserSpec, names: &dyn Names) -> Result<Person, Refusal> {
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
            let why = format!("the user {user} could not be looked up: {why} ({WHOM})");
            return Err(Refusal::new(Status::Failed, why));
        }
    };
    let uid = match &entry {
        Some(entry) => entry.uid,
        None => spec.user.uid(names).map_err(|why| unresolved(WHOM, &why))?,
    };
    let gid = match (&spec.group, &entry) {
        (Some(group), _) => group.gid(names).map_err(|why| unresolved(WHOM, &why))?,
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

fn unresolved(asked_by: &str, error: &Unresolved) -> Refusal {
    let status = match error {
        Unresolved::Unknown { .. } => Status::Config,
        Unresolved::Failed { .. } => Status::Failed,
    };
    Refusal::new(status, format_args!("{error} ({asked_by})"))
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
            let mut groups = groups.map_err(|why| unresolved("--groups", &why))?;
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

/// The user may not be let in, which only they can find out.
fn look_at_directory(request: &Request) -> Result<(), Refusal> {
    let Some(directory) = &request.directory else {
        return Ok(());
    };
    match Dir::open(directory) {
        Err(failure) if failure.is_gone() => {
            let why = format!("--chdir: cannot run in {}: {failure}", directory.display());
            Err(Refusal::new(Status::Failed, why))
        }
        _ => Ok(()),
    }
}

/// What is not to be found now is refused when the socket is made.
fn places(request: &Request) -> Vec<Option<dir::Facts>> {
    let made = request.listen.iter().map(|listen| &listen.named.parent);
    let expected = request.expect.iter().map(|it| &it.named.parent);
    made.chain(expected)
        .map(|parent| Dir::open(parent).and_then(|dir| dir.facts()).ok())
        .collect()
}

/// By the `PATH` that the command will have, or else by ours.
fn find(request: &Request, variables: &[(OsString, OsString)]) -> Result<Program, Refusal> {
    let name = request.command.first();
    let name = name.map(OsString::as_os_str).unwrap_or_default();
    let is_path = |(name, _): &&(OsString, OsString)| name == "PATH";
    let asked = request.variables.iter().rfind(is_path);
    let path = asked.or_else(|| variables.iter().find(is_path));
    let path: Option<&OsStr> = path.map(|(_, value)| value.as_os_str());
    program::find(name, path, request.directory.as_deref()).map_err(|error| {
        let status = if error.is_missing() {
            Status::NotFound
        } else {
            Status::CannotExecute
        };
        let is_option = name.as_encoded_bytes().starts_with(b"-");
        let hint = if error.is_missing() && is_option {
            "; options of wrap go before the --"
        } else {
            ""
        };
        Refusal::new(status, format_args!("{error}{hint}"))
    })
}
