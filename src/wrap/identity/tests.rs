use super::*;
use crate::wrap::fixture::{ALL_CAPS as ALL, gid, uid, who};

fn caps(text: &str) -> CapSet {
    text.parse().unwrap()
}

fn root() -> Credentials {
    who(0, ALL, ALL)
}

fn wanted(raw: u32) -> Wanted {
    Wanted {
        uid: uid(raw),
        gid: gid(raw),
        groups: vec![gid(raw)],
        keep: CapSet::EMPTY,
        keep_bounding: false,
        no_new_privs: true,
        hold: CapSet::EMPTY,
    }
}

fn set_caps(keep: CapSet) -> Step {
    let held = CapSet::EMPTY;
    Step::SetCaps { keep, held }
}

#[test]
fn root_becomes_a_user_with_nothing() {
    let way = transition(&root(), &wanted(1000)).unwrap();
    let expected = [
        Step::SetGroups(vec![gid(1000)]),
        Step::DropBounding(ALL),
        Step::SetGids(gid(1000)),
        Step::SetUids(uid(1000)),
        Step::NoNewPrivs,
    ];
    assert_eq!(way.steps, expected);
    assert!(way.try_root);
    let nothing = Credentials {
        no_new_privs: true,
        ..who(1000, CapSet::EMPTY, CapSet::EMPTY)
    };
    assert_eq!(way.after, nothing);
    assert_eq!(after_exec(&way.after), nothing);
}

#[test]
fn what_is_so_already_takes_no_call() {
    let ours = who(1000, CapSet::EMPTY, ALL);
    let way = transition(&ours, &wanted(1000)).unwrap();
    assert_eq!(way.steps, [Step::NoNewPrivs]);
    assert!(!way.try_root, "setuid(0) may be what a filter kills for");
    let way = transition(&way.after, &wanted(1000)).unwrap();
    assert_eq!(way.steps, []);
}

#[test]
fn what_is_held_is_gone_once_the_command_runs() {
    let hold = caps("dac_override,fowner");
    let wanted_to = |raw, keep| Wanted {
        keep,
        hold,
        ..wanted(raw)
    };
    for keep in [CapSet::EMPTY, caps("chown"), caps("chown,fowner")] {
        let way = transition(&root(), &wanted_to(1000, keep)).unwrap();
        let without = transition(
            &root(),
            &Wanted {
                keep,
                ..wanted(1000)
            },
        )
        .unwrap();
        assert_eq!(way.after.caps.permitted, keep.or(hold));
        assert_eq!(way.after.caps.effective, keep);
        assert_eq!(way.after.caps.inheritable, keep);
        assert_eq!(after_exec(&way.after), after_exec(&without.after));
        assert!(way.try_root && way.leaves(caps("fowner")) && !without.leaves(hold));
    }
    // Root gets what it had, at most, from what is executed without new rights.
    let way = transition(&root(), &wanted_to(0, CapSet::EMPTY)).unwrap();
    assert_eq!(way.after.caps.permitted, CapSet::EMPTY);
    let locked = Credentials {
        securebits: Securebits::KEEP_CAPS_LOCKED,
        ..root()
    };
    let way = transition(&locked, &wanted_to(1000, CapSet::EMPTY)).unwrap();
    assert_eq!(way.after.caps.permitted, CapSet::EMPTY);
    let poor = who(0, ALL.without(caps("fowner")), ALL);
    let way = transition(&poor, &wanted_to(1000, CapSet::EMPTY)).unwrap();
    assert_eq!(way.after.caps.permitted, CapSet::EMPTY);
    assert!(!way.leaves(hold));
    let ours = who(1000, CapSet::EMPTY, ALL);
    let way = transition(&ours, &wanted_to(1000, CapSet::EMPTY)).unwrap();
    assert!(way.leaves(hold), "nothing is given up");
}

#[test]
fn what_is_kept_is_in_all_five_sets() {
    let keep = caps("net_bind_service");
    let way = transition(
        &root(),
        &Wanted {
            keep,
            ..wanted(1000)
        },
    )
    .unwrap();
    let expected = [
        Step::SetGroups(vec![gid(1000)]),
        Step::DropBounding(ALL.without(keep)),
        Step::SetGids(gid(1000)),
        Step::KeepCaps,
        Step::SetUids(uid(1000)),
        set_caps(keep),
        Step::RaiseAmbient(keep),
        Step::NoNewPrivs,
    ];
    assert_eq!(way.steps, expected);
    let five = Caps {
        inheritable: keep,
        permitted: keep,
        effective: keep,
        bounding: keep,
        ambient: keep,
    };
    assert_eq!(after_exec(&way.after).caps, five);
    assert_eq!(after_exec(&way.after).securebits, Securebits::default());
}

#[test]
fn root_that_stays_root_does_not_get_them_back() {
    let keep = caps("chown");
    for (keep_bounding, no_new_privs) in
        [(false, true), (false, false), (true, true), (true, false)]
    {
        let wanted = Wanted {
            keep,
            keep_bounding,
            no_new_privs,
            ..wanted(0)
        };
        let way = transition(&root(), &wanted).unwrap();
        let after = after_exec(&way.after);
        let case = (keep_bounding, no_new_privs);
        assert_eq!(after.caps.permitted, keep, "{case:?}");
        assert_eq!(after.caps.effective, keep, "{case:?}");
        let bounding = if keep_bounding { ALL } else { keep };
        assert_eq!(after.caps.bounding, bounding, "{case:?}");
        let noroot = after.securebits.has(Securebits::NOROOT);
        assert_eq!(noroot, keep_bounding && !no_new_privs, "{case:?}");
        assert!(!way.try_root);
    }
}

#[test]
fn who_cannot_says_what_it_takes() {
    let user = who(1000, CapSet::EMPTY, ALL);
    let cannot = |own: &Credentials, wanted: &Wanted| transition(own, wanted).unwrap_err();
    assert_eq!(cannot(&user, &wanted(1001)), Cannot::Supplementary);
    let same_groups = Wanted {
        groups: user.groups.clone(),
        ..wanted(1001)
    };
    assert_eq!(cannot(&user, &same_groups), Cannot::Group(gid(1001)));
    let same_group = Wanted {
        gid: gid(1000),
        ..same_groups
    };
    assert_eq!(cannot(&user, &same_group), Cannot::User(uid(1001)));
    let keep = caps("chown,kill");
    let keeps = Wanted {
        keep,
        ..wanted(1000)
    };
    assert_eq!(cannot(&user, &keeps), Cannot::Keep(keep));
    let half = who(0, ALL, ALL.without(caps("kill")));
    let missing = Cannot::Keep(caps("kill"));
    assert_eq!(cannot(&half, &keeps), missing);
}

#[test]
fn a_bounding_set_that_cannot_be_emptied_stays_where_it_does_no_harm() {
    let container = who(0, ALL.without(caps("setpcap")), ALL);
    let way = transition(&container, &wanted(1000)).unwrap();
    assert_eq!(way.after.caps.bounding, ALL);
    assert!(transition(&container, &wanted(0)).is_ok());
    let lets_more = Wanted {
        no_new_privs: false,
        ..wanted(0)
    };
    assert_eq!(transition(&container, &lets_more), Err(Cannot::Bounding));
}

#[test]
fn a_user_with_capabilities_gives_them_up() {
    let mut own = who(1000, caps("net_bind_service,setuid"), ALL);
    own.caps.inheritable = own.caps.permitted;
    own.caps.ambient = own.caps.permitted;
    let way = transition(&own, &wanted(1000)).unwrap();
    assert_eq!(way.steps, [set_caps(CapSet::EMPTY), Step::NoNewPrivs]);
    assert!(way.after.caps.ambient.is_empty());
    assert!(way.try_root);
    let kept = Wanted {
        keep: caps("net_bind_service"),
        ..wanted(1000)
    };
    let way = transition(&own, &kept).unwrap();
    assert_eq!(
        way.steps,
        [set_caps(kept.keep), Step::NoNewPrivs],
        "what is ambient already is not raised again"
    );
}

#[test]
fn locked_securebits_are_said_beforehand() {
    let mut own = root();
    own.securebits = Securebits::KEEP_CAPS_LOCKED;
    let keeps = Wanted {
        keep: caps("chown"),
        ..wanted(1000)
    };
    assert_eq!(transition(&own, &keeps), Err(Cannot::Securebits));
    own.securebits = Securebits::NO_CAP_AMBIENT_RAISE;
    assert_eq!(transition(&own, &keeps), Err(Cannot::Securebits));
    // Without the fix-up they are not lost, and do not need to be kept.
    own.securebits = Securebits::NO_SETUID_FIXUP;
    let way = transition(&own, &keeps).unwrap();
    assert!(!way.steps.contains(&Step::KeepCaps));
}
