//! What staying as the parent of a command comes to. Pure.

use crate::model::{CapSet, Capability, ReadySpec, Signal, Uid};
use crate::sys::dir::Facts as FileFacts;
use crate::wrap::awaiting::Awaiting;
use crate::wrap::host::Facts;
use crate::wrap::identity::Wanted;
use crate::wrap::plan::Socket;
use crate::wrap::request::Stay;

use super::machine::{Readiness, Rules};

/// How a command is looked after, and with which rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supervision {
    /// For the machine.
    pub rules: Rules,
    /// How it is learnt that it is ready, and who is told.
    pub awaiting: Awaiting,
    /// What we keep of our capabilities.
    pub keep: CapSet,
    /// What we keep besides until it is ready.
    pub keep_until_ready: CapSet,
    /// Where a signal has ended the command, we end by it, too: a service manager started us, and
    /// takes the status that others expect for a failure.
    pub ends_by_signal: bool,
    /// We were started so that a hang-up of the terminal is ignored: nohup(1).
    pub outlives_terminal: bool,
}

/// Supervises `wanted`, who gets `sockets`.
pub fn supervision(
    stay: &Stay,
    facts: &Facts,
    wanted: &Wanted,
    sockets: &[Socket],
    awaiting: Awaiting,
) -> Supervision {
    let ignores = |signal: Signal| facts.ignored_signals & (1 << (signal.number() - 1)) != 0;
    let pid = facts.pid.to_string();
    let names_us = |(name, value): &(_, _)| name == "SYSTEMD_EXEC_PID" && *value == *pid;
    Supervision {
        rules: Rules {
            stop_signal: stay.stop_signal,
            stop_timeout: stay.stop_timeout,
            ready: match awaiting.ready {
                ReadySpec::Now => Readiness::Started,
                _ => Readiness::Told,
            },
            ready_timeout: stay.ready_timeout,
            checked: false,
        },
        keep: needed(stay, facts, wanted, sockets).and(facts.own.caps.permitted),
        keep_until_ready: awaiting.needs().and(facts.own.caps.permitted),
        awaiting,
        ends_by_signal: facts.variables.iter().any(names_us),
        outlives_terminal: ignores(Signal::HUP),
    }
}

/// What it takes to send signals to the command, the one that ends it with us included, and to
/// remove the sockets.
fn needed(stay: &Stay, facts: &Facts, wanted: &Wanted, sockets: &[Socket]) -> CapSet {
    let own = facts.own.uids.effective;
    let may_change = wanted.keep.has(Capability::SETUID) || !wanted.no_new_privs;
    let signals = (wanted.uid != own || may_change).then_some(Capability::KILL);
    let removed = if stay.keep { &[] } else { sockets };
    let removal = facts
        .places
        .iter()
        .zip(removed)
        .flat_map(|(place, socket)| {
            let file = socket.request.owner.uid.unwrap_or(own);
            place
                .iter()
                .flat_map(move |place| to_remove(place, file, own))
        });
    signals.into_iter().chain(removal).collect()
}

/// Names are removed by whoever may write to the directory; in one with the sticky bit, by the
/// owner of the directory or of the file: unlink(2).
pub(in crate::wrap) fn to_remove(
    place: &FileFacts,
    file: Uid,
    own: Uid,
) -> impl Iterator<Item = Capability> {
    let is_ours = place.uid == Some(own);
    let writes = is_ours && place.mode.bits() & 0o700 == 0o700;
    let sticks = place.mode.bits() & 0o1000 != 0 && !is_ours && file != own;
    let dac = (!writes).then_some(Capability::DAC_OVERRIDE);
    dac.into_iter().chain(sticks.then_some(Capability::FOWNER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CapSet, Inode, Mode};
    use crate::sys::dir::Kind;
    use crate::wrap::fixture::{self, gid, listen, uid, who};
    use crate::wrap::plan::plan;
    use crate::wrap::request::Request;

    /// Of a command that gets its socket from us, so that nothing is looked for.
    fn request() -> Request {
        Request {
            listen: vec![listen("/run/app/s")],
            ..fixture::stays()
        }
    }

    fn for_app() -> Facts {
        Facts {
            person: Some(fixture::person()),
            groups: Some(vec![gid(1000)]),
            ..fixture::facts()
        }
    }

    fn of(request: &Request, facts: &Facts) -> Supervision {
        plan(request, facts).unwrap().supervision.unwrap()
    }

    fn caps(text: &str) -> CapSet {
        text.parse().unwrap()
    }

    #[test]
    fn who_becomes_the_command_supervises_nothing() {
        let plan = plan(&fixture::request(), &for_app()).unwrap();
        assert_eq!(plan.supervision, None);
    }

    #[test]
    fn only_a_change_of_users_needs_a_right_to_signal() {
        assert_eq!(of(&request(), &for_app()).keep, caps("kill"));
        let mut root = for_app();
        root.person.as_mut().unwrap().uid = Uid::ROOT;
        assert_eq!(of(&request(), &root).keep, CapSet::EMPTY);
        let changing = Request {
            keep_caps: caps("setuid"),
            ..request()
        };
        assert_eq!(of(&changing, &root).keep, caps("kill"));
        let new = Request {
            allow_new_privs: true,
            ..request()
        };
        assert_eq!(of(&new, &root).keep, caps("kill"));
        // What we do not have we cannot keep.
        let user = Facts {
            own: who(7, CapSet::EMPTY, CapSet::EMPTY),
            ..fixture::facts()
        };
        assert_eq!(of(&new, &user).keep, CapSet::EMPTY);
    }

    #[test]
    fn removing_takes_what_the_directory_asks_for() {
        let keep = |owner: Option<u32>, mode: u32| {
            let place = owner.map(|owner| FileFacts {
                inode: Inode { dev: 1, ino: 1 },
                kind: Kind::Directory,
                mode: Mode::from_st_mode(mode),
                uid: Some(uid(owner)),
                gid: Some(gid(0)),
                removed: false,
            });
            let facts = Facts {
                places: vec![place],
                ..for_app()
            };
            of(&request(), &facts).keep
        };
        assert_eq!(keep(Some(0), 0o755), caps("kill"));
        assert_eq!(keep(Some(0), 0o1777), caps("kill"));
        assert_eq!(keep(Some(0), 0o555), caps("kill,dac_override"));
        assert_eq!(keep(Some(1000), 0o755), caps("kill,dac_override"));
        assert_eq!(keep(Some(7), 0o1777), caps("kill,dac_override,fowner"));
        assert_eq!(keep(None, 0), caps("kill"));
    }

    #[test]
    fn what_was_inherited_decides_on_signals() {
        let mut facts = for_app();
        let usual = of(&request(), &facts);
        assert!(!usual.ends_by_signal && !usual.outlives_terminal);
        let name = || "SYSTEMD_EXEC_PID".into();
        facts.variables = vec![(name(), "4712".into())];
        facts.ignored_signals = 1 << 1;
        let other = of(&request(), &facts);
        assert!(!other.ends_by_signal && !other.outlives_terminal);
        facts.variables = vec![(name(), "4711".into())];
        facts.ignored_signals = 1;
        let ours = of(&request(), &facts);
        assert!(ours.ends_by_signal && ours.outlives_terminal);
    }
}
