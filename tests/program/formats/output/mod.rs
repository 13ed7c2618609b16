//! `-o FILE`: the whole of it, or what was there before.

mod rights;

use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::{audit, world};
use crate::support::{Sockctl, World, chmod, skipped_without_root};

fn explain(path: &Path) -> Sockctl {
    Sockctl::new()
        .args(["explain", "-f", "json", "-o"])
        .arg(path)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).into_string().expect("text"))
        .collect();
    names.sort();
    names
}

fn json(path: &Path) -> Value {
    let bytes = fs::read(path).expect("the file");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// A directory that nothing else is in.
fn place(world: &World) -> PathBuf {
    let path = world.root().join("out");
    fs::create_dir(&path).expect("out/");
    chmod(&path, 0o755);
    path
}

#[test]
fn every_command_writes_where_it_is_told() {
    let mut world = world();
    let socket = world.stream("more.sock", 0o660);
    let socket = socket.to_str().expect("text");
    let run = world.run();
    let run = run.to_str().expect("text");
    let policy = world.file("site.yaml", "version: 1\n");
    let policy = policy.to_str().expect("text");
    let place = place(&world);
    let lines: [&[&str]; 16] = [
        &["audit", "-f", "human", run],
        &["audit", "-f", "junit", run],
        &["list", run],
        &["list", "-f", "jsonl", run],
        &["probe", socket],
        &["chmod", "-v", "0600", socket],
        &["clean", "-n", "-R", "-f", "json", run],
        &["apply", "-n", run],
        &["explain"],
        &["explain", "-f", "jsonl"],
        &["policy", "list", "-f", "jsonl"],
        &["policy", "check", "-f", "jsonl", policy],
        &["policy", "test", "-f", "json", policy],
        &["policy", "schema"],
        &["man"],
        &["completions", "bash"],
    ];
    for (index, words) in lines.iter().enumerate() {
        let file = place.join(index.to_string());
        let done = Sockctl::new()
            .args(*words)
            .arg("-o")
            .arg(&file)
            .run()
            .no_stdout();
        assert!(
            fs::metadata(&file).is_ok_and(|it| it.len() > 0),
            "{words:?}: {}",
            done.shown()
        );
    }
    assert_eq!(names(&place).len(), lines.len());
    let text = fs::read_to_string(place.join("9")).expect("explain -f jsonl");
    let value = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
    assert!(text.lines().map(value).all(|it| it["code"].is_string()));
}

#[test]
fn dash_and_dev_stdout_are_standard_output() {
    let world = world();
    let here = world.root().join("stdout");
    for path in ["-", "/dev/stdout", "/proc/self/fd/1"] {
        let done = explain(Path::new(path))
            .working_in(world.root())
            .run()
            .code(0)
            .no_stderr();
        let value: Value = serde_json::from_slice(&done.stdout).expect("JSON");
        assert!(value["codes"].is_array());
        // A file there is written to as any program would, not swapped for another one.
        fs::write(&here, "").expect("a file");
        let before = fs::metadata(&here).expect("the file").ino();
        let file = fs::File::options()
            .write(true)
            .open(&here)
            .expect("the file");
        explain(Path::new(path)).run_into(file).code(0);
        assert_eq!(json(&here), value);
        assert_eq!(fs::metadata(&here).expect("the file").ino(), before);
    }
    assert!(!world.root().join("-").exists());
}

#[test]
fn the_old_one_is_replaced_and_its_mode_kept() {
    let world = world();
    let place = place(&world);
    let (file, link) = (place.join("report"), place.join("latest"));
    let mode = |path: &Path| fs::metadata(path).expect("a file").mode() & 0o7777;
    let with_umask = |umask: &str, file: &Path| {
        let command = explain(file).into_command();
        let mut shell = Command::new("sh");
        shell.args(["-c", "umask \"$0\"; exec \"$@\"", umask]);
        shell.arg(command.get_program()).args(command.get_args());
        assert!(shell.status().expect("sh").success());
    };
    with_umask("027", &file);
    assert_eq!(mode(&file), 0o640);
    with_umask("000", &place.join("open"));
    assert_eq!(mode(&place.join("open")), 0o644);
    chmod(&file, 0o604);
    let before = fs::metadata(&file).expect("the file").ino();
    symlink("report", &link).expect("a link");
    with_umask("077", &link);
    assert_eq!(mode(&file), 0o604);
    assert_ne!(fs::metadata(&file).expect("the file").ino(), before);
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert_eq!(names(&place), ["latest", "open", "report"]);
}

#[test]
fn a_run_that_fails_leaves_the_old_one() {
    let world = world();
    let place = place(&world);
    let file = place.join("report");
    fs::write(&file, "old").expect("a file");
    let wrong = audit(&world, "json")
        .args(["-p", "/nowhere.yaml", "-o"])
        .arg(&file);
    wrong.run().code(2).no_stdout();
    assert_eq!(fs::read(&file).expect("the file"), b"old");
    // An answer of "no" is an answer.
    audit(&world, "json")
        .arg("-o")
        .arg(&file)
        .run()
        .code(1)
        .no_stdout();
    assert_eq!(json(&file)["summary"]["verdict"], "fail");
    assert_eq!(names(&place), ["report"]);
}

#[test]
fn nothing_is_done_that_could_not_be_told() {
    let mut world = World::new();
    let path = world.stream("a.sock", 0o660);
    for (output, code, why) in [
        (world.root().join("gone/report"), 3, "ENOENT"),
        (world.run(), 2, "it is a directory"),
        (path.clone(), 2, "it is a socket"),
        (world.root().join("gone/"), 2, "names a directory"),
        (PathBuf::new(), 2, "empty"),
    ] {
        let done = Sockctl::new()
            .args(["chmod", "0600"])
            .arg(&path)
            .arg("-o")
            .arg(&output)
            .run();
        done.code(code).no_stdout().stderr_has(why);
        let mode = fs::metadata(&path).expect("the socket").mode() & 0o777;
        assert_eq!(mode, 0o660);
    }
}

#[test]
fn a_full_disk_leaves_the_old_one() {
    let test = "a_full_disk_leaves_the_old_one";
    if skipped_without_root(test) {
        return;
    }
    let world = world();
    let place = place(&world);
    let command = explain(&place.join("report")).into_command();
    let mut shell = Command::new("unshare");
    shell.args(["-m", "sh", "-c"]).arg(
        "mount -t tmpfs -o size=4k none \"$0\" 2>&1 || exit 77
         echo old > \"$0/report\"; \"$@\"; echo \"exit $?\"; cat \"$0/report\"; ls -A \"$0\"",
    );
    shell
        .arg(&place)
        .arg(command.get_program())
        .args(command.get_args());
    let output = shell.output().expect("unshare");
    if output.status.code() == Some(77) || output.status.code() == Some(1) {
        println!("skipped: {test}: cannot mount");
        return;
    }
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "exit 3\nold\nreport\n",
        "{said}"
    );
    assert!(
        said.contains("No space left on device") && said.contains("left as it was"),
        "{said}"
    );
}

#[test]
fn nobody_ever_reads_half_of_it() {
    let world = world();
    let file = place(&world).join("report");
    explain(&file).run().code(0);
    let ended = AtomicBool::new(false);
    let looked = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looked = 0;
            while !ended.load(Ordering::Relaxed) {
                assert!(json(&file)["codes"].is_array());
                looked += 1;
            }
            looked
        });
        for _ in 0..20 {
            explain(&file).run().code(0);
        }
        ended.store(true, Ordering::Relaxed);
        reader.join().expect("it was whole each time")
    });
    assert!(looked > 0);
}

#[test]
fn a_fifo_is_written_to() {
    let world = world();
    let place = place(&world);
    let fifo = place.join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    let text = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut text = String::new();
            let mut file = fs::File::open(&fifo).expect("the FIFO");
            file.read_to_string(&mut text).expect("text");
            text
        });
        explain(&fifo).run().code(0).no_stdout();
        reader.join().expect("it reads")
    });
    assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
    assert_eq!(names(&place), ["fifo"]);
}

#[test]
fn a_full_device_is_3_and_said() {
    let done = explain(Path::new("/dev/full")).run().code(3);
    done.stderr_has("/dev/full")
        .stderr_has("No space left on device");
}

#[test]
fn of_two_files_the_later_one_counts() {
    let world = world();
    let place = place(&world);
    let (first, second) = (place.join("first"), place.join("second"));
    let done = Sockctl::new()
        .arg("-o")
        .arg(&first)
        .arg("explain")
        .arg("-o")
        .arg(&second)
        .run();
    done.code(0).no_stdout();
    assert_eq!(names(&place), ["second"]);
}
