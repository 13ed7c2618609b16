//! Whether a command would be started with the sockets that it is to get, as far as that can be told
//! before they are there.

use std::path::Path;

use crate::change::create::Request;
use crate::model::{ActionKind, Socket, SocketName, State, Survey};
use crate::observe;
use crate::wrap::bound::{OnViolation, Verdict, Violation, way_out, way_out_unmended};
use crate::wrap::{Plan, Refusal};

use super::super::create::real_path;
use super::super::roots::absolute;
use super::judge::PolicyJudge;
use super::judging::{is_of_access, not_started};

/// All that is changed of a socket to mend it.
const MENDS: [ActionKind; 3] = [ActionKind::Chmod, ActionKind::Chown, ActionKind::Acl];

/// What [`PolicyJudge::admit`] would come to; what cannot be told yet is said.
pub(super) fn foresee(plan: &Plan, judge: &mut PolicyJudge<'_>) -> Result<(), Refusal> {
    let by = plan.keeping.map(|keeping| keeping.rules.on_violation);
    for socket in &plan.sockets {
        let request = &socket.request;
        let path = absolute(&request.named.path);
        if !judge.asks_who_gets_there(&path, request.mode)? {
            continue;
        }
        let Some(socket) = to_be(&path, request) else {
            tracing::warn!(
                "{}: who gets to it is checked before the start, on the socket itself",
                path.display()
            );
            continue;
        };
        let survey = Survey {
            sockets: vec![socket],
            ..Survey::default()
        };
        let judging = judge.judging(&path)?;
        let report = judging.judged(survey);
        let violations = judging.violations(&path, report, is_of_access, |_| MENDS.to_vec());
        decide(&path, &violations, by)?;
    }
    Ok(())
}

fn decide(path: &Path, found: &[Violation], by: Option<OnViolation>) -> Result<(), Refusal> {
    let what_by = by.unwrap_or_default();
    let mends = found.iter().all(|it| it.mends);
    match what_by.decide(found, false, false) {
        Verdict::Stop => return Err(not_started(path, found, &way_out(found, by.is_some()))),
        Verdict::Mend if !mends => {
            return Err(not_started(path, found, &way_out_unmended(found)));
        }
        Verdict::Fine | Verdict::Log | Verdict::Mend => {}
    }
    for violation in found {
        tracing::warn!("{}: {}", path.display(), violation.what);
    }
    Ok(())
}

/// The socket that would be there; `None` where something of it is left to its directory.
fn to_be(path: &Path, request: &Request) -> Option<Socket> {
    let (uid, gid) = (request.owner.uid?, request.owner.gid?);
    if request.keep_acl {
        return None;
    }
    Some(Socket {
        resolved: real_path(path).filter(|real| real != path),
        mode: Some(request.mode),
        uid: Some(uid),
        gid: Some(gid),
        kind: Some(request.kind),
        state: State::Live,
        way: Some(observe::way_to(path)?),
        ..Socket::named(SocketName::Path(path.to_owned()))
    })
}
