//! Paths that the command is to bind, before it is started.

use super::search::Expected;
use crate::change::changes::Changes;
use crate::change::clean::{Cleaner, Request};
use crate::model::{Action, Names, Outcome};
use crate::wrap::refusal::{Refusal, Status};

/// Removes stale files, by the recipe of `clean`. Nothing is removed where one of the paths is
/// live, or is no socket: that is refused with the one who has it.
pub fn clear(expected: &[Expected], dry_run: bool, names: &dyn Names) -> Result<Changes, Refusal> {
    let planned = clean(expected, true, names)?;
    if dry_run {
        return Ok(planned);
    }
    clean(expected, false, names)
}

fn clean(expected: &[Expected], dry_run: bool, names: &dyn Names) -> Result<Changes, Refusal> {
    let mut changes = Changes::default();
    if expected.is_empty() {
        return Ok(changes);
    }
    let request = Request {
        older_than: None,
        dry_run,
    };
    let cleaner = Cleaner::new(request, names)
        .map_err(|why| Refusal::new(Status::Failed, format!("cannot test sockets: {why}")))?;
    for Expected { named, .. } in expected {
        let done = cleaner.named(named);
        if let Some(refusal) = done.actions.iter().find_map(refusal) {
            return Err(refusal);
        }
        changes.extend(done);
    }
    Ok(changes)
}

fn refusal(action: &Action) -> Option<Refusal> {
    let (status, why) = match &action.outcome {
        // What the service manager holds for a unit the command cannot bind either.
        Outcome::Refused(why) | Outcome::Kept(why) | Outcome::LeftOut(why) => {
            (Status::Refused, why)
        }
        Outcome::Failed(why) => (Status::Failed, why),
        Outcome::Planned | Outcome::Done | Outcome::AlreadySo => return None,
    };
    let path = action.path.display();
    Some(Refusal::new(status, format!("--expect {path}: {why}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::change::name::Named;
    use crate::sys::names::SystemNames;

    #[test]
    fn nothing_is_removed_where_one_is_live() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        drop(UnixListener::bind(path("stale")).unwrap());
        let live = UnixListener::bind(path("live")).unwrap();
        std::fs::write(path("file"), "").unwrap();
        let expected = |names: &[&str]| -> Vec<Expected> {
            let expected = |name: &&str| Expected {
                named: Named::new(&path(name)).unwrap(),
                absolute: path(name),
                shared: false,
            };
            names.iter().map(expected).collect()
        };
        let names = SystemNames::default();
        let clear = |paths: &[&str], dry_run| clear(&expected(paths), dry_run, &names);
        let is_there = |name: &str| rustix::fs::lstat(path(name)).is_ok();
        for other in ["live", "file"] {
            let refusal = clear(&["stale", other], false).unwrap_err();
            assert_eq!(refusal.status, Status::Refused);
            assert!(refusal.why.contains(other), "{refusal}");
            assert!(is_there("stale") && is_there(other));
        }
        clear(&["stale", "missing"], true).unwrap();
        assert!(is_there("stale"));
        let done = clear(&["stale", "missing"], false).unwrap();
        assert!(!is_there("stale"));
        assert!(done.actions.iter().any(|it| it.outcome == Outcome::Done));
        drop(live);
        clear(&["live"], false).unwrap();
        assert!(!is_there("live"));
    }
}
