//! Sockets as they would be if what is planned for them were done, and who would get to them.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::change::Wish;
use crate::model::{Code, FileAcl, Finding, Members, Mode, Socket, Survey};
use crate::policy::Policy;

use super::audit;

const ONE: Option<NonZeroUsize> = Some(NonZeroUsize::MIN);

/// What somebody is let in by that should not be.
const OPEN: [Code; 3] = [
    Code::AccessUnexpected,
    Code::WorldConnectable,
    Code::AclGrants,
];

/// Looks ahead.
pub(super) struct Outlook<'a> {
    pub(super) policy: &'a Policy,
    pub(super) names: &'a dyn Members,
    /// `YYYY-MM-DD`, UTC.
    pub(super) today: &'a str,
}

impl Outlook<'_> {
    /// The socket as it is with all that is wished for. The way to it is looked at again: with
    /// another mode more of it may be asked for.
    pub(super) fn after(&self, socket: &Socket, wish: &Wish) -> Socket {
        let mut socket = socket.clone();
        if wish.without_acl {
            socket.mode = plain_mode(&socket);
            socket.acl = FileAcl::Plain;
        }
        socket.mode = wish.mode.or(socket.mode);
        socket.uid = wish.owner.uid.or(socket.uid);
        socket.gid = wish.owner.gid.or(socket.gid);
        let mask = socket.mode.map(|mode| (mode.bits() >> 3) & 7);
        if let FileAcl::More(acl) = &mut socket.acl
            && acl.mask.is_some()
        {
            Arc::make_mut(acl).mask = mask;
        }
        let mut survey = Survey {
            sockets: vec![socket],
            ..Survey::default()
        };
        // What cannot be looked at has been told by the audit.
        audit::look_at_access(self.policy, &mut survey, ONE);
        survey.sockets.swap_remove(0)
    }

    /// The first thing that a wish would be found for, besides those there are now, that is not
    /// found with the part of its mode that is there already; and that part.
    pub(super) fn opens(
        &self,
        socket: &Socket,
        wish: &Wish,
        now: &[Code],
    ) -> Option<(Mode, Finding)> {
        let wanted = wish.mode?;
        let had = if wish.without_acl {
            plain_mode(socket)?
        } else {
            socket.mode?
        };
        if wanted.beyond(had).is_empty() {
            return None;
        }
        let mut found = self.found(self.after(socket, wish));
        found.retain(|it| !now.contains(&it.code));
        if found.is_empty() {
            return None;
        }
        let part = wanted.common(had);
        let narrower = Wish {
            mode: Some(part),
            ..wish.clone()
        };
        let anyway = self.found(self.after(socket, &narrower));
        let first = found
            .into_iter()
            .find(|it| anyway.iter().all(|other| other.code != it.code))?;
        Some((part, first))
    }

    fn found(&self, socket: Socket) -> Vec<Finding> {
        let name = socket.name.clone();
        let survey = Survey {
            sockets: vec![socket],
            ..Survey::default()
        };
        let mut found =
            audit::judgement(self.policy, &survey, self.names, self.today, ONE).findings;
        found.retain(|it| it.subject == name && it.waived.is_none() && OPEN.contains(&it.code));
        found
    }
}

/// Its mode when its ACL is gone, as far as that was looked at: the group keeps what its own
/// entry gave it.
fn plain_mode(socket: &Socket) -> Option<Mode> {
    let mode = socket.mode?;
    Some(socket.acl.more().map_or(mode, |acl| {
        let bits = (mode.bits() & !0o070) | (acl.effective_group() << 3);
        Mode::from_st_mode(u32::from(bits))
    }))
}
