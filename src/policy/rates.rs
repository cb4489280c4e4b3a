//! Statutory interest for delay: rates with the day from which each holds.
//!
//! In: an amount and days. Out: exact interest, which is rounded once, at the end, by whoever
//! asks. Nothing here knows what the newest rate is today: a day after the last review says so.
//!
//! Source: art. 481 § 2 KC since 1 January 2016 (reference rate of the NBP + 5.5 percentage
//! points); simple interest, art. 482 KC.

use chrono::NaiveDate;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::BTreeMap;

/// First day and percent per year in hundredths: reference rate + 5.50.
const STATUTORY_DELAY: [(i32, u32, u32, i64); 24] = [
    (2016, 1, 1, 7_00),
    (2020, 3, 18, 6_50),
    (2020, 4, 9, 6_00),
    (2020, 5, 29, 5_60),
    (2021, 10, 7, 6_00),
    (2021, 11, 4, 6_75),
    (2021, 12, 9, 7_25),
    (2022, 1, 5, 7_75),
    (2022, 2, 9, 8_25),
    (2022, 3, 9, 9_00),
    (2022, 4, 7, 10_00),
    (2022, 5, 6, 10_75),
    (2022, 6, 9, 11_50),
    (2022, 7, 8, 12_00),
    (2022, 9, 8, 12_25),
    (2023, 9, 7, 11_50),
    (2023, 10, 5, 11_25),
    (2025, 5, 8, 10_75),
    (2025, 7, 3, 10_50),
    (2025, 9, 4, 10_25),
    (2025, 10, 9, 10_00),
    (2025, 11, 6, 9_75),
    (2025, 12, 4, 9_50),
    (2026, 3, 5, 9_25),
];

/// The day on which the table above was last compared with the NBP's.
const STATUTORY_REVIEWED: (i32, u32, u32) = (2026, 9, 5);

/// Interest is a fraction of this: hundredths of a percent's base times the days of a year.
/// 365 also in leap years.
const YEAR_PERCENT: i64 = 36_500;

/// Percent per year, by the first day on which each holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateTable {
    percents: BTreeMap<NaiveDate, Decimal>,
    reviewed_through: NaiveDate,
}

impl RateTable {
    /// The rates that came with this version of Kwestura.
    pub fn statutory() -> RateTable {
        let day = |(year, month, day)| NaiveDate::from_ymd_opt(year, month, day);
        let rows = STATUTORY_DELAY.iter();
        let percents = rows.filter_map(|&(y, m, d, hundredths)| {
            Some((day((y, m, d))?, Decimal::new(hundredths, 2)))
        });
        RateTable {
            percents: percents.collect(),
            reviewed_through: day(STATUTORY_REVIEWED).unwrap_or(NaiveDate::MIN),
        }
    }

    /// Adds a rate that holds from a day on, or replaces the one of that day. The table then
    /// counts as reviewed through that day at least.
    #[must_use]
    pub fn with_rate(mut self, from: NaiveDate, percent: Decimal) -> RateTable {
        self.percents.insert(from, percent);
        self.with_review(from)
    }

    /// Somebody compared the table with the NBP's through this day; never takes a later one back.
    #[must_use]
    pub fn with_review(mut self, through: NaiveDate) -> RateTable {
        self.reviewed_through = self.reviewed_through.max(through);
        self
    }

    /// Percent per year on a day; 0 before the first row.
    pub fn delay_rate_on(&self, day: NaiveDate) -> Decimal {
        let held = self.percents.range(..=day).next_back();
        held.map_or(Decimal::ZERO, |(_, percent)| *percent)
    }

    /// Whether the rate of this day is known: not before the first row, not after the last review.
    pub fn is_reviewed(&self, day: NaiveDate) -> bool {
        self.percents.range(..=day).next().is_some() && day <= self.reviewed_through
    }

    /// The last day whose rate has been reviewed.
    pub fn reviewed_through(&self) -> NaiveDate {
        self.reviewed_through
    }

    /// The days `from` through `through`, cut wherever the rate changes: first day, last day,
    /// percent. Empty if `through` is earlier.
    pub fn segments(
        &self,
        from: NaiveDate,
        through: NaiveDate,
    ) -> impl Iterator<Item = (NaiveDate, NaiveDate, Decimal)> {
        let mut next = (from <= through).then_some(from);
        std::iter::from_fn(move || {
            let first = next?;
            let after = (
                std::ops::Bound::Excluded(first),
                std::ops::Bound::Included(through),
            );
            next = self.percents.range(after).next().map(|(&change, _)| change);
            let last = next.and_then(|change| change.pred_opt()).unwrap_or(through);
            Some((first, last, self.delay_rate_on(first)))
        })
    }

    /// Exact interest in parts: Σ minor units × percent × days. It is added up over all bases
    /// and spans before [`interest_of`] divides and rounds once.
    pub fn interest_parts(
        &self,
        amount_minor: i64,
        from: NaiveDate,
        through: NaiveDate,
    ) -> Decimal {
        let amount = Decimal::from(amount_minor);
        let parts = self.segments(from, through).map(|(first, last, percent)| {
            let days = Decimal::from((last - first).num_days() + 1);
            amount.saturating_mul(percent).saturating_mul(days)
        });
        parts.fold(Decimal::ZERO, Decimal::saturating_add)
    }

    /// Interest in minor units, not rounded, from `from` through `through`, both counted:
    /// calendar days, actual/365, simple.
    pub fn interest_exact(
        &self,
        amount_minor: i64,
        from: NaiveDate,
        through: NaiveDate,
    ) -> Decimal {
        self.interest_parts(amount_minor, from, through) / Decimal::from(YEAR_PERCENT)
    }
}

/// Interest in minor units, of parts added up by [`RateTable::interest_parts`]: divided, and
/// rounded half up.
pub fn interest_of(parts: Decimal) -> i64 {
    round_half_up(parts / Decimal::from(YEAR_PERCENT))
}

/// To whole minor units; halves away from zero.
pub fn round_half_up(minor: Decimal) -> i64 {
    let rounded = minor.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    let bound = if minor.is_sign_negative() {
        i64::MIN
    } else {
        i64::MAX
    };
    rounded.to_i64().unwrap_or(bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().expect(text)
    }

    fn percent(text: &str) -> Decimal {
        text.parse().expect(text)
    }

    #[test]
    fn every_row_of_the_table_is_a_day_and_none_is_lost() {
        let table = RateTable::statutory();
        assert_eq!(table.percents.len(), STATUTORY_DELAY.len());
        assert_eq!(table.reviewed_through(), date("2026-09-05"));
    }

    #[test]
    fn the_rate_is_the_days_own() {
        let table = RateTable::statutory();
        for (day, rate) in [
            ("2016-01-01", "7"),
            ("2020-03-17", "7"),
            ("2020-03-18", "6.50"),
            ("2022-07-08", "12"),
            ("2025-10-08", "10.25"),
            ("2025-10-09", "10"),
            ("2026-03-04", "9.5"),
            ("2026-03-05", "9.25"),
            ("2030-01-01", "9.25"),
            ("2015-12-31", "0"),
        ] {
            assert_eq!(table.delay_rate_on(date(day)), percent(rate), "{day}");
        }
    }

    #[test]
    fn a_day_after_the_last_review_or_before_the_table_is_not_reviewed() {
        let table = RateTable::statutory();
        assert!(table.is_reviewed(date("2026-09-05")));
        assert!(!table.is_reviewed(date("2026-09-06")));
        assert!(table.is_reviewed(date("2016-01-01")));
        assert!(!table.is_reviewed(date("2015-12-31")));
        let later = table.with_rate(date("2026-10-08"), percent("9.00"));
        assert!(later.is_reviewed(date("2026-10-08")));
        assert_eq!(later.delay_rate_on(date("2026-10-08")), percent("9"));
        assert_eq!(later.delay_rate_on(date("2026-10-07")), percent("9.25"));
        assert!(
            later
                .with_review(date("2026-12-31"))
                .is_reviewed(date("2026-12-01"))
        );
    }

    #[test]
    fn days_are_cut_where_the_rate_changes() {
        let table = RateTable::statutory();
        let cut: Vec<_> = table
            .segments(date("2025-10-16"), date("2025-12-04"))
            .collect();
        assert_eq!(
            cut,
            [
                (date("2025-10-16"), date("2025-11-05"), percent("10")),
                (date("2025-11-06"), date("2025-12-03"), percent("9.75")),
                (date("2025-12-04"), date("2025-12-04"), percent("9.50")),
            ]
        );
        assert_eq!(
            table
                .segments(date("2025-10-16"), date("2025-10-15"))
                .count(),
            0
        );
        let before: Vec<_> = table
            .segments(date("2015-12-31"), date("2016-01-01"))
            .collect();
        assert_eq!(
            before.first(),
            Some(&(date("2015-12-31"), date("2015-12-31"), Decimal::ZERO))
        );
    }

    #[test]
    fn interest_runs_from_the_day_after_the_due_date_through_the_crediting_date() {
        let table = RateTable::statutory();
        for (amount_minor, due, credited, interest_minor) in [
            (195_000, "2025-10-15", "2025-11-12", 1_487),
            (195_000, "2026-04-15", "2026-04-16", 49),
            (195_000, "2026-04-15", "2026-04-15", 0),
            // A whole leap year costs 366/365 of the rate.
            (100_000, "2023-12-31", "2024-12-31", 11_281),
        ] {
            let first = date(due).succ_opt().unwrap();
            let exact = table.interest_exact(amount_minor, first, date(credited));
            assert_eq!(
                round_half_up(exact),
                interest_minor,
                "{amount_minor} due {due} credited {credited}"
            );
            let parts = table.interest_parts(amount_minor, first, date(credited));
            assert_eq!(interest_of(parts), interest_minor);
        }
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (value, rounded) in [
            ("0.5", 1),
            ("1.5", 2),
            ("2.5", 3),
            ("2.4999999999", 2),
            ("-0.5", -1),
            ("-2.4", -2),
        ] {
            assert_eq!(round_half_up(percent(value)), rounded, "{value}");
        }
        assert_eq!(round_half_up(Decimal::MAX), i64::MAX);
        assert_eq!(round_half_up(Decimal::MIN), i64::MIN);
    }

    #[test]
    fn the_largest_amount_over_a_century_is_still_a_number() {
        let table = RateTable::statutory();
        let minor = table.interest_exact(
            crate::money::MINOR_MAX,
            date("2016-01-01"),
            date("2116-01-01"),
        );
        assert!(round_half_up(minor) > crate::money::MINOR_MAX);
    }

    proptest! {
        #[test]
        fn a_span_cut_in_two_bears_the_same_interest(
            amount_minor in 1..1_000_000_000_i64,
            start in 0..4_000_u64,
            days in 0..900_u64,
            cut in 0..900_u64,
        ) {
            let table = RateTable::statutory();
            let first = date("2015-06-01") + chrono::Days::new(start);
            let last = first + chrono::Days::new(days);
            let middle = first + chrono::Days::new(cut.min(days));
            let whole = table.interest_parts(amount_minor, first, last);
            let left = table.interest_parts(amount_minor, first, middle);
            let right = table.interest_parts(amount_minor, middle.succ_opt().unwrap(), last);
            prop_assert_eq!(whole, left + right);
        }
    }
}
