//! Lengths of time, as they are typed.

use std::time::Duration;

/// A hundred years: nobody means more, and no clock overflows with it.
const LONGEST: f64 = 100.0 * 365.0 * 86_400.0;

/// Reads `500ms`, `1s`, `1.5m`, `2h`, `7d`, `10us`; a number alone is in seconds.
///
/// # Errors
/// A sentence for the one who typed it.
pub fn parse(text: &str) -> Result<Duration, String> {
    let unit_at = text
        .find(|character: char| !(character.is_ascii_digit() || character == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let seconds = match unit {
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return Err(expected()),
    };
    // Digits on both sides of a point, so that what Rust alone takes for a number is none here.
    let is_number = number
        .split('.')
        .all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    let number: f64 = match number.parse() {
        Ok(number) if is_number => number,
        _ => return Err(expected()),
    };
    let seconds = number * seconds;
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
     a number alone is in seconds"
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
            "40000d",
            "99999999999999999999",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse_positive("0s").is_err() && parse_positive("1ms").is_ok());
    }
}
