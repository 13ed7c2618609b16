//! Sockets of the internet families that listen: `inet_diag`, sock_diag(7).

use rustix::io::Errno;

use super::parse::parse_inet;
use super::{ATTEMPTS, BUFFER, DiagError, ask, open, receive};

/// The numbers (`socket:[N]` in /proc) of all TCP sockets that listen in the network namespace
/// of the calling thread. One that speaks MPTCP is among them, by the TCP socket below it, which
/// bears its number (`mptcp_subflow_create_socket()` in net/mptcp/subflow.c).
///
/// # Errors
///
/// [`DiagError`]
pub fn listeners() -> Result<Vec<u32>, DiagError> {
    const AF_INET: u8 = 2;
    const AF_INET6: u8 = 10;
    let socket = open()?;
    let mut buffer = vec![0; BUFFER];
    let mut numbers = Vec::new();
    let mut seq = 0;
    for family in [AF_INET, AF_INET6] {
        for _ in 0..ATTEMPTS {
            seq += 1;
            ask(&socket, &question(family, seq))?;
            let interrupted = match receive(&socket, &mut buffer, |datagram| {
                parse_inet(datagram, seq, &mut numbers)
            }) {
                // A kernel without that family, or without inet_diag for it.
                Err(DiagError::Refused(error)) if is_absent(&error) => break,
                outcome => outcome?,
            };
            if !interrupted {
                break;
            }
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

fn is_absent(error: &std::io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::NOENT)
}

/// A `nlmsghdr` and an `inet_diag_req_v2`: TCP, those that listen.
fn question(family: u8, seq: u32) -> [u8; 72] {
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLM_F_REQUEST_DUMP: u16 = 0x001 | 0x300;
    const IPPROTO_TCP: u8 = 6;
    const TCP_LISTEN: u32 = 10;
    let mut message = [0; 72];
    message[0..4].copy_from_slice(&72_u32.to_ne_bytes());
    message[4..6].copy_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message[6..8].copy_from_slice(&NLM_F_REQUEST_DUMP.to_ne_bytes());
    message[8..12].copy_from_slice(&seq.to_ne_bytes());
    message[16] = family;
    message[17] = IPPROTO_TCP;
    message[20..24].copy_from_slice(&(1_u32 << TCP_LISTEN).to_ne_bytes());
    message
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn number(of: &TcpListener) -> u32 {
        u32::try_from(rustix::fs::fstat(of).unwrap().st_ino).unwrap()
    }

    #[test]
    fn listeners_of_both_families_are_listed_and_connections_are_not() {
        let four = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = four.local_addr().unwrap();
        let client = std::net::TcpStream::connect(address).unwrap();
        let listed = listeners().unwrap();
        assert!(listed.contains(&number(&four)));
        let client = rustix::fs::fstat(&client).unwrap().st_ino;
        assert!(!listed.contains(&u32::try_from(client).unwrap()));
        if let Ok(six) = TcpListener::bind("[::1]:0") {
            assert!(listeners().unwrap().contains(&number(&six)));
        }
        let gone = number(&four);
        drop(four);
        assert!(!listeners().unwrap().contains(&gone));
    }
}
