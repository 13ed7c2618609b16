//! What the tests of this tier share.

mod cascade;
mod language;
mod loading;

use super::doubles::{TableFiles, TableHost};
use super::*;
use crate::model::{Problem, SocketName};

/// Every key of the language, each in one of its forms.
pub(crate) const CONTRACT: &str = r#"version: 1
include: [builtin:default, site.yaml]

roles:
  web:    { users: [www-data], groups: [nginx] }
  deploy: { users: [deployer] }

rules:
  - id: app
    description: The application's sockets
    paths: ["/run/app/*.sock"]
    not-paths: ["/run/app/debug.sock"]
    type: stream
    mode: 0660              # exactly; or max-mode: at most, compared bit by bit
    owner: service:appgroup # user, user:group, :group, numeric, or a list of these
    parent: { owner: service, max-mode: 0750 }
    acl: forbid             # or allow
    world: forbid           # or allow: may everyone connect?
    connect: [web]          # these, the owner and root can connect, and nobody else can
    replace: [deploy]       # besides root and the owner: who may remove or swap the path (default: nobody)
    presence: required      # or optional, forbidden
    liveness: live          # or any: what a stale file means
    listener: { user: service, exe: ["/usr/bin/app*"], unit: app.service }
    severity: { mode-too-wide: critical }   # or one word for all
    because: the application trusts whoever connects
    when: { exists: /usr/bin/app, host: "web-*" }
  - id: pools
    paths: ["/run/php/<pool>.sock"]         # <name> captures within one path component
    owner: "<pool>:www-data"
    mode: 0660

waivers:
  - { finding: mode-too-wide, paths: ["/run/legacy.sock"], until: 2027-03-01, reason: "ticket 4711" }

tests:
  - name: a world-writable socket is refused
    socket: { path: /run/app/a.sock, mode: 0777, owner: root:root, type: stream }
    expect: [mode-too-wide, owner-mismatch, group-mismatch, world-connectable]
"#;

const SITE: &str = "version: 1\n";

fn sources(paths: &[&str], builtin: bool) -> Sources {
    Sources {
        explicit: paths.iter().map(Into::into).collect(),
        env: None,
        builtin,
    }
}

fn loaded(text: &str) -> Policy {
    on(text, &TableHost::default())
}

fn on(text: &str, host: &TableHost) -> Policy {
    let files = TableFiles::new(&[("p.yaml", text), ("site.yaml", SITE)]);
    load(&sources(&["p.yaml"], false), &files, host).expect("it is a policy")
}

fn refused(files: &[(&str, &str)], paths: &[&str]) -> Vec<Problem> {
    let files = TableFiles::new(files);
    load(&sources(paths, false), &files, &TableHost::default()).expect_err("it is refused")
}

fn path(path: &str) -> SocketName {
    SocketName::Path(path.into())
}

fn rules(text: &str) -> Policy {
    loaded(&format!("version: 1\nrules:\n{text}"))
}

fn mode_of(policy: &Policy, at: &str) -> Option<String> {
    let name = path(at);
    policy
        .effective(&name, None)
        .mode
        .map(|set| set.value.to_string())
}

fn ids(policy: &Policy, at: &str) -> Vec<String> {
    let name = path(at);
    let effective = policy.effective(&name, None);
    effective.rules.iter().map(|rule| rule.id.clone()).collect()
}
