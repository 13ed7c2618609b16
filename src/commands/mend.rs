//! From what an audit has found of sockets to changes that mend it.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use crate::change::plan::no_step;
use crate::change::{How, Plan, Target, Wish, execute, owner, target::Seen};
use crate::cli::Aspect;
use crate::model::{
    Action, ActionKind, Code, Outcome, Ownership, Report, Socket, SocketName, State,
};
use crate::policy::rule::Permit;
use crate::policy::{Policy, Rule, Set};
use crate::sys::names::SystemNames;

use super::planned::Outlook;
use super::{audit, changes, wishes};

const MODE: [Code; 2] = [Code::ModeTooWide, Code::ModeMismatch];
const OWNER: [Code; 3] = [Code::OwnerMismatch, Code::GroupMismatch, Code::OwnerUnknown];

/// What an audit has found of one socket.
#[derive(Default)]
struct Codes {
    broken: Vec<Code>,
    waived: Vec<Code>,
}

fn any(found: &[Code], codes: &[Code]) -> bool {
    codes.iter().any(|code| found.contains(code))
}

/// What the audit saw of a socket file that its path leads to.
fn seen(socket: &Socket) -> Option<Seen> {
    (socket.state != State::Ghost).then_some(())?;
    Some(Seen {
        inode: socket.inode?,
        mode: socket.mode?,
        owner: Ownership {
            uid: Some(socket.uid?),
            gid: Some(socket.gid?),
        },
    })
}

/// What turns findings into actions.
pub(super) struct Mender<'a> {
    pub(super) policy: &'a Policy,
    pub(super) names: &'a SystemNames,
    pub(super) dry_run: bool,
    /// `YYYY-MM-DD`, UTC.
    pub(super) today: &'a str,
    /// Whether it is asked for that a rule is acted on.
    pub(super) acts_on: &'a dyn Fn(Aspect, &Rule) -> bool,
    /// The recipe that removes a stale socket file.
    pub(super) remove: &'a dyn Fn(&Target) -> Outcome,
}

/// What became of what an audit has found.
#[derive(Default)]
pub(super) struct Mended {
    pub(super) actions: Vec<Action>,
    /// Sockets of the survey, by their number, as they are when all that is planned is done.
    pub(super) planned: Vec<(usize, Socket)>,
}

impl Mender<'_> {
    /// Changes what the findings of a report speak of.
    pub(super) fn mend(&self, report: &Report) -> Mended {
        let mut found: HashMap<&SocketName, Codes> = HashMap::new();
        for finding in &report.findings {
            let codes = found.entry(&finding.subject).or_default();
            let list = match finding.waived {
                Some(_) => &mut codes.waived,
                None => &mut codes.broken,
            };
            list.push(finding.code);
        }
        let mut mended = Mended::default();
        for (number, socket) in report.survey.sockets.iter().enumerate() {
            let codes = found.remove(&socket.name).unwrap_or_default();
            let before = mended.actions.len();
            let wish = self.mend_one(socket, &codes, &mut mended.actions);
            let mut steps = mended.actions[before..].iter();
            if let Some(wish) = wish
                && steps.any(|step| step.outcome == Outcome::Planned)
            {
                let after = self.outlook().after(socket, &wish);
                mended.planned.push((number, after));
            }
        }
        mended
    }

    fn outlook(&self) -> Outlook<'_> {
        Outlook {
            policy: self.policy,
            names: self.names,
            today: self.today,
        }
    }

    /// What is wished for it, where that is something else than what is there.
    fn mend_one(&self, socket: &Socket, codes: &Codes, actions: &mut Vec<Action>) -> Option<Wish> {
        let (path, before) = (socket.name.as_path()?, seen(socket)?);
        let expected = audit::expected(self.policy, socket);
        let mut wish = Wish {
            removed: self.acts_on(Aspect::Stale, expected.liveness.as_ref())
                && any(&codes.broken, &[Code::Stale]),
            without_acl: self.acts_on(Aspect::Acl, expected.acl.as_ref())
                && expected
                    .acl
                    .as_ref()
                    .is_some_and(|key| key.value == Permit::Forbid)
                && !self.is_acl_waived(socket),
            ..Wish::default()
        };
        // Also where it is right: a change of owner takes bits from it.
        if self.acts_on(Aspect::Mode, expected.mode.as_ref()) && !any(&codes.waived, &MODE) {
            wish.mode = wishes::mode(&expected, before.mode);
        }
        if self.acts_on(Aspect::Owner, expected.owner.as_ref())
            && any(&codes.broken, &OWNER)
            && !wish.removed
            && let Some(key) = &expected.owner
        {
            match wishes::owner(&key.value, before.owner, self.names) {
                Ok(owner) => wish.owner = owner,
                Err(troubles) => {
                    let outcome = Outcome::Failed(troubles.join("; "));
                    actions.push(no_step(path, ActionKind::Chown, outcome));
                }
            }
        }
        if let Some(left_out) = self.narrow(socket, codes, &mut wish) {
            actions.push(left_out);
        }
        wish.differs(before.mode, before.owner).then(|| {
            self.change(path, &before, &wish, actions);
            wish
        })
    }

    /// A mode that lets somebody in whom the policy does not is not given: what mends one finding
    /// must not make another. What it takes away is taken all the same.
    fn narrow(&self, socket: &Socket, codes: &Codes, wish: &mut Wish) -> Option<Action> {
        let (now, wanted) = (socket.mode?, wish.mode.filter(|_| !wish.removed)?);
        if wanted.beyond(now).is_empty() && !wish.without_acl {
            return None;
        }
        let (part, opened) = self.outlook().opens(socket, wish, &codes.broken)?;
        wish.mode = Some(part);
        let first = opened.fix.map(|fix| format!("; first {fix}"));
        let why = format!(
            "with {wanted} there would be {}: {}{}",
            opened.code,
            opened.message,
            first.unwrap_or_default()
        );
        Some(Action {
            path: socket.name.as_path()?.to_owned(),
            kind: ActionKind::Chmod,
            from: Some(now.to_string()),
            to: Some(wanted.to_string()),
            outcome: Outcome::LeftOut(why),
        })
    }

    /// Pins it, makes sure that it is what the audit saw, plans and does.
    fn change(&self, path: &Path, before: &Seen, wish: &Wish, actions: &mut Vec<Action>) {
        let kind = wish.kind();
        let target = match changes::look_again(path, before, self.names) {
            Ok(Some(target)) => Rc::new(target),
            Ok(None) => return,
            Err(outcome) => return actions.push(no_step(path, kind, outcome)),
        };
        let acl = match target.acl() {
            Ok(acl) => acl,
            Err(failure) if wish.without_acl => {
                let why = format!("cannot read its ACL: {failure}");
                return actions.push(no_step(path, ActionKind::Acl, Outcome::Failed(why)));
            }
            Err(_) => None,
        };
        let mut plan = Plan::default();
        plan.add(&target, acl.as_ref(), wish, self.names);
        if plan.steps.is_empty() {
            return;
        }
        let otherwise = "sockctl chmod and sockctl chown do it with --force";
        if let Err(outcome) = owner::refuse_links(&target, otherwise) {
            return actions.push(no_step(path, kind, outcome));
        }
        let how = How {
            dry_run: self.dry_run,
            names: self.names,
            remove: self.remove,
        };
        actions.extend(execute(&plan, how));
    }

    fn acts_on<T>(&self, aspect: Aspect, key: Option<&Set<'_, T>>) -> bool {
        key.is_some_and(|key| (self.acts_on)(aspect, key.rule))
    }

    /// An ACL that lets nobody in goes too, and has no finding that could carry its waiver.
    fn is_acl_waived(&self, socket: &Socket) -> bool {
        let name = socket.name.to_bytes();
        let real = socket
            .real_path()
            .map(|path| path.as_os_str().as_encoded_bytes());
        self.policy.waivers.iter().any(|waiver| {
            let holds = waiver
                .until
                .as_deref()
                .is_none_or(|until| until >= self.today);
            waiver.finding == Code::AclGrants.as_str()
                && holds
                && waiver.paths.iter().any(|pattern| {
                    pattern.matches(&name) || real.is_some_and(|real| pattern.matches(real))
                })
        })
    }
}
