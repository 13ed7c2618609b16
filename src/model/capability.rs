//! Capabilities and sets of them: capabilities(7), linux/capability.h.

use std::fmt;
use std::str::FromStr;

/// One capability, by the number that the kernel gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capability(u8);

/// In the order of their numbers, without `CAP_`.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

impl Capability {
    /// Giving files away.
    pub const CHOWN: Capability = Capability(0);
    /// Reading files and going through directories of others.
    pub const DAC_READ_SEARCH: Capability = Capability(2);
    /// Asking a socket where its file is.
    pub const NET_ADMIN: Capability = Capability(12);
    /// Looking at the descriptors of other users' processes.
    pub const SYS_PTRACE: Capability = Capability(19);
    /// Writing to any directory.
    pub const DAC_OVERRIDE: Capability = Capability(1);
    /// Removing the files of others.
    pub const FOWNER: Capability = Capability(3);
    /// Sending signals to other users' processes.
    pub const KILL: Capability = Capability(5);
    /// Setting groups.
    pub const SETGID: Capability = Capability(6);
    /// Becoming another user.
    pub const SETUID: Capability = Capability(7);
    /// Dropping from the bounding set, and setting securebits.
    pub const SETPCAP: Capability = Capability(8);
    /// Raising hard limits.
    pub const SYS_RESOURCE: Capability = Capability(24);

    /// The number that the kernel uses.
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Capability {
    /// `CAP_CHOWN`; the number alone of one that is newer than this program.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(usize::from(self.0)) {
            Some(name) => write!(f, "CAP_{name}"),
            None => self.0.fmt(f),
        }
    }
}

/// The text is the name of no capability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no capability {0:?}{hint}", hint = hint(.0))]
pub struct UnknownCapability(String);

fn hint(wrong: &str) -> String {
    let bare = bare(wrong).to_ascii_uppercase();
    let distance = |name: &&&str| strsim::damerau_levenshtein(name, &bare);
    match NAMES.iter().min_by_key(distance) {
        Some(name) if distance(&name) <= 3 => format!("; do you mean CAP_{name}?"),
        _ => "; an example: CAP_NET_BIND_SERVICE".to_owned(),
    }
}

fn bare(text: &str) -> &str {
    match text.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("CAP_") => &text[4..],
        _ => text,
    }
}

impl FromStr for Capability {
    type Err = UnknownCapability;

    /// In upper or lower case, with or without `CAP_`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_it = |name: &&str| name.eq_ignore_ascii_case(bare(text));
        (0..)
            .zip(NAMES)
            .find(|(_, name)| is_it(name))
            .map(|(number, _)| Capability(number))
            .ok_or_else(|| UnknownCapability(text.to_owned()))
    }
}

/// A set of capabilities, those that this program has no name for included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct CapSet(u64);

impl CapSet {
    /// None.
    pub const EMPTY: CapSet = CapSet(0);
    /// Every one that there is or will be.
    pub const FULL: CapSet = CapSet(u64::MAX);

    /// Bit n stands for the capability n.
    pub const fn from_bits(bits: u64) -> CapSet {
        CapSet(bits)
    }

    /// Bit n stands for the capability n.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether there is none in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it is in it.
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & (1 << capability.0) != 0
    }

    /// With that one.
    pub const fn with(self, capability: Capability) -> CapSet {
        CapSet(self.0 | (1 << capability.0))
    }

    /// Those in both.
    pub const fn and(self, other: CapSet) -> CapSet {
        CapSet(self.0 & other.0)
    }

    /// Those in either.
    pub const fn or(self, other: CapSet) -> CapSet {
        CapSet(self.0 | other.0)
    }

    /// Those in this one and not in the other.
    pub const fn without(self, other: CapSet) -> CapSet {
        CapSet(self.0 & !other.0)
    }

    /// `CAP_CHOWN, CAP_KILL`, for a text that may break between them; or `none`.
    pub fn to_prose(self) -> String {
        let names: Vec<String> = self.iter().map(|it| it.to_string()).collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    }

    /// In the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        (0..64)
            .map(Capability)
            .filter(move |capability| self.has(*capability))
    }
}

impl FromIterator<Capability> for CapSet {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> CapSet {
        let add = |bits, capability: Capability| bits | 1 << capability.0;
        CapSet(capabilities.into_iter().fold(0, add))
    }
}

impl fmt::Display for CapSet {
    /// `CAP_CHOWN,CAP_KILL`, or `none`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.pad("none");
        }
        for (index, capability) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            capability.fmt(f)?;
        }
        Ok(())
    }
}

impl FromStr for CapSet {
    type Err = UnknownCapability;

    /// Names with commas between them; `all` is every one.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("all") {
            return Ok(CapSet::FULL);
        }
        text.split(',').map(str::parse::<Capability>).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_case_with_and_without_the_prefix() {
        let bits = |text: &str| text.parse::<CapSet>().map(CapSet::bits);
        assert_eq!(bits("CAP_NET_BIND_SERVICE"), Ok(1 << 10));
        assert_eq!(bits("net_bind_service,Cap_Chown"), Ok(1 << 10 | 1));
        assert_eq!(bits("CAP_CHECKPOINT_RESTORE"), Ok(1 << 40));
        assert_eq!(bits("all"), Ok(u64::MAX));
        for number in 0..41 {
            let capability = Capability(number);
            assert_eq!(capability.to_string().parse(), Ok(capability));
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_nearest() {
        for bad in ["", ",", "chown,", "CAP_", "10", "CAP_CHOWN KILL", "+chown"] {
            assert!(bad.parse::<CapSet>().is_err(), "{bad:?}");
        }
        let error = "CAP_NET_BIND".parse::<CapSet>().unwrap_err().to_string();
        assert!(error.contains("an example"), "{error}");
        let error = "chwon".parse::<CapSet>().unwrap_err().to_string();
        assert!(error.ends_with("do you mean CAP_CHOWN?"), "{error}");
    }

    #[test]
    fn sets_are_shown_by_name() {
        assert_eq!(CapSet::EMPTY.to_string(), "none");
        let set = CapSet::from_bits(1 << 62 | 0b10_0001);
        assert_eq!(set.to_string(), "CAP_CHOWN,CAP_KILL,62");
    }
}
