//! The words of the language: how values are written, in policies and about them.

use std::fmt;

use super::rule::{Liveness, ModeRule, Owner, OwnerAlternative, ParentMode, Permit, Presence, Who};

/// The first and last id that systemd gives to `DynamicUser=`.
pub const DYNAMIC_IDS: std::ops::RangeInclusive<u32> = 61184..=65519;

macro_rules! words {
    ($kind:ident, $($variant:ident $word:literal),+) => {
        impl $kind {
            /// Every value, with its word.
            pub const WORDS: &'static [(&'static str, $kind)] = &[$(($word, $kind::$variant)),+];

            /// The word used in policies.
            pub const fn as_str(self) -> &'static str {
                match self { $($kind::$variant => $word),+ }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words!(Permit, Forbid "forbid", Allow "allow");
words!(Presence, Required "required", Optional "optional", Forbidden "forbidden");
words!(Liveness, Live "live", Any "any");

impl fmt::Display for ModeRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModeRule::Exactly(mode) => mode.fmt(f),
            ModeRule::AtMost(mode) => write!(f, "at most {mode}"),
        }
    }
}

impl fmt::Display for ParentMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.max.fmt(f)
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Name(name) => f.write_str(name),
            Who::Id(id) => id.fmt(f),
            Who::Range(first, last) => write!(f, "{first}-{last}"),
            Who::Dynamic => f.write_str("dynamic"),
        }
    }
}

impl fmt::Display for OwnerAlternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            user.fmt(f)?;
        }
        if let Some(group) = &self.group {
            write!(f, ":{group}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, &self.0)
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    if let [only] = items {
        return only.fmt(f);
    }
    f.write_str("[")?;
    for (index, item) in items.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(f, "{comma}{item}")?;
    }
    f.write_str("]")
}

/// Shows a list as policies write it: a single item without brackets.
pub struct List<'a, T>(pub &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(f, self.0)
    }
}
