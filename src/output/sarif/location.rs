//! Where a result is: paths as URI references (RFC 3986), abstract names as logical locations.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::text::{self, Text};
use crate::model::{Place, SocketName};

/// What paths are relative to: the root directory of the host. GitHub wants relative ones.
pub(super) const BASE: &str = "HOST";

/// Where the kernel shows abstract names.
const LIST_OF_SOCKETS: &str = "/proc/net/unix";

/// The base, as a run declares it.
pub(super) fn base() -> Value {
    json!({ "uri": "file:///", "description": { "text": "the root directory of the host" } })
}

#[derive(Serialize)]
pub(super) struct Location {
    #[serde(rename = "physicalLocation")]
    physical: Physical,
    #[serde(rename = "logicalLocations", skip_serializing_if = "Vec::is_empty")]
    logical: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

/// A socket has no lines, but GitHub takes no result without one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

impl Location {
    pub(super) fn of_name(name: &SocketName) -> Location {
        let (path, kind) = match name {
            SocketName::Path(path) => (path.as_path(), "socket"),
            SocketName::Abstract(_) => (Path::new(LIST_OF_SOCKETS), "abstract socket"),
        };
        let mut location = Location::of_path(path);
        if let SocketName::Abstract(_) = name {
            let shown = text::shown(&name.to_bytes());
            let logical = json!({ "name": shown, "fullyQualifiedName": shown, "kind": kind });
            location.logical.push(logical);
        }
        location
    }

    pub(super) fn of_path(path: &Path) -> Location {
        Location::new(path, 1)
    }

    /// A line of a policy, with what stands there.
    pub(super) fn of_line(place: &Place, what: &str) -> Location {
        Location {
            message: Some(Text::plain(what)),
            ..Location::new(Path::new(&*place.file), place.line.max(1))
        }
    }

    fn new(path: &Path, start_line: u32) -> Location {
        let bytes = path.as_os_str().as_bytes();
        let (bytes, uri_base_id) = match bytes {
            [b'/', rest @ ..] => (rest, Some(BASE)),
            relative => (relative, None),
        };
        let mut uri = uri_of(bytes);
        // Empty, it would be no reference to a place; with two slashes in front, one to a host.
        if uri.is_empty() || uri.starts_with('/') {
            uri.insert_str(0, "./");
        }
        Location {
            physical: Physical {
                artifact_location: Artifact { uri, uri_base_id },
                region: Region { start_line },
            },
            logical: Vec::new(),
            message: None,
        }
    }
}

/// The bytes in percent-encoding, but for slashes and what needs none.
pub(super) fn uri_of(bytes: &[u8]) -> String {
    let mut uri = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").expect("a String takes any text");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    fn uri(path: &[u8]) -> (String, Option<&'static str>) {
        let location = Location::of_path(Path::new(OsStr::from_bytes(path)));
        let artifact = location.physical.artifact_location;
        (artifact.uri, artifact.uri_base_id)
    }

    #[test]
    fn any_bytes_make_a_reference() {
        let below = |text: &str| (text.to_owned(), Some(BASE));
        assert_eq!(uri(b"/run/a.sock"), below("run/a.sock"));
        assert_eq!(uri(b"/run/a b%#?\n\xff"), below("run/a%20b%25%23%3F%0A%FF"));
        assert_eq!(uri("/é:1".as_bytes()), below("%C3%A9%3A1"));
        assert_eq!(uri(b"/"), below("./"));
        assert_eq!(uri(b"//host/x"), below(".//host/x"));
        assert_eq!(uri(b"site.yaml"), ("site.yaml".to_owned(), None));
    }
}
