//! What `--listen` is told: `PATH[,name=N][,type=T][,mode=M][,owner=U[:G]][,backlog=N]`, with `\,`
//! for a comma.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::{Mode, OwnerSpec, SocketType};

/// A socket that is to be made and passed on. What is not said is left to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListenSpec {
    /// Where.
    pub path: PathBuf,
    /// `name`: as the command finds it in `LISTEN_FDNAMES`.
    pub name: Option<FdName>,
    /// `type`
    pub kind: Option<SocketType>,
    /// `mode`
    pub mode: Option<Mode>,
    /// `owner`
    pub owner: Option<OwnerSpec>,
    /// `backlog`, for listen(2).
    pub backlog: Option<Backlog>,
}

/// How many clients may wait, as listen(2) takes it; the kernel cuts it to net.core.somaxconn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog(i32);

impl Backlog {
    /// For listen(2).
    pub const fn as_raw(self) -> i32 {
        self.0
    }
}

impl Default for Backlog {
    fn default() -> Backlog {
        Backlog(4096)
    }
}

/// Why a text describes no socket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadListenSpec(String);

/// The name of a descriptor that is passed on, sd_listen_fds(3): printable ASCII, no colon, up to
/// 255 of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FdName(String);

impl Default for FdName {
    fn default() -> FdName {
        FdName(FdName::UNKNOWN.to_owned())
    }
}

impl FdName {
    /// What a descriptor without a name is called.
    pub const UNKNOWN: &'static str = "unknown";

    /// `None` where it cannot be one.
    pub fn new(text: &[u8]) -> Option<FdName> {
        let fits = |byte: &u8| (b' '..127).contains(byte) && *byte != b':';
        let is_name = (1..=255).contains(&text.len()) && text.iter().all(fits);
        let text = str::from_utf8(text).ok()?;
        is_name.then(|| FdName(text.to_owned()))
    }

    /// As it stands in `LISTEN_FDNAMES`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const KEYS: [&str; 5] = ["name", "type", "mode", "owner", "backlog"];

impl ListenSpec {
    /// Reads it. Paths are any bytes but NUL.
    pub fn parse(text: &OsStr) -> Result<ListenSpec, BadListenSpec> {
        let mut parts = split(text.as_bytes()).into_iter();
        let path = parts.next().unwrap_or_default();
        if path.is_empty() {
            return Err(BadListenSpec("an empty path names nothing".to_owned()));
        }
        let mut spec = ListenSpec {
            path: PathBuf::from(OsStr::from_bytes(&path)),
            ..ListenSpec::default()
        };
        for part in parts {
            let text = String::from_utf8(part)
                .map_err(|_| BadListenSpec("what follows the path is no text".to_owned()))?;
            let (key, value) = text.split_once('=').ok_or_else(|| without_value(&text))?;
            spec.set(key, value)?;
        }
        Ok(spec)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), BadListenSpec> {
        let bad = |error: &dyn std::fmt::Display| BadListenSpec(format!("{key}={value}: {error}"));
        let twice = match key {
            "name" => {
                let name = FdName::new(value.as_bytes()).ok_or_else(|| {
                    bad(&"a name is 1 to 255 printable ASCII characters without a colon")
                })?;
                self.name.replace(name).is_some()
            }
            "type" => {
                let kind = value.parse().map_err(|error| {
                    let error: super::socket::UnknownSocketType = error;
                    bad(&error)
                })?;
                self.kind.replace(kind).is_some()
            }
            "mode" => {
                let mode = value.parse().map_err(|error| {
                    let error: super::mode::BadMode = error;
                    bad(&error)
                })?;
                self.mode.replace(mode).is_some()
            }
            "owner" => {
                let owner = value.parse().map_err(|error| {
                    let error: super::owner_spec::BadOwnerSpec = error;
                    bad(&error)
                })?;
                self.owner.replace(owner).is_some()
            }
            "backlog" => {
                let digits = value.bytes().all(|byte| byte.is_ascii_digit());
                let number = value.parse().ok().filter(|_| digits);
                let number = number.ok_or_else(|| bad(&"a number from 0 to 2147483647"))?;
                self.backlog.replace(Backlog(number)).is_some()
            }
            _ => return Err(unknown(key)),
        };
        if twice {
            return Err(BadListenSpec(format!("{key}= is there twice")));
        }
        Ok(())
    }
}

fn unknown(key: &str) -> BadListenSpec {
    let distance = |known: &&&str| strsim::damerau_levenshtein(known, key);
    let hint = match KEYS.iter().min_by_key(distance) {
        Some(known) if distance(&known) <= 2 => format!("do you mean {known}=?"),
        _ => format!("there are {}", KEYS.join("=, ") + "="),
    };
    BadListenSpec(format!("there is no {key}=; {hint}"))
}

fn without_value(part: &str) -> BadListenSpec {
    if KEYS.contains(&part) {
        return BadListenSpec(format!("{part} has no value; write {part}=..."));
    }
    BadListenSpec(format!(
        "a part that is no KEY=VALUE: {part:?}; a comma in a path is written \\,"
    ))
}

/// At commas without a backslash in front of them.
fn split(text: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new()];
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        let part = match byte {
            b',' => {
                parts.push(Vec::new());
                continue;
            }
            b'\\' => rest.next_if_eq(&b',').unwrap_or(byte),
            byte => byte,
        };
        if let Some(last) = parts.last_mut() {
            last.push(part);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ListenSpec, String> {
        ListenSpec::parse(OsStr::new(text)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_path_and_what_is_said_of_it() {
        let spec = read("/run/a.sock").unwrap();
        assert_eq!(spec.path, PathBuf::from("/run/a.sock"));
        assert_eq!((spec.name, spec.mode, spec.backlog), (None, None, None));
        let spec =
            read("/run/a.sock,name=web,type=dgram,mode=0660,owner=app:7,backlog=128").unwrap();
        assert_eq!(spec.name.unwrap().as_str(), "web");
        assert_eq!(spec.kind, Some(SocketType::Dgram));
        assert_eq!(spec.mode, "0660".parse().ok());
        assert_eq!(spec.owner, "app:7".parse().ok());
        assert_eq!(spec.backlog.unwrap().as_raw(), 128);
    }

    #[test]
    fn a_comma_can_be_in_a_path() {
        assert_eq!(
            read(r"/run/a\,b\c,mode=600").unwrap().path,
            PathBuf::from(r"/run/a,b\c")
        );
        let odd = OsStr::from_bytes(b"/run/\xff");
        assert_eq!(ListenSpec::parse(odd).unwrap().path, PathBuf::from(odd));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, why) in [
            ("", "an empty path"),
            (",mode=0600", "an empty path"),
            ("/a,", "a part that is no KEY=VALUE"),
            ("/a,b", "a part that is no KEY=VALUE"),
            ("/a,mode", "mode has no value"),
            ("/a,mdoe=0600", "do you mean mode=?"),
            (
                "/a,colour=red",
                "there are name=, type=, mode=, owner=, backlog=",
            ),
            ("/a,mode=0600,mode=0600", "mode= is there twice"),
            ("/a,mode=0999", "mode=0999: "),
            ("/a,type=raw", "stream, dgram, seqpacket"),
            ("/a,owner=", "owner=: "),
            ("/a,owner=app:", "owner=app:: "),
            ("/a,backlog=-1", "a number from 0"),
            ("/a,backlog=+1", "a number from 0"),
            ("/a,backlog=2147483648", "a number from 0"),
            ("/a,name=", "a name is 1 to 255"),
            ("/a,name=a:b", "a name is 1 to 255"),
            ("/a,name=\u{e9}", "a name is 1 to 255"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(why), "{text:?}: {error}");
        }
    }
}
