//! The environment that the command gets. Pure.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::host::{Facts, Person};
use super::request::Request;

/// A variable of the command's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Without the `=`.
    pub name: OsString,
    /// What it is set to.
    pub value: Value,
}

/// What a variable is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// This.
    Text(OsString),
    /// The pid of the process that becomes the command.
    OwnPid,
}

/// What a service manager says in the environment, and `--clear-env` leaves: systemd.exec(5).
const KEPT: [&str; 8] = [
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "CREDENTIALS_DIRECTORY",
    "RUNTIME_DIRECTORY",
    "STATE_DIRECTORY",
    "CACHE_DIRECTORY",
    "LOGS_DIRECTORY",
    "CONFIGURATION_DIRECTORY",
];

/// What names a process: it is the command from now on, if it was us.
const PIDS: [&str; 2] = ["WATCHDOG_PID", "SYSTEMD_EXEC_PID"];

/// What speaks of descriptors that were passed to us, sd_listen_fds(3). The last one, which not all
/// managers set, may be missing where `LISTEN_PID` is right.
const OF_DESCRIPTORS: [&str; 4] = [
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "LISTEN_PIDFDID",
];

/// Ours, then those that say who the user is, then those that are asked for, then those that say
/// which descriptors were passed.
pub fn variables(request: &Request, facts: &Facts, fd_names: &[OsString]) -> Vec<Variable> {
    let mut variables = Variables(Vec::with_capacity(facts.variables.len() + 8));
    let our_pid = facts.pid.to_string();
    for (name, value) in &facts.variables {
        let is = |names: &[&str]| names.iter().any(|known| name == known);
        if is(&PIDS) && value.as_bytes() == our_pid.as_bytes() {
            variables.push(name, Value::OwnPid);
        } else if !is(&OF_DESCRIPTORS) && (!request.clear_variables || is(&KEPT)) {
            variables.push(name, Value::Text(value.clone()));
        }
    }
    if let Some(person) = &facts.person {
        variables.describe(person);
    }
    for (name, value) in &request.variables {
        variables.set(name, Value::Text(value.clone()));
    }
    if !fd_names.is_empty() {
        let count = fd_names.len().to_string();
        variables.set(OsStr::new("LISTEN_FDS"), Value::Text(count.into()));
        variables.set(OsStr::new("LISTEN_PID"), Value::OwnPid);
        let names = fd_names.join(OsStr::new(":"));
        variables.set(OsStr::new("LISTEN_FDNAMES"), Value::Text(names));
    }
    variables.0
}

struct Variables(Vec<Variable>);

impl Variables {
    fn push(&mut self, name: &OsStr, value: Value) {
        self.0.push(Variable {
            name: name.to_owned(),
            value,
        });
    }

    /// Whichever of that name there are, there is one afterwards.
    fn set(&mut self, name: &OsStr, value: Value) {
        self.0.retain(|variable| variable.name != name);
        self.push(name, value);
    }

    /// HOME, USER, LOGNAME and SHELL; who has no entry has none of the last three.
    fn describe(&mut self, person: &Person) {
        for name in ["USER", "LOGNAME", "SHELL"] {
            self.0.retain(|variable| variable.name != name);
        }
        let or = |text: &OsStr, otherwise: &str| {
            let text = if text.is_empty() {
                OsStr::new(otherwise)
            } else {
                text
            };
            Value::Text(text.to_owned())
        };
        let home = person.entry.as_ref().map(|entry| entry.home.as_os_str());
        self.set(OsStr::new("HOME"), or(home.unwrap_or_default(), "/"));
        if let Some(entry) = &person.entry {
            let name = Value::Text(entry.name.clone());
            self.push(OsStr::new("USER"), name.clone());
            self.push(OsStr::new("LOGNAME"), name);
            self.push(OsStr::new("SHELL"), or(&entry.shell, "/bin/sh"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wrap::fixture;

    fn shown(request: &Request, facts: &Facts, names: &[&str]) -> Vec<String> {
        let names: Vec<OsString> = names.iter().map(OsString::from).collect();
        let text = |variable: Variable| {
            let value = match variable.value {
                Value::Text(text) => text.into_string().unwrap(),
                Value::OwnPid => "<pid>".to_owned(),
            };
            format!("{}={value}", variable.name.into_string().unwrap())
        };
        let variables = variables(request, facts, &names);
        variables.into_iter().map(text).collect()
    }

    fn facts(variables: &[(&str, &str)]) -> Facts {
        let owned = |(name, value): &(&str, &str)| (name.into(), value.into());
        Facts {
            variables: variables.iter().map(owned).collect(),
            ..fixture::facts()
        }
    }

    #[test]
    fn what_names_us_names_the_command_and_what_names_others_stays() {
        let own = fixture::facts().pid.to_string();
        let facts = facts(&[
            ("A", "1"),
            ("LISTEN_ADDRESS", "::"),
            ("WATCHDOG_PID", &own),
            ("SYSTEMD_EXEC_PID", "7"),
            ("LISTEN_PID", &own),
            ("LISTEN_FDS", "2"),
            ("LISTEN_FDNAMES", "a:b"),
            ("LISTEN_PIDFDID", "9"),
        ]);
        let request = fixture::request();
        assert_eq!(
            shown(&request, &facts, &[]),
            [
                "A=1",
                "LISTEN_ADDRESS=::",
                "WATCHDOG_PID=<pid>",
                "SYSTEMD_EXEC_PID=7"
            ]
        );
        assert_eq!(
            shown(&request, &facts, &["a", "web"])[4..],
            ["LISTEN_FDS=2", "LISTEN_PID=<pid>", "LISTEN_FDNAMES=a:web"]
        );
    }

    #[test]
    fn little_is_left_when_it_is_cleared() {
        let own = fixture::facts().pid.to_string();
        let facts = facts(&[
            ("PATH", "/bin"),
            ("NOTIFY_SOCKET", "/run/n"),
            ("WATCHDOG_USEC", "5"),
            ("WATCHDOG_PID", &own),
            ("SYSTEMD_EXEC_PID", "7"),
            ("RUNTIME_DIRECTORY", "/run/app"),
        ]);
        let request = Request {
            clear_variables: true,
            variables: vec![("A".into(), "1".into()), ("A".into(), "2".into())],
            ..fixture::request()
        };
        assert_eq!(
            shown(&request, &facts, &[]),
            [
                "NOTIFY_SOCKET=/run/n",
                "WATCHDOG_USEC=5",
                "WATCHDOG_PID=<pid>",
                "RUNTIME_DIRECTORY=/run/app",
                "A=2"
            ]
        );
    }

    #[test]
    fn who_the_user_is() {
        let mut facts = facts(&[("USER", "root"), ("HOME", "/root"), ("SHELL", "/bin/zsh")]);
        facts.person = Some(fixture::person());
        let request = Request {
            variables: vec![("HOME".into(), "/srv".into())],
            ..fixture::request()
        };
        assert_eq!(
            shown(&request, &facts, &[]),
            ["USER=app", "LOGNAME=app", "SHELL=/bin/sh", "HOME=/srv"]
        );
        facts.person = Some(Person {
            entry: None,
            ..fixture::person()
        });
        assert_eq!(shown(&fixture::request(), &facts, &[]), ["HOME=/"]);
    }
}
