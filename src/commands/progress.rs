//! A sign of life on stderr while a long walk goes on.

use std::io::IsTerminal as _;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use super::exit::say;
use crate::model::SocketName;
use crate::observe::walk::Progress;
use crate::output::escape::escape;

const PATIENCE: Duration = Duration::from_millis(400);
const LONG_WAIT: Duration = Duration::from_secs(1);
const BETWEEN_DRAWINGS: Duration = Duration::from_millis(120);

/// Runs `work`. Once it has taken a moment, and where stderr is a terminal, its counters are
/// shown, and wiped again at the end.
pub(super) fn shown<T: Send>(quiet: bool, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if quiet || !std::io::stderr().is_terminal() {
        return work(&progress);
    }
    std::thread::scope(|scope| {
        let (done, at_end) = mpsc::channel::<()>();
        let counters = &progress;
        scope.spawn(move || draw(counters, &at_end));
        let outcome = work(&progress);
        drop(done);
        outcome
    })
}

/// Runs `work`, which waits until these are live. Once that has taken a while, and where stderr is
/// a terminal, that is said.
pub(super) fn waiting<T>(quiet: bool, names: &[SocketName], work: impl FnOnce() -> T) -> T {
    if quiet || !std::io::stderr().is_terminal() {
        return work();
    }
    let what = match names {
        [one] => escape(&one.to_bytes()).into_owned(),
        several => format!("{} sockets", several.len()),
    };
    std::thread::scope(|scope| {
        let (done, at_end) = mpsc::channel::<()>();
        scope.spawn(move || {
            if at_end.recv_timeout(LONG_WAIT) == Err(RecvTimeoutError::Timeout) {
                say(&format!(
                    "sockctl: waiting until somebody listens on {what}"
                ));
            }
        });
        let outcome = work();
        drop(done);
        outcome
    })
}

fn draw(progress: &Progress, at_end: &mpsc::Receiver<()>) {
    if at_end.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Disconnected) {
        return;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    loop {
        bar.set_message(format!(
            "{} directories, {} entries, {} sockets",
            HumanCount(progress.directories.load(Relaxed)),
            HumanCount(progress.entries.load(Relaxed)),
            HumanCount(progress.sockets.load(Relaxed)),
        ));
        bar.tick();
        if at_end.recv_timeout(BETWEEN_DRAWINGS) == Err(RecvTimeoutError::Disconnected) {
            bar.finish_and_clear();
            return;
        }
    }
}
