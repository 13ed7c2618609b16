//! Quoting of untrusted bytes for a line that somebody will paste into a shell.

use std::fmt::Write as _;

use super::untrusted::is_showable;

/// One word for the shell, exactly these bytes, for any POSIX shell.
///
/// Nothing is put round what is safe as it is; `'...'` round the rest; and `"$(printf '...')"` where
/// the bytes hold something that must not reach a terminal: control characters, invisible ones, and
/// what is not UTF-8. The result holds none of these, so it can be shown as it is. A newline at the
/// very end, which `$(...)` would drop, is the last character of `IFS` as the shell starts with it.
/// NUL cannot be in a word and is written `\000`.
pub fn quote(word: &[u8]) -> String {
    if !word.is_empty() && word.iter().copied().all(is_plain) {
        return word.iter().map(|&byte| char::from(byte)).collect();
    }
    match str::from_utf8(word) {
        Ok(text) if text.chars().all(is_showable) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => quote_with_escapes(word),
    }
}

/// What no shell gives a meaning to anywhere in a word. `~`, `=` and `#` have one at some places,
/// `{`, `^` and `!` in some shells.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'/' | b'.' | b'_' | b'-' | b',' | b':' | b'+' | b'@' | b'%'
        )
}

fn quote_with_escapes(word: &[u8]) -> String {
    let end = word.iter().rposition(|&byte| byte != b'\n');
    let (word, newlines) = word.split_at(end.map_or(0, |last| last + 1));
    let mut quoted = String::from('"');
    if !word.is_empty() {
        quoted.push_str("$(printf '");
        push_format(&mut quoted, word);
        quoted.push_str("')");
    }
    quoted.extend(newlines.iter().map(|_| "${IFS#??}"));
    quoted.push('"');
    quoted
}

/// What printf(1) makes these bytes of, in single quotes.
fn push_format(quoted: &mut String, word: &[u8]) {
    let start = quoted.len();
    for chunk in word.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => quoted.push_str(r"\n"),
                '\t' => quoted.push_str(r"\t"),
                '%' => quoted.push_str("%%"),
                // At the start it would be an option.
                '-' if quoted.len() == start => push_octal(quoted, b"-"),
                // An interactive shell looks for `!` between double quotes.
                '\'' | '\\' | '!' => push_octal(quoted, &[character as u8]),
                _ if is_showable(character) => quoted.push(character),
                _ => push_octal(quoted, character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        push_octal(quoted, chunk.invalid());
    }
}

/// Three octal digits end by themselves; what follows `\x` is read differently by every shell.
fn push_octal(quoted: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String does not fail.
        write!(quoted, "\\{byte:03o}").expect("a String takes any text");
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_more_quotes_than_needed() {
        assert_eq!(quote(b"/run/app/a.sock"), "/run/app/a.sock");
        assert_eq!(quote(b""), "''");
        assert_eq!(quote(b"/run/my app"), "'/run/my app'");
        assert_eq!(quote(b"it's"), r"'it'\''s'");
        assert_eq!(quote("é".as_bytes()), "'é'");
        assert_eq!(quote(b"a\x1b[31m\n"), r#""$(printf 'a\033[31m')${IFS#??}""#);
        assert_eq!(quote(b"-\n5%!'"), r#""$(printf '\055\n5%%\041\047')""#);
        assert_eq!(quote(b"\xff9"), r#""$(printf '\3779')""#);
        assert_eq!(
            quote("a\u{202e}b".as_bytes()),
            r#""$(printf 'a\342\200\256b')""#
        );
        assert_eq!(quote(b"~root"), "'~root'");
        assert_eq!(quote(b"$(id)"), "'$(id)'");
    }

    /// What the shell hands to a program for these quoted words.
    fn through(shell: &str, words: &[Vec<u8>]) -> Vec<u8> {
        let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
        let script = format!("printf '%s\\0' {}", quoted.join(" "));
        let output = Command::new(shell)
            .arg("-c")
            .arg(std::ffi::OsStr::from_bytes(script.as_bytes()))
            .stdin(Stdio::null())
            .output()
            .expect("the shell runs");
        assert!(output.status.success(), "{script}");
        output.stdout
    }

    fn joined(words: &[Vec<u8>]) -> Vec<u8> {
        words
            .iter()
            .flat_map(|word| [word.as_slice(), b"\0"].concat())
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn every_shell_reads_the_bytes_back(words in prop::collection::vec(prop::collection::vec(prop_oneof![1u8..=255, Just(b'\n'), 0x20u8..0x7f], 0..40), 1..30)) {
            for shell in ["bash", "dash", "sh"] {
                prop_assert_eq!(through(shell, &words), joined(&words), "{}", shell);
            }
        }

        #[test]
        fn every_shell_reads_text_back(words in prop::collection::vec("[ -~é]{0,40}", 1..30)) {
            let words: Vec<Vec<u8>> = words.into_iter().map(String::into_bytes).collect();
            prop_assert_eq!(through("sh", &words), joined(&words));
        }

        #[test]
        fn nothing_reaches_the_terminal(word in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(quote(&word).chars().all(is_showable));
        }
    }
}
