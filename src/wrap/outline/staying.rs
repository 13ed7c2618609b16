//! What the parent does, beside what the command does.

use super::step;
use crate::model::outline::OutlineStep;
use crate::model::{ReadySpec, SocketName};
use crate::wrap::awaiting::{Awaiting, RelayPlan};
use crate::wrap::bound::{Keeping, LooksFor, OnViolation};
use crate::wrap::parent::Supervision;
use crate::wrap::plan::Plan;

/// Before the two go different ways.
pub(super) fn parting(supervision: &Supervision, steps: &mut Vec<OutlineStep>) {
    let keep = supervision.keep;
    let rights = if keep.is_empty() {
        "without any capability".to_owned()
    } else {
        format!("with {}", keep.to_prose())
    };
    let what = format!("this process stays as the parent, {rights}");
    steps.push(step("fork", what));
    steps.push(step(
        "setpgid",
        "the command gets a process group of its own",
    ));
}

/// From the start of the command on.
pub(super) fn meanwhile(
    plan: &Plan,
    supervision: &Supervision,
    keeping: &Keeping,
    steps: &mut Vec<OutlineStep>,
) {
    if let Some(relay) = &supervision.awaiting.relay {
        steps.push(step("notify", told(relay)));
    }
    look(plan, keeping, steps);
    steps.push(step("ready", ready(supervision, keeping)));
    let has_files = keeping.looks_for != LooksFor::Nothing || !plan.sockets.is_empty();
    if has_files {
        steps.push(step("guard", "its socket files while it runs"));
    }
    steps.push(step("stop", stop(supervision)));
    if has_files && !keeping.rules.keep {
        steps.push(step("unlink", "its socket files at the end"));
    }
}

fn told(relay: &RelayPlan) -> String {
    let told = match &relay.upstream {
        Some(name) => format!(
            "and all of it but MAINPID is passed on to {}",
            shown(std::slice::from_ref(name))
        ),
        None => "and nobody else is told".to_owned(),
    };
    format!("the command speaks to a socket of ours (NOTIFY_SOCKET), {told}")
}

fn look(plan: &Plan, keeping: &Keeping, steps: &mut Vec<OutlineStep>) {
    match keeping.looks_for {
        LooksFor::Nothing => return,
        LooksFor::Paths => {
            for expected in &plan.expect {
                let path = expected.named.path.display();
                let what = format!("{path}, until a process of the command listens on it");
                steps.push(step("expect", what));
            }
        }
        LooksFor::Anything => {
            steps.push(step("find", "what the command comes to listen on, for 5s"));
        }
    }
    let what = match keeping.rules.on_violation {
        OnViolation::Refuse => "what speaks against them stops it (77) before it is ready",
        OnViolation::Fix => "what speaks against them is mended",
        OnViolation::Log => "what speaks against them is logged",
        OnViolation::Stop => "what speaks against them stops it (77)",
    };
    let what = format!("its socket files by their policy; {what}");
    steps.push(step("judge", what));
}

fn ready(supervision: &Supervision, keeping: &Keeping) -> String {
    let Awaiting { ready, sockets, .. } = &supervision.awaiting;
    let timeout = supervision.rules.ready_timeout;
    let within = format!("else it is stopped after {timeout:?}");
    let sockets = shown(sockets);
    match ready {
        ReadySpec::Now => "when it has been executed".to_owned(),
        ReadySpec::Notify => format!("when it says so, {within}"),
        ReadySpec::Listen => match keeping.looks_for {
            LooksFor::Nothing => format!("when there are listeners on {sockets}, {within}"),
            LooksFor::Paths => format!("when it listens on all that is expected, {within}"),
            LooksFor::Anything if keeping.insists => {
                format!("when it listens on anything, {within}")
            }
            LooksFor::Anything => "when it listens on anything, or after 2s".to_owned(),
        },
        ReadySpec::Connect => format!("when connections were taken from {sockets}, {within}"),
        ReadySpec::Http(target) => {
            let target = target.as_str();
            format!("when GET {target} is answered with 2xx or 3xx on {sockets}, {within}")
        }
        ReadySpec::Delay(length) => format!("{length:?} after it has been executed"),
    }
}

fn stop(supervision: &Supervision) -> String {
    let rules = supervision.rules;
    let limit = match rules.stop_timeout {
        Some(limit) => format!("SIGKILL after {limit:?}"),
        None => "and as much time as whoever asks for that has patience".to_owned(),
    };
    format!(
        "the command is asked to end with {}, {limit}",
        rules.stop_signal
    )
}

fn shown(names: &[SocketName]) -> String {
    let names = names.iter().map(SocketName::to_bytes);
    let names: Vec<String> = names
        .map(|name| String::from_utf8_lossy(&name).into_owned())
        .collect();
    names.join(", ")
}
