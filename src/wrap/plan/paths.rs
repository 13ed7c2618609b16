//! Which paths of sockets cannot be.

use crate::wrap::host::Facts;
use crate::wrap::refusal::{Refusal, Status};
use crate::wrap::request::Request;

/// Refuses those that cannot be.
pub(super) fn check(request: &Request, facts: &Facts) -> Result<(), Refusal> {
    doubles(request, facts)?;
    expected(request)
}

/// One file cannot be two sockets, whatever paths lead to it.
fn doubles(request: &Request, facts: &Facts) -> Result<(), Refusal> {
    let made = request.listen.iter();
    let made = made.map(|it| ("--listen", &it.named, &it.absolute));
    let expected = request.expect.iter();
    let expected = expected.map(|it| ("--expect", &it.named, &it.absolute));
    let all: Vec<_> = made.chain(expected).collect();
    let directory = |index: usize| Some(facts.places.get(index)?.as_ref()?.inode);
    for (index, &(option, named, absolute)) in all.iter().enumerate() {
        let is_same = |&earlier: &usize| {
            let (_, other, other_absolute) = all[earlier];
            let beside = directory(earlier).is_some_and(|it| Some(it) == directory(index));
            other_absolute == absolute || (beside && other.name == named.name)
        };
        let Some((other_option, other, _)) = (0..index).find(is_same).map(|it| all[it]) else {
            continue;
        };
        let (path, other_path) = (named.path.display(), other.path.display());
        let why = if other_option != option {
            format!(
                "{path} is to be made (--listen {other_path}), and cannot be bound by the command too \
                 (--expect)"
            )
        } else if named.path == other.path {
            format!("{option} {path} is there twice")
        } else {
            format!("{option} {path} is the same file as {option} {other_path}")
        };
        return Err(Refusal::new(Status::Config, why));
    }
    Ok(())
}

/// Paths that cannot be expected.
fn expected(request: &Request) -> Result<(), Refusal> {
    match (&request.stay, request.expect.first()) {
        (None, Some(expected)) => {
            let path = expected.named.path.display();
            let why = format!("--expect {path} needs a parent that looks for it: leave --exec out");
            Err(Refusal::new(Status::Config, why))
        }
        _ => Ok(()),
    }
}
