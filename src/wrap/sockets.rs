//! The sockets that a command gets, made by the recipe of `create`.

use super::bound::Made;
use super::plan::Socket;
use super::refusal::{Refusal, Status};
use crate::change::changes::Changes;
use crate::change::create::{Creator, Held, release};
use crate::change::own::NotOwn;
use crate::model::{Action, CapSet, Capability, Names, Outcome};
use crate::sys::fds;

/// What it may take to remove a socket file.
pub const TO_REMOVE: CapSet = CapSet::EMPTY
    .with(Capability::DAC_OVERRIDE)
    .with(Capability::FOWNER);

/// Sockets of ours, in the order of the plan.
#[derive(Debug, Default)]
pub struct Sockets {
    /// They listen, and their files go when they are released.
    pub held: Vec<Held>,
    /// What was done, and what there is to say of it.
    pub changes: Changes,
}

/// Makes all of them, or none. With `dry_run` it is only told what would be done.
pub fn make(sockets: &[Socket], dry_run: bool, names: &dyn Names) -> Result<Sockets, Refusal> {
    let mut made = Sockets::default();
    if sockets.is_empty() {
        return Ok(made);
    }
    let creator = Creator::new(names, dry_run)
        .map_err(|why| Refusal::new(Status::Failed, format!("cannot make sockets: {why}")))?
        .telling_failures_only();
    for socket in sockets {
        let created = creator.create(&socket.request);
        made.changes.extend(created.changes);
        if let Some(held) = created.held {
            made.held.push(held);
        } else if let Some(refusal) = made.changes.actions.last().and_then(refusal) {
            // What cannot be taken back is told too: it is in the way of the next start.
            let rest = made.release();
            let also: Vec<String> = rest.actions.iter().filter_map(why).collect();
            let why = [vec![refusal.why], also].concat().join("; ");
            return Err(Refusal::new(refusal.status, why));
        }
    }
    Ok(made)
}

impl Sockets {
    /// Their files, for as long as their paths lead to them.
    ///
    /// # Errors
    ///
    /// Where one cannot be looked after, as without a descriptor left.
    pub fn own(&self) -> Result<Vec<Made>, Refusal> {
        let mut made = Vec::with_capacity(self.held.len());
        for held in &self.held {
            let number = fds::socket_number(held);
            match held.own() {
                Ok(own) => made.push(Made { own, number }),
                // There is nothing to be looked after.
                Err(NotOwn::Replaced) => {}
                Err(NotOwn::Failed(failure)) if failure.is_missing() => {}
                Err(why) => {
                    let path = held.path().display();
                    let why = format!("{path}: cannot look after it: {why}");
                    return Err(Refusal::new(Status::Failed, why));
                }
            }
        }
        Ok(made)
    }

    /// Removes the files; tells of those only that could not be removed.
    pub fn release(self) -> Changes {
        release(self.held)
    }
}

fn refusal(action: &Action) -> Option<Refusal> {
    let status = match action.outcome {
        Outcome::Refused(_) => Status::Refused,
        Outcome::Failed(_) | Outcome::LeftOut(_) => Status::Failed,
        _ => return None,
    };
    Some(Refusal::new(status, why(action)?))
}

fn why(action: &Action) -> Option<String> {
    match &action.outcome {
        Outcome::Refused(why) | Outcome::Failed(why) | Outcome::LeftOut(why) => {
            Some(format!("{}: {why}", action.path.display()))
        }
        _ => None,
    }
}
