//! The terminal behind a stream.

use std::os::fd::AsFd;

/// Its width in columns; `None` where there is none, or it does not know.
pub fn width_of(stream: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}
