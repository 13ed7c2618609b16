//! Lengths of time, as they are typed.

use std::time::Duration;

/// A hundred years: nobody means more, and no clock overflows with it.
const LONGEST: f64 = 100.0 * 365.0 * 86_400.0;

/// Reads `500ms`, `1s`, `1.5m`, `2h`, `7d`, `10us`, and several with the largest unit first, as
/// `1h30m`; a number alone is in seconds.
///
/// # Errors
/// A sentence for the one who typed it.
pub fn parse(text: &str) -> Result<Duration, String> {
    if let Some(seconds) = number(text) {
        return length(seconds);
    }
    let (mut rest, mut seconds, mut last_unit) = (text, 0.0, f64::INFINITY);
    while !rest.is_empty() {
        let (digits, from_unit) = rest.split_at(end(rest, is_of_number));
        let (word, next) = from_unit.split_at(end(from_unit, |it| !is_of_number(it)));
        let (Some(number), Some(unit)) = (number(digits), unit(word)) else {
            return Err(expected());
        };
        if unit >= last_unit {
            return Err(expected());
        }
        seconds += number * unit;
        (rest, last_unit) = (next, unit);
    }
    if last_unit.is_infinite() {
        return Err(expected());
    }
    length(seconds)
}

fn is_of_number(character: char) -> bool {
    character.is_ascii_digit() || character == '.'
}

/// Where the characters that are so come to an end.
fn end(text: &str, is_so: impl Fn(char) -> bool) -> usize {
    let end = text.find(|character| !is_so(character));
    end.unwrap_or(text.len())
}

/// In seconds.
fn unit(word: &str) -> Option<f64> {
    Some(match word {
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    })
}

fn number(text: &str) -> Option<f64> {
    // Digits on both sides of a point, so that what Rust alone takes for a number is none here.
    let is_number = text
        .split('.')
        .all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    text.parse().ok().filter(|_| is_number)
}

fn length(seconds: f64) -> Result<Duration, String> {
    if seconds > LONGEST {
        return Err("longer than a hundred years".to_owned());
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| expected())
}

/// The same, and more than nothing.
///
/// # Errors
/// A sentence for the one who typed it.
pub fn parse_positive(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err("it has to be more than nothing".to_owned()),
        duration => Ok(duration),
    }
}

fn expected() -> String {
    "a length of time is a number and a unit, such as 500ms, 1s, 2m, 12h or 7d; \
     several may follow each other (1h30m), and a number alone is in seconds"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("1s", 1000),
            ("2", 2000),
            ("0", 0),
            ("1.5", 1500),
            ("0.25s", 250),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("7d", 604_800_000),
            ("5000us", 5),
            ("1h30m", 5_400_000),
            ("2d12h", 216_000_000),
            ("1m1.5s250ms", 61_750),
        ] {
            let expected = Duration::from_millis(milliseconds);
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            " ",
            "s",
            "-1",
            "+1",
            "1 s",
            " 1",
            "1x",
            "1S",
            "1e3",
            ".5",
            "5.",
            "1.2.3",
            "inf",
            "NaN",
            "0x10",
            "1s1",
            "1h30",
            "30m1h",
            "1s1s",
            "1m1min",
            "1h-1m",
            "1h m",
            "40000d",
            "99999999999999999999",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse_positive("0s").is_err() && parse_positive("1ms").is_ok());
    }
}
