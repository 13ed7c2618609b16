//! Why the kernel refused us, where that is not what one would think: a root without the
//! capabilities that make one, capabilities(7), and directories with the sticky bit.

use rustix::thread::CapabilitySet;

use super::dir::{Dir, Failure};

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// To look at, or to connect to, what the mode does not let us.
    Pass,
    /// To change the mode or the ACL of what is not ours.
    Chmod,
    /// To give a file away.
    Chown,
    /// To remove or rename what is in a directory with the sticky bit.
    Remove,
    /// To look at the descriptors of the processes of others.
    Inspect,
}

impl Attempt {
    const fn capability(self) -> (CapabilitySet, &'static str) {
        match self {
            Attempt::Pass => (CapabilitySet::DAC_OVERRIDE, "CAP_DAC_OVERRIDE"),
            Attempt::Chmod | Attempt::Remove => (CapabilitySet::FOWNER, "CAP_FOWNER"),
            Attempt::Chown => (CapabilitySet::CHOWN, "CAP_CHOWN"),
            Attempt::Inspect => (CapabilitySet::SYS_PTRACE, "CAP_SYS_PTRACE"),
        }
    }
}

/// The capability that root would need for it and does not have here; `None` for everybody else,
/// and where it is there.
pub fn lacking(attempt: Attempt) -> Option<&'static str> {
    let (capability, name) = attempt.capability();
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let ours = rustix::thread::capabilities(None).ok()?.effective;
    (!ours.contains(capability)).then_some(name)
}

/// The end of a sentence that says why `attempt` failed: the capability that is missing, or
/// nothing.
pub fn hint(attempt: Attempt, failure: Failure) -> String {
    let lacking = lacking(attempt).filter(|_| failure.is_denied());
    lacking.map_or_else(String::new, |name| format!("; {}", without(name)))
}

/// That root has no such capability, as a sentence.
pub fn without(capability: &str) -> String {
    format!("root is without {capability} here (in a unit: CapabilityBoundingSet=)")
}

/// What would show the descriptors of every process, where some could not be looked at.
pub fn to_inspect_all() -> String {
    match lacking(Attempt::Inspect) {
        Some(capability) => without(capability),
        None if rustix::process::geteuid().is_root() => {
            "root is kept from them here (by a user namespace or a security module)".to_owned()
        }
        None => "run it as root".to_owned(),
    }
}

/// The same for a removal from that directory.
pub fn hint_at_removal(dir: &Dir, failure: Failure) -> String {
    if !failure.is_not_permitted() {
        return hint(Attempt::Pass, failure);
    }
    match (lacking(Attempt::Remove), dir.facts()) {
        (Some(_), _) => hint(Attempt::Remove, failure),
        (None, Ok(facts)) if facts.mode.bits() & STICKY != 0 => {
            "; the directory has the sticky bit, so that only the owner of the file, of the \
             directory, or root may"
                .to_owned()
        }
        _ => String::new(),
    }
}

const STICKY: u16 = 0o1000;
