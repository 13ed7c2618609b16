//! A sign of life on stderr while a long walk goes on.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::exit::say;
use crate::model::SocketName;
use crate::observe::walk::Progress;
use crate::output::escape::escape;
use crate::sys::terminal;

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
    let mut stderr = std::io::stderr();
    for frame in FRAMES.iter().cycle() {
        let line = format!(
            "{frame} {} directories, {} entries, {} sockets",
            grouped(progress.directories.load(Relaxed)),
            grouped(progress.entries.load(Relaxed)),
            grouped(progress.sockets.load(Relaxed)),
        );
        // What does not fit would stay when the line is wiped.
        let room = terminal::width_of(&stderr).unwrap_or(80).saturating_sub(1);
        let line: String = line.chars().take(room).collect();
        // Where stderr is gone there is nowhere to say so.
        drop(write!(stderr, "\r{line}{TO_THE_END}"));
        if at_end.recv_timeout(BETWEEN_DRAWINGS) == Err(RecvTimeoutError::Disconnected) {
            drop(write!(stderr, "\r{TO_THE_END}"));
            return;
        }
    }
}

/// Wipes the rest of the line (ECMA-48, EL).
const TO_THE_END: &str = "\x1b[K";

const FRAMES: [char; 8] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠇'];

/// `12,345,678`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn three_digits_at_a_time() {
        let numbers = [0, 12, 123, 1_234, 12_345, 123_456, 1_234_567];
        let texts = numbers.map(grouped);
        let expected = ["0", "12", "123", "1,234", "12,345", "123,456", "1,234,567"];
        assert_eq!(texts, expected);
    }
}
