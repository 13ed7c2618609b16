//! What the manual pages show can be typed and pasted.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Sockctl, World, skipped_without_root};

const README: &str = include_str!("../../README.md");

/// Every page, by its file name, as it is committed.
fn pages() -> Vec<(String, String)> {
    let man = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/man1");
    let pages = std::fs::read_dir(man).expect("pages");
    let page = |entry: std::io::Result<std::fs::DirEntry>| {
        let path: PathBuf = entry.expect("a page").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        (name, std::fs::read_to_string(&path).expect("text"))
    };
    let mut pages: Vec<_> = pages.map(page).collect();
    pages.sort();
    pages
}

/// What is to be typed, as roff(7) shows it.
fn typed(page: &str) -> Vec<Vec<String>> {
    let blocks = page.split("\n.nf\n").skip(1);
    let block = |block: &str| {
        let (block, _) = block.split_once("\n.fi\n").expect("it ends");
        let shown = |line: &str| {
            let line = line.replace(r"\-", "-").replace(r"\*(Aq", "'");
            line.replace(r"\&", "").replace(r"\\", r"\")
        };
        block.lines().map(shown).collect()
    };
    blocks.map(block).collect()
}

/// Lines that end in a backslash go on in the next one.
fn joined(block: &[String]) -> String {
    block.join("\n").replace("\\\n", " ")
}

fn is_unit(block: &[String]) -> bool {
    block.iter().any(|line| line.starts_with("[Service]"))
}

#[test]
fn what_is_to_be_typed_fits_and_stands_as_it_is() {
    let mut seen = 0;
    for (name, page) in pages() {
        for block in typed(&page) {
            for line in &block {
                assert!(line.chars().count() <= 72, "{name}: {line}");
                seen += 1;
            }
        }
        let prose = page
            .split("\n.nf\n")
            .map(|part| match part.split_once("\n.fi\n") {
                Some((_, prose)) => prose,
                None => part,
            });
        for line in prose.flat_map(str::lines) {
            let is_unit_line = line.starts_with("Exec") && line.contains("sockctl");
            assert!(!is_unit_line, "{name}: {line} is filled like prose");
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn a_page_has_one_section_on_the_exit_status() {
    for (name, page) in pages() {
        let sections = page
            .lines()
            .filter(|line| line.starts_with(".SH \"EXIT STATUS"));
        let many = sections.count();
        // That of a group of commands has none.
        assert!(
            many == 1 || (name == "sockctl-policy.1" && many == 0),
            "{name}: {many}"
        );
    }
}

/// The command lines in them are such that the program takes them, and systemd the whole.
#[test]
fn unit_files_that_are_shown_are_units() {
    let world = World::new();
    let mut units = Vec::new();
    for (name, page) in pages() {
        for block in typed(&page).into_iter().filter(|block| is_unit(block)) {
            units.push((name.clone(), joined(&block)));
        }
    }
    for block in README.split("```ini\n").skip(1) {
        let (block, _) = block.split_once("```").expect("it ends");
        units.push(("README.md".to_owned(), format!("[Service]\n{block}")));
    }
    let from: Vec<&str> = units.iter().map(|(name, _)| name.as_str()).collect();
    for command in [
        "apply", "chmod", "chown", "clean", "create", "probe", "wrap",
    ] {
        let page = format!("sockctl-{command}.1");
        assert!(from.contains(&page.as_str()), "{page} shows no unit");
    }
    let has_systemd = Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_ok();
    if !has_systemd {
        println!("skipped: unit_files_that_are_shown_are_units, in part: needs systemd-analyze");
    }
    for (number, (name, unit)) in units.iter().enumerate() {
        for line in unit.lines().filter(|line| line.starts_with("Exec")) {
            let (_, command) = line.split_once('=').expect("a value");
            let command = command.trim_start_matches(['+', '!', '-', '@', ':']);
            assert!(command.starts_with("/usr/bin/"), "{name}: {line}");
            if let Some(words) = command.strip_prefix("/usr/bin/sockctl ") {
                let words = words.split_whitespace();
                let words = std::iter::once("sockctl").chain(words);
                let words: Vec<OsString> = words.map(Into::into).collect();
                let understood = sockctl::cli::parse(&words);
                assert!(
                    understood.is_ok(),
                    "{name}: {line}\n{}",
                    understood.unwrap_err()
                );
            }
        }
        if has_systemd {
            verify(&world, number, name, unit);
        }
    }
}

fn verify(world: &World, number: usize, name: &str, unit: &str) {
    // What they run need not be installed here.
    let mut text = unit
        .replace("/usr/bin/sockctl", env!("CARGO_BIN_EXE_sockctl"))
        .replace("/usr/bin/app", "/bin/true");
    if !text.contains("ExecStart=") {
        text.push_str("\nExecStart=/bin/true\n");
    }
    let file = format!("shown-{number}.service");
    let path = world.file(&file, &text);
    let output = Command::new("systemd-analyze")
        .arg("verify")
        .arg(&path)
        .output();
    let said = String::from_utf8(output.expect("systemd-analyze").stderr).expect("text");
    assert!(!said.contains(&file), "{name}: {said}\n{text}");
}

/// The fields of a report for machines stand in the manual.
#[test]
fn fields_of_json_are_in_the_manual() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*'], max-mode: 0660 }");
    let live = world.stream("a", 0o600);
    let policy = world.root().join("policy.yaml");
    for words in [
        ["probe", "--count=2", "--interval=0"].as_slice(),
        &["chmod", "0600"],
        &["chown", "0"],
        &["clean"],
        &["create"],
        &["apply"],
    ] {
        let page = format!("sockctl-{}.1", words[0]);
        let text = text_of(&page);
        let sockctl = Sockctl::new()
            .args(words)
            .args(["-f", "json", "--no-builtin"]);
        let done = sockctl.arg("-p").arg(&policy).arg(&live).run();
        let report = done.report().value;
        for key in keys_of(&report) {
            assert!(text.contains(&key), "{page} does not name {key}");
        }
    }
}

#[test]
fn fields_of_the_json_of_a_plan_are_in_the_manual() {
    let world = World::new();
    let own = format!("{}:0", rustix::process::geteuid().as_raw());
    let listen = format!("--listen={}", world.run().join("s").display());
    let words = ["wrap", "-n", "-f", "json", "--clear-env", "--user", &own];
    let done = Sockctl::new().args(words).args([&listen, "--", "true"]);
    let report = done.run().report().value;
    let (mut keys, mut todo) = (BTreeSet::new(), vec![&report]);
    while let Some(value) = todo.pop() {
        todo.extend(value.as_array().into_iter().flatten());
        for (key, value) in value.as_object().into_iter().flatten() {
            keys.insert(key.as_str());
            todo.push(value);
        }
    }
    assert!(
        keys.contains("what") && keys.contains("ambient"),
        "{keys:?}"
    );
    let text = text_of("sockctl-wrap.1") + &text_of("sockctl-create.1");
    for key in keys {
        assert!(text.contains(key), "no page names {key}");
    }
}

fn text_of(page: &str) -> String {
    let (_, text) = pages()
        .into_iter()
        .find(|(name, _)| *name == page)
        .expect("a page");
    text.replace(r"\-", "-")
}

/// Of a document and of what stands in its lists; of sockets and findings in other pages.
fn keys_of(value: &serde_json::Value) -> Vec<String> {
    let object = value.as_object().expect("an object");
    let of_lists = ["actions", "sockets"].into_iter().flat_map(|list| {
        let first = object.get(list).and_then(|list| list.get(0));
        first
            .and_then(serde_json::Value::as_object)
            .into_iter()
            .flatten()
    });
    let is_probed = object.get("findings").is_none();
    let keys = object.iter().chain(of_lists.filter(|_| is_probed));
    keys.map(|(key, _)| key.clone()).collect()
}

/// Sockets in a /run of its own, and an audit of it.
const AUDIT: &str = r#"
mount -t tmpfs tmpfs /run && mkdir /run/shop || exit 99
"$0" create --hold --force --mode 0777 /run/shop/gunicorn.sock > /run/out &
"$0" probe -qq --wait=10s /run/shop/gunicorn.sock > /run/out
"$0" create --mode 0755 /run/shop/worker.sock > /run/out
"$0" audit /run
code=$?
kill $!
exit $code
"#;

#[test]
fn the_readme_shows_an_audit_as_it_is() {
    let test = "the_readme_shows_an_audit_as_it_is";
    if skipped_without_root(test) {
        return;
    }
    let (_, shown) = README
        .split_once("```console\n# sockctl audit /run\n")
        .expect("an audit");
    let (shown, _) = shown.split_once("```").expect("it ends");
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", AUDIT, env!("CARGO_BIN_EXE_sockctl")])
        .env("SOCKCTL_POLICY", "builtin:default")
        .env_remove("COLUMNS")
        .output()
        .expect("unshare");
    if !matches!(output.status.code(), Some(0 | 1)) {
        println!("skipped: {test}: cannot mount");
        return;
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout), shown);
    assert_eq!(output.status.code(), Some(1));
}
