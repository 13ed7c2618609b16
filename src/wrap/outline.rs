//! A plan in words. Pure, but for the names of users and groups.

mod staying;

use std::ffi::OsString;

use super::host::Facts;
use super::identity::{Step, after_exec};
use super::plan::{Plan, Start};
use super::variables::Value;
use crate::model::outline::{Outline, OutlineFd, OutlineStep, OutlineValue};
use crate::model::{Action, FdNumber, Gid, Names, Uid};

/// `actions` are those of the sockets, as their maker has planned them.
pub fn outline(plan: &Plan, facts: &Facts, actions: Vec<Action>, names: &dyn Names) -> Outline {
    let start = &plan.start;
    let mut steps = Vec::new();
    if let Some(supervision) = &plan.supervision {
        staying::parting(supervision, &mut steps);
    }
    before(start, &mut steps);
    for step in &start.identity.steps {
        steps.push(of_identity(step, names));
    }
    after(plan, &mut steps);
    if let (Some(supervision), Some(keeping)) = (&plan.supervision, &plan.keeping) {
        staying::meanwhile(plan, supervision, keeping, &mut steps);
    }
    let (set, removed) = changed(start, facts);
    Outline {
        actions,
        steps,
        program: start.program.clone(),
        command: start.arguments.clone(),
        identity: after_exec(&start.identity.after),
        descriptors: descriptors(plan),
        set,
        removed,
    }
}

fn step(step: &'static str, what: impl Into<String>) -> OutlineStep {
    OutlineStep {
        step,
        what: what.into(),
    }
}

fn before(start: &Start, steps: &mut Vec<OutlineStep>) {
    if let Some(umask) = start.umask {
        steps.push(step("umask", umask.to_string()));
    }
    for limit in &start.limits {
        let (before, bounds) = (limit.before, limit.bounds);
        let what = format!("{} {before} -> {bounds}", limit.resource.as_str());
        steps.push(step("setrlimit", what));
    }
}

fn of_identity(wanted: &Step, names: &dyn Names) -> OutlineStep {
    match wanted {
        Step::SetGroups(groups) if groups.is_empty() => step("setgroups", "none"),
        Step::SetGroups(groups) => {
            let words: Vec<String> = groups.iter().map(|gid| group(*gid, names)).collect();
            step("setgroups", words.join(", "))
        }
        Step::DropBounding(set) => step("drop-bounding", set.to_prose()),
        Step::SetSecurebits(bits) => step("securebits", format!("{:#x}", bits.0)),
        Step::KeepCaps => step(
            "keep-caps",
            "the permitted set survives the next step but one",
        ),
        Step::SetGids(gid) => step("setresgid", group(*gid, names)),
        Step::SetUids(uid) => step("setresuid", user(*uid, names)),
        Step::SetCaps { keep, held } => {
            let mut words = format!("permitted, effective, inheritable: {}", keep.to_prose());
            if !held.is_empty() {
                let held = held.to_prose();
                words = format!("{words}; permitted until the command is executed: {held}");
            }
            step("capset", words)
        }
        Step::RaiseAmbient(set) => step("raise-ambient", set.to_prose()),
        Step::NoNewPrivs => step(
            "no_new_privs",
            "nothing that it executes gives it more rights",
        ),
    }
}

fn after(plan: &Plan, steps: &mut Vec<OutlineStep>) {
    let start = &plan.start;
    steps.push(step(
        "verify",
        "the kernel is asked who it has become, and that is compared; else nothing is executed",
    ));
    if start.identity.try_root {
        steps.push(step(
            "setuid",
            "0, which must fail; else nothing is executed",
        ));
    }
    if plan.supervision.is_some() {
        steps.push(step("pdeathsig", "SIGKILL, when the parent ends"));
    }
    if let Some(directory) = &start.directory {
        steps.push(step("chdir", directory.display().to_string()));
    }
    for socket in plan.sockets.iter().filter(|it| it.backlog.is_some()) {
        let path = socket.request.named.path.display();
        let what = format!("{path}, once more, so that clients see who serves them");
        steps.push(step("listen", what));
    }
    let numbers: Vec<String> = descriptors(plan)
        .iter()
        .map(|fd| fd.number.to_string())
        .collect();
    let what = match numbers.as_slice() {
        [] => "all from 3 on".to_owned(),
        numbers => format!("all from 3 on but {}", numbers.join(", ")),
    };
    steps.push(step("close", what));
    steps.push(step("signals", "default actions, none blocked"));
    steps.push(step("execve", start.program.display().to_string()));
}

fn user(uid: Uid, names: &dyn Names) -> String {
    match names.user_name(uid) {
        Some(name) => format!("{uid} ({name})"),
        None => uid.to_string(),
    }
}

fn group(gid: Gid, names: &dyn Names) -> String {
    match names.group_name(gid) {
        Some(name) => format!("{gid} ({name})"),
        None => gid.to_string(),
    }
}

fn descriptors(plan: &Plan) -> Vec<OutlineFd> {
    let descriptors = &plan.start.descriptors;
    let mut paths = plan.sockets.iter().map(|it| it.request.named.path.clone());
    let mut shown = Vec::new();
    for (index, name) in descriptors.names.iter().enumerate() {
        let Some(number) = FdNumber::FIRST.plus(index) else {
            break;
        };
        shown.push(OutlineFd {
            number,
            name: Some(name.clone()),
            path: (index >= descriptors.inherited)
                .then(|| paths.next())
                .flatten(),
        });
    }
    let others = descriptors
        .passed
        .iter()
        .filter(|it| **it >= FdNumber::FIRST);
    shown.extend(others.map(|number| OutlineFd {
        number: *number,
        name: None,
        path: None,
    }));
    shown
}

type Set = Vec<(OsString, OutlineValue)>;

fn changed(start: &Start, facts: &Facts) -> (Set, Vec<OsString>) {
    let ours = |name: &OsString| facts.variables.iter().find(|(known, _)| known == name);
    let mut set = Vec::new();
    for variable in &start.variables {
        let value = match &variable.value {
            Value::Text(text) if ours(&variable.name).is_some_and(|(_, it)| it == text) => continue,
            Value::Text(text) => OutlineValue::Text(text.clone()),
            Value::OwnPid => OutlineValue::Pid,
        };
        set.push((variable.name.clone(), value));
    }
    let stays = |name: &OsString| start.variables.iter().any(|it| it.name == *name);
    let names = facts.variables.iter().map(|(name, _)| name);
    let removed = names.filter(|name| !stays(name)).cloned().collect();
    (set, removed)
}

#[cfg(test)]
mod tests;
