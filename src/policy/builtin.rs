//! The policies inside the program. They were read, checked and decoded when it was built.

use super::about::About;
use super::packed;
use super::rule::Document;

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// What `builtin:default` and its like are called in `include`.
pub const PREFIX: &str = "builtin:";

/// The policy that is loaded unless it is left out.
pub const DEFAULT: &str = "default";

/// A policy inside the program.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Without `builtin:`.
    pub name: &'static str,
    /// What it says of itself.
    pub description: &'static str,
    /// The file as it was written, its tests included.
    pub text: &'static str,
    document: &'static [u8],
}

/// Every one, sorted by name.
pub fn all() -> &'static [Builtin] {
    BUILTINS
}

/// The one of that name.
pub fn get(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}

/// What the default policy and all that it includes say of these sockets, as one document.
pub fn default_about(sockets: &About<'_>) -> Document {
    packed::unpack(DEFAULT_PACKED, sockets).expect("the build wrote it with these same types")
}

impl Builtin {
    /// What it says, without its tests.
    pub fn document(&self) -> Document {
        postcard::from_bytes(self.document).expect("the build wrote it with this same type")
    }
}
