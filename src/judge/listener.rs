//! How the processes that hold a socket compare with `listener`.

use super::ownership::{is_one_of, joined, user_word, word};
use crate::model::{Names, Pattern, Process, Socket, State};
use crate::policy::{Effective, Set};

/// The outcome of the comparison.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Listener {
    /// Nothing is expected, or nobody listens.
    NotJudged,
    /// One process is all that is asked for.
    Fits,
    /// None is.
    Wrong(Mismatch),
    /// None of those that can be seen is; what could not be seen might be.
    CannotTell(String),
}

/// Another listener than the policy says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// The key that speaks of what differs.
    pub(super) key: Key,
    /// Who listens: `pid 4121 (root, /usr/bin/app)`.
    pub(super) who: String,
    /// What differs, in the policy's words.
    pub(super) actual: String,
    /// What would be right, in the policy's words.
    pub(super) expected: String,
}

/// A key below `listener`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    User,
    Exe,
    Unit,
}

/// Whether a process is as a key asks; the error says why it cannot be told.
type Answer = Result<bool, String>;

/// One and the same holder has to be everything that is asked for. A holder that is the service
/// manager alone is no listener yet: the service is not started.
pub(super) fn compare(socket: &Socket, expected: &Effective<'_>, names: &dyn Names) -> Listener {
    let live = matches!(
        socket.state,
        State::Live | State::Saturated | State::Foreign
    );
    let keys = given(expected);
    if !live || keys.is_empty() {
        return Listener::NotJudged;
    }
    if socket.state == State::Foreign && !socket.holders_known {
        let why = "it listens in another network namespace";
        return Listener::CannotTell(why.to_owned());
    }
    if socket.holders.is_empty() {
        return Listener::CannotTell("no process that holds it can be seen".to_owned());
    }
    let mut cannot_tell = None;
    for process in &socket.holders {
        match fits(process, &keys, expected, names) {
            Ok(true) => return Listener::Fits,
            Ok(false) => {}
            Err(why) => cannot_tell = Some(why),
        }
    }
    if let Some(why) = cannot_tell {
        return Listener::CannotTell(why);
    }
    if socket
        .holders
        .iter()
        .all(|process| is_service_manager(process))
    {
        return Listener::NotJudged;
    }
    mismatch(socket, &keys, expected, names).map_or(Listener::NotJudged, Listener::Wrong)
}

fn given(expected: &Effective<'_>) -> Vec<Key> {
    let given = [
        (Key::User, expected.listener_user.is_some()),
        (Key::Exe, expected.listener_exe.is_some()),
        (Key::Unit, expected.listener_unit.is_some()),
    ];
    given
        .into_iter()
        .filter_map(|(key, is_given)| is_given.then_some(key))
        .collect()
}

fn is_service_manager(process: &Process) -> bool {
    process.pid == 1 && (process.comm == "systemd" || process.unit.as_deref() == Some("init.scope"))
}

/// All keys at once. A definite no goes before what cannot be told.
fn fits(process: &Process, keys: &[Key], expected: &Effective<'_>, names: &dyn Names) -> Answer {
    let mut outcome = Ok(true);
    for &key in keys {
        match fits_key(process, key, expected, names) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(why) => outcome = Err(why),
        }
    }
    outcome
}

fn fits_key(process: &Process, key: Key, expected: &Effective<'_>, names: &dyn Names) -> Answer {
    let matches = |globs: &Option<Set<'_, &[Pattern]>>, bytes: &[u8]| {
        globs
            .as_ref()
            .is_none_or(|set| set.value.iter().any(|glob| glob.matches(bytes)))
    };
    match key {
        Key::User => match &expected.listener_user {
            Some(set) => is_one_of(process.uid, &set.value, names),
            None => Ok(true),
        },
        Key::Exe => match &process.exe {
            Some(exe) => Ok(matches(
                &expected.listener_exe,
                exe.as_os_str().as_encoded_bytes(),
            )),
            None => Err(format!("the program of pid {} cannot be seen", process.pid)),
        },
        Key::Unit => {
            let unit = process.unit.as_deref();
            Ok(unit.is_some_and(|unit| matches(&expected.listener_unit, unit.as_bytes())))
        }
    }
}

/// Describes the first holder by the first key that it does not satisfy.
fn mismatch(
    socket: &Socket,
    keys: &[Key],
    expected: &Effective<'_>,
    names: &dyn Names,
) -> Option<Mismatch> {
    let process = socket.listener()?;
    let is_wrong = |key: &Key| fits_key(process, *key, expected, names) == Ok(false);
    let key = keys.iter().copied().find(is_wrong)?;
    let user = user_word(process.uid.as_raw(), names);
    let exe = process
        .exe
        .as_ref()
        .map(|exe| exe.to_string_lossy().into_owned());
    let program = exe.clone().unwrap_or_else(|| process.comm.clone());
    let globs = |set: &Option<Set<'_, &[Pattern]>>| {
        let set = set.as_ref()?;
        Some(joined(set.value.iter().map(ToString::to_string).collect()))
    };
    let (actual, wanted) = match key {
        Key::User => {
            let users = &expected.listener_user.as_ref()?.value;
            (user.clone(), joined(users.iter().map(word).collect()))
        }
        Key::Exe => (exe?, globs(&expected.listener_exe)?),
        Key::Unit => {
            let unit = process.unit.clone();
            (
                unit.unwrap_or_else(|| "no unit".to_owned()),
                globs(&expected.listener_unit)?,
            )
        }
    };
    Some(Mismatch {
        key,
        who: format!("pid {} ({user}, {program})", process.pid),
        actual,
        expected: wanted,
    })
}
