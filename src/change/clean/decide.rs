//! Whether a file may be removed. Pure: facts in, a decision out.

use std::time::Duration;

use crate::change::way::Unfit;
use crate::model::{Mode, Outcome};
use crate::observe::ground::Ground;
use crate::sys::dir::Kind;
use crate::sys::rights;
use crate::sys::silent::Answer;

/// What was seen of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its type.
    pub kind: Kind,
    /// Its permission bits.
    pub mode: Mode,
    /// What the silent test says; only asked of sockets.
    pub answer: Option<Answer>,
    /// Why that proves nothing; only asked where nobody seems to be bound.
    pub ground: Option<Ground>,
    /// What root is without, where the test was denied.
    pub lacking: Option<&'static str>,
    /// How long nobody has touched it, where that matters.
    pub age: Option<Duration>,
}

/// How it was come by, and what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// It was met on a walk, and not named.
    pub on_walk: bool,
    /// Only what nobody has touched for that long.
    pub older_than: Option<Duration>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is proven dead, and nothing speaks against removing it.
    Remove,
    /// Somebody is bound to it.
    Live,
    /// It stays for the reason given.
    Keep(Outcome),
}

/// What the word of a refusal becomes on a walk, where nobody asked for this very file.
fn no(asked: Asked, why: String) -> Decision {
    Decision::Keep(if asked.on_walk {
        Outcome::LeftOut(why)
    } else {
        Outcome::Refused(why)
    })
}

/// Decides. Everything that is not proven is a reason to leave it alone.
pub fn decide(seen: &Seen, asked: Asked) -> Decision {
    if seen.kind != Kind::Socket {
        return no(asked, Unfit::of_kind(seen.kind).to_string());
    }
    match &seen.answer {
        Some(Answer::Refused) => {}
        Some(Answer::Connectionful | Answer::Datagram) => return Decision::Live,
        Some(Answer::Denied) => {
            let why = match seen.lacking {
                Some(capability) => rights::without(capability),
                None => "ask as its owner or as root".to_owned(),
            };
            return blind(asked, &format!("{DENIED}; {why}"));
        }
        Some(Answer::Failed(why)) => return blind(asked, why),
        None => return blind(asked, "it was not tested"),
    }
    if seen.mode.is_empty() {
        return no(asked, MODE_ZERO.to_owned());
    }
    if let Some(ground) = &seen.ground {
        return no(asked, ground.to_string());
    }
    if asked.on_walk && seen.mode.bits() & STICKY != 0 {
        return no(
            asked,
            "it has the sticky bit, which asks cleaners to leave it".to_owned(),
        );
    }
    if let (Some(wanted), Some(age)) = (asked.older_than, seen.age)
        && age < wanted
    {
        let why = format!("it was touched {} ago", words(age));
        // On a walk that is what was asked for.
        return Decision::Keep(if asked.on_walk {
            Outcome::Kept(why)
        } else {
            Outcome::LeftOut(why)
        });
    }
    Decision::Remove
}

const STICKY: u16 = 0o1000;

const DENIED: &str = "it cannot be tested without the right to write to it (EACCES)";

const MODE_ZERO: &str = "its mode is 0000, as that of a file that only hides another one \
                         (systemd's inaccessible/sock)";

/// What nobody could look at is trouble where it was named; on a walk it is somebody else's.
fn blind(asked: Asked, why: &str) -> Decision {
    Decision::Keep(if asked.on_walk {
        Outcome::LeftOut(why.to_owned())
    } else {
        Outcome::Failed(why.to_owned())
    })
}

/// The two largest units: `3d 4h`, `5m 2s`.
fn words(age: Duration) -> String {
    let seconds = age.as_secs();
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')];
    let first = units.iter().position(|(unit, _)| seconds >= *unit);
    let Some(first) = first else {
        return "less than a second".to_owned();
    };
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, letter) in units.iter().skip(first).take(2) {
        if rest / unit > 0 {
            parts.push(format!("{}{letter}", rest / unit));
        }
        rest %= unit;
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: Asked = Asked {
        on_walk: false,
        older_than: None,
    };
    const WALK: Asked = Asked {
        on_walk: true,
        older_than: None,
    };

    fn stale() -> Seen {
        Seen {
            kind: Kind::Socket,
            mode: "0600".parse().unwrap(),
            answer: Some(Answer::Refused),
            ground: None,
            lacking: None,
            age: None,
        }
    }

    #[test]
    fn only_a_refusing_socket_goes() {
        assert_eq!(decide(&stale(), NAMED), Decision::Remove);
        for answer in [Answer::Connectionful, Answer::Datagram] {
            let seen = Seen {
                answer: Some(answer),
                ..stale()
            };
            assert_eq!(decide(&seen, NAMED), Decision::Live);
        }
        for answer in [None, Some(Answer::Denied), Some(Answer::Failed("x".into()))] {
            let seen = Seen { answer, ..stale() };
            let trouble = |decision| matches!(decision, Decision::Keep(Outcome::Failed(_)));
            assert!(trouble(decide(&seen, NAMED)));
            assert!(!trouble(decide(&seen, WALK)));
        }
        let seen = Seen {
            kind: Kind::Regular,
            answer: None,
            ..stale()
        };
        assert!(matches!(
            decide(&seen, NAMED),
            Decision::Keep(Outcome::Refused(_))
        ));
    }

    #[test]
    fn what_is_always_left_alone() {
        let zero = Seen {
            mode: "0000".parse().unwrap(),
            ..stale()
        };
        let layer = Seen {
            ground: Some(Ground::Layer(None)),
            ..stale()
        };
        for seen in [zero, layer] {
            assert!(matches!(
                decide(&seen, NAMED),
                Decision::Keep(Outcome::Refused(_))
            ));
            assert!(matches!(
                decide(&seen, WALK),
                Decision::Keep(Outcome::LeftOut(_))
            ));
        }
        let sticky = Seen {
            mode: "1600".parse().unwrap(),
            ..stale()
        };
        assert_eq!(decide(&sticky, NAMED), Decision::Remove);
        assert!(matches!(
            decide(&sticky, WALK),
            Decision::Keep(Outcome::LeftOut(_))
        ));
    }

    #[test]
    fn the_young_stay() {
        let hour = Duration::from_secs(3_600);
        let asked = Asked {
            older_than: Some(hour),
            ..NAMED
        };
        let aged = |age| Seen {
            age: Some(age),
            ..stale()
        };
        assert_eq!(decide(&aged(hour), asked), Decision::Remove);
        let Decision::Keep(Outcome::LeftOut(why)) = decide(&aged(Duration::from_secs(125)), asked)
        else {
            panic!("it was removed");
        };
        assert_eq!(why, "it was touched 2m 5s ago");
        let walk = Asked {
            on_walk: true,
            ..asked
        };
        let kept = decide(&aged(Duration::ZERO), walk);
        assert!(matches!(kept, Decision::Keep(Outcome::Kept(_))), "{kept:?}");
    }
}
