//! The kernel's entry of one socket, without reading the whole list (`unix_diag_get_exact` in
//! net/unix/diag.c).

use rustix::io::Errno;
use rustix::net::{self, RecvFlags};

use super::{DiagError, Row, ask, open, parse, request};

/// The entry of the socket with that number, in the network namespace of the calling thread;
/// `None` where there is none.
///
/// # Errors
///
/// [`DiagError`]
pub fn row(number: u32) -> Result<Option<Row>, DiagError> {
    Ok(rows([number])?.pop())
}

/// The entries of the sockets with these numbers; of those that are no Unix sockets of this network
/// namespace there are none. The kernel goes through its whole list for each.
///
/// # Errors
///
/// [`DiagError`]
pub fn rows(numbers: impl IntoIterator<Item = u32>) -> Result<Vec<Row>, DiagError> {
    let socket = open()?;
    // For one socket, with a name of some hundred bytes.
    let mut buffer = vec![0; ROOM];
    let mut rows = Vec::new();
    for (seq, number) in (1..).zip(numbers) {
        ask(&socket, &exactly(number, seq))?;
        // One answer, or one error: there is no end to wait for.
        let (_, length, _) =
            rustix::io::retry_on_intr(|| net::recvfrom(&socket, &mut buffer[..], RecvFlags::TRUNC))
                .map_err(|errno| DiagError::Receive(errno.into()))?;
        let datagram = buffer.get(..length).ok_or(DiagError::Truncated(length))?;
        match parse(datagram, seq, &mut rows).error {
            Some(code) if code == Errno::NOENT.raw_os_error() => {}
            Some(code) => return Err(DiagError::Refused(std::io::Error::from_raw_os_error(code))),
            None => {}
        }
    }
    Ok(rows)
}

const ROOM: usize = 4096;

/// The question for the whole list, made one for a single socket: no `NLM_F_DUMP`, its number,
/// and no cookie (`INET_DIAG_NOCOOKIE`).
fn exactly(number: u32, seq: u32) -> [u8; 40] {
    const NLM_F_REQUEST: u16 = 0x001;
    let mut message = request(seq);
    message[6..8].copy_from_slice(&NLM_F_REQUEST.to_ne_bytes());
    message[24..28].copy_from_slice(&number.to_ne_bytes());
    message[32..40].fill(0xff);
    message
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn one_socket_is_found_by_its_number() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let number = u32::try_from(rustix::fs::fstat(&listener).unwrap().st_ino).unwrap();
        let found = row(number).unwrap().expect("it is there");
        let file = rustix::fs::stat(&path).unwrap();
        let low = u32::try_from(file.st_ino & u64::from(u32::MAX)).unwrap();
        assert_eq!(found.vfs, Some((file.st_dev, low)));
        assert!(found.is_listening());
        drop(listener);
        assert_eq!(row(number).unwrap(), None);
    }
}
