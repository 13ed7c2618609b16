//! Who a process is, as far as the kernel decides by it: credentials(7).

use super::{CapSet, Gid, Uid};

/// Everything about a process that decides what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Users.
    pub uids: Ids<Uid>,
    /// Groups.
    pub gids: Ids<Gid>,
    /// Supplementary groups, in ascending order, each once.
    pub groups: Vec<Gid>,
    /// The five sets.
    pub caps: Caps,
    /// `SECBIT_*` of linux/securebits.h.
    pub securebits: Securebits,
    /// Nothing that it executes gives it more rights.
    pub no_new_privs: bool,
}

/// The three kinds of an id, of which the fourth (for file systems) follows the effective one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids<T> {
    /// Who started it.
    pub real: T,
    /// Who decides.
    pub effective: T,
    /// To whom it can go back.
    pub saved: T,
}

impl<T: Copy + PartialEq> Ids<T> {
    /// All of them one.
    pub const fn all(id: T) -> Ids<T> {
        Ids {
            real: id,
            effective: id,
            saved: id,
        }
    }

    /// Whether all of them are this one.
    pub fn are(&self, id: T) -> bool {
        self.real == id && self.effective == id && self.saved == id
    }

    /// Whether any of them is this one.
    pub fn any(&self, id: T) -> bool {
        self.real == id || self.effective == id || self.saved == id
    }
}

/// The five sets of capabilities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// What execve(2) hands on where the file has it too.
    pub inheritable: CapSet,
    /// What it may use.
    pub permitted: CapSet,
    /// What it uses.
    pub effective: CapSet,
    /// What it can ever get by executing a file.
    pub bounding: CapSet,
    /// What execve(2) hands on to any program.
    pub ambient: CapSet,
}

/// `SECBIT_*` of linux/securebits.h, as prctl(2) has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Securebits(pub u32);

impl Securebits {
    /// Root gets no capability by being root.
    pub const NOROOT: Securebits = Securebits(1);
    /// `NOROOT` is there for good.
    pub const NOROOT_LOCKED: Securebits = Securebits(1 << 1);
    /// A change of users takes no capability away.
    pub const NO_SETUID_FIXUP: Securebits = Securebits(1 << 2);
    /// A change of users leaves the permitted set; execve(2) clears the bit.
    pub const KEEP_CAPS: Securebits = Securebits(1 << 4);
    /// `KEEP_CAPS` cannot be set.
    pub const KEEP_CAPS_LOCKED: Securebits = Securebits(1 << 5);
    /// Nothing is added to the ambient set.
    pub const NO_CAP_AMBIENT_RAISE: Securebits = Securebits(1 << 6);

    /// Whether all those bits are set.
    pub const fn has(self, bits: Securebits) -> bool {
        self.0 & bits.0 == bits.0
    }

    /// With those bits.
    pub const fn with(self, bits: Securebits) -> Securebits {
        Securebits(self.0 | bits.0)
    }

    /// Without those bits.
    pub const fn without(self, bits: Securebits) -> Securebits {
        Securebits(self.0 & !bits.0)
    }
}
