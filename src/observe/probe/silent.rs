//! The silent test: whether anybody is there, without a trace at the server.

use crate::model::{SocketType, State};
use crate::sys::silent::{Answer, SilentProbe};

use super::knock::nobody;
use super::target::{Target, denied};

/// What a silent test says; whether a listener is ready is then seen in the kernel's list.
pub(super) struct Heard {
    /// Live where anything is bound.
    pub(super) state: State,
    pub(super) kind: Option<SocketType>,
    pub(super) why: Option<String>,
}

pub(super) fn listen(probe: &SilentProbe, target: &Target<'_>) -> Heard {
    let answer = match target {
        Target::File(pinned) => probe.test(pinned),
        // The kernel keeps abstract names by type; its list tells at once which there are.
        Target::Abstract(_) => Answer::Refused,
    };
    let (state, kind, why) = match answer {
        Answer::Connectionful => (State::Live, None, None),
        Answer::Datagram => (State::Live, Some(SocketType::Dgram), None),
        Answer::Refused => {
            let (state, why) = nobody(target);
            (state, None, Some(why.to_owned()))
        }
        Answer::Denied => {
            let why = denied("Permission denied (EACCES)");
            (State::Denied, None, Some(why))
        }
        Answer::Failed(why) => (State::Unknown, None, Some(why)),
    };
    Heard { state, kind, why }
}
