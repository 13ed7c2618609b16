//! What a system call's error is called.

use std::io;

use nix::errno::Errno;

/// Words and the symbol: `Permission denied (EACCES)`. An error that
/// carries no errno is shown as it shows itself.
pub fn describe(error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(errno) if errno != Errno::UnknownErrno => format!("{} ({errno:?})", errno.desc()),
        _ => error.to_string(),
    }
}

/// The symbol alone: `EACCES`; the number where this program does not know it.
pub fn symbol(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => match Errno::from_raw(code) {
            Errno::UnknownErrno => format!("errno {code}"),
            errno => format!("{errno:?}"),
        },
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_symbol() {
        let denied = io::Error::from_raw_os_error(13);
        assert_eq!(describe(&denied), "Permission denied (EACCES)");
        assert_eq!(symbol(&denied), "EACCES");
        assert_eq!(symbol(&io::Error::from_raw_os_error(99_999)), "errno 99999");
        assert_eq!(describe(&io::Error::other("no such luck")), "no such luck");
    }
}
