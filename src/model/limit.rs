//! Limits of what a process may use: getrlimit(2).

use std::fmt;
use std::str::FromStr;

macro_rules! resources {
    ($($variant:ident $word:literal)*) => {
        /// What is limited.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // each is RLIMIT_ and its name
        pub enum Resource {
            $($variant,)*
        }

        impl Resource {
            /// All of them.
            pub const ALL: &'static [Resource] = &[$(Resource::$variant,)*];

            /// The word without `RLIMIT_`, in lower case.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Resource::$variant => $word,)*
                }
            }
        }
    };
}

resources! {
    As "as"
    Core "core"
    Cpu "cpu"
    Data "data"
    Fsize "fsize"
    Locks "locks"
    Memlock "memlock"
    Msgqueue "msgqueue"
    Nice "nice"
    Nofile "nofile"
    Nproc "nproc"
    Rss "rss"
    Rtprio "rtprio"
    Rttime "rttime"
    Sigpending "sigpending"
    Stack "stack"
}

/// How much, in the unit of the resource; `None`: no limit.
pub type Amount = Option<u64>;

/// What holds, and how far it may be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// What holds.
    pub soft: Amount,
    /// How far it may be raised.
    pub hard: Amount,
}

/// What `--rlimit` is told: `RESOURCE=LIMIT` for both limits, or `RESOURCE=SOFT:HARD`, one of
/// which may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSpec {
    /// Of what.
    pub resource: Resource,
    /// `None`: it stays, as far as the hard limit lets it.
    pub soft: Option<Amount>,
    /// `None`: it stays.
    pub hard: Option<Amount>,
}

impl LimitSpec {
    /// What this makes of limits that hold now.
    pub fn applied_to(self, now: Bounds) -> Result<Bounds, SoftBeyondHard> {
        let hard = self.hard.unwrap_or(now.hard);
        let soft = match self.soft {
            Some(soft) => soft,
            None => least(now.soft, hard),
        };
        let bounds = Bounds { soft, hard };
        if least(soft, hard) == soft {
            Ok(bounds)
        } else {
            Err(SoftBeyondHard(self.resource, bounds))
        }
    }
}

impl Bounds {
    /// Whether the hard limit is above the one of `before`.
    pub fn raises_hard(self, before: Bounds) -> bool {
        least(self.hard, before.hard) != self.hard
    }
}

/// The lower one; no limit is above all.
fn least(one: Amount, other: Amount) -> Amount {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (limit, None) | (None, limit) => limit,
    }
}

/// A soft limit cannot be above the hard one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the soft limit of {}, {}, is above the hard one, {}",
    .0.as_str(), Words(.1.soft), Words(.1.hard))]
pub struct SoftBeyondHard(Resource, Bounds);

/// An amount as it is written.
#[derive(Debug, Clone, Copy)]
pub struct Words(pub Amount);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(amount) => amount.fmt(f),
            None => f.write_str("unlimited"),
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", Words(self.soft), Words(self.hard))
    }
}

/// The text is no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadLimit(String);

impl FromStr for LimitSpec {
    type Err = BadLimit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, limits) = text.split_once('=').ok_or_else(|| {
            BadLimit("write RESOURCE=LIMIT or RESOURCE=SOFT:HARD, as in nofile=65536".to_owned())
        })?;
        let resource = resource(name)?;
        let (soft, hard) = match limits.split_once(':') {
            None => {
                let both = amount(limits)?;
                (Some(both), Some(both))
            }
            Some(("", "")) => return Err(not_an_amount("")),
            Some((soft, "")) => (Some(amount(soft)?), None),
            Some(("", hard)) => (None, Some(amount(hard)?)),
            Some((soft, hard)) => (Some(amount(soft)?), Some(amount(hard)?)),
        };
        let spec = LimitSpec {
            resource,
            soft,
            hard,
        };
        let widest = Bounds {
            soft: soft.flatten(),
            hard: None,
        };
        spec.applied_to(widest)
            .map(|_| spec)
            .map_err(|error| BadLimit(error.to_string()))
    }
}

fn resource(name: &str) -> Result<Resource, BadLimit> {
    let found = Resource::ALL.iter().find(|it| it.as_str() == name);
    found.copied().ok_or_else(|| {
        let words: Vec<&str> = Resource::ALL.iter().map(|it| it.as_str()).collect();
        BadLimit(format!(
            "there is no limit {name:?}; there are {}",
            words.join(", ")
        ))
    })
}

fn amount(text: &str) -> Result<Amount, BadLimit> {
    if text == "unlimited" || text == "infinity" {
        return Ok(None);
    }
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        // The kernel takes the highest number for "no limit".
        Ok(amount) if digits && amount != u64::MAX => Ok(Some(amount)),
        _ => Err(not_an_amount(text)),
    }
}

fn not_an_amount(text: &str) -> BadLimit {
    BadLimit(format!(
        "{text:?} is no limit: a number without a sign or a unit, or unlimited"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(Option<Amount>, Option<Amount>), String> {
        let spec: LimitSpec = text.parse().map_err(|error: BadLimit| error.to_string())?;
        Ok((spec.soft, spec.hard))
    }

    #[test]
    fn one_or_both() {
        assert_eq!(read("nofile=7"), Ok((Some(Some(7)), Some(Some(7)))));
        assert_eq!(read("core=0:unlimited"), Ok((Some(Some(0)), Some(None))));
        assert_eq!(read("core=infinity"), Ok((Some(None), Some(None))));
        assert_eq!(read("as=7:"), Ok((Some(Some(7)), None)));
        assert_eq!(read("as=:7"), Ok((None, Some(Some(7)))));
    }

    #[test]
    fn what_is_no_limit() {
        for bad in [
            "",
            "nofile",
            "nofile=",
            "nofile=:",
            "=7",
            "files=7",
            "NOFILE=7",
            "nofile=-1",
            "nofile=+1",
            "nofile= 7",
            "nofile=64k",
            "nofile=7:6",
            "nofile=unlimited:6",
            "nofile=7:8:9",
            "nofile=18446744073709551615",
            "nofile=18446744073709551616",
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_not_said_stays() {
        let now = Bounds {
            soft: Some(10),
            hard: Some(20),
        };
        let applied = |text: &str| {
            let bounds = text.parse::<LimitSpec>().unwrap().applied_to(now);
            bounds.map(|bounds| bounds.to_string())
        };
        assert_eq!(applied("cpu=5"), Ok("5:5".to_owned()));
        assert_eq!(applied("cpu=:5"), Ok("5:5".to_owned()));
        assert_eq!(applied("cpu=:15"), Ok("10:15".to_owned()));
        assert_eq!(applied("cpu=15:"), Ok("15:20".to_owned()));
        let error = applied("cpu=unlimited:").unwrap_err().to_string();
        assert!(
            error.contains("unlimited, is above the hard one, 20"),
            "{error}"
        );
    }
}
