//! What the `policy` commands print: tables of plain text.

use std::io::{self, Write as _};

use super::table::{self, Cell};
use super::wrap::wrap;
use crate::output::escape::{escape, escape_prose};
use crate::output::style::{Style, Tone};
use crate::output::words::count;

/// A rule that speaks of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    /// Its id.
    pub id: String,
    /// Where it begins.
    pub place: String,
    /// The pattern that matches.
    pub pattern: String,
    /// For people; may be empty.
    pub description: String,
}

/// A key that some rule sets for a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// `mode`, `parent.owner`, ...
    pub key: String,
    /// As the policy writes it, captures put in.
    pub value: String,
    /// The rule that decides it.
    pub rule: String,
    /// Where it says so.
    pub place: String,
}

/// The answer of `policy explain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// The path in question, as bytes.
    pub path: &'a [u8],
    /// In the order in which they are loaded.
    pub rules: Vec<RuleRow>,
    /// In the order of the manual.
    pub keys: Vec<KeyRow>,
    /// Sentences to add.
    pub notes: Vec<String>,
}

/// Writes which rules match a path, and which rule each key came from.
pub fn explain(out: &mut dyn io::Write, answer: &Explanation<'_>, style: Style) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let path = escape(answer.path);
    if answer.rules.is_empty() {
        writeln!(out, "no rule speaks of {path}")?;
    } else {
        let rules = count(answer.rules.len(), "rule speaks", "rules speak");
        writeln!(out, "{rules} of {}\n", style.paint(Tone::Heading, path))?;
        let rows: Vec<Vec<Cell>> = answer.rules.iter().map(rule_cells).collect();
        table::write(
            &mut out,
            style,
            &["RULE", "PATTERN", "WHERE", "DESCRIPTION"],
            &rows,
        )?;
        writeln!(out)?;
        if answer.keys.is_empty() {
            writeln!(out, "none of them sets a key: nothing is checked")?;
        } else {
            let rows: Vec<Vec<Cell>> = answer.keys.iter().map(key_cells).collect();
            table::write(&mut out, style, &["KEY", "VALUE", "RULE", "WHERE"], &rows)?;
        }
    }
    for note in &answer.notes {
        writeln!(out)?;
        for line in wrap(&format!("note: {}", escape_prose(note)), style.width()) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()
}

fn rule_cells(row: &RuleRow) -> Vec<Cell> {
    vec![
        Cell::toned(Tone::Heading, escape_prose(&row.id)),
        Cell::plain(escape_prose(&row.pattern)),
        Cell::toned(Tone::Faint, escape_prose(&row.place)),
        Cell::plain(escape_prose(&row.description)),
    ]
}

fn key_cells(row: &KeyRow) -> Vec<Cell> {
    vec![
        Cell::toned(Tone::Heading, escape_prose(&row.key)),
        Cell::plain(escape_prose(&row.value)),
        Cell::plain(escape_prose(&row.rule)),
        Cell::toned(Tone::Faint, escape_prose(&row.place)),
    ]
}

/// A policy inside the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyRow {
    /// `builtin:default`, ...
    pub name: String,
    /// How many rules it has, without those that it includes.
    pub rules: usize,
    /// For people; may be empty.
    pub description: String,
}

/// Writes `policy list`.
pub fn list(out: &mut dyn io::Write, policies: &[PolicyRow], style: Style) -> io::Result<()> {
    let cells = |row: &PolicyRow| {
        vec![
            Cell::toned(Tone::Heading, escape_prose(&row.name)),
            Cell::right(row.rules.to_string()),
            Cell::plain(escape_prose(&row.description)),
        ]
    };
    let rows: Vec<Vec<Cell>> = policies.iter().map(cells).collect();
    let mut out = io::BufWriter::new(out);
    table::write(&mut out, style, &["POLICY", "RULES", "DESCRIPTION"], &rows)?;
    out.flush()
}

/// What became of one test of a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestRow {
    /// As the policy calls it.
    pub name: String,
    /// Where it stands.
    pub place: String,
    /// Codes that were expected and not found.
    pub missing: Vec<String>,
    /// Codes that were found and not expected.
    pub surplus: Vec<String>,
    /// What an audit would say of these.
    pub said: Vec<String>,
}

impl TestRow {
    fn passed(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty()
    }
}

/// Writes `policy test`: the tests that failed (with `verbose` all of them), and the figures.
pub fn tests(
    out: &mut dyn io::Write,
    rows: &[TestRow],
    style: Style,
    verbose: bool,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    for row in rows.iter().filter(|row| verbose || !row.passed()) {
        let (tone, word) = if row.passed() {
            (Tone::Good, "ok")
        } else {
            (Tone::Bad, "FAILED")
        };
        let word = style.paint(tone, word);
        let (name, place) = (escape_prose(&row.name), escape_prose(&row.place));
        writeln!(out, "{word}  {name}  {}", style.paint(Tone::Faint, place))?;
        for (what, codes) in [
            ("expected, not found", &row.missing),
            ("found, not expected", &row.surplus),
        ] {
            if !codes.is_empty() {
                writeln!(out, "    {what}: {}", escape_prose(&codes.join(", ")))?;
            }
        }
        for said in &row.said {
            writeln!(
                out,
                "      {}",
                style.paint(Tone::Faint, escape_prose(said))
            )?;
        }
    }
    let failed = rows.iter().filter(|row| !row.passed()).count();
    let mut parts = vec![format!("{} passed", rows.len() - failed)];
    if failed > 0 {
        parts.push(
            style
                .paint(Tone::Bad, format!("{failed} failed"))
                .to_string(),
        );
    }
    writeln!(
        out,
        "{}: {}",
        count(rows.len(), "test", "tests"),
        parts.join(", ")
    )?;
    out.flush()
}
