//! Amounts and dates as they stand in statements.
//!
//! In: slices of the text. Out: minor units and calendar dates, or what is wrong with them.
//! Nothing is rounded, and a date that does not exist is told apart from one that cannot be read.

use crate::money::MINOR_MAX;
use chrono::{Datelike, NaiveDate};

/// Why a number is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AmountError {
    NotANumber,
    ExcessDecimals,
    TooLarge,
}

impl AmountError {
    pub fn message(self) -> &'static str {
        match self {
            AmountError::NotANumber => "is not a plain decimal number",
            AmountError::ExcessDecimals => {
                "has more decimals than its currency; nothing is rounded"
            }
            AmountError::TooLarge => "is larger than fifteen digits",
        }
    }
}

/// Minor units of a decimal with at most one `separator`; zeros beyond the minor unit are dropped.
pub(super) fn minor_units(
    text: &str,
    separators: &[u8],
    exponent: u32,
) -> Result<i64, AmountError> {
    let mut minor: i64 = 0;
    let mut digits = 0_u32;
    let mut decimals: Option<u32> = None;
    for byte in text.bytes() {
        if separators.contains(&byte) && decimals.is_none() {
            decimals = Some(0);
            continue;
        }
        if !byte.is_ascii_digit() {
            return Err(AmountError::NotANumber);
        }
        digits += 1;
        if let Some(seen) = decimals.as_mut() {
            *seen += 1;
            if *seen > exponent {
                if byte != b'0' {
                    return Err(AmountError::ExcessDecimals);
                }
                continue;
            }
        }
        minor = minor * 10 + i64::from(byte - b'0');
        if minor > MINOR_MAX {
            return Err(AmountError::TooLarge);
        }
    }
    if digits == 0 {
        return Err(AmountError::NotANumber);
    }
    for _ in decimals.unwrap_or(0).min(exponent)..exponent {
        minor *= 10;
        if minor > MINOR_MAX {
            return Err(AmountError::TooLarge);
        }
    }
    Ok(minor)
}

/// A date as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    /// It exists.
    Exists(NaiveDate),
    /// No such day, as 30 February; the month's last day beside it.
    Impossible(NaiveDate),
    /// Not a date at all.
    Unreadable,
}

impl Day {
    /// The date where it exists.
    pub fn exact(self) -> Option<NaiveDate> {
        if let Day::Exists(date) = self {
            Some(date)
        } else {
            None
        }
    }

    /// From numbers.
    pub fn new(year: i32, month: u32, day: u32) -> Day {
        if let Some(date) = NaiveDate::from_ymd_opt(year, month, day) {
            return Day::Exists(date);
        }
        if !(1..=31).contains(&day) {
            return Day::Unreadable;
        }
        let last = (28..day)
            .rev()
            .find_map(|day| NaiveDate::from_ymd_opt(year, month, day));
        last.map_or(Day::Unreadable, Day::Impossible)
    }

    /// `YYMMDD`, the years 1980 to 2079.
    pub fn yymmdd(text: &str) -> Day {
        match (
            number(text, 0..2),
            number(text, 2..4),
            number(text, 4..6),
            text.len(),
        ) {
            (Some(year), Some(month), Some(day), 6) => Day::new(full_year(year), month, day),
            _ => Day::Unreadable,
        }
    }

    /// `YYYY-MM-DD`, with anything behind it (`2014-01-05+01:00`).
    pub fn iso(text: &str) -> Day {
        let dashes = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
        match (number(text, 0..4), number(text, 5..7), number(text, 8..10)) {
            (Some(year), Some(month), Some(day)) if dashes => {
                Day::new(i32::try_from(year).unwrap_or_default(), month, day)
            }
            _ => Day::Unreadable,
        }
    }

    /// `DD.MM.YYYY`.
    pub fn dotted(text: &str) -> Day {
        match (
            number(text, 0..2),
            number(text, 3..5),
            number(text, 6..10),
            text.len(),
        ) {
            (Some(day), Some(month), Some(year), 10) => {
                Day::new(i32::try_from(year).unwrap_or_default(), month, day)
            }
            _ => Day::Unreadable,
        }
    }

    /// `MMDD` in the year that brings it nearest to `near`: an entry of 30 December may carry a
    /// value date of 1 January, and the other way round. The year is chosen before it is asked
    /// whether the day exists, so that 29 February does not wander off to a leap year.
    pub fn mmdd(text: &str, near: NaiveDate) -> Day {
        let (Some(month), Some(day), 4) = (number(text, 0..2), number(text, 2..4), text.len())
        else {
            return Day::Unreadable;
        };
        if (near.month(), near.day()) == (month, day) {
            return Day::Exists(near);
        }
        let candidates =
            [near.year(), near.year() - 1, near.year() + 1].map(|year| Day::new(year, month, day));
        let distance = |day: &Day| match day {
            Day::Exists(date) | Day::Impossible(date) => (*date - near).num_days().abs(),
            Day::Unreadable => i64::MAX,
        };
        candidates
            .into_iter()
            .min_by_key(distance)
            .unwrap_or(Day::Unreadable)
    }
}

fn full_year(year: u32) -> i32 {
    let year = i32::try_from(year).unwrap_or_default();
    if year < 80 { 2000 + year } else { 1900 + year }
}

/// The number that these bytes of the text are, if all of them are digits.
pub(super) fn number(text: &str, range: std::ops::Range<usize>) -> Option<u32> {
    let digits = text.as_bytes().get(range)?;
    digits.iter().try_fold(0_u32, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u32::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_become_minor_units_without_rounding() {
        use AmountError::{ExcessDecimals, NotANumber, TooLarge};
        let table: [(&str, u32, Result<i64, AmountError>); 15] = [
            ("30,", 2, Ok(3000)),
            ("0,", 2, Ok(0)),
            ("0,7", 2, Ok(70)),
            ("000000002535,03", 2, Ok(253_503)),
            ("20", 2, Ok(2000)),
            ("1,50", 0, Err(ExcessDecimals)),
            ("1,00", 0, Ok(1)),
            ("1,005", 3, Ok(1005)),
            ("33,95000", 2, Ok(3395)),
            ("33,951", 2, Err(ExcessDecimals)),
            ("-104,12", 2, Err(NotANumber)),
            ("1,2,3", 2, Err(NotANumber)),
            ("", 2, Err(NotANumber)),
            ("9999999999999,99", 2, Ok(MINOR_MAX)),
            ("10000000000000", 2, Err(TooLarge)),
        ];
        for (text, exponent, expected) in table {
            assert_eq!(minor_units(text, b",", exponent), expected, "{text}");
        }
    }

    #[test]
    fn the_entry_date_takes_the_nearest_year() {
        let table = [
            ("0105", "2014-12-31", Day::Exists(date("2015-01-05"))),
            ("1230", "2026-01-01", Day::Exists(date("2025-12-30"))),
            ("0229", "2023-02-28", Day::Impossible(date("2023-02-28"))),
            ("0229", "2024-02-28", Day::Exists(date("2024-02-29"))),
            ("1301", "2024-02-28", Day::Unreadable),
        ];
        for (text, near, expected) in table {
            assert_eq!(Day::mmdd(text, date(near)), expected, "{text} near {near}");
        }
    }

    #[test]
    fn a_day_that_does_not_exist_is_told_from_nonsense() {
        assert_eq!(Day::yymmdd("160230"), Day::Impossible(date("2016-02-29")));
        assert_eq!(Day::yymmdd("161131"), Day::Impossible(date("2016-11-30")));
        assert_eq!(Day::yymmdd("362268"), Day::Unreadable);
        assert_eq!(Day::yymmdd("991231"), Day::Exists(date("1999-12-31")));
        assert_eq!(
            Day::iso("2026-10-12+02:00"),
            Day::Exists(date("2026-10-12"))
        );
        assert_eq!(Day::dotted("09.10.2026"), Day::Exists(date("2026-10-09")));
        assert_eq!(Day::dotted("9.10.2026"), Day::Unreadable);
    }
}
