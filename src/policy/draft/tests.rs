use super::*;
use crate::model::Pattern;
use crate::policy::rule::{Document, ModeRule};
use crate::policy::{Rule, Source, decode};

fn seen(name: impl AsRef<[u8]>) -> Sighting {
    Sighting {
        name: name.as_ref().to_vec(),
        facts: Facts {
            mode: Some("0660".parse().unwrap()),
            owner: Some("app:www-data".to_owned()),
            ..Facts::default()
        },
        is_private_place: false,
    }
}

fn with(name: &str, change: impl Fn(&mut Facts)) -> Sighting {
    let mut sighting = seen(name);
    change(&mut sighting.facts);
    sighting
}

/// The draft as it is read back.
#[track_caller]
fn read(sightings: Vec<Sighting>, ground: &Ground) -> Document {
    let draft = draft(sightings, ground);
    let unit = decode(Source::new("draft.yaml", &draft.text));
    let document = unit.unwrap_or_else(|problems| panic!("{problems:#?}\n{}", draft.text));
    assert_eq!(document.document.rules.len(), draft.rules);
    document.document
}

#[track_caller]
fn rules(sightings: Vec<Sighting>) -> Vec<Rule> {
    read(sightings, &Ground::default()).rules
}

fn paths(rule: &Rule) -> Vec<&str> {
    rule.paths.iter().map(Pattern::as_str).collect()
}

#[track_caller]
fn paths_of(names: &[&str]) -> Vec<String> {
    let rules = rules(names.iter().map(seen).collect());
    let rule = match &rules[..] {
        [rule] => rule,
        rules => panic!("{rules:#?}"),
    };
    for name in names {
        let is_matched = rule.paths.iter().any(|path| path.matches(name.as_bytes()));
        assert!(is_matched, "{name}: {:?}", paths(rule));
    }
    rule.paths.iter().map(ToString::to_string).collect()
}

#[test]
fn names_that_differ_in_a_number_become_one() {
    for (names, expected) in [
        (
            &["/run/a/1.sock", "/run/a/22.sock"][..],
            "/run/a/[0-9]*.sock",
        ),
        (&["/run/a/w-1", "/run/a/w-2"], "/run/a/w-[0-9]*"),
        // What is common stays.
        (
            &["/run/php/php8.1-fpm.sock", "/run/php/php8.2-fpm.sock"],
            "/run/php/php8.[0-9]*-fpm.sock",
        ),
        (
            &["/run/a-1/x.sock", "/run/a-2/x.sock"],
            "/run/a-[0-9]*/x.sock",
        ),
        (&["/run/s/0a1b2c3d4e", "/run/s/ffffffff00"], "/run/s/*"),
        (&["/run/a/7"], "/run/a/7"),
    ] {
        assert_eq!(paths_of(names), [expected]);
    }
    // Words of the same letters are no numbers.
    let words = ["/run/a/deadbeefs", "/run/a/cafebabes"];
    assert_eq!(paths_of(&words).len(), 2);
    let words = ["/run/a/feedface", "/run/a/facefeed"];
    assert_eq!(paths_of(&words).len(), 2);
}

#[test]
fn a_pattern_matches_no_socket_of_which_something_else_is_said() {
    let other = with("/run/a/w-3", |facts| facts.mode = "0600".parse().ok());
    let all = rules(vec![seen("/run/a/w-1"), seen("/run/a/w-2"), other]);
    assert_eq!(paths(&all[0]), ["/run/a/w-1", "/run/a/w-2"]);
    assert_eq!(paths(&all[1]), ["/run/a/w-3"]);
    let ground = Ground {
        described: vec![b"/run/a/w-3".to_vec()],
        ..Ground::default()
    };
    let document = read(vec![seen("/run/a/w-1"), seen("/run/a/w-2")], &ground);
    assert_eq!(document.rules[0].paths.len(), 2);
}

#[test]
fn a_private_directory_of_many_is_named_as_a_whole() {
    let many = |change: fn(&mut Sighting)| {
        let names = ["a", "b", "c", "d"].map(|name| format!("/run/app/{name}.sock"));
        let mut all: Vec<Sighting> = names.iter().map(seen).collect();
        for it in &mut all {
            it.is_private_place = true;
        }
        change(&mut all[3]);
        rules(all)
    };
    assert_eq!(paths(&many(|_| {})[0]), ["/run/app/*"]);
    assert_eq!(paths(&many(|it| it.is_private_place = false)[0]).len(), 4);
    // What is open is named one by one: what comes there later is not.
    let open = many(|it| it.facts.is_open = true);
    assert_eq!(open.len(), 2);
    assert_eq!(paths(&open[0]).len(), 3);
}

#[test]
fn one_rule_says_one_thing() {
    let all = rules(vec![
        with("/run/app/b.sock", |facts| facts.is_open = true),
        seen("/run/app/c.sock"),
        seen("/run/app/a.sock"),
        seen("/run/other/a.sock"),
    ]);
    let told: Vec<(&str, Vec<&str>)> = all
        .iter()
        .map(|rule| (rule.id.as_str(), paths(rule)))
        .collect();
    assert_eq!(
        told,
        [
            ("run/app", vec!["/run/app/a.sock", "/run/app/c.sock"]),
            ("run/app/b.sock", vec!["/run/app/b.sock"]),
            ("run/other/a.sock", vec!["/run/other/a.sock"]),
        ]
    );
    assert_eq!(all[1].because.as_deref(), Some("TODO"));
    assert_eq!(all[0].because, None);
    let mode = all[0].keys.mode.as_ref().map(|set| set.value);
    assert_eq!(mode, Some(ModeRule::Exactly("0660".parse().unwrap())));
}

#[test]
fn the_order_of_what_was_seen_does_not_matter() {
    let all = ["/run/b/1", "/run/b/2", "/run/a", "/run/b/x", "@c"].map(seen);
    let forward = draft(all.to_vec(), &Ground::default());
    let backward = draft(all.into_iter().rev().collect(), &Ground::default());
    assert_eq!(forward, backward);
}

#[test]
fn names_are_read_back_as_they_are() {
    let names: [&[u8]; 12] = [
        b"/run/new\nline",
        b"/run/quote\"and\\backslash",
        b"/run/star*[x]{a,b}<c>?",
        b"/run/ trailing ",
        b"/run/#comment: x",
        b"/run/bell\x07\x1b[31m",
        "/run/über\u{202e}\u{feff}\u{85}".as_bytes(),
        b"/run/no\xfftext\xc3",
        b"/run/-rf",
        b"@nul\0in\0it",
        b"@",
        b"@with/slash",
    ];
    let all = rules(names.iter().map(seen).collect());
    for name in names {
        let matching = all.iter().flat_map(|rule| &rule.paths);
        let matching = matching.filter(|path| path.matches(name)).count();
        assert_eq!(matching, 1, "{}", name.escape_ascii());
    }
}

#[test]
fn what_is_no_text_is_taken_for_nothing_that_is() {
    let other = with("/run/x?", |facts| facts.is_stale = true);
    let all = rules(vec![seen(b"/run/x\xff"), seen("/run/xa"), other]);
    let matching = |name: &[u8]| {
        let matches = |rule: &&Rule| rule.paths.iter().any(|path| path.matches(name));
        all.iter().filter(matches).count()
    };
    assert_eq!([matching(b"/run/x\xff"), matching(b"/run/xa")], [1, 1]);
    assert_eq!([matching(b"/run/x?"), matching(b"/run/xb")], [1, 0]);
}

#[test]
fn owners_are_read_back_as_they_are() {
    for owner in [
        "1000:1000",
        "no:yes",
        "_chrony:_chrony",
        "y:12",
        "a.b:c-d",
        "dynamic:dynamic",
    ] {
        let all = rules(vec![with("/run/a", |facts| {
            facts.owner = Some(owner.to_owned());
            facts.parent = Some(("0".to_owned(), "2775".parse().unwrap()));
            facts.listener = Some("no".to_owned());
        })]);
        let keys = &all[0].keys;
        let read = keys.owner.as_ref().map(|set| set.value.to_string());
        assert_eq!(read.as_deref(), Some(owner));
        assert!(keys.parent_max_mode.as_ref().unwrap().value.special);
        assert!(keys.listener_user.is_some());
    }
}

#[test]
fn ids_and_roles_that_are_taken_are_left_alone() {
    let ground = Ground {
        ids: BTreeSet::from(["run/app".to_owned()]),
        roles: BTreeSet::from(["docker".to_owned()]),
        ..Ground::default()
    };
    let group = Principal::Group("docker".to_owned());
    let user = Principal::User("docker".to_owned());
    let odd = Principal::User("DOMAIN\\ann".to_owned());
    let lets = |facts: &mut Facts| {
        facts.connect = Some(vec![group.clone(), user.clone()]);
        facts.replace = Some(Replace::By(vec![odd.clone()]));
    };
    let sightings = vec![
        with("/run/app/a", lets),
        with("/run/app/b", lets),
        seen("/run/app"),
    ];
    let document = read(sightings, &ground);
    let ids: Vec<&str> = document.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["run/app-2", "run/app-3"]);
    let roles: Vec<&String> = document.roles.keys().collect();
    assert_eq!(roles, ["DOMAIN-ann", "docker-group", "docker-user"]);
    assert_eq!(document.roles["DOMAIN-ann"].value.users, ["DOMAIN\\ann"]);
    assert_eq!(document.roles["docker-group"].value.groups, ["docker"]);
    let connect = document.rules[1].keys.connect.as_ref();
    assert_eq!(connect.unwrap().value, ["docker-group", "docker-user"]);
}

#[test]
fn what_no_key_can_say_is_a_waiver() {
    let anybodys = with("/run/a", |facts| facts.replace = Some(Replace::Everyone));
    let document = read(vec![anybodys, seen("/run/b")], &Ground::default());
    assert_eq!(document.waivers.len(), 1);
    assert_eq!(document.waivers[0].finding, "path-replaceable");
    assert!(document.waivers[0].paths[0].matches(b"/run/a"));
    assert!(document.waivers[0].reason.starts_with("TODO"));
}

#[test]
fn thousands_of_sockets_are_several_rules() {
    let name = |number: u32| format!("/tmp/{}", char::from_u32(0x4e00 + number).unwrap());
    let all = rules((0..1200).map(name).map(seen).collect());
    let counts: Vec<usize> = all.iter().map(|rule| rule.paths.len()).collect();
    assert_eq!(counts, [500, 500, 200]);
}

#[test]
fn nothing_is_a_policy_too() {
    let ground = Ground {
        heading: vec!["a\nversion: 2".to_owned()],
        include: vec!["builtin:default".to_owned(), "/etc/a b: c.yaml".to_owned()],
        ..Ground::default()
    };
    let document = read(Vec::new(), &ground);
    let include: Vec<&str> = document.include.iter().map(|it| &*it.value).collect();
    assert_eq!(include, ["builtin:default", "/etc/a b: c.yaml"]);
}
