//! How a socket is addressed on a command line: a path, `unix:PATH` or `@abstract`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::SocketName;

/// The longest abstract name, in bytes: `sun_path` less the NUL in front of it, unix(7).
pub const LONGEST_ABSTRACT_NAME: usize = 107;

/// Why a text addresses no socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Nothing, or nothing behind `unix:` or `@`.
    #[error("an empty address: give a path, unix:PATH or @NAME")]
    Empty,
    /// A NUL, which no path can hold.
    #[error("a path cannot hold a NUL byte")]
    Nul,
    /// Longer than [`LONGEST_ABSTRACT_NAME`].
    #[error("an abstract name has at most {LONGEST_ABSTRACT_NAME} bytes, and this one has {0}")]
    LongName(usize),
}

impl SocketName {
    /// Reads an address as it is typed. A path that begins with `@` or `unix:` is written `./@name`
    /// or `unix:@name`, and is kept as the first of these: whoever reads it can type it anywhere.
    pub fn parse(address: &[u8]) -> Result<SocketName, BadAddress> {
        if let Some(name) = address.strip_prefix(b"@") {
            return match name.len() {
                0 => Err(BadAddress::Empty),
                1..=LONGEST_ABSTRACT_NAME => Ok(SocketName::Abstract(name.to_vec())),
                length => Err(BadAddress::LongName(length)),
            };
        }
        let path = address.strip_prefix(b"unix:").unwrap_or(address);
        if path.is_empty() {
            Err(BadAddress::Empty)
        } else if path.contains(&0) {
            Err(BadAddress::Nul)
        } else {
            let looks_otherwise = path.starts_with(b"@") || path.starts_with(b"unix:");
            let here = Path::new(if looks_otherwise { "." } else { "" });
            Ok(SocketName::Path(here.join(OsStr::from_bytes(path))))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[allow(clippy::unnecessary_wraps)] // to be compared with what parsing gives
    fn path(text: &str) -> Result<SocketName, BadAddress> {
        Ok(SocketName::Path(PathBuf::from(text)))
    }

    #[test]
    fn paths_with_and_without_the_prefix() {
        assert_eq!(SocketName::parse(b"/run/a"), path("/run/a"));
        assert_eq!(SocketName::parse(b"unix:/run/a"), path("/run/a"));
        assert_eq!(SocketName::parse(b"unix:@a"), path("./@a"));
        assert_eq!(SocketName::parse(b"unix:unix:a"), path("./unix:a"));
        assert_eq!(SocketName::parse(b"a b"), path("a b"));
    }

    #[test]
    fn abstract_names_are_any_bytes_that_fit() {
        let name = |name: &[u8]| Ok(SocketName::Abstract(name.to_vec()));
        assert_eq!(SocketName::parse(b"@a\0b\xff"), name(b"a\0b\xff"));
        assert_eq!(SocketName::parse(b"@@"), name(b"@"));
        let longest = [b"@".as_slice(), &[b'x'; 107]].concat();
        assert_eq!(SocketName::parse(&longest), name(&[b'x'; 107]));
        let too_long = [b"@".as_slice(), &[b'x'; 108]].concat();
        assert_eq!(SocketName::parse(&too_long), Err(BadAddress::LongName(108)));
    }

    #[test]
    fn what_addresses_nothing_is_refused() {
        for empty in [b"".as_slice(), b"unix:", b"@"] {
            assert_eq!(SocketName::parse(empty), Err(BadAddress::Empty));
        }
        assert_eq!(SocketName::parse(b"/run/a\0b"), Err(BadAddress::Nul));
    }
}
