use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use super::doubles::{TableFiles, TableHost};
use super::rule::{ModeRule, Permit, Presence};
use super::*;
use crate::model::{Code, Gid, Lookup, Mode, Names, Problem, Severity, SocketName, Uid};

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

#[test]
fn the_example_of_the_manual_says_what_it_should() {
    let files = TableFiles::new(&[("/p/app.yaml", CONTRACT), ("/p/site.yaml", SITE)]);
    let host = TableHost {
        name: "web-1",
        existing: BTreeSet::from(["/usr/bin/app"]),
        links: BTreeMap::new(),
    };
    let policy = load(&sources(&["/p/app.yaml"], true), &files, &host).expect("it is a policy");
    assert_eq!(
        policy.sources,
        ["builtin:default", "/p/site.yaml", "/p/app.yaml"]
    );
    let name = path("/run/app/a.sock");
    let app = policy.effective(&name, None);
    assert_eq!(
        app.mode.as_ref().map(|set| set.value),
        Some(ModeRule::Exactly("0660".parse().unwrap()))
    );
    let lines: Vec<String> = app
        .lines()
        .iter()
        .filter(|line| line.rule.id == "app")
        .map(|line| format!("{} = {} ({})", line.key, line.value, line.place))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert!(policy.needs().holders && policy.needs().parent);
    assert_eq!(policy.not_judged(), ["acl", "world", "connect", "replace"]);
    assert_eq!(ids(&policy, "/run/app/debug.sock"), ["baseline"]);
    assert_eq!(
        app.severity(Code::ModeTooWide, app.mode.as_ref().map(|set| set.rule)),
        Severity::Critical
    );
    let pool = path("/run/php/shop.sock");
    let owner = policy
        .effective(&pool, None)
        .owner
        .expect("it is set")
        .value;
    assert_eq!(owner.to_string(), "shop:www-data");
    let required: Vec<&str> = policy
        .required()
        .iter()
        .map(|one| one.pattern.as_str())
        .collect();
    assert_eq!(required, ["/run/app/*.sock"]);
    assert_eq!(policy.waivers.len(), 1);
    assert_eq!(policy.tests.len(), 1);
    assert_eq!(policy.roles["web"].groups, ["nginx"]);

    let elsewhere = TableHost {
        name: "db-1",
        ..host
    };
    let policy = load(&sources(&["/p/app.yaml"], true), &files, &elsewhere).expect("as before");
    assert_eq!(ids(&policy, "/run/app/a.sock"), ["baseline"]);
    assert!(policy.required().is_empty());
}

#[test]
fn keys_cascade_one_by_one_and_reset_drops() {
    let policy = rules(
        "
- { id: a, paths: /**, mode: 0600, parent: { owner: root, max-mode: 0700 }, listener: { user: root } }
- { id: b, paths: /run/*, max-mode: 0660, parent: { max-mode: 0750 } }
- { id: c, paths: /run/x, reset: true, acl: forbid }
- { id: d, paths: /run/x, world: allow }
",
    );
    let name = path("/run/y");
    let effective = policy.effective(&name, None);
    assert_eq!(
        effective
            .mode
            .as_ref()
            .map(|set| set.value.to_string())
            .as_deref(),
        Some("at most 0660")
    );
    assert_eq!(
        effective
            .mode
            .as_ref()
            .map(|set| set.place().to_string())
            .as_deref(),
        Some("p.yaml:5")
    );
    assert_eq!(
        effective
            .parent_owner
            .as_ref()
            .map(|set| set.rule.id.as_str()),
        Some("a")
    );
    assert_eq!(
        effective
            .parent_max_mode
            .as_ref()
            .map(|set| set.rule.id.as_str()),
        Some("b")
    );
    assert!(effective.listener_user.is_some());
    let name = path("/run/x");
    let effective = policy.effective(&name, None);
    assert_eq!(effective.mode, None);
    assert_eq!(effective.acl.map(|set| set.value), Some(Permit::Forbid));
    assert_eq!(ids(&policy, "/run/x"), ["c", "d"]);
    assert_eq!(policy.matching_rules(&name, None).len(), 4);
}

#[test]
fn severities_are_said_by_the_rule_that_decides() {
    let policy = rules(
        "
- { id: a, paths: /**, mode: 0600, owner: root, severity: { mode-too-wide: critical } }
- { id: b, paths: /**, owner: x, severity: low }
- { id: c, paths: /run/z, severity: { ghost: high, owner-mismatch: info } }
",
    );
    let at = |name: &str, code, key: fn(&Effective<'_>) -> Option<String>| {
        let name = path(name);
        let effective = policy.effective(&name, None);
        let id = key(&effective);
        let rule = policy
            .rules
            .iter()
            .find(|rule| Some(&rule.id) == id.as_ref());
        effective.severity(code, rule)
    };
    let mode = |effective: &Effective<'_>| effective.mode.as_ref().map(|set| set.rule.id.clone());
    let owner = |effective: &Effective<'_>| effective.owner.as_ref().map(|set| set.rule.id.clone());
    assert_eq!(at("/a", Code::ModeTooWide, mode), Severity::Critical);
    assert_eq!(at("/a", Code::OwnerMismatch, owner), Severity::Low);
    assert_eq!(at("/run/z", Code::OwnerMismatch, owner), Severity::Info);
    assert_eq!(at("/run/z", Code::Ghost, |_| None), Severity::High);
}

#[test]
fn links_of_directories_lead_patterns_to_the_real_path() {
    let host = TableHost {
        links: BTreeMap::from([
            ("/var/run", "../run"),
            ("/run/app", "/srv/a*pp"),
            ("/loop", "loop"),
        ]),
        ..TableHost::default()
    };
    let text = "version: 1
rules:
- { id: a, paths: [/var/run/x.sock, /loop/x], not-paths: /var/run/app/no.sock }
- { id: b, paths: \"/var/run/app/<n>.sock\", not-paths: /var/run/app/no.sock, owner: <n>, presence: required }
waivers:
- { finding: stale, paths: /var/run/*, reason: known }
";
    let policy = on(text, &host);
    assert_eq!(ids(&policy, "/run/x.sock"), ["a"]);
    assert_eq!(ids(&policy, "/var/run/x.sock"), ["a"]);
    assert_eq!(ids(&policy, "/srv/a*pp/y.sock"), ["b"]);
    assert_eq!(ids(&policy, "/srv/axpp/y.sock"), [""; 0]);
    assert_eq!(ids(&policy, "/srv/a*pp/no.sock"), [""; 0]);
    let name = path("/srv/a*pp/y.sock");
    let owner = policy
        .effective(&name, None)
        .owner
        .map(|set| set.value.to_string());
    assert_eq!(owner.as_deref(), Some("y"));
    let required = policy.required();
    assert_eq!(required.len(), 1);
    assert!(required[0].is_met_by(&name, None));
    assert!(!required[0].is_met_by(&path("/srv/other"), None));
    let spellings: Vec<_> = policy.waivers[0]
        .paths
        .iter()
        .map(|path| path.as_str())
        .collect();
    assert!(spellings.contains(&"/run/z"), "{spellings:?}");
    // A socket that was found through a link is matched as given and as resolved.
    let given = path("/alias/x");
    let effective = policy.effective(&given, Some(Path::new("/run/x.sock")));
    assert_eq!(effective.rules.len(), 1);
}

#[test]
fn abstract_names_and_paths_never_mix() {
    let policy = rules(
        "
- { id: file, paths: /**, mode: 0600 }
- { id: name, paths: [\"@a*\", \"@/tmp/**\"], world: forbid }
",
    );
    let of = |name: &SocketName| -> Vec<String> {
        let effective = policy.effective(name, None);
        effective.rules.iter().map(|rule| rule.id.clone()).collect()
    };
    assert_eq!(of(&SocketName::Abstract(b"a\0b".to_vec())), ["name"]);
    assert_eq!(
        of(&SocketName::Abstract(b"/tmp/.X11-unix/X0".to_vec())),
        ["name"]
    );
    assert_eq!(of(&SocketName::Abstract(b"/run/x".to_vec())), [""; 0]);
    assert_eq!(of(&path("@a")), [""; 0]);
    assert_eq!(of(&path("/a")), ["file"]);
    // `world` of a rule for abstract names alone is judged.
    assert!(policy.not_judged().is_empty());
}

#[test]
fn captures_are_names_or_numbers_and_nothing_else() {
    let policy = rules(
        "- { id: a, paths: \"/run/<u>/bus\", owner: \"<u>:g-<u>\", listener: { user: <u> } }",
    );
    let owner = |at: &str| {
        let name = path(at);
        policy
            .effective(&name, None)
            .owner
            .expect("it is set")
            .value
            .0[0]
            .clone()
    };
    assert_eq!(owner("/run/1000/bus").user, Some(Who::Id(1000)));
    assert_eq!(
        owner("/run/1000/bus").group,
        Some(Who::Name("g-1000".to_owned()))
    );
    for odd in ["007", "1-5", "dynamic", "4294967295", "+5", " 0", "<u>"] {
        let user = owner(&format!("/run/{odd}/bus")).user;
        assert_eq!(user, Some(Who::Name(odd.to_owned())), "{odd}");
    }
}

#[test]
fn what_is_required_can_be_taken_back() {
    let policy = rules(
        "
- { id: a, paths: [/run/a, /run/b, \"/run/c/*\", \"/run/d/*\"], presence: required }
- { id: b, paths: [/run/b, \"/run/d/*\"], presence: optional }
- { id: c, paths: \"/run/c/**\", reset: true }
- { id: d, paths: /run/a, mode: 0600 }
",
    );
    let required = policy.required();
    assert_eq!(required.len(), 1);
    assert_eq!(required[0].pattern.as_str(), "/run/a");
    let effective = &required[0].effective;
    assert_eq!(
        effective.presence.as_ref().map(|set| set.value),
        Some(Presence::Required)
    );
    assert_eq!(effective.rules.len(), 2);
}

#[test]
fn modes_are_octal_however_they_are_written() {
    for text in [
        "600",
        "0600",
        "0o600",
        "\"0600\"",
        "'600'",
        "\"u=rw,g=,o=\"",
        "u=rw",
    ] {
        let policy = rules(&format!("- {{ id: a, paths: /x, mode: {text} }}\n"));
        assert_eq!(mode_of(&policy, "/x").as_deref(), Some("0600"), "{text}");
    }
    let policy = rules("- id: a\n  paths: /x\n  mode: u=rw,g=rw,o=\n");
    assert_eq!(mode_of(&policy, "/x").as_deref(), Some("0660"));
    let policy = rules("- id: a\n  paths: /x\n  mode: &m 0640\n- {id: b, paths: /y, mode: *m}\n");
    assert_eq!(mode_of(&policy, "/y").as_deref(), Some("0640"));
}

#[test]
fn directories_speak_of_special_bits_only_when_they_name_them() {
    for (text, special) in [
        ("0750", false),
        ("750", false),
        ("1777", true),
        ("02775", true),
        ("00750", true),
        ("\"u=rwx,g=rxs\"", true),
        ("\"u=rwx,g=rx\"", false),
    ] {
        let policy = rules(&format!(
            "- {{ id: a, paths: /x, parent: {{ max-mode: {text} }} }}\n"
        ));
        let found = policy
            .effective(&path("/x"), None)
            .parent_max_mode
            .map(|set| set.value.special);
        assert_eq!(found, Some(special), "{text}");
    }
}

#[test]
fn includes_come_first_and_each_file_once() {
    let files = TableFiles::new(&[
        (
            "/e/a.yaml",
            "version: 1\ninclude: [b.yaml, sub/c.yaml, link.yaml]\nrules: [{id: a, paths: /x}]",
        ),
        (
            "/e/b.yaml",
            "version: 1\ninclude: sub/c.yaml\nrules: [{id: b, paths: /x, connect: r}]",
        ),
        (
            "/e/sub/c.yaml",
            "version: 1\ninclude: /e/d.yaml\nrules: [{id: c, paths: /x}]\nroles: {r: {users: root}}",
        ),
        ("/e/d.yaml", "version: 1\nrules: [{id: d, paths: /x}]"),
        ("/e/link.yaml", "->/e/b.yaml"),
    ]);
    let policy = load(
        &sources(&["/e/a.yaml", "/e/d.yaml"], false),
        &files,
        &TableHost::default(),
    )
    .expect("it is a policy");
    assert_eq!(
        policy.sources,
        ["/e/d.yaml", "/e/sub/c.yaml", "/e/b.yaml", "/e/a.yaml"]
    );
    assert_eq!(ids(&policy, "/x"), ["d", "c", "b", "a"]);
}

#[test]
fn policies_are_found_where_the_manual_says() {
    let v = "version: 1";
    let files = TableFiles::new(&[
        ("/usr/lib/sockctl/policy.d/10-a.yaml", v),
        ("/usr/lib/sockctl/policy.d/20-b.yaml", v),
        ("/etc/sockctl/policy.d/20-b.yaml", v),
        ("/etc/sockctl/policy.d/05-c.yaml", v),
        ("/etc/sockctl/policy.d/notes.txt", "none"),
        ("/etc/sockctl/policy.yaml", v),
        ("/srv/p/z.yaml", v),
        ("/srv/p/y.yaml", v),
    ]);
    let found = |sources: &Sources| {
        let host = TableHost::default();
        load(sources, &files, &host).map(|policy| policy.sources)
    };
    assert_eq!(
        found(&Sources {
            builtin: true,
            ..Sources::default()
        })
        .as_deref(),
        Ok(&[
            "builtin:default".to_owned(),
            "/usr/lib/sockctl/policy.d/10-a.yaml".to_owned(),
            "/etc/sockctl/policy.d/05-c.yaml".to_owned(),
            "/etc/sockctl/policy.d/20-b.yaml".to_owned(),
            "/etc/sockctl/policy.yaml".to_owned(),
        ][..])
    );
    let env = Sources {
        env: Some("/srv/p::builtin:default".into()),
        ..Sources::default()
    };
    assert_eq!(
        found(&env).as_deref(),
        Ok(&[
            "/srv/p/y.yaml".to_owned(),
            "/srv/p/z.yaml".to_owned(),
            "builtin:default".to_owned()
        ][..])
    );
    let both = Sources {
        explicit: vec!["/srv/p/z.yaml".into()],
        ..env
    };
    assert_eq!(
        found(&both).as_deref(),
        Ok(&["/srv/p/z.yaml".to_owned()][..])
    );
    let missing = Sources {
        explicit: vec!["/srv/q.yaml".into()],
        ..Sources::default()
    };
    assert_eq!(found(&missing).expect_err("it is not there").len(), 1);
}

#[test]
fn bombs_are_refused_at_once() {
    let bomb = {
        let mut text = String::from("version: 1\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n");
        for level in 1..10 {
            let item = format!("*x{},", level - 1).repeat(10);
            text.push_str(&format!("x{level}: &x{level} [{item}]\n"));
        }
        text
    };
    let cases = [
        ("aliases", bomb),
        ("larger", format!("version: 1\n# {}", "x".repeat(2 << 20))),
        ("flow lists", "[".repeat(100_000)),
        ("flow maps", "{a: ".repeat(100_000)),
        ("block lists", "- ".repeat(100_000)),
        ("block keys", "? ".repeat(100_000)),
        (
            "indented",
            (0..1000)
                .map(|depth| format!("{}a:\n", " ".repeat(depth)))
                .collect(),
        ),
        ("nul", "version: 1\nrules: \0".to_owned()),
        (
            "many problems",
            format!("version: 1\nrules:\n{}", "- {}\n".repeat(100_000)),
        ),
        ("many doubles", "a: 1\n".repeat(150_000)),
        ("itself", "a: &a [*a]".to_owned()),
        ("long key", format!("? {}\n: 1", "k".repeat(1_000_000))),
    ];
    for (what, text) in cases {
        let began = Instant::now();
        let problems = refused(&[("p.yaml", text.as_str())], &["p.yaml"]);
        assert!(
            !problems.is_empty() && problems.len() <= 101,
            "{what}: {}",
            problems.len()
        );
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "{what}: {:?}",
            began.elapsed()
        );
    }
}

/// Knows root, and cannot tell about `ldap`.
struct Few;

impl Names for Few {
    fn user_id(&self, name: &str) -> Lookup<Uid> {
        match name {
            "root" => Lookup::Found(Uid::ROOT),
            "ldap" => Lookup::Failed("the directory service does not answer".to_owned()),
            _ => Lookup::Unknown,
        }
    }
    fn group_id(&self, name: &str) -> Lookup<Gid> {
        if name == "root" {
            Lookup::Found(Gid::ROOT)
        } else {
            Lookup::Unknown
        }
    }
    fn user_name(&self, _: Uid) -> Option<String> {
        None
    }
    fn group_name(&self, _: Gid) -> Option<String> {
        None
    }
}

#[test]
fn names_that_this_host_does_not_know_are_warnings() {
    let policy = loaded(
        "version: 1
roles: { r: { users: [root, nobdy, 1000], groups: web } }
rules:
- { id: a, paths: \"/x/<p>\", owner: [\"root:root\", \":wheel\", ldap, <p>], listener: { user: [app, dynamic, 5-9] } }
- { id: b, paths: /y, owner: elsewhere, when: { exists: /nowhere } }
",
    );
    let warnings = policy.unknown_names(&Few);
    let messages: Vec<&str> = warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect();
    assert_eq!(
        messages,
        [
            "there is no user `nobdy` on this host",
            "there is no group `web` on this host",
            "there is no group `wheel` on this host",
            "whether there is a user `ldap` could not be told: the directory service does not answer",
            "there is no user `app` on this host",
        ]
    );
    assert!(
        warnings
            .iter()
            .all(|warning| warning.grade == crate::model::Grade::Warning)
    );
}

#[test]
fn tests_hold_on_every_host() {
    let text = "version: 1\nrules: [{id: a, paths: /x, mode: 0600, when: {host: nowhere}}]";
    let files = TableFiles::new(&[("p.yaml", text)]);
    let policy = load_for_tests(&sources(&["p.yaml"], false), &files).expect("it is a policy");
    assert_eq!(mode_of(&policy, "/x").as_deref(), Some("0600"));
    assert_eq!(mode_of(&on(text, &TableHost::default()), "/x"), None);
}

#[test]
fn the_index_finds_what_trying_all_finds() {
    let mut text = String::from("version: 1\nrules:\n");
    let patterns = [
        "/run/app{n}/*.sock",
        "/run/app{n}.sock",
        "/**/svc{n}",
        "/srv/*/svc{n}/x",
        "/run/**",
        "/run/{n}*/**",
        "/**",
        "/run/<a>/{n}",
        "/[rs]*/svc{n}/x",
        "@app{n}",
        "/srv/x/**/*{n}",
    ];
    for n in 0..40 {
        for (kind, pattern) in patterns.iter().enumerate() {
            let pattern = pattern.replace("{n}", &n.to_string());
            text.push_str(&format!("- {{ id: r{n}-{kind}, paths: \"{pattern}\" }}\n"));
        }
    }
    let policy = loaded(&text);
    for n in 0..40 {
        for at in [
            "/run/app{n}/a.sock",
            "/run/app{n}.sock",
            "/a/b/svc{n}",
            "/srv/x/svc{n}/x",
            "/run/{n}/{n}",
            "/x",
        ] {
            let at = at.replace("{n}", &n.to_string());
            let slow: Vec<String> = policy
                .rules
                .iter()
                .filter(|rule| rule.paths[0].matches(at.as_bytes()))
                .map(|rule| rule.id.clone())
                .collect();
            assert_eq!(ids(&policy, &at), slow, "{at}");
        }
    }
}

#[test]
fn what_is_compiled_in_is_what_its_text_says() {
    for builtin in builtin::all() {
        let source = Source::new(&format!("builtin:{}", builtin.name), builtin.text);
        let mut document = decode(source).expect("the build has read it").document;
        document.tests.clear();
        assert_eq!(builtin.document(), document, "{}", builtin.name);
    }
    let sources = Sources {
        builtin: true,
        ..Sources::default()
    };
    let policy = load(&sources, &TableFiles::default(), &TableHost::default());
    assert_eq!(policy.expect("it loads").sources, ["builtin:default"]);
}

#[test]
fn modes_have_a_form_to_show() {
    let mode: Mode = "0660".parse().unwrap();
    assert_eq!(ModeRule::AtMost(mode).to_string(), "at most 0660");
}
