//! Becoming another program: execve(2), with everything allocated beforehand.

#![allow(unsafe_code)]

use std::ffi::{CString, NulError, OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use libc::c_char;

use super::dir::Failure;

/// A program with its arguments and its environment.
#[derive(Debug)]
pub struct Image {
    path: CString,
    arguments: Vec<CString>,
    variables: Vec<Text>,
    /// Into the two above, each with a null pointer at its end.
    argument_pointers: Vec<*const c_char>,
    variable_pointers: Vec<*const c_char>,
}

// SAFETY: the pointers lead to what the image itself owns on the heap.
unsafe impl Send for Image {}

/// A variable of the environment.
#[derive(Debug, Clone, Copy)]
pub enum Setting<'a> {
    /// Name and value.
    Text(&'a OsStr, &'a OsStr),
    /// The name of one whose value is the pid of the process that executes.
    OwnPid(&'a OsStr),
}

/// `NAME=VALUE`, ended by a NUL.
#[derive(Debug)]
enum Text {
    Fixed(CString),
    /// The first number of bytes stays, the pid goes behind them.
    OwnPid(Vec<u8>, usize),
}

/// The longest that a pid can be in decimal, and the NUL.
const PID_ROOM: usize = 11;

/// A NUL cannot be in a path, an argument or a variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no argument and no variable can have a NUL in it")]
pub struct NulInside;

impl From<NulError> for NulInside {
    fn from(_: NulError) -> NulInside {
        NulInside
    }
}

impl Image {
    /// Allocates everything.
    pub fn new<'a>(
        path: &Path,
        arguments: &[OsString],
        variables: impl Iterator<Item = Setting<'a>>,
    ) -> Result<Image, NulInside> {
        let arguments: Result<Vec<CString>, NulError> = arguments
            .iter()
            .map(|argument| CString::new(argument.as_bytes()))
            .collect();
        let arguments = arguments?;
        let variables: Result<Vec<Text>, NulInside> = variables.map(Text::new).collect();
        let variables = variables?;
        let with_end = |pointers: &mut dyn Iterator<Item = *const c_char>| {
            pointers.chain([ptr::null()]).collect()
        };
        Ok(Image {
            path: CString::new(path.as_os_str().as_bytes())?,
            argument_pointers: with_end(&mut arguments.iter().map(|text| text.as_ptr())),
            variable_pointers: with_end(&mut variables.iter().map(Text::as_ptr)),
            arguments,
            variables,
        })
    }

    /// Becomes the program; returns only where the kernel refuses. Nothing is allocated.
    pub fn execute(&mut self) -> Failure {
        let pid = std::process::id();
        for text in &mut self.variables {
            text.write(pid);
        }
        debug_assert_eq!(self.arguments.len() + 1, self.argument_pointers.len());
        // SAFETY: both arrays end with a null pointer, and what is before it leads to strings
        // that end with a NUL; neither the arrays nor the strings have moved since they were made.
        unsafe {
            libc::execve(
                self.path.as_ptr(),
                self.argument_pointers.as_ptr(),
                self.variable_pointers.as_ptr(),
            );
        }
        io::Error::last_os_error().into()
    }
}

impl Text {
    fn new(setting: Setting<'_>) -> Result<Text, NulInside> {
        Ok(match setting {
            Setting::Text(name, value) => {
                let text = [name.as_bytes(), b"=", value.as_bytes()].concat();
                Text::Fixed(CString::new(text)?)
            }
            Setting::OwnPid(name) => {
                let mut text = [name.as_bytes(), b"="].concat();
                if text.contains(&0) {
                    return Err(NulInside);
                }
                let fixed = text.len();
                text.resize(fixed + PID_ROOM, 0);
                Text::OwnPid(text, fixed)
            }
        })
    }

    fn as_ptr(&self) -> *const c_char {
        match self {
            Text::Fixed(text) => text.as_ptr(),
            Text::OwnPid(text, _) => text.as_ptr().cast(),
        }
    }

    fn write(&mut self, pid: u32) {
        let Text::OwnPid(text, fixed) = self else {
            return;
        };
        let digits = pid.checked_ilog10().unwrap_or(0) as usize + 1;
        let mut rest = pid;
        for place in text[*fixed..*fixed + digits].iter_mut().rev() {
            #[allow(clippy::cast_possible_truncation)] // a digit
            let digit = (rest % 10) as u8;
            *place = b'0' + digit;
            rest /= 10;
        }
        text[*fixed + digits] = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_is_written_where_there_is_room() {
        let mut text = Text::new(Setting::OwnPid(OsStr::new("LISTEN_PID"))).unwrap();
        for pid in [7, 10, 4_194_304, u32::MAX, 99] {
            text.write(pid);
            // SAFETY: it ends with a NUL.
            let written = unsafe { std::ffi::CStr::from_ptr(text.as_ptr()) };
            assert_eq!(written.to_str(), Ok(&*format!("LISTEN_PID={pid}")));
        }
    }

    #[test]
    fn no_nul_gets_in() {
        let nul = OsString::from("a\0b");
        let none = || std::iter::empty();
        assert!(Image::new(Path::new("a\0b"), &[], none()).is_err());
        assert!(Image::new(Path::new("a"), std::slice::from_ref(&nul), none()).is_err());
        let setting = Setting::Text(OsStr::new("a"), &nul);
        assert!(Image::new(Path::new("a"), &[], [setting].into_iter()).is_err());
    }

    #[test]
    fn what_cannot_be_executed_comes_back() {
        let mut image =
            Image::new(Path::new("/nowhere"), &["x".into()], std::iter::empty()).unwrap();
        assert!(image.execute().is_missing());
    }
}
