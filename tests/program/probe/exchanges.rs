use std::io::{self, Read as _, Write as _};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::SocketType;
use sockctl::sys::diag::{self, Row};

use super::{only, probe, sockets};
use crate::support::{Done, Sockctl, World};

/// Serves connections until the test ends.
fn server(world: &World, name: &str, serve: fn(UnixStream)) -> PathBuf {
    let path = world.path(name);
    let listener = UnixListener::bind(&path).expect("bind");
    thread::spawn(move || {
        for connection in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || serve(connection));
        }
    });
    path
}

fn answer(mut connection: UnixStream, answer: &[u8]) {
    let mut request = [0; 4096];
    let length = connection.read(&mut request).expect("a request");
    if length > 0 {
        // The client may have heard enough.
        drop(connection.write_all(answer));
    }
}

/// Waits until the other end has read all of it, as the kernel counts what is on its way.
fn is_read(connection: &UnixStream) {
    let ino = rustix::fs::fstat(connection).expect("fstat").st_ino;
    let is_it = |row: &Row| u64::from(row.ino) == ino;
    let left = || {
        let row = diag::dump()
            .expect("the kernel's list")
            .rows
            .into_iter()
            .find(is_it);
        row.and_then(|row| row.wqueue).expect("our own socket")
    };
    while left() > 0 {
        thread::yield_now();
    }
}

fn http(path: &Path, options: &[&str]) -> Done {
    probe()
        .args(["--http", "/health"])
        .args(options)
        .arg(path)
        .run()
}

#[test]
fn the_status_of_an_http_answer_decides() {
    let world = World::new();
    let ok = server(&world, "ok", |it| {
        answer(it, b"HTTP/1.1 200 OK\r\n\r\nfine");
    });
    let moved = server(&world, "moved", |it| {
        answer(it, b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n");
    });
    let broken = server(&world, "broken", |it| {
        answer(it, b"HTTP/1.0 503 Sorry\r\n\r\n");
    });
    let socket = only(&http(&ok, &[]).code(0));
    assert_eq!(
        (&socket["state"], &socket["http_status"]),
        (&"live".into(), &200.into())
    );
    assert!(
        socket["latency_us"]
            .as_f64()
            .is_some_and(|latency| latency > 0.0)
    );
    http(&moved, &[]).code(0);
    http(&moved, &["--expect-status", "200"]).code(1);
    let socket = only(&http(&broken, &[]).code(1));
    assert_eq!(
        (&socket["state"], &socket["http_status"]),
        (&"live".into(), &503.into())
    );
    assert_eq!(socket["error"], "HTTP status 503, and 2xx,3xx was expected");
    http(&broken, &["--expect-status", "200-204,5xx"]).code(0);
    let done = Sockctl::new()
        .args(["probe", "--http", "/"])
        .arg(&broken)
        .run()
        .code(1);
    done.stdout_has("HTTP 503");
}

#[test]
fn the_request_is_one_that_servers_take() {
    let world = World::new();
    let path = world.path("s");
    let listener = UnixListener::bind(&path).expect("bind");
    thread::scope(|scope| {
        let client = scope.spawn(|| http(&path, &[]));
        let (mut connection, _) = listener.accept().expect("a client");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte).expect("more");
            request.extend(byte);
        }
        let request = String::from_utf8(request).expect("text");
        assert!(request.starts_with("GET /health HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nHost: localhost\r\n"), "{request}");
        assert!(request.contains("\r\nConnection: close\r\n"), "{request}");
        // In pieces, after an interim answer.
        for piece in [
            "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.",
            "1 204 x\r\n",
            "\r\n",
        ] {
            connection
                .write_all(piece.as_bytes())
                .expect("the client waits");
            is_read(&connection);
        }
        let socket = only(&client.join().expect("a thread").code(0));
        assert_eq!(socket["http_status"], 204);
    });
}

#[test]
fn what_is_no_good_answer_is_said() {
    let world = World::new();
    let smtp = server(&world, "smtp", |it| answer(it, b"220 mail ESMTP\r\n"));
    let mute = server(&world, "mute", |it| answer(it, b""));
    let slow = server(&world, "slow", |mut it| {
        drop(io::copy(&mut it, &mut io::sink()));
    });
    let drip = server(&world, "drip", |mut it| {
        let pace = Some(Duration::from_millis(5));
        it.set_read_timeout(pace).expect("a time");
        // Until the client hangs up.
        while it.write_all(b"x").is_ok() && it.read(&mut [0]).is_err() {}
    });
    let flood = server(&world, "flood", |mut it| {
        while it.write_all(&[b'y'; 4096]).is_ok() {}
    });
    let error = |done: &Done| only(done)["error"].as_str().expect("an error").to_owned();
    let done = http(&smtp, &[]).code(1);
    assert!(
        error(&done).starts_with("the answer is no HTTP"),
        "{}",
        error(&done)
    );
    assert_eq!(only(&done)["received"], "220 mail ESMTP\r\n");
    let human = Sockctl::new().args(["probe", "--http", "/"]).arg(&smtp);
    human.run().stdout_has(r": 220 mail ESMTP\r\n").code(1);
    let done = http(&mute, &[]).code(1);
    assert!(only(&done)["received"].is_null());
    assert_eq!(error(&done), "the server closed, without an answer");
    let timeout = "--timeout=200ms";
    let done = http(&slow, &[timeout]).code(1);
    assert_eq!(error(&done), "the time is over, without an answer");
    assert!(done.took < Duration::from_secs(5), "{}", done.shown());
    let expect = |path: &Path| probe().args(["--expect", "never", timeout]).arg(path).run();
    let done = expect(&drip).code(1);
    assert!(error(&done).starts_with("the time is over, and what was received"));
    assert!(done.took < Duration::from_secs(5), "{}", done.shown());
    let done = expect(&flood).code(1);
    assert!(error(&done).starts_with("nothing expected in the first"));
}

#[test]
fn send_and_expect() {
    let world = World::new();
    let echo = server(&world, "echo", |mut it| {
        let mut buffer = [0; 64];
        while let Ok(length @ 1..) = it.read(&mut buffer) {
            if it.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
    });
    let banner = server(&world, "banner", |mut it| {
        drop(it.write_all(b"\x00\x8ahello"));
    });
    let run = |path: &Path, options: &[&str]| {
        let probe = probe().args(["--timeout", "300ms"]).args(options);
        probe.arg(path).run().status.code()
    };
    assert_eq!(
        run(&echo, &["--send", r"a\x00\r\n", "--expect", r"^a\x00\r\n$"]),
        Some(0)
    );
    assert_eq!(run(&echo, &["--send", "a", "--expect", "b"]), Some(1));
    assert_eq!(run(&echo, &["--send", "a"]), Some(0));
    assert_eq!(run(&echo, &["--send", ""]), Some(0));
    assert_eq!(run(&banner, &["--expect", r"^\x00\x8ah\w+$"]), Some(0));
    assert_eq!(run(&banner, &["--expect", "bye"]), Some(1));
    let done = probe()
        .args(["--expect", "bye", "--timeout=50ms"])
        .arg(&banner)
        .run();
    assert_eq!(only(&done)["received_hex"], "008a68656c6c6f");
    let human = Sockctl::new().args(["probe", "--expect", "bye", "--timeout=50ms"]);
    human.arg(&banner).run().stdout_has(r": \x00\x8ahello");
    // More than any socket buffer holds.
    let long = "x".repeat(100_000);
    assert_eq!(run(&echo, &["--send", &long, "--expect", "xxx"]), Some(0));
}

/// Each piece is a message of its own, and the answer as it grows is costly to look at.
#[test]
fn an_answer_of_tiny_pieces_costs_no_more_than_a_long_one() {
    let world = World::new();
    let path = world.path("s");
    let listener = super::listening(&path, SocketType::SEQPACKET, 1);
    let pieces = thread::spawn(move || {
        let connection = rustix::net::accept(&listener).expect("accept");
        let sent = |_: &usize| rustix::io::write(&connection, b"x").is_ok();
        (0..60_000).take_while(sent).count()
    });
    let started = Instant::now();
    let run = probe().args(["--expect", "(x+y)+z", "--timeout=300ms"]);
    let code = run.arg(&path).run().status.code();
    assert_eq!(code, Some(1));
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!(pieces.join().expect("it sends") > 1000);
}

#[test]
fn http_is_not_sent_to_what_is_no_stream() {
    let world = World::new();
    let path = world.path("s");
    let server = UnixDatagram::bind(&path).expect("bind");
    server.set_nonblocking(true).expect("non-blocking");
    let socket = only(&http(&path, &[]).code(1));
    assert_eq!(
        (&socket["state"], &socket["type"]),
        (&"live".into(), &"dgram".into())
    );
    let error = socket["error"].as_str().expect("an error");
    assert!(
        error.contains("this is a dgram one: nothing was sent"),
        "{error}"
    );
    assert!(server.recv(&mut [0]).is_err(), "nothing was sent");
    http(&path, &["--type", "dgram"]).code(1);
    assert!(server.recv(&mut [0]).is_err(), "nothing was sent");
}

#[test]
fn datagrams_are_answered() {
    let world = World::new();
    let path = world.path("s");
    let server = UnixDatagram::bind(&path).expect("bind");
    thread::spawn(move || {
        let mut buffer = [0; 64];
        while let Ok((length, from)) = server.recv_from(&mut buffer) {
            if from.as_abstract_name_is_some() {
                drop(server.send_to_addr(&buffer[..length], &from));
            }
        }
    });
    let probe = |expect: &str| {
        let probe = probe().args(["--send", "PING", "--expect", expect, "--timeout=300ms"]);
        probe.arg(&path).run()
    };
    let socket = only(&probe("^PING$").code(0));
    assert_eq!(socket["type"], "dgram");
    probe("PONG").code(1);
}

trait HasAbstractName {
    fn as_abstract_name_is_some(&self) -> bool;
}

impl HasAbstractName for std::os::unix::net::SocketAddr {
    fn as_abstract_name_is_some(&self) -> bool {
        use std::os::linux::net::SocketAddrExt as _;
        self.as_abstract_name().is_some()
    }
}

/// Servers that never answer are waited for at the same time, not one after the other.
#[test]
fn many_slow_ones_take_as_long_as_one() {
    let mut world = World::new();
    let slow = world.listener("slow", 0o600, rustix::net::SocketType::STREAM, 1000);
    let paths = vec![slow; 500];
    let done = http_all(&paths, &["--timeout=500ms"]).code(1);
    assert_eq!(sockets(&done).len(), 500);
    assert!(done.took < Duration::from_secs(8), "{:?}", done.took);
}

fn http_all(paths: &[PathBuf], options: &[&str]) -> Done {
    probe()
        .args(["--http", "/"])
        .args(options)
        .args(paths)
        .run()
}

#[test]
fn no_more_at_once_than_there_are_descriptors() {
    let world = World::new();
    let ok = server(&world, "ok", |it| answer(it, b"HTTP/1.1 200 OK\r\n\r\n"));
    let line = "ulimit -n 90 && exec \"$@\"";
    let addresses = format!("{}\n", ok.display()).repeat(1000);
    let list = world.file("addresses", &addresses);
    for options in [&["--http", "/"][..], &[]] {
        let output = std::process::Command::new("sh")
            .args(["-c", line, "sh", env!("CARGO_BIN_EXE_sockctl")])
            .args(["probe", "-f", "jsonl"])
            .args(options)
            .arg("-")
            .stdin(std::fs::File::open(&list).expect("the list"))
            .output()
            .expect("a shell");
        let text = String::from_utf8(output.stdout).expect("JSON");
        assert_eq!(
            text.lines()
                .filter(|line| line.contains("\"live\""))
                .count(),
            1000
        );
        assert!(
            output.status.success(),
            "{}",
            text.lines().next().unwrap_or("")
        );
    }
}
