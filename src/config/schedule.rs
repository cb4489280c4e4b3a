//! When something is to happen: a cron expression in the institution's time zone.

use chrono::DateTime;
use chrono_tz::Tz;
use croner::Cron;
use std::fmt;
use std::str::FromStr;

/// A cron expression: minute, hour, day of the month, month, weekday.
///
/// A time of day that a change of the clocks leaves out happens at the end of what is left out; one
/// that comes twice happens the first time.
#[derive(Clone)]
pub struct Schedule {
    text: String,
    cron: Cron,
}

impl Schedule {
    /// Reads an expression; none where it is none, or where it names a moment that never comes.
    pub fn parse(text: &str) -> Option<Schedule> {
        let cron = Cron::from_str(text).ok()?;
        let schedule = Schedule {
            text: text.to_owned(),
            cron,
        };
        schedule.next(0, Tz::UTC).map(|_| schedule)
    }

    /// The first moment behind an instant, both in milliseconds since 1970. None where the
    /// expression has none within the years that it looks through.
    pub fn next(&self, after: i64, zone: Tz) -> Option<i64> {
        let after = DateTime::from_timestamp_millis(after)?.with_timezone(&zone);
        let next = self.cron.find_next_occurrence(&after, false).ok()?;
        Some(next.timestamp_millis())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Schedule {}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, Days, NaiveDate};
    use std::collections::BTreeMap;

    const WARSAW: Tz = chrono_tz::Europe::Warsaw;

    fn millis(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis()
    }

    /// Each day has the run once, also the days that have 23 or 25 hours (F17).
    #[test]
    fn no_day_is_skipped_or_doubled_when_the_clocks_change() {
        for text in [
            "30 0 * * *",
            "0 2 * * *",
            "30 2 * * *",
            "59 2 * * *",
            "0 3 * * *",
            "30 9 * * *",
        ] {
            let schedule = Schedule::parse(text).unwrap();
            let mut runs: BTreeMap<NaiveDate, usize> = BTreeMap::new();
            let mut at = millis("2025-12-31T23:59:59+01:00");
            while let Some(next) = schedule.next(at, WARSAW) {
                assert!(at < next, "{text}");
                at = next;
                let day = DateTime::from_timestamp_millis(at)
                    .unwrap()
                    .with_timezone(&WARSAW)
                    .date_naive();
                if day.year() > 2029 {
                    break;
                }
                *runs.entry(day).or_default() += 1;
            }
            let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
            assert_eq!(runs.len(), 1461, "{text}");
            for (place, (day, count)) in runs.iter().enumerate() {
                assert_eq!(
                    (*day, *count),
                    (first + Days::new(place as u64), 1),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn the_hour_that_is_left_out_ends_with_the_run_and_the_doubled_one_begins_with_it() {
        let schedule = Schedule::parse("30 2 * * *").unwrap();
        let next = |after| schedule.next(millis(after), WARSAW).unwrap();
        assert_eq!(
            next("2026-03-29T00:00:00+01:00"),
            millis("2026-03-29T03:00:00+02:00")
        );
        assert_eq!(
            next("2026-10-25T00:00:00+02:00"),
            millis("2026-10-25T02:30:00+02:00")
        );
    }

    #[test]
    fn what_is_no_expression_or_never_comes_is_none() {
        for text in ["", "every day", "61 * * * *", "0 0 30 2 *", "* * *"] {
            assert_eq!(Schedule::parse(text), None, "{text}");
        }
    }
}
