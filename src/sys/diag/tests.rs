use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use proptest::prelude::*;

use super::parse::{Name, Outcome, Row, parse};
use super::*;
use crate::model::SocketType as Kind;

fn message(kind: u16, flags: u16, seq: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + payload.len()).expect("small");
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(seq.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).expect("small");
    let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn listener_row() -> Vec<u8> {
    let mut payload = vec![1, 1, 10, 0];
    payload.extend(77_u32.to_ne_bytes());
    payload.extend([0; 8]);
    payload.extend(attribute(0, b"/run/a\n.sock\0"));
    let vfs = [
        811_u32.to_ne_bytes(),
        ((254_u32 << 20) | 0x12c).to_ne_bytes(),
    ]
    .concat();
    payload.extend(attribute(1, &vfs));
    payload.extend(attribute(
        4,
        &[3_u32.to_ne_bytes(), 128_u32.to_ne_bytes()].concat(),
    ));
    payload.extend(attribute(7, &1000_u32.to_ne_bytes()));
    payload.extend(attribute(6, &[1]));
    message(20, 2, 9, &payload)
}

fn parsed(bytes: &[u8]) -> (Vec<Row>, Outcome) {
    let mut rows = Vec::new();
    let outcome = parse(bytes, 9, &mut rows);
    (rows, outcome)
}

#[test]
fn a_row_is_read_whole() {
    let (rows, outcome) = parsed(&listener_row());
    assert_eq!(outcome, Outcome::default());
    let expected = Row {
        ino: 77,
        kind: Some(Kind::Stream),
        state: 10,
        name: Some(Name::Path(b"/run/a\n.sock".to_vec())),
        vfs: Some((rustix::fs::makedev(254, 300), 811)),
        peer: None,
        rqueue: Some(3),
        wqueue: Some(128),
        uid: Some(1000),
        shutdown: 1,
        netns: None,
    };
    assert_eq!(rows, [expected]);
}

#[test]
fn end_refusal_and_interruption() {
    assert!(parsed(&message(3, 2, 9, &[0; 4])).1.done);
    let refusal = message(2, 0, 9, &(-2_i32).to_ne_bytes());
    assert_eq!(parsed(&refusal).1.error, Some(2));
    let odd = message(2, 0, 9, &i32::MIN.to_ne_bytes());
    assert_eq!(parsed(&odd).1.error, Some(i32::MAX));
    assert!(parsed(&message(3, 0x12, 9, &[0; 4])).1.interrupted);
}

#[test]
fn an_older_answer_is_left_out() {
    let mut rows = Vec::new();
    assert_eq!(parse(&listener_row(), 10, &mut rows), Outcome::default());
    assert!(rows.is_empty());
}

#[test]
fn every_truncation_is_survived() {
    let whole = [listener_row(), listener_row()].concat();
    for end in 0..whole.len() {
        let (rows, outcome) = parsed(&whole[..end]);
        assert!(rows.len() <= 1, "cut at {end}");
        assert!(outcome.malformed <= 1, "cut at {end}");
    }
}

#[test]
fn lengths_that_lie_end_the_parsing() {
    for lie in [0_u32, 1, 15, 17, u32::MAX] {
        let mut bytes = listener_row();
        bytes[..4].copy_from_slice(&lie.to_ne_bytes());
        assert!(parsed(&bytes).1.malformed >= 1, "{lie}");
    }
    for lie in [0_u16, 3, u16::MAX] {
        let mut bytes = listener_row();
        bytes[32..34].copy_from_slice(&lie.to_ne_bytes());
        let (rows, outcome) = parsed(&bytes);
        assert_eq!((rows.len(), outcome.malformed), (1, 1), "{lie}");
    }
}

#[test]
fn short_attributes_are_counted() {
    let mut payload = vec![1, 2, 7, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for kind in [1, 2, 4, 6, 7] {
        payload.extend(attribute(kind, &[]));
    }
    payload.extend(attribute(200, &[]));
    let (rows, outcome) = parsed(&message(20, 2, 9, &payload));
    assert_eq!((rows.len(), outcome.malformed), (1, 5));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        parsed(&bytes);
    }

    #[test]
    fn no_change_of_a_good_answer_makes_it_panic(
        at in 0_usize..200, byte in any::<u8>(), cut in 0_usize..300,
    ) {
        let mut bytes = [listener_row(), message(3, 2, 9, &[0; 4])].concat();
        let index = at % bytes.len();
        bytes[index] = byte;
        bytes.truncate(cut);
        prop_assert!(parsed(&bytes).0.len() <= bytes.len() / 16);
    }
}

#[test]
fn the_kernel_lists_what_was_just_bound() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a\n@b.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let _client = UnixStream::connect(&path).unwrap();
    let datagram = dir.path().join("d.sock");
    let receiver = UnixDatagram::bind(&datagram).unwrap();
    let sender = UnixDatagram::unbound().unwrap();
    sender.connect(&datagram).unwrap();
    sender.send(b"12345").unwrap();

    let dump = dump().unwrap();
    assert_eq!(dump.malformed, 0);
    let find = |path: &std::path::Path, state| {
        let name = Name::Path(path.as_os_str().as_bytes().to_vec());
        let found = dump
            .rows
            .iter()
            .find(|row| row.name.as_ref() == Some(&name) && row.state == state);
        found.cloned().expect("listed")
    };
    let row = find(&path, 10);
    let file = rustix::fs::lstat(&path).unwrap();
    #[allow(clippy::cast_possible_truncation)] // as the kernel does
    let vfs = (file.st_dev, file.st_ino as u32);
    assert_eq!(row.vfs, Some(vfs));
    assert_eq!((row.kind, row.rqueue), (Some(Kind::Stream), Some(1)));
    assert_eq!(row.uid, Some(rustix::process::geteuid().as_raw()));
    let own = rustix::fs::fstat(&listener).unwrap();
    assert_eq!(u64::from(row.ino), own.st_ino);

    // Its sender is connected; without one it would be in state 7.
    let row = find(&datagram, 1);
    assert_eq!(row.peer, None);
    assert_eq!((row.kind, row.rqueue), (Some(Kind::Dgram), Some(5)));
    let sender = rustix::fs::fstat(&sender).unwrap().st_ino;
    let row = dump.rows.iter().find(|row| u64::from(row.ino) == sender);
    let receiver = rustix::fs::fstat(&receiver).unwrap().st_ino;
    assert_eq!(row.unwrap().peer.map(u64::from), Some(receiver));
}
