//! Capabilities of this thread, securebits and no_new_privs: capabilities(7), prctl(2).
//!
//! Nothing that changes anything allocates.

#![allow(unsafe_code)]

use std::io;

use rustix::io::Errno;
use rustix::thread::{self, CapabilitySet, CapabilitySets};

use super::dir::Failure;
use crate::model::{CapSet, Capability, Securebits};

/// Takes one out of the bounding set for good; takes `CAP_SETPCAP`.
pub fn drop_bounding(capability: Capability) -> Result<(), Failure> {
    let set = raw([capability].into_iter().collect());
    Ok(thread::remove_capability_from_bounding_set(set)?)
}

/// Sets the permitted, the effective and the inheritable set to the same, but for what is held in
/// the permitted set alone.
pub fn set(all: CapSet, held: CapSet) -> Result<(), Failure> {
    let sets = CapabilitySets {
        effective: raw(all),
        permitted: raw(all.or(held)),
        inheritable: raw(all),
    };
    Ok(thread::set_capabilities(None, sets)?)
}

/// Gives up all but these, and hands none on to what is executed. Where nothing is to be given up
/// nothing is called that a filter may end us for (systemd's `~@privileged`).
pub fn keep_only(kept: CapSet) -> Result<(), Failure> {
    let sets = CapabilitySets {
        effective: raw(kept),
        permitted: raw(kept),
        inheritable: CapabilitySet::empty(),
    };
    let now = thread::capabilities(None)?;
    if now.permitted == sets.permitted
        && now.effective == sets.effective
        && now.inheritable == sets.inheritable
    {
        return Ok(());
    }
    // What is not inheritable goes from the ambient set, too.
    thread::set_capabilities(None, sets)?;
    let now = thread::capabilities(None)?;
    let same = now.permitted == sets.permitted && now.effective == sets.effective;
    if same {
        Ok(())
    } else {
        Err(Errno::PERM.into())
    }
}

/// Uses all that is permitted.
pub fn use_all() -> Result<(), Failure> {
    let now = thread::capabilities(None)?;
    let effective = now.permitted;
    Ok(thread::set_capabilities(
        None,
        CapabilitySets { effective, ..now },
    )?)
}

/// Adds one to the ambient set; it has to be permitted and inheritable.
pub fn raise_ambient(capability: Capability) -> Result<(), Failure> {
    let set = raw([capability].into_iter().collect());
    Ok(thread::configure_capability_in_ambient_set(set, true)?)
}

/// Empties the ambient set.
pub fn clear_ambient() -> Result<(), Failure> {
    Ok(thread::clear_ambient_capability_set()?)
}

/// Lets a change of users leave the permitted set as it is, until execve(2).
pub fn keep_over_setuid() -> Result<(), Failure> {
    Ok(thread::set_keep_capabilities(true)?)
}

/// Nothing that is executed from here on gives more rights.
pub fn set_no_new_privs() -> Result<(), Failure> {
    Ok(thread::set_no_new_privs(true)?)
}

/// The securebits, those that are newer than this program included.
pub fn securebits() -> Result<Securebits, Failure> {
    // SAFETY: the call takes no pointer.
    let bits = unsafe { libc::prctl(libc::PR_GET_SECUREBITS) };
    match u32::try_from(bits) {
        Ok(bits) => Ok(Securebits(bits)),
        Err(_) => Err(io::Error::last_os_error().into()),
    }
}

/// Sets them; takes `CAP_SETPCAP`.
pub fn set_securebits(bits: Securebits) -> Result<(), Failure> {
    // SAFETY: the call takes no pointer.
    let outcome = unsafe { libc::prctl(libc::PR_SET_SECUREBITS, libc::c_ulong::from(bits.0)) };
    if outcome == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error().into())
    }
}

fn raw(set: CapSet) -> CapabilitySet {
    CapabilitySet::from_bits_retain(set.bits())
}
