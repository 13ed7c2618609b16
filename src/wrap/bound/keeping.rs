//! What keeping the sockets of a command comes to. Pure, but for the start of the search.

use super::keeper::Rules;
use super::look::{Before, Eyes};
use super::search::{Expected, Search};
use super::violation::OnViolation;
use crate::model::{CapSet, Capability};
use crate::wrap::awaiting::Awaiting;
use crate::wrap::host::Facts;
use crate::wrap::identity::Wanted;
use crate::wrap::parent::Supervision;
use crate::wrap::parent::supervision::to_remove;
use crate::wrap::request::{Request, Stay};
use crate::wrap::sockets::TO_REMOVE;

/// How the sockets of a command are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// What the keeper goes by.
    pub rules: Rules,
    /// What it looks for.
    pub looks_for: LooksFor,
    /// Only that it listens makes the command look ready, and no time that has passed.
    pub insists: bool,
    /// The capabilities that it takes.
    caps: CapSet,
}

/// What is looked for among what the command listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksFor {
    /// Nothing: it gets its sockets from us, or through us.
    Nothing,
    /// The paths that are expected.
    Paths,
    /// Whatever it is.
    Anything,
}

impl LooksFor {
    /// For a command that gets no sockets at all where `gets_none`.
    pub fn of(request: &Request, gets_none: bool) -> LooksFor {
        match (request.expect.is_empty(), gets_none) {
            (false, _) => LooksFor::Paths,
            (true, true) => LooksFor::Anything,
            (true, false) => LooksFor::Nothing,
        }
    }
}

impl Keeping {
    /// With what is looked for, and what is waited for.
    pub fn new(
        stay: &Stay,
        request: &Request,
        facts: &Facts,
        wanted: &Wanted,
        (looks_for, awaiting): (LooksFor, &Awaiting),
    ) -> Keeping {
        let permitted = facts.own.caps.permitted;
        let other = wanted.uid != facts.own.uids.effective;
        let eyes = (other && !permitted.has(Capability::SYS_PTRACE)).then_some(Eyes {
            uid: wanted.uid,
            gid: wanted.gid,
        });
        let mut keeping = Keeping {
            rules: Rules {
                on_violation: stay.on_violation,
                tells_ready: awaiting.searched,
                keep: stay.keep,
                eyes,
            },
            looks_for,
            insists: stay.ready.is_some(),
            caps: CapSet::EMPTY,
        };
        let needed = [
            keeping.to_look(),
            keeping.to_remove(request, facts, wanted),
            keeping.to_mend(request),
        ];
        let needed = { needed }.into_iter().fold(CapSet::EMPTY, CapSet::or);
        keeping.caps = needed.and(permitted);
        keeping
    }

    /// To go through the descriptors of the command's processes, as ourselves or as its user; to
    /// follow and to watch files of others; and to ask a socket where its file is.
    fn to_look(self) -> CapSet {
        let mut caps = Vec::new();
        if self.looks_for != LooksFor::Nothing {
            caps.push(Capability::DAC_READ_SEARCH);
            match self.rules.eyes {
                Some(_) => caps.extend([Capability::SETUID, Capability::SETGID]),
                None => caps.push(Capability::SYS_PTRACE),
            }
        }
        if self.looks_for == LooksFor::Anything {
            caps.push(Capability::NET_ADMIN);
        }
        caps.into_iter().collect()
    }

    /// Where what it binds is not known beforehand, it may be anywhere.
    fn to_remove(self, request: &Request, facts: &Facts, wanted: &Wanted) -> CapSet {
        let own = facts.own.uids.effective;
        match self.looks_for {
            _ if self.rules.keep => CapSet::EMPTY,
            LooksFor::Nothing => CapSet::EMPTY,
            LooksFor::Anything => TO_REMOVE,
            LooksFor::Paths => {
                let places = facts.places.iter().skip(request.listen.len());
                let places = places.take(request.expect.len());
                places
                    .flatten()
                    .flat_map(|place| to_remove(place, wanted.uid, own))
                    .collect()
            }
        }
    }

    fn to_mend(self, request: &Request) -> CapSet {
        let has_sockets = self.looks_for != LooksFor::Nothing || !request.listen.is_empty();
        if self.rules.on_violation != OnViolation::Fix || !has_sockets {
            return CapSet::EMPTY;
        }
        [
            Capability::FOWNER,
            Capability::CHOWN,
            Capability::DAC_READ_SEARCH,
        ]
        .into_iter()
        .collect()
    }

    /// Looks for what is to be looked for; not for what is there already.
    pub fn search(&self, expected: &[Expected]) -> Option<Search> {
        match self.looks_for {
            LooksFor::Nothing => None,
            LooksFor::Paths | LooksFor::Anything => {
                let search = Search::new(expected, Before::now(), self.rules.eyes);
                Some(if self.insists {
                    search.insisting()
                } else {
                    search
                })
            }
        }
    }

    /// What the parent does differently for it.
    pub fn adapt(&self, supervision: &mut Supervision) {
        supervision.keep = supervision.keep.or(self.caps);
        if self.looks_for != LooksFor::Nothing {
            supervision.rules.checked = true;
        }
    }
}
