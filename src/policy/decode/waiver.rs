//! `waivers:`

use super::super::keys;
use super::super::rule::Waiver;
use super::super::sink::Sink;
use super::super::yaml::{Entry, Node};
use super::fields::Fields;
use super::rule::text;
use super::{Marks, one_of};
use crate::model::{Code, Place};

pub(super) fn waiver(sink: &mut Sink<'_>, node: &Node, marks: &mut Marks) -> Option<Waiver> {
    let mut fields = Fields::open(sink, node, &keys::WAIVER)?;
    let finding = fields.take("finding");
    let paths = fields.take("paths");
    let waiver = Waiver {
        finding: finding
            .and_then(|entry| code(sink, &entry.value))
            .unwrap_or_default(),
        paths: paths.map_or_else(Vec::new, |entry| sink.path_patterns(&entry.value)),
        until: fields.take("until").and_then(|entry| {
            let day = date(sink, entry)?;
            let mark = entry.value.mark.clone();
            marks.last_days.push((day.clone(), mark));
            Some(day)
        }),
        reason: text(sink, fields.take("reason")).unwrap_or_default(),
        place: Place {
            file: sink.source.name.clone(),
            line: node.target().mark.line,
        },
    };
    fields.close(sink);
    Some(waiver)
}

/// The word of a finding code.
pub(super) fn code(sink: &mut Sink<'_>, node: &Node) -> Option<String> {
    let text = sink.text(node, "the code of a finding")?;
    if text.parse::<Code>().is_ok() {
        return Some(text.to_owned());
    }
    let message = format!("there is no finding `{text}`");
    sink.error_with(&node.mark, message, one_of(text, &keys::codes()));
    None
}

fn date(sink: &mut Sink<'_>, entry: &Entry) -> Option<String> {
    let text = sink.text(&entry.value, "a date")?;
    if !is_date(text) {
        sink.error_with(
            &entry.value.mark,
            format!("`{text}` is no date"),
            "write the last day as YYYY-MM-DD".to_owned(),
        );
        return None;
    }
    Some(text.to_owned())
}

/// Whether the text is a day of the Gregorian calendar, `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    year > 0 && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn days_are_those_of_the_calendar() {
        for day in ["2027-03-01", "2028-02-29", "2000-02-29", "9999-12-31"] {
            assert!(is_date(day), "{day}");
        }
        for text in [
            "2027-02-29",
            "1900-02-29",
            "2027-13-01",
            "2027-00-01",
            "2027-04-31",
            "2027-4-1",
            "01.03.2027",
            "2027-03-01T00:00:00Z",
            "0000-01-01",
            "",
            "２０２７-03-01",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
