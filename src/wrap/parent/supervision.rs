//! What staying as the parent of a command comes to. Pure.

use crate::model::{CapSet, Capability, Signal, Uid};
use crate::sys::dir::Facts as FileFacts;
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
    /// What we keep of our capabilities.
    pub keep: CapSet,
    /// Where a signal has ended the command, we end by it, too: a service manager started us, and
    /// takes the status that others expect for a failure.
    pub ends_by_signal: bool,
    /// We were started so that a hang-up of the terminal is ignored: nohup(1).
    pub outlives_terminal: bool,
}

/// Supervises `wanted`, who gets `sockets`.
pub fn supervision(stay: &Stay, facts: &Facts, wanted: &Wanted, sockets: &[Socket]) -> Supervision {
    let ignores = |signal: Signal| facts.ignored_signals & (1 << (signal.number() - 1)) != 0;
    let pid = facts.pid.to_string();
    let names_us = |(name, value): &(_, _)| name == "SYSTEMD_EXEC_PID" && *value == *pid;
    Supervision {
        rules: Rules {
            stop_signal: stay.stop_signal,
            stop_timeout: stay.stop_timeout,
            ready: Readiness::Started,
            checked: false,
        },
        keep: needed(facts, wanted, sockets).and(facts.own.caps.permitted),
        ends_by_signal: facts.variables.iter().any(names_us),
        outlives_terminal: ignores(Signal::HUP),
    }
}

/// What it takes to send signals to the command, the one that ends it with us included, and to
/// remove the sockets.
fn needed(facts: &Facts, wanted: &Wanted, sockets: &[Socket]) -> CapSet {
    let own = facts.own.uids.effective;
    let may_change = wanted.keep.has(Capability::SETUID) || !wanted.no_new_privs;
    let signals = (wanted.uid != own || may_change).then_some(Capability::KILL);
    let removal = facts
        .places
        .iter()
        .zip(sockets)
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
