//! `sockctl access PATH`

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::access::{self, May, People, Report};
use crate::cli::{Access, CommonFormat};
use crate::model::{Lookup, Node, Subject, Trail};
use crate::observe;
use crate::output::escape::{escape, escape_prose};
use crate::output::{human, json};
use crate::sys::accounts;
use crate::sys::dir::{Facts, Kind};
use crate::sys::names::SystemNames;
use crate::sys::proc::{self, ProcessDir};
use crate::sys::rights::{self, Attempt};
use crate::sys::silent::{Answer, SilentProbe};
use crate::sys::way::{self, Untold};
use crate::sys::{errno, host};

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::policies;

pub(super) fn run(context: &Context<'_>, arguments: &Access) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    policies::check_named(context)?;
    let given = arguments.path().map_err(UsageError)?;
    let path = absolute(given)?;
    let users = users(&arguments.users)?;
    let trail = match way::trace(&path, None) {
        Ok(trail) => trail,
        Err(untold) => return refused(given, &untold),
    };
    let accounts = accounts::list();
    let people = People::new(&accounts, &trail);
    let mut answers = Vec::new();
    for (user, subject) in users {
        answers.push(answer(user, subject, &trail, &people));
    }
    if let Some(pid) = arguments.pid {
        match of_process(pid, &path, &trail, &people)? {
            Ok(answer) => answers.push(answer),
            Err(untold) => return refused_to(given, pid, &untold),
        }
    }
    let may = |side: fn((bool, bool)) -> bool| May {
        who: people.who(|subject| side(access::answer(subject, &trail))),
        processes: None,
    };
    let mut report = Report {
        given: given.to_owned(),
        connect: may(|it| it.0),
        replace: may(|it| it.1),
        unknown: Vec::new(),
        incomplete: accounts.incomplete,
        modules: host::security_modules(),
        is_stale: false,
        answers,
        trail,
        people,
    };
    // A process may come to another socket.
    let here = report
        .answers
        .iter()
        .all(|answer| answer.elsewhere.is_none());
    report.is_stale = here && is_stale(&report.trail.socket);
    if report.answers.is_empty() || context.format() != CommonFormat::Human {
        add_processes(&mut report)?;
    }
    let names = SystemNames::default();
    let run = stopwatch.stop();
    context.results.write(|out| match context.format() {
        CommonFormat::Json => json::access::write(out, &run, &report, &names),
        CommonFormat::Jsonl => json::access::write_lines(out, &run, &report, &names),
        CommonFormat::Human => human::access::write(out, &report, &names, context.style()),
    })?;
    Ok(if report.answers.iter().all(|answer| answer.connect) {
        Exit::Done
    } else {
        Exit::No
    })
}

/// Whether nobody is bound to the socket, as far as we can tell.
fn is_stale(socket: &Node) -> bool {
    let Ok(reached) = way::reach(&socket.path) else {
        return false;
    };
    let is_it = |facts: Facts| facts.kind == Kind::Socket && facts.inode == socket.inode;
    reached.pinned.facts().is_ok_and(is_it)
        && SilentProbe::new().is_ok_and(|probe| probe.test(&reached.pinned) == Answer::Refused)
}

/// Who asks from another directory goes another way.
fn absolute(given: &Path) -> anyhow::Result<PathBuf> {
    if given.is_absolute() {
        return Ok(given.to_owned());
    }
    let directory = std::env::current_dir().context("cannot tell the working directory")?;
    // `join` would drop a slash at the end, which asks for a directory.
    let mut path = directory.into_os_string();
    path.push("/");
    path.push(given);
    Ok(path.into())
}

/// The process has a view of its own.
fn refused_to(given: &Path, pid: u32, untold: &Untold) -> anyhow::Result<Exit> {
    refused_as(
        given,
        &format!(" as process {pid} sees it, which has other mounts or another root"),
        untold,
    )
}

fn refused(given: &Path, untold: &Untold) -> anyhow::Result<Exit> {
    refused_as(given, "", untold)
}

fn refused_as(given: &Path, seen: &str, untold: &Untold) -> anyhow::Result<Exit> {
    let given = escape(given.as_os_str().as_encoded_bytes());
    let hint = match untold {
        Untold::Broken(broken) => {
            let at = escape(broken.at.as_os_str().as_encoded_bytes());
            let hint = rights::hint(Attempt::Pass, broken.failure);
            format!(" at {at}{hint}")
        }
        _ => String::new(),
    };
    let message = format!("{given}{seen}: {}{hint}", escape_prose(&untold.to_string()));
    if matches!(untold, Untold::NotASocket(_)) {
        tracing::error!("{message}");
        return Ok(Exit::No);
    }
    Err(anyhow!(message))
}

/// All of them, before anything is looked at.
fn users(words: &[String]) -> anyhow::Result<Vec<(Option<String>, Subject)>> {
    let user = |word: &String| match accounts::log_in(word) {
        Lookup::Found(found) => Ok(found),
        Lookup::Unknown => {
            let why = format!("--user {word}: there is no such user on this host");
            Err(UsageError(why).into())
        }
        Lookup::Failed(why) => Err(anyhow!("--user {word}: it cannot be looked up: {why}")),
    };
    words.iter().map(user).collect()
}

fn answer(
    user: Option<String>,
    subject: Subject,
    trail: &Trail,
    people: &People,
) -> access::Answer {
    let (connect, replace) = access::answer(&subject, trail);
    access::Answer {
        user,
        pid: None,
        connect,
        replace,
        fixes: access::fixes(&subject, trail, people),
        elsewhere: None,
        subject,
    }
}

fn of_process(
    pid: u32,
    path: &Path,
    trail: &Trail,
    people: &People,
) -> anyhow::Result<Result<access::Answer, Untold>> {
    let failed = |error: std::io::Error| {
        if proc::has_ended(&error) {
            UsageError(format!("--pid {pid}: there is no such process")).into()
        } else {
            let why = errno::describe(&error);
            anyhow!(
                "--pid {pid}: it cannot be looked at: {why}; that takes CAP_SYS_PTRACE over it, or its user"
            )
        }
    };
    let directory = proc::open_proc().context("cannot open /proc")?;
    let process = ProcessDir::open(directory.as_fd(), pid).map_err(failed)?;
    let subject = process.subject().map_err(failed)?.ok_or_else(|| {
        UsageError(format!(
            "--pid {pid}: it is a thread of the kernel, or has ended"
        ))
    })?;
    let elsewhere = if process.shares_our_view().map_err(failed)? {
        None
    } else {
        let root = process.root().map_err(failed)?;
        match way::trace(path, Some(&root)) {
            Ok(trail) => Some(trail),
            Err(untold) => return Ok(Err(untold)),
        }
    };
    let user = people.all.iter().find(|it| it.subject.uid == subject.uid);
    let user = user.and_then(|person| person.name.clone());
    let answer = answer(user, subject, elsewhere.as_ref().unwrap_or(trail), people);
    Ok(Ok(access::Answer {
        pid: Some(pid),
        elsewhere,
        ..answer
    }))
}

fn add_processes(report: &mut Report) -> anyhow::Result<()> {
    let running = observe::running(&report.trail, &|subject, trail| {
        access::answer(subject, trail).into()
    });
    let running = running.context("cannot look at the processes in /proc")?;
    let [connect, replace] = running.found;
    report.connect.processes = Some(connect);
    report.replace.processes = Some(replace);
    report.unknown = running.unknown;
    Ok(())
}
