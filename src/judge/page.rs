//! The published page of a check: the `//!` block at the head of its file, cut out at compile time.

/// Where the block ends: the bytes of the leading lines that begin with `//!`.
const fn head_len(source: &[u8]) -> usize {
    let mut at = 0;
    while at + 2 < source.len()
        && source[at] == b'/'
        && source[at + 1] == b'/'
        && source[at + 2] == b'!'
    {
        while at < source.len() && source[at] != b'\n' {
            at += 1;
        }
        if at < source.len() {
            at += 1;
        }
    }
    at
}

/// Where the text of the line that begins at `at` begins: after `//!` and one blank.
const fn after_marker(source: &[u8], at: usize) -> usize {
    let text = at + 3;
    if text < source.len() && source[text] == b' ' {
        text + 1
    } else {
        text
    }
}

/// The length of the page in `source`, bytes.
pub(super) const fn len(source: &str) -> usize {
    let source = source.as_bytes();
    let end = head_len(source);
    let (mut at, mut len) = (0, 0);
    while at < end {
        at = after_marker(source, at);
        while at < end && source[at] != b'\n' {
            len += 1;
            at += 1;
        }
        len += 1;
        at += 1;
    }
    len
}

/// The page in `source`; `N` is its [`len`]. Every line ends with a newline.
pub(super) const fn cut<const N: usize>(source: &str) -> [u8; N] {
    let source = source.as_bytes();
    let end = head_len(source);
    let mut page = [b'\n'; N];
    let (mut at, mut to) = (0, 0);
    while at < end {
        at = after_marker(source, at);
        while at < end && source[at] != b'\n' {
            page[to] = source[at];
            to += 1;
            at += 1;
        }
        to += 1;
        at += 1;
    }
    page
}

/// The page of a check's file beside the caller, as a `&'static str` of which nothing but the
/// page is in the program.
macro_rules! page {
    ($file:expr) => {{
        const SOURCE: &str = include_str!($file);
        const PAGE: [u8; crate::judge::page::len(SOURCE)] = crate::judge::page::cut(SOURCE);
        match str::from_utf8(&PAGE) {
            Ok(page) => page,
            Err(_) => panic!("a page is UTF-8"),
        }
    }};
}
pub(super) use page;

#[cfg(test)]
mod tests {
    use super::{cut, len};

    #[test]
    fn the_page_is_the_head_and_nothing_else() {
        const SOURCE: &str = "//! # One\n//!\n//! Two.\n//!     code\n\n//! not this\nfn f() {}\n";
        const PAGE: [u8; len(SOURCE)] = cut(SOURCE);
        assert_eq!(str::from_utf8(&PAGE), Ok("# One\n\nTwo.\n    code\n"));
    }

    #[test]
    fn a_file_without_a_head_has_an_empty_page() {
        const SOURCE: &str = "fn f() {}\n";
        assert_eq!(len(SOURCE), 0);
        assert_eq!(cut::<0>(SOURCE), [0; 0]);
    }
}
