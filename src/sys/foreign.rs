//! Descriptors that somebody else has sent.

use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use super::caps;
use crate::model::CapSet;

/// They belong to us now, and closing one may take as long as whoever has sent it likes: a
/// connection that lingers (SO_LINGER, socket(7)), a file of a file system of theirs. So when
/// they are dropped a thread closes them, which has nothing else to do and no capability.
#[derive(Debug, Default)]
pub struct Foreign(Vec<OwnedFd>);

impl From<Vec<OwnedFd>> for Foreign {
    fn from(descriptors: Vec<OwnedFd>) -> Foreign {
        Foreign(descriptors)
    }
}

impl Deref for Foreign {
    type Target = [OwnedFd];

    fn deref(&self) -> &[OwnedFd] {
        &self.0
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let descriptors = std::mem::take(&mut self.0);
        if descriptors.is_empty() {
            return;
        }
        // Without a thread this one has to do it.
        if let Some(closer) = closer() {
            drop(closer.send(descriptors));
        }
    }
}

fn closer() -> Option<&'static Sender<Vec<OwnedFd>>> {
    static CLOSER: OnceLock<Option<Sender<Vec<OwnedFd>>>> = OnceLock::new();
    let start = || {
        let (sender, receiver) = channel::<Vec<OwnedFd>>();
        let close = move || {
            // What it keeps it cannot use.
            let _ = caps::keep_only(CapSet::EMPTY);
            receiver.into_iter().for_each(drop);
        };
        let thread = std::thread::Builder::new().stack_size(64 * 1024);
        thread.spawn(close).ok().map(|_| sender)
    };
    CLOSER.get_or_init(start).as_ref()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixStream;
    use std::time::{Duration, Instant};

    use rustix::net::sockopt::set_socket_linger;

    use super::*;

    #[test]
    fn whoever_lingers_holds_up_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        set_socket_linger(&client, Some(Duration::from_secs(60))).unwrap();
        // More than the other side takes, which reads nothing.
        client.set_nonblocking(true).unwrap();
        while client.write(&[0; 8192]).is_ok() {}
        client.set_nonblocking(false).unwrap();
        let began = Instant::now();
        drop(Foreign::from(vec![OwnedFd::from(client)]));
        assert!(began.elapsed() < Duration::from_secs(30));
        drop(server);
    }

    #[test]
    fn they_are_closed() {
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        drop(Foreign::from(vec![OwnedFd::from(theirs)]));
        assert_eq!(ours.read(&mut [0; 1]).unwrap(), 0);
    }
}
