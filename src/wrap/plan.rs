//! From what is asked for and what is there to all that will be done. Pure.

mod paths;

use std::ffi::OsString;
use std::path::PathBuf;

use super::awaiting::{self, awaiting};
use super::bound::{Expected, Keeping, LooksFor};
use super::host::Facts;
use super::identity::{Transition, Wanted, transition};
use super::parent::supervision::{Supervision, supervision};
use super::refusal::{Refusal, Status};
use super::request::{Listen, Request};
use super::sockets::TO_REMOVE;
use super::variables::{Value, Variable, variables};
use crate::change::create::{self, Existing};
use crate::model::shell::quote;
use crate::model::{
    Backlog, Bounds, CapSet, Capability, FdNumber, Mode, Ownership, Resource, SocketType, Uid,
};

/// All that will be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Sockets to make, in the order in which they are passed on.
    pub sockets: Vec<Socket>,
    /// Paths that are cleaned, and that the command is to bind.
    pub expect: Vec<Expected>,
    /// From us to the command.
    pub start: Start,
    /// How we stay as its parent; `None`: we become it.
    pub supervision: Option<Supervision>,
    /// How its sockets are kept then.
    pub keeping: Option<Keeping>,
}

/// A socket to make and to pass on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// How it is made.
    pub request: create::Request,
    /// For listen(2) in the process that becomes the command; `None` for datagrams.
    pub backlog: Option<Backlog>,
}

/// What a process does until it is the command, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// `None`: it stays.
    pub umask: Option<Mode>,
    /// Limits.
    pub limits: Vec<Limit>,
    /// The limit of open descriptors as we found it; we raise ours, for ourselves.
    pub open_files: Bounds,
    /// Rights.
    pub identity: Transition,
    /// `None`: it stays where it is.
    pub directory: Option<PathBuf>,
    /// Descriptors.
    pub descriptors: Descriptors,
    /// The signals that are ignored, and are to be as a program expects them; n in bit n - 1.
    pub ignored_signals: u64,
    /// For execve(2).
    pub program: PathBuf,
    /// The name by which the command was called, and its arguments.
    pub arguments: Vec<OsString>,
    /// Its environment.
    pub variables: Vec<Variable>,
}

impl Start {
    /// The same, with a command that says what it has to say of itself there.
    pub fn speaking_to(&self, address: OsString) -> Start {
        let mut start = self.clone();
        start.variables.retain(|it| it.name != awaiting::VARIABLE);
        start.variables.push(Variable {
            name: awaiting::VARIABLE.into(),
            value: Value::Text(address),
        });
        start
    }
}

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Of what.
    pub resource: Resource,
    /// As it is to be.
    pub bounds: Bounds,
    /// As it is now.
    pub before: Bounds,
}

/// What the command gets beside standard input, output and error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Descriptors {
    /// As many sockets were passed to us, and stay where they are, from 3 on.
    pub inherited: usize,
    /// The names of these and of those that we make, in order.
    pub names: Vec<OsString>,
    /// Others, under their numbers.
    pub passed: Vec<FdNumber>,
}

/// Plans, or says why not.
pub fn plan(request: &Request, facts: &Facts) -> Result<Plan, Refusal> {
    let wanted = wanted(request, facts)?;
    let identity = transition(&facts.own, &wanted).map_err(|why| {
        let hint = why.hint(&facts.own);
        Refusal::new(Status::Failed, format_args!("{why}{hint}"))
    })?;
    check_file_caps(facts, &identity)?;
    paths::check(request, facts)?;
    let sockets = sockets(request, &wanted)?;
    let limits = limits(request, facts)?;
    let descriptors = descriptors(request, facts, &limits)?;
    let gets_none = request.listen.is_empty() && descriptors.inherited == 0;
    let (supervision, keeping) = match &request.stay {
        Some(stay) => {
            check_signals(facts, &wanted)?;
            let looks_for = LooksFor::of(request, gets_none);
            let awaiting = awaiting(request, stay, facts, &wanted, looks_for)?;
            let keeping = Keeping::new(stay, request, facts, &wanted, (looks_for, &awaiting));
            let mut supervision = supervision(stay, facts, &wanted, &sockets, awaiting);
            keeping.adapt(&mut supervision);
            (Some(supervision), Some(keeping))
        }
        None => (None, None),
    };
    Ok(Plan {
        supervision,
        keeping,
        sockets,
        expect: request.expect.clone(),
        start: Start {
            umask: request.umask.or_else(|| umask(request, gets_none)),
            limits,
            open_files: facts.most_descriptors,
            identity,
            directory: request.directory.clone(),
            ignored_signals: facts.ignored_signals,
            program: facts.program.path.clone(),
            arguments: request.command.clone(),
            variables: variables(request, facts, &descriptors.names),
            descriptors,
        },
    })
}

/// Where the command makes sockets itself, nobody gets in before they are looked at whom no policy
/// lets in.
fn umask(request: &Request, gets_none: bool) -> Option<Mode> {
    const NOBODY_ELSE: Mode = Mode::from_st_mode(0o077);
    const GROUP: Mode = Mode::from_st_mode(0o007);
    let binds = gets_none || !request.expect.is_empty();
    let shared = request.expect.iter().any(|expected| expected.shared);
    binds.then_some(if shared { GROUP } else { NOBODY_ELSE })
}

fn wanted(request: &Request, facts: &Facts) -> Result<Wanted, Refusal> {
    let own = &facts.own;
    let (uid, gid) = match &facts.person {
        Some(person) => (person.uid, person.gid),
        None if own.uids.any(Uid::ROOT) => return Err(refuse_root(request)),
        None => (own.uids.real, own.gids.real),
    };
    let keep = if request.keep_caps == CapSet::FULL {
        own.caps.permitted.and(own.caps.bounding)
    } else {
        request.keep_caps
    };
    Ok(Wanted {
        uid,
        gid,
        groups: facts.groups.clone().unwrap_or_else(|| own.groups.clone()),
        keep,
        keep_bounding: request.keep_bounding,
        no_new_privs: !request.allow_new_privs,
        hold: if request.stay.is_none() && !request.listen.is_empty() {
            TO_REMOVE
        } else {
            CapSet::EMPTY
        },
    })
}

fn refuse_root(request: &Request) -> Refusal {
    let words = request.command.iter();
    let words: Vec<String> = words.map(|word| quote(word.as_encoded_bytes())).collect();
    Refusal::new(
        Status::Refused,
        format_args!(
            "as root nothing is run without a word as whom, and no policy says it (listener.user); \
             write: sockctl wrap --user USER ... -- {}   (--user root insists)",
            words.join(" ")
        ),
    )
}

/// Whoever stays has to be able to end the command: kill(2).
fn check_signals(facts: &Facts, wanted: &Wanted) -> Result<(), Refusal> {
    let own = &facts.own;
    let is_ours = [own.uids.real, own.uids.effective].contains(&wanted.uid);
    if is_ours || own.caps.permitted.has(Capability::KILL) {
        return Ok(());
    }
    Err(Refusal::new(
        Status::Failed,
        format_args!(
            "cannot stay as the parent of a command of user {}: to signal it takes CAP_KILL, which \
             this process lacks; add CAP_KILL to its capabilities, or leave no parent (--exec)",
            wanted.uid
        ),
    ))
}

/// execve(2) fails where it cannot give what the file demands.
fn check_file_caps(facts: &Facts, identity: &Transition) -> Result<(), Refusal> {
    let Some(caps) = &facts.program.caps else {
        return Ok(());
    };
    let after = identity.after.caps;
    let denied = caps.denied(after.bounding, after.inheritable);
    if denied.is_empty() {
        return Ok(());
    }
    let flag = if denied.without(facts.own.caps.bounding).is_empty() {
        "--keep-bounding leaves them to it"
    } else {
        "the bounding set of this process lacks them already"
    };
    Err(Refusal::new(
        Status::CannotExecute,
        format_args!(
            "{} cannot be executed: the file demands capabilities, {denied}, that are not in the \
             bounding set; {flag}",
            caps.path.display()
        ),
    ))
}

fn sockets(request: &Request, wanted: &Wanted) -> Result<Vec<Socket>, Refusal> {
    for listen in &request.listen {
        let limit = listen.limit.as_ref();
        if let Some(why) = limit.and_then(|limit| limit.objection(listen.mode)) {
            let why = format!(
                "--listen {}: {why}; write a mode= within that, or change the policy there",
                listen.named.path.display()
            );
            return Err(Refusal::new(Status::Refused, why));
        }
    }
    let socket = |listen: &Listen| Socket {
        request: create::Request {
            named: listen.named.clone(),
            kind: listen.kind,
            mode: listen.mode,
            owner: Ownership {
                uid: listen.owner.uid.or(Some(wanted.uid)),
                gid: listen.owner.gid.or(Some(wanted.gid)),
            },
            limit: None,
            keep_acl: listen.keep_acl,
            parents: None,
            without_parents: "make it first (RuntimeDirectory= in a unit, tmpfiles.d, or mkdir)",
            existing: Existing {
                if_absent: false,
                replace_stale: true,
            },
            listen: Some(listen.backlog),
        },
        backlog: (listen.kind != SocketType::Dgram).then_some(listen.backlog),
    };
    Ok(request.listen.iter().map(socket).collect())
}

fn limits(request: &Request, facts: &Facts) -> Result<Vec<Limit>, Refusal> {
    let able = facts.own.caps.effective.has(Capability::SYS_RESOURCE);
    let mut limits: Vec<Limit> = Vec::with_capacity(request.limits.len());
    for (spec, now) in request.limits.iter().zip(&facts.limits) {
        let resource = spec.resource;
        let earlier = limits.iter().position(|limit| limit.resource == resource);
        let earlier = earlier.map(|at| limits.remove(at));
        let bounds = spec
            .applied_to(earlier.map_or(*now, |limit| limit.bounds))
            .map_err(|why| Refusal::new(Status::Config, why))?;
        if !able && bounds.raises_hard(*now) {
            let why = format!(
                "cannot raise the hard limit of {} from {} to {}: that takes CAP_SYS_RESOURCE",
                resource.as_str(),
                now,
                bounds
            );
            return Err(Refusal::new(Status::Failed, why));
        }
        limits.push(Limit {
            resource,
            bounds,
            before: *now,
        });
    }
    Ok(limits)
}

fn descriptors(request: &Request, facts: &Facts, limits: &[Limit]) -> Result<Descriptors, Refusal> {
    let refuse = |why: String| Err(Refusal::new(Status::Config, why));
    if let Some(closed) = facts.closed.first() {
        return refuse(format!("--pass-fd {closed}: no such descriptor is open"));
    }
    let mut names = facts.passed.names.clone();
    names.extend(request.listen.iter().map(|it| it.name.as_str().into()));
    let open_files = limits.iter().find(|it| it.resource == Resource::Nofile);
    let most = open_files.map_or(facts.most_descriptors, |limit| limit.bounds);
    let end = FdNumber::FIRST.plus(names.len());
    let fits = |end: &FdNumber| most.soft.is_none_or(|most| end.count() <= most);
    let Some(end) = end.filter(fits) else {
        return refuse(format!(
            "{} sockets are too many: the limit of descriptors (nofile) is {}",
            names.len(),
            most
        ));
    };
    let in_the_way = |number: &&FdNumber| (FdNumber::FIRST..end).contains(*number);
    if let Some(number) = request.pass.iter().find(in_the_way) {
        return refuse(format!(
            "--pass-fd {number}: a socket is passed as {number}; those have the numbers from 3 on"
        ));
    }
    Ok(Descriptors {
        inherited: facts.passed.count,
        names,
        passed: request.pass.clone(),
    })
}

#[cfg(test)]
mod tests;
