use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::Command;

use rustix::net::{SendFlags, Shutdown};
use rustix::process::Signal;

use super::server::Server;
use super::*;
use crate::model::SocketType;

#[test]
fn a_listener_of_each_kind_is_live() {
    let place = Place::new();
    let _stream = stream(&place.at("a"));
    let _seqpacket = listening(&place.at("b"), Type::SEQPACKET, 3);
    let datagram = bound(&place.at("c"), Type::DGRAM);
    let to = SocketAddrUnix::new(place.at("c")).unwrap();
    let sender = rustix::net::socket(AddressFamily::UNIX, Type::DGRAM, None).unwrap();
    rustix::net::sendto(&sender, b"hello", SendFlags::empty(), &to).unwrap();
    let _client = UnixStream::connect(place.at("a")).unwrap();

    let survey = look(place.path());
    assert_eq!(states(&survey), [State::Live; 3]);
    let facts = |socket: &Socket| (socket.kind, socket.queue, socket.backlog);
    let found: Vec<_> = survey.sockets.iter().map(facts).collect();
    let expected = [
        (Some(SocketType::Stream), Some(1), Some(8)),
        (Some(SocketType::Seqpacket), Some(0), Some(3)),
        (Some(SocketType::Dgram), Some(5), None),
    ];
    assert_eq!(found, expected);
    let a = only(&survey, &place.at("a"));
    let why = "the kernel lists it as LISTEN, queue 1 of 8";
    assert_eq!(a.why.as_deref(), Some(why));
    assert_eq!(a.netns, None);
    let number = rustix::fs::fstat(datagram.as_fd()).unwrap().st_ino;
    let c = only(&survey, &place.at("c"));
    assert_eq!(c.kernel_ino.map(u64::from), Some(number));
    assert_eq!(survey.notes, Vec::<String>::new());
}

#[test]
fn a_full_backlog_is_one_more_than_listen_was_given() {
    let place = Place::new();
    let path = place.at("a");
    let _listener = listening(&path, Type::STREAM, 1);
    let _first = UnixStream::connect(&path).unwrap();
    assert_eq!(states(&look(place.path())), [State::Live]);
    let _second = UnixStream::connect(&path).unwrap();
    let survey = look(place.path());
    let socket = only(&survey, &path);
    assert_eq!(socket.state, State::Saturated);
    assert_eq!((socket.queue, socket.backlog), (Some(2), Some(1)));
    // Nobody noticed the looking.
    assert_eq!(only(&look(place.path()), &path).queue, Some(2));
}

#[test]
fn a_stopped_server_is_live() {
    let place = Place::new();
    let server = Server::start(&[], place.path(), "listen a");
    let pid = rustix::process::Pid::from_raw(i32::try_from(server.pid()).unwrap()).unwrap();
    rustix::process::kill_process(pid, Signal::STOP).unwrap();
    let survey = look(place.path());
    rustix::process::kill_process(pid, Signal::CONT).unwrap();
    assert_eq!(states(&survey), [State::Live]);
}

#[test]
fn who_is_bound_and_does_not_listen_is_neither_live_nor_stale() {
    let place = Place::new();
    let _starting = bound(&place.at("a"), Type::STREAM);
    let ending = stream(&place.at("b"));
    rustix::net::shutdown(&ending, Shutdown::Read).unwrap();
    let deaf = bound(&place.at("c"), Type::DGRAM);
    rustix::net::shutdown(&deaf, Shutdown::Read).unwrap();
    // A client with a name of its own, connected.
    let _server = stream(&place.at("d"));
    let client = bound(&place.at("e"), Type::STREAM);
    let address = SocketAddrUnix::new(place.at("d")).unwrap();
    rustix::net::connect(&client, &address).unwrap();
    let survey = look(place.path());
    let state = |name| only(&survey, &place.at(name)).state;
    assert_eq!(["a", "b", "c", "e"].map(state), [State::NotListening; 4]);
    assert_eq!(state("d"), State::Live);
    let why = only(&survey, &place.at("a")).why.clone().unwrap();
    assert!(why.ends_with("CLOSE: bound, and not listening"), "{why}");
}

#[test]
fn renamed_and_linked_files_are_live_under_each_name() {
    let place = Place::new();
    let _listener = stream(&place.at("new"));
    std::fs::rename(place.at("new"), place.at("a")).unwrap();
    std::fs::hard_link(place.at("a"), place.at("b")).unwrap();
    assert_eq!(states(&look(place.path())), [State::Live; 2]);
}

#[test]
fn what_nothing_is_bound_to_is_stale() {
    let place = Place::new();
    drop(stream(&place.at("a")));
    // The listener is closed, and its session goes on.
    let listener = stream(&place.at("b"));
    let client = UnixStream::connect(place.at("b")).unwrap();
    let session = rustix::net::accept(&listener).unwrap();
    drop(listener);
    // As the service manager makes them.
    let kind = rustix::fs::FileType::Socket;
    let mode = rustix::fs::Mode::empty();
    rustix::fs::mknodat(rustix::fs::CWD, place.at("c"), kind, mode, 0).unwrap();
    let survey = look(place.path());
    let denied_or_stale = if rustix::process::geteuid().is_root() {
        State::Stale
    } else {
        State::Denied
    };
    assert_eq!(
        states(&survey),
        [State::Stale, State::Stale, denied_or_stale]
    );
    let why = only(&survey, &place.at("b")).why.clone().unwrap();
    assert!(why.contains("sessions"), "{why}");
    drop((client, session));
}

#[test]
fn any_name_is_joined() {
    let place = Place::new();
    let names = ["new\nline", "@x", "sp ace", "0: 0 1 2 /forged"];
    let names = names.map(|name| place.at(&name.replace('/', "\u{2215}")));
    let _listeners = names.each_ref().map(|path| stream(path));
    let survey = look(place.path());
    for path in &names {
        assert_eq!(only(&survey, path).state, State::Live, "{}", path.display());
    }
}

#[test]
fn abstract_names_are_any_bytes() {
    let place = Place::new();
    let unique = place.path().to_str().unwrap().to_owned();
    let names: [&[u8]; 4] = [b"", b"\0\0", b"/run/like/a/path", b"\nline\xff"];
    let names = names.map(|name| [unique.as_bytes(), name].concat());
    let abstract_socket = |name: &[u8], kind| {
        let fd = rustix::net::socket(AddressFamily::UNIX, kind, None).unwrap();
        let address = SocketAddrUnix::new_abstract_name(name).unwrap();
        rustix::net::bind(&fd, &address).unwrap();
        fd
    };
    let listeners = names
        .each_ref()
        .map(|name| abstract_socket(name, Type::STREAM));
    for listener in &listeners {
        rustix::net::listen(listener, 2).unwrap();
    }
    let _receiver = abstract_socket(&names[0], Type::DGRAM);
    // Neither of these can be reached by others.
    let _starting = abstract_socket(&[names[0].as_slice(), b"1"].concat(), Type::STREAM);
    let tied = abstract_socket(&[names[0].as_slice(), b"2"].concat(), Type::DGRAM);
    let peer = SocketAddrUnix::new_abstract_name(&names[0]).unwrap();
    rustix::net::connect(&tied, &peer).unwrap();

    let wanted = Wanted {
        abstract_names: true,
        ..Wanted::default()
    };
    let _file = stream(&place.at("zzz"));
    let survey = survey_with(place.path(), &wanted);
    assert_eq!(survey.sockets[0].name, SocketName::Path(place.at("zzz")));
    let own: Vec<&Socket> = survey
        .sockets
        .iter()
        .filter(|socket| match &socket.name {
            SocketName::Abstract(name) => name.starts_with(unique.as_bytes()),
            SocketName::Path(_) => false,
        })
        .collect();
    assert_eq!(own.len(), 5, "{own:#?}");
    for socket in &own {
        assert_eq!(socket.state, State::Live);
        assert_eq!(
            socket.uid.map(crate::model::Uid::as_raw),
            Some(rustix::process::geteuid().as_raw())
        );
    }
    for name in &names {
        let name = SocketName::Abstract(name.clone());
        assert!(own.iter().any(|socket| socket.name == name), "{name:?}");
    }
    assert!(look(place.path()).sockets.len() == 1);
}

#[test]
fn without_the_right_to_write_the_list_decides() {
    let test = "without_the_right_to_write_the_list_decides";
    if !root_only(test) {
        return;
    }
    let place = Place::new();
    let _listener = stream(&place.at("a"));
    drop(stream(&place.at("left")));
    let dir = rustix::fs::Mode::from_bits_retain(0o755);
    rustix::fs::chmod(place.path(), dir).unwrap();
    let survey = std::thread::scope(|scope| {
        let as_nobody = || {
            let nobody = rustix::process::Uid::from_raw(65_534);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            look(place.path())
        };
        scope.spawn(as_nobody).join().unwrap()
    });
    let socket = only(&survey, &place.at("a"));
    assert_eq!(socket.state, State::Live);
    assert_eq!((socket.queue, socket.backlog), (Some(0), Some(8)));
    let left = only(&survey, &place.at("left"));
    assert_eq!(left.state, State::Denied);
}

#[test]
fn beyond_the_roots_only_asked_for() {
    let (inside, outside) = (Place::new(), Place::new());
    let _in = stream(&inside.at("a"));
    let _out = stream(&outside.at("b"));
    let _starting = bound(&outside.at("c"), Type::STREAM);
    drop(stream(&outside.at("d")));
    assert_eq!(look(inside.path()).sockets.len(), 1);
    let wanted = Wanted {
        beyond_roots: true,
        ..Wanted::default()
    };
    let survey = survey_with(inside.path(), &wanted);
    assert_eq!(only(&survey, &inside.at("a")).state, State::Live);
    let found = only(&survey, &outside.at("b"));
    assert_eq!(found.state, State::Live);
    assert!(found.mode.is_some() && found.inode.is_some());
    assert_eq!(only(&survey, &outside.at("c")).state, State::NotListening);
    assert!(at(&survey, &outside.at("d")).is_empty());
}

#[test]
fn holders_are_named_the_lowest_pid_first() {
    let place = Place::new();
    let server = Server::start(&[], place.path(), "listen a");
    let _own = stream(&place.at("b"));
    drop(stream(&place.at("c")));
    // Known to the kernel under a name that no walk will come by.
    let other = Place::new();
    let _renamed = stream(&other.at("d"));
    std::fs::rename(other.at("d"), place.at("d")).unwrap();
    let wanted = Wanted {
        holders: true,
        ..Wanted::default()
    };
    let survey = survey_with(place.path(), &wanted);
    let mut later = look(place.path());
    let note = name_holders(&mut later.sockets, NonZeroUsize::new(2));
    assert_eq!(survey.sockets, later.sockets);
    assert_eq!(survey.notes, Vec::from_iter(note));
    let holders = |name| {
        let socket = only(&survey, &place.at(name));
        let pids = socket.holders.iter().map(|process| process.pid);
        (socket.holders_known, pids.collect::<Vec<_>>())
    };
    assert_eq!(holders("a"), (true, vec![server.pid()]));
    assert_eq!(holders("b"), (true, vec![std::process::id()]));
    assert_eq!(holders("c"), (false, vec![]));
    assert_eq!(holders("d"), holders("b"));
    let listener = only(&survey, &place.at("b")).listener().unwrap();
    assert_eq!(listener.exe, std::env::current_exe().ok());
}

#[test]
fn every_path_of_a_socket_has_its_holders() {
    let place = Place::new();
    let _listener = stream(&place.at("a"));
    std::fs::hard_link(place.at("a"), place.at("b")).unwrap();
    let mut survey = look(place.path());
    let _note = name_holders(&mut survey.sockets, None);
    for name in ["a", "b"] {
        let socket = only(&survey, &place.at(name));
        let pid = socket.listener().map(|process| process.pid);
        assert_eq!(pid, Some(std::process::id()), "{name}");
    }
}

#[test]
fn as_many_as_ss_counts() {
    let place = Place::new();
    let mark = place.path().to_str().unwrap();
    let count = |flags: &str| {
        let output = Command::new("ss").arg(flags).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout);
        output
            .status
            .success()
            .then(|| text.lines().filter(|line| line.contains(mark)).count())
    };
    let name = |n: i32| place.at(&n.to_string());
    let listeners: Vec<_> = (0..300).map(|n| stream(&name(n))).collect();
    let _others: Vec<_> = (300..320).map(|n| bound(&name(n), Type::DGRAM)).collect();
    let _clients: Vec<_> = (0..10)
        .map(|n| UnixStream::connect(name(n)).unwrap())
        .collect();
    let accept = |fd| rustix::net::accept(fd).unwrap();
    let _sessions: Vec<_> = listeners[..10].iter().map(accept).collect();
    let (Some(unconnected), Some(all)) = (count("-xlH"), count("-xaH")) else {
        println!("skipped: as_many_as_ss_counts: needs ss");
        return;
    };
    let rows = crate::sys::diag::dump().unwrap().rows;
    let ours = |row: &&crate::sys::diag::Row| match &row.name {
        Some(crate::sys::diag::Name::Path(name)) => name.starts_with(mark.as_bytes()),
        _ => false,
    };
    let ours: Vec<_> = rows.iter().filter(ours).collect();
    assert_eq!(ours.len(), all);
    let connected = ours.iter().filter(|row| row.is_connected()).count();
    assert_eq!((connected, ours.len() - connected), (10, unconnected));
}
