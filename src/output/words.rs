//! Words that more than one format uses.

use std::borrow::Cow;

use crate::model::{Process, SkipReason};

/// Why a place was left out. May hold untrusted bytes.
pub(crate) fn skip_reason(reason: &SkipReason) -> Cow<'static, str> {
    match reason {
        SkipReason::Mount(kind) => format!("{kind} mount").into(),
        SkipReason::OtherFileSystem => "another file system".into(),
        SkipReason::ContainerStore => "container store".into(),
        SkipReason::Excluded(glob) => format!("excluded by {glob}").into(),
    }
}

/// The name of the program: the last part of its path, or its short name.
pub(super) fn program(process: &Process) -> &[u8] {
    match process.exe.as_deref().and_then(std::path::Path::file_name) {
        Some(name) => name.as_encoded_bytes(),
        None => process.comm.as_bytes(),
    }
}

/// `1 socket`, `2 sockets`
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
