//! The terminal behind standard output.

/// Its width in columns; `None` where there is none, or it does not know.
pub fn width_of_stdout() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}
