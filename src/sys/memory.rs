//! Memory of this process that it can do without while it waits: madvise(2), malloc_trim(3),
//! proc_pid_smaps(5).

#![allow(unsafe_code)]

use std::fs;
use std::ops::Range;

use super::dir::Failure;

/// Gives back what the heap has left over, and the pages of programs and libraries that nobody
/// has written to: they come from their files again when they are needed.
pub fn give_back() -> Result<(), Failure> {
    #[cfg(target_env = "gnu")]
    // SAFETY: the heap keeps all that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
    for mapping in untouched(&fs::read_to_string("/proc/self/smaps")?) {
        let length = mapping.end - mapping.start;
        // SAFETY: no page of it is other than in its file, and none can be written to, so the
        // kernel reads again what was there.
        let outcome = unsafe {
            let start = std::ptr::without_provenance_mut(mapping.start);
            libc::madvise(start, length, libc::MADV_DONTNEED)
        };
        if outcome != 0 {
            return Err(std::io::Error::last_os_error().into());
        }
    }
    Ok(())
}

/// The private mappings of files that cannot be written to, and of which no page has ever been.
/// What the dynamic loader has relocated is read-only too, and not as it is in the file.
fn untouched(smaps: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut candidate = None;
    for line in smaps.lines() {
        match line.strip_prefix("Anonymous:") {
            Some(size) if size.trim() == "0 kB" => found.extend(candidate.take()),
            Some(_) => candidate = None,
            // Every other attribute is one word with a colon behind it.
            None if line
                .split_ascii_whitespace()
                .next()
                .is_some_and(|it| it.ends_with(':')) => {}
            None => candidate = of_file(line),
        }
    }
    found
}

/// `7f00-7f10 r-xp 00001000 fd:01 1234   /usr/lib/libc.so.6`
fn of_file(line: &str) -> Option<Range<usize>> {
    let mut fields = line.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let file = fields.nth(2)?;
    if !matches!(rights, "r-xp" | "r--p") || file == "0" {
        return None;
    }
    let address = |text| usize::from_str_radix(text, 16).ok();
    Some(address(start)?..address(end)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(header: &str, anonymous: u32) -> String {
        format!(
            "{header}\nSize: 8 kB\nRss: 8 kB\nAnonymous:         {anonymous} kB\nVmFlags: rd mr\n"
        )
    }

    #[test]
    fn only_files_that_are_as_they_were_are_taken() {
        let code = "7f01a000-7f01c000 r-xp 00001000 fd:01 1234   /usr/lib/libc.so.6";
        let constants = "7f01c000-7f01d000 r--p 00001000 fd:01 1234   /usr/lib/libc.so.6";
        let smaps = [mapping(code, 0), mapping(constants, 0)].concat();
        let found = [0x7f01_a000..0x7f01_c000, 0x7f01_c000..0x7f01_d000];
        assert_eq!(untouched(&smaps), found);
        assert!(untouched(&mapping(constants, 4)).is_empty(), "relocated");
        for other in [
            "7f01a000-7f01c000 rw-p 00001000 fd:01 1234   /usr/lib/libc.so.6",
            "7f01a000-7f01c000 rwxp 00001000 fd:01 1234   /usr/lib/libc.so.6",
            "7f01a000-7f01c000 r-xs 00001000 fd:01 1234   /usr/lib/libc.so.6",
            "7ffd1000-7ffd3000 r-xp 00000000 00:00 0      [vdso]",
            "7ffd1000-7ffd3000 r-xp 00000000 00:00 0",
            "",
        ] {
            assert!(untouched(&mapping(other, 0)).is_empty(), "{other}");
        }
    }

    #[test]
    fn everything_works_as_before() {
        let before: Vec<u32> = (0..10_000).collect();
        give_back().unwrap();
        assert!(before.iter().copied().eq(0..10_000));
    }
}
