//! When a command counts as ready, as it is asked for.

use std::fmt;
use std::time::Duration;

/// When a command counts as ready, unless it says so itself before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadySpec {
    /// When it has been executed.
    Now,
    /// When it says so.
    Notify,
    /// When its sockets listen.
    Listen,
    /// When it takes connections.
    Connect,
    /// When it answers a GET of this.
    Http(HttpTarget),
    /// So long after it has been executed.
    Delay(Duration),
}

/// What is asked for of an HTTP server, in origin form, RFC 9112: it begins with a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget(String);

/// Why a text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHttpTarget {
    /// It names a host.
    #[error("the server's Unix sockets are asked, not a host: write http:/path")]
    Host,
    /// It has another form.
    #[error("after http: there is a path that begins with a slash, of ASCII without blanks")]
    Form,
}

impl HttpTarget {
    /// Reads it.
    pub fn new(text: &str) -> Result<HttpTarget, BadHttpTarget> {
        if text.starts_with("//") {
            Err(BadHttpTarget::Host)
        } else if text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(HttpTarget(text.to_owned()))
        } else {
            Err(BadHttpTarget::Form)
        }
    }

    /// As it is asked for.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ReadySpec {
    /// Whether its sockets are tested.
    pub fn tests(&self) -> bool {
        matches!(
            self,
            ReadySpec::Listen | ReadySpec::Connect | ReadySpec::Http(_)
        )
    }
}

impl fmt::Display for ReadySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadySpec::Now => f.write_str("now"),
            ReadySpec::Notify => f.write_str("notify"),
            ReadySpec::Listen => f.write_str("listen"),
            ReadySpec::Connect => f.write_str("connect"),
            ReadySpec::Http(target) => write!(f, "http:{}", target.as_str()),
            ReadySpec::Delay(length) => write!(f, "delay:{length:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_asked_for() {
        for good in ["/", "/health", "/a?b=c&d=%20"] {
            assert_eq!(HttpTarget::new(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "health",
            "/a b",
            "/a\r\nHost: x",
            "/\u{e9}",
            "http://x/",
        ] {
            assert_eq!(HttpTarget::new(bad), Err(BadHttpTarget::Form), "{bad:?}");
        }
        assert_eq!(HttpTarget::new("//host/"), Err(BadHttpTarget::Host));
    }
}
