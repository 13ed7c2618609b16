use super::super::fixture::{Numbers, Place, bits, ids, planned};
use super::*;
use crate::model::{Gid, Uid};

fn steps(plan: &Plan) -> Vec<String> {
    let one = |step: &Step| {
        let words = [step.from.as_deref(), step.to.as_deref()].map(Option::unwrap_or_default);
        format!("{} {}>{}", step.change.kind().as_str(), words[0], words[1])
    };
    plan.steps.iter().map(one).collect()
}

fn now(place: &Place) -> String {
    words(place.target().owner(), &Numbers)
}

#[test]
fn a_mode_alone_is_one_step() {
    let place = Place::with(0o606);
    let wish = Wish {
        mode: Some(bits(0o660)),
        ..Wish::default()
    };
    assert_eq!(steps(&planned(&place.target(), &wish)), ["chmod 0606>0660"]);
    let wish = Wish {
        mode: Some(bits(0o606)),
        ..Wish::default()
    };
    assert!(steps(&planned(&place.target(), &wish)).is_empty());
}

#[test]
fn an_owner_alone_is_one_step_and_keeps_what_is_not_named() {
    let place = Place::with(0o6666);
    let owner = place.target().owner();
    let wish = |uid, gid| Wish {
        owner: Ownership { uid, gid },
        ..Wish::default()
    };
    let gid = owner.gid.unwrap();
    let plan = planned(&place.target(), &wish(Uid::new(7), None));
    assert_eq!(steps(&plan), [format!("chown {}>7:{gid}", now(&place))]);
    assert!(
        planned(&place.target(), &wish(owner.uid, None))
            .steps
            .is_empty()
    );
    assert!(
        planned(&place.target(), &wish(None, Some(gid)))
            .steps
            .is_empty()
    );
    let plan = planned(&place.target(), &wish(None, Gid::new(8)));
    let uid = owner.uid.unwrap();
    assert_eq!(steps(&plan), [format!("chown {}>{uid}:8", now(&place))]);
}

#[test]
fn with_an_owner_the_mode_is_first_what_both_have() {
    let place = Place::with(0o606);
    let wish = |mode| Wish {
        mode: Some(bits(mode)),
        owner: ids(7, 8),
        ..Wish::default()
    };
    let chown = format!("chown {}>7:8", now(&place));
    let plan = |mode| steps(&planned(&place.target(), &wish(mode)));
    assert_eq!(plan(0o660), ["chmod 0606>0600", &chown, "chmod 0600>0660"]);
    assert_eq!(plan(0o600), ["chmod 0606>0600", &chown]);
    assert_eq!(plan(0o666), [&chown, "chmod 0606>0666"]);
    assert_eq!(plan(0o606), [&*chown]);
    // chown(2) takes the set-id bits away.
    assert_eq!(plan(0o2606), [&*chown, "chmod 0606>2606"]);
}

#[test]
fn nobody_gets_more_in_between_than_before_or_afterwards() {
    let place = Place::with(0o600);
    let target = place.target();
    for from in (0..0o1000).step_by(7) {
        crate::sys::perm::chmod(target.pinned(), bits(from)).unwrap();
        target.see().unwrap();
        for to in (0..0o1000).step_by(11) {
            let wish = Wish {
                mode: Some(bits(to)),
                owner: ids(7, 8),
                ..Wish::default()
            };
            let (mut mode, mut is_new) = (bits(from), false);
            for step in &planned(&target, &wish).steps {
                match step.change {
                    Change::Chmod { to, .. } => mode = to,
                    _ => is_new = true,
                }
                let bound = if is_new { bits(to) } else { bits(from) };
                assert!(mode.beyond(bound).is_empty(), "{from:o} to {to:o}: {mode}");
            }
            assert_eq!((mode, is_new), (bits(to), true));
        }
    }
}

#[test]
fn an_acl_is_narrowed_to_what_the_group_has_and_then_removed() {
    let place = Place::with(0o600);
    if !place.set_acl("u:77:rw,g::r") {
        println!("skipped: an_acl_is_narrowed_...: needs setfacl and ACLs");
        return;
    }
    let mut wish = Wish {
        without_acl: true,
        ..Wish::default()
    };
    let entries = "acl user:77:rw-,mask::rw->";
    let plan = |wish: &Wish| steps(&planned(&place.target(), wish));
    assert_eq!(plan(&wish), ["chmod 0660>0640", entries]);
    wish.mode = Some(bits(0o660));
    assert_eq!(plan(&wish), ["chmod 0660>0640", entries, "chmod 0640>0660"]);
    wish.mode = Some(bits(0o600));
    assert_eq!(plan(&wish), ["chmod 0660>0600", entries]);
    wish.without_acl = false;
    assert_eq!(plan(&wish), ["chmod 0660>0600"]);
}
