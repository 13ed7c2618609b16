//! Directories that are missing: made one below the other under open descriptors.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;

use super::place::Place;
use super::{Changes, Parents};
use crate::change::owner::words;
use crate::model::{Action, ActionKind, Mode, Names, Outcome};
use crate::sys::aside::remove_directory;
use crate::sys::dir::{Dir, Failure};
use crate::sys::lock::Locks;
use crate::sys::mkdir::{self, NotMade};
use crate::sys::{perm, way};

/// A directory that was made, and by which name in which other one.
#[derive(Debug)]
pub(super) struct Made {
    around: Rc<Dir>,
    name: CString,
    path: PathBuf,
}

/// Makes what is missing at `place`, and gives the place at the end of it. When one fails, those
/// before it are removed again.
pub(super) fn make(
    mut place: Place,
    parents: Parents,
    names: &dyn Names,
    changes: &mut Changes,
) -> Result<(Place, Vec<Made>), Outcome> {
    let mut made = Vec::new();
    while let Some(name) = place.missing().first().cloned() {
        let own = place.missing().len() == 1;
        let wish = if own { parents } else { Parents::default() };
        let path = place.path().join(OsStr::from_bytes(name.to_bytes()));
        let around = Rc::clone(&place.dir);
        match one(&mut place, &name, wish) {
            Ok(true) => {
                changes.actions.push(Action {
                    path: path.clone(),
                    kind: ActionKind::Mkdir,
                    from: None,
                    to: own.then(|| words_of(wish, names)),
                    outcome: Outcome::Done,
                });
                made.push(Made { around, name, path });
            }
            Ok(false) => {}
            Err(why) => {
                remove(&made, changes);
                let why = format!("cannot make the directory {}: {why}", path.display());
                return Err(Outcome::Failed(why));
            }
        }
    }
    Ok((place, made))
}

/// Makes the next one, and goes there. `false`: somebody else has made it meanwhile.
fn one(place: &mut Place, name: &CString, wish: Parents) -> Result<bool, NotMade> {
    let steady = way::is_steady(&place.dir)?;
    if !steady {
        place.mark_unsteady();
    }
    // Others of us would sweep it away. Who else holds it has no business with the name.
    let lock = Locks::default().lock(&place.dir);
    if lock.is_ok() {
        mkdir::sweep(&place.dir, name)?;
    }
    let dressed = mkdir::Wish {
        uid: wish.owner.uid,
        gid: wish.owner.gid,
        mode: mode_of(wish),
    };
    let (dir, is_ours) = match mkdir::make(&place.dir, name, steady, dressed) {
        Ok(dir) => (dir, true),
        Err(NotMade::Taken) => (place.dir.enter_mounted(name)?, false),
        Err(why) => return Err(why),
    };
    drop(lock);
    place.step_into(dir);
    Ok(is_ours)
}

fn mode_of(wish: Parents) -> Mode {
    const USUAL: u32 = 0o755;
    wish.mode
        .unwrap_or_else(|| Mode::from_st_mode(USUAL).beyond(perm::umask()))
}

/// `0750 app:www-data`
pub(super) fn words_of(parents: Parents, names: &dyn Names) -> String {
    let words = format!("{} {}", mode_of(parents), words(parents.owner, names));
    words.trim_end().to_owned()
}

/// Removes them again, the last one first; one in which somebody has made something stays.
pub(super) fn remove(made: &[Made], changes: &mut Changes) {
    for made in made.iter().rev() {
        let removed: Result<(), Failure> = remove_directory(&made.around, &made.name);
        match removed {
            Ok(()) => changes
                .actions
                .retain(|action| !(action.kind == ActionKind::Mkdir && action.path == made.path)),
            Err(failure) => {
                changes.note(
                    &made.path,
                    format!("the directory was made and stays: {failure}"),
                );
            }
        }
    }
}
