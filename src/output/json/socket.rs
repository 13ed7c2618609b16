//! A socket as every document has it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::model::{Names, Process, RuleIds, Socket, SocketName, SocketType, State};

/// A name: text for reading, and the exact bytes in hex where they are no UTF-8. Abstract names
/// begin with `@`, in both.
#[derive(Serialize)]
pub(super) struct Text<'a> {
    path: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
}

impl<'a> Text<'a> {
    pub(super) fn of_path(path: &'a Path) -> Text<'a> {
        let path = path.as_os_str();
        Text {
            path: path.to_string_lossy(),
            path_hex: hex_unless_text(path.as_bytes()),
        }
    }

    pub(super) fn of_name(name: &'a SocketName) -> Text<'a> {
        match name {
            SocketName::Path(path) => Text::of_path(path),
            SocketName::Abstract(_) => {
                let bytes = name.to_bytes();
                Text {
                    path: String::from_utf8_lossy(&bytes).into_owned().into(),
                    path_hex: hex_unless_text(&bytes),
                }
            }
        }
    }
}

/// The bytes in hex where they are no UTF-8.
pub(super) fn hex_unless_text(bytes: &[u8]) -> Option<String> {
    if str::from_utf8(bytes).is_ok() {
        return None;
    }
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(hex, "{byte:02x}").expect("a String takes any text");
    }
    Some(hex)
}

/// All sockets; each is made when its turn comes.
pub(super) struct Sockets<'a> {
    pub(super) all: &'a [Socket],
    /// For each socket the ids of its rules, where rules were asked.
    pub(super) rules: Option<&'a [RuleIds]>,
    pub(super) names: &'a dyn Names,
}

impl Serialize for Sockets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.all.iter().enumerate().map(|(index, socket)| {
            let rules = self.rules.and_then(|rules| rules.get(index));
            SocketJson::new(socket, rules.map(Arc::as_ref), self.names)
        }))
    }
}

#[derive(Serialize)]
pub(in crate::output) struct SocketJson<'a> {
    #[serde(flatten)]
    path: Text<'a>,
    r#type: Option<SocketType>,
    state: State,
    mode: Option<String>,
    uid: Option<u32>,
    owner: Option<String>,
    gid: Option<u32>,
    group: Option<String>,
    dev: Option<u64>,
    ino: Option<u64>,
    rules: Option<&'a [String]>,
    queue: Option<u32>,
    backlog: Option<u32>,
    listener: Option<ListenerJson<'a>>,
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    netns: Option<u64>,
}

impl<'a> SocketJson<'a> {
    pub(in crate::output) fn new(
        socket: &'a Socket,
        rules: Option<&'a [String]>,
        names: &dyn Names,
    ) -> SocketJson<'a> {
        SocketJson {
            path: Text::of_name(&socket.name),
            r#type: socket.kind,
            state: socket.state,
            mode: socket.mode.map(|mode| mode.to_string()),
            uid: socket.uid.map(crate::model::Uid::as_raw),
            owner: socket.uid.and_then(|uid| names.user_name(uid)),
            gid: socket.gid.map(crate::model::Gid::as_raw),
            group: socket.gid.and_then(|gid| names.group_name(gid)),
            dev: socket.inode.map(|inode| inode.dev),
            ino: socket.inode.map(|inode| inode.ino),
            rules,
            queue: socket.queue,
            backlog: socket.backlog,
            listener: socket
                .listener()
                .map(|process| ListenerJson::new(process, names)),
            why: socket.why.as_deref(),
            netns: socket.netns,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ListenerJson<'a> {
    pid: u32,
    uid: u32,
    user: Option<String>,
    exe: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exe_hex: Option<String>,
}

impl<'a> ListenerJson<'a> {
    pub(super) fn new(process: &'a Process, names: &dyn Names) -> ListenerJson<'a> {
        let exe = process.exe.as_deref().map(Path::as_os_str);
        ListenerJson {
            pid: process.pid,
            uid: process.uid.as_raw(),
            user: names.user_name(process.uid),
            exe: exe.map(std::ffi::OsStr::to_string_lossy),
            exe_hex: exe.and_then(|exe| hex_unless_text(exe.as_bytes())),
        }
    }
}
