//! What a server says of itself, sd_notify(3): one datagram, a field a line. Pure.
//!
//! Read as the service manager reads it (`manager_invoke_notify_message()` in systemd's
//! src/core/manager.c), so that the two cannot come to different conclusions.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use crate::model::{BadAddress, SocketName};

/// The longest that the service manager reads, in bytes (`NOTIFY_BUFFER_MAX`); it ignores what is
/// longer, and so do we.
pub const LONGEST: usize = 4096;

/// Fields that say who the main process is. That is us, whoever serves at the moment.
const OURS: [&[u8]; 3] = [b"MAINPID=", b"MAINPIDFD=", b"MAINPIDFDID="];

/// One datagram, sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice(Vec<u8>);

/// Why a datagram says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Longer than [`LONGEST`].
    #[error("it is longer than {LONGEST} bytes")]
    Long,
    /// The service manager allows one at the very end.
    #[error("it has NUL bytes in it")]
    Nul,
}

/// What of a notice concerns us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// `READY=1`: it has started, or has done with a reload.
    pub ready: bool,
    /// `EXTEND_TIMEOUT_USEC=`: what it is at may last that much longer from now on.
    pub extend: Option<Duration>,
}

impl Notice {
    /// Reads a datagram.
    pub fn new(mut text: Vec<u8>) -> Result<Notice, Malformed> {
        if text.len() > LONGEST {
            return Err(Malformed::Long);
        }
        if text.last() == Some(&0) {
            text.pop();
        }
        if text.contains(&0) {
            return Err(Malformed::Nul);
        }
        Ok(Notice(text))
    }

    /// The fields in order, empty ones left out.
    pub fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.0.split(|&byte| byte == b'\n');
        lines.filter(|line| !line.is_empty())
    }

    /// What of it concerns us. As for the service manager, a barrier says nothing but that, and
    /// of what is said twice the first counts.
    pub fn said(&self) -> Said {
        let has = |field: &[u8]| self.fields().any(|it| it == field);
        if has(b"BARRIER=1") {
            return Said::default();
        }
        let extend = self
            .fields()
            .find_map(|field| field.strip_prefix(b"EXTEND_TIMEOUT_USEC="));
        Said {
            ready: has(b"READY=1"),
            extend: extend.and_then(microseconds),
        }
    }

    /// What is passed on: everything, byte for byte, but for the fields that say who the main
    /// process is, and, unless that may be told, that it is ready. `None` where nothing else was
    /// said.
    pub fn relayed(&self, ready_too: bool) -> Option<Vec<u8>> {
        let lines = self.0.split_inclusive(|&byte| byte == b'\n');
        let goes = |line: &&[u8]| {
            let field = line.strip_suffix(b"\n").unwrap_or(line);
            let is_ours = OURS.iter().any(|ours| field.starts_with(ours));
            !is_ours && (ready_too || field != b"READY=1")
        };
        let text = lines.filter(goes).collect::<Vec<_>>().concat();
        let says_something = text.iter().any(|&byte| byte != b'\n');
        says_something.then_some(text)
    }

    /// Whether a descriptor that came with it is of the main process, and of no use to others.
    pub fn hands_over_main_process(&self) -> bool {
        let has = |field: &[u8]| self.fields().any(|it| it == field);
        has(b"MAINPIDFD=1") && !has(b"FDSTORE=1")
    }
}

fn microseconds(text: &[u8]) -> Option<Duration> {
    let is_number = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let number = is_number.then(|| str::from_utf8(text).ok()).flatten()?;
    Some(Duration::from_micros(number.parse().ok()?))
}

/// Why a value of `NOTIFY_SOCKET` is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSocket {
    /// `vsock:CID:PORT` and its kin: a machine tells its host by it.
    #[error("sockets of virtual machines (vsock) are not spoken to")]
    Vsock,
    /// Neither of the two that there are.
    #[error("it is neither an absolute path nor @NAME")]
    Kind,
    /// It looks like an address.
    #[error("{0}")]
    Address(#[from] BadAddress),
}

/// Reads the value of `NOTIFY_SOCKET`; `None` of an empty one.
pub fn socket(value: &OsStr) -> Result<Option<SocketName>, BadSocket> {
    let bytes = value.as_bytes();
    match bytes.first() {
        None => Ok(None),
        Some(b'/' | b'@') => Ok(Some(SocketName::parse(bytes)?)),
        Some(_) if bytes.starts_with(b"vsock") => Err(BadSocket::Vsock),
        Some(_) => Err(BadSocket::Kind),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn notice(text: &str) -> Notice {
        Notice::new(text.as_bytes().to_vec()).unwrap()
    }

    fn relayed(text: &str) -> Option<String> {
        let relayed = notice(text).relayed(true);
        relayed.map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn all_but_the_main_process_is_passed_on() {
        let same = |text: &str| assert_eq!(relayed(text).as_deref(), Some(text));
        same("READY=1\nSTATUS=two words = \u{e9}\nWATCHDOG=1\n");
        same("FDSTORE=1\nFDNAME=x\nX_MAINPID=4\n\nERRNO=2");
        same("BARRIER=1");
        let kept = |text: &str| assert_eq!(relayed(text).as_deref(), Some("READY=1\n"), "{text}");
        kept("READY=1\nMAINPID=7");
        kept("MAINPID=7\nREADY=1\n");
        kept("MAINPIDFDID=5\nREADY=1\nMAINPIDFD=1\n");
        kept("MAINPID=\nMAINPID=1\nREADY=1\n");
        for nothing in ["", "\n", "MAINPID=7", "MAINPID=7\n\n"] {
            assert_eq!(relayed(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn that_it_is_ready_may_be_left_out() {
        let unready = |text: &str| notice(text).relayed(false);
        let status = Some(b"STATUS=x\n".to_vec());
        assert_eq!(unready("STATUS=x\nREADY=1"), status);
        assert_eq!(unready("READY=1\nSTATUS=x\n"), status);
        assert_eq!(unready("READY=1\n"), None);
        assert_eq!(unready("READY=11"), Some(b"READY=11".to_vec()));
    }

    #[test]
    fn what_concerns_us() {
        let ready = |text: &str| notice(text).said().ready;
        assert!(ready("READY=1") && ready("STATUS=x\nREADY=1\n") && ready("READY=1\0"));
        for not in [
            "READY=0",
            "READY=1 ",
            "XREADY=1",
            "ready=1",
            "STATUS=READY=1",
        ] {
            assert!(!ready(not), "{not}");
        }
        // The service manager takes such a datagram for a mistake, too.
        assert!(!ready("READY=1\nBARRIER=1"));
        let extend = |text: &str| notice(text).said().extend;
        assert_eq!(
            extend("EXTEND_TIMEOUT_USEC=1500"),
            Some(Duration::from_micros(1500))
        );
        for not in [
            "EXTEND_TIMEOUT_USEC=",
            "EXTEND_TIMEOUT_USEC=+1",
            "EXTEND_TIMEOUT_USEC=99999999999999999999",
        ] {
            assert_eq!(extend(not), None, "{not}");
        }
    }

    #[test]
    fn a_descriptor_of_the_main_process_goes_nowhere() {
        assert!(notice("MAINPIDFD=1").hands_over_main_process());
        assert!(!notice("FDSTORE=1\nMAINPIDFD=1").hands_over_main_process());
        assert!(!notice("FDSTORE=1").hands_over_main_process());
    }

    #[test]
    fn what_the_service_manager_ignores_is_ignored() {
        assert_eq!(Notice::new(vec![b'x'; LONGEST + 1]), Err(Malformed::Long));
        assert!(Notice::new(vec![b'x'; LONGEST]).is_ok());
        assert_eq!(Notice::new(b"READY=1\0\0".to_vec()), Err(Malformed::Nul));
        assert_eq!(Notice::new(b"A\0READY=1".to_vec()), Err(Malformed::Nul));
    }

    #[test]
    fn where_the_service_manager_listens() {
        let socket = |text: &str| socket(OsStr::new(text));
        let path = SocketName::Path("/run/systemd/notify".into());
        assert_eq!(socket("/run/systemd/notify"), Ok(Some(path)));
        let name = SocketName::Abstract(b"a/b".to_vec());
        assert_eq!(socket("@a/b"), Ok(Some(name)));
        assert_eq!(socket(""), Ok(None));
        assert_eq!(socket("vsock:2:1234"), Err(BadSocket::Vsock));
        assert_eq!(socket("vsock-stream:2:1"), Err(BadSocket::Vsock));
        assert_eq!(socket("run/notify"), Err(BadSocket::Kind));
        assert_eq!(socket("@"), Err(BadSocket::Address(BadAddress::Empty)));
    }

    const PIECES: &[&[u8]] = &[
        b"READY=1",
        b"MAINPID=",
        b"MAINPIDFD=1",
        b"MAINPIDFDID=9",
        b"STATUS=",
        b"7",
        b"\n",
        b"\n",
        b"\xff",
        b"BARRIER=1",
        b"X",
        b"\n\n",
        b"=",
    ];

    proptest! {
        /// What is passed on is the input less some of its lines.
        #[test]
        fn nothing_is_added_reordered_or_lost(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
        ) {
            let text = pieces.concat();
            let notice = Notice::new(text.clone()).unwrap();
            let wanted: Vec<&[u8]> = notice
                .fields()
                .filter(|field| !field.starts_with(b"MAINPID"))
                .collect();
            let relayed = notice.relayed(true);
            prop_assert_eq!(relayed.is_none(), wanted.is_empty());
            let again = Notice::new(relayed.unwrap_or_default()).unwrap();
            prop_assert_eq!(again.fields().collect::<Vec<_>>(), wanted);
            if !text.windows(7).any(|it| it == b"MAINPID") {
                prop_assert!(again.0 == text || notice.fields().next().is_none());
            }
            prop_assert_eq!(again.said(), notice.said());
        }
    }
}
