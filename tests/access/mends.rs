//! The lines that an audit prints are pasted, and then really tried.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::agrees::{in_a_place_of_its_own, is_full};
use crate::random::Random;
use crate::tree::Tree;
use crate::user::{EVERYBODY, Identity, Job, User};
use crate::{skipped_without_root, skipped_without_setfacl};

/// `SOCKCTL_TESTS=full` is all of them.
fn cases() -> u64 {
    if is_full() { 20_000 } else { 600 }
}

#[test]
fn the_lines_of_an_audit_mend_and_open_nothing() {
    let test = "the_lines_of_an_audit_mend_and_open_nothing";
    if skipped_without_root(test) || skipped_without_setfacl(test) {
        return;
    }
    in_a_place_of_its_own(|place| {
        users_and_groups(place);
        let users: Vec<User> = EVERYBODY.into_iter().map(User::start).collect();
        let mut counts = BTreeMap::new();
        for number in 0..cases() {
            one(place, number, &users, &mut counts);
        }
        println!("{counts:?}");
        let lines = |code: &str| counts.get(code).copied().unwrap_or(0);
        for (code, least) in [
            ("access-missing", 10),
            ("access-unexpected", 100),
            ("acl-grants", 10),
            ("mode-too-wide", 100),
            ("mode-mismatch", 10),
            ("parent-mode-too-wide", 50),
            ("path-replaceable", 30),
        ] {
            assert!(lines(code) >= least, "{counts:?}");
        }
    });
}

/// This host is theirs alone.
fn users_and_groups(place: &Path) {
    let (mut passwd, mut members) = (String::new(), BTreeMap::<u32, Vec<String>>::new());
    for Identity { uid, gids, .. } in EVERYBODY {
        writeln!(passwd, "u{uid}:x:{uid}:{}::/:/bin/sh", gids[0]).expect("a line");
        for &gid in gids {
            members.entry(gid).or_default().push(format!("u{uid}"));
        }
    }
    let mut group = String::new();
    for (gid, members) in members {
        writeln!(group, "g{gid}:x:{gid}:{}", members.join(",")).expect("a line");
    }
    let services = "passwd: files\ngroup: files\n".to_owned();
    for (name, text) in [
        ("passwd", passwd),
        ("group", group),
        ("nsswitch.conf", services),
    ] {
        let file = place.join(name);
        std::fs::write(&file, text).expect("a file");
        rustix::mount::mount_bind(&file, Path::new("/etc").join(name)).expect("a bind mount");
    }
}

/// Who may do what, by the kernel.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rights {
    connects: BTreeSet<u32>,
    replaces: BTreeSet<u32>,
}

impl Rights {
    fn of(users: &[User], tree: &Tree) -> Rights {
        let mut rights = Rights::default();
        let below = |path: &&Path| path.starts_with(&tree.top) && **path != *tree.top;
        let names: Vec<PathBuf> = tree
            .real
            .ancestors()
            .take_while(below)
            .map(Path::to_owned)
            .collect();
        for user in users {
            let job = Job {
                path: tree.real.clone(),
                names: names.clone(),
                unlink: None,
            };
            let outcome = user.tries(job);
            let uid = user.identity.uid;
            rights.connects.extend(outcome.connects.then_some(uid));
            let replaces = outcome.renames.contains(&true);
            rights.replaces.extend(replaces.then_some(uid));
        }
        rights
    }
}

/// Who is meant, and how it is said.
struct Wish {
    connect: BTreeSet<u32>,
    text: String,
}

impl Wish {
    fn random(random: &mut Random, tree: &Tree) -> Wish {
        let mut users = BTreeSet::new();
        let mut groups = BTreeSet::new();
        for identity in &EVERYBODY[1..] {
            if random.percent(20) {
                users.insert(identity.uid);
            }
            if random.percent(15) {
                groups.insert(identity.gids[0]);
            }
        }
        let list = |key, prefix, ids: &BTreeSet<u32>| {
            let words: Vec<String> = ids.iter().map(|id| format!("{prefix}{id}")).collect();
            (!ids.is_empty()).then(|| format!("{key}: [{}]", words.join(", ")))
        };
        let lists = [list("users", "u", &users), list("groups", "g", &groups)];
        let lists: Vec<String> = lists.into_iter().flatten().collect();
        let (roles, meant) = if lists.is_empty() {
            (String::new(), "")
        } else {
            (format!("roles:\n  r: {{ {} }}\n", lists.join(", ")), "r")
        };
        let mode = random.one_of(&[
            "",
            "max-mode: 0660, ",
            "max-mode: 0666, ",
            "max-mode: 0600, ",
            "mode: 0660, ",
            "mode: 0620, ",
        ]);
        let world = random.one_of(&["", "world: forbid, "]);
        let parent = random.one_of(&[
            "",
            "",
            "parent: { max-mode: 0775 }, ",
            "parent: { max-mode: 1777 }, ",
            "parent: { max-mode: 0701 }, ",
        ]);
        let acl = random.one_of(&["allow", "forbid"]);
        let text = format!(
            "version: 1\n{roles}rules:\n  - {{ id: it, paths: '{}/**', {mode}{world}{parent}acl: {acl}, \
             connect: [{meant}], replace: [] }}\n",
            tree.top.display()
        );
        let is_meant = |identity: &&Identity| {
            users.contains(&identity.uid) || identity.gids.iter().any(|gid| groups.contains(gid))
        };
        let connect = EVERYBODY.iter().filter(is_meant).map(|it| it.uid);
        Wish {
            connect: connect.collect(),
            text,
        }
    }
}

/// Code and line of each finding.
fn audit(policy: &Path, tree: &Tree) -> Vec<(String, Option<String>)> {
    let output = Command::new(env!("CARGO_BIN_EXE_sockctl"))
        .args(["audit", "--no-builtin", "-f", "json", "-p"])
        .args([policy, &tree.top])
        .output()
        .expect("sockctl");
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let findings = report["findings"].as_array().expect("findings");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let finding = |it: &Value| (text(&it["code"]).expect("a code"), text(&it["fix"]));
    findings.iter().map(finding).collect()
}

fn paste(line: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_sockctl"));
    let bin = program.parent().expect("a directory").display();
    let path = std::env::var("PATH").expect("a path");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", line])
        .env("PATH", format!("{bin}:{path}"));
    shell.output().expect("sh")
}

fn one(place: &Path, number: u64, users: &[User], counts: &mut BTreeMap<String, u32>) {
    let mut random = Random::new(number);
    let tree = Tree::random(place, number, &mut random);
    let wish = Wish::random(&mut random, &tree);
    let policy = place.join("policy.yaml");
    std::fs::write(&policy, &wish.text).expect("a policy");
    let before = Rights::of(users, &tree);
    let owner = std::fs::symlink_metadata(&tree.real)
        .expect("a socket")
        .uid();
    let findings = audit(&policy, &tree);
    let told = || {
        format!(
            "case {number}: {findings:#?}\n{}\nbefore: {before:?}",
            wish.text
        )
    };
    let lines = findings
        .iter()
        .filter_map(|(code, line)| Some((code, line.as_ref()?)));
    let lines = lines.filter(|(_, line)| !line.starts_with("sockctl access"));
    let mut lines: Vec<(&String, &String)> = lines.collect();
    // Any of them alone mends what it is for, ...
    if !lines.is_empty() {
        let first = random.below(lines.len());
        lines.swap(0, first);
    }
    // ... in whatever order the others follow, ...
    if number % 2 == 1 && lines.len() > 1 {
        lines[1..].reverse();
    }
    for (index, (code, line)) in lines.iter().enumerate() {
        // A line may say again what the one before it has done: nothing is left to do then.
        let pasted = paste(line);
        let why = String::from_utf8_lossy(&pasted.stderr);
        // It may be changed where it is mounted otherwise; and of a mode that is too wide nobody
        // looks whether it can be changed.
        let is_read_only = why.contains("EROFS") || why.contains("Read-only file system");
        let is_frozen = code.ends_with("mode-too-wide") && why.contains("not permitted");
        if is_read_only || is_frozen {
            continue;
        }
        assert!(pasted.status.success(), "{pasted:?}: {}", told());
        *counts.entry((*code).clone()).or_insert(0) += 1;
        if index == 0 {
            let left = audit(&policy, &tree);
            assert!(
                left.iter().all(|it| it.0 != **code),
                "{line} left {left:?}: {}",
                told()
            );
        }
        // ... and none of them lets anybody in who is not meant to.
        let after = Rights::of(users, &tree);
        let is_meant = |uid: &u32| *uid == owner || wish.connect.contains(uid);
        let is_new = |uid: &&u32| !before.connects.contains(uid) && !is_meant(uid);
        let let_in: Vec<&u32> = after.connects.iter().filter(is_new).collect();
        assert!(let_in.is_empty(), "{line} lets in {let_in:?}: {}", told());
        let is_new = |uid: &&u32| !before.replaces.contains(uid) && **uid != owner;
        let replacing: Vec<&u32> = after.replaces.iter().filter(is_new).collect();
        assert!(
            replacing.is_empty(),
            "{line}: {replacing:?} may replace: {}",
            told()
        );
    }
}
