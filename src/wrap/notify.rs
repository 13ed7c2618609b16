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

/// Whether whoever is told is to be told READY=1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Not yet.
    NotYet,
    /// The next one: none was told yet, or a reload has begun since.
    Next,
    /// It was, and once is enough.
    Already,
    /// It has ended, or is being stopped, before it was ready.
    Never,
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
        if self.is_barrier() {
            return Said::default();
        }
        let extend = self
            .fields()
            .find_map(|field| field.strip_prefix(b"EXTEND_TIMEOUT_USEC="));
        Said {
            ready: self.fields().any(|field| field == b"READY=1"),
            extend: extend.and_then(microseconds),
        }
    }

    /// What is passed on: everything, byte for byte, but for the fields that say who the main
    /// process is, and that it is ready, unless that is to be told next. `None` where nothing else
    /// was said. With it, what has been told by then.
    pub fn relayed(&self, before: Told) -> (Option<Vec<u8>>, Told) {
        let mut told = before;
        let mut goes = |line: &&[u8]| {
            let field = line.strip_suffix(b"\n").unwrap_or(line);
            match (field, told) {
                (b"READY=1", Told::Next) => told = Told::Already,
                (b"READY=1", _) => return false,
                // systemd.service(5), Type=notify-reload: the end of each reload is waited for.
                (b"RELOADING=1", Told::Already) => told = Told::Next,
                _ => {}
            }
            !OURS.iter().any(|ours| field.starts_with(ours))
        };
        let lines = self.0.split_inclusive(|&byte| byte == b'\n');
        let text = lines.filter(|line| goes(line)).collect::<Vec<_>>().concat();
        let says_something = text.iter().any(|&byte| byte != b'\n');
        // Whatever else is in a barrier has no effect.
        let told = if self.is_barrier() { before } else { told };
        (says_something.then_some(text), told)
    }

    fn is_barrier(&self) -> bool {
        self.fields().any(|field| field == b"BARRIER=1")
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
        let (relayed, _) = notice(text).relayed(Told::Next);
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
        for told in [Told::NotYet, Told::Already, Told::Never] {
            let unready = |text: &str| {
                let (text, after) = notice(text).relayed(told);
                assert_eq!(after, told);
                text
            };
            let status = Some(b"STATUS=x\n".to_vec());
            assert_eq!(unready("STATUS=x\nREADY=1"), status);
            assert_eq!(unready("READY=1\nSTATUS=x\n"), status);
            assert_eq!(unready("READY=1\n"), None);
            assert_eq!(unready("READY=11"), Some(b"READY=11".to_vec()));
        }
    }

    #[test]
    fn that_it_is_ready_is_told_once_and_after_each_reload() {
        let relayed = |told: Told, text: &str| {
            let (text, after) = notice(text).relayed(told);
            (String::from_utf8(text.unwrap_or_default()).unwrap(), after)
        };
        let is = |text: &str, told| (text.to_owned(), told);
        assert_eq!(relayed(Told::Next, "READY=1"), is("READY=1", Told::Already));
        let twice = "READY=1\nSTATUS=x\nREADY=1";
        let once = is("READY=1\nSTATUS=x\n", Told::Already);
        assert_eq!(relayed(Told::Next, twice), once);
        let reload = "RELOADING=1\nMONOTONIC_USEC=7";
        assert_eq!(relayed(Told::Already, reload), is(reload, Told::Next));
        let whole = "RELOADING=1\nREADY=1";
        assert_eq!(relayed(Told::Already, whole), is(whole, Told::Already));
        let again = is("RELOADING=1", Told::Next);
        assert_eq!(relayed(Told::Already, "READY=1\nRELOADING=1"), again);
        assert_eq!(
            relayed(Told::Never, whole),
            is("RELOADING=1\n", Told::Never)
        );
        assert_eq!(relayed(Told::NotYet, reload), is(reload, Told::NotYet));
        // The service manager has ignored it all.
        let barrier = "READY=1\nBARRIER=1";
        assert_eq!(relayed(Told::Next, barrier), is(barrier, Told::Next));
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
            let mut ready = 0;
            let wanted: Vec<&[u8]> = notice
                .fields()
                .filter(|field| !field.starts_with(b"MAINPID"))
                .filter(|field| {
                    ready += usize::from(*field == b"READY=1");
                    *field != b"READY=1" || ready == 1
                })
                .collect();
            let (relayed, _) = notice.relayed(Told::Next);
            prop_assert_eq!(relayed.is_none(), wanted.is_empty());
            let again = Notice::new(relayed.unwrap_or_default()).unwrap();
            prop_assert_eq!(again.fields().collect::<Vec<_>>(), wanted);
            if ready < 2 && !text.windows(7).any(|it| it == b"MAINPID") {
                prop_assert!(again.0 == text || notice.fields().next().is_none());
            }
            prop_assert_eq!(again.said(), notice.said());
        }
    }
}
