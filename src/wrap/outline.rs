//! A plan in words. Pure, but for the names of users and groups.

use std::ffi::OsString;

use super::awaiting::Awaiting;
use super::host::Facts;
use super::identity::{Step, after_exec};
use super::parent::Supervision;
use super::plan::{Plan, Start};
use super::variables::Value;
use crate::model::outline::{Outline, OutlineFd, OutlineStep, OutlineValue};
use crate::model::{Action, FdNumber, Gid, Names, ReadySpec, SocketName, Uid};

/// `actions` are those of the sockets, as their maker has planned them.
pub fn outline(plan: &Plan, facts: &Facts, actions: Vec<Action>, names: &dyn Names) -> Outline {
    let start = &plan.start;
    let mut steps = Vec::new();
    if let Some(supervision) = &plan.supervision {
        parting(supervision, &mut steps);
    }
    before(start, &mut steps);
    for step in &start.identity.steps {
        steps.push(of_identity(step, names));
    }
    after(plan, &mut steps);
    if let Some(supervision) = &plan.supervision {
        until_ready(supervision, &mut steps);
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

/// What happens before the two go different ways, and what becomes of the one that stays.
fn parting(supervision: &Supervision, steps: &mut Vec<OutlineStep>) {
    let keep = supervision.keep;
    let rights = if keep.is_empty() {
        "without any capability".to_owned()
    } else {
        format!("with {}", keep.to_prose())
    };
    let what = format!("this process stays as the parent, {rights}");
    steps.push(step("fork", what));
    let rules = supervision.rules;
    let limit = match rules.stop_timeout {
        Some(limit) => format!("SIGKILL after {limit:?}"),
        None => "and as much time as whoever asks for that has patience".to_owned(),
    };
    let what = format!(
        "the command is asked to end with {}, {limit}",
        rules.stop_signal
    );
    steps.push(step("stop", what));
    steps.push(step(
        "setpgid",
        "the command gets a process group of its own",
    ));
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
        Step::SetCaps(set) => step(
            "capset",
            format!("permitted, effective, inheritable: {}", set.to_prose()),
        ),
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
        "/proc/thread-self/status is read and compared; else nothing is executed",
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

/// What we do meanwhile.
fn until_ready(supervision: &Supervision, steps: &mut Vec<OutlineStep>) {
    let Awaiting {
        ready,
        sockets,
        relay,
    } = &supervision.awaiting;
    if let Some(relay) = relay {
        let told = match &relay.upstream {
            Some(name) => format!(
                "and all of it but MAINPID is passed on to {}",
                shown(std::slice::from_ref(name))
            ),
            None => "and nobody else is told".to_owned(),
        };
        let what = format!("the command speaks to a socket of ours (NOTIFY_SOCKET), {told}");
        steps.push(step("notify", what));
    }
    let timeout = supervision.rules.ready_timeout;
    let within = format!("else it is stopped after {timeout:?}");
    let sockets = shown(sockets);
    let what = match ready {
        ReadySpec::Now => "when it has been executed".to_owned(),
        ReadySpec::Notify => format!("when it says so, {within}"),
        ReadySpec::Listen => format!("when there are listeners on {sockets}, {within}"),
        ReadySpec::Connect => format!("when connections were taken from {sockets}, {within}"),
        ReadySpec::Http(target) => {
            let target = target.as_str();
            format!("when GET {target} is answered with 2xx or 3xx on {sockets}, {within}")
        }
        ReadySpec::Delay(length) => format!("{length:?} after it has been executed"),
    };
    steps.push(step("ready", what));
}

fn shown(names: &[SocketName]) -> String {
    let names = names.iter().map(SocketName::to_bytes);
    let names: Vec<String> = names
        .map(|name| String::from_utf8_lossy(&name).into_owned())
        .collect();
    names.join(", ")
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
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{HttpTarget, Lookup, Signal};
    use crate::wrap::fixture::{self, gid, listen};
    use crate::wrap::plan::plan;
    use crate::wrap::request::{Request, Stay};

    struct NoNames;

    impl Names for NoNames {
        fn user_id(&self, _: &str) -> Lookup<Uid> {
            Lookup::Unknown
        }
        fn group_id(&self, _: &str) -> Lookup<Gid> {
            Lookup::Unknown
        }
        fn user_name(&self, _: Uid) -> Option<String> {
            Some("app".to_owned())
        }
        fn group_name(&self, _: Gid) -> Option<String> {
            None
        }
    }

    #[test]
    fn every_step_is_there_in_its_order() {
        let request = Request {
            listen: vec![listen("/run/a")],
            umask: "0027".parse().ok(),
            directory: Some("/srv".into()),
            keep_caps: "chown".parse().unwrap(),
            limits: vec!["core=0".parse().unwrap()],
            pass: vec!["9".parse().unwrap()],
            ..fixture::request()
        };
        let facts = Facts {
            person: Some(fixture::person()),
            groups: Some(vec![gid(33)]),
            limits: vec![fixture::facts().most_descriptors],
            variables: vec![
                ("SHELL".into(), "/bin/sh".into()),
                ("LISTEN_FDS".into(), "7".into()),
                ("LISTEN_PIDFDID".into(), "7".into()),
            ],
            ..fixture::facts()
        };
        let plan = plan(&request, &facts).unwrap();
        let outline = outline(&plan, &facts, Vec::new(), &NoNames);
        let words: Vec<&str> = outline.steps.iter().map(|it| it.step).collect();
        assert_eq!(
            words,
            [
                "umask",
                "setrlimit",
                "setgroups",
                "drop-bounding",
                "setresgid",
                "keep-caps",
                "setresuid",
                "capset",
                "raise-ambient",
                "no_new_privs",
                "verify",
                "setuid",
                "chdir",
                "listen",
                "close",
                "signals",
                "execve",
            ]
        );
        assert_eq!(outline.steps[6].what, "1000 (app)");
        assert_eq!(outline.steps[14].what, "all from 3 on but 3, 9");
        let numbers: Vec<String> = outline
            .descriptors
            .iter()
            .map(|fd| fd.number.to_string())
            .collect();
        assert_eq!(numbers, ["3", "9"]);
        let set: Vec<&OsString> = outline.set.iter().map(|(name, _)| name).collect();
        assert_eq!(
            set,
            [
                "HOME",
                "USER",
                "LOGNAME",
                "LISTEN_FDS",
                "LISTEN_PID",
                "LISTEN_FDNAMES"
            ]
        );
        assert_eq!(outline.removed, ["LISTEN_PIDFDID"]);
    }

    #[test]
    fn who_stays_is_told_too() {
        let timeout = Duration::from_millis(2500);
        let stay = |stop_timeout| Request {
            stay: Some(Stay {
                stop_signal: Signal::INT,
                stop_timeout,
                ready: None,
                ready_timeout: Duration::from_secs(30),
            }),
            ..fixture::request()
        };
        let facts = Facts {
            person: Some(fixture::person()),
            groups: Some(vec![gid(33)]),
            ..fixture::facts()
        };
        let steps = |stop_timeout| {
            let plan = plan(&stay(stop_timeout), &facts).unwrap();
            outline(&plan, &facts, Vec::new(), &NoNames).steps
        };
        let limited = steps(Some(timeout));
        assert_eq!(
            limited[0].what,
            "this process stays as the parent, with CAP_KILL"
        );
        assert_eq!(
            limited[1].what,
            "the command is asked to end with SIGINT, SIGKILL after 2.5s"
        );
        assert!(steps(None)[1].what.ends_with("has patience"));
        let words: Vec<&str> = limited.iter().map(|it| it.step).collect();
        assert_eq!(words[..3], ["fork", "stop", "setpgid"]);
        assert!(words.contains(&"pdeathsig"));
    }

    #[test]
    fn what_is_waited_for_and_who_is_told() {
        let said = |ready: &str, socket: Option<&str>| {
            let ready = match ready {
                "now" => ReadySpec::Now,
                _ => ReadySpec::Http(HttpTarget::new("/x").unwrap()),
            };
            let request = Request {
                listen: vec![listen("/run/a")],
                stay: Some(Stay {
                    stop_signal: Signal::TERM,
                    stop_timeout: None,
                    ready: Some(ready),
                    ready_timeout: Duration::from_secs(30),
                }),
                ..fixture::request()
            };
            let socket = socket.map(|socket| ("NOTIFY_SOCKET".into(), socket.into()));
            let facts = Facts {
                person: Some(fixture::person()),
                variables: socket.into_iter().collect(),
                ..fixture::facts()
            };
            let plan = plan(&request, &facts).unwrap();
            let steps = outline(&plan, &facts, Vec::new(), &NoNames).steps;
            let last = steps.into_iter().skip_while(|it| it.step != "execve");
            let words = last.skip(1).map(|it| format!("{}: {}", it.step, it.what));
            words.collect::<Vec<String>>()
        };
        assert_eq!(said("now", None), ["ready: when it has been executed"]);
        assert_eq!(
            said("http", Some("@n")),
            [
                "notify: the command speaks to a socket of ours (NOTIFY_SOCKET), and all of it \
                 but MAINPID is passed on to @n",
                "ready: when GET /x is answered with 2xx or 3xx on /run/a, else it is stopped \
                 after 30s"
            ]
        );
    }
}
