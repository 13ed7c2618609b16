//! The finding codes: one table, from which the enum, the words and the checks' modules are made.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::Severity;

/// Calls `$with!` with the table of all finding codes.
///
/// A row is `Variant "code" Severity module, "meaning in one line";`. `module` is the file in
/// `judge/checks/` that judges it.
macro_rules! for_each_code {
    ($with:ident) => {
        $with! {
            ModeTooWide "mode-too-wide" High mode_too_wide, "the mode has bits that the policy does not allow";
            ModeMismatch "mode-mismatch" Low mode_mismatch, "the mode is not the one asked for, and is not wider";
            OwnerMismatch "owner-mismatch" High owner_mismatch, "another user owns the socket file than the policy says";
            GroupMismatch "group-mismatch" Medium group_mismatch, "another group owns the socket file than the policy says";
            OwnerUnknown "owner-unknown" Medium owner_unknown, "the owner that the policy names does not exist on this host";
            TypeMismatch "type-mismatch" Medium type_mismatch, "the socket is of another type than the policy says";
            WorldConnectable "world-connectable" High world_connectable, "everyone on the host can connect";
            AclGrants "acl-grants" Medium acl_grants, "an ACL entry lets somebody in whom the mode does not show";
            AccessUnexpected "access-unexpected" High access_unexpected, "somebody outside `connect` can connect";
            AccessMissing "access-missing" Medium access_missing, "somebody in `connect` cannot connect";
            PathReplaceable "path-replaceable" High path_replaceable, "somebody else can remove or swap the socket file";
            ParentModeTooWide "parent-mode-too-wide" Medium parent_mode_too_wide, "the directory has mode bits that the policy does not allow";
            ParentOwnerMismatch "parent-owner-mismatch" Medium parent_owner_mismatch, "another user or group owns the directory than the policy says";
            Stale "stale" Low stale, "a socket file to which nothing is bound";
            RequiredMissing "required-missing" High required_missing, "a socket that the policy requires is not there";
            ForbiddenPresent "forbidden-present" High forbidden_present, "a socket is there that the policy forbids";
            ListenerMismatch "listener-mismatch" High listener_mismatch, "another user or program listens than the policy says";
            Ghost "ghost" Medium ghost, "a socket listens whose file is gone or has been replaced";
            Saturated "saturated" Medium saturated, "the backlog is full: new clients have to wait or are refused";
            AbstractOpen "abstract-open" Medium abstract_open, "an abstract socket has no permissions at all";
            NotProbed "not-probed" Info not_probed, "it could not be told whether the socket is live";
            WaiverExpired "waiver-expired" Medium waiver_expired, "a waiver's last day is over";
            WaiverUnused "waiver-unused" Info waiver_unused, "a waiver that nothing needs any more";
            Unreadable "unreadable" Info unreadable, "a place that could not be looked at";
        }
    };
}
// Not every crate that compiles this file (the build script does too) has checks to make of it.
#[allow(unused_imports)]
pub(crate) use for_each_code;

macro_rules! define_codes {
    ($($variant:ident $code:literal $severity:ident $module:ident, $meaning:literal;)*) => {
        /// What a finding is about. The words are part of the interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the manual.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The word used in policies and reports.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// The severity unless a rule says otherwise.
            pub const fn default_severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity,)* }
            }

            /// What it means, in one line without a full stop.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }
        }
    };
}
for_each_code!(define_codes);

impl Code {
    /// Whether it is about who may connect to a socket, or may put another one in its place.
    pub const fn is_about_access(self) -> bool {
        !matches!(
            self,
            Code::TypeMismatch
                | Code::Stale
                | Code::RequiredMissing
                | Code::ForbiddenPresent
                | Code::ListenerMismatch
                | Code::Ghost
                | Code::Saturated
                | Code::NotProbed
                | Code::WaiverExpired
                | Code::WaiverUnused
                | Code::Unreadable
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Code::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or(UnknownCode)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The text is no finding code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such finding code")]
pub struct UnknownCode;
