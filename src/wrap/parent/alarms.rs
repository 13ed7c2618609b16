//! What is waited for, and until when.

use std::time::{Duration, Instant};

use super::event::Alarm;

/// Those that are set; there are few.
#[derive(Debug, Default)]
pub(super) struct Alarms(Vec<(Alarm, Instant)>);

impl Alarms {
    pub(super) fn set(&mut self, alarm: Alarm, now: Instant, after: Duration) {
        self.cancel(alarm);
        // What is later than the clock goes is never.
        if let Some(at) = now.checked_add(after) {
            self.0.push((alarm, at));
        }
    }

    /// One that is set comes no sooner than that.
    pub(super) fn extend(&mut self, alarm: Alarm, now: Instant, at_least: Duration) {
        if let Some((_, at)) = self.0.iter_mut().find(|(set, _)| *set == alarm) {
            match now.checked_add(at_least) {
                Some(later) => *at = later.max(*at),
                None => self.cancel(alarm),
            }
        }
    }

    pub(super) fn cancel(&mut self, alarm: Alarm) {
        self.0.retain(|(set, _)| *set != alarm);
    }

    /// The first of all.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().map(|(_, at)| *at).min()
    }

    /// Takes those whose time has come, in the order of their times.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Alarm> {
        let mut due: Vec<_> = self.0.extract_if(.., |(_, at)| *at <= now).collect();
        due.sort_by_key(|(_, at)| *at);
        due.into_iter().map(|(alarm, _)| alarm).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::ChildId;
    use super::*;

    #[test]
    fn it_can_be_later_and_not_sooner() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let alarm = Alarm::Ready(ChildId::FIRST);
        let mut alarms = Alarms::default();
        alarms.extend(alarm, now, second);
        assert_eq!(alarms.next(), None, "it is not set");
        alarms.set(alarm, now, 2 * second);
        alarms.extend(alarm, now, second);
        assert_eq!(alarms.next(), Some(now + 2 * second));
        alarms.extend(alarm, now, 3 * second);
        assert_eq!(alarms.next(), Some(now + 3 * second));
        alarms.extend(alarm, now, Duration::MAX);
        assert_eq!(alarms.next(), None);
    }

    #[test]
    fn each_comes_once_and_in_order() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let (kill, give_up) = (Alarm::Kill(ChildId::FIRST), Alarm::GiveUp(ChildId::FIRST));
        let mut alarms = Alarms::default();
        alarms.set(kill, now, 2 * second);
        alarms.set(give_up, now, second);
        assert_eq!(alarms.next(), Some(now + second));
        assert_eq!(alarms.due(now), []);
        assert_eq!(alarms.due(now + 2 * second), [give_up, kill]);
        assert_eq!(alarms.next(), None);
        alarms.set(kill, now, second);
        alarms.set(kill, now, 3 * second);
        assert_eq!(alarms.next(), Some(now + 3 * second));
        alarms.cancel(kill);
        assert_eq!(alarms.due(now + 9 * second), []);
        alarms.set(kill, now, Duration::MAX);
        assert_eq!(alarms.next(), None);
    }
}
