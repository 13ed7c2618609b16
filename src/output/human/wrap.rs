//! Text that keeps within the line.

use unicode_width::UnicodeWidthStr as _;

/// The lines of `text`, broken at blanks so that none is wider than `room` columns, unless one
/// word is. There is always at least one line.
pub(super) fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let width = word.width();
        let line = lines.last_mut().expect("there is always a line");
        if used == 0 {
            line.push_str(word);
            used = width;
        } else if used + 1 + width <= room {
            line.push(' ');
            line.push_str(word);
            used += 1 + width;
        } else {
            lines.push(word.to_owned());
            used = width;
        }
    }
    lines
}

/// `text` with blanks behind it up to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(blanks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_within_the_room() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a longword b", 3), ["a", "longword", "b"]);
        assert_eq!(wrap("日本 日本", 5), ["日本", "日本"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn columns_are_counted_as_they_are_shown() {
        assert_eq!(pad("日本", 6), "日本  ");
        assert_eq!(pad("long", 2), "long");
    }
}
