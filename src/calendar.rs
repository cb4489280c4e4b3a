//! Calendar days: statutory holidays, business days, the due-date rule, Elixir and TARGET.
//!
//! In: dates. Out: dates and counts of days. There is no clock here and no time of day; every
//! function answers for every date that chrono can hold.
//!
//! Holidays are data: a new one is a new row with the year from which it holds.

use chrono::{Datelike, Days, NaiveDate, Weekday};
use std::iter::successors;

/// A holiday on the same day every year. From the first year through the last, both included.
struct Fixed(u32, u32, std::ops::RangeInclusive<i32>);

const EVER: i32 = i32::MAX;

/// Act of 18 January 1951 on days off work, with the years of its amendments.
const FIXED_HOLIDAYS: [Fixed; 12] = [
    Fixed(1, 1, 1951..=EVER),
    Fixed(1, 6, 2011..=EVER),
    Fixed(5, 1, 1951..=EVER),
    Fixed(5, 3, 1990..=EVER),
    Fixed(8, 15, 1989..=EVER),
    Fixed(11, 1, 1951..=EVER),
    Fixed(11, 11, 1989..=EVER),
    // The hundredth anniversary of independence: once, by an act of its own.
    Fixed(11, 12, 2018..=2018),
    // Act of 6 December 2024.
    Fixed(12, 24, 2025..=EVER),
    Fixed(12, 25, 1951..=EVER),
    Fixed(12, 26, 1951..=EVER),
    // 22 July, until the act of 6 April 1990.
    Fixed(7, 22, 1951..=1989),
];

/// Days from Easter Sunday: itself, Easter Monday, Pentecost, Corpus Christi.
const MOVABLE_HOLIDAYS: [i64; 4] = [0, 1, 49, 60];

/// Art. 115 KC speaks of Saturdays since the act of 16 December 2016.
const SATURDAYS_MOVE_FROM: NaiveDate = match NaiveDate::from_ymd_opt(2017, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Easter Sunday of a year of the Gregorian calendar (the computus of Meeus, Jones and Butcher).
pub fn easter_sunday(year: i32) -> Option<NaiveDate> {
    let golden = year.rem_euclid(19);
    let century = year.div_euclid(100);
    let leap_shift = century.div_euclid(4);
    let moon_shift = (century + 8).div_euclid(25);
    let correction = (century - moon_shift + 1).div_euclid(3);
    let epact = (19 * golden + century - leap_shift - correction + 15).rem_euclid(30);
    let in_century = year.rem_euclid(100);
    let weekday = (32 + 2 * century.rem_euclid(4) + 2 * (in_century / 4) - epact - in_century % 4)
        .rem_euclid(7);
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * late + 114;
    NaiveDate::from_ymd_opt(
        year,
        u32::try_from(days / 31).ok()?,
        u32::try_from(days % 31 + 1).ok()?,
    )
}

/// Days from Easter Sunday of the same year; negative before it.
fn days_from_easter(day: NaiveDate) -> Option<i64> {
    easter_sunday(day.year()).map(|easter| (day - easter).num_days())
}

/// Whether the day is a holiday by statute, whatever the weekday. Ordinary Sundays are not
/// listed; [`is_business_day`] knows them.
pub fn is_statutory_holiday(day: NaiveDate) -> bool {
    let date = (day.month(), day.day());
    let fixed = FIXED_HOLIDAYS.iter().any(|Fixed(month, of_month, years)| {
        (*month, *of_month) == date && years.contains(&day.year())
    });
    fixed || days_from_easter(day).is_some_and(|days| MOVABLE_HOLIDAYS.contains(&days))
}

fn is_saturday(day: NaiveDate) -> bool {
    day.weekday() == Weekday::Sat
}

fn is_sunday(day: NaiveDate) -> bool {
    day.weekday() == Weekday::Sun
}

/// Whether the day is neither Saturday, Sunday nor a statutory holiday.
pub fn is_business_day(day: NaiveDate) -> bool {
    !is_saturday(day) && !is_sunday(day) && !is_statutory_holiday(day)
}

/// The day itself if it is a business day, else the first one after it.
pub fn next_business_day(day: NaiveDate) -> NaiveDate {
    first_from(day, is_business_day)
}

/// `count` business days after `day`, or before it if `count` is negative. `day` itself is not
/// counted and need not be a business day; 0 gives `day` back.
pub fn add_business_days(day: NaiveDate, count: i32) -> NaiveDate {
    let step = if count < 0 {
        NaiveDate::pred_opt
    } else {
        NaiveDate::succ_opt
    };
    let steps = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let Some(before_last) = steps.checked_sub(1) else {
        return day;
    };
    let mut open = successors(step(&day), step).filter(|&other| is_business_day(other));
    open.nth(before_last).unwrap_or(if count < 0 {
        NaiveDate::MIN
    } else {
        NaiveDate::MAX
    })
}

/// The due date, given the `nominal` date written in the contract or the ordinance.
///
/// A nominal date that is a statutory holiday, a Sunday or, since 2017, a Saturday moves
/// forward to the first day that is none of these, so the result is never earlier.
///
/// Source: art. 115 KC; days off by the act of 18 January 1951.
pub fn due_date(nominal: NaiveDate) -> NaiveDate {
    first_from(nominal, |day| {
        let free_saturday = is_saturday(day) && day >= SATURDAYS_MOVE_FROM;
        !free_saturday && !is_sunday(day) && !is_statutory_holiday(day)
    })
}

/// The first day from `day` on that is `open`; `day` itself at the very end of the calendar.
fn first_from(day: NaiveDate, open: impl Fn(NaiveDate) -> bool) -> NaiveDate {
    successors(Some(day), NaiveDate::succ_opt)
        .find(|&other| open(other))
        .unwrap_or(day)
}

/// Whether Elixir, the clearing system for PLN, holds its sessions: Monday to Friday except
/// statutory holidays. Good Friday is an ordinary day; 24 December was one through 2024.
pub fn is_bank_day(day: NaiveDate) -> bool {
    is_business_day(day)
}

/// The first bank day later than `day`.
pub fn next_bank_day(day: NaiveDate) -> NaiveDate {
    add_business_days(day, 1)
}

/// The last bank day earlier than `day`.
pub fn previous_bank_day(day: NaiveDate) -> NaiveDate {
    add_business_days(day, -1)
}

/// How many bank days lie after `from` through `to`; 0 unless `to` is later.
pub fn bank_days_between(from: NaiveDate, to: NaiveDate) -> u32 {
    days_between(from, to, is_bank_day)
}

/// How many days of a calendar lie after `from` through `to`; 0 unless `to` is later.
pub fn days_between(from: NaiveDate, to: NaiveDate, is_open: fn(NaiveDate) -> bool) -> u32 {
    let days = successors(from.succ_opt(), NaiveDate::succ_opt).take_while(|&day| day <= to);
    u32::try_from(days.filter(|&day| is_open(day)).count()).unwrap_or(u32::MAX)
}

/// Whether TARGET, the clearing system for EUR, is open: every day except Saturday, Sunday,
/// 1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December, whatever the country.
pub fn is_target_day(day: NaiveDate) -> bool {
    let closed = matches!((day.month(), day.day()), (1 | 5, 1) | (12, 25 | 26));
    let easter = matches!(days_from_easter(day), Some(-2 | 1));
    !is_saturday(day) && !is_sunday(day) && !closed && !easter
}

/// Whether a transfer in euros moves between a bank in Poland and any other: both the bank and TARGET
/// are open.
pub fn is_euro_bank_day(day: NaiveDate) -> bool {
    is_bank_day(day) && is_target_day(day)
}

/// `day` + `count` days, at most the last day of the calendar.
pub fn add_days(day: NaiveDate, count: u32) -> NaiveDate {
    day.checked_add_days(Days::new(u64::from(count)))
        .unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect(text)
    }

    #[test]
    fn a_due_date_moves_to_the_next_day_that_is_not_free() {
        for (nominal, due, why) in [
            ("2026-10-15", "2026-10-15", "an ordinary Thursday stays"),
            ("2026-02-15", "2026-02-16", "Sunday"),
            ("2026-10-10", "2026-10-12", "Saturday"),
            (
                "2026-10-31",
                "2026-11-02",
                "Saturday before a Sunday that is also All Saints",
            ),
            (
                "2026-11-11",
                "2026-11-12",
                "Independence Day, also for a fee in EUR",
            ),
            (
                "2026-12-24",
                "2026-12-28",
                "Christmas Eve, Christmas, weekend",
            ),
            (
                "2024-12-24",
                "2024-12-24",
                "Christmas Eve was a working day through 2024",
            ),
            (
                "2027-05-01",
                "2027-05-04",
                "Saturday, Sunday, 3 May on Monday",
            ),
            ("2027-05-27", "2027-05-28", "Corpus Christi"),
            ("2026-04-05", "2026-04-07", "Easter"),
            ("2026-04-03", "2026-04-03", "Good Friday is no day off"),
            (
                "2018-11-12",
                "2018-11-13",
                "once, for the hundredth anniversary",
            ),
            ("2019-11-12", "2019-11-12", "and never again"),
            ("2010-01-06", "2010-01-06", "Epiphany was no day off yet"),
            ("2011-01-06", "2011-01-07", "Epiphany since 2011"),
            (
                "2016-12-17",
                "2016-12-17",
                "before 2017 a Saturday did not move",
            ),
            (
                "2016-11-11",
                "2016-11-12",
                "and a holiday moved to a Saturday",
            ),
            (
                "2016-12-31",
                "2016-12-31",
                "the last Saturday of the old text",
            ),
            ("2017-01-07", "2017-01-09", "the first of the new"),
        ] {
            assert_eq!(due_date(date(nominal)), date(due), "{nominal}: {why}");
        }
    }

    #[test]
    fn easter_is_where_the_church_says() {
        for easter in [
            "1961-04-02",
            "2008-03-23",
            "2011-04-24",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2038-04-25",
        ] {
            let easter = date(easter);
            assert_eq!(easter_sunday(easter.year()), Some(easter));
        }
    }

    #[test]
    fn the_statutory_holidays_of_2026_are_these() {
        let first = date("2026-01-01");
        let found: Vec<String> = first
            .iter_days()
            .take(365)
            .filter(|&day| is_statutory_holiday(day))
            .map(|day| day.format("%m-%d").to_string())
            .collect();
        let expected =
            "01-01 01-06 04-05 04-06 05-01 05-03 05-24 06-04 08-15 11-01 11-11 12-24 12-25 12-26";
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn business_days_are_counted_without_the_first_day() {
        for (day, count, expected) in [
            ("2026-10-09", 0, "2026-10-09"),
            ("2026-10-09", 1, "2026-10-12"),
            ("2026-10-10", 1, "2026-10-12"),
            ("2026-10-12", -2, "2026-10-08"),
            ("2026-10-11", -1, "2026-10-09"),
            ("2026-12-23", 1, "2026-12-28"),
            ("2026-12-28", -1, "2026-12-23"),
            ("2026-10-30", 5, "2026-11-06"),
        ] {
            assert_eq!(
                add_business_days(date(day), count),
                date(expected),
                "{day} {count:+}"
            );
        }
        assert_eq!(next_business_day(date("2026-10-12")), date("2026-10-12"));
        assert_eq!(next_business_day(date("2026-10-10")), date("2026-10-12"));
    }

    #[test]
    fn elixir_rests_on_statutory_days_and_target_on_its_own() {
        for (day, elixir, target) in [
            ("2026-10-12", true, true),
            ("2026-10-10", false, false),
            ("2026-10-11", false, false),
            ("2026-01-01", false, false),
            ("2026-01-06", false, true),
            ("2026-04-03", true, false),
            ("2026-04-06", false, false),
            ("2026-05-01", false, false),
            ("2026-06-04", false, true),
            ("2026-11-11", false, true),
            ("2024-12-24", true, true),
            ("2026-12-24", false, true),
            ("2025-12-25", false, false),
            ("2025-12-26", false, false),
        ] {
            assert_eq!(is_bank_day(date(day)), elixir, "Elixir {day}");
            assert_eq!(is_target_day(date(day)), target, "TARGET {day}");
        }
    }

    #[test]
    fn what_misses_the_last_session_before_christmas_comes_on_the_next_bank_day() {
        assert_eq!(next_bank_day(date("2025-12-23")), date("2025-12-29"));
        assert_eq!(next_bank_day(date("2026-11-10")), date("2026-11-12"));
        assert_eq!(previous_bank_day(date("2026-10-12")), date("2026-10-09"));
    }

    #[test]
    fn bank_days_between_two_days_leave_the_first_out() {
        for (from, to, days) in [
            ("2026-10-09", "2026-10-09", 0),
            ("2026-10-09", "2026-10-11", 0),
            ("2026-10-09", "2026-10-12", 1),
            ("2026-10-05", "2026-10-12", 5),
            ("2026-11-09", "2026-11-16", 4),
            ("2026-10-12", "2026-10-05", 0),
        ] {
            assert_eq!(
                bank_days_between(date(from), date(to)),
                days,
                "{from} to {to}"
            );
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_answered_too() {
        for day in [NaiveDate::MIN, NaiveDate::MAX] {
            assert!(due_date(day) >= day);
            assert!(next_business_day(day) >= day);
            assert!(add_business_days(day, 1) >= day);
            assert!(add_business_days(day, -1) <= day);
            assert_eq!(add_days(NaiveDate::MAX, 1), NaiveDate::MAX);
            assert_eq!(bank_days_between(day, day), 0);
            let _ = (is_target_day(day), easter_sunday(day.year()));
        }
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0..40_000_i64).prop_map(|days| date("2000-01-01") + chrono::TimeDelta::days(days))
    }

    proptest! {
        #[test]
        fn a_due_date_is_an_open_day_within_a_week_and_moving_it_again_changes_nothing(nominal in any_day()) {
            let due = due_date(nominal);
            prop_assert!(due >= nominal && (due - nominal).num_days() <= 7);
            prop_assert_eq!(due_date(due), due);
            prop_assert!(!is_statutory_holiday(due));
        }

        #[test]
        fn counting_forward_and_back_again_returns_to_the_same_business_day(day in any_day(), count in 0..60_i32) {
            let start = next_business_day(day);
            let end = add_business_days(start, count);
            prop_assert_eq!(add_business_days(end, -count), start);
            prop_assert_eq!(bank_days_between(start, end), count.unsigned_abs());
        }

        #[test]
        fn easter_is_a_sunday_between_22_march_and_25_april(year in 1583..3000_i32) {
            let easter = easter_sunday(year).unwrap();
            prop_assert_eq!(easter.weekday(), Weekday::Sun);
            let date = (easter.month(), easter.day());
            prop_assert!(((3, 22)..=(4, 25)).contains(&date));
        }
    }
}
