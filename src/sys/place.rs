//! Where this process is.

use std::ffi::CStr;

use super::dir::Failure;

/// chdir(2). Nothing is allocated.
pub fn go_to(directory: &CStr) -> Result<(), Failure> {
    Ok(rustix::process::chdir(directory)?)
}
