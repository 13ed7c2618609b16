//! Who may not is told what is missing.

use std::os::unix::fs::lchown;
use std::path::Path;
use std::process::Command;

use super::state;
use crate::support::{NOBODY, World, chmod, skipped_without_root};

/// Root as a unit with `CapabilityBoundingSet=` has it.
fn without_capabilities(words: &[&str], path: &Path) -> (Option<i32>, String) {
    let output = Command::new("setpriv")
        .args(["--bounding-set", "-all", "--inh-caps", "-all"])
        .arg(env!("CARGO_BIN_EXE_sockctl"))
        .args([words, &["--no-builtin"]].concat())
        .arg(path)
        .output()
        .expect("setpriv");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).expect("text"))
}

#[test]
fn root_is_told_which_capability_it_lacks() {
    if skipped_without_root("root_is_told_which_capability_it_lacks") {
        return;
    }
    let mut world = World::new();
    let (open, shut) = (
        world.directory("open", 0o755),
        world.directory("shut", 0o700),
    );
    let (near, far) = (world.stale("open/s", 0o600), world.stale("shut/s", 0o600));
    for path in [&open, &shut, &near, &far] {
        lchown(path, Some(NOBODY), Some(NOBODY)).expect("chown");
    }
    let (near_before, far_before) = (state(&near), state(&far));
    let reading = format!("cannot look at {}", shut.display());
    let searching = format!("no right to search {}", shut.display());
    let table: [(&[&str], &Path, &str, &str); 8] = [
        (&["clean"], &near, "cannot be tested", "CAP_DAC_OVERRIDE"),
        (&["clean"], &far, &reading, "CAP_DAC_OVERRIDE"),
        (&["chmod", "0640"], &near, "EPERM", "CAP_FOWNER"),
        (&["chown", "0"], &near, "EPERM", "CAP_CHOWN"),
        (&["create"], &open.join("new"), "EACCES", "CAP_DAC_OVERRIDE"),
        (&["probe"], &near, "EACCES", "CAP_DAC_OVERRIDE"),
        (&["probe", "--silent"], &near, "EACCES", "CAP_DAC_OVERRIDE"),
        (&["probe"], &far, &searching, "CAP_DAC_OVERRIDE"),
    ];
    for (words, path, what, capability) in table {
        let (code, said) = without_capabilities(words, path);
        assert_eq!(code, Some(3), "{words:?}: {said}");
        let root = format!("root is without {capability} here");
        assert!(
            said.contains(what) && said.contains(&root),
            "{words:?}: {said}"
        );
    }
    assert_eq!((state(&near), state(&far)), (near_before, far_before));
}

#[test]
fn others_are_told_what_stands_in_the_way() {
    if skipped_without_root("others_are_told_what_stands_in_the_way") {
        return;
    }
    let mut world = World::new();
    let sticky = world.directory("sticky", 0o1777);
    let dead = world.stale("sticky/s", 0o666);
    let run = |words: &[&str], path: &Path| {
        let sockctl = world.other().args(words).arg("--no-builtin").arg(path);
        sockctl.run().code(3)
    };
    run(&["clean"], &dead).stderr_has("the directory has the sticky bit");
    let own = sticky.join("own");
    std::fs::rename(&dead, &own).expect("rename");
    lchown(&own, Some(NOBODY), Some(NOBODY)).expect("chown");
    run(&["chown", ":root"], &own).stderr_has("you are not in that group");
    chmod(&sticky, 0o700);
    let shut = format!("no right to search {}", sticky.display());
    run(&["probe"], &own).stdout_has(&shut);
    run(&["chmod", "0600"], &own).stderr_has(&shut);
}
