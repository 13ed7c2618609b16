//! `tests:`

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::keys;
use super::super::rule::{Test, TestDirectory, TestListener, TestSocket};
use super::super::sink::Sink;
use super::super::yaml::{Content, Node};
use super::fields::Fields;
use super::rule::{text, words};
use super::{check_name, entries, waiver};
use crate::model::{Mode, Place, State};

/// What a directory is unless the test says otherwise.
const DIRECTORY_MODE: u32 = 0o755;

pub(super) fn test(sink: &mut Sink<'_>, node: &Node) -> Option<Test> {
    let mut fields = Fields::open(sink, node, &keys::TEST)?;
    let name = text(sink, fields.take("name")).unwrap_or_default();
    let socket = fields.take("socket");
    let directories = fields.take("directories");
    let groups = fields.take("groups");
    let expect = fields.take("expect");
    fields.close(sink);
    let expected = expect.map_or_else(Vec::new, |entry| {
        sink.texts_or_none(&entry.value, "a finding or a list of findings")
    });
    let test = Test {
        name,
        place: Place {
            file: sink.source.name.clone(),
            line: node.target().mark.line,
        },
        socket: socket_facts(sink, &socket?.value)?,
        directories: directories
            .map(|entry| directory_facts(sink, &entry.value))
            .unwrap_or_default(),
        groups: groups
            .map(|entry| entries::groups(sink, &entry.value))
            .unwrap_or_default(),
        expect: expected
            .into_iter()
            .filter_map(|node| waiver::code(sink, node))
            .collect(),
    };
    Some(test)
}

fn socket_facts(sink: &mut Sink<'_>, node: &Node) -> Option<TestSocket> {
    let mut fields = Fields::open(sink, node, &keys::TEST_SOCKET)?;
    let (path, mode) = (fields.take("path"), fields.take("mode"));
    let (owner, kind) = (fields.take("owner"), fields.take("type"));
    let (state, listener) = (fields.take("state"), fields.take("listener"));
    let acl = fields.take("acl");
    fields.close(sink);
    let state: Option<State> =
        state.and_then(|entry| sink.parsed(&entry.value, &words(&keys::TEST_SOCKET, "state")));
    let socket = TestSocket {
        mode: mode.and_then(|entry| sink.mode(&entry.value).map(|mode| mode.0)),
        owner: owner.and_then(|entry| pair(sink, &entry.value)),
        kind: kind.and_then(|entry| sink.parsed(&entry.value, &words(&keys::TEST_SOCKET, "type"))),
        state: state.map(|state| state.as_str().to_owned()),
        listener: listener.and_then(|entry| listener_facts(sink, &entry.value)),
        acl: acl
            .map(|entry| entries::acl(sink, &entry.value))
            .unwrap_or_default(),
        path: sink.path(&path?.value)?,
    };
    Some(socket)
}

fn listener_facts(sink: &mut Sink<'_>, node: &Node) -> Option<TestListener> {
    let mut fields = Fields::open(sink, node, &keys::TEST_LISTENER)?;
    let user = fields.take("user");
    let listener = TestListener {
        user: user.and_then(|entry| sink.name(&entry.value).map(str::to_owned)),
        exe: fields.take("exe").and_then(|entry| sink.path(&entry.value)),
        unit: text(sink, fields.take("unit")),
    };
    fields.close(sink);
    Some(listener)
}

fn directory_facts(sink: &mut Sink<'_>, node: &Node) -> BTreeMap<PathBuf, TestDirectory> {
    let mut directories = BTreeMap::new();
    let Content::Map(entries) = node.content() else {
        sink.wrong_kind(node, "a map from paths to directories");
        return directories;
    };
    for entry in entries {
        let sound = entry.key.starts_with('/')
            && (&*entry.key == "/"
                || entry
                    .key
                    .split('/')
                    .skip(1)
                    .all(|part| !matches!(part, "" | "." | "..")));
        if !sound {
            let message = format!("`{}` is not the absolute path of a directory", entry.key);
            sink.error(&entry.mark, message);
        }
        let Some(mut fields) = Fields::open(sink, &entry.value, &keys::TEST_DIRECTORY) else {
            continue;
        };
        let (mode, owner) = (fields.take("mode"), fields.take("owner"));
        let acl = fields.take("acl");
        fields.close(sink);
        let directory = TestDirectory {
            mode: mode
                .and_then(|entry| sink.mode(&entry.value).map(|mode| mode.0))
                .unwrap_or(Mode::from_st_mode(DIRECTORY_MODE)),
            owner: owner
                .and_then(|entry| pair(sink, &entry.value))
                .unwrap_or(("root".to_owned(), Some("root".to_owned()))),
            acl: acl
                .map(|entry| entries::acl(sink, &entry.value))
                .unwrap_or_default(),
        };
        directories.insert(PathBuf::from(&*entry.key), directory);
    }
    directories
}

/// `user` or `user:group`, as texts.
fn pair(sink: &mut Sink<'_>, node: &Node) -> Option<(String, Option<String>)> {
    let text = sink.text(node, "`user` or `user:group`")?;
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (text, None),
    };
    for name in [Some(user), group].into_iter().flatten() {
        if let Err(error) = check_name(name) {
            sink.error(&node.mark, format!("`{text}` is no owner: {error}"));
            return None;
        }
    }
    Some((user.to_owned(), group.map(str::to_owned)))
}
