//! `sockctl probe`

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, ValueHint};
use regex::bytes::{Regex, RegexBuilder};

use super::reach::jobs;
use super::{Documented, Example, duration};
use crate::model::SocketType;
use crate::observe::probe::Statuses;

/// Test whether sockets are live, as a client would.
///
/// Connects to each address, asks who listens, and closes again. Links are followed, as
/// connect(2) does. The exit status is 0 when every one of them is live.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct Probe {
    /// A path, unix:PATH or @NAME (abstract); - reads addresses from standard input, one a line
    #[arg(value_name = "ADDR", required = true, value_hint = ValueHint::AnyPath)]
    addresses: Vec<OsString>,

    /// Leave no trace at the server: no entry in its queue, nothing to accept
    #[arg(long, conflicts_with_all = ["http", "send", "expect", "count"])]
    pub silent: bool,

    /// Test until live, at most that long [default: without end]
    #[arg(
        long,
        value_name = "DUR",
        num_args = 0..=1,
        require_equals = true,
        value_parser = duration::parse
    )]
    pub wait: Option<Option<Duration>>,

    /// How long one test may take
    #[arg(long, value_name = "DUR", default_value = "1s", value_parser = duration::parse_positive)]
    pub timeout: Duration,

    /// Only this type will do [default: whatever the server takes]
    #[arg(long = "type", value_name = "TYPE", value_parser = socket_type())]
    pub kind: Option<SocketType>,

    /// Send an HTTP GET for PATH and hold the status of the answer against --expect-status
    #[arg(long, value_name = "PATH", value_parser = request_target, conflicts_with_all = ["send", "expect"])]
    pub http: Option<String>,

    /// Which statuses are good: 200, 2xx, 200-204, several with commas [default: 2xx,3xx]
    #[arg(long, value_name = "STATUS", requires = "http")]
    pub expect_status: Option<Statuses>,

    /// Send this first; \n, \r, \t, \0, \\ and \xNN stand for bytes
    #[arg(long, value_name = "STR", value_parser = unescape, allow_hyphen_values = true)]
    pub send: Option<Bytes>,

    /// Wait for an answer that this regular expression matches
    #[arg(long, value_name = "REGEX", value_parser = regex, allow_hyphen_values = true)]
    pub expect: Option<Regex>,

    /// Test N times, and show latencies
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub count: Option<u32>,

    /// From the beginning of one test to that of the next [default: 1s]
    #[arg(long, value_name = "DUR", value_parser = duration::parse, requires = "count")]
    pub interval: Option<Duration>,

    /// Test N addresses at a time [default: as many as make sense]
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<NonZeroUsize>,
}

impl Probe {
    /// What to test.
    ///
    /// # Errors
    /// What is wrong with the words of the command line.
    pub fn addresses(&self) -> Result<&[OsString], String> {
        if self.wait == Some(None) {
            let words = self.addresses.iter().map(OsString::as_os_str);
            let is_duration = |word: &str| duration::parse(word).is_ok();
            super::operands::no_value_of("--wait", is_duration, words)?;
        }
        Ok(&self.addresses)
    }
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

fn socket_type() -> impl clap::builder::TypedValueParser<Value = SocketType> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(SocketType::ALL.map(SocketType::as_str))
        .try_map(|word| word.parse::<SocketType>())
}

/// RFC 9112, origin form: what would end the line or begin another word is refused.
fn request_target(text: &str) -> Result<String, String> {
    if !text.starts_with('/') {
        return Err("it has to begin with /".to_owned());
    }
    match text.chars().find(|character| !character.is_ascii_graphic()) {
        Some(_) => Err("blanks and everything beyond ASCII have to be written as %XX".to_owned()),
        None => Ok(text.to_owned()),
    }
}

fn unescape(text: &str) -> Result<Bytes, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'0') => b'\0',
            Some(b'\\') => b'\\',
            Some(b'x') => hex(rest.next(), rest.next()).ok_or("\\x takes two hex digits")?,
            _ => return Err("a backslash comes before n, r, t, 0, xNN or another one".to_owned()),
        });
    }
    Ok(Bytes(bytes))
}

fn hex(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn regex(text: &str) -> Result<Regex, String> {
    // Bytes may be anything; classes such as \w are those of ASCII.
    RegexBuilder::new(text)
        .unicode(false)
        .build()
        .map_err(|error| error.to_string())
}

impl Documented for Probe {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl probe /run/docker.sock",
            "Does a client get in, how fast, and who listens",
        ),
        Example::new(
            "sockctl probe --silent /run/app/app.sock",
            "For a health check every few seconds: the server does not notice",
        ),
        Example::new(
            "sockctl probe --wait=30s /run/app/app.sock && start-the-client",
            "Wait until somebody listens, also when not even the directory is there yet",
        ),
        Example::new(
            "sockctl probe --http /_ping --expect-status 200 /run/docker.sock",
            "Ask what is behind it whether it is well",
        ),
        Example::new(
            r"sockctl probe --send 'PING\r\n' --expect '^\+PONG' /run/redis/redis.sock",
            "The same for a server that does not speak HTTP",
        ),
        Example::new(
            "sockctl probe --count 100 --interval 10ms /run/php/fpm.sock",
            "Latencies: min, p50, p90, p99, max",
        ),
        Example::new(
            "find /run -type s | sockctl probe -f jsonl -",
            "Many at once, for a machine to read",
        ),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_bytes() {
        let bytes = unescape(r"a\r\n\t\0\\\x00\xfFé").unwrap();
        assert_eq!(bytes.0, b"a\r\n\t\0\\\0\xff\xc3\xa9");
        for bad in ["\\", "\\q", "\\x1", "\\xg0", "\\x"] {
            assert!(unescape(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_request_is_one_line() {
        assert!(request_target("/a?b=%20").is_ok());
        for bad in ["", "a", "/a b", "/a\r\nX: y", "/é"] {
            assert!(request_target(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn expressions_are_over_bytes() {
        assert!(regex(r"^\xff\w$").unwrap().is_match(b"\xffa"));
        assert!(regex("(").is_err());
    }
}
