//! How it is learnt that a command is ready, and who is told what it says of itself. Pure.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::bound::LooksFor;
use super::host::Facts;
use super::identity::Wanted;
use super::mailbox::{self, Speakers};
use super::notify;
use super::refusal::{Refusal, Status};
use super::request::{Request, Stay};
use crate::model::{CapSet, Capability, ReadySpec, SocketName, SocketType, Uid};

/// The variable that says where the service manager listens, sd_notify(3).
pub const VARIABLE: &str = "NOTIFY_SOCKET";

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaiting {
    /// When it counts as ready; that it says so itself always counts.
    pub ready: ReadySpec,
    /// The sockets that are tested for it.
    pub sockets: Vec<SocketName>,
    /// No test says that it listens: the search for what it binds does.
    pub searched: bool,
    /// It has to listen on something, and it was not said on what.
    pub insists: bool,
    /// How it can say something; `None`: nobody listens.
    pub relay: Option<RelayPlan>,
}

/// How what a command says of itself is heard, and passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayPlan {
    /// To whom; `None`: it is for us alone.
    pub upstream: Option<SocketName>,
    /// Who is listened to.
    pub speakers: Speakers,
    /// Where the socket may be that it speaks to.
    pub places: Vec<PathBuf>,
    /// As whom we make it.
    pub own: Uid,
}

/// Decides.
pub fn awaiting(
    request: &Request,
    stay: &Stay,
    facts: &Facts,
    wanted: &Wanted,
    looks_for: LooksFor,
) -> Result<Awaiting, Refusal> {
    let is_looked_for = looks_for != LooksFor::Nothing;
    let usual = if is_looked_for {
        ReadySpec::Listen
    } else {
        ReadySpec::Now
    };
    let ready = stay.ready.clone().unwrap_or(usual);
    let searched = is_looked_for && ready == ReadySpec::Listen;
    let sockets = if ready.tests() && !searched {
        sockets(request, facts, &ready)
    } else {
        Vec::new()
    };
    if ready.tests() && !searched && sockets.is_empty() {
        let what = match &ready {
            ReadySpec::Http(_) => "stream socket",
            _ => "socket",
        };
        let why = format!(
            "--ready {ready}: there is no {what} to test; name it with --listen or --expect, or \
             write --ready notify or delay:DURATION"
        );
        return Err(Refusal::new(Status::Config, why));
    }
    Ok(Awaiting {
        relay: relay(request, &ready, facts, wanted)?,
        insists: searched && looks_for == LooksFor::Anything && stay.ready.is_some(),
        ready,
        sockets,
        searched,
    })
}

/// Those that it makes sense to test: they were passed on, by us or through us, or are expected,
/// of whatever type these will be.
fn sockets(request: &Request, facts: &Facts, ready: &ReadySpec) -> Vec<SocketName> {
    let own = request.listen.iter().map(|it| (&it.absolute, it.kind));
    let expected = request.expect.iter();
    let expected = expected.map(|it| (&it.absolute, SocketType::Stream));
    let named = own.chain(expected);
    let named = named.map(|(path, kind)| (SocketName::Path(path.clone()), kind));
    let all = facts.passed_sockets.iter().cloned().chain(named);
    let speaks_http = |kind| kind == SocketType::Stream || !matches!(ready, ReadySpec::Http(_));
    all.filter(|(_, kind)| speaks_http(*kind))
        .map(|(name, _)| name)
        .collect()
}

fn relay(
    request: &Request,
    ready: &ReadySpec,
    facts: &Facts,
    wanted: &Wanted,
) -> Result<Option<RelayPlan>, Refusal> {
    let variable = |name: &str| {
        let named = facts.variables.iter().find(|(known, _)| known == name);
        named.map(|(_, value)| value.as_os_str())
    };
    let upstream = variable(VARIABLE).map(notify::socket).transpose();
    let upstream = upstream.map_err(|why| {
        let value = variable(VARIABLE).unwrap_or(OsStr::new("")).display();
        let why = format!("{VARIABLE}={value} in our environment: {why}; unset it");
        Refusal::new(Status::Config, why)
    })?;
    let upstream = upstream.flatten();
    if upstream.is_none() && *ready != ReadySpec::Notify {
        return Ok(None);
    }
    if request.variables.iter().any(|(name, _)| name == VARIABLE) {
        let why = format!("--env {VARIABLE}: the command has to speak to us, and gets it from us");
        return Err(Refusal::new(Status::Config, why));
    }
    let may_change = wanted.keep.has(Capability::SETUID) || wanted.uid.is_root();
    Ok(Some(RelayPlan {
        upstream,
        speakers: if may_change {
            Speakers::Anybody
        } else {
            Speakers::Only(wanted.uid)
        },
        places: mailbox::places(variable),
        own: facts.own.uids.effective,
    }))
}

impl Awaiting {
    /// What it takes to test the sockets, whoever may connect to them.
    pub fn needs(&self) -> CapSet {
        let tests = (!self.sockets.is_empty()).then_some(Capability::DAC_OVERRIDE);
        tests.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HttpTarget;
    use crate::wrap::fixture::{self, expected, gid, listen, uid};

    fn stay(ready: ReadySpec) -> Stay {
        Stay {
            ready: Some(ready),
            ..fixture::stay()
        }
    }

    /// Of a command whose sockets nobody looks for.
    fn decided(
        request: &Request,
        ready: ReadySpec,
        facts: &Facts,
        wanted: &Wanted,
    ) -> Result<Awaiting, Refusal> {
        awaiting(request, &stay(ready), facts, wanted, LooksFor::Nothing)
    }

    fn wanted(user: u32, keep: CapSet) -> Wanted {
        Wanted {
            hold: CapSet::EMPTY,
            uid: uid(user),
            gid: gid(user),
            groups: Vec::new(),
            keep,
            keep_bounding: false,
            no_new_privs: true,
        }
    }

    fn told(variables: &[(&str, &str)], ready: ReadySpec) -> Result<Awaiting, Refusal> {
        let mut facts = fixture::facts();
        let owned = |(name, value): &(&str, &str)| (name.into(), value.into());
        facts.variables = variables.iter().map(owned).collect();
        let wanted = wanted(7, CapSet::EMPTY);
        decided(&fixture::request(), ready, &facts, &wanted)
    }

    #[test]
    fn it_can_speak_where_somebody_listens() {
        let nobody = told(&[("NOTIFY_SOCKET", "")], ReadySpec::Now).unwrap();
        assert_eq!(nobody.relay, None);
        let we = told(&[], ReadySpec::Notify).unwrap().relay.unwrap();
        assert_eq!((we.upstream, we.speakers), (None, Speakers::Only(uid(7))));
        let manager = told(&[("NOTIFY_SOCKET", "/run/n")], ReadySpec::Now).unwrap();
        let upstream = manager.relay.unwrap().upstream;
        assert_eq!(upstream, Some(SocketName::Path("/run/n".into())));
        for bad in ["vsock:2:3", "run/n"] {
            let refusal = told(&[("NOTIFY_SOCKET", bad)], ReadySpec::Now).unwrap_err();
            assert_eq!(refusal.status, Status::Config);
            assert!(refusal.why.contains(bad), "{refusal}");
        }
    }

    #[test]
    fn where_it_is_to_speak_is_not_for_others_to_say() {
        let request = Request {
            variables: vec![("NOTIFY_SOCKET".into(), "/x".into())],
            ..fixture::request()
        };
        let outcome = |ready| {
            let wanted = wanted(7, CapSet::EMPTY);
            decided(&request, ready, &fixture::facts(), &wanted)
        };
        assert!(outcome(ReadySpec::Now).is_ok());
        assert_eq!(
            outcome(ReadySpec::Notify).unwrap_err().status,
            Status::Config
        );
    }

    #[test]
    fn who_can_become_others_may_speak_as_others() {
        let speakers = |user, keep: &str| {
            let wanted = wanted(user, keep.parse().unwrap());
            let notify = ReadySpec::Notify;
            let decided = decided(&fixture::request(), notify, &fixture::facts(), &wanted);
            decided.unwrap().relay.unwrap().speakers
        };
        assert_eq!(speakers(7, "chown"), Speakers::Only(uid(7)));
        assert_eq!(speakers(7, "setuid"), Speakers::Anybody);
        assert_eq!(speakers(0, "chown"), Speakers::Anybody);
    }

    #[test]
    fn what_is_tested() {
        let http = ReadySpec::Http(HttpTarget::new("/").unwrap());
        let mut datagram = listen("/run/b");
        datagram.kind = SocketType::Dgram;
        let request = Request {
            listen: vec![listen("/run/a"), datagram],
            ..fixture::request()
        };
        let mut facts = fixture::facts();
        let passed = SocketName::Path("/run/p".into());
        facts.passed_sockets = vec![(passed, SocketType::Stream)];
        let names = |ready: &ReadySpec| -> Vec<String> {
            let wanted = wanted(7, CapSet::EMPTY);
            let decided = decided(&request, ready.clone(), &facts, &wanted).unwrap();
            let names = decided.sockets.iter().map(SocketName::to_bytes);
            names.map(|name| String::from_utf8(name).unwrap()).collect()
        };
        assert_eq!(names(&http), ["/run/p", "/run/a"]);
        assert_eq!(names(&ReadySpec::Connect), ["/run/p", "/run/a", "/run/b"]);
        assert_eq!(names(&ReadySpec::Now), [""; 0]);
        for ready in [http, ReadySpec::Connect, ReadySpec::Listen] {
            let refusal = told(&[], ready).unwrap_err();
            assert_eq!(refusal.status, Status::Config);
        }
    }

    #[test]
    fn what_is_looked_for_needs_no_test() {
        let request = Request {
            expect: vec![expected("/run/a")],
            ..fixture::request()
        };
        let decided = |ready: Option<ReadySpec>, looks_for| {
            let wanted = wanted(7, CapSet::EMPTY);
            let stay = Stay {
                ready,
                ..fixture::stay()
            };
            awaiting(&request, &stay, &fixture::facts(), &wanted, looks_for).unwrap()
        };
        for looks_for in [LooksFor::Paths, LooksFor::Anything] {
            for ready in [None, Some(ReadySpec::Listen)] {
                let decided = decided(ready, looks_for);
                assert_eq!(decided.ready, ReadySpec::Listen);
                assert!(decided.searched && decided.sockets.is_empty());
                assert_eq!(decided.needs(), CapSet::EMPTY);
            }
            let now = decided(Some(ReadySpec::Now), looks_for);
            assert!(!now.searched && now.sockets.is_empty());
            let insists = decided(Some(ReadySpec::Listen), looks_for).insists;
            assert_eq!(insists, looks_for == LooksFor::Anything);
            assert!(!decided(None, looks_for).insists && !now.insists);
        }
        let connect = decided(Some(ReadySpec::Connect), LooksFor::Paths);
        assert_eq!(connect.sockets, [SocketName::Path("/run/a".into())]);
        assert!(!connect.searched && !connect.needs().is_empty());
    }
}
