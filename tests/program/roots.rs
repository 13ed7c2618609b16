//! A place is the same place however the root above it is named.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Done, Report, Sockctl, World, chmod, is_root, skipped_without_root};

/// Each way to name run/ from the directory above it, and how it is named in reports.
fn spellings(world: &World) -> [(PathBuf, PathBuf); 4] {
    let link = world.root().join("link");
    if !link.is_symlink() {
        symlink("run", &link).expect("a link to run/");
    }
    [
        (world.run(), world.run()),
        ("run".into(), world.run()),
        (link.clone(), link.clone()),
        ("./link".into(), link),
    ]
}

/// Each way to leave out what lies at `name` in run/.
fn exclusions(world: &World, name: &str) -> [String; 5] {
    let text = |path: PathBuf| path.into_os_string().into_string().expect("UTF-8");
    [
        name.to_owned(),
        text(world.path(name)),
        format!("run/{name}"),
        format!("./run/{name}"),
        format!("**/run/{name}"),
    ]
}

fn audit(world: &World, root: &Path) -> Sockctl {
    world
        .audit_of(Sockctl::new(), root)
        .working_in(world.root())
}

fn skipped(report: &Report) -> Vec<&Value> {
    let places = report.value["skipped"].as_array();
    places.into_iter().flatten().collect()
}

/// Required, and waived, in a place that is looked at or not.
fn ask_for(world: &World, socket: &str, below: &str) {
    world.policy(&format!(
        "version: 1\n\
         rules:\n\
         - {{ id: app, paths: ['{{run}}/{socket}'], presence: required }}\n\
         waivers:\n\
         - {{ finding: stale, paths: ['{{run}}/{below}'], reason: ticket 4711 }}\n"
    ));
}

#[test]
fn what_could_not_be_looked_at_is_not_missing() {
    let world = World::new();
    ask_for(&world, "closed/a.sock", "closed/*");
    let closed = world.directory("closed", 0o000);
    for (root, shown) in spellings(&world) {
        let report = world
            .audit_of(world.other(), &root)
            .working_in(world.root())
            .run()
            .code(3)
            .report();
        report.says_in_all(&["unreadable"]);
        report.says(&shown.join("closed"), &["unreadable"]);
        report.verdict("incomplete");
    }
    chmod(&closed, 0o755);
    for (root, _) in spellings(&world) {
        let report = audit(&world, &root).run().code(1).report();
        report.says_in_all(&["required-missing", "waiver-unused"]);
    }
}

#[test]
fn a_directory_that_is_left_out_misses_nothing() {
    let world = World::new();
    ask_for(&world, "private/a.sock", "private/*");
    world.directory("private", 0o755);
    for (root, shown) in spellings(&world) {
        for glob in exclusions(&world, "private") {
            let run = audit(&world, &root).args(["--exclude", &glob]).run();
            let report = run.code(0).report();
            report.says_in_all(&[]);
            let left_out = skipped(&report);
            assert_eq!(left_out.len(), 1, "{glob}\n{:#}", report.value);
            let path = left_out[0]["path"].as_str();
            assert_eq!(path, shown.join("private").to_str(), "{glob}");
        }
    }
}

#[test]
fn a_socket_that_is_left_out_is_not_missing() {
    let mut world = World::new();
    ask_for(&world, "a.sock", "a.sock");
    world.stream("a.sock", 0o600);
    for (root, shown) in spellings(&world) {
        for glob in exclusions(&world, "a.sock") {
            let run = audit(&world, &root).args(["--exclude", &glob]).run();
            let report = run.code(0).report();
            report.says_in_all(&[]);
            report.verdict("empty");
            let left_out = skipped(&report);
            assert_eq!(left_out.len(), 1, "{glob}\n{:#}", report.value);
            let path = left_out[0]["path"].as_str();
            assert_eq!(path, shown.join("a.sock").to_str(), "{glob}");
        }
    }
}

#[test]
fn a_root_that_is_left_out_by_its_real_path_is_not_walked() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*'], max-mode: 0660 }");
    world.stream("a.sock", 0o666);
    let real = world.run();
    for (root, _) in spellings(&world) {
        let exclude = audit(&world, &root).arg("--exclude").arg(&real);
        let report = exclude.run().code(0).report();
        report.verdict("empty");
        assert_eq!(skipped(&report).len(), 1, "{:#}", report.value);
    }
}

#[test]
fn every_path_in_a_report_is_absolute() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], max-mode: 0660, liveness: live }");
    let path = world.stream("a.sock", 0o666);
    let gone = world.stream("gone.sock", 0o600);
    std::fs::remove_file(gone).expect("the file goes, the listener stays");
    for (root, shown) in spellings(&world) {
        let report = audit(&world, &root).run().code(1).report();
        let path = shown.join(path.file_name().expect("a name"));
        report.says(&path, &["mode-too-wide"]);
        assert_eq!(report.socket(&path)["state"], "live");
        assert_eq!(report.value["roots"][0].as_str(), shown.to_str());
        let fix = report.finding("mode-too-wide")["fix"].to_string();
        assert!(fix.contains(path.to_str().expect("UTF-8")), "{fix}");
        // The inode that a socket is bound to is shown to CAP_NET_ADMIN only.
        if is_root() {
            report.says(&shown.join("gone.sock"), &["ghost"]);
        }
    }
    let here = audit(&world, Path::new(".")).working_in(&world.run());
    here.run().code(1).report().says(&path, &["mode-too-wide"]);
}

#[test]
fn a_ghost_can_be_left_out() {
    if skipped_without_root("a_ghost_can_be_left_out") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], liveness: live }");
    let path = world.stream("gone.sock", 0o600);
    std::fs::remove_file(path).expect("the file goes, the listener stays");
    for (root, _) in spellings(&world) {
        audit(&world, &root).run().code(1);
        for glob in exclusions(&world, "gone.sock") {
            let run = audit(&world, &root).args(["--exclude", &glob]).run();
            run.code(0).report().says_in_all(&[]);
        }
    }
}

/// A link below a root leads out of it, and no walk follows it.
#[test]
fn where_a_link_leads_out_of_the_root_nothing_is_missing() {
    let world = World::new();
    world.rules("- { id: app, paths: ['{run}/out/a.sock'], presence: required }");
    std::fs::create_dir(world.root().join("elsewhere")).expect("a directory");
    symlink("../elsewhere", world.path("out")).expect("a link");
    for (root, _) in spellings(&world) {
        let run = audit(&world, &root).run();
        run.code(0).report().says_in_all(&[]);
    }
}

/// What is changed can be found by its path in the report of an audit.
#[test]
fn what_changes_sockets_names_them_as_an_audit_does() {
    let mut world = World::new();
    world.policy("version: 1");
    world.directory("d", 0o755);
    world.stale("d/a", 0o600);
    let paths = |list: &str, done: &Done| -> Vec<String> {
        let report = done.report().value;
        let all = report[list].as_array().expect("a list").iter();
        let path = |it: &Value| it["path"].as_str().expect("text").to_owned();
        all.map(path).collect()
    };
    let below = |root: &Path| [root.join("d"), root.join(".//d/"), root.join("d/../d")];
    for root in spellings(&world).iter().flat_map(|(root, _)| below(root)) {
        let audited = audit(&world, &root).run().code(0);
        let sockets = paths("sockets", &audited);
        assert_eq!(sockets.len(), 1, "{}", audited.shown());
        for command in [&["chmod", "0660"][..], &["chown", ":0"], &["clean"]] {
            let options = ["-R", "-n", "-f", "json", "--no-builtin"];
            let sockctl = Sockctl::new().args(command).args(options).arg(&root);
            let done = sockctl.working_in(world.root()).run().code(0);
            assert_eq!(paths("actions", &done), sockets, "{}", done.shown());
            let roots = &done.report().value["roots"];
            assert_eq!(roots, &audited.report().value["roots"]);
        }
    }
}

#[test]
fn a_path_that_goes_up_is_where_it_leads() {
    let mut world = World::new();
    world.rules("- { id: here, paths: ['{run}/here/**'], mode: 0600 }");
    let here = world.directory("here", 0o755);
    world.directory("there", 0o755);
    world.stream("there/a.sock", 0o640);
    for root in ["../there", ".."] {
        let audit = world.audit_of(Sockctl::new().working_in(&here), root);
        audit.run().code(0).report().says_in_all(&[]);
    }
    world.rules("- { id: there, paths: ['{run}/there/**'], mode: 0600 }");
    let audit = world.audit_of(Sockctl::new().working_in(&here), "../there");
    audit.run().code(0).report().says_in_all(&["mode-too-wide"]);
}
