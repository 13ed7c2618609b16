//! Memory of this process that it can do without while it waits: madvise(2), malloc_trim(3).

#![allow(unsafe_code)]

use std::fs;

use super::dir::Failure;

/// Gives back what the heap has left over, and the pages of code, which come from their files
/// again when they are needed.
///
/// Nothing that could have been written to is touched, so nothing is lost: of the mappings only
/// those of files that may be read and executed.
pub fn give_back() -> Result<(), Failure> {
    #[cfg(target_env = "gnu")]
    // SAFETY: the heap keeps all that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
    let maps = fs::read_to_string("/proc/self/maps")?;
    for code in maps.lines().filter_map(Code::parse) {
        let (start, length) = (code.start, code.end - code.start);
        // SAFETY: the kernel reads pages of a private mapping that cannot be written to from the
        // file again, so they are what they were.
        let outcome = unsafe {
            let start = std::ptr::without_provenance_mut(start);
            libc::madvise(start, length, libc::MADV_DONTNEED)
        };
        if outcome != 0 {
            return Err(std::io::Error::last_os_error().into());
        }
    }
    Ok(())
}

/// Where code of a file is mapped.
#[derive(Debug, PartialEq, Eq)]
struct Code {
    start: usize,
    end: usize,
}

impl Code {
    /// `7f00-7f10 r-xp 00001000 fd:01 1234   /usr/lib/libc.so.6`
    fn parse(line: &str) -> Option<Code> {
        let mut fields = line.split_ascii_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let rights = fields.next()?;
        let file = fields.nth(2)?;
        if rights != "r-xp" || file == "0" {
            return None;
        }
        let address = |text| usize::from_str_radix(text, 16).ok();
        Some(Code {
            start: address(start)?,
            end: address(end)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_files_is_taken() {
        let code = "7f01a000-7f01c000 r-xp 00001000 fd:01 1234   /usr/lib/libc.so.6";
        let found = Code {
            start: 0x7f01_a000,
            end: 0x7f01_c000,
        };
        assert_eq!(Code::parse(code), Some(found));
        for other in [
            "7f01a000-7f01c000 r--p 00001000 fd:01 1234   /usr/lib/libc.so.6",
            "7f01a000-7f01c000 rw-p 00001000 fd:01 1234   /usr/lib/libc.so.6",
            "7f01a000-7f01c000 rwxp 00001000 fd:01 1234   /usr/lib/libc.so.6",
            "7f01a000-7f01c000 r-xs 00001000 fd:01 1234   /usr/lib/libc.so.6",
            "7ffd1000-7ffd3000 r-xp 00000000 00:00 0      [vdso]",
            "7ffd1000-7ffd3000 r-xp 00000000 00:00 0",
            "",
        ] {
            assert_eq!(Code::parse(other), None, "{other}");
        }
    }

    #[test]
    fn everything_works_as_before() {
        let before: Vec<u32> = (0..10_000).collect();
        give_back().unwrap();
        assert!(before.iter().copied().eq(0..10_000));
    }
}
