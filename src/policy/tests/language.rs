use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::{Code, Mode, Severity};
use crate::policy::rule::ModeRule;

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
        .lines(&name)
        .iter()
        .filter(|line| line.rule.id == "app")
        .map(|line| format!("{} = {} ({})", line.key, line.value, line.place))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert!(policy.needs().holders && policy.needs().parent);
    let asks = policy.asks(&name, None, true);
    assert!(policy.needs().access && asks.everyone && asks.connect && asks.replace);
    // The baseline's world, acl and replace.
    let asks = policy.asks(&path("/run/app/debug.sock"), None, true);
    assert!(asks.everyone && asks.connect && asks.replace);
    let asks = policy.asks(&path("/run/app/debug.sock"), None, false);
    assert!(!asks.everyone && asks.connect && asks.replace);
    assert!(policy.asks_of_anybody(&path("/run/app/debug.sock"), None));
    let known = ids(&policy, "/run/app/debug.sock");
    assert_eq!(known, ["baseline", "baseline/place"]);
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
    assert_eq!(
        ids(&policy, "/run/app/a.sock"),
        ["baseline", "baseline/place"]
    );
    assert!(policy.required().is_empty());
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
fn modes_have_a_form_to_show() {
    let mode: Mode = "0660".parse().unwrap();
    assert_eq!(ModeRule::AtMost(mode).to_string(), "at most 0660");
}
