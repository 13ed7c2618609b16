//! The page of a finding code, for the terminal.

use std::io;

use super::table::{self, Cell};
use crate::model::Code;
use crate::output::human::wrap::wrap;
use crate::output::style::{Style, Tone};

/// Columns before the text of a section.
const INDENT: usize = 2;

/// Every code of `codes`, with its severity and its meaning.
pub fn list(
    out: &mut dyn io::Write,
    codes: impl IntoIterator<Item = Code>,
    style: Style,
) -> io::Result<()> {
    let cells = |code: Code| {
        let severity = code.default_severity();
        vec![
            Cell::toned(Tone::Heading, code.as_str()),
            Cell::toned(Tone::Severity(severity), severity.as_str()),
            Cell::plain(code.meaning()),
        ]
    };
    let rows: Vec<Vec<Cell>> = codes.into_iter().map(cells).collect();
    table::write(out, style, &["CODE", "SEVERITY", "MEANING"], &rows)
}

/// The page with its name, wrapped, headings set off, examples indented. `page` is Markdown as the
/// checks write it: `#` headings, paragraphs, `-` lists and fenced blocks.
pub fn render(code: Code, page: &str, style: Style) -> String {
    let mut text = format!(
        "{}  {}: {}\n",
        style.paint(Tone::Heading, code),
        style.paint(
            Tone::Severity(code.default_severity()),
            code.default_severity()
        ),
        code.meaning()
    );
    let mut rendered = Page {
        text: &mut text,
        style,
        gap: false,
        after_heading: false,
    };
    let mut paragraph = Paragraph::default();
    let mut in_block = false;
    for line in page.lines() {
        if line.starts_with("```") {
            rendered.paragraph(&mut paragraph);
            in_block = !in_block;
        } else if in_block {
            rendered.line(&format!("{}{line}", " ".repeat(2 * INDENT)));
        } else if let Some(heading) = line.strip_prefix("# ") {
            rendered.paragraph(&mut paragraph);
            rendered.heading(heading);
        } else if line.is_empty() {
            rendered.paragraph(&mut paragraph);
            rendered.gap = !rendered.after_heading;
        } else if let Some(item) = line.strip_prefix("- ") {
            rendered.paragraph(&mut paragraph);
            paragraph.is_item = true;
            paragraph.add(item);
        } else {
            paragraph.add(line.trim_start());
        }
    }
    rendered.paragraph(&mut paragraph);
    text
}

/// Lines that belong together until they are wrapped.
#[derive(Default)]
struct Paragraph {
    text: String,
    is_item: bool,
}

impl Paragraph {
    /// The angles round an address go; backticks set words off here as well.
    fn add(&mut self, line: &str) {
        for word in line.split_whitespace() {
            if !self.text.is_empty() {
                self.text.push(' ');
            }
            let address = word
                .strip_prefix('<')
                .filter(|rest| rest.starts_with("http"));
            match address {
                Some(address) => self.text.push_str(&address.replacen('>', "", 1)),
                None => self.text.push_str(word),
            }
        }
    }
}

/// The page as it grows.
struct Page<'a> {
    text: &'a mut String,
    style: Style,
    /// An empty line is due before whatever comes next.
    gap: bool,
    after_heading: bool,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        if std::mem::take(&mut self.gap) {
            self.text.push('\n');
        }
        self.text.push_str(line.trim_end());
        self.text.push('\n');
        self.after_heading = false;
    }

    fn heading(&mut self, heading: &str) {
        self.gap = true;
        let heading = self
            .style
            .paint(Tone::Heading, heading.to_uppercase())
            .to_string();
        self.line(&heading);
        self.after_heading = true;
    }

    fn paragraph(&mut self, paragraph: &mut Paragraph) {
        let Paragraph { text, is_item } = std::mem::take(paragraph);
        if text.is_empty() {
            return;
        }
        let mut lead = if is_item { "- " } else { "" };
        let hang = INDENT + lead.len();
        for line in wrap(&text, self.style.width() - hang) {
            let indent = " ".repeat(hang - lead.len());
            self.line(&format!("{indent}{lead}{line}"));
            lead = "";
        }
    }
}
