//! One socket file, from bind(2) to listen(2).
//!
//! Until listen(2) every connect is refused, and a datagram socket without a `w` in its mode takes
//! from nobody. So the file is born without any, less than it is to have, and gets its owner
//! before its mode. All of it is done to the inode that the kernel says the socket is bound to.

use std::rc::Rc;

use super::hold::Held;
use super::place::{Listed, Place};
use super::{Changes, Request};
use crate::change::owner;
use crate::change::take_away::Taken;
use crate::model::{Mode, Names, Ownership};
use crate::sys::bind::OwnSocket;
use crate::sys::dir::{Facts, Failure, Kind, Pinned};
use crate::sys::fds;
use crate::sys::rights::{self, Attempt};
use crate::sys::{acl, perm, way};

/// The bits with which nobody gets in.
const WITHOUT_W: u32 = 0o555;

/// Why there is no socket file of ours.
pub(super) enum Unmade {
    /// Somebody else has that name.
    Taken,
    Failed(String),
}

pub(super) fn make(
    request: &Request,
    place: &Place,
    names: &dyn Names,
    changes: &mut Changes,
) -> Result<Held, Unmade> {
    let listed = place.listed();
    let (socket, pinned, facts) = bind(request, place, &listed)?;
    let held = Held {
        socket,
        dir: Rc::clone(&place.dir),
        named: request.named.clone(),
        inode: facts.inode,
        made: Vec::new(),
    };
    if let Err(why) = dress(request, place, &held, (&pinned, facts), names) {
        let why = match held.remove() {
            Taken::Removed | Taken::Gone | Taken::Other => why,
            Taken::KeptAside(aside) => format!(
                "{why}; what was put in its place meanwhile is kept as {}",
                held.named.beside(&aside).display()
            ),
            Taken::Failed(failure) => format!("{why}; and it could not be removed: {failure}"),
        };
        return Err(Unmade::Failed(why));
    }
    // Without a listener nothing is listed for longer than this takes.
    if request.listen.is_some()
        && let Listed::ByName(reason) = listed
    {
        let text = format!("the kernel lists it by its name alone, for {reason}");
        changes.note(&request.named.path, text);
    }
    Ok(held)
}

/// A mode that is never wider than the one asked for, and lets nobody in. It is not 0000 where
/// that can be helped: if we are killed now, a file of mode 0000 is one that no one ever cleans.
fn birth(mode: Mode) -> Mode {
    Mode::from_st_mode(u32::from(mode.bits()) & WITHOUT_W)
}

/// How many descriptors it takes to find a file again and to remove it.
const TO_REMOVE: usize = 3;

fn bind(
    request: &Request,
    place: &Place,
    listed: &Listed,
) -> Result<(OwnSocket, Pinned, Facts), Unmade> {
    let failed = |what: &'static str| {
        move |failure: Failure| Unmade::Failed(format!("cannot {what}: {failure}"))
    };
    let socket =
        OwnSocket::new(request.kind, birth(request.mode)).map_err(failed("make a socket"))?;
    let name = request.named.name.as_c_str();
    let spare = fds::spare(TO_REMOVE).map_err(failed("make a socket"))?;
    match socket.bind(&place.dir, name, listed.under()) {
        Ok(()) => {}
        Err(failure) if failure.is_taken() => return Err(Unmade::Taken),
        Err(failure) => {
            let hint = rights::hint(Attempt::Pass, failure);
            let why = format!("cannot bind a socket to it: {failure}{hint}");
            return Err(Unmade::Failed(why));
        }
    }
    drop(spare);
    let pinned = place.dir.pin(name).map_err(failed("find it again"))?;
    let facts = pinned.facts().map_err(failed("look at it"))?;
    let is_ours = facts.kind == Kind::Socket
        && match socket.is_bound_to(facts.inode) {
            Some(sure) => sure,
            // Where the kernel does not say, it is enough that nobody could have swapped it.
            None => place.is_steady() && way::is_steady(&place.dir).unwrap_or(false),
        };
    if is_ours {
        Ok((socket, pinned, facts))
    } else {
        Err(Unmade::Failed(
            "it was made, and by now somebody has put another file in its place, or the kernel \
             does not let us make sure that nobody has (that takes CAP_NET_ADMIN, or netlink)"
                .to_owned(),
        ))
    }
}

/// ACL, owner, mode, a last look, and then the door is opened.
fn dress(
    request: &Request,
    place: &Place,
    held: &Held,
    (pinned, born): (&Pinned, Facts),
    names: &dyn Names,
) -> Result<(), String> {
    let Ownership { uid, gid } = request.owner;
    if !request.keep_acl {
        let inherited = acl::read(pinned).map_err(|why| format!("cannot read its ACL: {why}"))?;
        if inherited.is_some() {
            acl::remove(pinned)
                .map_err(|why| format!("cannot remove the ACL that it inherits: {why}"))?;
        }
    }
    // Where it is theirs from birth the call may be one that a filter kills for.
    let is_theirs = (uid.is_none() || uid == born.uid) && (gid.is_none() || gid == born.gid);
    if !is_theirs {
        perm::chown(pinned, uid, gid).map_err(|why| {
            let hint = rights::lacking(Attempt::Chown).map(rights::without);
            let hint = hint.unwrap_or_else(|| "only root may give a file away".to_owned());
            let whom = owner::words(request.owner, names);
            format!("cannot give it to {whom}: {why}; {hint}")
        })?;
    }
    perm::chmod(pinned, request.mode).map_err(|why| format!("cannot set its mode: {why}"))?;
    look_again(request, place, held, pinned)?;
    if let Some(backlog) = request.listen {
        let listening = held.socket.listen(backlog);
        listening.map_err(|why| format!("cannot listen: {why}"))?;
    }
    Ok(())
}

fn look_again(
    request: &Request,
    place: &Place,
    held: &Held,
    pinned: &Pinned,
) -> Result<(), String> {
    let facts = pinned
        .facts()
        .map_err(|why| format!("cannot look at it again: {why}"))?;
    let Ownership { uid, gid } = request.owner;
    let owned = (uid.is_none() || uid == facts.uid) && (gid.is_none() || gid == facts.gid);
    let inherits = !request.keep_acl && !matches!(acl::read(pinned), Ok(None));
    if facts.mode != request.mode || !owned || inherits {
        return Err(format!(
            "the kernel took mode, owner and ACL, and yet it is {}: the file system ignores some \
             of them, or somebody else changes them too",
            facts.mode
        ));
    }
    let named = place
        .dir
        .pin(&request.named.name)
        .and_then(|named| named.facts());
    if named.is_ok_and(|named| named.inode == held.inode) {
        Ok(())
    } else {
        Err("somebody has removed or replaced it while it was made".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn born_without_a_w_and_never_wider() {
        for bits in 0..=0o7777_u32 {
            let asked = Mode::from_st_mode(bits);
            let birth = birth(asked);
            assert!(birth.beyond(asked).is_empty() && !birth.has_write());
        }
        assert_eq!(birth("0660".parse().unwrap()).to_string(), "0440");
    }
}
