//! Names from the file system are bytes that anybody may have chosen: which of them can be shown.

/// Whether a character shows itself as what it is, and does nothing else to a terminal or to the
/// text round it. Control characters, everything that changes the direction of writing, all that
/// has no width, and every blank but the space are out.
pub fn is_showable(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    !(character.is_control()
        || character.is_whitespace()
        || is_invisible(character)
        || is_nobodys(character))
}

/// Private use, of which every font makes something else, and what will never be a character.
fn is_nobodys(character: char) -> bool {
    matches!(character,
        '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{f0000}'..='\u{10ffff}')
        || u32::from(character) & 0xfffe == 0xfffe
}

/// Format characters of Unicode (category Cf), fillers and selectors: they have no shape of
/// their own, so that two names with and without them look alike.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::is_showable;

    #[test]
    fn letters_of_any_script_are_shown() {
        for character in "aZ0 ~é日本ش🙂".chars() {
            assert!(is_showable(character), "{character:?}");
        }
    }

    #[test]
    fn what_acts_or_hides_is_not() {
        for character in [
            '\0',
            '\n',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{a0}',
            '\u{200d}',
            '\u{202e}',
            '\u{2028}',
            '\u{2066}',
            '\u{3000}',
            '\u{feff}',
            '\u{e0041}',
            '\u{ad}',
            '\u{180e}',
            '\u{115f}',
            '\u{fff9}',
            '\u{e000}',
            '\u{fdd0}',
            '\u{ffff}',
            '\u{1fffe}',
            '\u{100000}',
        ] {
            assert!(!is_showable(character), "{character:?}");
        }
    }
}
