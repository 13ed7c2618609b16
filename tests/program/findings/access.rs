use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;

use crate::support::{NOBODY, Sockctl, World, chmod, skipped_without_root};

/// Whether a user who owns nothing gets a connection.
fn other_connects(world: &World, path: &Path) -> bool {
    world.other().arg("probe").arg(path).run().status.success()
}

fn setfacl(entry: &str, path: &Path) {
    let mut setfacl = Command::new("setfacl");
    let status = setfacl.args(["-m", entry]).arg(path).status();
    assert!(status.expect("setfacl").success(), "{entry}");
}

#[test]
fn world_connectable() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], world: forbid }");
    let fault = world.stream("fault.sock", 0o666);
    let twin = world.stream("twin.sock", 0o660);
    world.directory("shut", 0o750);
    let behind = world.stream("shut/a.sock", 0o666);
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["world-connectable"]);
    report.says(&twin, &[]);
    report.says(&behind, &[]);
    let finding = report.finding("world-connectable");
    assert_eq!(finding["severity"], "high");
    let fix = finding["fix"].as_str().expect("a line to paste");
    assert!(fix.starts_with("sockctl chmod 0660 "), "{fix}");
    if skipped_without_root("world_connectable: whether the kernel agrees") {
        return;
    }
    assert!(other_connects(&world, &fault));
    assert!(!other_connects(&world, &twin));
    assert!(!other_connects(&world, &behind));
}

#[test]
fn a_directory_of_the_root_itself_may_keep_everyone_out() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], world: forbid }");
    let path = world.stream("a.sock", 0o666);
    chmod(world.root(), 0o700);
    world.audit().run().code(0).report().says(&path, &[]);
    chmod(world.root(), 0o755);
    let report = world.audit().run().code(1).report();
    report.says(&path, &["world-connectable"]);
}

#[test]
fn acl_grants() {
    if skipped_without_root("acl_grants") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], acl: forbid }");
    let fault = world.stream("fault.sock", 0o600);
    setfacl("u:nobody:rw", &fault);
    let asleep = world.stream("asleep.sock", 0o600);
    setfacl("u:nobody:rw,m::r", &asleep);
    let twin = world.stream("twin.sock", 0o660);
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["acl-grants"]);
    report.says(&asleep, &[]);
    report.says(&twin, &[]);
    let finding = report.finding("acl-grants");
    assert_eq!(finding["severity"], "medium");
    assert_eq!(finding["actual"], "user:nobody:rw-");
    assert!(other_connects(&world, &fault));
    assert!(!other_connects(&world, &asleep));
}

#[test]
fn an_entry_of_a_directory_on_the_way_counts_too() {
    if skipped_without_root("an_entry_of_a_directory_on_the_way_counts_too") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], acl: forbid }");
    let directory = world.directory("shut", 0o700);
    let path = world.stream("shut/a.sock", 0o666);
    world.audit().run().code(0).report().says(&path, &[]);
    setfacl("u:nobody:x", &directory);
    let report = world.audit().run().code(1).report();
    report.says(&path, &["acl-grants"]);
    let actual = report.finding("acl-grants")["actual"].clone();
    let expected = format!("user:nobody:--x of {}", directory.display());
    assert_eq!(actual, expected);
    assert!(other_connects(&world, &path));
}

#[test]
fn access_unexpected() {
    if skipped_without_root("access_unexpected") {
        return;
    }
    let mut world = World::new();
    world.policy(
        "version: 1\n\
         roles: { web: { groups: [65534] } }\n\
         rules:\n\
         - { id: app, paths: ['{run}/**'], connect: [web] }\n\
         - { id: root, paths: ['{run}/fault.sock'], connect: [] }",
    );
    let fault = world.stream("fault.sock", 0o660);
    let twin = world.stream("twin.sock", 0o660);
    for path in [&fault, &twin] {
        chown(path, None, Some(NOBODY)).expect("chown");
    }
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["access-unexpected"]);
    report.says(&twin, &[]);
    let finding = report.finding("access-unexpected");
    assert_eq!(finding["severity"], "high");
    let actual = finding["actual"].as_str().expect("who can");
    assert!(actual.contains("nobody"), "{actual}");
    assert_eq!(finding["expected"], "root");
    assert!(other_connects(&world, &fault));
}

/// What the mode holds back is not asked of closed sockets, but where a mode may wake it.
#[test]
fn an_entry_that_a_mode_would_wake_is_known() {
    if skipped_without_root("an_entry_that_a_mode_would_wake_is_known") {
        return;
    }
    let mut world = World::new();
    let policy = |paths: &str| {
        format!(
            "version: 1\n\
             roles: {{ web: {{ users: [nobody] }} }}\n\
             rules:\n\
             - {{ id: app, paths: ['{paths}'], connect: [web], mode: 0660 }}"
        )
    };
    let path = world.stream("a.sock", 0o600);
    setfacl("u:nobody:rw,m::---", &path);
    std::os::unix::fs::symlink(world.run(), world.root().join("link")).expect("a link");
    let by_link = format!("{}/*", world.root().join("link").display());
    for paths in ["{run}/*", &by_link, "/**/a.sock"] {
        world.policy(&policy(paths));
        for root in ["run", "link", "."] {
            let audit = world.audit_of(Sockctl::new().working_in(world.root()), root);
            let report = audit.run().code(1).report();
            let fix = report.finding("access-missing")["fix"]
                .as_str()
                .unwrap_or_default();
            assert!(
                fix.starts_with("sockctl chmod 0660 "),
                "{paths} {root}: {fix}"
            );
        }
    }
}

#[test]
fn access_missing() {
    if skipped_without_root("access_missing") {
        return;
    }
    let mut world = World::new();
    world.policy(
        "version: 1\n\
         roles: { web: { users: [nobody] } }\n\
         rules:\n\
         - { id: app, paths: ['{run}/**'], connect: [web] }",
    );
    let fault = world.stream("fault.sock", 0o600);
    let twin = world.stream("twin.sock", 0o600);
    setfacl("u:nobody:rw", &twin);
    let directory = world.directory("shut", 0o700);
    let behind = world.stream("shut/a.sock", 0o600);
    setfacl("u:nobody:rw", &behind);
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["access-missing"]);
    report.says(&twin, &[]);
    report.says(&behind, &["access-missing"]);
    let message = |path| report.findings(path)[0]["message"].as_str();
    assert_eq!(
        message(&fault),
        Some("nobody cannot connect: has no w on the socket (others: ---)")
    );
    let stopped = format!("has no x on {} ", directory.display());
    assert!(message(&behind).is_some_and(|it| it.contains(&stopped)));
    assert!(!other_connects(&world, &fault));
    assert!(other_connects(&world, &twin));
    assert!(!other_connects(&world, &behind));
    // What the finding proposes is enough.
    let fix = report.findings(&fault)[0]["fix"].as_str().expect("a line");
    let status = Command::new("sh").args(["-c", fix]).status();
    assert!(status.expect("sh").success());
    assert!(other_connects(&world, &fault));
    world.audit().run().code(1).report().says(&fault, &[]);
}

#[test]
fn path_replaceable() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], replace: [] }");
    let open = world.directory("open", 0o777);
    world.directory("sticky", 0o1777);
    let fault = world.stream("open/a.sock", 0o600);
    let twin = world.stream("sticky/a.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["path-replaceable"]);
    report.says(&twin, &[]);
    let finding = report.finding("path-replaceable");
    assert_eq!(finding["severity"], "high");
    assert_eq!(finding["actual"], "everyone");
    let fix = format!("chmod 01777 {}", open.display());
    assert_eq!(finding["fix"], fix.as_str());
    if skipped_without_root("path_replaceable: whether the kernel agrees") {
        return;
    }
    let taken = |path: &Path| {
        let mut remove = Command::new("setpriv");
        let ids = ["--reuid=65534", "--regid=65534", "--clear-groups"];
        remove.args(ids).args(["rm", "-f"]).arg(path);
        let done = remove.output().expect("setpriv");
        done.status.success()
    };
    assert!(taken(&fault) && !taken(&twin));
}

#[test]
fn whom_the_acl_of_a_socket_names_does_not_matter_to_who_may_replace_it() {
    let name = "whom_the_acl_of_a_socket_names_does_not_matter_to_who_may_replace_it";
    if skipped_without_root(name) {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], replace: [], acl: forbid }");
    let directory = world.directory("d", 0o755);
    setfacl("g:nogroup:rwx", &directory);
    let path = world.stream("d/a.sock", 0o600);
    setfacl("u:nobody:---,m::r--", &path);
    let actual = |world: &World| {
        let report = world.audit().run().code(1).report();
        report.finding("path-replaceable")["actual"].clone()
    };
    chmod(&path, 0o664);
    let open = actual(&world);
    chmod(&path, 0o644);
    assert_eq!(actual(&world), open);
}

#[test]
fn a_directory_above_can_be_renamed() {
    if skipped_without_root("a_directory_above_can_be_renamed") {
        return;
    }
    let mut world = World::new();
    world.policy(
        "version: 1\n\
         roles: { deploy: { users: [nobody] } }\n\
         rules:\n\
         - { id: app, paths: ['{run}/**'], replace: [] }\n\
         - { id: meant, paths: ['{run}/of-nobody/app/meant.sock'], replace: [deploy] }",
    );
    let above = world.directory("of-nobody", 0o755);
    world.directory("of-nobody/app", 0o755);
    let fault = world.stream("of-nobody/app/a.sock", 0o600);
    let meant = world.stream("of-nobody/app/meant.sock", 0o600);
    world.audit().run().code(0).report().says_in_all(&[]);
    chown(&above, Some(NOBODY), None).expect("chown");
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["path-replaceable"]);
    report.says(&meant, &[]);
    let message = report.finding("path-replaceable")["message"].clone();
    let expected = format!(
        "the user nobody can replace {0}/app, besides root: {0} lets them (owner: rwx)",
        above.display()
    );
    assert_eq!(message, expected);
}

/// A link on the way belongs to somebody who can point it elsewhere.
#[test]
fn the_way_is_the_one_that_was_named() {
    if skipped_without_root("the_way_is_the_one_that_was_named") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['/**'], replace: [] }");
    world.stream("a.sock", 0o600);
    let theirs = world.root().join("theirs");
    std::fs::create_dir(&theirs).expect("a directory");
    std::os::unix::fs::symlink(world.run(), theirs.join("link")).expect("a link");
    chown(&theirs, Some(NOBODY), None).expect("chown");
    world.audit().run().code(0).report().says_in_all(&[]);
    let link = theirs.join("link");
    let through = world.audit_of(crate::support::Sockctl::new(), &link);
    let report = through.run().code(1).report();
    report.says(&link.join("a.sock"), &["path-replaceable"]);
}

/// Nobody is asked for what no rule asks.
#[test]
fn keys_that_no_rule_sets_are_not_judged() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], max-mode: 0777 }");
    world.directory("open", 0o777);
    world.stream("open/a.sock", 0o777);
    world.audit().run().code(0).report().says_in_all(&[]);
}

#[test]
fn a_waiver_covers_them_as_the_others() {
    let mut world = World::new();
    world.policy(
        "version: 1\n\
         rules: [{ id: app, paths: ['{run}/**'], world: forbid, severity: { world-connectable: low } }]\n\
         waivers: [{ finding: world-connectable, paths: ['{run}/a.sock'], reason: ticket 4711 }]",
    );
    world.stream("a.sock", 0o666);
    let other = world.stream("b.sock", 0o666);
    let report = world.audit().run().code(0).report();
    assert_eq!(report.value["summary"]["waived"], 1);
    assert_eq!(report.findings(&other)[0]["severity"], "low");
}
