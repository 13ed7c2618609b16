//! What a connect test found out.

use std::time::Duration;

use super::{Process, Socket, State, Uid};

/// One address, tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// The socket as it was found. `name` is the address as given; `resolved` is where it leads
    /// when it is a symbolic link.
    pub socket: Socket,
    /// How long the test took a client: to connect and, where that was asked for, to get the
    /// answer. `None` where it did not get so far. Of several tests the median.
    pub latency: Option<Duration>,
    /// Of several tests.
    pub figures: Option<Figures>,
    /// Who called listen(2), as the kernel remembers it; not of datagram sockets.
    pub peer: Option<Peer>,
    /// What went wrong after the connection was there: another HTTP status than expected, no
    /// answer in time, ...
    pub error: Option<String>,
    /// The beginning of what was received in place of the answer that was expected.
    pub received: Option<Vec<u8>>,
    /// The status of the HTTP answer.
    pub http_status: Option<u16>,
}

impl Probed {
    /// Nothing is known yet.
    pub fn of(socket: Socket) -> Probed {
        Probed {
            socket,
            latency: None,
            figures: None,
            peer: None,
            error: None,
            received: None,
            http_status: None,
        }
    }

    /// Whether a client gets in, and gets the answer that it expects.
    pub fn is_live(&self) -> bool {
        matches!(self.socket.state, State::Live | State::Foreign) && self.error.is_none()
    }

    /// The process that really holds the socket, where it is another one than the peer: under
    /// socket activation, or when the peer has gone.
    pub fn true_listener(&self) -> Option<&Process> {
        let holder = self.socket.listener()?;
        let peer = self.peer.as_ref()?.pid;
        (peer != Some(holder.pid)).then_some(holder)
    }
}

/// `SO_PEERCRED` of a connection, unix(7): who called listen(2), as it was at that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// `None` where the process is in no pid namespace that we see.
    pub pid: Option<u32>,
    /// `None` for 4294967295, which is no user.
    pub uid: Option<Uid>,
}

/// Latencies of several tests of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// How often it was tested.
    pub count: u32,
    /// How often a client did not get in, or not the answer that it expected.
    pub failed: u32,
    /// Of those that did; `None` where there was none.
    pub latencies: Option<Latencies>,
}

/// Exact figures: each is the latency of one of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latencies {
    /// The fastest.
    pub min: Duration,
    /// Half of them took no longer.
    pub p50: Duration,
    /// Nine in ten took no longer.
    pub p90: Duration,
    /// 99 in a hundred took no longer.
    pub p99: Duration,
    /// The slowest.
    pub max: Duration,
}

impl Latencies {
    /// `None` of nothing. The order of `all` is changed.
    pub fn of(all: &mut [Duration]) -> Option<Latencies> {
        all.sort_unstable();
        // The nearest rank: the smallest value that so many per cent do not exceed.
        let rank = |per_cent: usize| {
            let rank = (all.len() * per_cent).div_ceil(100).max(1);
            all.get(rank - 1).copied()
        };
        Some(Latencies {
            min: all.first().copied()?,
            p50: rank(50)?,
            p90: rank(90)?,
            p99: rank(99)?,
            max: all.last().copied()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let mut all: Vec<_> = (1..=200).rev().map(Duration::from_micros).collect();
        let latencies = Latencies::of(&mut all).unwrap();
        let micros = [
            latencies.min,
            latencies.p50,
            latencies.p90,
            latencies.p99,
            latencies.max,
        ]
        .map(|latency| latency.as_micros());
        assert_eq!(micros, [1, 100, 180, 198, 200]);
        let one = Latencies::of(&mut [Duration::from_micros(7)]).unwrap();
        assert_eq!((one.min, one.p50, one.p99), (one.max, one.max, one.max));
        assert_eq!(Latencies::of(&mut []), None);
    }
}
