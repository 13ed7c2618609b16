use std::os::unix::fs::chown as give;
use std::os::unix::net::UnixListener;

use super::super::fixture::{HOW, Place, bits, ids, is_root, planned};
use super::super::plan::Wish;
use super::*;

fn wish(mode: u32, owner: Option<(u32, u32)>) -> Wish {
    Wish {
        mode: Some(bits(mode)),
        owner: owner.map_or_else(Ownership::default, |(uid, gid)| ids(uid, gid)),
        ..Wish::default()
    }
}

fn outcomes(actions: Vec<Action>) -> Vec<Outcome> {
    actions.into_iter().map(|action| action.outcome).collect()
}

fn left_out(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::LeftOut(why) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_planned_is_done() {
    if !is_root("what_is_planned_is_done") {
        return;
    }
    let place = Place::with(0o606);
    let plan = planned(&place.target(), &wish(0o660, Some((7, 8))));
    assert_eq!(outcomes(execute(&plan, HOW)), vec![Outcome::Done; 3]);
    let target = place.target();
    assert_eq!((place.mode().as_str(), target.owner()), ("0660", ids(7, 8)));
    assert!(
        planned(&target, &wish(0o660, Some((7, 8))))
            .steps
            .is_empty()
    );
}

#[test]
fn a_dry_run_touches_nothing() {
    let place = Place::with(0o666);
    let plan = planned(&place.target(), &wish(0o600, None));
    let how = How {
        dry_run: true,
        ..HOW
    };
    assert_eq!(outcomes(execute(&plan, how)), [Outcome::Planned]);
    assert_eq!(place.mode(), "0666");
}

#[test]
fn a_step_is_left_out_when_the_inode_is_not_as_it_was() {
    let place = Place::with(0o666);
    let plan = planned(&place.target(), &wish(0o600, None));
    perm::chmod(place.target().pinned(), bits(0o640)).unwrap();
    let outcome = outcomes(execute(&plan, HOW));
    assert_eq!(
        left_out(&outcome[0]),
        "its mode is 0640 by now, and was 0666"
    );
    assert_eq!(place.mode(), "0640");

    let plan = planned(&place.target(), &wish(0o600, None));
    std::fs::hard_link(place.path(), place.directory.path().join("b.sock")).unwrap();
    let outcome = outcomes(execute(&plan, HOW));
    assert!(left_out(&outcome[0]).contains("another name"));
    assert_eq!(place.mode(), "0640");
}

#[test]
fn another_owner_or_another_inode_is_another_world() {
    if !is_root("another_owner_or_another_inode_is_another_world") {
        return;
    }
    let place = Place::with(0o606);
    let plan = planned(&place.target(), &wish(0o660, Some((7, 8))));
    give(place.path(), Some(9), Some(9)).unwrap();
    let outcome = outcomes(execute(&plan, HOW));
    assert_eq!(
        left_out(&outcome[0]),
        "it belongs to 9:9 by now, and to 0:0 before"
    );
    assert_eq!(left_out(&outcome[1]), "the step before it was not done");
    assert_eq!(outcome.len(), 3);

    let plan = planned(&place.target(), &wish(0o600, None));
    std::fs::rename(place.path(), place.directory.path().join("old")).unwrap();
    let _other = UnixListener::bind(place.path()).unwrap();
    perm::chmod(place.target().pinned(), bits(0o606)).unwrap();
    // The inode that was looked at is the one that is changed, under whatever name.
    assert_eq!(outcomes(execute(&plan, HOW)), [Outcome::Done]);
    assert_eq!(place.mode(), "0606");
    let plan = planned(&place.target(), &wish(0o600, None));
    std::fs::rename(place.directory.path().join("old"), place.path()).unwrap();
    let outcome = outcomes(execute(&plan, HOW));
    assert_eq!(left_out(&outcome[0]), "it is gone by now");
}

#[test]
fn a_mode_for_the_time_being_is_taken_back() {
    if !is_root("a_mode_for_the_time_being_is_taken_back") {
        return;
    }
    let place = Place::with(0o606);
    give(place.path(), Some(65534), Some(65534)).unwrap();
    std::os::unix::fs::chown(place.directory.path(), Some(65534), None).unwrap();
    let path = place.path();
    // Its owner may change its mode, and may not give it away.
    let outcome = std::thread::spawn(move || {
        rustix::thread::set_thread_res_uid(
            rustix::process::Uid::from_raw(65534),
            rustix::process::Uid::from_raw(65534),
            rustix::process::Uid::from_raw(65534),
        )
        .unwrap();
        let target = super::super::fixture::look(&path);
        outcomes(execute(&planned(&target, &wish(0o660, Some((7, 8)))), HOW))
    })
    .join()
    .unwrap();
    assert!(left_out(&outcome[0]).starts_with("it was taken back"));
    assert!(matches!(&outcome[1], Outcome::Failed(why) if why.contains("EPERM")));
    assert_eq!(left_out(&outcome[2]), "the step before it was not done");
    assert_eq!(place.mode(), "0606");
}

#[test]
fn an_acl_is_removed() {
    let place = Place::with(0o600);
    if !place.set_acl("u:77:rw,g::r") {
        println!("skipped: an_acl_is_removed: needs setfacl and ACLs");
        return;
    }
    let wish = Wish {
        without_acl: true,
        ..Wish::default()
    };
    let plan = planned(&place.target(), &wish);
    assert_eq!(outcomes(execute(&plan, HOW)), vec![Outcome::Done; 2]);
    assert_eq!(place.target().acl(), Ok(None));
    assert_eq!(place.mode(), "0640");
}
