//! `sockctl apply PATH...`: audit, plan, do, and audit again.

mod left;

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use crate::change::clean::{self, Cleaner};
use crate::change::name::Named;
use crate::change::plan::no_step;
use crate::change::{How, Plan, Target, Wish, execute, owner, target::Seen};
use crate::cli::{Apply, Aspect, CommonFormat};
use crate::model::{
    Action, ActionKind, Code, Outcome, Ownership, Report, Socket, SocketName, State,
};
use crate::output::{human, json, jsonl};
use crate::policy::rule::Permit;
use crate::policy::{Policy, Rule, Set};
use crate::sys::names::SystemNames;

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::{audit, changes, policies, told, wishes};

pub(super) fn run(context: &Context<'_>, arguments: &Apply) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let policy = policies::load(context)?;
    let names = SystemNames::default();
    let request = arguments.audit().map_err(UsageError)?;
    let look = || {
        let survey = audit::look(context, &request, &policy);
        audit::judged(&policy, survey, &names, stopwatch.day(), request.jobs)
    };
    let before = look();
    let recipe = clean::Request {
        older_than: None,
        dry_run: context.global.dry_run,
    };
    let mender = Mender {
        context,
        arguments,
        policy: &policy,
        names: &names,
        cleaner: Cleaner::new(recipe, &names)?,
        today: stopwatch.day(),
    };
    let actions = mender.mend(&before);
    told::complain(&actions);
    let mut report = if context.global.dry_run {
        left::after(before, &actions)
    } else {
        look()
    };
    left::explain(&mut report, arguments);
    print(context, arguments, &stopwatch, &report, &actions, &names)?;
    let summary = report.summary(arguments.fail_on, arguments.allow_unreadable);
    let verdict = audit::exit_of(&summary);
    // An answer of "no" goes before what could not be done.
    Ok(match (verdict, told::exit_of(&actions)) {
        (Exit::No, _) | (_, Exit::No) => Exit::No,
        (Exit::Trouble, _) | (_, Exit::Trouble) => Exit::Trouble,
        _ => Exit::Done,
    })
}

fn print(
    context: &Context<'_>,
    arguments: &Apply,
    stopwatch: &Stopwatch,
    report: &Report,
    actions: &[Action],
    names: &SystemNames,
) -> anyhow::Result<()> {
    let run = stopwatch.stop();
    let summary = report.summary(arguments.fail_on, arguments.allow_unreadable);
    let both = (report, &summary);
    context.results.write(|out| match context.format() {
        CommonFormat::Json => json::apply(out, &run, both, actions, names),
        CommonFormat::Jsonl => jsonl::apply(out, &run, both, actions, names),
        CommonFormat::Human => {
            let (style, verbose) = (context.style(), context.global.verbose > 0);
            human::actions::write(out, actions, style, verbose)?;
            let is_shown = |action: &Action| human::actions::is_shown(action, verbose);
            if actions.iter().any(is_shown) {
                writeln!(out)?;
                if context.global.dry_run {
                    writeln!(out, "and then there would be:\n")?;
                }
            }
            let view = human::audit::View {
                report,
                summary: &summary,
                fail_on: arguments.fail_on,
                names,
                style,
                verbose,
            };
            human::audit::write(out, &view)
        }
    })
}

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
struct Mender<'a> {
    context: &'a Context<'a>,
    arguments: &'a Apply,
    policy: &'a Policy,
    names: &'a SystemNames,
    cleaner: Cleaner<'a>,
    today: &'a str,
}

impl Mender<'_> {
    fn mend(&self, report: &Report) -> Vec<Action> {
        let mut found: HashMap<&SocketName, Codes> = HashMap::new();
        for finding in &report.findings {
            let codes = found.entry(&finding.subject).or_default();
            let list = match finding.waived {
                Some(_) => &mut codes.waived,
                None => &mut codes.broken,
            };
            list.push(finding.code);
        }
        let mut actions = Vec::new();
        for socket in &report.survey.sockets {
            let codes = found.remove(&socket.name).unwrap_or_default();
            self.mend_one(socket, &codes, &mut actions);
        }
        actions
    }

    fn mend_one(&self, socket: &Socket, codes: &Codes, actions: &mut Vec<Action>) {
        let (Some(path), Some(before)) = (socket.name.as_path(), seen(socket)) else {
            return;
        };
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
        if wish.differs(before.mode, before.owner) {
            self.change(path, &before, &wish, actions);
        }
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
            dry_run: self.context.global.dry_run,
            names: self.names,
            remove: &|target| self.remove(target),
        };
        actions.extend(execute(&plan, how));
    }

    fn remove(&self, target: &Target) -> Outcome {
        match Named::new(target.path()) {
            Ok(named) => self.cleaner.met(&named, target.facts().inode),
            Err(bad) => Outcome::Failed(bad.to_string()),
        }
    }

    /// Whether the key is to be acted on: it is asked for, and the user's own.
    fn acts_on<T>(&self, aspect: Aspect, key: Option<&Set<'_, T>>) -> bool {
        let is_ours = |rule: &Rule| self.arguments.builtin_too || !wishes::is_builtin(rule);
        self.arguments.mends(aspect) && key.is_some_and(|key| is_ours(key.rule))
    }

    /// There are no findings of ACLs that could carry their waivers.
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
