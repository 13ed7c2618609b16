use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::model::{Gid, Lookup, Names, Uid};
use crate::sys::cpu_time::CpuTime;

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
            let name = format!("x{level}");
            text += &[&name, ": &", &name, " [", &item, "]\n"].concat();
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
            (0..1000).fold(String::new(), |text, depth| {
                text + &" ".repeat(depth) + "a:\n"
            }),
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
        let began = CpuTime::start();
        let problems = refused(&[("p.yaml", text.as_str())], &["p.yaml"]);
        assert!(
            !problems.is_empty() && problems.len() <= 101,
            "{what}: {}",
            problems.len()
        );
        assert!(
            began.used() < Duration::from_secs(15),
            "{what}: {:?}",
            began.used()
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
    let warnings = policy.warnings(&Few, "2026-11-22");
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
fn for_a_path_it_is_enough_to_load_what_may_speak_of_it() {
    let sources = Sources {
        builtin: true,
        ..Sources::default()
    };
    let files = TableFiles::default();
    let host = TableHost {
        links: [("/var/run", "/run"), ("/srv/elsewhere", "../run/docker")].into(),
        ..TableHost::default()
    };
    let whole = load(&sources, &files, &host).expect("it loads");
    let tests = builtin::all().iter().flat_map(|builtin| {
        let source = Source::new(builtin.name, builtin.text);
        decode(source)
            .expect("the build has read it")
            .document
            .tests
    });
    let mut paths: Vec<PathBuf> = tests
        .map(|test| test.socket.path)
        .filter(|path| path.is_absolute())
        .collect();
    assert!(paths.len() > 100, "{}", paths.len());
    paths.extend(["/run/app/app.sock", "/x", "/srv/elsewhere/docker.sock"].map(PathBuf::from));
    let mut with_roles = 0;
    for path in &paths {
        let name = SocketName::Path(path.clone());
        let elsewhere = Path::new("/run/docker").join(path.file_name().expect("a name"));
        for real in [None, Some(elsewhere.as_path())] {
            let spelled: Vec<&Path> = [Some(path.as_path()), real].into_iter().flatten().collect();
            let narrow = load_about(&spelled, &sources, &files, &host).expect("it loads");
            assert!(
                narrow.rules.len() < whole.rules.len() / 2,
                "{}",
                path.display()
            );
            let (some, all) = (narrow.effective(&name, real), whole.effective(&name, real));
            assert_eq!(some, all, "{}", path.display());
            let lists = [some.connect, some.replace].into_iter().flatten();
            for role in lists.flat_map(|list| list.value) {
                assert_eq!(narrow.roles.get(role), whole.roles.get(role), "{role}");
                assert!(narrow.roles.contains_key(role) || role == "root", "{role}");
                with_roles += 1;
            }
        }
    }
    assert!(with_roles > 10, "{with_roles}");
    // What files say may be at odds with a rule that does not speak of the path.
    let id = &whole.rules.last().expect("a rule").id;
    let text = format!("version: 1\nrules: [{{id: {id}, paths: /x, mode: 0600}}]");
    let files = TableFiles::new(&[("p.yaml", &text)]);
    let sources = self::sources(&["p.yaml"], true);
    let problems = load_about(&[Path::new("/y")], &sources, &files, &host).expect_err("twice");
    assert!(
        problems[0].message.contains("is used twice"),
        "{problems:?}"
    );
}

#[test]
fn what_is_configured_and_leads_nowhere_is_told() {
    for (path, text) in [
        ("/etc/sockctl/policy.yaml", "->/nowhere"),
        ("/etc/sockctl/policy.d", "->/nowhere"),
        ("/etc/sockctl/policy.d", "version: 1"),
        ("/usr/lib/sockctl/policy.d", "->/nowhere"),
    ] {
        let files = TableFiles::new(&[(path, text)]);
        let problems = load(&Sources::default(), &files, &TableHost::default())
            .expect_err("something is there");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(&*problems[0].file, path);
    }
}

#[test]
fn a_list_of_nothing_is_no_policy() {
    for (env, holds) in [(":", false), (":::", false), ("", true)] {
        let sources = Sources {
            env: Some(env.into()),
            ..Sources::default()
        };
        let loaded = load(&sources, &TableFiles::default(), &TableHost::default());
        assert_eq!(loaded.is_ok(), holds, "{env:?}");
        if let Err(problems) = loaded {
            assert_eq!(problems[0].message, "it names no policy");
        }
    }
}

#[test]
fn what_is_far_too_much_ends_at_once() {
    let many = "gone.yaml, ".repeat(80_000);
    let names: String = (0..5_000).fold(String::new(), |all, number| format!("{all}r{number}, "));
    let rules: String = (0..3_000).fold(String::new(), |all, number| {
        format!("{all}- {{ id: r{number}, paths: /x{number}, connect: [no{number}] }}\n")
    });
    let includes: String = (0..900).fold(String::new(), |all, number| format!("{all}g{number}, "));
    for text in [
        format!("version: 1\ninclude: [{many}]\n"),
        format!("version: 1\ninclude: [{includes}]\n"),
        format!("version: 1\nrules: [{{ id: a, paths: /x, connect: [{names}] }}]\n"),
        format!("version: 1\nrules:\n{rules}"),
    ] {
        let files = TableFiles::new(&[("/e/a.yaml", &text)]);
        let begin = CpuTime::start();
        let problems = load(
            &sources(&["/e/a.yaml"], false),
            &files,
            &TableHost::default(),
        )
        .expect_err("it is too much");
        assert!(begin.used() < Duration::from_secs(5), "{:?}", begin.used());
        assert!(problems.len() <= 102, "{}", problems.len());
    }
}
