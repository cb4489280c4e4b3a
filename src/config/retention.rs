//! `[retention]`: how long what is kept stays.

use super::reader::{Reader, Section};
use chrono::{Datelike, NaiveDate};

/// So long something is kept: whole years behind the one in which it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Files of statements, names and titles on their lines.
    pub statements: i32,
    /// Files of payments for the bank.
    pub payment_files: i32,
    /// Confirmations that students handed in.
    pub confirmations: i32,
    /// Words on messages and closed cases.
    pub messages: i32,
    /// Names and addresses of students of whom nothing happens any more.
    pub students: i32,
    /// Who did and looked at what.
    pub audit: i32,
    /// How students signed in.
    pub sign_in: i32,
}

impl Default for Retention {
    fn default() -> Self {
        Retention {
            statements: 5,
            payment_files: 5,
            confirmations: 5,
            messages: 5,
            students: 10,
            audit: 6,
            sign_in: 1,
        }
    }
}

/// Nothing is kept longer.
const YEARS_MAX: i64 = 100;
/// The Accounting Act's five years for vouchers: what proves the books is not kept shorter.
const VOUCHER_YEARS_MIN: i64 = 5;

impl Retention {
    /// The first day that is kept, of what is kept for so many years behind the one in which it was made.
    pub fn first_kept(today: NaiveDate, years: i32) -> NaiveDate {
        NaiveDate::from_ymd_opt(today.year() - years, 1, 1).unwrap_or(NaiveDate::MIN)
    }
}

pub(super) fn retention(root: &mut Section<'_>, reader: &mut Reader<'_>) -> Retention {
    let mut kept = Retention::default();
    let Some(mut section) = root.section("retention", reader) else {
        return kept;
    };
    let years = [
        ("statements", VOUCHER_YEARS_MIN, &mut kept.statements),
        ("payment_files", VOUCHER_YEARS_MIN, &mut kept.payment_files),
        ("confirmations", VOUCHER_YEARS_MIN, &mut kept.confirmations),
        ("messages", 1, &mut kept.messages),
        ("students", 1, &mut kept.students),
        ("audit", 1, &mut kept.audit),
        ("sign_in", 1, &mut kept.sign_in),
    ];
    for (key, least, place) in years {
        if let Some(years) = section.integer(key, least..YEARS_MAX + 1, reader) {
            *place = years;
        }
    }
    section.finish(reader);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_count_from_the_start_of_the_next_one() {
        let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
        // What was made in 2026 stays through 2031.
        assert_eq!(Retention::first_kept(day(2031, 12, 31), 5), day(2026, 1, 1));
        assert_eq!(Retention::first_kept(day(2032, 1, 1), 5), day(2027, 1, 1));
    }
}
