//! What is named leads to the same place, or is refused in the same way, whichever command it is.

use std::os::unix::fs::{lchown, symlink};
use std::path::Path;

use super::{mode, plain};
use crate::support::{Done, NOBODY, World, skipped_without_root};

/// The commands that take paths of socket files, in the form in which they would do something.
const COMMANDS: [&[&str]; 4] = [&["chmod", "0640"], &["chown", "0"], &["clean"], &["create"]];

fn run(words: &[&str], path: impl AsRef<Path>, world: &World) -> Done {
    let sockctl = plain(words[0]).args(&words[1..]);
    sockctl
        .arg(path.as_ref())
        .working_in(world.root())
        .run()
        .no_stdout()
}

#[test]
fn an_address_is_no_path_of_a_file() {
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    for words in COMMANDS.into_iter().chain([["apply"].as_slice()]) {
        run(words, format!("unix:{}", a.display()), &world)
            .code(2)
            .stderr_has("give the path itself");
        run(words, "@a", &world).code(2).stderr_has("./@a");
    }
    // A file that is really called so.
    let odd = world.root().join("@a");
    std::fs::hard_link(world.stale("b", 0o600), &odd).expect("a hard link");
    plain("clean")
        .arg("./@a")
        .working_in(world.root())
        .run()
        .code(0);
    assert!(!odd.exists());
    assert_eq!(mode(&a), 0o600);
}

#[test]
fn a_directory_is_refused_however_it_is_written() {
    let world = World::new();
    for words in COMMANDS {
        for path in ["run", "run/", ".", "..", "run/..", "/"] {
            run(words, path, &world).code(1).stderr_has("directory");
        }
    }
    for words in &COMMANDS[..3] {
        run(words, "run/", &world).stderr_has("-R is for what is in it");
    }
}

#[test]
fn with_a_slash_there_has_to_be_a_directory() {
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    for words in COMMANDS {
        run(words, "run/a/", &world).code(3).stderr_has("ENOTDIR");
        let code = match words[0] {
            "clean" => 0,
            "create" => 1,
            _ => 3,
        };
        run(words, "gone/", &world).code(code);
    }
    assert_eq!(mode(&a), 0o600);
    assert!(!world.root().join("gone").exists());
}

#[test]
fn a_tree_may_be_named_by_a_link() {
    let mut world = World::new();
    world.directory("d", 0o755);
    let linked = world.path("linked");
    symlink("d", &linked).expect("a link");
    for name in ["linked", "linked/"] {
        let a = world.stale("d/a", 0o666);
        let tree = world.path(name);
        let run = |words: &[&str]| plain(words[0]).args(&words[1..]).arg(&tree).run();
        run(&["chmod", "-R", "0600"])
            .code(0)
            .no_stderr()
            .stdout_has("linked/a");
        run(&["chown", "-R", "0"]).no_stderr();
        run(&["clean", "-R"])
            .code(0)
            .no_stderr()
            .stdout_has("linked/a");
        assert!(!a.exists());
    }
    // And a link to what is no directory is none.
    let a = world.stream("d/a", 0o666);
    for to in [a.as_path(), Path::new("nowhere")] {
        let link = world.path(format!("to-{}", to.file_name().unwrap().display()));
        symlink(to, &link).expect("a link");
        for words in [["chmod", "-R", "0600"].as_slice(), &["clean", "-R"]] {
            let sockctl = plain(words[0]).args(&words[1..]).arg(&link);
            sockctl.run().code(1).stderr_has("symbolic link");
        }
    }
    assert_eq!(mode(&a), 0o666);
}

#[test]
fn a_link_of_somebody_leads_to_what_is_theirs_only() {
    if skipped_without_root("a_link_of_somebody_leads_to_what_is_theirs_only") {
        return;
    }
    let mut world = World::new();
    let directory = world.directory("d", 0o755);
    let a = world.stale("d/a", 0o666);
    let link = world.path("link");
    symlink("d", &link).expect("a link");
    lchown(&link, Some(NOBODY), None).expect("chown");
    let tree = [
        ["chmod", "-R", "0640"].as_slice(),
        &["chown", "-R", "0"],
        &["clean", "-R"],
    ];
    for words in COMMANDS {
        let new = if words[0] == "create" { "new" } else { "a" };
        run(words, link.join(new), &world)
            .code(1)
            .stderr_has("belongs to user 65534");
    }
    for words in tree {
        run(words, &link, &world)
            .code(1)
            .stderr_has("belongs to user 65534");
    }
    assert_eq!(mode(&a), 0o666);
    assert!(!world.path("d/new").exists());
    // They could do it all themselves.
    lchown(&directory, Some(NOBODY), None).expect("chown");
    lchown(&a, Some(NOBODY), None).expect("chown");
    for words in [
        ["create", "--hold", "-n"].as_slice(),
        &["chmod", "0640"],
        &["chmod", "-R", "0600"],
        &["clean"],
    ] {
        let path = match words[0] {
            "create" => link.join("new"),
            _ if words.contains(&"-R") => link.clone(),
            _ => link.join("a"),
        };
        plain(words[0]).args(&words[1..]).arg(path).run().code(0);
    }
    assert!(!a.exists());
}

#[test]
fn the_value_of_an_option_does_not_become_a_path() {
    let world = World::new();
    let run = |words: &[&str]| plain(words[0]).args(&words[1..]).working_in(world.root());
    run(&["create", "--parents", "0700", "x/s"])
        .run()
        .code(2)
        .stderr_has("--parents=0700");
    run(&["create", "s", "./s"])
        .run()
        .code(2)
        .stderr_has("given twice");
    run(&["probe", "--wait", "30s", "x"])
        .run()
        .code(2)
        .stderr_has("--wait=30s");
    run(&["create", "--parents", "./0700"]).run().code(0);
    run(&["probe", "--wait=1ms", "30s"]).run().code(1);
    assert!(world.root().join("0700").exists());
}
