//! Somebody swaps what a path leads to, without pause: nothing but a socket that was looked at is
//! ever touched.

use std::collections::BTreeMap;
use std::os::unix::fs::{FileTypeExt, MetadataExt, lchown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use sockctl::change::{How, Plan, Target, Wish, execute};
use sockctl::model::{Mode, Outcome, Ownership, Uid};
use sockctl::sys::names::SystemNames;

use super::{plain, state};
use crate::support::{NOBODY, Sockctl, World, chmod, is_root};

const FLIPS: usize = 100_000;
/// A mode that nothing has by itself.
const MARK: u32 = 0o613;

/// What must never change, and a path that leads to one of many things.
struct Stage {
    world: World,
    path: PathBuf,
    victims: Vec<PathBuf>,
    others: Vec<PathBuf>,
}

impl Stage {
    fn new() -> Stage {
        let mut world = World::new();
        for name in ["safe", "pool", "d"] {
            world.directory(name, 0o755);
        }
        let victims = ["safe/shadow", "safe/linked", "safe/dir"].map(|name| world.path(name));
        std::fs::write(&victims[0], "secret").expect("a file");
        std::fs::write(&victims[1], "secret").expect("a file");
        chmod(&victims[0], 0o600);
        chmod(&victims[1], 0o600);
        std::fs::create_dir(&victims[2]).expect("a directory");
        chmod(&victims[2], 0o700);
        let socket = world.stream("safe/socket", 0o600);
        let twice = world.stream("safe/twice", 0o600);

        let other = |name: &str| world.path("pool").join(name);
        let others: Vec<PathBuf> = ["1", "2", "3", "4", "5", "6", "7", "8"].map(other).into();
        symlink(&victims[0], &others[0]).expect("a link to a file");
        std::fs::hard_link(&victims[1], &others[1]).expect("a hard link to a file");
        std::fs::create_dir(&others[2]).expect("a directory");
        chmod(&others[2], 0o700);
        symlink(&socket, &others[3]).expect("a link to a socket");
        std::fs::hard_link(&twice, &others[4]).expect("a hard link to a socket");
        symlink(&victims[2], &others[5]).expect("a link to a directory");
        drop(UnixListener::bind(&others[6]).expect("a socket"));
        std::fs::write(&others[7], "secret").expect("a file");
        chmod(&others[7], 0o600);
        let path = world.stream("d/a", 0o600);
        let mut victims: Vec<PathBuf> = victims.into();
        victims.extend([socket, twice]);
        Stage {
            world,
            path,
            victims,
            others,
        }
    }

    /// Swaps until `done` is set, and at least `FLIPS` times.
    fn flip(&self, done: &AtomicBool, count: &AtomicUsize) {
        let mut turn = 0;
        while !done.load(Ordering::Relaxed) || turn < FLIPS {
            let other = &self.others[turn % self.others.len()];
            renameat_with(CWD, other, CWD, &self.path, RenameFlags::EXCHANGE).expect("a swap");
            turn += 1;
            count.store(turn, Ordering::Relaxed);
        }
    }

    /// Of the victims by their paths, and of all that is no socket and changes places by inode.
    fn seen(&self) -> BTreeMap<u64, (u32, u32, u32)> {
        let victims = self.victims.iter().map(|path| (path, true));
        let movable = self.others.iter().chain([&self.path]);
        victims
            .chain(movable.map(|path| (path, false)))
            .filter_map(|(path, is_victim)| {
                let found = std::fs::symlink_metadata(path).expect("it is there");
                let counts = is_victim || !found.file_type().is_socket();
                counts.then(|| (found.ino(), state(path)))
            })
            .collect()
    }

    /// Runs `attempt` again and again while the path is swapped, until it has been swapped often
    /// enough, and makes sure that no victim has changed.
    fn hold(&self, attempts: usize, mut attempt: impl FnMut()) {
        let before = self.seen();
        let (done, count) = (AtomicBool::new(false), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| self.flip(&done, &count));
            let mut made = 0;
            while made < attempts || count.load(Ordering::Relaxed) < FLIPS {
                attempt();
                made += 1;
            }
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(self.seen(), before);
    }
}

fn count(outcomes: &mut [usize; 3], outcome: &Outcome) {
    outcomes[match outcome {
        Outcome::Done => 0,
        Outcome::Refused(_) => 1,
        _ => 2,
    }] += 1;
}

#[test]
fn steps_in_one_process() {
    let stage = Stage::new();
    let names = SystemNames::default();
    let mut outcomes = [0; 3];
    let mut turn = 0_u32;
    stage.hold(1000, || {
        turn += 1;
        let mode = if turn.is_multiple_of(2) {
            MARK
        } else {
            MARK ^ 0o111
        };
        let target = match Target::look(&stage.path) {
            Ok(target) => Rc::new(target),
            Err(unfit) => return count(&mut outcomes, &unfit.into()),
        };
        if let Err(refused) = sockctl::change::owner::refuse_links(&target, "") {
            return count(&mut outcomes, &refused);
        }
        let uid = if is_root() {
            Uid::new(turn % 7 + 1)
        } else {
            None
        };
        let wish = Wish {
            mode: Some(Mode::from_st_mode(mode)),
            owner: Ownership { uid, gid: None },
            ..Wish::default()
        };
        let mut plan = Plan::default();
        plan.add(&target, None, &wish, &names);
        for action in execute(&plan, how(&names)) {
            count(&mut outcomes, &action.outcome);
        }
    });
    println!("done, refused, others: {outcomes:?}");
    assert!(outcomes[0] > 100 && outcomes[1] > 100, "{outcomes:?}");
}

#[test]
fn the_way_itself() {
    if crate::support::skipped_without_root("the_way_itself") {
        return;
    }
    let mut world = World::new();
    for name in ["d", "safe"] {
        world.directory(name, 0o755);
    }
    let (mine, victim) = (world.stream("d/a", 0o600), world.stream("safe/a", 0o600));
    let (way, link) = (world.path("d"), world.path("link"));
    symlink(world.path("safe"), &link).expect("a link");
    lchown(&link, Some(NOBODY), None).expect("chown");
    let before = state(&victim);
    let (names, done) = (SystemNames::default(), AtomicBool::new(false));
    let (mut looked, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..FLIPS {
                renameat_with(CWD, &way, CWD, &link, RenameFlags::EXCHANGE).expect("a swap");
            }
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            match Target::look(&mine) {
                Ok(target) => {
                    looked += 1;
                    let wish = Wish {
                        mode: Some(Mode::from_st_mode(if looked % 2 == 0 {
                            MARK
                        } else {
                            0o600
                        })),
                        ..Wish::default()
                    };
                    let mut plan = Plan::default();
                    plan.add(&Rc::new(target), None, &wish, &names);
                    execute(&plan, how(&names));
                }
                Err(_) => refused += 1,
            }
        }
    });
    println!("looked at {looked}, refused {refused}");
    assert_eq!(state(&victim), before);
    assert!(looked > 100 && refused > 100, "{looked} {refused}");
}

fn how(names: &SystemNames) -> How<'_> {
    How {
        dry_run: false,
        names,
        remove: &|_| Outcome::Refused("not here".to_owned()),
    }
}

fn runs(stage: &Stage, attempts: usize, command: impl Fn(usize) -> Sockctl) {
    let mut codes = [0; 4];
    let mut turn = 0;
    stage.hold(attempts, || {
        turn += 1;
        let done = command(turn).run();
        match done.status.code() {
            Some(code @ 0..=3) => codes[usize::try_from(code).expect("small")] += 1,
            _ => panic!("{}", done.shown()),
        }
    });
    println!("exit 0, 1, 2, 3: {codes:?}");
    assert_eq!(codes[2], 0, "{codes:?}");
}

fn marked(turn: usize) -> &'static str {
    if turn.is_multiple_of(2) {
        "0613"
    } else {
        "0502"
    }
}

#[test]
fn chmod_as_a_program() {
    let stage = Stage::new();
    runs(&stage, 200, |turn| {
        plain("chmod").arg(marked(turn)).arg(&stage.path)
    });
    let directory = stage.path.parent().map(Path::to_owned).expect("a parent");
    runs(&stage, 100, |turn| {
        plain("chmod").args(["-R", marked(turn)]).arg(&directory)
    });
}

#[test]
fn chown_as_a_program() {
    if crate::support::skipped_without_root("chown_as_a_program") {
        return;
    }
    let stage = Stage::new();
    runs(&stage, 200, |turn| {
        plain("chown")
            .arg((turn % 9 + 1).to_string())
            .arg(&stage.path)
    });
    let directory = stage.path.parent().map(Path::to_owned).expect("a parent");
    let owner = |turn: usize| (turn % 9 + 1).to_string();
    runs(&stage, 100, |turn| {
        plain("chown").args(["-R", &owner(turn)]).arg(&directory)
    });
}

#[test]
fn apply_as_a_program() {
    let stage = Stage::new();
    let owner = if is_root() { ", owner: '7:8'" } else { "" };
    for (file, mode) in [("0.yaml", "0613"), ("1.yaml", "0502")] {
        let rule = format!("- {{ id: a, paths: ['{{run}}/d/*'], mode: {mode}{owner} }}");
        stage
            .world
            .file(file, &format!("version: 1\nrules:\n{rule}\n"));
    }
    runs(&stage, 200, |turn| {
        let policy = stage.world.root().join(format!("{}.yaml", turn % 2));
        let directory = stage.path.parent().expect("a parent");
        plain("apply").arg("-p").arg(policy).arg(directory)
    });
}
