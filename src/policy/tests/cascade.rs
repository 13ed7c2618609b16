use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::model::{Code, Severity};
use crate::policy::rule::{Permit, Presence};

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
fn a_path_that_goes_up_goes_up_from_where_links_lead() {
    let host = TableHost {
        links: BTreeMap::from([("/link", "/srv/app"), ("/srv/app/back", "../x/./y/..")]),
        ..TableHost::default()
    };
    let real = |path: &str| real_directory(Path::new(path), &host);
    assert_eq!(real("/link/../other"), Path::new("/srv/other"));
    assert_eq!(real("/link/back/z"), Path::new("/srv/x/z"));
    assert_eq!(real("/../../link"), Path::new("/srv/app"));
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
    let mut spellings = policy.waivers[0].paths.iter();
    assert!(spellings.any(|path| path.matches(b"/run/z")));
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
        "/**/svc{n}*",
        "/**/r*/svc{n}?/x",
        "/{s,r}un/**/x**{n}",
    ];
    for n in 0..40 {
        for (kind, pattern) in patterns.iter().enumerate() {
            let pattern = pattern.replace("{n}", &n.to_string());
            text += &[
                "- { id: r",
                &n.to_string(),
                "-",
                &kind.to_string(),
                ", paths: \"",
                &pattern,
                "\" }\n",
            ]
            .concat();
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
fn what_is_asked_everywhere_is_taken_back_by_a_reset_alone() {
    let everywhere = "- { id: all, paths: \"/**\", replace: [] }\n";
    let others = "\
- { id: open, paths: \"/run/open/*\", acl: allow, world: allow }
- { id: back, paths: [/run/r/a, /run/s], reset: true, mode: \"0666\" }
- { id: again, paths: \"/run/r/*\", connect: [] }
";
    let asks = |text: &str, at: &str, resolved: Option<&str>| {
        let policy = rules(text);
        let resolved = resolved.map(Path::new);
        let quick = policy.asks_of_anybody(&path(at), resolved);
        let whole = policy.asks(&path(at), resolved, false);
        assert_eq!(quick, whole.connect || whole.replace, "{at}");
        quick
    };
    for text in [
        format!("{everywhere}{others}"),
        format!("{others}{everywhere}"),
        others.to_owned(),
    ] {
        let all = text.contains("/**");
        let last = text.ends_with(everywhere);
        assert_eq!(asks(&text, "/run/x", None), all);
        assert_eq!(asks(&text, "/run/open/x", None), all);
        assert_eq!(asks(&text, "/run/s", None), last);
        assert!(asks(&text, "/run/r/a", None));
        assert!(!asks(&text, "x", None));
        assert_eq!(asks(&text, "x", Some("/run/x")), all);
        assert_eq!(asks(&text, "/var/run/s", Some("/run/s")), last);
    }
}
