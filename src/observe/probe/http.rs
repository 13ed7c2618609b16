//! The smallest HTTP client that a health check needs, RFC 9110 and 9112.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The request of a GET. `path` is in origin form: it begins with `/` and has no blanks.
pub(super) fn request(path: &str) -> Vec<u8> {
    let agent = concat!("sockctl/", env!("CARGO_PKG_VERSION"));
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {agent}\r\nAccept: */*\r\n\
         Connection: close\r\n\r\n"
    )
    .into_bytes()
}

/// What has been received so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// Not yet all of it.
    Partial,
    /// The final answer's status.
    Status(u16),
    /// It is no HTTP.
    Malformed(String),
}

/// More fields than any server sends; one with more is still understood up to its status.
const FIELDS: usize = 128;

/// Reads the head of an answer. Interim answers (100, 103) before the final one are passed over.
pub(super) fn head(mut bytes: &[u8]) -> Head {
    loop {
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let outcome = response.parse(bytes);
        match (outcome, response.code) {
            (Ok(httparse::Status::Complete(length)), Some(100..=199)) if length > 0 => {
                bytes = bytes.get(length..).unwrap_or_default();
            }
            (
                Ok(httparse::Status::Complete(_)) | Err(httparse::Error::TooManyHeaders),
                Some(status),
            ) => return Head::Status(status),
            (Ok(_), _) => return Head::Partial,
            (Err(error), _) => return Head::Malformed(error.to_string()),
        }
    }
}

/// Which statuses are good: `200`, `2xx`, `200-204`, or several of these with commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses {
    text: String,
    ranges: Vec<RangeInclusive<u16>>,
}

impl Statuses {
    /// Whether it is one of them.
    pub fn contains(&self, status: u16) -> bool {
        self.ranges.iter().any(|range| range.contains(&status))
    }
}

impl Default for Statuses {
    /// What is no error: `2xx,3xx`.
    fn default() -> Statuses {
        Statuses {
            text: "2xx,3xx".to_owned(),
            ranges: vec![200..=299, 300..=399],
        }
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The text names no statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("statuses are written 200, 2xx or 200-204, several with commas, from 100 to 599")]
pub struct BadStatuses;

impl FromStr for Statuses {
    type Err = BadStatuses;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ranges = text
            .split(',')
            .map(|part| range(part.trim()).ok_or(BadStatuses));
        Ok(Statuses {
            text: text.to_owned(),
            ranges: ranges.collect::<Result<_, _>>()?,
        })
    }
}

fn range(text: &str) -> Option<RangeInclusive<u16>> {
    if let Some(class) = text.strip_suffix("xx") {
        let class = Some(class).filter(|class| class.len() == 1)?;
        let first = class.parse::<u16>().ok()?.checked_mul(100)?;
        return status(first).map(|first| first..=first + 99);
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| {
        let digits = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().and_then(status)
    };
    let range = number(first)?..=number(last)?;
    (!range.is_empty()).then_some(range)
}

fn status(number: u16) -> Option<u16> {
    (100..=599).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PIECES: &[&[u8]] = &[
        b"HTTP/1.1 ",
        b"200",
        b"103 x",
        b"999",
        b" ",
        b"\r\n",
        b"\n",
        b"a: b",
        b"\0",
        b"\xff",
        b"HTTP/1.0 404 no\r\n\r\n",
    ];

    proptest! {
        /// Whatever a server sends: an end is found or not, and more bytes do not change it.
        #[test]
        fn any_bytes_in_any_pieces(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..20),
        ) {
            let bytes = pieces.concat();
            let mut known = Head::Partial;
            for end in 0..=bytes.len() {
                let now = head(&bytes[..end]);
                if let Head::Status(_) = known {
                    prop_assert_eq!(&now, &known);
                }
                known = now;
            }
        }
    }

    #[test]
    fn the_final_status_counts() {
        assert_eq!(head(b""), Head::Partial);
        assert_eq!(head(b"HTTP/1.1 200 OK\r\nA: b\r\n"), Head::Partial);
        assert_eq!(head(b"HTTP/1.1 204\r\n\r\n"), Head::Status(204));
        assert_eq!(head(b"HTTP/1.0 503 no\r\n\r\nbody"), Head::Status(503));
        let interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
        assert_eq!(head(interim), Head::Partial);
        let both = [interim.as_slice(), b"HTTP/1.1 404 x\r\n\r\n"].concat();
        assert_eq!(head(&both), Head::Status(404));
        assert!(matches!(head(b"220 mail ESMTP\r\n"), Head::Malformed(_)));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(FIELDS + 1));
        assert_eq!(head(many.as_bytes()), Head::Status(200));
    }

    #[test]
    fn statuses_are_written_in_three_ways() {
        let statuses: Statuses = "200, 3xx,401-403".parse().unwrap();
        for good in [200, 300, 399, 401, 403] {
            assert!(statuses.contains(good), "{good}");
        }
        for bad in [201, 299, 400, 404] {
            assert!(!statuses.contains(bad), "{bad}");
        }
        assert_eq!("2xx,3xx".parse(), Ok(Statuses::default()));
        for bad in [
            "", "2", "2x", "xx", "6xx", "0xx", "99", "600", "+20", "300-200", "200,", "2xxx",
        ] {
            assert_eq!(bad.parse::<Statuses>(), Err(BadStatuses), "{bad:?}");
        }
    }
}
