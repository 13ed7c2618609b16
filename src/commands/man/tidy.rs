//! Roff as mandoc(1) likes it: what makes pages leaves blanks at the ends of lines, lines of any
//! length, and breaks where there is space anyway.

const LONGEST_LINE: usize = 80;

/// The same page, with nothing that `mandoc -Tlint` would speak of.
pub(super) fn tidy(source: &str) -> String {
    let mut page = String::with_capacity(source.len() + 256);
    let mut as_it_stands = false;
    let mut before = ".";
    let mut lines = source.lines().map(str::trim_end).peekable();
    while let Some(line) = lines.next() {
        as_it_stands = (as_it_stands || line == ".nf") && line != ".fi";
        let line = if line.is_empty() && !as_it_stands {
            ".sp"
        } else {
            line
        };
        let next = lines.peek().copied().unwrap_or(".");
        let is_useless = match line {
            ".br" => before.starts_with('.') || next.is_empty() || next.starts_with('.'),
            ".sp" => before.starts_with('.') || (next.starts_with('.') && next != ".br"),
            _ => false,
        };
        if is_useless && !as_it_stands {
            continue;
        }
        before = line;
        if as_it_stands || line.starts_with(['.', '\'']) {
            page.push_str(line);
            page.push('\n');
        } else {
            wrap(&mut page, line);
        }
    }
    page
}

/// Breaks a line of text between words; none may come to begin like a request.
fn wrap(page: &mut String, line: &str) {
    let mut width = 0;
    for word in line.split(' ') {
        let fits = width + 1 + word.len() <= LONGEST_LINE;
        let may_begin = !word.is_empty() && !word.starts_with(['.', '\'']);
        if width > 0 && !fits && may_begin {
            page.push('\n');
            width = 0;
        } else if width > 0 {
            page.push(' ');
            width += 1;
        }
        page.push_str(word);
        width += word.len();
    }
    page.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words_and_never_into_requests() {
        let line = format!("{} .x {}", "word ".repeat(15).trim_end(), "end");
        let page = tidy(&line);
        assert!(
            page.lines().all(|line| line.len() <= LONGEST_LINE),
            "{page}"
        );
        assert!(page.lines().all(|line| !line.starts_with('.')), "{page}");
        assert_eq!(page.replace('\n', " ").trim_end(), line);
    }

    #[test]
    fn typed_text_stays_as_it_is() {
        let typed = format!(".nf\n  {}\n\n.fi\n", "x ".repeat(60).trim_end());
        assert_eq!(tidy(&typed), typed);
    }

    #[test]
    fn breaks_beside_requests_are_left_out() {
        assert_eq!(
            tidy("a \n.br\n\n.br\nb\n.br\nc\n\n.TP\n"),
            "a\n.sp\nb\n.br\nc\n.TP\n"
        );
    }
}
