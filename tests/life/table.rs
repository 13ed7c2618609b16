//! Each state, and what is done about it.

use std::path::Path;

use crate::states::{Clean, Row, States};
use crate::support::{Done, inode, is_root, place, program, run, sockctl};

fn clean(row: &Row, dry: bool) -> Done {
    let mut command = sockctl(["clean"]);
    if dry {
        command.arg("-n");
    }
    command.arg(&row.path);
    run(command)
}

fn states(directory: &Path) -> States<'_> {
    let mut states = States {
        directory,
        program: program(),
        rows: Vec::new(),
    };
    states.all(is_root());
    states
}

/// What `list` calls it; `None` where it is not in the list.
fn listed(rows: &str, path: &Path) -> Option<String> {
    let path = path.to_str().expect("text");
    let report: serde_json::Value = serde_json::from_str(rows).expect("JSON");
    let sockets = report["sockets"].as_array().expect("sockets");
    let is_it = |socket: &&serde_json::Value| socket["path"] == path && socket["state"] != "ghost";
    let socket = sockets.iter().find(is_it)?;
    Some(socket["state"].as_str().expect("a state").to_owned())
}

#[test]
fn exactly_what_is_stale_is_removed() {
    let place = place();
    let states = states(place.path());
    // Before anything is removed, the inventory and what is only planned.
    let mut command = sockctl(["list", "-f", "json", "--no-holders"]);
    command.arg(place.path());
    let list = run(command).stdout;
    for row in &states.rows {
        let before = inode(&row.path);
        let planned = clean(row, true);
        let code = i32::from(row.clean == Clean::Refuses);
        assert_eq!(
            planned.code,
            Some(code),
            "-n {}: {}",
            row.name,
            planned.stderr
        );
        assert_eq!(inode(&row.path), before, "-n {}", row.name);
        assert_eq!(
            planned.stdout.contains("would"),
            row.clean == Clean::Removes,
            "{}",
            row.name
        );
        if !matches!(row.state, "missing" | "not-a-socket") && !is_in_overlay(&row.path) {
            assert_eq!(
                listed(&list, &row.path).as_deref(),
                Some(row.state),
                "{}",
                row.name
            );
        }
    }
    for row in &states.rows {
        let before = inode(&row.path);
        let done = clean(row, false);
        let (code, after) = match row.clean {
            Clean::Removes | Clean::Finds => (0, None),
            Clean::Refuses => (1, before),
        };
        assert_eq!(done.code, Some(code), "{}: {}", row.name, done.stderr);
        assert_eq!(inode(&row.path), after, "{}: {}", row.name, done.stderr);
    }
    println!("{} states", states.rows.len());
}

/// The walk does not enter overlays that nobody named.
fn is_in_overlay(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "overlay")
}

#[test]
fn a_walk_removes_the_same_and_leaves_what_asks_to_be_left() {
    let place = place();
    let states = states(place.path());
    let before: Vec<_> = states.rows.iter().map(|row| inode(&row.path)).collect();
    let mut command = sockctl(["clean", "-R"]);
    command.arg(place.path());
    run(command).exits(0);
    for (row, before) in states.rows.iter().zip(before) {
        // A walk leaves sticky ones alone, and does not enter mounts.
        let stays = row.clean != Clean::Removes
            || row.path.ends_with("sticky")
            || row.path.starts_with(place.path().join("overlay/merged"));
        let expected = if stays { before } else { None };
        assert_eq!(inode(&row.path), expected, "{}", row.name);
    }
}
