//! What is told of listeners in another network namespace.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use super::servant::Servant;
use super::{IN_BOTH_WAYS, only, probe};
use crate::support::{World, skipped_without_root};

/// Nobody in this namespace gets in there, whoever may know of it.
#[test]
fn where_an_abstract_name_is_that_is_missing_here() {
    if skipped_without_root("where_an_abstract_name_is_that_is_missing_here") {
        return;
    }
    let address = format!("@sockctl-test-{}-elsewhere", std::process::id());
    let _servant = Servant::start_elsewhere(&address);
    for option in IN_BOTH_WAYS {
        let socket = only(&probe().args(option).arg(&address).run().code(1));
        assert_eq!(socket["state"], "missing");
        let why = socket["why"].as_str().expect("a reason");
        assert!(why.contains("network namespace"), "{why}");
        assert!(why.ends_with("has one"), "{why}");
    }
}

#[test]
fn where_it_listens_and_with_which_backlog() {
    if skipped_without_root("where_it_listens_and_with_which_backlog") {
        return;
    }
    let world = World::new();
    let servant = Servant::start_elsewhere(world.path("s").to_str().expect("text"));
    let namespace = fs::metadata(format!("/proc/{}/ns/net", servant.pid())).expect("it runs");
    for option in IN_BOTH_WAYS {
        let socket = only(&probe().args(option).arg(world.path("s")).run().code(0));
        assert_eq!(socket["state"], "foreign");
        assert_eq!(socket["netns"], namespace.ino());
        assert_eq!(socket["backlog"], 16);
    }
}
