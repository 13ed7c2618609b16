//! The time, as reports and waivers write it.

use std::time::Duration;

use jiff::Timestamp;

/// Now, in UTC, to the second: `2026-11-22T14:30:00Z`.
pub(super) fn now() -> String {
    format!("{:.0}", Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default())
}

/// The day of a time that [`now`] gave: `2026-11-22`.
pub(super) fn day_of(time: &str) -> &str {
    time.split_once('T').map_or(time, |(day, _)| day)
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_to_the_second_in_utc() {
        let now = now();
        assert_eq!(now.len(), "2026-11-22T14:30:00Z".len(), "{now}");
        assert!(now.ends_with('Z') && !now.contains('.'), "{now}");
        assert_eq!(day_of(&now).len(), 10);
    }
}
