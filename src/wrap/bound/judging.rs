//! What a policy says against a socket file, and what is done about it.

use super::keeper::Keeper;
use super::violation::{Verdict, Violation, way_out, way_out_unmended};
use crate::model::{Action, Outcome};
use crate::wrap::parent::event::Event;
use crate::wrap::refusal::{Refusal, Status};

impl Keeper<'_> {
    /// Holds a file against its policy while the command is ready.
    pub(super) fn hold_against_policy(&mut self, index: usize, events: &mut Vec<Event>) {
        if let Some(refusal) = self.verdict(index) {
            if refusal.status == Status::Refused {
                events.push(Event::Abort(refusal));
            } else {
                tracing::error!(
                    "{}: it could not be judged: {refusal}",
                    self.path(index).display()
                );
            }
        }
    }

    /// Judges, says what is to be said and mends what is to be mended; a refusal is what the
    /// command is to be stopped for.
    pub(super) fn verdict(&mut self, index: usize) -> Option<Refusal> {
        let ready = self.is_ready();
        let mut mended = false;
        self.untidy = true;
        loop {
            let own = &self.guard.files()[index].own;
            let violations = match self.judge.judge(own) {
                Ok(violations) => violations,
                Err(refusal) => return Some(refusal),
            };
            match self.rules.on_violation.decide(&violations, ready, mended) {
                Verdict::Fine => {
                    self.kept[index].said.clear();
                    return None;
                }
                Verdict::Log => {
                    self.say(index, violations);
                    return None;
                }
                Verdict::Mend => {
                    self.say(index, violations);
                    let own = &self.guard.files()[index].own;
                    match self.judge.mend(own) {
                        Ok(actions) => say_actions(&actions),
                        Err(refusal) => return Some(refusal),
                    }
                    self.guard.forgive(index);
                    // What we have made stays as it was made.
                    if !self.kept[index].made {
                        self.kept[index].like = self.guard.files()[index].seen;
                    }
                    mended = true;
                }
                Verdict::Stop => return Some(self.refusal(index, &violations, mended)),
            }
        }
    }

    fn say(&mut self, index: usize, violations: Vec<Violation>) {
        if self.kept[index].said == violations {
            return;
        }
        let path = self.path(index);
        for violation in &violations {
            tracing::warn!("{}: {}", path.display(), violation.what);
        }
        self.kept[index].said = violations;
    }

    fn refusal(&self, index: usize, violations: &[Violation], mended: bool) -> Refusal {
        let what: Vec<&str> = violations.iter().map(|it| it.what.as_str()).collect();
        let how = if mended {
            way_out_unmended(violations)
        } else {
            way_out(violations, true)
        };
        Refusal::new(
            Status::Refused,
            format_args!(
                "{}: {}; the command is stopped{how}",
                self.path(index).display(),
                what.join(", ")
            ),
        )
    }
}

/// Says what was mended, and what not.
pub fn say_actions(actions: &[Action]) {
    for Action {
        path,
        kind,
        from,
        to,
        outcome,
    } in actions
    {
        let what = [from.as_deref(), to.as_deref()].into_iter().flatten();
        let what = { what }.collect::<Vec<_>>().join(" -> ");
        let (path, kind) = (path.display(), kind.as_str());
        match outcome {
            Outcome::Done => tracing::warn!("{path}: mended: {kind} {what}"),
            Outcome::Planned | Outcome::AlreadySo => {}
            Outcome::Kept(why)
            | Outcome::LeftOut(why)
            | Outcome::Refused(why)
            | Outcome::Failed(why) => {
                tracing::error!("{path}: not mended: {kind} {what}: {why}");
            }
        }
    }
}
