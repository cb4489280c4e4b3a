//! Days and instants as files write them.
//!
//! In: texts. Out: days in the institution's time zone, or nothing. There is no clock here.

use super::AsOf;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

/// Years outside these are mistyped.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A day written `2026-10-15` or `15.10.2026`.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let iso: Vec<&str> = text.split('-').collect();
    let polish: Vec<&str> = text.split('.').collect();
    let (year, month, day) = match (iso.as_slice(), polish.as_slice()) {
        (&[year, month, day], _) if month.len() == 2 && day.len() == 2 => (year, month, day),
        (_, &[day, month, year]) => (year, month, day),
        _ => return None,
    };
    let fits = |digits: &str, max: usize| {
        digits.len() <= max && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if year.len() != 4 || !fits(year, 4) || !fits(month, 2) || !fits(day, 2) {
        return None;
    }
    let year = year.parse().ok().filter(|year| YEARS.contains(year))?;
    NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)
}

impl AsOf {
    /// Midnight of a day.
    pub fn day(day: NaiveDate) -> AsOf {
        AsOf { day, millis: 0 }
    }

    /// Reads a day, an instant with its offset (RFC 3339) or a time of day in `zone`
    /// (`2026-10-15 08:30`, with seconds or not, `T` or a space between).
    pub fn parse(text: &str, zone: Tz) -> Option<AsOf> {
        let text = text.trim();
        if let Some(day) = parse_date(text) {
            return Some(AsOf::day(day));
        }
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return AsOf::at(&instant.with_timezone(&zone));
        }
        let (day, time) = text.split_once([' ', 'T'])?;
        let formats = ["%H:%M:%S%.f", "%H:%M"];
        let time = formats
            .iter()
            .find_map(|format| NaiveTime::parse_from_str(time.trim(), format).ok())?;
        let wall = NaiveDateTime::new(parse_date(day)?, time);
        AsOf::at(&zone.from_local_datetime(&wall).earliest()?)
    }

    /// Milliseconds are counted from midnight as they pass, not read off the wall clock: in the
    /// night in which an hour is shown twice, the later export still has the higher number.
    fn at(instant: &DateTime<Tz>) -> Option<AsOf> {
        let day = instant.date_naive();
        let midnight = day.and_time(NaiveTime::MIN);
        let start = instant.timezone().from_local_datetime(&midnight).earliest();
        let passed = start.map_or_else(
            || instant.naive_local() - midnight,
            |start| *instant - start,
        );
        let millis = u32::try_from(passed.num_milliseconds()).ok()?;
        Some(AsOf { day, millis })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_in_two_ways_and_no_other() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 5);
        for text in ["2026-03-05", "05.03.2026", "5.3.2026", " 2026-03-05 "] {
            assert_eq!(parse_date(text), day, "{text}");
        }
        for text in [
            "",
            "2026-3-5",
            "05-03-2026",
            "03/05/2026",
            "5.3.26",
            "2026.03.05",
            "2026-02-30",
            "29.02.2026",
            "0226-03-05",
            "+2026-03-05",
            "20260305",
            "2026-03-05x",
            "2026-03-05 08:00",
            "1.2.3.2026",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_is_a_day_of_the_institution_and_the_time_passed_in_it() {
        let hour = 3_600_000;
        for (text, day, millis) in [
            ("2026-10-15", "2026-10-15", 0),
            ("15.10.2026", "2026-10-15", 0),
            ("2026-10-15 08:30", "2026-10-15", 17 * hour / 2),
            ("15.10.2026 08:30", "2026-10-15", 17 * hour / 2),
            ("2026-10-15T08:30:01.5", "2026-10-15", 17 * hour / 2 + 1_500),
            ("2026-10-15T08:30:00+02:00", "2026-10-15", 17 * hour / 2),
            ("2026-10-15T23:30:00Z", "2026-10-16", 3 * hour / 2),
            ("2026-10-15 23:30:00-05:00", "2026-10-16", 13 * hour / 2),
            // 02:30 comes twice in the night of 25 October 2026.
            ("2026-10-25T02:30:00+02:00", "2026-10-25", 5 * hour / 2),
            ("2026-10-25T02:30:00+01:00", "2026-10-25", 7 * hour / 2),
            ("2026-10-25 02:30", "2026-10-25", 5 * hour / 2),
            ("2026-10-25 23:00", "2026-10-25", 24 * hour),
        ] {
            let found = AsOf::parse(text, chrono_tz::Europe::Warsaw).expect(text);
            assert_eq!(
                (found.day.to_string().as_str(), found.millis),
                (day, millis),
                "{text}"
            );
        }
        // 02:30 does not exist in the night of 29 March 2026.
        for text in [
            "",
            "yesterday",
            "2026-03-29 02:30",
            "2026-10-15 25:00",
            "2026-10-15 08",
            "08:30",
        ] {
            assert_eq!(AsOf::parse(text, chrono_tz::Europe::Warsaw), None, "{text}");
        }
    }
}
