//! Each state by itself.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::net::SocketType;
use tempfile::TempDir;

use super::asked::{Asker, Report, fate, listed};
use super::scenes::Scene;
use super::{By, Row, obstacle, rows};
use crate::support::{Done, inode, place};

/// A scene in a place of its own.
struct Made {
    scene: Scene,
    directory: PathBuf,
    // After the scene, which may have to be unmounted.
    _place: TempDir,
}

impl Row {
    fn made(&self) -> Made {
        let place = place();
        let directory = place.path().join("d");
        fs::create_dir(&directory).expect("mkdir");
        Made {
            scene: (self.make)(&directory),
            directory,
            _place: place,
        }
    }

    /// What is not as the table has it.
    fn wrong(&self, asker: &Asker) -> Vec<String> {
        let mut wrong = Vec::new();
        // Every look is at a new scene, for clients stay in queues, and what is removed is gone.
        let mut look = |column: &str, expected: &str, ask: &dyn Fn(&Path, &Path) -> Answer| {
            let made = self.made();
            let Answer { words, output } = ask(&made.scene.address, &made.directory);
            if words != expected {
                let name = self.name;
                wrong.push(format!(
                    "{name}: {column}: {words}, not {expected}\n{output}"
                ));
            }
        };
        let [stream, datagram, list] = self.kernel;
        look("stream", stream, &|at, _| {
            asker.connect(SocketType::STREAM, at).into()
        });
        look("datagram", datagram, &|at, _| {
            asker.connect(SocketType::DGRAM, at).into()
        });
        look("listed", list, &|at, _| listed(at).into());
        let [connect, silent] = self.probe;
        look("probe", connect, &|at, _| {
            told(&asker.probe(&[], &[at]), at)
        });
        look("probe --silent", silent, &|at, _| {
            told(&asker.probe(&["--silent"], &[at]), at)
        });
        let [named, walk] = self.clean;
        look("clean", named, &|at, _| cleaned(asker, &[], at, at));
        look("clean -R", walk, &|at, directory| {
            cleaned(asker, &["-R"], directory, at)
        });
        look("audit", self.audit, &|at, directory| {
            let is_abstract = !at.is_absolute();
            let report = asker.report("audit", is_abstract, &[self.root(directory, at)]);
            if is_abstract {
                // The exit status speaks of all such names that there are.
                report.states(at).into()
            } else {
                told(&report, at)
            }
        });
        wrong
    }

    /// What an audit is asked to look at.
    fn root<'a>(&self, directory: &'a Path, address: &'a Path) -> &'a Path {
        match (self.by, address.parent()) {
            // It is entered only where it is named.
            (By::Overlay, Some(parent)) => parent,
            _ => directory,
        }
    }
}

/// As the table writes it.
struct Answer {
    words: String,
    /// For a test that fails.
    output: String,
}

impl From<String> for Answer {
    fn from(words: String) -> Answer {
        let output = String::new();
        Answer { words, output }
    }
}

impl Answer {
    fn new(word: &str, done: &Done) -> Answer {
        let code = done.code.expect("it exits");
        Answer {
            words: format!("{word} {code}"),
            output: format!("{}{}", done.stdout, done.stderr),
        }
    }
}

fn told(report: &Report, address: &Path) -> Answer {
    Answer::new(&report.states(address), &report.done)
}

/// What becomes of the file. `-n` has to say the same, and do nothing.
fn cleaned(asker: &Asker, options: &[&str], path: &Path, address: &Path) -> Answer {
    let before = inode(address);
    let planned = asker.clean(&[options, &["-n"]].concat(), path);
    assert_eq!(inode(address), before, "-n has done something");
    let done = asker.clean(options, path);
    let fate = fate(before, inode(address));
    // Whether the directory lets us is only known when it is done.
    if done.code != Some(3) {
        let text = address.to_str().expect("text");
        let mut lines = planned.stdout.lines();
        let is_planned = lines.any(|line| line.starts_with("would") && line.ends_with(text));
        assert_eq!(is_planned, fate == "removed", "-n says {}", planned.stdout);
        assert_eq!(planned.code, done.code, "-n says {}", planned.stdout);
    }
    Answer::new(fate, &done)
}

fn check(test: &str, by: By) {
    if let Some(why) = obstacle(by) {
        println!("skipped: {test}: {why}");
        return;
    }
    let asker = match by {
        By::Other => Asker::nobody(),
        By::Any | By::Root | By::Overlay => Asker::us(),
    };
    let wrong: Vec<String> = rows(by).flat_map(|row| row.wrong(&asker)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn states_that_anybody_can_make() {
    check("states_that_anybody_can_make", By::Any);
}

#[test]
fn states_that_take_root() {
    check("states_that_take_root", By::Root);
}

#[test]
fn states_in_overlays() {
    check("states_in_overlays", By::Overlay);
}

#[test]
fn states_as_another_user_sees_them() {
    check("states_as_another_user_sees_them", By::Other);
}
