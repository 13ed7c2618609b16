//! What the real chmod and chown make of the same words.

use std::os::unix::fs::lchown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::fs::Mode;

use super::{Random, plain, state};
use crate::support::{World, chmod, skipped_without_root};

const ROUNDS: usize = 1000;

/// Runs it with that umask; whether it ended well.
#[allow(unsafe_code)]
fn ended_well(mut command: Command, umask: u32) -> bool {
    // SAFETY: umask(2) is all that is called between fork and exec.
    unsafe {
        command.pre_exec(move || {
            rustix::process::umask(Mode::from_raw_mode(umask));
            Ok(())
        });
    }
    command.output().expect("it can be run").status.success()
}

fn real(program: &str, word: &str, path: &Path, umask: u32) -> bool {
    let mut command = Command::new(program);
    command.arg("--").arg(word).arg(path);
    ended_well(command, umask)
}

fn ours(program: &str, word: &str, path: &Path, umask: u32) -> bool {
    let sockctl = plain(program).args(["--force", "--", word]).arg(path);
    ended_well(sockctl.into_command(), umask)
}

fn octal(random: &mut Random) -> String {
    let mode = random.mode();
    match random.below(3) {
        0 => format!("{mode:o}"),
        1 => format!("{mode:04o}"),
        _ => format!("0{mode:o}"),
    }
}

fn symbolic(random: &mut Random) -> String {
    let clauses: Vec<String> = (0..=random.below(3)).map(|_| clause(random)).collect();
    let text = clauses.join(",");
    // What looks like a negative number is refused by us alone.
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| byte.is_ascii_digit()) => "a-x".to_owned(),
        _ => text,
    }
}

fn clause(random: &mut Random) -> String {
    let mut text: String = (0..random.below(3))
        .map(|_| random.one_of(&["u", "g", "o", "a"]))
        .collect();
    let nobody_named = text.is_empty();
    for _ in 0..=random.below(2) {
        text.push_str(random.one_of(&["=", "+", "-"]));
        match random.below(6) {
            0 => text.push_str(random.one_of(&["u", "g", "o"])),
            // A number ends the clause.
            1 if nobody_named => {
                text.push_str(&octal(random));
                break;
            }
            _ => {
                let letters = ["r", "w", "x", "X", "s", "t"];
                text.extend((0..random.below(5)).map(|_| random.one_of(&letters)));
            }
        }
    }
    text
}

#[test]
fn a_thousand_modes() {
    let mut world = World::new();
    let (mine, theirs) = (world.stream("a", 0), world.stream("b", 0));
    let mut random = Random(0x05ee_d0f0_c0de);
    let mut changed = 0;
    for round in 0..ROUNDS {
        let from = random.mode();
        let umask = random.mode() & 0o777;
        let asked = if random.below(4) == 0 {
            octal(&mut random)
        } else {
            symbolic(&mut random)
        };
        chmod(&mine, from);
        chmod(&theirs, from);
        let well = (
            ours("chmod", &asked, &mine, umask),
            real("chmod", &asked, &theirs, umask),
        );
        let (mine, theirs) = (state(&mine), state(&theirs));
        let said = format!("round {round}: {asked:?} of {from:04o}, umask {umask:03o}");
        assert_eq!(well, (true, true), "{said}");
        assert_eq!(mine, theirs, "{said}: {:o} and {:o}", mine.0, theirs.0);
        changed += usize::from(mine.0 != from);
    }
    assert!(changed > ROUNDS / 2, "{changed}");
}

#[test]
fn words_that_are_no_mode() {
    let mut world = World::new();
    let path = world.stream("a", 0o600);
    for asked in [
        "", "8", "0888", "17777", "u", "rw", "u=rwq", "z=r", "u=rw,", ",u=r", "u=gr", "u=77", "+9",
        "u=u+", "+022+w", " 660", "6 60", "0x1b0", "--", "u+-x=gg",
    ] {
        let well = (
            ours("chmod", asked, &path, 0o22),
            real("chmod", asked, &path, 0o22),
        );
        assert_eq!(well.0, well.1, "{asked:?}");
        chmod(&path, 0o600);
    }
}

#[test]
fn a_thousand_owners() {
    if skipped_without_root("a_thousand_owners") {
        return;
    }
    let mut world = World::new();
    let (mine, theirs) = (world.stream("a", 0), world.stream("b", 0));
    let mut random = Random(0x0c0f_fee0);
    let number = |random: &mut Random| u32::try_from(random.below(70_000)).expect("an id");
    let mut changed = 0;
    for round in 0..ROUNDS {
        let (uid, gid, from) = (number(&mut random), number(&mut random), random.mode());
        for path in [&mine, &theirs] {
            lchown(path, Some(uid), Some(gid)).expect("chown");
            chmod(path, from);
        }
        let mut part = |names: &[&str]| match random.below(3) {
            0 => random.one_of(names).to_owned(),
            _ => number(&mut random).to_string(),
        };
        let user = part(&["root", "daemon", "games", "www-data", "nobody"]);
        let group = part(&["root", "daemon", "tty", "www-data", "nogroup"]);
        let asked = match random.below(3) {
            0 => user,
            1 => format!(":{group}"),
            _ => format!("{user}:{group}"),
        };
        let well = (
            ours("chown", &asked, &mine, 0o22),
            real("chown", &asked, &theirs, 0o22),
        );
        let (mine, theirs) = (state(&mine), state(&theirs));
        let said = format!("round {round}: {asked:?} of {uid}:{gid} {from:04o}");
        assert_eq!(well, (true, true), "{said}");
        assert_eq!(mine, theirs, "{said}: {:o} and {:o}", mine.0, theirs.0);
        changed += usize::from((mine.1, mine.2) != (uid, gid));
    }
    assert!(changed > ROUNDS / 2, "{changed}");
}
